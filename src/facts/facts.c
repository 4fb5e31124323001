#include "base/memory.h"
#include "facts/pick.h"

#include <stdlib.h>
#include <string.h>

#define CANDIDATES 4
#define ABOUT_SAME .6 /* of the largest contribution */
#define AT_WORST                                                                                   \
    5 /* candidates, whatever they carried, where there is no reason among the others */

static int make_sets(struct llmx_facts *f, struct llmx_error *err)
{
    if (user_sets_make(&f->took, f->data, OPINION_NONE, err) != 0)
        return -1;
    if (!f->data->opinion)
        return 0;
    if (memchr(f->data->opinion, OPINION_NONE, f->data->interactions) &&
        user_sets_make(&f->rated, f->data, OPINION_RATED, err) != 0)
        return -1;
    return user_sets_make(&f->liked, f->data, OPINION_LIKED, err);
}

static void count_people(struct llmx_facts *f)
{
    double squares = 0, all = 0;
    for (llmx_id u = 0; u < llmx_data_users(f->data); u++) {
        int n;
        llmx_data_history(f->data, u, LLMX_TRAIN, &n);
        f->people += n > 0;
    }
    for (llmx_id item = 0; item < llmx_data_items(f->data); item++) {
        const double n = user_sets_of(&f->took, item).n;
        squares += n * n;
        all += n;
    }
    f->usual = squares / all;
}

int llmx_facts_open(struct llmx_facts **facts, const struct llmx_data *data, struct llmx_error *err)
{
    struct llmx_facts *f = mem_array(1, sizeof *f, err);
    if (!f)
        return -1;
    f->data = data;
    f->twins = *data_twins(data, true);
    if (make_sets(f, err) != 0 || item_values_make(&f->values, data, err) != 0) {
        llmx_facts_close(f);
        return -1;
    }
    count_people(f);
    *facts = f;
    return 0;
}

void llmx_facts_close(struct llmx_facts *f)
{
    if (!f)
        return;
    user_sets_release(&f->took);
    user_sets_release(&f->rated);
    user_sets_release(&f->liked);
    item_values_release(&f->values);
    free(f);
}

static int check_row(llmx_id row, llmx_id n, const char *what, struct llmx_error *err)
{
    return row >= 0 && row < n
               ? 0
               : err_set(err, LLMX_NOT_FOUND, "the data have no %s %d: 0 to %d", what, row, n - 1);
}

static int check_rows(const struct llmx_data *data, const struct llmx_person *person,
                      const struct llmx_recommendation *r, struct llmx_error *err)
{
    const llmx_id items = llmx_data_items(data);
    if (check_row(r->item, items, "item", err) != 0 ||
        (person->user >= 0 && check_row(person->user, llmx_data_users(data), "user", err) != 0))
        return -1;
    for (int i = 0; i < r->n_evidence; i++)
        if (check_row(r->evidence[i].item, items, "item", err) != 0)
            return -1;
    for (int i = 0; i < person->n && person->history; i++)
        if (check_row(person->history[i], items, "item", err) != 0)
            return -1;
    return 0;
}

/* The evidence that can be told: not the item itself under another id, and nothing twice. */
static void take_evidence(struct pick *p, const struct llmx_recommendation *r)
{
    const struct twins *twins = &p->facts->twins;
    for (int i = 0; i < r->n_evidence && p->n_evidence < EVIDENCE_MAX; i++) {
        bool is_told = twins_are_one(twins, r->evidence[i].item, p->item);
        for (int k = 0; k < p->n_evidence; k++)
            is_told = is_told || twins_are_one(twins, r->evidence[i].item, p->evidence[k].item);
        if (!is_told)
            p->evidence[p->n_evidence++] = r->evidence[i];
    }
    while (p->n_candidates < p->n_evidence && p->n_candidates < CANDIDATES &&
           (double)p->evidence[p->n_candidates].contribution >=
               ABOUT_SAME * (double)p->evidence[0].contribution)
        p->n_candidates++;
}

int llmx_facts_of(const struct llmx_facts *facts, const struct llmx_person *person,
                  const struct llmx_recommendation *recommendation, struct llmx_fact *fact,
                  struct llmx_telling *telling, struct llmx_error *err)
{
    struct pick pick = {.facts = facts,
                        .user = person->user,
                        .item = recommendation->item,
                        .history = person->history,
                        .n_history = person->n};
    struct findings found = {.fact = fact};
    struct llmx_telling told;
    if (check_rows(facts->data, person, recommendation, err) != 0)
        return -1;
    if (!pick.history && pick.user >= 0)
        pick.history = llmx_data_history(facts->data, pick.user,
                                         person->as_of == LLMX_AS_OF_TRAIN ? LLMX_TRAIN : LLMX_ALL,
                                         &pick.n_history);
    take_evidence(&pick, recommendation);
    pick_find(&pick, &found);
    if (!pick_choose_evidence(&pick, &found, &told) && pick.n_candidates < AT_WORST &&
        pick.n_candidates < pick.n_evidence) {
        pick.n_candidates = pick.n_evidence < AT_WORST ? pick.n_evidence : AT_WORST;
        pick_find(&pick, &found);
        pick_choose_evidence(&pick, &found, &told);
    }
    pick_choose_facts(&pick, &found, &told);
    if (telling)
        *telling = told;
    return found.n;
}
