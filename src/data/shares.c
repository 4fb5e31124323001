/* shares.c - reads a large file in equal shares at the same time, one to a thread. */
#include "base/memory.h"
#include "base/threads.h"
#include "data/interactions.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SHARE_BYTES_MIN ((size_t)4 << 20) /* less is not worth a thread */
#define SHARES_MAX      8                 /* more wait for memory, not for a core */

struct share {
    struct interactions interactions;
    struct data_report report;
    size_t begin, end;
    int status;
};

struct shares {
    struct share share[SHARES_MAX];
    int n, file;
    const char *path;
    const struct llmx_data_options *options;
};

static void read_share(void *context, size_t number, int thread)
{
    (void)thread;
    struct shares *shares = context;
    struct share *s = &shares->share[number];
    s->status = interactions_read_range(&s->interactions, shares->file, shares->path, s->begin,
                                        s->end, shares->options, &s->report, NULL);
}

/* Whether every share was read and held good lines only, with times where the files before have them, all of one unit. */
static bool all_good(const struct shares *shares, const struct interactions *x)
{
    struct time_units units = {0};
    for (int i = 0; i < shares->n; i++) {
        const struct share *s = &shares->share[i];
        if (s->status != 0 || s->report.bad_lines > 0 || s->interactions.n == 0 ||
            (x->n > 0 && (x->time != NULL) != (s->interactions.time != NULL)))
            return false;
        time_units_add(&units, &s->report.units[shares->file]);
    }
    return !time_units_are_mixed(&units);
}

static int join(struct interactions *x, struct shares *shares, struct data_report *report,
                struct llmx_error *err)
{
    struct data_report *first = &shares->share[0].report;
    report->header[shares->file] = first->header[shares->file];
    if (!report->columns) {
        report->columns = first->columns;
        report->form = first->form;
        first->columns = NULL;
    }
    for (int i = 0; i < shares->n; i++) {
        struct share *s = &shares->share[i];
        report->lines += s->report.lines;
        time_units_add(&report->units[shares->file], &s->report.units[shares->file]);
        if (interactions_append(x, shares->file, &s->interactions, err) != 0)
            return -1;
    }
    return 1;
}

int interactions_read_shares(struct interactions *x, int file, const char *path, size_t size, int n,
                             const struct llmx_data_options *options, struct data_report *report,
                             struct llmx_error *err)
{
    int result = -1;
    struct threads *threads = threads_create(n, err);
    struct shares *shares = mem_array(1, sizeof *shares, err);
    if (!threads || !shares)
        goto done;
    *shares = (struct shares){.n = n, .file = file, .path = path, .options = options};
    for (int i = 0; i < n; i++) {
        shares->share[i].begin = size / (size_t)n * (size_t)i;
        shares->share[i].end = i + 1 < n ? size / (size_t)n * (size_t)(i + 1) : size;
    }
    threads_for(threads, (size_t)n, read_share, shares);
    result = all_good(shares, x) ? join(x, shares, report, err) : 0;
done:
    for (int i = 0; shares && i < shares->n; i++) {
        interactions_release(&shares->share[i].interactions);
        free(shares->share[i].report.first_bad);
        free(shares->share[i].report.columns);
    }
    free(shares);
    threads_destroy(threads);
    return result;
}

int interactions_read(struct interactions *x, int file, const char *path,
                      const struct llmx_data_options *options, struct data_report *report,
                      struct llmx_error *err)
{
    struct stat st;
    size_t size = strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode)
                      ? (size_t)st.st_size
                      : 0;
    const int threads = threads_meant(options->threads, err);
    if (threads < 0)
        return -1;
    size_t n = options->encoding ? 0 : size / SHARE_BYTES_MIN;
    n = n > SHARES_MAX ? SHARES_MAX : n;
    n = n > (size_t)threads ? (size_t)threads : n;
    int result =
        n > 1 ? interactions_read_shares(x, file, path, size, (int)n, options, report, err) : 0;
    if (result == 0)
        return interactions_read_range(x, file, path, 0, SIZE_MAX, options, report, err);
    return result < 0 ? -1 : 0;
}
