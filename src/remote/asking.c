#include "remote/asking.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/plain_json.h"
#include "base/rng.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define BACKOFF_MAX_S 60

int asking_open(struct asking *asking, struct llmx_remote *remote, struct llmx_error *err)
{
    const int n = remote->options.in_flight;
    *asking = (struct asking){.remote = remote, .multi = curl_multi_init()};
    if (!asking->multi)
        return err_set(err, LLMX_NO_MEMORY, "out of memory");
    asking->flights = mem_array((size_t)n, sizeof *asking->flights, err);
    for (int i = 0; asking->flights && i < n; i++)
        if (flight_init(&asking->flights[i], remote, err) != 0)
            return -1;
    return asking->flights ? 0 : -1;
}

void asking_close(struct asking *asking)
{
    for (int i = 0; asking->flights && i < asking->remote->options.in_flight; i++) {
        struct flight *flight = &asking->flights[i];
        if (flight->easy)
            curl_multi_remove_handle(asking->multi, flight->easy);
        flight_release(flight);
    }
    free(asking->flights);
    curl_multi_cleanup(asking->multi);
}

/* ---- asking ---- */

static void set_limits(json_t *body, const struct llmx_question *q, unsigned form)
{
    const struct llmx_sampling *s = &q->sampling;
    json_object_set_new(body,
                        form & FORM_COMPLETION_TOKENS ? "max_completion_tokens" : "max_tokens",
                        json_integer(q->max_tokens));
    if (!(form & FORM_NO_TEMPERATURE))
        json_object_set_new(body, "temperature", json_real((double)s->temperature));
    if (!(form & FORM_NO_SEED))
        json_object_set_new(body, "seed", json_integer((json_int_t)(q->seed >> 1)));
    if (s->top_p > 0 && s->top_p < 1)
        json_object_set_new(body, "top_p", json_real((double)s->top_p));
    if (s->top_k > 0)
        json_object_set_new(body, "top_k", json_integer(s->top_k));
    if (s->repetition_penalty > 0 && s->repetition_penalty != 1)
        json_object_set_new(body, "repetition_penalty", json_real((double)s->repetition_penalty));
    if (q->piece)
        json_object_set_new(body, "stream", json_true());
}

static char *body_of(const struct llmx_remote *remote, const struct llmx_question *q, unsigned form)
{
    json_t *messages = json_array();
    if (q->system)
        json_array_append_new(messages,
                              json_pack("{s:s, s:s}", "role", "system", "content", q->system));
    json_array_append_new(messages, json_pack("{s:s, s:s}", "role", "user", "content", q->prompt));
    const size_t n = json_array_size(messages);
    json_t *body = json_pack("{s:s, s:o}", "model", remote->model, "messages", messages);
    if (body)
        set_limits(body, q, form);
    const bool is_whole = body && n == (q->system ? 2 : 1) &&
                          (!remote->extra || json_object_update(body, remote->extra) == 0);
    char *text = is_whole ? plain_json_dumps(body, JSON_COMPACT | JSON_REAL_PRECISION(7)) : NULL;
    json_decref(body);
    return text;
}

static int launch(struct asking *a, struct flight *flight, struct llmx_error *err)
{
    flight_clear(flight);
    flight->attempts++;
    if (curl_multi_add_handle(a->multi, flight->easy) != CURLM_OK)
        return err_set(err, LLMX_NO_MEMORY, "out of memory");
    return 0;
}

static int begin(struct asking *a, struct flight *flight, struct llmx_error *err)
{
    flight->form = a->remote->form;
    char *body = body_of(a->remote, flight->question, flight->form);
    if (!body)
        return err_set(err, LLMX_BAD_INPUT, "a question is not UTF-8, or memory is out");
    flight->attempts = 0;
    if (flight_address(flight, "/chat/completions", body, err) != 0)
        return -1;
    return launch(a, flight, err);
}

/* ---- answers ---- */

/* Tells of a question; it is asked again as long as that is wanted. */
static void conclude(struct asking *a, struct flight *flight, enum landing how,
                     const struct llmx_error *why)
{
    struct llmx_error err = *why;
    for (;;) {
        struct llmx_question *q = flight->question;
        q->error = how == LANDED ? (struct llmx_error){0} : err;
        if (!a->tell(a->context, q, how)) {
            flight->question = NULL;
            a->n_busy--;
            return;
        }
        if (begin(a, flight, &err) == 0)
            return;
        how = err.code == LLMX_BAD_INPUT ? LANDING_REFUSED : LANDING_HOPELESS;
    }
}

/* The answer's text into the question. */
static int take_answer(struct flight *flight, struct llmx_error *err)
{
    struct llmx_question *q = flight->question;
    struct answer answer = {0};
    if (flight_answer(flight, &answer, err) != 0) {
        answer_release(&answer);
        return -1;
    }
    q->text = answer.text.s;
    q->n_tokens = answer.n_tokens;
    q->finish = answer.finish;
    return 0;
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

static void lower_words(char words[static ANSWER_WORDS], const struct flight *flight)
{
    answer_words(words, flight->bytes.s, flight->bytes.n);
    for (char *s = words; *s; s++)
        *s = (char)(*s >= 'A' && *s <= 'Z' ? *s + 32 : *s);
}

/* Does what a server says of a refusal, in lower case, say that there is no such parameter, or none of such a value? */
static bool says_unsupported(const char *words)
{
    static const char *const said[] = {
        "support", "unrecognized", "unknown",      "unexpected", "permitted", "additional propert",
        "allowed", "extra field",  "extra inputs", "deprecated"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (strstr(words, said[i]))
            return true;
    return false;
}

/* Whether a refusal says what form of question this server takes, which this question had not. */
static bool learns_form(const struct asking *a, const struct flight *flight)
{
    static const struct {
        const char *name;
        unsigned form;
    } parameters[] = {{"max_tokens", FORM_COMPLETION_TOKENS},
                      {"seed", FORM_NO_SEED},
                      {"temperature", FORM_NO_TEMPERATURE}};
    char words[ANSWER_WORDS];
    lower_words(words, flight);
    if (strstr(words, "max_completion_tokens"))
        a->remote->form |= FORM_COMPLETION_TOKENS;
    for (size_t i = 0; i < sizeof parameters / sizeof *parameters && says_unsupported(words); i++)
        if (strstr(words, parameters[i].name))
            a->remote->form |= parameters[i].form;
    return a->remote->form != flight->form;
}

/* After all attempts: does the server fail at this question alone, since it answered others meanwhile? */
static bool is_question_to_blame(const struct asking *a, const struct flight *flight)
{
    long code = 0;
    curl_easy_getinfo(flight->easy, CURLINFO_RESPONSE_CODE, &code);
    return code >= 500 && a->n_answered > flight->n_answered_then;
}

/* A key that is not taken, or a question that a moderator does not like (403)? It is the question when others were
 * answered, or when the server says so. */
static bool is_moderated(const struct asking *a, const struct flight *flight)
{
    static const char *const said[] = {"moderation", "flagged", "filter", "policy"};
    long code = 0;
    char words[ANSWER_WORDS];
    curl_easy_getinfo(flight->easy, CURLINFO_RESPONSE_CODE, &code);
    lower_words(words, flight);
    for (size_t i = 0; code == 403 && i < sizeof said / sizeof *said; i++)
        if (strstr(words, said[i]))
            return true;
    return code == 403 && a->n_answered > 0;
}

/* What may be otherwise at another time: as often as the options say, and once where an answer is no JSON. */
static bool is_asked_again(const struct asking *a, const struct flight *flight, enum landing how)
{
    const int retries = a->remote->options.retries;
    const bool is_garbled = how == LANDED && !flight->question->piece &&
                            !answer_is_json(flight->bytes.s, flight->bytes.n);
    return flight->attempts <= retries &&
           (how == LANDING_PASSES || (is_garbled && flight->attempts == 1));
}

static void land(struct asking *a, struct flight *flight, CURLcode status)
{
    struct llmx_error err = {0};
    curl_multi_remove_handle(a->multi, flight->easy);
    enum landing how = flight_land(flight, status, &err);
    if (how == LANDING_REFUSED && err.code == LLMX_BAD_INPUT && learns_form(a, flight) &&
        begin(a, flight, &err) == 0)
        return;
    if (how == LANDING_PASSES && flight->attempts == 1)
        flight->n_answered_then = a->n_answered;
    if (is_asked_again(a, flight, how)) {
        flight->ready_s = clock_now_s() + wait_s(a, flight);
        return;
    }
    if (how == LANDING_PASSES && is_question_to_blame(a, flight)) {
        how = LANDING_REFUSED;
        err.code = LLMX_BAD_INPUT;
    } else if (how == LANDING_HOPELESS && status == CURLE_OK && is_moderated(a, flight)) {
        how = LANDING_REFUSED;
    } else if (how == LANDING_PASSES) {
        how = LANDING_HOPELESS;
    }
    if (how == LANDED && take_answer(flight, &err) != 0)
        how = err.code == LLMX_NO_MEMORY ? LANDING_HOPELESS : LANDING_REFUSED;
    a->n_answered += how == LANDED;
    conclude(a, flight, how, &err);
}

/* How many came to an end. */
static int land_finished(struct asking *a)
{
    int left, n = 0;
    for (CURLMsg *m; (m = curl_multi_info_read(a->multi, &left));) {
        char *flight = NULL;
        if (m->msg != CURLMSG_DONE)
            continue;
        const CURLcode status = m->data.result;
        curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &flight);
        land(a, (struct flight *)(void *)flight, status);
        n++;
    }
    return n;
}

/* ---- rounds ---- */

static void give_up(struct asking *a, struct flight *flight, const struct llmx_error *why)
{
    curl_multi_remove_handle(a->multi, flight->easy);
    conclude(a, flight, LANDING_HOPELESS, why);
}

void asking_fail(struct asking *a, const struct llmx_error *why)
{
    for (int i = 0; i < a->remote->options.in_flight; i++)
        if (a->flights[i].question)
            give_up(a, &a->flights[i], why);
}

/* A free place takes the next question; what is not wanted any more leaves; what has waited long enough is asked again. */
static void refresh(struct asking *a, struct flight *flight, double now)
{
    struct llmx_error err = {0};
    const bool is_new = !flight->question;
    if (is_new) {
        flight->question = a->next(a->context);
        if (!flight->question)
            return;
        a->n_busy++;
    }
    if (a->is_unwanted && a->is_unwanted(a->context, flight->question)) {
        err_set(&err, LLMX_INTERRUPTED, "cancelled");
        give_up(a, flight, &err);
    } else if (is_new) {
        if (begin(a, flight, &err) != 0)
            conclude(a, flight, err.code == LLMX_BAD_INPUT ? LANDING_REFUSED : LANDING_HOPELESS,
                     &err);
    } else if (flight->ready_s > 0 && flight->ready_s <= now && launch(a, flight, &err) != 0) {
        conclude(a, flight, LANDING_HOPELESS, &err);
    }
}

int asking_round(struct asking *a, int wait_ms, struct llmx_error *err)
{
    const double now = clock_now_s();
    int running;
    for (int i = 0; i < a->remote->options.in_flight; i++) {
        struct flight *flight = &a->flights[i];
        refresh(a, flight, now);
        if (flight->question && flight->ready_s > 0 && (flight->ready_s - now) * 1000 < wait_ms)
            wait_ms = (int)((flight->ready_s - now) * 1000) + 1;
    }
    if (a->n_busy == 0)
        return 0;
    if (curl_multi_perform(a->multi, &running) != CURLM_OK ||
        (land_finished(a) == 0 && curl_multi_poll(a->multi, NULL, 0, wait_ms, NULL) != CURLM_OK))
        return err_set(err, LLMX_IO, "cannot wait for %s", a->remote->url);
    return 0;
}
