/* http_access.c - who may ask: the token, the host that was meant, other pages' requests, too many at once. */
#include "base/clock.h"
#include "base/memory.h"
#include "base/names.h"
#include "base/plain.h"
#include "serve/http_parts.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- rate: a bucket of drops for each address, of which a request takes one ---- */

#define TOKEN_MAX 4096 /* of a cookie: browsers keep no longer ones */

#define BUCKETS 4096 /* addresses that fall into one bucket share it */

struct bucket {
    double drops, at_s;
};

int http_rate_create(struct http *http, struct llmx_error *err)
{
    if (http->options.rate <= 0)
        return 0;
    http->buckets = mem_array(BUCKETS, sizeof *http->buckets, err);
    if (!http->buckets)
        return -1;
    for (int i = 0; i < BUCKETS; i++)
        http->buckets[i] = (struct bucket){2.0 * http->options.rate, clock_now_s()};
    return 0;
}

void http_rate_destroy(struct http *http)
{
    free(http->buckets);
}

static struct bucket *bucket_of(struct http *http, struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *address = info ? info->client_addr : NULL;
    if (address && address->sa_family == AF_INET6)
        return http->buckets +
               hash_bytes(&((const struct sockaddr_in6 *)address)->sin6_addr, 8) % BUCKETS;
    if (address && address->sa_family == AF_INET)
        return http->buckets +
               hash_bytes(&((const struct sockaddr_in *)address)->sin_addr, 4) % BUCKETS;
    return http->buckets;
}

/* Seconds until the address may ask again; 0: now. A second's worth may be saved up, twice. */
static double rate_wait(struct http_exchange *e)
{
    struct http *http = e->http;
    const double rate = http->options.rate, now = clock_now_s();
    if (!http->buckets)
        return 0;
    struct bucket *bucket = bucket_of(http, e->connection);
    pthread_mutex_lock(&http->buckets_lock);
    bucket->drops = fmin(bucket->drops + (now - bucket->at_s) * rate, 2 * rate);
    bucket->at_s = now;
    const double wait = bucket->drops >= 1 ? 0 : (1 - bucket->drops) / rate;
    if (wait <= 0)
        bucket->drops--;
    pthread_mutex_unlock(&http->buckets_lock);
    return wait;
}

/* ---- token, host, origin ---- */

/* Takes as long whatever the difference is. */
static bool is_same(const char *a, const char *b)
{
    const size_t n_a = strlen(a), n_b = strlen(b);
    unsigned char differs = n_a != n_b;
    for (size_t i = 0; i < n_a; i++)
        differs |= (unsigned char)(a[i] ^ b[n_b ? i % n_b : 0]);
    return !differs;
}

static bool has_cookie(const struct http_exchange *e)
{
    char decoded[TOKEN_MAX];
    const char *sent = http_cookie(&e->request, "token");
    if (!sent || strlen(sent) >= sizeof decoded)
        return false;
    snprintf(decoded, sizeof decoded, "%s", sent);
    MHD_http_unescape(decoded);
    return is_same(decoded, e->http->options.token);
}

static bool has_token(const struct http_exchange *e)
{
    const char *sent = http_header(&e->request, "Authorization");
    if (sent && plain_strncasecmp(sent, "Bearer ", 7) == 0)
        return is_same(sent + 7, e->http->options.token);
    return e->route->door == HTTP_LINK && has_cookie(e);
}

/* A page elsewhere can make a browser ask a name of its own that leads here (DNS rebinding). */
static bool is_loopback(const char *host)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    if (!host)
        return true; /* HTTP/1.0: no browser */
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const size_t n = strlen(names[i]);
        if (plain_strncasecmp(host, names[i], n) == 0 && (host[n] == '\0' || host[n] == ':'))
            return true;
    }
    return false;
}

/* What changes something must come from our own page or from no page: a browser says where the page is from. */
static bool is_from_elsewhere(const struct http_request *request)
{
    const char *origin = http_header(request, "Origin"), *host = http_header(request, "Host"),
               *site = http_header(request, "Sec-Fetch-Site");
    if (site && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return true;
    if (!origin)
        return false;
    const char *name = strstr(origin, "://");
    return !name || !host || plain_strcasecmp(name + 3, host) != 0;
}

static bool is_json(const struct http_request *request)
{
    const char *type = http_header(request, "Content-Type");
    return type && plain_strncasecmp(type, "application/json", 16) == 0 &&
           (type[16] == '\0' || type[16] == ';' || type[16] == ' ');
}

static bool changes(const struct http_request *request)
{
    return strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0;
}

bool http_may(struct http_exchange *e)
{
    const struct http_options *options = &e->http->options;
    const struct http_request *request = &e->request;
    const double wait = rate_wait(e);
    if (wait > 0) {
        http_refuse(&e->reply, 429, "more than %d requests a second", options->rate);
        e->reply.retry_after_s = (int)ceil(wait);
    } else if (!options->is_public && !options->token && !is_loopback(http_header(request, "Host")))
        http_refuse(&e->reply, 421, "this server answers for localhost alone");
    else if (options->token && e->route->door != HTTP_OPEN && !has_token(e))
        http_refuse(&e->reply, 401, "send the header \"Authorization: Bearer TOKEN\"");
    else if (changes(request) && is_from_elsewhere(request))
        http_refuse(&e->reply, 403, "a page of another site may not ask this");
    else
        return true;
    return false;
}

bool http_may_body(struct http_exchange *e)
{
    if (!changes(&e->request) || e->request.n_body == 0 || is_json(&e->request))
        return true;
    http_refuse(&e->reply, 415, "send JSON, with \"Content-Type: application/json\"");
    return false;
}
