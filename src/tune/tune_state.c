#include "tune/tune_state.h"

#include "base/memory.h"
#include "format/safetensors.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT "1"
#define ARRAYS 8

int tune_state_init(struct tune_state *state, struct lora *lora, int steps, int epochs,
                    struct llmx_error *err)
{
    const size_t n = lora->n, n_steps = (size_t)steps, n_results = (size_t)epochs + 1;
    *state = (struct tune_state){.lora = lora, .steps = steps, .epochs = epochs};
    state->first = mem_array(n, sizeof *state->first, err);
    state->second = mem_array(n, sizeof *state->second, err);
    state->best = mem_array(n, sizeof *state->best, err);
    state->loss = mem_array(n_steps, sizeof *state->loss, err);
    state->tokens_per_s = mem_array(n_steps, sizeof *state->tokens_per_s, err);
    state->results = mem_array(n_results, sizeof *state->results, err);
    if (!state->first || !state->second || !state->best || !state->loss || !state->tokens_per_s ||
        !state->results)
        return -1;
    memcpy(state->best, lora->values, n * sizeof *lora->values);
    return 0;
}

void tune_state_release(struct tune_state *state)
{
    lora_destroy(state->lora);
    free(state->first);
    free(state->second);
    free(state->best);
    free(state->loss);
    free(state->tokens_per_s);
    free(state->results);
    text_release(&state->samples);
    *state = (struct tune_state){0};
}

/* All arrays, as they stand in the file. */
static void list_arrays(const struct tune_state *s, struct st_entry entries[ARRAYS])
{
    const uint64_t n = s->lora->n, step = (uint64_t)s->step, closed = (uint64_t)s->closed;
    const struct st_entry all[ARRAYS] = {
        {"values", DTYPE_F32, 1, {n}, s->lora->values},
        {"first", DTYPE_F32, 1, {n}, s->first},
        {"second", DTYPE_F32, 1, {n}, s->second},
        {"best", DTYPE_F32, 1, {n}, s->best},
        {"loss", DTYPE_F64, 1, {step}, s->loss},
        {"tokens_per_s", DTYPE_F64, 1, {step}, s->tokens_per_s},
        {"results", DTYPE_F64, 2, {closed, sizeof *s->results / sizeof(double)}, s->results},
        {"samples", DTYPE_U8, 1, {s->samples.n}, s->samples.s},
    };
    memcpy(entries, all, sizeof all);
}

int tune_state_write(const struct tune_state *state, uint64_t fingerprint, const char *folder,
                     struct llmx_error *err)
{
    struct st_entry entries[ARRAYS];
    char path[PATH_MAX], numbers[4][40];
    list_arrays(state, entries);
    snprintf(numbers[0], sizeof numbers[0], "%016" PRIx64, fingerprint);
    snprintf(numbers[1], sizeof numbers[1], "%d", state->step);
    snprintf(numbers[2], sizeof numbers[2], "%d", state->closed);
    snprintf(numbers[3], sizeof numbers[3], "%d", state->best_epoch);
    const char *const meta[][2] = {{"format", FORMAT},
                                   {"fingerprint", numbers[0]},
                                   {"step", numbers[1]},
                                   {"closed", numbers[2]},
                                   {"best_epoch", numbers[3]}};
    if (path_join(path, sizeof path, folder, TUNE_CHECKPOINT, err) != 0)
        return -1;
    return safetensors_write(path, entries, ARRAYS, meta, 5, err);
}

static int check_meta(const struct safetensors *st, uint64_t fingerprint, const char *path,
                      struct llmx_error *err)
{
    const char *format = safetensors_meta(st, "format"), *of = safetensors_meta(st, "fingerprint");
    if (!format || !of)
        return err_set(err, LLMX_BAD_INPUT, "%s was not written by llmxrec tune", path);
    if (strcmp(format, FORMAT) != 0)
        return err_set(err, LLMX_UNSUPPORTED, "%s has format %s; this llmxrec reads format " FORMAT,
                       path, format);
    if (strtoull(of, NULL, 16) != fingerprint)
        return err_set(err, LLMX_MISMATCH,
                       "%s was begun with other examples, another base model or another --init; "
                       "give the same, or start again with --force",
                       path);
    return 0;
}

static int read_number(const struct safetensors *st, const char *key, int most, int *value,
                       const char *path, struct llmx_error *err)
{
    const char *text = safetensors_meta(st, key);
    char *end = NULL;
    const long number = text ? strtol(text, &end, 10) : -1;
    if (!text || end == text || *end || number < 0 || number > most)
        return err_set(err, LLMX_BAD_INPUT, "%s is damaged: \"%s\" is missing or out of range",
                       path, key);
    *value = (int)number;
    return 0;
}

/* Epochs close when their steps are taken: past that, steps would be taken that there is no room for. */
static int check_progress(const struct tune_state *s, const char *path, struct llmx_error *err)
{
    const int64_t an_epoch = s->steps / s->epochs, closed = s->closed;
    if (s->step <= closed * an_epoch && s->step >= (closed - 1) * an_epoch &&
        (s->best_epoch < closed || s->best_epoch == 0))
        return 0;
    return err_set(err, LLMX_BAD_INPUT,
                   "%s is damaged: step %d of %d does not go with %d results, the best of them %d",
                   path, s->step, s->steps, s->closed, s->best_epoch);
}

static int read_arrays(struct tune_state *s, const struct safetensors *st, struct llmx_error *err)
{
    struct st_entry entries[ARRAYS];
    const struct st_tensor *tensor = safetensors_find(st, "samples");
    if (tensor)
        text_put(&s->samples, (const char *)tensor->data, tensor->size);
    list_arrays(s, entries);
    for (int i = 0; i < ARRAYS; i++) {
        const struct st_entry *e = &entries[i];
        if (!(tensor = safetensors_need(st, e->name, e->type, e->n_dims, e->dims, err)))
            return -1;
        if (tensor->size)
            memcpy((void *)(uintptr_t)e->data, tensor->data, tensor->size);
    }
    return text_check(&s->samples, err);
}

int tune_state_read(struct tune_state *state, uint64_t fingerprint, const char *folder,
                    struct llmx_error *err)
{
    char path[PATH_MAX];
    struct safetensors st = {0};
    int result = -1;
    if (path_join(path, sizeof path, folder, TUNE_CHECKPOINT, err) != 0 ||
        safetensors_open(&st, path, err) != 0)
        return -1;
    if (check_meta(&st, fingerprint, path, err) == 0 &&
        read_number(&st, "step", state->steps, &state->step, path, err) == 0 &&
        read_number(&st, "closed", state->epochs + 1, &state->closed, path, err) == 0 &&
        read_number(&st, "best_epoch", state->epochs, &state->best_epoch, path, err) == 0 &&
        check_progress(state, path, err) == 0) {
        result = read_arrays(state, &st, err);
        if (result != 0)
            err_prefix(err, "%s", path);
    }
    safetensors_release(&st);
    return result;
}
