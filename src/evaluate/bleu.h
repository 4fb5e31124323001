/* bleu.h - BLEU (Papineni et al. 2002) from counts, and of every text against all others. */
#ifndef EVALUATE_BLEU_H
#define EVALUATE_BLEU_H

#include "evaluate/overlap.h"

#include <stdbool.h>

#define BLEU_ORDERS 4

/* Sums over texts; doubles, as resampling adds them up. */
struct bleu_counts {
    double common[BLEU_ORDERS], all[BLEU_ORDERS]; /* n-grams of orders 1, 2, ... */
    double length, reference_length;
};

/* 0 to 100. As sacrebleu, smoothing exp: the k-th order without a match counts as 1 / (2^k * all). `is_effective`: orders
 * that the text is too short for are left out, as is meant for a single one; else they make it 0. */
double bleu_of(const struct bleu_counts *counts, int orders, bool is_effective);

/* What a text of those n-grams has in common with a reference. */
void bleu_count(struct bleu_counts *counts, const struct grams text[BLEU_ORDERS],
                const struct grams reference[BLEU_ORDERS]);

/* scores (n): BLEU-4 of each text with all others as its references (Zhu et al. 2018), NaN when there are none. distinct: how
 * many n-grams of each order there are, numbered from 0. Cost: linear in all n-grams together. */
int self_bleu(double *scores, struct grams (*const texts)[BLEU_ORDERS], size_t n,
              const size_t distinct[BLEU_ORDERS], struct llmx_error *err);

#endif
