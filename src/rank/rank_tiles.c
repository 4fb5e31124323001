#include "rank/rank_tiles.h"

#include "base/memory.h"
#include "kernel/scores.h"
#include "kernel/topk.h"
#include "product/inner.h"
#include "rank/best.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 512 /* items of a tile: 256 kB of scores, the fastest of 256 to 1024 */
#define GROUPS  64  /* of a tile's items, whose maxima give a first idea of the k-th best */

/* A held-out item of one person of the block, and how many items score as it does or higher. */
struct rank_target {
    int person;
    llmx_id item;
    float score;
    int higher, equal;
};

/* A known item of one person of the block. */
struct rank_cell {
    int person;
    llmx_id item;
};

/* The best items of one person so far, some more than k now and then. */
struct rank_kept {
    int n, candidates; /* candidates: items that were not masked */
    float least;       /* what a score has to exceed; -INFINITY while fewer than k are known */
    int first_target, end_target;
};

static size_t kept_max(const struct rank_tiles *t)
{
    return 4 * (size_t)t->k; /* up to 2 k before a tile, and as many from it */
}

int rank_tiles_create(struct rank_tiles *t, const struct scorer *scorer,
                      const struct llmx_data *data, enum llmx_part known, bool masks_known, int k,
                      size_t targets_max, size_t known_max, struct llmx_error *err)
{
    *t = (struct rank_tiles){.scorer = *scorer,
                             .data = data,
                             .known = known,
                             .masks_known = masks_known,
                             .listed = k,
                             .k = k + 1};
    t->item = scorer->item_rows(scorer->model, &t->dim);
    const size_t dim = (size_t)t->dim, kept = RANK_USERS_MAX * kept_max(t);
    t->person = mem_tensor(RANK_USERS_MAX * dim, sizeof *t->person, err);
    t->tile = mem_tensor(RANK_USERS_MAX * COLUMNS, sizeof *t->tile, err);
    t->target_item = mem_tensor(COLUMNS * dim, sizeof *t->target_item, err);
    t->target = mem_array(targets_max, sizeof *t->target, err);
    t->cell = mem_array(known_max, sizeof *t->cell, err);
    t->known_start =
        mem_array((size_t)llmx_data_items(data) / COLUMNS + 3, sizeof *t->known_start, err);
    t->kept = mem_array(RANK_USERS_MAX, sizeof *t->kept, err);
    t->kept_score = mem_array(kept, sizeof *t->kept_score, err);
    t->kept_item = mem_array(kept, sizeof *t->kept_item, err);
    t->place = mem_array(2 * (size_t)t->k, sizeof *t->place, err);
    t->item_scratch = mem_array((size_t)t->k, sizeof *t->item_scratch, err);
    t->score_scratch = mem_array((size_t)t->k, sizeof *t->score_scratch, err);
    return t->person && t->tile && t->target_item && t->target && t->cell && t->known_start &&
                   t->kept && t->kept_score && t->kept_item && t->place && t->item_scratch &&
                   t->score_scratch
               ? 0
               : -1;
}

void rank_tiles_release(struct rank_tiles *t)
{
    free(t->person);
    free(t->tile);
    free(t->target_item);
    free(t->target);
    free(t->cell);
    free(t->known_start);
    free(t->kept);
    free(t->kept_score);
    free(t->kept_item);
    free(t->place);
    free(t->item_scratch);
    free(t->score_scratch);
    free(t->scores);
    *t = (struct rank_tiles){0};
}

/* ---- the held-out items' own scores, which counting needs from the first tile on ---- */

static int list_targets(struct rank_tiles *t, const struct rankings *r, int first, int n)
{
    int targets = 0;
    for (int i = 0; i < n; i++) {
        int n_relevant;
        const llmx_id *relevant = rankings_held(r, first + i, &n_relevant);
        t->kept[i] = (struct rank_kept){
            .least = -INFINITY, .first_target = targets, .end_target = targets + n_relevant};
        for (int j = 0; j < n_relevant; j++)
            t->target[targets++] = (struct rank_target){.person = i, .item = relevant[j]};
    }
    return targets;
}

static void mask_target(struct rank_target *target, const llmx_id *known, int n_known)
{
    for (int j = 0; j < n_known; j++)
        if (known[j] == target->item)
            target->score = -INFINITY;
}

/* What is masked of a user. */
static const llmx_id *known_items(const struct rank_tiles *t, llmx_id user, int *n)
{
    const llmx_id *known = llmx_data_history(t->data, user, t->known, n);
    if (!t->masks_known)
        *n = 0;
    return known;
}

static int score_targets(struct rank_tiles *t, const struct llmx_person *people, int targets, int n,
                         struct llmx_error *err)
{
    const size_t dim = (size_t)t->dim;
    for (int first = 0; first < targets; first += COLUMNS) {
        const int columns = targets - first < COLUMNS ? targets - first : COLUMNS;
        struct rank_target *target = t->target + first;
        for (int c = 0; c < columns; c++)
            memcpy(t->target_item + (size_t)c * dim, t->item + (size_t)target[c].item * dim,
                   dim * sizeof *t->target_item);
        if (inner_products(t->tile, t->person, n, t->target_item, columns, t->dim, err) != 0)
            return -1;
        for (int c = 0; c < columns; c++) {
            int n_known;
            const llmx_id *known = known_items(t, people[target[c].person].user, &n_known);
            target[c].score = t->tile[target[c].person * columns + c];
            mask_target(&target[c], known, n_known);
        }
    }
    return 0;
}

/* ---- what is masked ---- */

/* A block's known items, tile by tile. */
static void sort_known(struct rank_tiles *t, const struct llmx_person *people, int n)
{
    const size_t tiles = ((size_t)llmx_data_items(t->data) + COLUMNS - 1) / COLUMNS;
    size_t *start = t->known_start; /* of each tile, two places further on until all are counted */
    memset(start, 0, (tiles + 2) * sizeof *start);
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < n; i++) {
            int n_known;
            const llmx_id *known = known_items(t, people[i].user, &n_known);
            for (int j = 0; j < n_known; j++) {
                const size_t tile = (size_t)known[j] / COLUMNS;
                if (pass == 0)
                    start[tile + 2]++;
                else
                    t->cell[start[tile + 1]++] = (struct rank_cell){i, known[j]};
            }
        }
        for (size_t tile = 2; pass == 0 && tile < tiles + 2; tile++)
            start[tile] += start[tile - 1];
    }
}

static void mask(struct rank_tiles *t, llmx_id first, int columns)
{
    const size_t tile = (size_t)first / COLUMNS;
    for (size_t c = t->known_start[tile]; c < t->known_start[tile + 1]; c++)
        t->tile[t->cell[c].person * columns + t->cell[c].item - first] = -INFINITY;
}

/* ---- a person's row of a tile ---- */

/* Keeps the k best of what a person has, best first. */
static void keep_best(struct rank_tiles *t, int person)
{
    struct rank_kept *kept = &t->kept[person];
    float *score = t->kept_score + (size_t)person * kept_max(t);
    llmx_id *item = t->kept_item + (size_t)person * kept_max(t);
    kept->n = topk(score, kept->n, t->k, t->place);
    for (int i = 0; i < kept->n; i++) {
        t->score_scratch[i] = score[t->place[i]];
        t->item_scratch[i] = item[t->place[i]];
    }
    memcpy(score, t->score_scratch, (size_t)kept->n * sizeof *score);
    memcpy(item, t->item_scratch, (size_t)kept->n * sizeof *item);
    if (kept->n == t->k)
        kept->least = score[t->k - 1];
}

/* What k scores exceed, by the largest of each of GROUPS groups; -INFINITY when they do not tell. */
static float first_least(struct rank_tiles *t, const float *scores, int columns)
{
    float max[GROUPS];
    if (t->k > GROUPS || columns < GROUPS)
        return -INFINITY;
    memcpy(max, scores, sizeof max);
    for (int i = GROUPS; i + GROUPS <= columns; i += GROUPS)
        for (int g = 0; g < GROUPS; g++)
            max[g] = scores[i + g] > max[g] ? scores[i + g] : max[g];
    return topk(max, GROUPS, t->k, t->place) == t->k
               ? nextafterf(max[t->place[t->k - 1]], -INFINITY)
               : -INFINITY;
}

/* Adds what may belong to the k kept. Later tiles hold later items, which lose where scores are equal: of those kept
 * equal ones always stand in the order of their items. */
static void keep(struct rank_tiles *t, int person, const float *scores, const float *max,
                 int columns, llmx_id first)
{
    struct rank_kept *kept = &t->kept[person];
    float *score = t->kept_score + (size_t)person * kept_max(t);
    llmx_id *item = t->kept_item + (size_t)person * kept_max(t);
    if (kept->least == -INFINITY)
        kept->least = first_least(t, scores, columns);
    int n = scores_above(scores, max, columns, kept->least, t->place, 2 * t->k);
    if (n > 2 * t->k) {
        n = topk(scores, columns, t->k, t->place);
        if (n == t->k)
            kept->least = fmaxf(kept->least, scores[t->place[n - 1]]);
    }
    for (int i = 0; i < n; i++) {
        score[kept->n] = scores[t->place[i]];
        item[kept->n++] = first + t->place[i];
    }
    if (kept->n > 2 * t->k)
        keep_best(t, person);
}

static void look_through(struct rank_tiles *t, int number, float *scores, int columns,
                         llmx_id first)
{
    struct rank_kept *kept = &t->kept[number];
    float max[COLUMNS / SCORES_BLOCK];
    int candidates, higher, equal;
    for (int i = kept->first_target; i < kept->end_target; i++) {
        const struct rank_target *target = &t->target[i];
        if (target->item >= first && target->item < first + columns)
            scores[target->item - first] = target->score; /* so that it equals itself to the bit */
    }
    struct rank_target *target = t->target + kept->first_target;
    scores_survey(max, &candidates, &higher, &equal, scores, columns, target->score);
    kept->candidates += candidates;
    target->higher += higher;
    target->equal += equal;
    while (++target < t->target + kept->end_target) {
        scores_count(scores, columns, target->score, &higher, &equal);
        target->higher += higher;
        target->equal += equal;
    }
    keep(t, number, scores, max, columns, first);
}

/* The list of somebody for whom more items share the last place than were kept: from all the scores. */
static int list_all(struct rank_tiles *t, const struct llmx_person *person, llmx_id *top,
                    struct llmx_error *err)
{
    const llmx_id items = llmx_data_items(t->data);
    int n_known;
    const llmx_id *known = known_items(t, person->user, &n_known);
    if (!t->scores && !(t->scores = mem_tensor((size_t)items, sizeof *t->scores, err)))
        return -1;
    if (t->scorer.score(t->scorer.model, person, 1, t->scores, err) != 0)
        return -1;
    for (int j = 0; j < n_known; j++)
        t->scores[known[j]] = -INFINITY;
    return best_items(t->data, t->scores, items, t->listed, top, err);
}

static int finish(struct rank_tiles *t, struct rankings *r, int row, int number,
                  const struct llmx_person *person, struct llmx_error *err)
{
    const struct rank_kept *kept = &t->kept[number];
    llmx_id *top = t->kept_item + (size_t)number * kept_max(t);
    int n_relevant;
    const llmx_id *relevant = rankings_held(r, row, &n_relevant);
    keep_best(t, number);
    int n = best_of_kept(t->data, t->kept_score + (size_t)number * kept_max(t), top, kept->n,
                         t->listed, err);
    if (n == NEEDS_ALL)
        n = list_all(t, person, top, err);
    if (n < 0)
        return -1;
    memcpy(r->top + (size_t)row * (size_t)r->k, top, (size_t)n * sizeof *r->top);
    rankings_finish_row(r, row, n, relevant, n_relevant);
    r->candidates[row] = kept->candidates;
    for (int i = kept->first_target; i < kept->end_target; i++) {
        if (!(t->target[i].score > -INFINITY))
            continue;
        r->rank_sum[row] += mean_rank(t->target[i].higher, t->target[i].equal);
        r->findable[row]++;
    }
    return 0;
}

int rank_tiles_block(struct rank_tiles *t, struct rankings *r, int first, int n,
                     const struct llmx_person *people, struct llmx_error *err)
{
    const llmx_id items = llmx_data_items(t->data);
    if (t->scorer.person_rows(t->scorer.model, people, n, t->person, err) != 0 ||
        score_targets(t, people, list_targets(t, r, first, n), n, err) != 0)
        return -1;
    sort_known(t, people, n);
    for (llmx_id begin = 0; begin < items; begin += COLUMNS) {
        const int columns = items - begin < COLUMNS ? items - begin : COLUMNS;
        if (inner_products(t->tile, t->person, n, t->item + (size_t)begin * (size_t)t->dim, columns,
                           t->dim, err) != 0)
            return -1;
        mask(t, begin, columns);
        for (int i = 0; i < n; i++)
            look_through(t, i, t->tile + (size_t)i * (size_t)columns, columns, begin);
    }
    for (int i = 0; i < n; i++)
        if (finish(t, r, first + i, i, &people[i], err) != 0)
            return -1;
    return 0;
}
