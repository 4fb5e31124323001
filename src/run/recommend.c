/* recommend.c - the top of the list for one person, or the standing of one item in it, with what carried each. */
#include "base/err.h"
#include "base/memory.h"
#include "kernel/topk.h"
#include "run/run.h"

#include <math.h>
#include <stdlib.h>

/* The largest positive contributions of one recommendation. `place` (n) is scratch. */
static int choose_evidence(const struct llmx_person *person, const float *contributions,
                           int n_evidence, int32_t *place, struct llmx_evidence *evidence)
{
    int n = topk(contributions, person->n, n_evidence < person->n ? n_evidence : person->n, place),
        kept = 0;
    for (int i = 0; i < n && contributions[place[i]] > 0; i++)
        evidence[kept++] =
            (struct llmx_evidence){person->history[place[i]], contributions[place[i]]};
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
        top[i].n_evidence = choose_evidence(person, contributions + (size_t)i * history, n_evidence,
                                            place, top[i].evidence);
    }
    result = 0;
done:
    free(items);
    free(contributions);
    free(place);
    return result;
}

/* The scores of what is not selected become -INFINITY. */
static void mask(float *scores, llmx_id items, const struct llmx_selection *selection,
                 const llmx_id *taken, int n_taken)
{
    const int keeps_seen = selection && selection->keep_seen;
    const unsigned char *is_left_out = selection ? selection->is_left_out : NULL;
    for (int i = 0; i < n_taken && !keeps_seen; i++)
        scores[taken[i]] = -INFINITY;
    for (llmx_id i = 0; i < items && is_left_out; i++)
        if (is_left_out[i])
            scores[i] = -INFINITY;
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
    int32_t *place;            /* (n) best first */
    int n;
    float own; /* score of the item that is asked about, selected or not */
};

/* The best k of what is selected. Release also after a failure. */
static int rank(struct ranked *r, const struct llmx_run *run, const struct llmx_person *person,
                const struct llmx_selection *selection, llmx_id item, int k, struct llmx_error *err)
{
    const llmx_id items = llmx_data_items(run->data);
    const int wanted = k < items ? k : items;
    const llmx_id *taken;
    int n_taken;
    *r = (struct ranked){0};
    if (run_resolve(run, person, &r->person, err) != 0)
        return -1;
    r->scores = mem_tensor((size_t)items, sizeof *r->scores, err);
    r->place = mem_array((size_t)wanted, sizeof *r->place, err);
    if (!r->scores || !r->place || run->row->score(run->model, &r->person, 1, r->scores, err) != 0)
        return -1;
    taken = run_taken(run, &r->person, &n_taken);
    r->own = r->scores[item];
    mask(r->scores, items, selection, taken, n_taken);
    r->n = topk(r->scores, items, wanted, r->place);
    return 0;
}

static void ranked_release(struct ranked *r)
{
    free(r->scores);
    free(r->place);
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
        for (int i = 0; i < n; i++)
            top[i] = (struct llmx_recommendation){
                .item = r.place[i], .rank = i + 1, .score = r.scores[r.place[i]]};
        if (add_evidence(run, &r.person, n, n_evidence, top, evidence, err) != 0)
            n = -1;
    }
    ranked_release(&r);
    return n;
}

int llmx_rank_item(const struct llmx_run *run, const struct llmx_person *person,
                   const struct llmx_selection *selection, llmx_id item, int k, int n_evidence,
                   struct llmx_standing *standing, struct llmx_evidence *evidence,
                   struct llmx_error *err)
{
    const llmx_id items = llmx_data_items(run->data);
    struct ranked r = {0};
    int result = -1;
    if (check_counts(k, n_evidence, err) == 0 && run_check_item(run, item, err) == 0 &&
        rank(&r, run, person, selection, item, k, err) == 0) {
        struct llmx_standing s = {.item = {.item = item, .rank = 1, .score = r.own}};
        for (llmx_id i = 0; i < items; i++) {
            s.n_ranked += r.scores[i] > -INFINITY;
            s.item.rank += r.scores[i] > r.own || (r.scores[i] == r.own && i < item);
        }
        s.is_ranked = r.scores[item] > -INFINITY;
        s.missing = r.n == k ? r.scores[r.place[k - 1]] - r.own : 0;
        result = add_evidence(run, &r.person, 1, n_evidence, &s.item, evidence, err);
        if (result == 0)
            *standing = s;
    }
    ranked_release(&r);
    return result;
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
