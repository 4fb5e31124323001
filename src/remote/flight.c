#include "remote/flight.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/plain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CONNECT_MS        10000
#define ANSWER_MAX        ((size_t)16 << 20) /* bytes */
#define HEADERS_MAX       ((size_t)64 << 10) /* bytes, all together */
#define RETRY_AFTER_MAX_S 3600

/* ---- what comes back ---- */

static int tell_piece(void *context, const char *text, size_t n)
{
    struct flight *flight = context;
    flight->has_told = true;
    return flight->question->piece(flight->question, text, n);
}

static bool is_stream(const struct flight *flight)
{
    long code = 0;
    curl_easy_getinfo(flight->easy, CURLINFO_RESPONSE_CODE, &code);
    return flight->question && flight->question->piece && code == 200;
}

static size_t take_bytes(char *bytes, size_t size, size_t n, void *context)
{
    struct flight *flight = context;
    n *= size;
    flight->n_bytes += n;
    if (flight->n_bytes > ANSWER_MAX)
        err_set(&flight->failure, LLMX_TOO_LARGE, "an answer of more than %zu bytes", ANSWER_MAX);
    else if (is_stream(flight))
        answer_stream_take(&flight->stream, bytes, n, tell_piece, flight, &flight->failure);
    else
        text_put(&flight->bytes, bytes, n);
    text_check(&flight->bytes, &flight->failure);
    return flight->failure.code == LLMX_OK ? n : 0;
}

/* Seconds, or a date (RFC 9110); what is neither is no time to wait for. */
static double parse_retry_after(const char *value)
{
    double wait = INFINITY;
    if (!number_parse(value, strlen(value), &wait)) {
        const time_t then = curl_getdate(value, NULL);
        wait = then == (time_t)-1 ? INFINITY : difftime(then, time(NULL));
    }
    return wait > 0 ? wait : 0;
}

static size_t take_header(char *bytes, size_t size, size_t n, void *context)
{
    struct flight *flight = context;
    static const char name[] = "retry-after:";
    char line[128];
    n *= size;
    flight->n_header += n;
    if (flight->n_header > HEADERS_MAX) {
        err_set(&flight->failure, LLMX_TOO_LARGE, "more than %zu bytes of headers", HEADERS_MAX);
        return 0;
    }
    if (n < sizeof name || n >= sizeof line || plain_strncasecmp(bytes, name, sizeof name - 1) != 0)
        return n;
    const char *begin = bytes + sizeof name - 1, *end = bytes + n;
    while (begin < end && (*begin == ' ' || *begin == '\t'))
        begin++;
    while (end > begin && (unsigned char)end[-1] <= ' ')
        end--;
    snprintf(flight->retry_words, sizeof flight->retry_words, "%.*s", (int)(end - begin), begin);
    flight->retry_after = parse_retry_after(flight->retry_words);
    return n;
}

/* ---- before ---- */

int flight_init(struct flight *flight, const struct llmx_remote *remote, struct llmx_error *err)
{
    *flight = (struct flight){.remote = remote, .easy = curl_easy_init()};
    CURL *easy = flight->easy;
    if (!easy)
        return err_set(err, LLMX_NO_MEMORY, "out of memory");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, remote->headers);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, flight);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, flight);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(1000 * remote->options.timeout_s));
    curl_easy_setopt(easy, CURLOPT_PRIVATE, flight);
    return 0;
}

void flight_release(struct flight *flight)
{
    curl_easy_cleanup(flight->easy);
    text_release(&flight->bytes);
    answer_stream_release(&flight->stream);
    free(flight->body);
}

int flight_address(struct flight *flight, const char *path, char *body, struct llmx_error *err)
{
    struct text url = {0};
    flight->path = path;
    free(flight->body);
    flight->body = body;
    text_printf(&url, "%s%s", flight->remote->url, path);
    if (text_check(&url, err) != 0)
        return -1;
    curl_easy_setopt(flight->easy, CURLOPT_URL, url.s); /* copied by curl */
    if (body)
        curl_easy_setopt(flight->easy, CURLOPT_POSTFIELDS, body);
    text_release(&url);
    return 0;
}

void flight_clear(struct flight *flight)
{
    text_clear(&flight->bytes);
    answer_stream_release(&flight->stream);
    flight->stream = (struct answer_stream){0};
    flight->n_bytes = flight->n_header = 0;
    flight->ready_s = flight->retry_after = 0;
    flight->has_told = false;
    flight->failure = (struct llmx_error){0};
}

/* ---- after ---- */

/* A server that says the key back must not bring it into a message. */
static void hide_key(const struct llmx_remote *remote, char *s, size_t n)
{
    const size_t length = remote->key ? strlen(remote->key) : 0;
    for (size_t at = 0; length > 0 && at + length <= n; at++)
        if (memcmp(s + at, remote->key, length) == 0)
            memset(s + at, '*', length);
}

static bool may_pass(CURLcode status)
{
    return status == CURLE_COULDNT_CONNECT || status == CURLE_OPERATION_TIMEDOUT ||
           status == CURLE_GOT_NOTHING || status == CURLE_RECV_ERROR ||
           status == CURLE_SEND_ERROR || status == CURLE_PARTIAL_FILE;
}

static const char *words_of(CURLcode status)
{
    if (status == CURLE_OUT_OF_MEMORY) /* so libcurl says of an endless line too */
        return "out of memory, or a header line of more than 100 KB";
    return curl_easy_strerror(status);
}

static enum landing land_status(struct flight *flight, long code, struct llmx_error *err)
{
    const char *url = flight->remote->url, *path = flight->path;
    char words[ANSWER_WORDS], *target = NULL;
    answer_words(words, flight->bytes.s, flight->bytes.n);
    if (code / 100 == 3) {
        curl_easy_getinfo(flight->easy, CURLINFO_REDIRECT_URL, &target);
        err_set(err, LLMX_BAD_INPUT, "%s%s answers %ld, a redirect to %.200s: give that address",
                url, path, code, target ? target : "nowhere");
        return LANDING_HOPELESS;
    }
    const bool passes = code == 408 || code == 429 || code >= 500;
    if (passes && flight->retry_after > RETRY_AFTER_MAX_S) {
        err_set(
            err, LLMX_IO,
            "%s%s answers %ld: %s; it asks to wait (Retry-After: %s), longer than %d s: try again "
            "later",
            url, path, code, words, flight->retry_words, RETRY_AFTER_MAX_S);
        return LANDING_HOPELESS;
    }
    err_set(err, passes ? LLMX_IO : LLMX_BAD_INPUT, "%s%s answers %ld: %s (%d attempts)", url, path,
            code, words, flight->attempts);
    if (passes)
        return LANDING_PASSES;
    return code == 401 || code == 403 || code == 404 ? LANDING_HOPELESS : LANDING_REFUSED;
}

enum landing flight_land(struct flight *flight, CURLcode status, struct llmx_error *err)
{
    const char *url = flight->remote->url, *path = flight->path;
    long code = 0;
    curl_easy_getinfo(flight->easy, CURLINFO_RESPONSE_CODE, &code);
    hide_key(flight->remote, flight->bytes.s, flight->bytes.n);
    if (flight->failure.code != LLMX_OK) {
        err_set(err, flight->failure.code, "%s%s: %s", url, path, flight->failure.message);
        hide_key(flight->remote, err->message, strlen(err->message));
        return flight->failure.code == LLMX_NO_MEMORY ? LANDING_HOPELESS : LANDING_REFUSED;
    }
    if (status != CURLE_OK) {
        err_set(err, LLMX_IO, "cannot reach %s%s: %s (%d attempts)", url, path, words_of(status),
                flight->attempts);
        return may_pass(status) && !flight->has_told ? LANDING_PASSES : LANDING_HOPELESS;
    }
    return code == 200 ? LANDED : land_status(flight, code, err);
}

int flight_answer(struct flight *flight, struct answer *answer, struct llmx_error *err)
{
    int status;
    if (flight->question->piece) {
        status = answer_stream_end(&flight->stream, tell_piece, flight, err);
        *answer = flight->stream.answer;
        flight->stream.answer = (struct answer){0};
    } else {
        status = answer_parse(answer, flight->bytes.s, flight->bytes.n, err);
    }
    text_put(&answer->text, "", 0); /* an empty one has its NUL too */
    if (status == 0)
        status = text_check(&answer->text, err);
    if (status != 0) {
        err_prefix(err, "%s%s", flight->remote->url, flight->path);
        hide_key(flight->remote, err->message, strlen(err->message));
    }
    return status;
}
