/* tune_files.c - the files of an adapter's folder, while it is made and when it is finished. */
#include "base/file.h"
#include "base/folder.h"
#include "format/svg.h"
#include "format/yaml_map.h"
#include "llm/adapter_file.h"
#include "llm/adapter_notes.h"
#include "tune/tuning.h"

#include <limits.h>
#include <math.h>
#include <string.h>

#define CONFIG  "config.yaml"
#define LOG     "log.jsonl"
#define SAMPLES "samples.jsonl"
#define CURVE   "curve.svg"

static const char *const ours[] = {CONFIG,         LOG,           TUNE_EPOCHS,
                                   SAMPLES,        CURVE,         TUNE_CHECKPOINT,
                                   ADAPTER_CONFIG, ADAPTER_MODEL, ADAPTER_NOTES};
const struct folder_kind tune_folder_kind = {
    "llmxrec tune",
    ours,
    sizeof ours / sizeof *ours,
    CONFIG,
    {"precision: ", "\nrslora: ", "\ntoo_long: ", "\nvalidate_share: "}};

enum tune_dir_state tune_dir_state(const char *path)
{
    if (folder_has(path, TUNE_CHECKPOINT))
        return TUNE_INTERRUPTED;
    if (folder_has(path, ADAPTER_MODEL))
        return TUNE_FINISHED;
    return folder_has(path, CONFIG) ? TUNE_STARTED : TUNE_EMPTY;
}

int tune_dir_check(const char *path, const struct llmx_tune_options *options,
                   struct llmx_error *err)
{
    const enum tune_dir_state state = tune_dir_state(path);
    if (options->force || options->resume || state == TUNE_EMPTY || state == TUNE_STARTED)
        return 0;
    return err_set(err, LLMX_BAD_OPTION,
                   state == TUNE_FINISHED
                       ? "%s holds an adapter; --force replaces it, or choose another --out"
                       : "%s holds an interrupted tuning; --resume goes on with it, --force starts "
                         "again",
                   path);
}

/* ---- config.yaml ---- */

static void put_path(struct text *out, const char *key, const char *value)
{
    if (!value)
        return;
    text_printf(out, "%s: ", key);
    yaml_put_quoted(out, value);
    text_puts(out, "\n");
}

/* Every option that what comes out depends on, by the names of the command line. Where files lie comes first. */
static void put_config(struct text *out, const struct tuning *t)
{
    static const char *const schedules[] = {[LLMX_SCHEDULE_CONSTANT] = "constant",
                                            [LLMX_SCHEDULE_COSINE] = "cosine",
                                            [LLMX_SCHEDULE_LINEAR] = "linear"};
    static const char *const letters[LINEARS] = {"q", "k", "v", "o", "gate", "up", "down"};
    const struct llmx_tune_options *o = t->options;
    const struct lora *lora = t->state.lora;
    put_path(out, "base", t->model->path);
    put_path(out, "examples", t->examples_path);
    put_path(out, "validate", o->validate);
    put_path(out, "init", o->init);
    text_printf(out, "precision: %s\n",
                t->model->weights == DTYPE_I8     ? "int8"
                : t->model->weights == DTYPE_BF16 ? "bf16"
                                                  : "f32");
    if (t->model->is_chat_asked && t->model->chat.family == CHAT_FILE)
        put_path(out, "chat_template", t->model->chat.name);
    else if (t->model->is_chat_asked)
        text_printf(out, "chat_template: %s\n", t->model->chat.name);
    text_printf(out, "rank: %d\nalpha: %.9g\nrslora: %s\ntarget: ", lora->rank, (double)lora->alpha,
                lora->is_rank_stabilised ? "true" : "false");
    for (int i = 0, n = 0; i < LINEARS; i++)
        if (lora->targets & 1u << i)
            text_printf(out, "%s%s", n++ ? "," : "", letters[i]);
    text_printf(out, "\ndropout: %.9g\nepochs: %d\nbatch: %d\nlearning_rate: %.9g\nschedule: %s\n",
                o->dropout, o->epochs, o->batch, o->learning_rate, schedules[o->schedule]);
    text_printf(out, "warmup: %d\nweight_decay: %.9g\nclip: %.9g\nno_shuffle: %s\ntoo_long: %s\n",
                o->warmup, o->weight_decay, o->clip, o->keeps_order ? "true" : "false",
                o->skips_long ? "skip" : "error");
    text_printf(
        out,
        "memory: %zu\nlimit: %d\nvalidate_share: %.9g\npatience: %d\nsamples: %d\nseed: %llu\n",
        o->memory_bytes, o->limit, o->validate_share, o->patience, o->samples,
        (unsigned long long)o->seed);
}

/* Where files lie may differ: what is in them is in the checkpoint's fingerprint. */
static bool is_place(const char *line)
{
    static const char *const keys[] = {"base: ", "examples: ", "validate: ", "init: "};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strncmp(line, keys[i], strlen(keys[i])) == 0)
            return true;
    return false;
}

/* The next line that counts, cut at its end; NULL: none. */
static char *next_line(char **rest)
{
    for (char *line; (line = *rest) && *line;) {
        char *end = strchr(line, '\n');
        *rest = end ? end + 1 : NULL;
        if (end)
            *end = '\0';
        if (!is_place(line))
            return line;
    }
    return NULL;
}

/* Compares what the folder's config.yaml says with `now`, which is taken apart. */
static int compare_config(const char *path, struct text *now, struct llmx_error *err)
{
    char file[PATH_MAX];
    struct mapping mapping;
    struct text was = {0};
    int result = 0;
    if (path_join(file, sizeof file, path, CONFIG, err) != 0 ||
        mapping_open(&mapping, file, err) != 0)
        return -1;
    text_put(&was, (const char *)mapping.data, mapping.size);
    mapping_release(&mapping);
    char *rest = was.s, *rest_now = now->s;
    for (const char *a = "", *b = ""; result == 0 && (a || b);) {
        a = next_line(&rest);
        b = next_line(&rest_now);
        if ((a || b) && (!a || !b || strcmp(a, b) != 0))
            result = err_set(err, LLMX_MISMATCH,
                             "%s was begun with %s (now %s); give the same options, or start again "
                             "with --force",
                             path, a ? a : "nothing more", b ? b : "nothing more");
    }
    text_release(&was);
    return result;
}

int tune_files_compare(const struct tuning *t, struct llmx_error *err)
{
    struct text config = {0};
    put_config(&config, t);
    const int result = text_check(&config, err) == 0 ? compare_config(t->path, &config, err) : -1;
    text_release(&config);
    return result;
}

/* ---- logs ---- */

static void put_step(struct text *out, const struct tuning *t, int step)
{
    const struct tune_state *s = &t->state;
    text_printf(out, "{\"step\":%d,\"loss\":%.9g,\"learning_rate\":%.9g,\"tokens_per_s\":%.6g}\n",
                step + 1, s->loss[step], tuning_rate(t, step), s->tokens_per_s[step]);
}

static void put_number(struct text *out, const char *key, double value)
{
    text_printf(out, isnan(value) ? ",\"%s\":null" : ",\"%s\":%.9g", key, value);
}

static void put_epochs(struct text *out, const struct tuning *t)
{
    for (int i = 0; i < t->state.closed; i++) {
        const struct tune_epoch *r = &t->state.results[i];
        text_printf(out, "{\"epoch\":%d", i);
        put_number(out, "loss", r->loss);
        put_number(out, "held_loss", r->held_loss);
        put_number(out, "held_accuracy", r->held_accuracy);
        text_printf(out, "%s}\n", i == t->state.best_epoch ? ",\"kept\":true" : "");
    }
}

void tune_files_log(const struct tuning *t)
{
    struct text line = {0};
    put_step(&line, t, t->state.step - 1);
    if (!line.failed) {
        fwrite(line.s, 1, line.n, t->log);
        fflush(t->log);
    }
    text_release(&line);
}

static int write_text(const char *path, const char *name, const struct text *text,
                      struct llmx_error *err)
{
    return text_check(text, err) == 0 ? folder_write(path, name, text->s, text->n, err) : -1;
}

static int write_log(const struct tuning *t, struct llmx_error *err)
{
    struct text log = {0};
    for (int step = 0; step < t->state.step; step++)
        put_step(&log, t, step);
    int result = write_text(t->path, LOG, &log, err);
    text_release(&log);
    return result;
}

static int begin_config(const struct tuning *t, struct llmx_error *err)
{
    struct text config = {0};
    put_config(&config, t);
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        folder_remove(t->path, ours[i]);
    const int result = write_text(t->path, CONFIG, &config, err);
    text_release(&config);
    return result;
}

int tune_files_begin(struct tuning *t, struct llmx_error *err)
{
    const enum tune_dir_state state = tune_dir_state(t->path);
    const bool goes_on = t->options->resume && state != TUNE_EMPTY;
    char log[PATH_MAX];
    int result = goes_on ? tune_files_compare(t, err) : begin_config(t, err);
    if (result == 0 && goes_on && state == TUNE_INTERRUPTED)
        result = tune_state_read(&t->state, t->fingerprint, t->path, err);
    if (result != 0 || write_log(t, err) != 0 || path_join(log, sizeof log, t->path, LOG, err) != 0)
        return -1;
    t->log = fopen(log, "a");
    return t->log ? 0 : err_system(err, "cannot write %s", log);
}

static int write_curve(const struct tuning *t, struct llmx_error *err)
{
    const struct tune_state *s = &t->state;
    const size_t steps = (size_t)s->step, closed = (size_t)s->closed;
    double *step_x = mem_array(steps, sizeof *step_x, err);
    double *epoch_x = mem_array(2 * closed, sizeof *epoch_x, err);
    char path[PATH_MAX];
    int result = -1;
    if (!step_x || !epoch_x || path_join(path, sizeof path, t->path, CURVE, err) != 0)
        goto done;
    double *held = epoch_x + closed;
    for (int i = 0; i < s->step; i++)
        step_x[i] = (double)i / t->steps_per_epoch; /* losses are those before a step */
    for (int i = 0; i < s->closed; i++) {
        epoch_x[i] = i;
        held[i] = s->results[i].held_loss;
    }
    const struct chart_series series[] = {
        {.name = "learnt, each step", .x = step_x, .y = s->loss, .n = s->step},
        {.name = "held out", .x = epoch_x, .y = held, .n = s->closed, .is_marked = true}};
    const struct chart chart = {"Loss while tuning", "epoch", "nats a token", series,
                                t->held.n ? 2 : 1};
    result = chart_write(path, &chart, err);
done:
    free(step_x);
    free(epoch_x);
    return result;
}

int tune_files_finish(struct tuning *t, struct llmx_error *err)
{
    struct tune_state *s = &t->state;
    struct text epochs = {0};
    struct lora kept = *s->lora;
    kept.values = s->best;
    put_epochs(&epochs, t);
    int result = write_text(t->path, TUNE_EPOCHS, &epochs, err);
    text_release(&epochs);
    if (result != 0 || write_log(t, err) != 0 || write_curve(t, err) != 0 ||
        (s->samples.n && folder_write(t->path, SAMPLES, s->samples.s, s->samples.n, err) != 0) ||
        adapter_notes_write(t->path, t->learnt.is_mixed ? NULL : t->learnt.template,
                            t->examples_path, err) != 0 ||
        adapter_write(&kept, t->path, t->options->base ? t->options->base : t->model->path, err) !=
            0)
        return -1;
    folder_remove(t->path, TUNE_CHECKPOINT);
    return 0;
}
