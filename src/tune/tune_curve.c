/* tune_curve.c - the held-out loss against how many examples were learnt. */
#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "format/jsonl.h"
#include "format/svg.h"
#include "tune/tuning.h"

#include <limits.h>

static const char *const ours[] = {"curve.jsonl", "curve.svg"};
static const struct folder_kind curve_kind = {
    "llmxrec tune --curve", ours, 2, "curve.jsonl", {"{\"examples\":", "\"held_loss\":"}};

/* What came of a size. */
struct tuning_point {
    double examples, loss, accuracy;
    int best_epoch;
};

/* The kept line of FOLDER/epochs.jsonl, or (untuned) its first. */
static int read_point(struct tuning_point *point, const char *folder, bool is_untuned,
                      struct llmx_error *err)
{
    char path[PATH_MAX];
    struct jsonl in;
    json_t *object;
    json_int_t epoch;
    int more;
    bool is_found = false;
    if (path_join(path, sizeof path, folder, TUNE_EPOCHS, err) != 0 ||
        jsonl_open(&in, path, err) != 0)
        return -1;
    while (!is_found && (more = jsonl_read(&in, &object, err)) > 0) {
        is_found = is_untuned || json_is_true(json_object_get(object, "kept"));
        if (is_found && (jsonl_real(&in, object, "held_loss", &point->loss, err) != 0 ||
                         jsonl_real(&in, object, "held_accuracy", &point->accuracy, err) != 0 ||
                         jsonl_integer(&in, object, "epoch", &epoch, err) != 0))
            more = -1;
        json_decref(object);
        if (more < 0)
            break;
    }
    jsonl_close(&in);
    if (more < 0)
        return -1;
    if (!is_found)
        return err_set(err, LLMX_BAD_INPUT, "%s says of no epoch that it was kept", path);
    point->best_epoch = (int)epoch;
    return 0;
}

static int tune_size(struct tuning_point *point, const struct llmx_model *model,
                     const char *examples, const struct llmx_tune_options *options, int size,
                     const char *out, struct llmx_error *err)
{
    struct llmx_tune_options own = *options;
    char name[16], folder[PATH_MAX];
    own.limit = size;
    own.report = NULL;
    own.resume = !options->force;
    snprintf(name, sizeof name, "%d", size);
    point->examples = size;
    if (path_join(folder, sizeof folder, out, name, err) != 0 ||
        llmx_tune(model, examples, &own, folder, err) != 0)
        return -1;
    return read_point(point, folder, false, err);
}

static int write_points(const struct tuning_point *points, int n, const char *out,
                        struct llmx_error *err)
{
    struct text lines = {0};
    for (int i = 0; i < n; i++)
        text_printf(&lines,
                    "{\"examples\":%.0f,\"held_loss\":%.9g,\"held_accuracy\":%.9g,"
                    "\"best_epoch\":%d}\n",
                    points[i].examples, points[i].loss, points[i].accuracy, points[i].best_epoch);
    int result = text_check(&lines, err);
    if (result == 0)
        result = folder_write(out, "curve.jsonl", lines.s, lines.n, err);
    text_release(&lines);
    return result;
}

static int draw_points(const struct tuning_point *points, int n, const char *out,
                       struct llmx_error *err)
{
    char path[PATH_MAX];
    double *x = mem_array((size_t)n, sizeof *x, err), *y = mem_array((size_t)n, sizeof *y, err);
    int result = -1;
    if (x && y && path_join(path, sizeof path, out, "curve.svg", err) == 0) {
        for (int i = 0; i < n; i++)
            x[i] = points[i].examples, y[i] = points[i].loss;
        const struct chart_series series = {
            .name = "held out", .x = x, .y = y, .n = n, .is_marked = true};
        const struct chart chart = {"Loss by examples learnt", "examples", "nats a token", &series,
                                    1};
        result = chart_write(path, &chart, err);
    }
    free(x);
    free(y);
    return result;
}

int llmx_tune_curve_check(const struct llmx_tune_options *options, const int *sizes, int n,
                          struct llmx_error *err)
{
    if (!options->validate && !(options->validate_share > 0))
        return err_set(err, LLMX_BAD_OPTION,
                       "a curve is measured on held-out examples: give --validate or "
                       "--validate-share");
    if (n < 1 || sizes[n - 1] == 0)
        return err_set(err, LLMX_BAD_OPTION, "a curve needs at least one number above 0");
    return tune_options_check(options, err);
}

int llmx_tune_curve(const struct llmx_model *model, const char *examples,
                    const struct llmx_tune_options *options, const int *sizes, int n,
                    const char *out, struct llmx_error *err)
{
    const int first = n > 0 && sizes[0] == 0;
    char name[16], folder[PATH_MAX];
    int result = -1;
    if (llmx_tune_curve_check(options, sizes, n, err) != 0)
        return -1;
    struct tuning_point *points = mem_array((size_t)n, sizeof *points, err);
    if (!points || directory_make(out, err) != 0 || folder_check(out, &curve_kind, err) != 0)
        goto done;
    for (int i = n - 1; i >= first;
         i--) /* the largest first: it says at once when there are too few */
        if (tune_size(&points[i], model, examples, options, sizes[i], out, err) != 0)
            goto done;
    snprintf(name, sizeof name, "%d", sizes[first]);
    if (path_join(folder, sizeof folder, out, name, err) != 0 ||
        (first && read_point(&points[0], folder, true, err) != 0))
        goto done;
    result = write_points(points, n, out, err) != 0 ? -1 : draw_points(points, n, out, err);
done:
    free(points);
    return result;
}
