/* tune.c - step after step over the examples, an epoch at a time, keeping the best. */
#include "base/clock.h"
#include "base/err.h"
#include "base/folder.h"
#include "base/memory.h"
#include "base/names.h"
#include "base/plain.h"
#include "base/rng.h"
#include "llm/adapter_file.h"
#include "llm/damage.h"
#include "tune/adamw.h"
#include "tune/tuning.h"

#include <math.h>
#include <string.h>

#define RANK        8
#define ALPHA       16
#define EPOCHS_MAX  100000
#define BATCH_MAX   65536
#define SAMPLES_MAX 1000
#define PACK_TOKENS                                                                                \
    2048 /* computed together, unless one example is longer or memory asks for fewer */
#define PACKS_MAX (1u << 20) /* of a step */

struct llmx_tune_options llmx_tune_defaults(void)
{
    return (struct llmx_tune_options){.epochs = 5,
                                      .batch = 8,
                                      .learning_rate = 3e-4,
                                      .patience = 2,
                                      .samples = 3,
                                      .checkpoint_seconds = 60,
                                      .seed = 42};
}

static int check_range(const char *option, double value, double least, double most,
                       struct llmx_error *err)
{
    if (value >= least && value <= most)
        return 0;
    return err_set(err, LLMX_BAD_OPTION, "%s %g: choose %g to %g", option, value, least, most);
}

/* "q,v" or "all" to bits of enum linear. */
static int parse_targets(unsigned *targets, const char *list, struct llmx_error *err)
{
    *targets = 0;
    if (strcmp(list, "all") == 0)
        *targets = (1u << LINEARS) - 1;
    for (const char *at = list; *targets != (1u << LINEARS) - 1 && *at;) {
        const size_t n = strcspn(at, ",");
        int linear = 0;
        for (; linear < LINEARS; linear++) {
            const char *name = linear_name((enum linear)linear); /* "q_proj" */
            if (n == strcspn(name, "_") && memcmp(name, at, n) == 0)
                break;
        }
        if (linear == LINEARS)
            return err_set(err, LLMX_BAD_OPTION,
                           "target '%.*s': not one of q, k, v, o, gate, up, down (or all)", (int)n,
                           at);
        *targets |= 1u << linear;
        at += n + (at[n] == ',');
    }
    if (*targets == 0)
        return err_set(err, LLMX_BAD_OPTION, "target is empty: choose of q,k,v,o,gate,up,down");
    return 0;
}

int tune_options_check(const struct llmx_tune_options *o, struct llmx_error *err)
{
    unsigned targets;
    if (check_range("rank", o->rank, 0, LORA_RANK_MAX, err) != 0 ||
        check_range("alpha", o->alpha, 0, 1e6, err) != 0 ||
        check_range("dropout", o->dropout, 0, 0.99, err) != 0 ||
        check_range("epochs", o->epochs, 1, EPOCHS_MAX, err) != 0 ||
        check_range("batch", o->batch, 1, BATCH_MAX, err) != 0 ||
        check_range("learning-rate", o->learning_rate, 0, 1e30, err) != 0 ||
        check_range("warmup", o->warmup, 0, 1e9, err) != 0 ||
        check_range("weight-decay", o->weight_decay, 0, 1e3, err) != 0 ||
        check_range("clip", o->clip, 0, 1e30, err) != 0 ||
        check_range("limit", o->limit, 0, EXAMPLES_MAX, err) != 0 ||
        check_range("validate-share", o->validate_share, 0, 0.9, err) != 0 ||
        check_range("patience", o->patience, 0, EPOCHS_MAX, err) != 0 ||
        check_range("samples", o->samples, 0, SAMPLES_MAX, err) != 0 ||
        check_range("checkpoint-seconds", o->checkpoint_seconds, 0, 1e9, err) != 0)
        return -1;
    if (o->validate && o->validate_share > 0)
        return err_set(err, LLMX_BAD_OPTION, "choose one of --validate %s and --validate-share %g",
                       o->validate, o->validate_share);
    return parse_targets(&targets, o->target ? o->target : "all", err);
}

/* ---- the adapter to begin with ---- */

/* A: uniform within 1 / sqrt(in), as torch's kaiming_uniform_(a = sqrt(5)) gives, which PEFT begins with; B: zero, so
 * that the adapter begins as nothing. */
static void fill_random(struct lora *lora, uint64_t seed)
{
    for (int i = 0; i < lora->layers * LINEARS; i++) {
        const struct lora_pair *pair = &lora->pairs[i];
        struct rng rng = rng_stream(seed, RNG_INIT, (uint64_t)i);
        const double bound = 1 / sqrt(pair->in);
        for (size_t k = 0; k < (size_t)pair->rank * (size_t)pair->in; k++)
            lora->values[pair->a + k] = (float)(bound * (2 * rng_uniform(&rng) - 1));
    }
}

static int check_init(const struct lora *lora, const struct llmx_tune_options *o, unsigned targets,
                      struct llmx_error *err)
{
    const char *what = NULL;
    if (o->rank && o->rank != lora->rank)
        what = "rank";
    else if (o->alpha > 0 && (float)o->alpha != lora->alpha)
        what = "alpha";
    else if (o->target && targets != lora->targets)
        what = "target";
    else if (o->is_rank_stabilised && !lora->is_rank_stabilised)
        what = "rslora";
    if (what)
        return err_set(
            err, LLMX_MISMATCH,
            "the adapter %s has another %s (its rank is %d, its alpha %g); leave --%s out "
            "to go on from it",
            o->init, what, lora->rank, (double)lora->alpha, what);
    return 0;
}

static int begin_adapter(struct lora **lora, const struct tuning *t, struct llmx_error *err)
{
    const struct llmx_tune_options *o = t->options;
    unsigned targets;
    if (parse_targets(&targets, o->target ? o->target : "all", err) != 0)
        return -1;
    if (o->init) {
        if (adapter_read(lora, o->init, &t->model->config, err) != 0 ||
            check_init(*lora, o, targets, err) != 0)
            return -1;
    } else {
        if (lora_create(lora, &t->model->config, o->rank ? o->rank : RANK, targets, err) != 0)
            return -1;
        (*lora)->alpha = o->alpha > 0 ? (float)o->alpha : ALPHA;
        (*lora)->is_rank_stabilised = o->is_rank_stabilised != 0;
        fill_random(*lora, o->seed);
    }
    (*lora)->dropout = (float)o->dropout;
    return 0;
}

/* ---- examples and memory ---- */

static int read_examples(struct tuning *t, struct llmx_error *err)
{
    const struct llmx_tune_options *o = t->options;
    const int context = t->model->config.context;
    if (examples_read(&t->learnt, t->model, t->examples_path, context, o->skips_long, err) != 0)
        return -1;
    if (o->validate &&
        examples_read(&t->held, t->model, o->validate, context, o->skips_long, err) != 0)
        return -1;
    if (o->validate_share > 0 &&
        examples_split(&t->learnt, &t->held, o->validate_share, o->seed, err) != 0)
        return -1;
    if (t->held.n && examples_check_apart(&t->learnt, &t->held, err) != 0)
        return -1;
    return o->limit ? examples_keep(&t->learnt, o->limit, o->seed, err) : 0;
}

/* Of what is learnt from: the examples, the model's sizes and a little of its weights, the adapter begun with. */
static uint64_t take_fingerprint(const struct tuning *t)
{
    const struct config *c = &t->model->config;
    const struct lora *lora = t->state.lora;
    const int sizes[] = {c->hidden, c->layers, c->heads, c->kv_heads, c->ffn, c->vocabulary};
    uint64_t hash = rng_mix(examples_fingerprint(&t->learnt)) ^ examples_fingerprint(&t->held);
    hash = rng_mix(hash) ^ hash_bytes(sizes, sizeof sizes);
    hash = rng_mix(hash) ^ hash_bytes(t->model->final_norm, (size_t)c->hidden * sizeof(float));
    return rng_mix(hash) ^ hash_bytes(lora->values, lora->n * sizeof *lora->values);
}

static int longest(const struct examples *examples)
{
    int most = 0;
    for (int i = 0; i < examples->n; i++)
        most = examples->items[i].n > most ? examples->items[i].n : most;
    return most;
}

/* Room for as many tokens at a time as memory allows, and for the longest example in any case. */
static int create_work(struct tuning *t, struct llmx_error *err)
{
    const int learnt = longest(&t->learnt), held = longest(&t->held);
    const int least = learnt > held ? learnt : held;
    int tokens = least > PACK_TOKENS ? least : PACK_TOKENS;
    for (;; tokens = tokens / 2 > least ? tokens / 2 : least) {
        struct llmx_error cause = {0};
        if (gradient_work_create(&t->work, t->model, t->state.lora->rank, tokens,
                                 t->options->memory_bytes, llmx_model_threads(t->model),
                                 &cause) == 0)
            return pack_init(&t->pack, tokens, err);
        if (cause.code != LLMX_TOO_LARGE || tokens == least) {
            if (err)
                *err = cause;
            return -1;
        }
    }
}

static int prepare(struct tuning *t, struct llmx_error *err)
{
    struct lora *lora = NULL;
    const struct llmx_tune_options *o = t->options;
    if (read_examples(t, err) != 0)
        return -1;
    t->steps_per_epoch = (t->learnt.n + o->batch - 1) / o->batch;
    if (t->steps_per_epoch > INT32_MAX / o->epochs)
        return err_set(err, LLMX_TOO_LARGE, "%d epochs of %d steps are more than can be counted",
                       o->epochs, t->steps_per_epoch);
    if (begin_adapter(&lora, t, err) != 0) {
        lora_destroy(lora);
        return -1;
    }
    if (tune_state_init(&t->state, lora, o->epochs * t->steps_per_epoch, o->epochs, err) != 0)
        return -1;
    t->fingerprint = take_fingerprint(t);
    if (create_work(t, err) != 0)
        return -1;
    t->gradient = mem_tensor(lora->n, sizeof *t->gradient, err);
    t->part = mem_tensor(lora->n, sizeof *t->part, err);
    t->order = mem_array((size_t)t->learnt.n, sizeof *t->order, err);
    t->held_order = mem_array((size_t)t->held.n, sizeof *t->held_order, err);
    t->is_likeliest = mem_array((size_t)t->pack.tokens_max, 1, err);
    if (!t->gradient || !t->part || !t->order || !t->held_order || !t->is_likeliest)
        return -1;
    pack_order(t->held_order, t->held.n, 0, 0, false);
    return tune_files_begin(t, err);
}

/* ---- the loop ---- */

/* The loss of a batch and its gradient (into t->gradient): means over the batch's learnt tokens, pack by pack. */
static int compute_batch(struct tuning *t, const int *which, int n, double *loss, long *tokens,
                         struct llmx_error *err)
{
    long outputs;
    pack_count(&t->learnt, which, n, &outputs, tokens);
    *loss = 0;
    for (int at = 0, packs = 0; at < n; packs++) {
        const uint64_t index = (uint64_t)t->state.step * PACKS_MAX + (uint64_t)packs;
        const uint64_t seed = rng_stream(t->options->seed, RNG_DROPOUT, index).key;
        float *gradient = packs ? t->part : t->gradient;
        double part;
        at += pack_fill(&t->pack, &t->learnt, which + at, n - at, 1 / (float)outputs, seed);
        if (gradient_compute(t->work, t->state.lora, &t->pack.packed, gradient, &part, NULL, NULL,
                             err) != 0)
            return -1;
        *loss += part;
        for (size_t i = 0; packs && i < t->state.lora->n; i++)
            t->gradient[i] += t->part[i];
    }
    return 0;
}

/* In the first step it is the model that is at fault: the adapter still adds nothing. */
static int say_diverged(const struct tuning *t, const char *what, struct llmx_error *err)
{
    if (t->state.step == 0)
        return damage_explain(t->model, what, err);
    return err_set(err, LLMX_BAD_INPUT,
                   "%s is no number any more in step %d of %d%s; start again (--force) with a "
                   "lower --learning-rate (now %g) or --clip 1",
                   what, t->state.step + 1, t->state.steps,
                   folder_has(t->path, TUNE_CHECKPOINT) ? ", the last good checkpoint is kept" : "",
                   t->options->learning_rate);
}

static int say_stopped(const struct tuning *t, struct llmx_error *err)
{
    return err_set(err, LLMX_INTERRUPTED,
                   "stopped after step %d of %d; the same command with --resume goes on from there",
                   t->state.step, t->state.steps);
}

static bool report_step(const struct tuning *t, double loss)
{
    const struct tune_state *s = &t->state;
    const double held = s->closed ? s->results[s->closed - 1].held_loss : NAN;
    char note[120], held_note[40] = "";
    if (!isnan(held))
        plain_snprintf(held_note, sizeof held_note, "  held out %.4f", held);
    plain_snprintf(note, sizeof note, "loss %.4f%s  %.0f tokens/s", loss, held_note,
                   t->tuned_s > 0 ? t->tuned_tokens / t->tuned_s : 0);
    return tuning_report(t, "tuning", s->step, s->steps, note);
}

/* One step. A checkpoint is written between the gradient and the update: only then are the values known to be good. */
static int take_step(struct tuning *t, double *saved_s, struct llmx_error *err)
{
    struct tune_state *s = &t->state;
    const struct llmx_tune_options *o = t->options;
    const int in_epoch = s->step % t->steps_per_epoch, first = in_epoch * o->batch;
    const int n = t->learnt.n - first < o->batch ? t->learnt.n - first : o->batch;
    const double start_s = clock_now_s(), rate = tuning_rate(t, s->step);
    double loss;
    long tokens;
    if (compute_batch(t, t->order + first, n, &loss, &tokens, err) != 0)
        return -1;
    const double norm = gradient_clip(t->gradient, s->lora->n, o->clip);
    if (!isfinite(loss) || !isfinite(norm))
        return say_diverged(t, isfinite(loss) ? "the gradient" : "the loss", err);
    const bool is_stopped = report_step(t, loss);
    if (is_stopped || clock_now_s() - *saved_s >= o->checkpoint_seconds) {
        if (tune_state_write(s, t->fingerprint, t->path, err) != 0)
            return -1;
        *saved_s = clock_now_s();
    }
    if (is_stopped)
        return say_stopped(t, err);
    adamw_step(s->lora->values, s->first, s->second, t->gradient, s->lora->n, rate, o->weight_decay,
               (uint64_t)s->step + 1);
    const double took_s = clock_now_s() - start_s;
    s->loss[s->step] = loss;
    s->tokens_per_s[s->step] = (double)tokens / took_s;
    s->step++;
    t->tuned_s += took_s;
    t->tuned_tokens += (double)tokens;
    tune_files_log(t);
    return 0;
}

/* What the epoch that ends here (the start counts as number 0) has brought; the best so far is kept. */
static int close_epoch(struct tuning *t, struct llmx_error *err)
{
    struct tune_state *s = &t->state;
    const int epoch = s->closed;
    struct tune_epoch result = {NAN, NAN, NAN};
    if (epoch > 0) {
        result.loss = 0;
        for (int i = s->step - t->steps_per_epoch; i < s->step; i++)
            result.loss += s->loss[i] / t->steps_per_epoch;
    }
    if (t->held.n && tune_validate(t, &result, err) != 0)
        return -1;
    if (t->held.n && !isfinite(result.held_loss))
        return say_diverged(t, "the held-out loss", err);
    const size_t before = s->samples.n;
    if (tune_sample(t, epoch, err) != 0) {
        s->samples.n = before; /* it is written again when this goes on */
        return -1;
    }
    s->results[epoch] = result;
    if (!t->held.n || epoch == 0 || result.held_loss < s->results[s->best_epoch].held_loss) {
        s->best_epoch = epoch;
        memcpy(s->best, s->lora->values, s->lora->n * sizeof *s->best);
    }
    s->closed++;
    return 0;
}

static int close_or_stop(struct tuning *t, struct llmx_error *err)
{
    struct llmx_error cause = {0};
    int result = close_epoch(t, &cause);
    if (result != 0 && cause.code == LLMX_INTERRUPTED &&
        tune_state_write(&t->state, t->fingerprint, t->path, &cause) == 0)
        say_stopped(t, &cause);
    if (result != 0 && err)
        *err = cause;
    return result;
}

static bool is_done(const struct tuning *t)
{
    const struct tune_state *s = &t->state;
    const int epoch = s->closed - 1, patience = t->options->patience;
    return epoch == s->epochs || (t->held.n && patience > 0 && epoch - s->best_epoch >= patience);
}

static int learn(struct tuning *t, struct llmx_error *err)
{
    struct tune_state *s = &t->state;
    double saved_s = clock_now_s();
    int ordered = -1; /* the epoch whose order we have */
    for (;;) {
        if (s->step == s->closed * t->steps_per_epoch && close_or_stop(t, err) != 0)
            return -1;
        if (is_done(t))
            return 0;
        const int epoch = s->step / t->steps_per_epoch;
        if (epoch != ordered)
            pack_order(t->order, t->learnt.n, t->options->seed, epoch, !t->options->keeps_order);
        ordered = epoch;
        if (take_step(t, &saved_s, err) != 0)
            return -1;
    }
}

static void fill_report(const struct tuning *t, struct llmx_tune_report *report)
{
    const struct tune_state *s = &t->state;
    *report = (struct llmx_tune_report){
        .steps = s->step,
        .epochs = s->closed - 1,
        .best_epoch = s->best_epoch,
        .learnt = t->learnt.n,
        .held = t->held.n,
        .skipped = t->learnt.skipped + t->held.skipped,
        .loss = s->results[s->closed - 1].loss,
        .held_loss_before = s->results[0].held_loss,
        .held_loss = s->results[s->best_epoch].held_loss,
        .held_accuracy_before = s->results[0].held_accuracy,
        .held_accuracy = s->results[s->best_epoch].held_accuracy,
        .tokens_per_s = t->tuned_s > 0 ? t->tuned_tokens / t->tuned_s : 0,
    };
}

static void release(struct tuning *t)
{
    if (t->log)
        fclose(t->log);
    gradient_work_destroy(t->work);
    pack_release(&t->pack);
    tune_state_release(&t->state);
    examples_release(&t->learnt);
    examples_release(&t->held);
    free(t->gradient);
    free(t->part);
    free(t->order);
    free(t->held_order);
    free(t->is_likeliest);
}

int llmx_tune_check(const struct llmx_tune_options *options, const char *out,
                    struct llmx_error *err)
{
    return tune_options_check(options, err) != 0 ? -1 : tune_dir_check(out, options, err);
}

int llmx_tune(const struct llmx_model *model, const char *examples,
              const struct llmx_tune_options *options, const char *out, struct llmx_error *err)
{
    struct tuning t = {.model = model, .options = options, .path = out, .examples_path = examples};
    struct llmx_tune_report report = {0};
    struct folder folder;
    if (tune_options_check(options, err) != 0 ||
        folder_open(&folder, out, &tune_folder_kind, err) != 0)
        return -1;
    int status = tune_dir_check(out, options, err);
    if (status == 0 && options->resume && tune_dir_state(out) == TUNE_FINISHED) {
        report.was_finished = 1; /* not made again without force */
        status = begin_adapter(&t.state.lora, &t, err) == 0 ? tune_files_compare(&t, err) : -1;
    } else if (status == 0) {
        status = prepare(&t, err) != 0 || learn(&t, err) != 0 || tune_files_finish(&t, err) != 0
                     ? -1
                     : 0;
        if (status == 0)
            fill_report(&t, &report);
    }
    release(&t);
    folder_close(&folder);
    if (status == 0 && options->report)
        *options->report = report;
    return status;
}
