/* http_slow.c - slow handlers: threads of their own, and answers that go out as they are made.
 *
 * A connection whose handler works is suspended: the polling threads do not look at it. The handler resumes it when the
 * answer is ready, or with every part of a stream. */
#define _GNU_SOURCE /* POLLRDHUP */
#include "base/memory.h"
#include "serve/http_parts.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define BEHIND_MAX (1u << 20) /* bytes of a stream that a client may lag behind */

/* ---- the exchange's two holders ---- */

void exchange_drop(struct http_exchange *e)
{
    pthread_mutex_lock(&e->lock);
    const int left = --e->holders;
    pthread_mutex_unlock(&e->lock);
    if (left > 0)
        return;
    pthread_mutex_destroy(&e->lock);
    e->http->bodies -= e->body.n;
    if (e->reply.let_go)
        e->reply.let_go(e->reply.holder);
    text_release(&e->reply.body);
    text_release(&e->reply.why);
    text_release(&e->stream);
    text_release(&e->parts);
    text_release(&e->body);
    free(e);
}

/* Lets the polling threads look at it again, where they do not. Under its lock. */
static void wake(struct http_exchange *e)
{
    if (e->is_suspended && !e->is_gone) {
        e->is_suspended = false;
        MHD_resume_connection(e->connection);
    }
}

/* ---- threads ---- */

static void answer(struct http_exchange *e)
{
    e->route->handle(e->http->options.context, &e->request, &e->reply);
    pthread_mutex_lock(&e->lock);
    e->is_ended = true;
    if (e->state == EXCHANGE_WORKING)
        e->state = EXCHANGE_READY;
    wake(e);
    pthread_mutex_unlock(&e->lock);
    exchange_drop(e);
}

static struct http_exchange *take(struct http *http)
{
    while (!http->first && !http->is_closing)
        pthread_cond_wait(&http->wake, &http->lock);
    struct http_exchange *e = http->first;
    if (e) {
        http->first = e->next;
        http->last = e->next ? http->last : NULL;
        http->waiting--;
    }
    return e;
}

static void *work(void *context)
{
    struct http *http = context;
    struct http_exchange *e;
    pthread_mutex_lock(&http->lock);
    while ((e = take(http)) != NULL) {
        pthread_mutex_unlock(&http->lock);
        answer(e);
        pthread_mutex_lock(&http->lock);
    }
    pthread_mutex_unlock(&http->lock);
    return NULL;
}

int slow_start(struct http *http, struct llmx_error *err)
{
    const int n = http->options.slow;
    http->threads = mem_array((size_t)n, sizeof *http->threads, err);
    if (!http->threads)
        return -1;
    for (; http->n_threads < n; http->n_threads++)
        if (pthread_create(&http->threads[http->n_threads], NULL, work, http) != 0)
            return err_set(err, LLMX_IO, "cannot start thread %d", http->n_threads + 1);
    return 0;
}

void slow_stop(struct http *http)
{
    pthread_mutex_lock(&http->lock);
    http->is_closing = true;
    pthread_cond_broadcast(&http->wake);
    pthread_mutex_unlock(&http->lock);
    for (int i = 0; i < http->n_threads; i++)
        pthread_join(http->threads[i], NULL);
    free(http->threads);
}

int slow_submit(struct http_exchange *e)
{
    struct http *http = e->http;
    int status = -1;
    pthread_mutex_lock(&http->lock);
    if (!http->is_closing && http->waiting < 2 * http->n_threads) {
        e->state = EXCHANGE_WORKING;
        e->holders++;
        e->is_suspended = true;
        MHD_suspend_connection(e->connection);
        if (http->last)
            http->last->next = e;
        else
            http->first = e;
        http->last = e;
        http->waiting++;
        pthread_cond_signal(&http->wake);
        status = 0;
    }
    pthread_mutex_unlock(&http->lock);
    return status;
}

/* ---- streams ---- */

static bool is_closing(struct http *http)
{
    pthread_mutex_lock(&http->lock);
    const bool closing = http->is_closing;
    pthread_mutex_unlock(&http->lock);
    return closing;
}

static ssize_t read_stream(void *context, uint64_t offset, char *out, size_t max)
{
    struct http_exchange *e = context;
    ssize_t n = 0;
    (void)offset;
    pthread_mutex_lock(&e->lock);
    const size_t ready = e->stream.n - e->sent;
    if (ready > 0) {
        n = (ssize_t)(ready < max ? ready : max);
        memcpy(out, e->stream.s + e->sent, (size_t)n);
        e->sent += (size_t)n;
        if (e->sent == e->stream.n) {
            text_clear(&e->stream);
            e->sent = 0;
        }
    } else if (e->is_ended)
        n = MHD_CONTENT_READER_END_OF_STREAM;
    else {
        e->is_suspended = true;
        MHD_suspend_connection(e->connection);
    }
    pthread_mutex_unlock(&e->lock);
    return n;
}

struct MHD_Response *slow_response(struct http_exchange *e)
{
    return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read_stream, e, NULL);
}

int http_stream_open(const struct http_request *request)
{
    struct http_exchange *e = request->exchange;
    pthread_mutex_lock(&e->lock);
    e->state = EXCHANGE_STREAMING;
    wake(e);
    const bool is_gone = e->is_gone;
    pthread_mutex_unlock(&e->lock);
    return is_gone ? -1 : 0;
}

int http_stream_put(const struct http_request *request, const char *bytes, size_t n)
{
    struct http_exchange *e = request->exchange;
    pthread_mutex_lock(&e->lock);
    const bool is_lost = e->is_gone || is_closing(e->http) || e->stream.n - e->sent > BEHIND_MAX;
    if (!is_lost) {
        text_put(&e->stream, bytes, n);
        wake(e);
    }
    const bool failed = is_lost || e->stream.failed;
    pthread_mutex_unlock(&e->lock);
    return failed ? -1 : 0;
}

bool http_is_gone(const struct http_request *request)
{
    struct http_exchange *e = request->exchange;
    bool is_gone = true;
    pthread_mutex_lock(&e->lock);
    if (!e->is_gone && !is_closing(e->http)) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(e->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        struct pollfd one = {.fd = info ? info->connect_fd : -1, .events = POLLRDHUP};
        is_gone = poll(&one, 1, 0) > 0; /* whatever it sent before it went */
    }
    pthread_mutex_unlock(&e->lock);
    return is_gone;
}
