/* http_server.c - the server's door, on libmicrohttpd: routes, bodies, answers and their headers. */
#include "serve/http_server.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/threads.h"
#include "serve/http_parts.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define CONNECTIONS_MAX 4096
#define LOOPBACK        "127.0.0.1"
#define ADDRESS_MAX     256 /* of them from one address, where others than this machine can connect */
#define IDLE_S          30                  /* a connection that says nothing is closed */
#define BODIES_MAX      ((size_t)256 << 20) /* bytes of requests that are held at a time */

/* ---- routes ---- */

/* Does the path fit the pattern? Its parts, decoded, come into `parts`, a NUL after each. */
static bool fits(const char *pattern, const char *path, struct text *parts, int *n_parts)
{
    text_clear(parts);
    *n_parts = 0;
    while (*pattern && *path) {
        if (*pattern != '{') {
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        const size_t n = strcspn(path, "/");
        if (n == 0 || *n_parts == HTTP_PARTS_MAX)
            return false;
        text_put(parts, path, n);
        text_put(parts, "", 1);
        ++*n_parts;
        path += n;
        pattern += strcspn(pattern, "}") + 1;
    }
    return *pattern == *path;
}

/* The route of a request; where there is none the reply says whether another method would do. */
static const struct http_route *find_route(struct http_exchange *e)
{
    const char *method = strcmp(e->request.method, "HEAD") == 0 ? "GET" : e->request.method;
    char *allow = e->reply.allow;
    int n_parts;
    for (const struct http_route *r = e->http->options.routes; r->method; r++) {
        if (!fits(r->path, e->request.path, &e->parts, &n_parts))
            continue;
        if (strcmp(r->method, method) != 0) {
            snprintf(allow + strlen(allow), sizeof e->reply.allow - strlen(allow), "%s%s",
                     *allow ? ", " : "", r->method);
            continue;
        }
        const char *part = e->parts.s;
        for (int i = 0; i < n_parts; i++, part += strlen(part) + 1)
            e->request.part[i] = part;
        return r;
    }
    if (*allow)
        http_refuse(&e->reply, 405, "%s does not take %s", e->request.path, e->request.method);
    else
        http_refuse(&e->reply, 404, "there is no %s; /openapi.json lists what there is",
                    e->request.path);
    return NULL;
}

/* ---- answers ---- */

static const char usual_policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static void add_headers(struct MHD_Response *response, const struct http_reply *reply,
                        const char *type)
{
    char seconds[16];
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "Content-Security-Policy",
                            reply->policy ? reply->policy : usual_policy);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
    MHD_add_response_header(response, "Cache-Control",
                            reply->may_be_kept ? "max-age=3600" : "no-store");
    if (reply->status == 401)
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
    if (reply->status == 405)
        MHD_add_response_header(response, "Allow", reply->allow);
    if (reply->retry_after_s > 0) {
        snprintf(seconds, sizeof seconds, "%d", reply->retry_after_s);
        MHD_add_response_header(response, "Retry-After", seconds);
    }
}

/* Of bytes that stay where they are. */
static struct MHD_Response *held_response(struct http_reply *reply)
{
    void *bytes = (void *)reply->bytes;
    if (!reply->let_go)
        return MHD_create_response_from_buffer(reply->n_bytes, bytes, MHD_RESPMEM_PERSISTENT);
    struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback_cls(
        reply->n_bytes, bytes, reply->let_go, reply->holder);
    if (response)
        reply->let_go = NULL; /* the response calls it now */
    return response;
}

static struct MHD_Response *whole_response(struct http_exchange *e)
{
    struct http_reply *reply = &e->reply;
    if (reply->why.s && e->http->options.failed)
        e->http->options.failed(e->http->options.context, reply->why.s);
    if (reply->bytes)
        return held_response(reply);
    if (reply->body.failed)
        http_refuse(reply, 503, "out of memory");
    struct MHD_Response *response =
        MHD_create_response_from_buffer(reply->body.n, reply->body.s, MHD_RESPMEM_MUST_FREE);
    if (response)
        reply->body = (struct text){0}; /* its bytes are the response's now */
    return response;
}

static enum MHD_Result send_answer(struct http_exchange *e)
{
    const bool is_stream = e->state == EXCHANGE_STREAMING;
    struct MHD_Response *response = is_stream ? slow_response(e) : whole_response(e);
    if (!response)
        return MHD_NO;
    if (e->reply.status == 0)
        e->reply.status = 200;
    add_headers(response, &e->reply,
                is_stream       ? "text/event-stream"
                : e->reply.type ? e->reply.type
                                : "application/json");
    const enum MHD_Result result = MHD_queue_response(e->connection, e->reply.status, response);
    MHD_destroy_response(response);
    return result;
}

/* ---- requests ---- */

static struct http_exchange *exchange_create(struct http *http, struct MHD_Connection *connection,
                                             const char *path, const char *method)
{
    struct http_exchange *e = mem_array(1, sizeof *e, NULL);
    if (!e)
        return NULL;
    *e = (struct http_exchange){.http = http, .connection = connection, .holders = 1};
    e->request = (struct http_request){
        .method = method, .path = path, .body = "", .connection = connection, .exchange = e};
    e->begun_s = clock_now_s();
    pthread_mutex_init(&e->lock, NULL);
    e->route = find_route(e);
    e->is_refused = !e->route || !http_may(e);
    return e;
}

static void refuse_for_now(struct http_exchange *e)
{
    http_refuse(&e->reply, 503, "too much to do at the moment");
    e->reply.retry_after_s = 5;
}

static void keep_body(struct http_exchange *e, const char *bytes, size_t n)
{
    const bool is_large = e->body.n + n > HTTP_BODY_MAX;
    e->is_refused = is_large || e->http->bodies + n > BODIES_MAX;
    if (is_large)
        http_refuse(&e->reply, 413, "a body may hold %u bytes", HTTP_BODY_MAX);
    else if (e->is_refused)
        refuse_for_now(e);
    else {
        const size_t before = e->body.n;
        text_put(&e->body, bytes, n);
        e->http->bodies += e->body.n - before;
    }
}

/* The body of what is refused is read and thrown away, so that the answer is heard. */
static enum MHD_Result read_body(struct http_exchange *e, const char *bytes, size_t *n)
{
    if (!e->is_refused)
        keep_body(e, bytes, *n);
    *n = 0;
    return MHD_YES;
}

/* Has the route's handler answer; true: on another thread, later. */
static bool handle(struct http_exchange *e)
{
    if (e->route->pace != HTTP_SLOW)
        e->route->handle(e->http->options.context, &e->request, &e->reply);
    if (e->route->pace == HTTP_QUICK || (e->route->pace == HTTP_TRY && !e->reply.is_later))
        return false;
    e->request.may_wait = true;
    if (slow_submit(e) == 0)
        return true;
    refuse_for_now(e);
    return false;
}

static enum MHD_Result begin_answer(struct http_exchange *e)
{
    e->request.body = e->body.s ? e->body.s : "";
    e->request.n_body = e->body.n;
    e->state = EXCHANGE_READY;
    e->http->answering++;
    if (e->body.failed && !e->is_refused) {
        refuse_for_now(e);
        return send_answer(e);
    }
    return !e->is_refused && http_may_body(e) && handle(e) ? MHD_YES : send_answer(e);
}

static enum MHD_Result take_request(void *context, struct MHD_Connection *connection,
                                    const char *path, const char *method, const char *version,
                                    const char *upload, size_t *n_upload, void **own)
{
    struct http_exchange *e = *own;
    (void)version;
    if (!e) {
        *own = exchange_create(context, connection, path, method);
        return *own ? MHD_YES : MHD_NO;
    }
    if (*n_upload > 0)
        return read_body(e, upload, n_upload);
    return e->state == EXCHANGE_READING ? begin_answer(e) : send_answer(e);
}

static void forget_request(void *context, struct MHD_Connection *connection, void **own,
                           enum MHD_RequestTerminationCode why)
{
    struct http *http = context;
    struct http_exchange *e = *own;
    (void)connection;
    (void)why;
    if (!e)
        return;
    *own = NULL;
    if (http->options.answered)
        http->options.answered(http->options.context, e->route, e->reply.status,
                               clock_now_s() - e->begun_s);
    http->answering -= e->state != EXCHANGE_READING;
    pthread_mutex_lock(&e->lock);
    e->is_gone = true;
    pthread_mutex_unlock(&e->lock);
    exchange_drop(e);
}

/* ---- opening and closing ---- */

/* Each connection is an open file. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static bool is_loopback(const struct sockaddr_in *address)
{
    return ntohl(address->sin_addr.s_addr) >> 24 == 127;
}

static int check_address(const struct http_options *o, struct sockaddr_in *address,
                         struct llmx_error *err)
{
    const char *name = o->address ? o->address : LOOPBACK;
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)o->port)};
    if (o->port < 0 || o->port > 65535)
        return err_set(err, LLMX_BAD_OPTION, "port must be 0 to 65535, not %d", o->port);
    if (inet_pton(AF_INET, name, &address->sin_addr) != 1)
        return err_set(err, LLMX_BAD_OPTION,
                       "address must be four numbers such as 127.0.0.1, not '%s'", name);
    if (o->token && !*o->token)
        return err_set(err, LLMX_BAD_OPTION, "token: an empty one keeps nobody out");
    if (!is_loopback(address) && !o->token && !o->is_public)
        return err_set(
            err, LLMX_BAD_OPTION,
            "%s can be reached from other machines: choose --token TOKEN, or --public if "
            "everybody may ask",
            name);
    return 0;
}

int http_open(struct http **http, const struct http_options *options, struct llmx_error *err)
{
    struct sockaddr_in address;
    struct http *h = mem_array(1, sizeof *h, err);
    *http = NULL;
    if (!h)
        return -1;
    h->options = *options;
    h->options.slow = options->slow > 0 ? options->slow : 64;
    pthread_mutex_init(&h->lock, NULL);
    pthread_mutex_init(&h->buckets_lock, NULL);
    pthread_cond_init(&h->wake, NULL);
    raise_file_limit();
    int threads = threads_meant(options->threads, err);
    threads = threads > 4 ? 4 : threads;
    if (threads < 0 || check_address(options, &address, err) != 0 ||
        http_rate_create(h, err) != 0 || slow_start(h, err) != 0)
        goto failed;
    h->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, take_request, h,
        MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_THREAD_POOL_SIZE,
        (unsigned)threads, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, is_loopback(&address) ? 0u : (unsigned)ADDRESS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)2 * HTTP_HEADER_MAX, MHD_OPTION_NOTIFY_COMPLETED, forget_request, h,
        MHD_OPTION_END);
    if (!h->daemon) {
        err_system(err, "cannot listen on %s:%d", options->address ? options->address : LOOPBACK,
                   options->port);
        goto failed;
    }
    *http = h;
    return 0;
failed:
    http_close(h, 0);
    return -1;
}

int http_port(const struct http *http)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}

void http_close(struct http *http, double seconds)
{
    if (!http)
        return;
    const double until_s = clock_now_s() + seconds;
    const int door = http->daemon ? MHD_quiesce_daemon(http->daemon) : -1;
    if (door >= 0)
        shutdown(door, SHUT_RD); /* who comes now is turned away, not left waiting */
    while (http->answering > 0 && clock_now_s() < until_s)
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    slow_stop(http);
    if (http->daemon)
        MHD_stop_daemon(http->daemon);
    if (door >= 0)
        close(door);
    http_rate_destroy(http);
    pthread_cond_destroy(&http->wake);
    pthread_mutex_destroy(&http->buckets_lock);
    pthread_mutex_destroy(&http->lock);
    free(http);
}
