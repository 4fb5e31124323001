#include "support/http_server.h"

#include "support/test.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#define RESPONSE_MAX 65536

struct http_server {
    http_answer *answer;
    void *context;
    int listener;
    char url[64];
    pthread_t thread;
    _Atomic int requests, open;
};

struct connection {
    struct http_server *server;
    int socket;
};

/* Headers, then as many bytes as Content-Length says. */
static char *read_request(int socket)
{
    size_t n = 0, capacity = 1 << 16, wanted = SIZE_MAX;
    char *text = calloc(1, capacity);
    while (text && n < wanted && n + 1 < capacity) {
        const ssize_t got = recv(socket, text + n, capacity - n - 1, 0);
        if (got <= 0)
            break;
        n += (size_t)got;
        text[n] = '\0';
        const char *end = strstr(text, "\r\n\r\n"), *length = strstr(text, "Content-Length:");
        if (end)
            wanted = (size_t)(end + 4 - text) + (length ? strtoul(length + 15, NULL, 10) : 0);
    }
    return text;
}

static void *serve(void *context)
{
    struct connection *c = context;
    struct http_server *server = c->server;
    char *request = read_request(c->socket), *response = calloc(1, RESPONSE_MAX);
    if (request && *request && response) {
        const int number = atomic_fetch_add(&server->requests, 1);
        server->answer(server->context, number, request, response, RESPONSE_MAX);
        for (size_t sent = 0, n = strlen(response); sent < n;) {
            const ssize_t put = send(c->socket, response + sent, n - sent, MSG_NOSIGNAL);
            if (put <= 0)
                break;
            sent += (size_t)put;
        }
    }
    free(request);
    free(response);
    close(c->socket);
    free(c);
    atomic_fetch_sub(&server->open, 1);
    return NULL;
}

static void *accept_all(void *context)
{
    struct http_server *server = context;
    for (int socket; (socket = accept(server->listener, NULL, NULL)) >= 0;) {
        struct connection *c = malloc(sizeof *c);
        pthread_t thread;
        *c = (struct connection){server, socket};
        atomic_fetch_add(&server->open, 1);
        if (pthread_create(&thread, NULL, serve, c) == 0)
            pthread_detach(thread);
    }
    return NULL;
}

struct http_server *http_server_start(http_answer *answer, void *context)
{
    struct http_server *server = calloc(1, sizeof *server);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    assert_non_null(server);
    server->answer = answer;
    server->context = context;
    server->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(server->listener, 64), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&address, &size), 0);
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    assert_int_equal(pthread_create(&server->thread, NULL, accept_all, server), 0);
    return server;
}

void http_server_stop(struct http_server *server)
{
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
    while (atomic_load(&server->open) > 0)
        usleep(1000);
    free(server);
}

const char *http_server_url(const struct http_server *server)
{
    return server->url;
}
