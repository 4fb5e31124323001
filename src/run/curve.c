#include "run/curve.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "format/svg.h"
#include "run/run_dir.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The number after "KEY": in the line that begins here; NAN for null. */
static double number_in(const char *line, const char *key)
{
    const char *end = strchr(line, '\n');
    double number = NAN;
    const size_t n = strlen(key);
    for (const char *at = line; (at = strchr(at, '"')) && (!end || at < end); at++)
        if (strncmp(at + 1, key, n) == 0 && strncmp(at + 1 + n, "\":", 2) == 0)
            number_parse(at + n + 3, strcspn(at + n + 3, ",}\n"), &number);
    return number;
}

int curve_write(const char *run_dir, const struct text *log, const char *metric,
                struct llmx_error *err)
{
    char path[PATH_MAX];
    size_t lines = 0;
    for (size_t i = 0; i < log->n; i++)
        lines += log->s[i] == '\n';
    double *epoch = mem_array(3 * lines, sizeof *epoch, err);
    if (!epoch)
        return -1;
    double *value = epoch + lines, *loss = value + lines;
    const char *line = log->s;
    int n = 0;
    bool is_watched = false;
    for (; n < (int)lines; n++) {
        epoch[n] = number_in(line, "epoch");
        value[n] = number_in(line, metric);
        loss[n] = number_in(line, "loss");
        is_watched |= isfinite(value[n]);
        line = memchr(line, '\n',
                      log->n - (size_t)(line - log->s)); /* counted above; NULs may stand before */
        line++;
    }
    const struct chart_series series = {.name = is_watched ? metric : "loss",
                                        .x = epoch,
                                        .y = is_watched ? value : loss,
                                        .n = n,
                                        .is_marked = n < 40};
    const struct chart chart = {is_watched ? "Learning, on the validation part" : "Learning",
                                "epoch", series.name, &series, 1};
    int result = path_join(path, sizeof path, run_dir, RUN_CURVE, err);
    if (result == 0)
        result = chart_write(path, &chart, err);
    free(epoch);
    return result;
}
