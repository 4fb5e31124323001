#include "run/checkpoint.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/plain.h"
#include "format/safetensors.h"
#include "recommend/settings.h"
#include "run/run_dir.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define META_MAX      7
#define EPOCHS_BEFORE "epochs_before" /* left away where there were none */

static size_t array_bytes(const struct model_array *array)
{
    uint64_t n = 1;
    size_t size = 0;
    for (int d = 0; d < array->n_dims; d++)
        n *= array->dims[d];
    dtype_size(array->type, n, &size);
    return size;
}

int training_state_create(struct training_state *state, const struct recommender *row, void *model,
                          struct llmx_error *err)
{
    struct model_array arrays[MODEL_ARRAYS_MAX];
    const int n = row->arrays(model, arrays);
    for (int i = 0; settings_has(row, "epochs") && i < n; i++) {
        if (arrays[i].is_training)
            continue;
        state->best[i] = mem_tensor(array_bytes(&arrays[i]), 1, err);
        if (!state->best[i])
            return -1;
    }
    state_keep_best(state, row, model);
    return 0;
}

void training_state_release(struct training_state *state)
{
    for (int i = 0; i < MODEL_ARRAYS_MAX; i++)
        free(state->best[i]);
    text_release(&state->log);
    *state = (struct training_state){0};
}

void state_keep_best(struct training_state *state, const struct recommender *row, void *model)
{
    struct model_array arrays[MODEL_ARRAYS_MAX];
    const int n = row->arrays(model, arrays);
    for (int i = 0; i < n; i++)
        if (state->best[i])
            memcpy(state->best[i], arrays[i].data, array_bytes(&arrays[i]));
}

void state_restore_best(const struct training_state *state, const struct recommender *row,
                        void *model)
{
    struct model_array arrays[MODEL_ARRAYS_MAX];
    const int n = row->arrays(model, arrays);
    for (int i = 0; i < n; i++)
        if (state->best[i])
            memcpy(arrays[i].data, state->best[i], array_bytes(&arrays[i]));
}

static struct st_entry entry_of(const struct model_array *array, const char *name, const void *data)
{
    struct st_entry entry = {
        .name = name, .type = array->type, .n_dims = array->n_dims, .data = data};
    memcpy(entry.dims, array->dims, sizeof array->dims);
    return entry;
}

static void best_name(char name[64], const struct model_array *array)
{
    snprintf(name, 64, "best.%s", array->name);
}

int checkpoint_write(const struct training_state *state, const struct recommender *row, void *model,
                     uint64_t fingerprint, const char *run_dir, struct llmx_error *err)
{
    struct model_array arrays[MODEL_ARRAYS_MAX];
    struct st_entry entries[2 * MODEL_ARRAYS_MAX + 1];
    char names[MODEL_ARRAYS_MAX][64], numbers[5][40], path[PATH_MAX];
    const int n = row->arrays(model, arrays);
    int count = 0;
    for (int i = 0; i < n; i++) {
        entries[count++] = entry_of(&arrays[i], arrays[i].name, arrays[i].data);
        best_name(names[i], &arrays[i]);
        if (state->best[i])
            entries[count++] = entry_of(&arrays[i], names[i], state->best[i]);
    }
    entries[count++] = (struct st_entry){"log", DTYPE_U8, 1, {state->log.n}, state->log.s};
    snprintf(numbers[0], sizeof numbers[0], "%016" PRIx64, fingerprint);
    snprintf(numbers[1], sizeof numbers[1], "%d", state->epoch);
    snprintf(numbers[2], sizeof numbers[2], "%d", state->best_epoch);
    plain_snprintf(numbers[3], sizeof numbers[3], "%a", state->best_value);
    snprintf(numbers[4], sizeof numbers[4], "%d", state->epochs_before);
    const char *const meta[META_MAX][2] = {{"format", RUN_FORMAT},      {"model", row->name},
                                           {"fingerprint", numbers[0]}, {"epoch", numbers[1]},
                                           {"best_epoch", numbers[2]},  {"best_value", numbers[3]},
                                           {EPOCHS_BEFORE, numbers[4]}};
    if (path_join(path, sizeof path, run_dir, RUN_CHECKPOINT, err) != 0)
        return -1;
    return safetensors_write(path, entries, count, meta, META_MAX - !state->epochs_before, err);
}

/* Is this a file of a run of this format and model, on this data? */
static int check_meta(const struct safetensors *st, const struct recommender *row,
                      uint64_t fingerprint, const char *path, struct llmx_error *err)
{
    const char *format = safetensors_meta(st, "format"), *model = safetensors_meta(st, "model");
    const char *of = safetensors_meta(st, "fingerprint");
    if (!format || !model || !of)
        return err_set(err, LLMX_BAD_INPUT, "%s was not written by llmxrec train", path);
    if (strcmp(format, RUN_FORMAT) != 0)
        return err_set(err, LLMX_UNSUPPORTED,
                       "%s has format %s; this llmxrec reads format " RUN_FORMAT, path, format);
    if (strcmp(model, row->name) != 0)
        return err_set(err, LLMX_MISMATCH, "%s holds the model '%s', its config.yaml says '%s'",
                       path, model, row->name);
    if (strtoull(of, NULL, 16) != fingerprint)
        return err_set(
            err, LLMX_MISMATCH,
            "%s was trained on other interactions (fingerprint %s, these have %016" PRIx64
            "); give the same data with the same filters and --timestamps",
            path, of, fingerprint);
    return 0;
}

static int read_array(const struct safetensors *st, const struct model_array *array,
                      const char *name, void *into, struct llmx_error *err)
{
    const struct st_tensor *tensor =
        safetensors_need(st, name, array->type, array->n_dims, array->dims, err);
    if (!tensor)
        return -1;
    memcpy(into, tensor->data, tensor->size);
    return 0;
}

static int read_number(const struct safetensors *st, const char *key, const char *path,
                       double *value, struct llmx_error *err)
{
    const char *text = safetensors_meta(st, key);
    if (text && number_read(text, value))
        return 0;
    return err_set(err, LLMX_BAD_INPUT, "%s: %s is missing or no number", path, key);
}

static int read_epoch(const struct safetensors *st, const char *key, const char *path, int *epoch,
                      struct llmx_error *err)
{
    double number;
    if (read_number(st, key, path, &number, err) != 0)
        return -1;
    if (number_whole(number, 0, INT_MAX, epoch))
        return 0;
    return err_set(err, LLMX_BAD_INPUT, "%s: %s is %s, no number of an epoch", path, key,
                   safetensors_meta(st, key));
}

/* 0 where nothing was taken up. */
static int read_epochs_before(const struct safetensors *st, const char *path, int *epochs,
                              struct llmx_error *err)
{
    *epochs = 0;
    return safetensors_meta(st, EPOCHS_BEFORE) ? read_epoch(st, EPOCHS_BEFORE, path, epochs, err)
                                               : 0;
}

int checkpoint_read(struct training_state *state, const struct recommender *row, void *model,
                    uint64_t fingerprint, const char *run_dir, struct llmx_error *err)
{
    struct model_array arrays[MODEL_ARRAYS_MAX];
    struct safetensors st = {0};
    char name[64], path[PATH_MAX];
    int result = -1;
    const int n = row->arrays(model, arrays);
    if (path_join(path, sizeof path, run_dir, RUN_CHECKPOINT, err) != 0 ||
        safetensors_open(&st, path, err) != 0)
        return -1;
    if (check_meta(&st, row, fingerprint, path, err) != 0 ||
        read_epochs_before(&st, path, &state->epochs_before, err) != 0 ||
        read_epoch(&st, "epoch", path, &state->epoch, err) != 0 ||
        read_epoch(&st, "best_epoch", path, &state->best_epoch, err) != 0 ||
        read_number(&st, "best_value", path, &state->best_value, err) != 0)
        goto done;
    for (int i = 0; i < n; i++) {
        best_name(name, &arrays[i]);
        if (read_array(&st, &arrays[i], arrays[i].name, arrays[i].data, err) != 0 ||
            (state->best[i] && read_array(&st, &arrays[i], name, state->best[i], err) != 0)) {
            err_prefix(err, "%s", path);
            goto done;
        }
    }
    const struct st_tensor *log = safetensors_find(&st, "log");
    if (log)
        text_put(&state->log, (const char *)log->data, log->size);
    result = text_check(&state->log, err);
done:
    safetensors_release(&st);
    return result;
}

int model_write(const struct training_state *state, const struct recommender *row, void *model,
                uint64_t fingerprint, const char *run_dir, struct llmx_error *err)
{
    struct model_array arrays[MODEL_ARRAYS_MAX];
    struct st_entry entries[MODEL_ARRAYS_MAX];
    char path[PATH_MAX], numbers[3][40];
    const int n = row->arrays(model, arrays);
    int count = 0;
    for (int i = 0; i < n; i++)
        if (!arrays[i].is_training)
            entries[count++] = entry_of(&arrays[i], arrays[i].name, arrays[i].data);
    snprintf(numbers[0], sizeof numbers[0], "%016" PRIx64, fingerprint);
    snprintf(numbers[1], sizeof numbers[1], "%d", state->best_epoch);
    snprintf(numbers[2], sizeof numbers[2], "%d", state->epochs_before);
    const char *const meta[][2] = {{"format", RUN_FORMAT},
                                   {"model", row->name},
                                   {"fingerprint", numbers[0]},
                                   {"epoch", numbers[1]},
                                   {EPOCHS_BEFORE, numbers[2]}};
    if (path_join(path, sizeof path, run_dir, RUN_MODEL, err) != 0)
        return -1;
    return safetensors_write(path, entries, count, meta, 4 + (state->epochs_before > 0), err);
}

int model_epochs(const char *run_dir, int *epochs, struct llmx_error *err)
{
    struct safetensors st = {0};
    char path[PATH_MAX];
    int own, before;
    if (path_join(path, sizeof path, run_dir, RUN_MODEL, err) != 0 ||
        safetensors_open(&st, path, err) != 0)
        return -1;
    int result = read_epoch(&st, "epoch", path, &own, err);
    if (result == 0)
        result = read_epochs_before(&st, path, &before, err);
    if (result == 0 && before > INT_MAX - own)
        result = err_set(err, LLMX_BAD_INPUT, "%s: more epochs than can be counted", path);
    if (result == 0)
        *epochs = before + own;
    safetensors_release(&st);
    return result;
}

int model_read(const struct recommender *row, void *model, uint64_t fingerprint,
               const char *run_dir, struct llmx_error *err)
{
    struct model_array arrays[MODEL_ARRAYS_MAX];
    struct safetensors st = {0};
    char path[PATH_MAX];
    const int n = row->arrays(model, arrays);
    if (path_join(path, sizeof path, run_dir, RUN_MODEL, err) != 0 ||
        safetensors_open(&st, path, err) != 0)
        return -1;
    int result = check_meta(&st, row, fingerprint, path, err);
    for (int i = 0; result == 0 && i < n; i++) {
        result = read_array(&st, &arrays[i], arrays[i].name, arrays[i].data, err);
        if (result != 0)
            err_prefix(err, "%s", path);
    }
    if (result == 0 && row->ready && row->ready(model, err) != 0)
        result = err_prefix(err, "%s", path);
    safetensors_release(&st);
    return result;
}
