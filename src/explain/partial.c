/* partial.c - lines written so that an interrupted run can go on. */
#include "explain/partial.h"

#include "base/memory.h"
#include "format/jsonl.h"

#include <errno.h>
#include <fcntl.h>
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
    for (int c; (c = getc(f)) != EOF;) {
        at++;
        *size = c == '\n' ? at : *size;
    }
    fclose(f);
    return 0;
}

static int accept_lines(const char *path,
                        int (*accept)(void *, const json_t *, struct llmx_error *), void *context,
                        struct llmx_error *err)
{
    struct jsonl file;
    json_t *line;
    int status = jsonl_open(&file, path, err);
    while (status == 0 && (status = jsonl_read(&file, &line, err)) == 1) {
        status = accept(context, line, err);
        if (status != 0)
            err_prefix(err, "%s:%ld", path, file.number);
        json_decref(line);
    }
    jsonl_close(&file);
    return status;
}

/* Opens what an interrupted run left, cut to whole lines. */
static int go_on(struct partial *p, int (*accept)(void *, const json_t *, struct llmx_error *),
                 void *context, struct llmx_error *err)
{
    off_t size;
    if (whole_lines(p->partial, &size, err) != 0)
        return -1;
    if (truncate(p->partial, size) != 0)
        return err_system(err, "cannot write %s", p->partial);
    if (accept_lines(p->partial, accept, context, err) != 0)
        return -1;
    p->stream = fopen(p->partial, "a");
    return p->stream ? 0 : err_system(err, "cannot write %s", p->partial);
}

static int open_aside(struct partial *p, const char *suffix, bool resume,
                      int (*accept)(void *, const json_t *, struct llmx_error *), void *context,
                      struct llmx_error *err)
{
    size_t size = strlen(p->path) + strlen(suffix) + 1;
    if (!(p->partial = mem_array(size, 1, err)))
        return -1;
    snprintf(p->partial, size, "%s%s", p->path, suffix);
    bool is_there = access(p->partial, F_OK) == 0;
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
    struct stat st;
    *p = (struct partial){0};
    const bool is_standard = strcmp(path, "-") == 0;
    const char *shown = is_standard ? "standard output" : path;
    if (!(p->path = mem_text(shown, strlen(shown), err)))
        return -1;
    int status = 0;
    if (is_standard) {
        p->stream = stdout;
    } else if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        p->stream = fopen(path, "w");
        status = p->stream ? 0 : err_system(err, "cannot write %s", path);
    } else {
        status = open_aside(p, suffix, resume, accept, context, err);
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
    if (!has_failed && p->partial && rename(p->partial, p->path) != 0) {
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
    free(p->partial);
    *p = (struct partial){0};
}
