/* recommend.c - the top of the list for one person, or the standing of one item in it, with what carried each. */
#include "base/err.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "kernel/topk.h"
#include "rank/best.h"
#include "run/run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Has the list this item, be it under another id? */
static bool has_evidence(const struct llmx_evidence *evidence, int n, llmx_id item,
                         const struct twins *twins)
{
    for (int i = 0; i < n; i++)
        if (twins_are_one(twins, evidence[i].item, item))
            return true;
    return false;
}

/* The largest positive contributions to one recommendation, none of the item itself and none twice. `place` (n) is scratch:
 * mostly the first few will do. */
static int choose_evidence(const struct llmx_person *person, const struct twins *twins,
                           llmx_id item, const float *contributions, int n_evidence, int32_t *place,
                           struct llmx_evidence *evidence)
{
    int kept = 0;
    for (int wanted = n_evidence, tried = 0; tried < person->n && kept < n_evidence;) {
        wanted = wanted < person->n ? wanted : person->n;
        const int n = topk(contributions, person->n, wanted, place);
        for (; tried < n && kept < n_evidence && contributions[place[tried]] > 0; tried++) {
            const llmx_id from = person->history[place[tried]];
            if (!twins_are_one(twins, from, item) && !has_evidence(evidence, kept, from, twins))
                evidence[kept++] = (struct llmx_evidence){from, contributions[place[tried]]};
        }
        if (tried < wanted)
            break;
        wanted = person->n;
    }
    return kept;
}

/* Each of n recommendations gets what carried it, where the model can say so. */
static int add_evidence(const struct llmx_run *run, const struct llmx_person *person, int n,
                        int n_evidence, struct llmx_recommendation *top,
                        struct llmx_evidence *evidence, struct llmx_error *err)
{
    if (n == 0 || n_evidence == 0 || person->n == 0 || !run->row->evidence)
        return 0;
    int result = -1;
    const size_t history = (size_t)person->n;
    llmx_id *items = mem_array((size_t)n, sizeof *items, err);
    float *contributions = mem_tensor((size_t)n * history, sizeof *contributions, err);
    int32_t *place = mem_array(history, sizeof *place, err);
    if (!items || !contributions || !place)
        goto done;
    for (int i = 0; i < n; i++)
        items[i] = top[i].item;
    if (run->row->evidence(run->model, person, items, n, contributions, err) != 0)
        goto done;
    for (int i = 0; i < n; i++) {
        top[i].evidence = evidence + (size_t)i * (size_t)n_evidence;
        top[i].n_evidence =
            choose_evidence(person, &run->twins, items[i], contributions + (size_t)i * history,
                            n_evidence, place, top[i].evidence);
    }
    result = 0;
done:
    free(items);
    free(contributions);
    free(place);
    return result;
}

/* An item and its twins become -INFINITY; where it is so already, all are. */
static void mask_item(float *scores, const struct twins *twins, llmx_id item)
{
    while (scores[item] != -INFINITY) {
        scores[item] = -INFINITY;
        if (twins->next)
            item = twins->next[item];
    }
}

/* What the person has in the log, be it dropped for its rating, becomes -INFINITY. */
static void mask_taken(float *scores, const struct llmx_run *run, const struct llmx_person *person)
{
    int n;
    const llmx_id *items = run_taken(run, person, &n);
    for (int i = 0; i < n; i++)
        mask_item(scores, &run->twins, items[i]);
    if (person->user < 0 || person->as_of == LLMX_AS_OF_TRAIN)
        return;
    items = data_low_rated(run->data, person->user, &n);
    for (int i = 0; i < n; i++)
        mask_item(scores, &run->twins, items[i]);
}

/* So do the scores of what is left out. */
static void mask_left_out(float *scores, llmx_id items, const struct llmx_selection *selection)
{
    const unsigned char *is_left_out = selection ? selection->is_left_out : NULL;
    for (llmx_id i = 0; i < items && is_left_out; i++)
        if (is_left_out[i])
            scores[i] = -INFINITY;
}

/* Goes a before b, by score or, of equal ones, by id? */
static bool goes_before(const float *scores, const int32_t *order, llmx_id a, llmx_id b)
{
    return scores[a] > scores[b] || (scores[a] == scores[b] && order[a] < order[b]);
}

/* Of items that are one only the best may be listed: the others become -INFINITY. */
static int mask_lesser_twins(float *scores, const struct llmx_run *run, struct llmx_error *err)
{
    const struct twins *t = &run->twins;
    if (!t->next)
        return 0;
    const int32_t *order = data_item_order(run->data, err);
    if (!order)
        return -1;
    for (llmx_id first = 0; first < llmx_data_items(run->data); first++) {
        if (t->first[first] != first || t->next[first] == first)
            continue;
        llmx_id best = first;
        for (llmx_id item = t->next[first]; item != first; item = t->next[item]) {
            const llmx_id lesser = goes_before(scores, order, item, best) ? best : item;
            best = lesser == best ? item : best;
            scores[lesser] = -INFINITY;
        }
    }
    return 0;
}

/* The best k of what may be listed, into `place`; how many, or -1. */
static int choose(float *scores, const struct llmx_run *run, const struct llmx_selection *selection,
                  int k, int32_t *place, struct llmx_error *err)
{
    const llmx_id items = llmx_data_items(run->data);
    mask_left_out(scores, items, selection);
    if ((!selection || !selection->keep_seen) && mask_lesser_twins(scores, run, err) != 0)
        return -1;
    return best_items(run->data, scores, items, k, place, err);
}

static int check_counts(int k, int n_evidence, struct llmx_error *err)
{
    if (k >= 1 && n_evidence >= 0)
        return 0;
    return err_set(err, LLMX_BAD_OPTION,
                   "%d recommendations with %d evidence items: choose 1 or more, 0 or more", k,
                   n_evidence);
}

/* The scores of all items for one person, and the best of those that may be recommended. */
struct ranked {
    struct llmx_person person; /* with history */
    float *scores;             /* (items) -INFINITY: not selected */
    int32_t *place;            /* (n, and one more) best first */
    int n;
    float own; /* score of the item that is asked about, selected or not */
};

/* The best k of what is selected. Release also after a failure. */
static int rank(struct ranked *r, const struct llmx_run *run, const struct llmx_person *person,
                const struct llmx_selection *selection, llmx_id item, int k, struct llmx_error *err)
{
    const llmx_id items = llmx_data_items(run->data);
    const int wanted = k < items ? k : items;
    *r = (struct ranked){0};
    if (run_resolve(run, person, &r->person, err) != 0)
        return -1;
    r->scores = mem_tensor((size_t)items, sizeof *r->scores, err);
    r->place = mem_array((size_t)wanted + 1, sizeof *r->place, err);
    if (!r->scores || !r->place || run->row->score(run->model, &r->person, 1, r->scores, err) != 0)
        return -1;
    r->own = r->scores[item];
    if (!selection || !selection->keep_seen)
        mask_taken(r->scores, run, person);
    r->n = choose(r->scores, run, selection, wanted, r->place, err);
    return r->n < 0 ? -1 : 0;
}

static void ranked_release(struct ranked *r)
{
    free(r->scores);
    free(r->place);
}

static void list(const struct ranked *r, struct llmx_recommendation *top)
{
    for (int i = 0; i < r->n; i++)
        top[i] = (struct llmx_recommendation){
            .item = r->place[i], .rank = i + 1, .score = r->scores[r->place[i]]};
}

/* How often each item was taken, in shares of the most popular one. */
static void count_popularity(const struct llmx_run *run, enum llmx_as_of as_of, float *scores)
{
    const size_t items = (size_t)llmx_data_items(run->data);
    float most = 1;
    memset(scores, 0, items * sizeof *scores);
    for (llmx_id user = 0; user < llmx_data_users(run->data); user++) {
        int n;
        const llmx_id *taken = llmx_data_history(
            run->data, user, as_of == LLMX_AS_OF_TRAIN ? LLMX_TRAIN : LLMX_ALL, &n);
        for (int i = 0; i < n; i++)
            scores[taken[i]]++;
    }
    for (size_t i = 0; i < items; i++)
        most = fmaxf(most, scores[i]);
    for (size_t i = 0; i < items; i++)
        scores[i] /= most;
}

int llmx_recommend_popular(const struct llmx_run *run, enum llmx_as_of as_of,
                           const struct llmx_selection *selection, int k,
                           struct llmx_recommendation *top, struct llmx_error *err)
{
    const llmx_id items = llmx_data_items(run->data);
    const int wanted = k < items ? k : items;
    struct ranked r = {.n = -1};
    if (check_counts(k, 0, err) != 0)
        return -1;
    r.scores = mem_tensor((size_t)items, sizeof *r.scores, err);
    r.place = mem_array((size_t)wanted + 1, sizeof *r.place, err);
    if (r.scores && r.place) {
        count_popularity(run, as_of, r.scores);
        r.n = choose(r.scores, run, selection, wanted, r.place, err);
        list(&r, top);
    }
    ranked_release(&r);
    return r.n;
}

int llmx_recommend(const struct llmx_run *run, const struct llmx_person *person,
                   const struct llmx_selection *selection, int k, int n_evidence,
                   struct llmx_recommendation *top, struct llmx_evidence *evidence,
                   struct llmx_error *err)
{
    struct ranked r = {0};
    int n = -1;
    if (check_counts(k, n_evidence, err) == 0 && rank(&r, run, person, selection, 0, k, err) == 0) {
        n = r.n;
        list(&r, top);
        if (add_evidence(run, &r.person, n, n_evidence, top, evidence, err) != 0)
            n = -1;
    }
    ranked_release(&r);
    return n;
}

/* How many items go before it, by score or, of equal ones, by id. */
static int stand(const struct ranked *r, const struct llmx_data *data, struct llmx_standing *s,
                 struct llmx_error *err)
{
    const llmx_id items = llmx_data_items(data), item = s->item.item;
    const int32_t *order = NULL;
    s->is_ranked = r->scores[item] > -INFINITY;
    for (llmx_id i = 0; i < items; i++) {
        s->n_ranked += r->scores[i] > -INFINITY;
        s->item.rank += r->scores[i] > r->own;
        if (r->scores[i] != r->own || i == item)
            continue;
        if (!order && !(order = data_item_order(data, err)))
            return -1;
        s->item.rank += order[i] < order[item];
    }
    return 0;
}

int llmx_rank_item(const struct llmx_run *run, const struct llmx_person *person,
                   const struct llmx_selection *selection, llmx_id item, int k, int n_evidence,
                   struct llmx_standing *standing, struct llmx_evidence *evidence,
                   struct llmx_error *err)
{
    struct ranked r = {0};
    int result = -1;
    if (check_counts(k, n_evidence, err) == 0 && run_check_item(run, item, err) == 0 &&
        rank(&r, run, person, selection, item, k, err) == 0) {
        struct llmx_standing s = {.item = {.item = item, .rank = 1, .score = r.own}};
        if (stand(&r, run->data, &s, err) == 0 &&
            add_evidence(run, &r.person, 1, n_evidence, &s.item, evidence, err) == 0) {
            s.missing = r.n == k ? r.scores[r.place[k - 1]] - r.own : 0;
            *standing = s;
            result = 0;
        }
    }
    ranked_release(&r);
    return result;
}

int run_place(const struct llmx_run *run, const struct llmx_person *person, llmx_id item,
              float *scores, int *place, struct llmx_error *err)
{
    const struct ranked r = {.scores = scores, .own = scores[item]};
    struct llmx_standing s = {.item = {.item = item, .rank = 1}};
    mask_taken(scores, run, person);
    if (mask_lesser_twins(scores, run, err) != 0 || stand(&r, run->data, &s, err) != 0)
        return -1;
    *place = s.item.rank;
    return 0;
}

int llmx_score_people(const struct llmx_run *run, const struct llmx_person *people, int n,
                      float *scores, struct llmx_error *err)
{
    struct llmx_person *whole = mem_array((size_t)n, sizeof *whole, err);
    int result = whole ? 0 : -1;
    for (int i = 0; result == 0 && i < n; i++)
        result = run_resolve(run, &people[i], &whole[i], err);
    if (result == 0)
        result = run->row->score(run->model, whole, n, scores, err);
    free(whole);
    return result;
}
