#include "run/deletion.h"

#include "base/err.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int deletion_score(const struct llmx_run *run, const struct llmx_person *person,
                   const unsigned char *is_kept, int n, float *scores, struct llmx_error *err)
{
    const size_t history = (size_t)person->n, parts = (size_t)n;
    struct llmx_person *people = mem_array(1 + parts, sizeof *people, err);
    llmx_id *kept = mem_array(parts * history, sizeof *kept, err);
    int result = -1;
    if (people && kept) {
        people[0] = (struct llmx_person){.user = -1, .history = person->history, .n = person->n};
        for (size_t p = 0; p < parts; p++) {
            llmx_id *items = kept + p * history;
            people[1 + p] = (struct llmx_person){.user = -1, .history = items};
            for (size_t i = 0; i < history; i++)
                if (is_kept[p * history + i])
                    items[people[1 + p].n++] = person->history[i];
        }
        result = run->row->score(run->model, people, 1 + n, scores, err);
    }
    free(people);
    free(kept);
    return result;
}

double deletion_unit(const float *scores, llmx_id n)
{
    double sum = 0, squares = 0;
    for (llmx_id i = 0; i < n; i++) {
        sum += (double)scores[i];
        squares += (double)scores[i] * (double)scores[i];
    }
    const double mean = sum / n, variance = squares / n - mean * mean;
    return variance > 0 ? sqrt(variance) : 1;
}

/* is_kept (history): all but the items that are left out. */
static int mark_kept(unsigned char *is_kept, const struct llmx_run *run,
                     const struct llmx_person *person, const llmx_id *left_out, int n,
                     struct llmx_error *err)
{
    memset(is_kept, 1, (size_t)person->n);
    for (int i = 0; i < n; i++) {
        bool is_there = false;
        for (int j = 0; j < person->n; j++)
            if (person->history[j] == left_out[i]) {
                is_kept[j] = 0;
                is_there = true;
            }
        if (run_check_item(run, left_out[i], err) != 0)
            return -1;
        if (!is_there)
            return err_set(err, LLMX_NOT_FOUND, "item '%s' is not in the history",
                           llmx_data_item_token(run->data, left_out[i]));
    }
    return 0;
}

int llmx_score_without(const struct llmx_run *run, const struct llmx_person *person, llmx_id item,
                       const llmx_id *left_out, int n, float *whole, float *rest,
                       struct llmx_error *err)
{
    const size_t items = (size_t)llmx_data_items(run->data);
    struct llmx_person p;
    int result = -1;
    if (run_check_item(run, item, err) != 0 || run_resolve(run, person, &p, err) != 0)
        return -1;
    unsigned char *is_kept = mem_array((size_t)p.n, 1, err);
    float *scores = mem_tensor(2 * items, sizeof *scores, err);
    if (is_kept && scores && mark_kept(is_kept, run, &p, left_out, n, err) == 0 &&
        deletion_score(run, &p, is_kept, 1, scores, err) == 0) {
        *whole = scores[item];
        *rest = scores[items + (size_t)item];
        result = 0;
    }
    free(is_kept);
    free(scores);
    return result;
}
