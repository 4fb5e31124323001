/* remote.c - opening a server: its address, its key, its model. */
#include "base/err.h"
#include "base/memory.h"
#include "base/plain_json.h"
#include "base/text.h"
#include "remote/flight.h"

#include <stdlib.h>
#include <string.h>

#define IN_FLIGHT_DEFAULT 8
#define IN_FLIGHT_MAX     1024
#define RETRIES_DEFAULT   6
#define TIMEOUT_DEFAULT_S 120
#define TIMEOUT_MAX_S     1e6 /* in milliseconds still an int to curl */
#define BACKOFF_DEFAULT_S 0.5

static int set_headers(struct llmx_remote *remote, struct llmx_error *err)
{
    const char *variable =
        remote->options.key_variable ? remote->options.key_variable : "LLMXREC_API_KEY";
    const char *key = getenv(variable);
    struct text line = {0};
    remote->headers = curl_slist_append(NULL, "Content-Type: application/json");
    if (key && *key) {
        remote->key = mem_text(key, strlen(key), NULL);
        line.failed = !remote->key;
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

static int take_name(struct llmx_remote *remote, const char *name, struct llmx_error *err)
{
    remote->model = mem_text(name, strlen(name), err);
    return remote->model ? 0 : -1;
}

/* The model asked for, or the first of those that the server lists. */
static int choose_model(struct llmx_remote *remote, const json_t *listed, struct llmx_error *err)
{
    const json_t *data = json_is_array(listed) ? listed : json_object_get(listed, "data"), *one;
    struct text names = {0};
    char clean[ANSWER_WORDS];
    size_t i;
    json_array_foreach(data, i, one)
    {
        const char *name = json_string_value(json_object_get(one, "id"));
        if (!name)
            continue;
        if (!remote->options.model || strcmp(name, remote->options.model) == 0) {
            text_release(&names);
            return take_name(remote, name, err);
        }
        answer_clean(clean, name, strlen(name));
        text_printf(&names, "%s%s", names.n ? ", " : "", clean);
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

/* Has the server no list of models, by the status that it answers? */
static bool has_no_list(long code)
{
    return code == 400 || code == 404 || code == 405 || code == 410 || code == 501;
}

/* What the server lists; NULL with `err`, or with none when it lists nothing and the model was named. */
static json_t *get_models(struct flight *flight, struct llmx_error *err)
{
    const struct llmx_remote *remote = flight->remote;
    long code = 0;
    flight->attempts = 1;
    const CURLcode came = curl_easy_perform(flight->easy);
    curl_easy_getinfo(flight->easy, CURLINFO_RESPONSE_CODE, &code);
    if (flight_land(flight, came, err) != LANDED) {
        if (has_no_list(code) && remote->options.model)
            err->code = LLMX_OK;
        return NULL;
    }
    json_t *json =
        plain_json_loadb(flight->bytes.s ? flight->bytes.s : "", flight->bytes.n, 0, NULL);
    if (!json && !remote->options.model)
        err_set(err, LLMX_BAD_INPUT, "%s/models does not answer in JSON", remote->url);
    return json;
}

static int list_models(struct llmx_remote *remote, struct llmx_error *err)
{
    struct flight flight;
    struct llmx_error why = {0};
    json_t *json = NULL;
    int status = flight_init(&flight, remote, &why);
    if (status == 0 && (status = flight_address(&flight, "/models", NULL, &why)) == 0) {
        json = get_models(&flight, &why);
        if (json)
            status = choose_model(remote, json, &why);
        else
            status = why.code == LLMX_OK ? take_name(remote, remote->options.model, &why) : -1;
    }
    json_decref(json);
    flight_release(&flight);
    if (status != 0 && err)
        *err = why;
    return status;
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

/* What the caller wants in every question. What a question is made of is not among it. */
static int read_extra(struct llmx_remote *remote, struct llmx_error *err)
{
    static const char *const own[] = {"model", "messages", "stream"};
    const char *extra = remote->options.extra;
    json_error_t why = {0};
    if (!extra)
        return 0;
    remote->extra = plain_json_loadb(extra, strlen(extra), JSON_REJECT_DUPLICATES, &why);
    if (!json_is_object(remote->extra))
        return err_set(
            err, LLMX_BAD_OPTION,
            "remote-extra is no JSON object%s%s: write it as '{\"reasoning_effort\":\"low\"}'",
            remote->extra ? "" : ": ", why.text);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (json_object_get(remote->extra, own[i]))
            return err_set(err, LLMX_BAD_OPTION, "remote-extra sets '%s', which every question has",
                           own[i]);
    remote->extra_text = mem_text(extra, strlen(extra), err);
    return remote->extra_text ? 0 : -1;
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
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->news, NULL);
    pthread_cond_init(&r->some_over, NULL);
    pthread_cond_init(&r->none_waits, NULL);
    if (r->url && fill_options(&r->options, err) == 0 && read_extra(r, err) == 0 &&
        set_headers(r, err) == 0 && list_models(r, err) == 0) {
        *remote = r;
        return 0;
    }
    llmx_remote_destroy(r);
    return -1;
}

void llmx_remote_destroy(struct llmx_remote *remote)
{
    if (!remote)
        return;
    server_close_questions(remote);
    pthread_cond_destroy(&remote->news);
    pthread_cond_destroy(&remote->some_over);
    pthread_cond_destroy(&remote->none_waits);
    pthread_mutex_destroy(&remote->lock);
    curl_slist_free_all(remote->headers);
    free(remote->url);
    free(remote->model);
    free(remote->key);
    json_decref(remote->extra);
    free(remote->extra_text);
    free(remote);
}

const char *llmx_remote_model(const struct llmx_remote *remote)
{
    return remote->model;
}

const char *llmx_remote_extra(const struct llmx_remote *remote)
{
    return remote->extra_text ? remote->extra_text : "";
}
