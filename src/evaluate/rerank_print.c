/* rerank_print.c - what a language model adds to a recommender, for a person and for programs. */
#include "base/err.h"
#include "base/plain.h"
#include "llmxrec/rerank.h"
#include "statistics/printing.h"
#include "statistics/ratios.h"

#include <stdbool.h>

static void print_row(const char *said, const struct llmx_interval *ndcg,
                      const struct llmx_bootstrap *gain, FILE *f)
{
    plain_fprintf(f, "%-26s%8.4f [%7.4f,%7.4f]", said, ndcg->mean, ndcg->low, ndcg->high);
    if (gain)
        plain_fprintf(f, "%+10.4f [%+7.4f,%+7.4f]%9.4f", gain->interval.mean, gain->interval.low,
                      gain->interval.high, gain->p);
    fputc('\n', f);
}

static const char *finding(const struct llmx_rerank *r)
{
    if (r->weight == 0)
        return "No weight helps on the validation part: the recommender's order stays";
    if (r->gain.interval.low > 0)
        return "The blend ranks better than the recommender";
    if (r->gain.interval.high < 0)
        return "The blend ranks worse than the recommender";
    return "Whether the blend ranks better cannot be told from these users";
}

static void print_table(const struct llmx_rerank *r, FILE *f)
{
    fprintf(f,
            "%s: its best %d ranked anew by their titles' likelihood after the latest %d of the "
            "history; NDCG@10\n\nvalidation, %d users%*s\n",
            r->model, r->candidates, r->history, r->users_valid, 14, "weight");
    plain_fprintf(f, "%-26s%8.4f\n", "recommender", r->valid_before);
    for (int form = 0; form < LLMX_TITLE_FORMS; form++)
        plain_fprintf(f, "with the title's %-9s%8.4f%8.2f%s\n",
                      llmx_title_form_name((enum llmx_title_form)form), r->valid_best[form],
                      r->valid_weight[form],
                      r->weight > 0 && form == (int)r->form ? "   chosen" : "");
    fprintf(f, "\ntest, %d users%*s%27s%9s\n", r->users_test, 33, "95 % interval", "better by",
            "p");
    print_row("recommender", &r->before, NULL, f);
    print_row("blend", &r->after, &r->gain, f);
    print_row("language model alone", &r->alone, &r->gain_alone, f);
    plain_fprintf(f, "%-26s%8.4f   with what is found among the candidates on top\n", "at most",
                  r->findable);
    fprintf(f, "\n%s. Paired bootstrap of %d resamples over users, seed %llu\n", finding(r),
            r->resampling.resamples, (unsigned long long)r->resampling.seed);
    if (r->users_test < LLMX_ROWS_FEW)
        fprintf(f, "Note: %s.\n", FEW_NOTE);
}

static json_t *gain_object(const struct llmx_bootstrap *gain)
{
    json_t *object = json_interval(&gain->interval);
    json_object_set_new(object, "p", json_figure(gain->p));
    return object;
}

static json_t *valid_object(const struct llmx_rerank *r)
{
    json_t *object = json_pack("{s:i, s:f, s:f}", "users", r->users_valid, "before",
                               r->valid_before, "after", r->valid_after);
    for (int form = 0; form < LLMX_TITLE_FORMS; form++)
        json_object_set_new(
            object, llmx_title_form_name((enum llmx_title_form)form),
            json_pack("{s:f, s:f}", "best", r->valid_best[form], "weight", r->valid_weight[form]));
    return object;
}

static int print_json(const struct llmx_rerank *r, FILE *f, struct llmx_error *err)
{
    json_t *test = json_pack("{s:i, s:o, s:o, s:o, s:o, s:o, s:f}", "users", r->users_test,
                             "before", json_interval(&r->before), "after", json_interval(&r->after),
                             "alone", json_interval(&r->alone), "gain", gain_object(&r->gain),
                             "gain_alone", gain_object(&r->gain_alone), "findable", r->findable);
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:i, s:i, s:s, s:f, s:o, s:o, s:s, s:i, s:I, s:o}", "view",
                  "rerank", "model", r->model, "metric", "ndcg@10", "candidates", r->candidates,
                  "history", r->history, "form", llmx_title_form_name(r->form), "weight", r->weight,
                  "valid", valid_object(r), "test", test, "finding", finding(r), "resamples",
                  r->resampling.resamples, "seed", (json_int_t)r->resampling.seed, "notes",
                  r->users_test < LLMX_ROWS_FEW ? json_pack("[s]", FEW_NOTE) : json_array());
    return print_object(object, f, err);
}

int llmx_rerank_print(const struct llmx_rerank *result, FILE *stream, int is_json,
                      struct llmx_error *err)
{
    if (!is_json)
        print_table(result, stream);
    else if (print_json(result, stream, err) != 0)
        return -1;
    return ferror(stream) ? err_system(err, "cannot write what reranking gives") : 0;
}
