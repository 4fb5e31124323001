/* faithfulness_print.c - faithfulness for a person, and for programs. */
#include "base/err.h"
#include "base/plain.h"
#include "evaluate/faithfulness.h"
#include "statistics/printing.h"
#include "statistics/ratios.h"

#include <math.h>

static void print_figure(const struct llmx_interval *i, int digits, FILE *f)
{
    if (isnan(i->mean))
        fprintf(f, "%28s", "-");
    else
        plain_fprintf(f, "%10.*f [%7.*f,%7.*f]", digits, i->mean, digits, i->low, digits, i->high);
}

static void print_cuts(const struct llmx_faithfulness *r, FILE *f)
{
    static const char *const said[LLMX_CUTS] = {"what is cited", "evidence", "most recent",
                                                "most popular", "random"};
    fprintf(f, "%-15s%28s%28s\n", "deleted", "the score falls by", "the item falls by places");
    for (int d = 0; d < LLMX_CUTS; d++) {
        fprintf(f, "%-15s", said[d]);
        print_figure(&r->score[d], 3, f);
        print_figure(&r->places[d], 1, f);
        fputs(d == LLMX_CUT_EVIDENCE ? "   the best possible\n" : "\n", f);
    }
    fputs("\nwhat is cited takes more along than\n", f);
    for (int d = LLMX_CUT_RECENT; d < LLMX_CUTS; d++) {
        fprintf(f, "%-15s", said[d]);
        print_figure(&r->score_gain[d], 3, f);
        print_figure(&r->places_gain[d], 1, f);
        fputc('\n', f);
    }
}

static void print_share(const struct llmx_interval *i, const char *said, FILE *f)
{
    print_figure(i, 3, f);
    fprintf(f, "   %s\n", said);
}

static void print_table(const struct llmx_faithfulness *r, FILE *f)
{
    static const char *const recalls[LLMX_RECALLS] = {
        "recall at 1: the first of the evidence is cited",
        "recall at 3: share of the first 3 that is", "recall at 5: share of the first 5 that is"};
    fprintf(f,
            "%s: %d texts for %d users; what a text cites is deleted from the history, or as much "
            "else\n(score in standard deviations of a user's scores; 95 %% intervals)\n\n",
            r->model, r->texts, r->users);
    print_cuts(r, f);
    fputc('\n', f);
    print_share(&r->share, "of the fall that the evidence makes, what is cited makes", f);
    print_share(&r->precision, "precision: share of what is cited that is evidence", f);
    for (int k = 0; k < LLMX_RECALLS; k++)
        print_share(&r->recall[k], recalls[k], f);
    fprintf(f,
            "\n%d items cited, %d of which the recommender did not know of the user. Deletions: of "
            "%d texts; %d cite\nnothing of the history, %d all of it. Random: mean of %d draws. "
            "Bootstrap of %d resamples over users, seed %llu\n",
            r->cited, r->foreign, r->measured, r->uncited, r->exhaustive, r->draws,
            r->resampling.resamples, (unsigned long long)r->resampling.seed);
    if (r->users < LLMX_ROWS_FEW)
        fprintf(f, "Note: %s.\n", FEW_NOTE);
}

static json_t *cuts_object(const struct llmx_interval *score, const struct llmx_interval *places,
                           int first)
{
    static const char *const keys[LLMX_CUTS] = {"cited", "evidence", "recent", "popular", "random"};
    json_t *object = json_object();
    for (int d = first; d < LLMX_CUTS; d++)
        json_object_set_new(object, keys[d],
                            json_pack("{s:o, s:o}", "score", json_interval(&score[d]), "places",
                                      json_interval(&places[d])));
    return object;
}

static int print_json(const struct llmx_faithfulness *r, FILE *f, struct llmx_error *err)
{
    json_t *notes = json_array(),
           *object = json_pack("{s:s, s:s, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:I}",
                               "view", "faithfulness", "model", r->model, "texts", r->texts,
                               "users", r->users, "skipped", r->skipped, "measured", r->measured,
                               "uncited", r->uncited, "exhaustive", r->exhaustive, "cited",
                               r->cited, "foreign", r->foreign, "draws", r->draws, "resamples",
                               r->resampling.resamples, "seed", (json_int_t)r->resampling.seed);
    char key[32];
    json_object_set_new(object, "falls", cuts_object(r->score, r->places, 0));
    json_object_set_new(object, "gains",
                        cuts_object(r->score_gain, r->places_gain, LLMX_CUT_RECENT));
    json_object_set_new(object, "share_of_evidence", json_interval(&r->share));
    json_object_set_new(object, "precision", json_interval(&r->precision));
    for (int k = 0; k < LLMX_RECALLS; k++) {
        plain_snprintf(key, sizeof key, "recall_at_%d", citation_recalls[k]);
        json_object_set_new(object, key, json_interval(&r->recall[k]));
    }
    if (r->users < LLMX_ROWS_FEW)
        json_array_append_new(notes, json_string(FEW_NOTE));
    json_object_set_new(object, "notes", notes);
    return print_object(object, f, err);
}

int llmx_faithfulness_print(const struct llmx_faithfulness *result, FILE *stream, int is_json,
                            struct llmx_error *err)
{
    if (!is_json)
        print_table(result, stream);
    else if (print_json(result, stream, err) != 0)
        return -1;
    return ferror(stream) ? err_system(err, "cannot write the faithfulness") : 0;
}
