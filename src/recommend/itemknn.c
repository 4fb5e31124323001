/* itemknn.c - item-based nearest neighbours (Deshpande & Karypis 2004) as in RecBole: every item keeps its k most similar
 * ones, by cosine over the users who took them,
 *
 *     sim(i, j) = |U_i n U_j| / (sqrt|U_i| sqrt|U_j| + shrink + 1e-6),
 *
 * and the score of i is the sum of sim(i, j) over the history items j among them. Memory grows with items * k. */
#include "base/err.h"
#include "base/memory.h"
#include "kernel/topk.h"
#include "recommend/additive.h"
#include "recommend/incidence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct itemknn {
    llmx_id items;
    int k;
    double shrink;
    int32_t *neighbour; /* (items, k) most similar first; -1 past the end */
    float *similarity;  /* (items, k) */
    /* the same by neighbour: which items it speaks for, from the arrays above */
    size_t *start; /* (items + 1) */
    struct support {
        int32_t item;
        float similarity;
    } * support;                 /* (items * k) */
    struct incidence *incidence; /* while learning */
};

static void itemknn_destroy(void *model)
{
    struct itemknn *knn = model;
    if (!knn)
        return;
    incidence_destroy(knn->incidence);
    free(knn->neighbour);
    free(knn->similarity);
    free(knn->start);
    free(knn->support);
    free(knn);
}

static int itemknn_create(void **model, llmx_id users, llmx_id items,
                          const struct llmx_train_options *options, struct llmx_error *err)
{
    struct itemknn *knn = mem_array(1, sizeof *knn, err);
    (void)users;
    if (!knn)
        return -1;
    knn->items = items;
    knn->k = options->neighbours < items ? options->neighbours : items;
    knn->shrink = options->shrink;
    const size_t n = (size_t)items * (size_t)knn->k;
    knn->neighbour = mem_array(n, sizeof *knn->neighbour, err);
    knn->similarity = mem_array(n, sizeof *knn->similarity, err);
    knn->start = mem_array((size_t)items + 1, sizeof *knn->start, err);
    knn->support = mem_array(n, sizeof *knn->support, err);
    if (knn->neighbour && knn->similarity && knn->start && knn->support) {
        mem_advise_large_pages(knn->support, n * sizeof *knn->support);
        *model = knn;
        return 0;
    }
    itemknn_destroy(knn);
    return -1;
}

static int itemknn_arrays(void *model, struct model_array *arrays)
{
    struct itemknn *knn = model;
    const uint64_t items = (uint64_t)knn->items, k = (uint64_t)knn->k;
    arrays[0] = (struct model_array){"neighbour",    DTYPE_I32, 2,         {items, k},
                                     knn->neighbour, false,     ROWS_ITEMS};
    arrays[1] = (struct model_array){"similarity",    DTYPE_F32, 2,         {items, k},
                                     knn->similarity, false,     ROWS_ITEMS};
    return 2;
}

static int itemknn_begin(void *model, const struct llmx_data *data,
                         const struct llmx_train_options *options, struct threads *pool,
                         struct llmx_error *err)
{
    struct itemknn *knn = model;
    (void)options;
    (void)pool;
    return incidence_create(&knn->incidence, data, err);
}

static size_t users_of(const struct incidence *in, llmx_id item)
{
    return in->item_start[item + 1] - in->item_start[item];
}

struct learning {
    struct itemknn *knn;
    float *similarity; /* (threads, items) */
};

static void learn_item(void *context, size_t number, int thread)
{
    const struct learning *learning = context;
    struct itemknn *knn = learning->knn;
    const struct incidence *in = knn->incidence;
    const llmx_id item = (llmx_id)number;
    float *similarity = learning->similarity + (size_t)thread * (size_t)knn->items;
    int32_t *neighbour = knn->neighbour + number * (size_t)knn->k;
    const float length = sqrtf((float)users_of(in, item)), shrink = (float)knn->shrink + 1e-6f;
    incidence_count(in, item, similarity);
    similarity[item] = 0;
    for (llmx_id j = 0; j < knn->items; j++)
        similarity[j] = similarity[j] > 0
                            ? similarity[j] / (length * sqrtf((float)users_of(in, j)) + shrink)
                            : -INFINITY;
    const int n = topk(similarity, knn->items, knn->k, neighbour);
    for (int p = 0; p < knn->k; p++) {
        neighbour[p] = p < n ? neighbour[p] : -1;
        knn->similarity[number * (size_t)knn->k + (size_t)p] = p < n ? similarity[neighbour[p]] : 0;
    }
}

/* Counts into start[j + 1] how many items j speaks for. */
static int count_spoken_for(struct itemknn *knn, struct llmx_error *err)
{
    const size_t n = (size_t)knn->items * (size_t)knn->k;
    memset(knn->start, 0, ((size_t)knn->items + 1) * sizeof *knn->start);
    for (size_t p = 0; p < n; p++) {
        if (knn->neighbour[p] < -1 || knn->neighbour[p] >= knn->items)
            return err_set(err, LLMX_BAD_INPUT, "neighbour: %d is no item", knn->neighbour[p]);
        if (knn->neighbour[p] >= 0)
            knn->start[knn->neighbour[p] + 1]++;
    }
    return 0;
}

/* From every item's neighbours to what every neighbour speaks for. */
static int itemknn_ready(void *model, struct llmx_error *err)
{
    struct itemknn *knn = model;
    const size_t k = (size_t)knn->k;
    size_t begin = 0;
    if (count_spoken_for(knn, err) != 0)
        return -1;
    for (llmx_id j = 0; j < knn->items; j++) { /* start[j + 1]: where the next of j goes */
        const size_t count = knn->start[j + 1];
        knn->start[j + 1] = begin;
        begin += count;
    }
    for (llmx_id i = 0; i < knn->items; i++)
        for (size_t p = (size_t)i * k; p < ((size_t)i + 1) * k; p++)
            if (knn->neighbour[p] >= 0)
                knn->support[knn->start[knn->neighbour[p] + 1]++] =
                    (struct support){i, knn->similarity[p]};
    return 0;
}

static int itemknn_epoch(void *model, int epoch, struct threads *pool, struct epoch_result *result,
                         struct llmx_error *err)
{
    struct itemknn *knn = model;
    struct learning learning = {.knn = knn};
    (void)epoch;
    *result = (struct epoch_result){.examples = knn->incidence->n};
    learning.similarity = mem_tensor((size_t)threads_count(pool) * (size_t)knn->items,
                                     sizeof *learning.similarity, err);
    if (!learning.similarity)
        return -1;
    threads_for(pool, (size_t)knn->items, learn_item, &learning);
    free(learning.similarity);
    return itemknn_ready(knn, err);
}

static int itemknn_score(const void *model, const struct llmx_person *people, int n, float *scores,
                         struct llmx_error *err)
{
    const struct itemknn *knn = model;
    (void)err;
    memset(scores, 0, (size_t)n * (size_t)knn->items * sizeof *scores);
    for (int i = 0; i < n; i++) {
        float *row = scores + (size_t)i * (size_t)knn->items;
        for (int j = 0; j < people[i].n; j++) {
            const llmx_id from = people[i].history[j];
            if (is_repeated(&people[i], j))
                continue;
            for (size_t p = knn->start[from]; p < knn->start[from + 1]; p++)
                row[knn->support[p].item] += knn->support[p].similarity;
        }
    }
    return 0;
}

static float term(const void *model, llmx_id from, llmx_id to)
{
    const struct itemknn *knn = model;
    const size_t row = (size_t)to * (size_t)knn->k;
    for (int p = 0; p < knn->k && knn->neighbour[row + (size_t)p] >= 0; p++)
        if (knn->neighbour[row + (size_t)p] == from)
            return knn->similarity[row + (size_t)p];
    return 0;
}

static int itemknn_evidence(const void *model, const struct llmx_person *person,
                            const llmx_id *items, int k, float *contributions,
                            struct llmx_error *err)
{
    (void)err;
    additive_evidence(model, person, items, k, term, contributions);
    return 0;
}

static int itemknn_similar(const void *model, llmx_id item, float *scores, struct llmx_error *err)
{
    const struct itemknn *knn = model;
    const size_t row = (size_t)item * (size_t)knn->k;
    (void)err;
    memset(scores, 0, (size_t)knn->items * sizeof *scores);
    scores[item] = 1;
    for (int p = 0; p < knn->k && knn->neighbour[row + (size_t)p] >= 0; p++)
        scores[knn->neighbour[row + (size_t)p]] = knn->similarity[row + (size_t)p];
    return 0;
}

static const struct model_setting settings[] = {
    {"neighbours", "100"}, {"shrink", "0"}, {NULL, NULL}};

const struct recommender recommender_itemknn = {
    .name = "itemknn",
    .summary = "item-based nearest neighbours by cosine, exact evidence",
    .settings = settings,
    .create = itemknn_create,
    .destroy = itemknn_destroy,
    .arrays = itemknn_arrays,
    .begin = itemknn_begin,
    .epoch = itemknn_epoch,
    .ready = itemknn_ready,
    .score = itemknn_score,
    .evidence = itemknn_evidence,
    .similar = itemknn_similar,
};
