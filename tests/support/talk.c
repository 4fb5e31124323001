/* talk.c - HTTP over a socket, for tests of servers. */
#include "support/talk.h"

#include "base/clock.h"
#include "support/test.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

static char heard[1 << 21];

int talk_try(int port)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons((uint16_t)port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int connection = socket(AF_INET, SOCK_STREAM, 0);
    if (connection >= 0 &&
        connect(connection, (const struct sockaddr *)&address, sizeof address) == 0)
        return connection;
    close(connection);
    return -1;
}

int talk_open(int port)
{
    const int connection = talk_try(port);
    assert_true(connection >= 0);
    return connection;
}

static void send_all(int connection, const char *bytes, size_t n)
{
    while (n > 0) {
        const ssize_t sent = send(connection, bytes, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return; /* the server has closed; the test hears why */
        bytes += sent;
        n -= (size_t)sent;
    }
}

void talk_say(int connection, const char *format, ...)
{
    static char line[1 << 17];
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    assert_in_range(n, 0, sizeof line - 1);
    send_all(connection, line, (size_t)n);
}

const char *talk_hear(int connection, double seconds)
{
    const double until = clock_now_s() + seconds;
    size_t n = 0;
    for (double left; n + 1 < sizeof heard && (left = until - clock_now_s()) > 0;) {
        struct pollfd readable = {.fd = connection, .events = POLLIN};
        if (poll(&readable, 1, (int)(left * 1000) + 1) <= 0)
            continue;
        const ssize_t got = recv(connection, heard + n, sizeof heard - 1 - n, 0);
        if (got <= 0)
            break;
        n += (size_t)got;
    }
    heard[n] = '\0';
    return heard;
}

const char *talk(int port, const char *method, const char *path, const char *headers,
                 const char *body)
{
    const int connection = talk_open(port);
    const bool has_host = strstr(headers, "Host:") != NULL;
    talk_say(connection, "%s %s HTTP/1.1\r\n%s%sConnection: close\r\n", method, path,
             has_host ? "" : "Host: localhost\r\n", headers);
    if (body)
        talk_say(connection, "Content-Length: %zu\r\n", strlen(body));
    talk_say(connection, "\r\n");
    if (body)
        send_all(connection, body, strlen(body));
    const char *answer = talk_hear(connection, 20);
    close(connection);
    return answer;
}

int talk_status(const char *answer)
{
    int status = 0;
    return sscanf(answer, "HTTP/1.1 %d", &status) == 1 ? status : 0;
}

const char *talk_body(const char *answer)
{
    const char *end = strstr(answer, "\r\n\r\n");
    return end ? end + 4 : "";
}
