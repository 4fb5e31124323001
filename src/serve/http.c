/* http.c - what a request says, and how it is refused. */
#include "serve/http.h"

#include "base/plain_json.h"
#include "base/utf8.h"

#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *http_query(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

struct counted {
    const char *name;
    int n;
};

static enum MHD_Result count_named(void *context, enum MHD_ValueKind kind, const char *key,
                                   const char *value)
{
    struct counted *counted = context;
    (void)kind;
    (void)value;
    counted->n += strcmp(key, counted->name) == 0;
    return MHD_YES;
}

bool http_query_twice(const struct http_request *request, const char *name)
{
    struct counted counted = {name, 0};
    MHD_get_connection_values(request->connection, MHD_GET_ARGUMENT_KIND, count_named, &counted);
    return counted.n > 1;
}

const char *http_header(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *http_cookie(const struct http_request *request, const char *name)
{
    return MHD_lookup_connection_value(request->connection, MHD_COOKIE_KIND, name);
}

void http_fail(struct http_reply *reply, unsigned status, const char *why)
{
    http_refuse(reply, status, "this failed here; the server's log says why");
    text_clear(&reply->why);
    text_puts(&reply->why, why);
}

void http_refuse(struct http_reply *reply, unsigned status, const char *format, ...)
{
    char message[512];
    va_list args;
    bool is_valid;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    for (size_t n = strlen(message), i = 0; i < n;) { /* a path may hold any bytes */
        const size_t length = utf8_step(message + i, n - i, &is_valid);
        if (!is_valid)
            memset(message + i, '?', length);
        i += length;
    }
    json_t *error = json_pack("{s:{s:i, s:s}}", "error", "code", (int)status, "message", message);
    char *bytes = error ? plain_json_dumps(error, JSON_COMPACT) : NULL;
    reply->status = status;
    text_clear(&reply->body);
    text_puts(&reply->body, bytes ? bytes : "{\"error\":{}}");
    free(bytes);
    json_decref(error);
}
