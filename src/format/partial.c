/* partial.c - lines written so that an interrupted run can go on. */
#include "format/partial.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/plain_json.h"
#include "format/jsonl.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes of the whole lines of a file, in *size. */
static int whole_lines(const char *path, off_t *size, struct llmx_error *err)
{
    FILE *f = fopen(path, "r");
    off_t at = 0;
    *size = 0;
    if (!f)
        return err_system(err, "cannot read %s", path);
    for (int c; (c = getc_unlocked(f)) != EOF;) {
        at++;
        *size = c == '\n' ? at : *size;
    }
    const int failed = ferror(f) ? err_system(err, "cannot read %s", path) : 0;
    fclose(f);
    return failed;
}

/* Reads the whole lines, which are `left` bytes: a last one that is cut is passed over. */
static int accept_lines(const char *path, off_t left,
                        int (*accept)(void *, const json_t *, struct llmx_error *), void *context,
                        struct llmx_error *err)
{
    struct jsonl file;
    json_t *line;
    int status = jsonl_open(&file, path, err);
    while (status == 0 && ftello(file.lines.stream) < left &&
           (status = jsonl_read(&file, &line, err)) == 1) {
        status = accept(context, line, err);
        if (status != 0)
            err_prefix(err, "%s:%ld", path, file.lines.number);
        json_decref(line);
    }
    jsonl_close(&file);
    return status;
}

/* Opens what an interrupted run left, cut to whole lines when they are known to be of this one. */
static int go_on(struct partial *p, int (*accept)(void *, const json_t *, struct llmx_error *),
                 void *context, struct llmx_error *err)
{
    off_t size;
    if (whole_lines(p->partial, &size, err) != 0 ||
        accept_lines(p->partial, size, accept, context, err) != 0)
        return -1;
    if (truncate(p->partial, size) != 0)
        return err_system(err, "cannot write %s", p->partial);
    p->stream = fopen(p->partial, "a");
    return p->stream ? 0 : err_system(err, "cannot write %s", p->partial);
}

/* As both would be written. */
static bool is_same(const json_t *a, const json_t *b)
{
    const size_t flags = JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(JSONL_REAL_DIGITS);
    char *x = plain_json_dumps(a, flags), *y = plain_json_dumps(b, flags);
    const bool is_same = x && y && strcmp(x, y) == 0;
    free(x);
    free(y);
    return is_same;
}

bool partial_is_of(const json_t *line, const json_t *asked, const char *const *added)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)asked, key, value)
    {
        size_t i = 0;
        while (added[i] && strcmp(added[i], key) != 0)
            i++;
        if (!added[i] && !is_same(json_object_get(line, key), value))
            return false;
    }
    return true;
}

static int open_aside(struct partial *p, const char *suffix, bool resume,
                      int (*accept)(void *, const json_t *, struct llmx_error *), void *context,
                      struct llmx_error *err)
{
    size_t size = strlen(p->place) + strlen(suffix) + 1;
    if (!(p->partial = mem_array(size, 1, err)))
        return -1;
    snprintf(p->partial, size, "%s%s", p->place, suffix);
    struct stat st;
    const bool is_there = stat(p->partial, &st) == 0 && st.st_size > 0;
    if (is_there && resume)
        return go_on(p, accept, context, err);
    if (is_there)
        return err_set(
            err, LLMX_BAD_OPTION,
            "%s is there from an interrupted run: go on with --resume, or remove it to start anew",
            p->partial);
    p->stream = fopen(p->partial, "w");
    return p->stream ? 0 : err_system(err, "cannot write %s", p->path);
}

int partial_open(struct partial *p, const char *path, const char *suffix, bool resume,
                 int (*accept)(void *context, const json_t *line, struct llmx_error *err),
                 void *context, struct llmx_error *err)
{
    *p = (struct partial){0};
    const bool is_standard = strcmp(path, "-") == 0;
    const char *shown = is_standard ? "standard output" : path;
    if (!(p->path = mem_text(shown, strlen(shown), err)))
        return -1;
    int status = 0;
    if (is_standard) {
        p->stream = stdout;
    } else if ((status = output_place(&p->place, path, err)) == 0) {
        if (p->place)
            status = open_aside(p, suffix, resume, accept, context, err);
        else if (!(p->stream = fopen(path, "w")))
            status = err_system(err, "cannot write %s", path);
    }
    if (status != 0)
        partial_close(p);
    return status;
}

int partial_commit(struct partial *p, struct llmx_error *err)
{
    bool has_failed = fflush(p->stream) != 0 || ferror(p->stream) ||
                      (p->partial && fsync(fileno(p->stream)) != 0);
    int cause = errno;
    if (p->stream != stdout && fclose(p->stream) != 0 && !has_failed) {
        has_failed = true;
        cause = errno;
    }
    p->stream = NULL;
    if (!has_failed && p->partial && file_replace(p->partial, p->place) != 0) {
        has_failed = true;
        cause = errno;
    }
    errno = cause;
    int status = has_failed ? err_system(err, "cannot write %s", p->path) : 0;
    partial_close(p);
    return status;
}

void partial_remove(struct partial *p)
{
    if (p->partial)
        unlink(p->partial);
    partial_close(p);
}

void partial_close(struct partial *p)
{
    struct stat st;
    if (p->stream && p->stream != stdout)
        fclose(p->stream);
    if (p->stream && p->partial && stat(p->partial, &st) == 0 && st.st_size == 0)
        unlink(p->partial);
    free(p->path);
    free(p->place);
    free(p->partial);
    *p = (struct partial){0};
}
