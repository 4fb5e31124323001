#include "evaluate/bleu.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

double bleu_of(const struct bleu_counts *c, int orders, bool is_effective)
{
    double sum = 0, smoothing = 1;
    int used = 0;
    if (c->common[0] == 0)
        return 0;
    for (; used < orders && c->all[used] > 0; used++) {
        if (c->common[used] == 0)
            smoothing *= 2;
        sum += c->common[used] > 0 ? log(c->common[used] / c->all[used])
                                   : -log(smoothing * c->all[used]);
    }
    if (used < orders && !is_effective)
        return 0;
    const double brevity =
        c->length < c->reference_length ? 1 - c->reference_length / c->length : 0;
    return 100 * exp(brevity + sum / used);
}

void bleu_count(struct bleu_counts *counts, const struct grams text[BLEU_ORDERS],
                const struct grams reference[BLEU_ORDERS])
{
    for (int o = 0; o < BLEU_ORDERS; o++) {
        counts->common[o] = (double)grams_common(&text[o], &reference[o]);
        counts->all[o] = (double)text[o].n;
    }
    counts->length = (double)text[0].n;
    counts->reference_length = (double)reference[0].n;
}

/* How often an n-gram is in the text that has it most often, and in the one that comes next: the most among all others. */
struct most {
    uint32_t first, second;
    size_t holder; /* of `first` */
};

/* The times that the n-gram at `i` occurs: they stand side by side. */
static uint32_t times(const struct grams *grams, size_t i)
{
    size_t end = i + 1;
    while (end < grams->n && grams->ids[end] == grams->ids[i])
        end++;
    return (uint32_t)(end - i);
}

static void note_most(struct most *most, const struct grams *grams, size_t holder)
{
    for (size_t i = 0; i < grams->n;) {
        const uint32_t count = times(grams, i);
        struct most *m = &most[grams->ids[i]];
        if (count > m->first) {
            m->second = m->first;
            m->first = count;
            m->holder = holder;
        } else if (count > m->second) {
            m->second = count;
        }
        i += count;
    }
}

static double common_with_others(const struct most *most, const struct grams *grams, size_t holder)
{
    double common = 0;
    for (size_t i = 0; i < grams->n;) {
        const uint32_t count = times(grams, i);
        const struct most *m = &most[grams->ids[i]];
        const uint32_t others = m->holder == holder ? m->second : m->first;
        common += count < others ? count : others;
        i += count;
    }
    return common;
}

static int compare_lengths(const void *a, const void *b)
{
    const size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

/* Among sorted lengths, the one nearest to `length`, which is one of them itself and is passed over once; of two as near the
 * shorter. */
static double nearest(const size_t *sorted, size_t n, size_t length)
{
    size_t low = 0, high = n - 1;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (sorted[middle] < length)
            low = middle + 1;
        else
            high = middle;
    }
    const size_t after = low + 1, *below = low > 0 ? &sorted[low - 1] : NULL,
                 *above = after < n ? &sorted[after] : NULL;
    const bool is_below = !above || (below && length - *below <= *above - length);
    return (double)(is_below ? *below : *above);
}

int self_bleu(double *scores, struct grams (*const texts)[BLEU_ORDERS], size_t n,
              const size_t distinct[BLEU_ORDERS], struct llmx_error *err)
{
    struct most *most = NULL;
    struct bleu_counts *counts = NULL;
    size_t *lengths = mem_array(n, sizeof *lengths, err);
    int status = -1;
    if (!lengths)
        return -1;
    counts = mem_array(n, sizeof *counts, err);
    for (int o = 0; counts && o < BLEU_ORDERS; o++) {
        free(most);
        most = mem_array(distinct[o], sizeof *most, err);
        if (!most)
            goto done;
        for (size_t t = 0; t < n; t++)
            note_most(most, &texts[t][o], t);
        for (size_t t = 0; t < n; t++) {
            counts[t].common[o] = common_with_others(most, &texts[t][o], t);
            counts[t].all[o] = (double)texts[t][o].n;
        }
    }
    if (!counts)
        goto done;
    for (size_t t = 0; t < n; t++)
        lengths[t] = texts[t][0].n;
    qsort(lengths, n, sizeof *lengths, compare_lengths);
    for (size_t t = 0; t < n; t++) {
        counts[t].length = (double)texts[t][0].n;
        counts[t].reference_length = n > 1 ? nearest(lengths, n, texts[t][0].n) : 0;
        scores[t] = n > 1 ? bleu_of(&counts[t], BLEU_ORDERS, true) : NAN;
    }
    status = 0;
done:
    free(most);
    free(counts);
    free(lengths);
    return status;
}
