#include "support/test.h"

#include "base/file.h"

#include <errno.h>
#include <limits.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[64];
static pid_t owner;

static void remove_directory(void)
{
    if (getpid() == owner) /* not in a forked child */
        directory_remove(directory);
}

const char *test_directory(void)
{
    if (!directory[0]) {
        snprintf(directory, sizeof directory, "/tmp/llmxrec-test-XXXXXX");
        assert_non_null(mkdtemp(directory));
        owner = getpid();
        atexit(remove_directory);
    }
    return directory;
}

const char *test_path(const char *name)
{
    static char paths[4][256];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof *paths, "%s/%s", test_directory(), name);
    return path;
}

const char *test_file(const char *name, const char *text)
{
    const char *path = test_path(name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    return path;
}

static char *read_stream(FILE *f)
{
    size_t n = 0, capacity = 1 << 16;
    char *text = malloc(capacity);
    assert_non_null(text);
    for (size_t got; (got = fread(text + n, 1, capacity - n - 1, f)) > 0;) {
        n += got;
        if (capacity - n < 2)
            text = realloc(text, capacity *= 2);
    }
    text[n] = '\0';
    return text;
}

char *test_read(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        fail_msg("cannot read %s: %s", path, strerror(errno));
    char *text = read_stream(f);
    fclose(f);
    return text;
}

/* BUILD/llmxrec, this program being BUILD/tests/FOLDER/test_x. */
const char *test_program(void)
{
    static char path[PATH_MAX];
    if (path[0])
        return path;
    const ssize_t n = readlink("/proc/self/exe", path, sizeof path - sizeof "llmxrec");
    assert_true(n > 0);
    path[n] = '\0';
    for (int up = 0; up < 3; up++)
        *strrchr(path, '/') = '\0';
    memcpy(path + strlen(path), "/llmxrec", sizeof "/llmxrec");
    return path;
}

void test_needs_program(void)
{
    if (access(test_program(), X_OK) != 0)
        skip();
}

int test_shell(const char *command, char **out)
{
    char both[4096];
    setenv("LLMXREC", test_program(), 1);
    setenv("T", test_directory(), 1);
    assert_true((size_t)snprintf(both, sizeof both, "{ %s\n} 2>&1", command) < sizeof both);
    fflush(NULL);
    FILE *pipe = popen(both, "r");
    assert_non_null(pipe);
    char *text = read_stream(pipe);
    int status = pclose(pipe);
    if (out)
        *out = text;
    else
        free(text);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void test_command(const char *command, int status, const char *part)
{
    char *out;
    test_needs_program();
    const int got = test_shell(command, &out);
    if (got != status || !strstr(out, part))
        fail_msg("%s\n  exit status %d (expected %d), said: %s\n  expected: %s", command, got,
                 status, out, part);
    free(out);
}
