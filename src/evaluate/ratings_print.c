/* ratings_print.c - what was found in people's ratings, as tables and as JSON. */
#include "base/file.h"
#include "base/memory.h"
#include "base/plain.h"
#include "base/plain_json.h"
#include "evaluate/ratings.h"
#include "format/jsonl.h"

#include <math.h>
#include <stdlib.h>

#define SIGNIFICANT   0.05
#define COLUMNS_SHOWN 20 /* of a name */
#define RATERS_SHOWN  20 /* those that something is to be said of come first */
#define SHEET_ANSWERS 6  /* on a sheet of fewer, many are alike without anybody's doing */

static const char *const scales[LLMX_SCALES] = {"nominal", "ordinal", "interval"};
static const char *const levels[LEVELS] = {"dataset", "person", "item"};

static const char *name_of(const struct names *names, uint32_t i)
{
    return names_get(names, i, NULL);
}

/* Do more people's sheets repeat another's than not, though there was much to answer? */
static bool sheets_repeat(const struct llmx_ratings *r)
{
    return r->sheets.count >= LLMX_ROWS_FEW &&
           r->systems.count * r->aspects.count >= SHEET_ANSWERS &&
           (uint32_t)r->different_sheets * 2 < r->sheets.count;
}

static bool is_told_of(const struct rater *rater)
{
    return rater->is_alike || rater->is_out_of_line;
}

/* What a reader must know, a sentence each: the i-th into `note`, false when there are no more. */
static bool note_at(const struct llmx_ratings *r, int i, char *note, size_t size)
{
    const bool is[] = {r->n < LLMX_ROWS_FEW, r->n >= LLMX_ROWS_FEW && r->groups < LLMX_ROWS_FEW,
                       r->stray != NULL, sheets_repeat(r)};
    int which = 0;
    for (; which < 4; which++)
        if (is[which] && i-- == 0)
            break;
    if (which == 0)
        plain_snprintf(note, size,
                       "only %zu ratings: the intervals are wide, and should be wider still", r->n);
    else if (which == 1)
        plain_snprintf(note, size,
                       "only %d %s to draw from: the intervals are wide, and should be wider still",
                       r->groups, r->over);
    else if (which == 2)
        plain_snprintf(note, size,
                       "the rating %g in line %ld lies far from all others; --scale refuses what "
                       "cannot be",
                       r->stray->value, r->stray->line);
    else if (which == 3)
        plain_snprintf(note, size,
                       "only %d of %u sheets (what one rater said of one item) differ, and one "
                       "stands %d times, as if copied",
                       r->different_sheets, r->sheets.count, r->common_sheets);
    return which < 4;
}

/* --- JSON --- */

static json_t *real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *json_aspects(const struct llmx_ratings *r)
{
    json_t *aspects = json_object();
    for (uint32_t a = 0; a < r->aspects.count; a++) {
        const struct llmx_agreement *found = &r->agreement[a];
        json_t *alpha = json_object();
        for (int s = 0; s < LLMX_SCALES; s++)
            json_object_set_new(alpha, scales[s], real(found->alpha[s]));
        json_object_set_new(aspects, name_of(&r->aspects, a),
                            json_pack("{s:o, s:i, s:o, s:o, s:i}", "alpha", alpha, "units_pairable",
                                      found->pairable, "icc_2_1", real(found->icc_2_1), "icc_2_k",
                                      real(found->icc_2_k), "units_complete", found->complete));
    }
    return aspects;
}

static json_t *json_systems(const struct llmx_ratings *r)
{
    json_t *systems = json_object();
    for (uint32_t s = 0; s < r->systems.count; s++) {
        json_t *aspects = json_object();
        for (uint32_t a = 0; a < r->aspects.count; a++) {
            const struct sample *sample = &r->samples[s * r->aspects.count + a];
            json_object_set_new(aspects, name_of(&r->aspects, a),
                                json_pack("{s:i, s:o, s:o, s:o}", "n", sample->n, "mean",
                                          real(sample->interval.mean), "low",
                                          real(sample->interval.low), "high",
                                          real(sample->interval.high)));
        }
        json_object_set_new(systems, name_of(&r->systems, s), aspects);
    }
    return systems;
}

static json_t *json_tests(const struct llmx_ratings *r)
{
    json_t *tests = json_array();
    for (size_t t = 0; t < r->n_tests; t++) {
        const struct pair_test *test = &r->tests[t];
        json_array_append_new(tests, json_pack("{s:s, s:s, s:s, s:i, s:f, s:f, s:f, s:f, s:f, s:f}",
                                               "aspect", name_of(&r->aspects, test->aspect),
                                               "first", name_of(&r->systems, test->first), "second",
                                               name_of(&r->systems, test->second), "n", test->n,
                                               "difference", test->difference.mean, "low",
                                               test->difference.low, "high", test->difference.high,
                                               "p", test->p, "p_holm", test->holm,
                                               "p_benjamini_hochberg", test->hochberg));
    }
    return tests;
}

static json_t *json_raters(const struct llmx_ratings *r)
{
    json_t *raters = json_object();
    for (uint32_t i = 0; i < r->raters.count; i++) {
        const struct rater *rater = &r->by_rater[i];
        json_object_set_new(
            raters, name_of(&r->raters, i),
            json_pack("{s:i, s:f, s:f, s:f, s:i, s:o, s:o, s:b, s:b}", "n", rater->n, "mean",
                      rater->mean, "common_value", rater->common_value, "common_share",
                      rater->common_share, "shared", rater->shared, "difference",
                      real(rater->difference), "with_others", real(rater->with_others),
                      "answers_alike", rater->is_alike, "out_of_line", rater->is_out_of_line));
    }
    return raters;
}

static json_t *json_coefficient(double mean, double low, double high)
{
    return json_pack("{s:o, s:o, s:o}", "value", real(mean), "low", real(low), "high", real(high));
}

static json_t *json_level(const struct level_agreement *level)
{
    const struct llmx_correlation *mean = &level->mean, *low = &level->low, *high = &level->high;
    return json_pack("{s:i, s:i, s:o, s:o, s:o}", "n", level->n, "used", level->used, "pearson",
                     json_coefficient(mean->pearson, low->pearson, high->pearson), "spearman",
                     json_coefficient(mean->spearman, low->spearman, high->spearman),
                     "kendall_tau_b", json_coefficient(mean->kendall, low->kendall, high->kendall));
}

static json_t *json_figures(const struct llmx_ratings *r)
{
    json_t *figures = json_object();
    for (uint32_t f = 0; f < r->figures.count; f++) {
        json_t *aspects = json_object();
        for (uint32_t a = 0; a < r->aspects.count; a++) {
            const struct figure_agreement *found = &r->by_figure[f * r->aspects.count + a];
            json_t *by_level = json_object();
            for (int l = 0; l < LEVELS; l++)
                json_object_set_new(by_level, levels[l], json_level(&found->level[l]));
            json_object_set_new(aspects, name_of(&r->aspects, a), by_level);
        }
        json_object_set_new(figures, name_of(&r->figures, f), aspects);
    }
    return figures;
}

static json_t *json_notes(const struct llmx_ratings *r)
{
    char note[300];
    json_t *notes = json_array();
    for (int i = 0; note_at(r, i, note, sizeof note); i++)
        json_array_append_new(notes, json_string(note));
    return notes;
}

static int print_json(const struct llmx_ratings *r, FILE *f, struct llmx_error *err)
{
    const struct llmx_resampling *how = &r->options.resampling;
    json_t *object = json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:I, s:i, s:i, s:s, s:i, s:i, s:I, s:o, s:o, s:o, s:o, s:o}",
        "view", "ratings", "ratings", (json_int_t)r->n, "missing", (json_int_t)r->missing, "raters",
        (json_int_t)r->raters.count, "items", (json_int_t)r->items.count, "sheets",
        (json_int_t)r->sheets.count, "sheets_different", r->different_sheets, "sheets_most_alike",
        r->common_sheets, "intervals_over", r->over, "groups", r->groups, "resamples",
        how->resamples, "seed", (json_int_t)how->seed, "notes", json_notes(r), "aspects",
        json_aspects(r), "systems", json_systems(r), "tests", json_tests(r), "by_rater",
        json_raters(r));
    if (r->figures.count > 0)
        json_object_set_new(object, "figures", json_figures(r));
    const bool failed = !object || plain_json_dumpf(object, f, JSON_INDENT(2)) != 0;
    fputc('\n', f);
    json_decref(object);
    return failed ? err_set(err, LLMX_BAD_INPUT,
                            "cannot write JSON: memory is out, or a name is not UTF-8")
                  : 0;
}

/* --- tables --- */

/* A name in a column of so many characters, cut where it is longer. */
static void put_name(const char *name, FILE *f)
{
    int shown = 0;
    for (; *name && shown < COLUMNS_SHOWN; shown++) {
        do
            fputc(*name++, f);
        while (((unsigned char)*name & 0xC0) == 0x80);
    }
    fprintf(f, "%*s", COLUMNS_SHOWN + 2 - shown, "");
}

static void put_number(double value, int width, FILE *f)
{
    if (isnan(value))
        fprintf(f, "%*s", width, "-");
    else
        plain_fprintf(f, "%*.3f", width, value);
}

static void table_of_means(const struct llmx_ratings *r, FILE *f)
{
    fprintf(f, "\n%-22s%-22s%7s%9s%20s\n", "system", "aspect", "n", "mean", "95 % interval");
    for (uint32_t s = 0; s < r->systems.count; s++)
        for (uint32_t a = 0; a < r->aspects.count; a++) {
            const struct sample *sample = &r->samples[s * r->aspects.count + a];
            if (sample->n == 0)
                continue;
            put_name(name_of(&r->systems, s), f);
            put_name(name_of(&r->aspects, a), f);
            plain_fprintf(f, "%7d%9.3f%10.3f ..%7.3f\n", sample->n, sample->interval.mean,
                          sample->interval.low, sample->interval.high);
        }
}

static void table_of_agreement(const struct llmx_ratings *r, FILE *f)
{
    fprintf(f, "\nDo raters agree?       %22s%31s\n", "Krippendorff's alpha", "intraclass");
    fprintf(f, "%-22s%9s%9s%9s%8s%10s%10s%8s\n", "aspect", scales[0], scales[1], scales[2], "units",
            "ICC(2,1)", "ICC(2,k)", "units");
    for (uint32_t a = 0; a < r->aspects.count; a++) {
        const struct llmx_agreement *found = &r->agreement[a];
        put_name(name_of(&r->aspects, a), f);
        for (int s = 0; s < LLMX_SCALES; s++)
            put_number(found->alpha[s], 9, f);
        fprintf(f, "%8d", found->pairable);
        put_number(found->icc_2_1, 10, f);
        put_number(found->icc_2_k, 10, f);
        fprintf(f, "%8d\n", found->complete);
    }
}

static void put_rater(const struct llmx_ratings *r, uint32_t i, FILE *f)
{
    const struct rater *rater = &r->by_rater[i];
    put_name(name_of(&r->raters, i), f);
    plain_fprintf(f, "%7d%9.3f%8.3g (%3.0f %%)%8d", rater->n, rater->mean, rater->common_value,
                  100 * rater->common_share, rater->shared);
    put_number(rater->difference, 9, f);
    put_number(rater->with_others, 9, f);
    fprintf(f, "%s%s\n", rater->is_alike ? "  answers alike" : "",
            rater->is_out_of_line ? "  out of line" : "");
}

static void table_of_raters(const struct llmx_ratings *r, FILE *f)
{
    int shown = 0, all = 0;
    fprintf(f, "\n%-22s%7s%9s%16s%8s%9s%9s\n", "rater", "n", "mean", "commonest", "shared",
            "- others", "~ others");
    for (int told = 1; told >= 0; told--)
        for (uint32_t i = 0; i < r->raters.count; i++) {
            const struct rater *rater = &r->by_rater[i];
            if (is_told_of(rater) != told)
                continue;
            all++;
            if (!told && shown >= RATERS_SHOWN)
                continue;
            put_rater(r, i, f);
            shown++;
        }
    if (all > shown)
        fprintf(f, "and %d more, of whom nothing is to be said\n", all - shown);
}

static void table_of_tests(const struct llmx_ratings *r, FILE *f)
{
    if (r->n_tests == 0)
        return;
    fprintf(f, "\nIs the second system rated higher, by the same people for the same items?\n");
    fprintf(f, "%-22s%-22s%-22s%6s%9s%18s%8s%8s\n", "aspect", "first", "second", "n", "second -",
            "95 % interval", "p Holm", "p B.-H.");
    for (size_t t = 0; t < r->n_tests; t++) {
        const struct pair_test *test = &r->tests[t];
        put_name(name_of(&r->aspects, test->aspect), f);
        put_name(name_of(&r->systems, test->first), f);
        put_name(name_of(&r->systems, test->second), f);
        plain_fprintf(f, "%6d%+8.3f%+9.3f ..%+7.3f%8.4f%8.4f%s\n", test->n, test->difference.mean,
                      test->difference.low, test->difference.high, test->holm, test->hochberg,
                      test->holm < SIGNIFICANT ? " *" : "");
    }
    fprintf(f, "p by permutation, corrected for %zu tests; * below .05 after Holm\n", r->n_tests);
}

static void table_of_figures(const struct llmx_ratings *r, FILE *f)
{
    if (r->figures.count == 0)
        return;
    fprintf(f, "\nDo automatic figures agree with people?\n%-22s%-22s%-8s%7s%9s%9s%9s%20s\n",
            "figure", "aspect", "within", "used", "Pearson", "Spearman", "tau-b", "95 % interval");
    for (uint32_t i = 0; i < r->figures.count * r->aspects.count; i++)
        for (int l = 0; l < LEVELS; l++) {
            const struct figure_agreement *found = &r->by_figure[i];
            const struct level_agreement *level = &found->level[l];
            put_name(l == 0 ? name_of(&r->figures, found->figure) : "", f);
            put_name(l == 0 ? name_of(&r->aspects, found->aspect) : "", f);
            fprintf(f, "%-8s%7d", levels[l], level->used);
            put_number(level->mean.pearson, 9, f);
            put_number(level->mean.spearman, 9, f);
            put_number(level->mean.kendall, 9, f);
            put_number(level->low.kendall, 10, f);
            fputs(isnan(level->low.kendall) ? "   " : " ..", f);
            put_number(level->high.kendall, 7, f);
            fputc('\n', f);
        }
    if (r->unrated > 0)
        fprintf(f, "%zu lines of figures are of what was not rated\n", r->unrated);
}

static void print_tables(const struct llmx_ratings *r, FILE *f)
{
    char note[300];
    plain_fprintf(f,
                  "%zu ratings (%zu missing) from %g to %g: %u raters, %u items, %u systems, %u "
                  "aspects\n",
                  r->n, r->missing, r->least, r->most, r->raters.count, r->items.count,
                  r->systems.count, r->aspects.count);
    for (int i = 0; note_at(r, i, note, sizeof note); i++)
        fprintf(f, "Note: %s.\n", note);
    table_of_means(r, f);
    table_of_agreement(r, f);
    table_of_raters(r, f);
    table_of_tests(r, f);
    table_of_figures(r, f);
    fprintf(f, "\nIntervals by bootstrap of %d resamples over %d %s, seed %llu\n",
            r->options.resampling.resamples, r->groups, r->over,
            (unsigned long long)r->options.resampling.seed);
}

int llmx_ratings_print(const struct llmx_ratings *ratings, FILE *stream, int is_json,
                       struct llmx_error *err)
{
    if (!is_json)
        print_tables(ratings, stream);
    else if (print_json(ratings, stream, err) != 0)
        return -1;
    return ferror(stream) ? err_system(err, "cannot write what the ratings say") : 0;
}
