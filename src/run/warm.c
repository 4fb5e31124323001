#include "run/warm.h"

#include "base/err.h"
#include "base/file.h"
#include "base/memory.h"
#include "format/lines.h"
#include "format/safetensors.h"
#include "run/run_dir.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Where each row of the run stands in the new data; -1: nowhere. */
struct places {
    llmx_id *place; /* (n) */
    size_t n, capacity;
};

static int open_model(struct safetensors *st, const char *run_dir, struct llmx_error *err)
{
    char path[PATH_MAX];
    if (path_join(path, sizeof path, run_dir, RUN_MODEL, err) != 0)
        return -1;
    return safetensors_open(st, path, err);
}

int warm_fingerprint(const char *run_dir, uint64_t *fingerprint, struct llmx_error *err)
{
    struct safetensors st = {0};
    if (open_model(&st, run_dir, err) != 0)
        return -1;
    const char *of = safetensors_meta(&st, "fingerprint");
    int result = 0;
    if (of)
        *fingerprint = strtoull(of, NULL, 16);
    else
        result = err_set(err, LLMX_BAD_INPUT, "%s/" RUN_MODEL " was not written by llmxrec train",
                         run_dir);
    safetensors_release(&st);
    return result;
}

/* Lines "row TAB token", rows from 0 up; a token may hold tabs. */
static int read_places(struct places *places, const struct llmx_data *data,
                       llmx_id (*row_of)(const struct llmx_data *, const char *),
                       const char *run_dir, const char *name, struct llmx_error *err)
{
    char path[PATH_MAX];
    struct lines lines;
    if (path_join(path, sizeof path, run_dir, name, err) != 0)
        return -1;
    int got = lines_open(&lines, path, err);
    while (got == 0 && (got = lines_next_text(&lines, err)) > 0) {
        const char *tab = strchr(lines.line, '\t');
        if (!tab || !lines.is_ended)
            got = err_set(err, LLMX_BAD_INPUT, "%s:%ld: expected row, tab, token", path,
                          lines.number);
        else
            got = mem_grow(&places->place, &places->capacity, places->n + 1, sizeof *places->place,
                           err);
        if (got == 0)
            places->place[places->n++] = row_of(data, tab + 1);
    }
    lines_close(&lines);
    return got;
}

static size_t row_bytes(const struct model_array *array)
{
    size_t bytes = 0;
    dtype_size(array->type, array->n_dims > 1 ? array->dims[1] : 1, &bytes);
    return bytes;
}

static int copy_array(const struct safetensors *st, const struct model_array *array,
                      const struct places *places, struct llmx_error *err)
{
    uint64_t dims[2] = {array->dims[0], array->dims[1]};
    if (places)
        dims[0] = places->n;
    const struct st_tensor *tensor =
        safetensors_need(st, array->name, array->type, array->n_dims, dims, err);
    if (!tensor)
        return -1;
    if (!places) {
        memcpy(array->data, tensor->data, tensor->size);
        return 0;
    }
    const size_t bytes = row_bytes(array);
    for (size_t r = 0; r < places->n; r++)
        if (places->place[r] >= 0)
            memcpy((char *)array->data + (size_t)places->place[r] * bytes, tensor->data + r * bytes,
                   bytes);
    return 0;
}

int warm_read(const struct recommender *row, void *model, const struct llmx_data *data,
              const char *run_dir, struct llmx_error *err)
{
    struct model_array arrays[MODEL_ARRAYS_MAX];
    struct safetensors st = {0};
    struct places users = {0}, items = {0};
    const int n = row->arrays(model, arrays);
    int result = -1;
    if (open_model(&st, run_dir, err) != 0)
        return -1;
    const char *of = safetensors_meta(&st, "model");
    if (!of || strcmp(of, row->name) != 0) {
        err_set(err, LLMX_MISMATCH, "%s holds the model '%s', not '%s'", run_dir, of ? of : "?",
                row->name);
        goto done;
    }
    if (read_places(&users, data, llmx_data_user, run_dir, "users.tsv", err) != 0 ||
        read_places(&items, data, llmx_data_item, run_dir, "items.tsv", err) != 0)
        goto done;
    for (int i = 0; i < n; i++) {
        const enum rows_of rows = arrays[i].rows;
        if (!arrays[i].is_training && copy_array(&st, &arrays[i],
                                                 rows == ROWS_USERS   ? &users
                                                 : rows == ROWS_ITEMS ? &items
                                                                      : NULL,
                                                 err) != 0) {
            err_prefix(err, "%s/" RUN_MODEL, run_dir);
            goto done;
        }
    }
    if (row->warm)
        row->warm(model);
    result = 0;
done:
    safetensors_release(&st);
    free(users.place);
    free(items.place);
    return result;
}
