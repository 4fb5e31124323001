/* browser.c - WebDriver's HTTP protocol (https://www.w3.org/TR/webdriver2/), as far as tests need it. */
#include "support/browser.h"

#include "base/clock.h"
#include "base/text.h"
#include "support/test.h"

#include <curl/curl.h>
#include <jansson.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WAIT_SECONDS 10
#define TABS_MAX     200

static pid_t driver;
static char session[256]; /* its URL */
static CURL *curl;
static const char *scheme = "light";
static bool is_motion_reduced;

/* ---- the protocol ---- */

static size_t hear(char *bytes, size_t size, size_t n, void *text)
{
    text_put(text, bytes, size * n);
    return size * n;
}

/* Sends a command below the session's URL; the "value" of the answer, json_decref it. Takes over `body` (NULL: GET). */
static json_t *command(const char *method, const char *path, json_t *body)
{
    struct text answer = {0};
    char url[512], *bytes = body ? json_dumps(body, 0) : NULL;
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    snprintf(url, sizeof url, "%s%s", session, path);
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (bytes)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, bytes);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, hear);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
    const CURLcode code = curl_easy_perform(curl);
    json_t *object = json_loadb(answer.s ? answer.s : "", answer.n, 0, NULL),
           *value = json_incref(json_object_get(object, "value"));
    const char *error = json_string_value(json_object_get(value, "error"));
    if (code != CURLE_OK || !object || error)
        fail_msg("%s %s: %s %s\n%s", method, path, curl_easy_strerror(code), error ? error : "",
                 bytes ? bytes : "");
    json_decref(object);
    json_decref(body);
    curl_slist_free_all(headers);
    free(bytes);
    text_release(&answer);
    return value;
}

/* One of Chromium's own commands. */
static void tell_chromium(const char *name, json_t *parameters)
{
    json_decref(command("POST", "/goog/cdp/execute",
                        json_pack("{s:s, s:o}", "cmd", name, "params", parameters)));
}

/* ---- start and end ---- */

/* Starts the driver; returns its port. */
static int start_driver(void)
{
    int said[2], port = 0;
    char line[512];
    assert_int_equal(pipe(said), 0);
    driver = fork();
    if (driver == 0) {
        dup2(said[1], STDOUT_FILENO);
        dup2(said[1], STDERR_FILENO);
        close(said[0]);
        setsid();
        execlp("chromedriver", "chromedriver", "--port=0", (char *)NULL);
        _exit(127);
    }
    close(said[1]);
    FILE *f = fdopen(said[0], "r");
    while (port == 0 && fgets(line, sizeof line, f)) {
        const char *at = strstr(line, "successfully on port ");
        if (at)
            port = atoi(at + strlen("successfully on port "));
    }
    fclose(f);
    return port;
}

static json_t *capabilities(void)
{
    char folder[300];
    snprintf(folder, sizeof folder, "--user-data-dir=%s", test_path("browser"));
    return json_pack("{s:{s:{s:{s:[s, s, s, s, s]}, s:{s:s}}}}", "capabilities", "alwaysMatch",
                     "goog:chromeOptions", "args", "--headless=new", "--no-sandbox",
                     "--disable-gpu", "--disable-dev-shm-usage", folder, "goog:loggingPrefs",
                     "browser", "ALL");
}

bool browser_open(void)
{
    if (system("command -v chromium >/dev/null && command -v chromedriver >/dev/null") != 0)
        return false;
    curl = curl_easy_init();
    assert_non_null(curl);
    const int port = start_driver();
    if (port == 0)
        fail_msg("chromedriver does not start");
    snprintf(session, sizeof session, "http://127.0.0.1:%d", port);
    json_t *made = command("POST", "/session", capabilities());
    snprintf(session, sizeof session, "http://127.0.0.1:%d/session/%s", port,
             json_string_value(json_object_get(made, "sessionId")));
    json_decref(made);
    return true;
}

void browser_close(void)
{
    if (driver <= 0)
        return;
    json_decref(command("DELETE", "", NULL));
    kill(-driver, SIGTERM);
    waitpid(driver, NULL, 0);
    curl_easy_cleanup(curl);
    driver = 0;
}

/* ---- the window ---- */

static void set_media(void)
{
    tell_chromium("Emulation.setEmulatedMedia",
                  json_pack("{s:[{s:s, s:s}, {s:s, s:s}]}", "features", "name",
                            "prefers-color-scheme", "value", scheme, "name",
                            "prefers-reduced-motion", "value",
                            is_motion_reduced ? "reduce" : "no-preference"));
}

void browser_size(int width, int height, const char *wanted)
{
    scheme = wanted;
    tell_chromium("Emulation.setDeviceMetricsOverride",
                  json_pack("{s:i, s:i, s:i, s:b}", "width", width, "height", height,
                            "deviceScaleFactor", 1, "mobile", width < 600));
    set_media();
}

void browser_reduce_motion(bool is_reduced)
{
    is_motion_reduced = is_reduced;
    set_media();
}

void browser_go(const char *url, ...)
{
    char full[512];
    va_list args;
    va_start(args, url);
    vsnprintf(full, sizeof full, url, args);
    va_end(args);
    json_decref(command("POST", "/url", json_pack("{s:s}", "url", "about:blank")));
    json_decref(command("POST", "/url", json_pack("{s:s}", "url", full)));
}

/* ---- keys ---- */

static size_t letter_bytes(const char *at)
{
    size_t n = 1;
    while (((unsigned char)at[n] & 0xC0) == 0x80)
        n++;
    return n;
}

void browser_keys(const char *keys)
{
    json_t *list = json_array();
    while (*keys) {
        const size_t n = letter_bytes(keys);
        for (int up = 0; up < 2; up++)
            json_array_append_new(
                list, json_pack("{s:s, s:s%}", "type", up ? "keyUp" : "keyDown", "value", keys, n));
        keys += n;
    }
    json_decref(command("POST", "/actions",
                        json_pack("{s:[{s:s, s:s, s:o}]}", "actions", "type", "key", "id",
                                  "keyboard", "actions", list)));
}

void browser_tab_to(const char *selector)
{
    for (int i = 0; i < TABS_MAX; i++) {
        browser_keys(KEY_TAB);
        if (strcmp(browser_ask("document.activeElement.matches('%s')", selector), "true") == 0)
            return;
    }
    fail_msg("Tab does not come to %s", selector);
}

/* ---- what is on the page ---- */

static const char *ask(const char *expression, va_list args)
{
    static char found[1 << 16];
    char script[8192];
    const int n = snprintf(script, sizeof script, "return (");
    const int more = vsnprintf(script + n, sizeof script - (size_t)n - 2, expression, args);
    assert_in_range(more, 1, (int)sizeof script - n - 3);
    strcat(script, ")");
    json_t *value =
        command("POST", "/execute/sync", json_pack("{s:s, s:[]}", "script", script, "args"));
    char *text = json_is_string(value) ? strdup(json_string_value(value))
                                       : json_dumps(value, JSON_ENCODE_ANY);
    snprintf(found, sizeof found, "%s", text);
    free(text);
    json_decref(value);
    return found;
}

const char *browser_ask(const char *expression, ...)
{
    va_list args;
    va_start(args, expression);
    const char *found = ask(expression, args);
    va_end(args);
    return found;
}

static bool is_true(const char *expression, va_list args)
{
    char whole[8192];
    vsnprintf(whole, sizeof whole, expression, args);
    return strcmp(browser_ask("!!(%s)", whole), "true") == 0;
}

static void fail_with_page(const char *expression)
{
    static char page[2048];
    snprintf(page, sizeof page, "%s", browser_ask("document.body.innerText"));
    fail_msg("not so: %s\non the page:\n%s", expression, page);
}

void browser_wait(const char *expression, ...)
{
    const double until = clock_now_s() + WAIT_SECONDS;
    for (bool is_well = false; !is_well;) {
        va_list args;
        va_start(args, expression);
        is_well = is_true(expression, args);
        va_end(args);
        if (!is_well && clock_now_s() > until)
            fail_with_page(expression);
        if (!is_well)
            nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
}

void browser_assert(const char *expression, ...)
{
    va_list args;
    va_start(args, expression);
    if (!is_true(expression, args))
        fail_with_page(expression);
    va_end(args);
}

const char *browser_console(void)
{
    static char lines[8192];
    size_t i;
    json_t *entry, *list = command("POST", "/se/log", json_pack("{s:s}", "type", "browser"));
    lines[0] = '\0';
    json_array_foreach(list, i, entry)
    {
        const size_t n = strlen(lines);
        snprintf(lines + n, sizeof lines - n, "%s\n",
                 json_string_value(json_object_get(entry, "message")));
    }
    json_decref(list);
    return lines;
}

/* ---- for every page ---- */

void browser_assert_accessible(void)
{
    static const char *const schemes[] = {"light", "dark"};
    static const int widths[] = {390, 1280};
    char *script = test_read("tests/support/accessibility.js");
    for (int i = 0; i < 4; i++) {
        browser_size(widths[i / 2], 844, schemes[i % 2]);
        const char *complaints = browser_ask("%s", script);
        if (*complaints)
            fail_msg("%d wide, %s: %s", widths[i / 2], schemes[i % 2], complaints);
    }
    free(script);
}

int browser_on_desktop(void **state)
{
    (void)state;
    if (driver > 0)
        browser_size(1280, 900, "light");
    return 0;
}

int browser_is_quiet(void **state)
{
    (void)state;
    const char *said = driver > 0 ? browser_console() : "";
    if (*said)
        print_error("the console says:\n%s", said);
    return *said ? -1 : 0;
}
