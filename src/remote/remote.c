/* remote.c - questions to an OpenAI-compatible server, some at a time, asked again after what may pass. */
#include "llmxrec/remote.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/plain.h"
#include "base/plain_json.h"
#include "base/rng.h"
#include "base/text.h"

#include <curl/curl.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define IN_FLIGHT_DEFAULT 8
#define IN_FLIGHT_MAX     1024
#define RETRIES_DEFAULT   6
#define TIMEOUT_DEFAULT_S 120
#define TIMEOUT_MAX_S     1e6 /* in milliseconds still an int to curl */
#define BACKOFF_DEFAULT_S 0.5
#define BACKOFF_MAX_S     60
#define CONNECT_MS        10000
#define ANSWER_MAX        ((size_t)16 << 20) /* bytes */
#define POLL_MS           200                /* how soon a stop is seen */

struct llmx_remote {
    char *url; /* without a slash at the end */
    char *model;
    struct curl_slist *headers;
    struct llmx_remote_options options; /* with defaults filled in */
    CURLM *multi;
};

/* One request on its way, or waiting to be made again. */
struct flight {
    CURL *easy;
    struct llmx_question *question; /* NULL: free */
    char *body;
    struct text answer;
    double ready_s;     /* waiting until then; 0: on its way */
    double retry_after; /* seconds that the server asked for; 0: none */
    int attempts;
    bool is_too_long;
};

struct asking {
    struct llmx_remote *remote;
    const struct llmx_remote_job *job;
    struct flight *flights; /* (in_flight) */
    int n_busy;
    bool is_over; /* no more questions */
};

static size_t take_bytes(char *bytes, size_t size, size_t n, void *context)
{
    struct flight *flight = context;
    flight->is_too_long = flight->answer.n + size * n > ANSWER_MAX;
    if (flight->is_too_long)
        return 0;
    text_put(&flight->answer, bytes, size * n);
    return flight->answer.failed ? 0 : size * n;
}

/* A number among blanks; 0 for anything else (Retry-After may be a date). */
static double seconds_in(const char *s, size_t n)
{
    double seconds = 0;
    while (n > 0 && strchr(" \t\r\n", s[n - 1]))
        n--;
    for (; n > 0 && (*s == ' ' || *s == '\t'); s++)
        n--;
    number_parse(s, n, &seconds);
    return seconds;
}

static size_t take_header(char *bytes, size_t size, size_t n, void *context)
{
    struct flight *flight = context;
    static const char name[] = "retry-after:";
    if (size * n > sizeof name && plain_strncasecmp(bytes, name, sizeof name - 1) == 0)
        flight->retry_after = seconds_in(bytes + sizeof name - 1, size * n - (sizeof name - 1));
    return size * n;
}

/* ---- opening ---- */

static int set_headers(struct llmx_remote *remote, struct llmx_error *err)
{
    const char *variable =
        remote->options.key_variable ? remote->options.key_variable : "LLMXREC_API_KEY";
    const char *key = getenv(variable);
    struct text line = {0};
    remote->headers = curl_slist_append(NULL, "Content-Type: application/json");
    if (key && *key) {
        text_printf(&line, "Authorization: Bearer %s", key);
        struct curl_slist *both = line.s ? curl_slist_append(remote->headers, line.s) : NULL;
        if (!both)
            line.failed = true;
    } else if (remote->options.key_variable) {
        return err_set(err, LLMX_NOT_FOUND,
                       "the environment variable %s, which should hold the key, "
                       "is not set",
                       variable);
    }
    const bool has_failed = line.failed || !remote->headers;
    text_release(&line);
    return has_failed ? err_set(err, LLMX_NO_MEMORY, "out of memory") : 0;
}

static void prepare(const struct llmx_remote *remote, struct flight *flight)
{
    curl_easy_setopt(flight->easy, CURLOPT_HTTPHEADER, remote->headers);
    curl_easy_setopt(flight->easy, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(flight->easy, CURLOPT_WRITEDATA, flight);
    curl_easy_setopt(flight->easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(flight->easy, CURLOPT_HEADERDATA, flight);
    curl_easy_setopt(flight->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(flight->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(flight->easy, CURLOPT_TIMEOUT_MS, (long)(1000 * remote->options.timeout_s));
    curl_easy_setopt(flight->easy, CURLOPT_PRIVATE, flight);
}

/* What an error answer says of itself: {"error":{"message"}}, {"message"} or its beginning. */
static const char *words_of(const char *answer, char words[300])
{
    json_t *json = answer ? plain_json_loads(answer, 0, NULL) : NULL;
    const json_t *error = json_object_get(json, "error");
    const char *said =
        json_string_value(json_is_object(error) ? json_object_get(error, "message") : error);
    if (!said)
        said = json_string_value(json_object_get(json, "message"));
    snprintf(words, 300, "%s", said ? said : answer ? answer : "");
    json_decref(json);
    return words;
}

/* The model asked for, or the first of those that the server lists. */
static int choose_model(struct llmx_remote *remote, const json_t *listed, struct llmx_error *err)
{
    const json_t *data = json_object_get(listed, "data"), *one;
    struct text names = {0};
    size_t i;
    json_array_foreach(data, i, one)
    {
        const char *name = json_string_value(json_object_get(one, "id"));
        if (!name)
            continue;
        if (!remote->options.model || strcmp(name, remote->options.model) == 0) {
            text_release(&names);
            remote->model = mem_text(name, strlen(name), err);
            return remote->model ? 0 : -1;
        }
        text_printf(&names, "%s%s", names.n ? ", " : "", name);
    }
    if (remote->options.model)
        err_set(err, LLMX_NOT_FOUND, "%s has no model '%s'; it has: %s", remote->url,
                remote->options.model, names.n ? names.s : "none");
    else
        err_set(err, LLMX_NOT_FOUND, "%s lists no models; is it an OpenAI-compatible server?",
                remote->url);
    text_release(&names);
    return -1;
}

static int list_models(struct llmx_remote *remote, struct llmx_error *err)
{
    struct flight flight = {.easy = curl_easy_init()};
    struct text url = {0};
    char words[300];
    long code = 0;
    int result = -1;
    text_printf(&url, "%s/models", remote->url);
    if (!flight.easy || text_check(&url, err) != 0) {
        err_set(err, LLMX_NO_MEMORY, "out of memory");
        goto done;
    }
    prepare(remote, &flight);
    curl_easy_setopt(flight.easy, CURLOPT_URL, url.s);
    const CURLcode status = curl_easy_perform(flight.easy);
    curl_easy_getinfo(flight.easy, CURLINFO_RESPONSE_CODE, &code);
    json_t *json = NULL;
    if (text_check(&flight.answer, err) != 0)
        ; /* said */
    else if (status != CURLE_OK)
        err_set(err, LLMX_IO, "cannot reach %s: %s", url.s, curl_easy_strerror(status));
    else if (code != 200)
        err_set(err, LLMX_IO, "%s answers %ld: %s", url.s, code, words_of(flight.answer.s, words));
    else if (!(json = plain_json_loads(flight.answer.s ? flight.answer.s : "", 0, NULL)))
        err_set(err, LLMX_BAD_INPUT, "%s does not answer in JSON", url.s);
    else
        result = choose_model(remote, json, err);
    json_decref(json);
done:
    curl_easy_cleanup(flight.easy);
    text_release(&flight.answer);
    text_release(&url);
    return result;
}

static int fill_options(struct llmx_remote_options *o, struct llmx_error *err)
{
    o->in_flight = o->in_flight ? o->in_flight : IN_FLIGHT_DEFAULT;
    o->retries = o->retries ? o->retries : RETRIES_DEFAULT;
    o->timeout_s = o->timeout_s > 0 ? o->timeout_s : TIMEOUT_DEFAULT_S;
    o->backoff_s = o->backoff_s > 0 ? o->backoff_s : BACKOFF_DEFAULT_S;
    if (o->in_flight < 1 || o->in_flight > IN_FLIGHT_MAX)
        return err_set(err, LLMX_BAD_OPTION, "%d questions in flight: choose 1 to %d", o->in_flight,
                       IN_FLIGHT_MAX);
    if (o->timeout_s > TIMEOUT_MAX_S)
        return err_set(err, LLMX_BAD_OPTION, "a timeout of %g s: choose up to %g", o->timeout_s,
                       TIMEOUT_MAX_S);
    return 0;
}

int llmx_remote_open(struct llmx_remote **remote, const char *url,
                     const struct llmx_remote_options *options, struct llmx_error *err)
{
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return err_set(err, LLMX_BAD_OPTION, "'%s' is no http:// or https:// address", url);
    struct llmx_remote *r = mem_array(1, sizeof *r, err);
    if (!r)
        return -1;
    size_t n = strlen(url);
    while (n > 0 && url[n - 1] == '/')
        n--;
    if (options)
        r->options = *options;
    r->url = mem_text(url, n, err);
    r->multi = curl_multi_init();
    if (r->url && r->multi && fill_options(&r->options, err) == 0 && set_headers(r, err) == 0 &&
        list_models(r, err) == 0) {
        *remote = r;
        return 0;
    }
    if (!r->multi)
        err_set(err, LLMX_NO_MEMORY, "out of memory");
    llmx_remote_destroy(r);
    return -1;
}

void llmx_remote_destroy(struct llmx_remote *remote)
{
    if (!remote)
        return;
    curl_multi_cleanup(remote->multi);
    curl_slist_free_all(remote->headers);
    free(remote->url);
    free(remote->model);
    free(remote);
}

const char *llmx_remote_model(const struct llmx_remote *remote)
{
    return remote->model;
}

/* ---- asking ---- */

static char *body_of(const struct llmx_remote *remote, const struct llmx_question *q)
{
    const struct llmx_sampling *s = &q->sampling;
    json_t *messages = json_array();
    if (q->system)
        json_array_append_new(messages,
                              json_pack("{s:s, s:s}", "role", "system", "content", q->system));
    json_array_append_new(messages, json_pack("{s:s, s:s}", "role", "user", "content", q->prompt));
    json_t *body = json_pack("{s:s, s:o, s:i, s:f, s:I}", "model", remote->model, "messages",
                             messages, "max_tokens", q->max_tokens, "temperature",
                             (double)s->temperature, "seed", (json_int_t)(q->seed >> 1));
    if (s->top_p > 0 && s->top_p < 1)
        json_object_set_new(body, "top_p", json_real((double)s->top_p));
    if (s->top_k > 0)
        json_object_set_new(body, "top_k", json_integer(s->top_k));
    if (s->repetition_penalty > 0 && s->repetition_penalty != 1)
        json_object_set_new(body, "repetition_penalty", json_real((double)s->repetition_penalty));
    char *text = body ? plain_json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(7)) : NULL;
    json_decref(body);
    return text;
}

static int launch(struct asking *a, struct flight *flight, struct llmx_error *err)
{
    text_clear(&flight->answer);
    flight->ready_s = flight->retry_after = 0;
    flight->attempts++;
    if (curl_multi_add_handle(a->remote->multi, flight->easy) != CURLM_OK)
        return err_set(err, LLMX_NO_MEMORY, "out of memory");
    return 0;
}

static int begin(struct asking *a, struct flight *flight, struct llmx_question *question,
                 struct llmx_error *err)
{
    struct text url = {0};
    free(flight->body);
    flight->body = body_of(a->remote, question);
    flight->question = question;
    flight->attempts = 0;
    text_printf(&url, "%s/chat/completions", a->remote->url);
    if (text_check(&url, err) != 0)
        return -1;
    if (!flight->body) {
        text_release(&url);
        return err_set(err, LLMX_BAD_INPUT, "a question is not UTF-8, or memory is out");
    }
    curl_easy_setopt(flight->easy, CURLOPT_URL, url.s); /* copied by curl */
    curl_easy_setopt(flight->easy, CURLOPT_POSTFIELDS, flight->body);
    text_release(&url);
    return launch(a, flight, err);
}

/* Fills free places with questions and launches what has waited long enough. */
static int launch_ready(struct asking *a, struct llmx_error *err)
{
    const double now = clock_now_s();
    for (int i = 0; i < a->remote->options.in_flight; i++) {
        struct flight *flight = &a->flights[i];
        if (flight->question) {
            if (flight->ready_s > 0 && flight->ready_s <= now && launch(a, flight, err) != 0)
                return -1;
            continue;
        }
        struct llmx_question *next = a->is_over ? NULL : a->job->next(a->job->context);
        a->is_over = !next;
        if (!next)
            continue;
        a->n_busy++;
        if (begin(a, flight, next, err) != 0)
            return -1;
    }
    return 0;
}

/* The answer's text into the question; the message says what it lacks. */
static int read_answer(const struct asking *a, struct flight *flight, struct llmx_error *err)
{
    struct llmx_question *q = flight->question;
    json_t *json = plain_json_loads(flight->answer.s ? flight->answer.s : "", 0, NULL);
    const json_t *choice = json_array_get(json_object_get(json, "choices"), 0);
    const json_t *message = json_object_get(choice, "message");
    const char *text = json_string_value(json_object_get(message, "content"));
    const char *finish = json_string_value(json_object_get(choice, "finish_reason"));
    const json_t *usage = json_object_get(json, "usage");
    int result = 0;
    if (text) {
        q->text = mem_text(text, strlen(text), err);
        q->finish = finish && strcmp(finish, "length") == 0 ? LLMX_FINISH_LENGTH : LLMX_FINISH_STOP;
        number_whole(json_number_value(json_object_get(usage, "completion_tokens")), 0, INT_MAX,
                     &q->n_tokens);
        result = q->text ? 0 : -1;
    } else {
        result = err_set(err, LLMX_BAD_INPUT, "%s answers without choices[0].message.content",
                         a->remote->url);
    }
    json_decref(json);
    return result;
}

static bool may_pass(CURLcode status, long code)
{
    if (status != CURLE_OK)
        return status == CURLE_COULDNT_CONNECT || status == CURLE_OPERATION_TIMEDOUT ||
               status == CURLE_GOT_NOTHING || status == CURLE_RECV_ERROR ||
               status == CURLE_SEND_ERROR || status == CURLE_PARTIAL_FILE;
    return code == 408 || code == 429 || code >= 500;
}

/* Doubled for each attempt, with a quarter of chance so that questions do not come back together. */
static double wait_s(const struct asking *a, const struct flight *flight)
{
    struct rng rng = rng_stream(flight->question->seed, RNG_SAMPLING, (uint64_t)flight->attempts);
    double wait = a->remote->options.backoff_s;
    for (int i = 1; i < flight->attempts && wait < BACKOFF_MAX_S; i++)
        wait *= 2;
    wait = wait < BACKOFF_MAX_S ? wait : BACKOFF_MAX_S;
    wait *= 1 + 0.25 * rng_uniform(&rng);
    return flight->retry_after > wait ? flight->retry_after : wait;
}

static int land(struct asking *a, struct flight *flight, CURLcode status, struct llmx_error *err)
{
    const char *url = a->remote->url;
    char words[300];
    long code = 0;
    curl_easy_getinfo(flight->easy, CURLINFO_RESPONSE_CODE, &code);
    curl_multi_remove_handle(a->remote->multi, flight->easy);
    if (flight->is_too_long)
        return err_set(err, LLMX_TOO_LARGE, "%s answers with more than %zu bytes", url, ANSWER_MAX);
    if (text_check(&flight->answer, err) != 0)
        return -1;
    if (may_pass(status, code) && flight->attempts <= a->remote->options.retries) {
        flight->ready_s = clock_now_s() + wait_s(a, flight);
        return 0;
    }
    if (status != CURLE_OK)
        return err_set(err, LLMX_IO, "cannot reach %s: %s (%d attempts)", url,
                       curl_easy_strerror(status), flight->attempts);
    if (code != 200)
        return err_set(err, may_pass(status, code) ? LLMX_IO : LLMX_BAD_INPUT,
                       "%s answers %ld: %s (%d attempts)", url, code,
                       words_of(flight->answer.s, words), flight->attempts);
    struct llmx_question *q = flight->question;
    if (read_answer(a, flight, err) != 0)
        return -1;
    char *text = q->text; /* the caller may write the question anew */
    const int again = a->job->finished(a->job->context, q);
    free(text);
    q->text = NULL;
    if (again)
        return begin(a, flight, q, err);
    flight->question = NULL;
    a->n_busy--;
    return 0;
}

static int land_finished(struct asking *a, struct llmx_error *err)
{
    int left;
    for (CURLMsg *m; (m = curl_multi_info_read(a->remote->multi, &left));) {
        char *flight = NULL;
        if (m->msg != CURLMSG_DONE)
            continue;
        const CURLcode status = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &flight);
        if (land(a, (struct flight *)(void *)flight, status, err) != 0)
            return -1;
    }
    return 0;
}

static int ask_all(struct asking *a, struct llmx_error *err)
{
    for (;;) {
        int running;
        if (llmx_stop_asked(a->job->stop))
            return err_set(err, LLMX_INTERRUPTED, "interrupted");
        if (launch_ready(a, err) != 0)
            return -1;
        if (a->n_busy == 0 && a->is_over)
            return 0;
        if (curl_multi_perform(a->remote->multi, &running) != CURLM_OK ||
            curl_multi_poll(a->remote->multi, NULL, 0, running ? POLL_MS : POLL_MS / 10, NULL) !=
                CURLM_OK)
            return err_set(err, LLMX_IO, "cannot wait for %s", a->remote->url);
        if (land_finished(a, err) != 0)
            return -1;
    }
}

int llmx_remote_ask(struct llmx_remote *remote, const struct llmx_remote_job *job,
                    struct llmx_error *err)
{
    struct asking a = {.remote = remote, .job = job};
    const int n = remote->options.in_flight;
    int result = -1;
    a.flights = mem_array((size_t)n, sizeof *a.flights, err);
    if (!a.flights)
        return -1;
    for (int i = 0; i < n; i++) {
        a.flights[i].easy = curl_easy_init();
        if (!a.flights[i].easy) {
            err_set(err, LLMX_NO_MEMORY, "out of memory");
            goto done;
        }
        prepare(remote, &a.flights[i]);
    }
    result = ask_all(&a, err);
done:
    for (int i = 0; i < n; i++) {
        struct flight *flight = &a.flights[i];
        if (flight->easy)
            curl_multi_remove_handle(remote->multi, flight->easy);
        curl_easy_cleanup(flight->easy);
        text_release(&flight->answer);
        free(flight->body);
    }
    free(a.flights);
    return result;
}
