/* item_loss.h - what a sequence model's states say of the next item: the loss and its gradients, by matrix products
 * over blocks of states and items. The score of an item is its embedding times the state. */
#ifndef RECOMMEND_ITEM_LOSS_H
#define RECOMMEND_ITEM_LOSS_H

#include "llmxrec/data.h"
#include "llmxrec/error.h"

#define LOSS_ROWS 256 /* states at once */

enum loss_kind {
    LOSS_CE,      /* cross-entropy under the softmax over all items */
    LOSS_SAMPLED, /* the same, the other items' sum estimated from negatives: uniform, so exp(score) (items - 1) / n */
    LOSS_GBCE, /* Petrov & Macdonald 2023: mean of -b log s(positive) and -log(1 - s(negative)) over all 1 + n */
    LOSS_BPR /* mean over negatives of -log(1e-10 + s(positive - negative)), as RecBole */
};

/* "ce", "sampled", "gbce", "bpr" (settings.c lets no other through). */
enum loss_kind loss_kind(const char *name);

struct item_loss {
    enum loss_kind kind;
    int dim;
    llmx_id items;
    int negatives;      /* each target's; not of LOSS_CE */
    double calibration; /* t of gBCE: b = a (t (1 - 1/a) + 1/a), a = negatives / (items - 1) */
};

/* One thread's memory. */
struct loss_scratch {
    float *scores; /* (LOSS_ROWS, items) or (LOSS_ROWS, negatives) */
    float *rows;   /* (2, negatives, dim): their embeddings, and gradients of these */
};
int loss_scratch_create(struct loss_scratch *scratch, const struct item_loss *loss,
                        struct llmx_error *err);
void loss_scratch_release(struct loss_scratch *scratch);

/* The sum of the losses of n states (n, dim), whose next items are target (n). dstate (n, dim) is overwritten with
 * `weight` times its gradient, ditem (items, dim) gets added weight times its own, and touched (items) is set where
 * it did. LOSS_CE uses no negatives; else all states share `negative` (negatives), among which a state's own target
 * does not count. */
double item_loss(const struct item_loss *loss, const float *item, const float *state,
                 const llmx_id *target, int n, const llmx_id *negative, float weight, float *dstate,
                 float *ditem, unsigned char *touched, const struct loss_scratch *scratch);

#endif
