/* tune.h - a few hundred instruction examples to a low-rank adapter of a language model (LoRA; Hu et al. 2021).
 *
 *     struct llmx_tune_options options = llmx_tune_defaults();
 *     options.validate_share = 0.1;
 *     if (llmx_tune(model, "examples.jsonl", &options, "runs/adapter", &err) != 0) ...
 *
 * The folder is one that PEFT loads, and one of PEFT's can be gone on from (`init`). */
#ifndef LLMXREC_TUNE_H
#define LLMXREC_TUNE_H

#include "llmxrec/llm.h"

#ifdef __cplusplus
extern "C" {
#endif

enum llmx_schedule { LLMX_SCHEDULE_CONSTANT, LLMX_SCHEDULE_COSINE, LLMX_SCHEDULE_LINEAR };

/* What came of it. Losses are nats a learnt token, means over all of them. */
struct llmx_tune_report {
    int was_finished; /* `resume` found the adapter complete: nothing else here is set */
    int steps, epochs, best_epoch;      /* best_epoch: the one that was kept, 0 the start */
    int learnt, held, skipped;          /* examples; skipped: longer than the context */
    double loss;                        /* of the last epoch's steps */
    double held_loss_before, held_loss; /* untuned, and of the best epoch; NaN without validation */
    double held_accuracy_before,
        held_accuracy; /* share of held-out tokens that were the likeliest */
    double tokens_per_s;
};

struct llmx_tune_options {
    const char *init;       /* an adapter to go on from; NULL: a new one */
    int rank;               /* 0: 8, or that of `init`; likewise alpha and target */
    double alpha;           /* 0: 16 */
    int is_rank_stabilised; /* scale alpha / sqrt(rank) instead of alpha / rank */
    const char *target;     /* linear layers "q,k,v,o,gate,up,down"; NULL: all */
    double dropout;         /* of what goes into A, 0 <= dropout < 1 */

    int epochs, batch; /* batch: examples a step */
    double learning_rate;
    enum llmx_schedule schedule;
    int warmup; /* steps */
    double weight_decay;
    double clip;     /* the gradient's norm at most; 0: no limit */
    int keeps_order; /* of the file, instead of a shuffle for each epoch */
    int skips_long;  /* leave out, and count, what is longer than the context, instead of failing */
    size_t memory_bytes; /* for activations: above it they are computed twice; 0: no limit */

    int limit;             /* learn from so many examples alone, chosen by the seed; 0: all */
    const char *validate;  /* examples held out: a file; NULL: none, or */
    double validate_share; /* this share of the examples, whole users at a time */
    int patience;          /* epochs without a better held-out loss before stopping; 0: never */
    int samples;           /* texts written for held-out prompts after each epoch */

    double checkpoint_seconds; /* between checkpoints */
    int resume, force;         /* go on with an interrupted tuning; replace what is there */
    uint64_t seed;
    const char *base; /* what the adapter's configuration calls the model; NULL: its path */
    struct llmx_tune_report *report; /* may be NULL */
    struct llmx_progress progress;
};

/* The paper's: rank 8, alpha 16, learning rate 3e-4, 5 epochs, batches of 8, all linear layers. */
LLMX_API struct llmx_tune_options llmx_tune_defaults(void);

/* LLMX_BAD_OPTION where llmx_tune would say so of the options, or of what lies in `out`: to be asked before a model is
 * loaded. */
LLMX_API int llmx_tune_check(const struct llmx_tune_options *options, const char *out,
                             struct llmx_error *err);

/* Learns the outputs of the examples (JSON Lines {"instruction","input","output"}, Alpaca's; docs/tuning.md) and writes
 * the folder `out`:
 *   adapter_config.json, adapter_model.safetensors   as PEFT reads them; of the best epoch where examples were held out
 *   log.jsonl      a line a step: "step" (from 1), "loss" (before the step), "learning_rate", "tokens_per_s"
 *   epochs.jsonl   a line an epoch: "epoch" (0 the start), "loss", "held_loss", "held_accuracy"; "kept" in the best one's
 *   samples.jsonl  texts for held-out prompts after each epoch
 *   curve.svg      the losses
 *   config.yaml    every option
 *   checkpoint     while it is not finished
 * returns   0, or -1: LLMX_BAD_INPUT examples (with file and line), or a loss that is no number any more;
 *           LLMX_BAD_OPTION; LLMX_MISMATCH an adapter or checkpoint that belongs to something else;
 *           LLMX_INTERRUPTED progress asked to stop: the same call with `resume` ends in the same bytes (all but
 *           "tokens_per_s"), as it does after a crash */
LLMX_API int llmx_tune(const struct llmx_model *model, const char *examples,
                       const struct llmx_tune_options *options, const char *out,
                       struct llmx_error *err);

/* The same of llmx_tune_curve. */
LLMX_API int llmx_tune_curve_check(const struct llmx_tune_options *options, const int *sizes, int n,
                                   struct llmx_error *err);

/* How much is gained by how many examples: tunes on each of the n `sizes` (ascending, 0 the untuned model; of the same
 * examples, the larger sets hold the smaller) as llmx_tune would, into `out`/SIZE, all watched with the same held-out
 * examples; then writes `out`/curve.jsonl, a line a size {"examples","held_loss","held_accuracy","best_epoch"}, and
 * `out`/curve.svg. What lies there finished is not done again, unless `force`.
 * returns   0, or -1 as llmx_tune; LLMX_BAD_OPTION without held-out examples or when a size is larger than what there is */
LLMX_API int llmx_tune_curve(const struct llmx_model *model, const char *examples,
                             const struct llmx_tune_options *options, const int *sizes, int n,
                             const char *out, struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
