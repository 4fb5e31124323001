/* attributes_print.c - guesses at hidden attributes for a person, and for programs. */
#include "base/err.h"
#include "base/plain.h"
#include "evaluate/attribute_panel.h"
#include "statistics/printing.h"
#include "statistics/ratios.h"

#include <string.h>

#define CONSTANT_SHARE 0.9 /* of answers alike that make a guesser constant */
#define CLASSES_SHOWN  3

enum verdict { VERDICT_NONE, VERDICT_CONSTANT, VERDICT_WORSE, VERDICT_NO_BETTER };
static const char *const verdict_names[] = {NULL, "a constant guess",
                                            "less often right than the majority",
                                            "no more often right than the majority"};

/* What is to be said of a guess in words; the majority itself needs none. */
static enum verdict verdict_of(const struct guess *g)
{
    const struct llmx_interval *above = &g->scores.above_majority;
    if (strncmp(g->name, "majority", 8) == 0)
        return VERDICT_NONE;
    if (g->scores.commonest_share >= CONSTANT_SHARE)
        return VERDICT_CONSTANT;
    return above->high < 0 ? VERDICT_WORSE : above->low <= 0 ? VERDICT_NO_BETTER : VERDICT_NONE;
}

/* ---- for a person ---- */

/* The first few classes of the answer that is given most. */
static void print_commonest(const struct panel *p, const struct guess *g, FILE *f)
{
    int n = 0;
    for (int k = 0; k < attribute_classes(&p->attribute); k++) {
        if (!g->scores.commonest[k])
            continue;
        if (n < CLASSES_SHOWN)
            fprintf(f, "%s%s", n == 0 ? "" : ", ", attribute_class(&p->attribute, k));
        n++;
    }
    if (n == 0)
        fputs("none of them", f);
    if (n > CLASSES_SHOWN)
        fprintf(f, " and %d more", n - CLASSES_SHOWN);
}

static void print_guess(const struct panel *p, const struct guess *g, FILE *f)
{
    const enum attribute_kind kind = p->attribute.kind;
    const enum verdict verdict = verdict_of(g);
    fprintf(f, "  %-20s", g->name);
    print_interval(kind == ATTRIBUTE_MULTI ? &g->scores.row_f1 : &g->scores.accuracy, 24, f);
    print_interval(&g->scores.macro_f1, 24, f);
    if (kind == ATTRIBUTE_ORDINAL)
        print_interval(&g->scores.error, 24, f);
    if (kind == ATTRIBUTE_MULTI)
        plain_fprintf(f, "%16.3f", g->scores.accuracy.mean);
    plain_fprintf(f, "%8d  %3.0f %% ", g->scores.unparsable, 100 * g->scores.commonest_share);
    print_commonest(p, g, f);
    if (verdict != VERDICT_NONE)
        fprintf(f, "\n      (%s)", verdict_names[verdict]);
    fputc('\n', f);
}

static void print_panel(const struct panel *p, FILE *f)
{
    static const char *const kinds[] = {"one of", "one in order of", "any of"};
    const struct attribute *a = &p->attribute;
    fprintf(f, "\n%s of %s: %s %d, %zu asked", a->name, a->side == LLMX_USERS ? "users" : "items",
            kinds[a->kind], attribute_classes(a), p->n_asked);
    if (p->n_learnt > 0)
        fprintf(f, ", learnt from %zu others", p->n_learnt);
    fputc('\n', f);
    fprintf(f, "  %-20s%24s%24s", "", a->kind == ATTRIBUTE_MULTI ? "F1 of a row" : "accuracy",
            "macro-F1");
    if (a->kind == ATTRIBUTE_ORDINAL)
        fprintf(f, "%24s", "off by, steps");
    if (a->kind == ATTRIBUTE_MULTI)
        fprintf(f, "%16s", "exactly right");
    fprintf(f, "%8s  %s\n", "unread", "answered most");
    for (int i = 0; i < p->n; i++)
        print_guess(p, &p->guess[i], f);
}

/* Does some panel ask about too few? */
static bool is_few(const struct llmx_attributes *all)
{
    for (int i = 0; i < all->n; i++)
        if (all->panel[i].n_asked < LLMX_ROWS_FEW)
            return true;
    return false;
}

static void print_table(const struct llmx_attributes *all, FILE *f)
{
    if (all->is_of_texts)
        fprintf(f, "%d texts: what they carry\n", all->texts);
    else
        fputs("Hidden, and guessed from the rest\n", f);
    for (int i = 0; i < all->n; i++)
        print_panel(&all->panel[i], f);
    fprintf(f, "(95 %% intervals: bootstrap of %d resamples over users%s, seed %llu)\n",
            all->resampling.resamples, all->is_of_texts ? "" : ", or over items",
            (unsigned long long)all->resampling.seed);
    if (is_few(all))
        fprintf(f, "Note: %s.\n", FEW_NOTE);
}

/* ---- for programs ---- */

static json_t *json_classes(const struct panel *p, const unsigned char *has)
{
    json_t *list = json_array();
    for (int k = 0; k < attribute_classes(&p->attribute); k++)
        if (!has || has[k])
            json_array_append_new(list, json_string(attribute_class(&p->attribute, k)));
    return list;
}

static void put_multi(json_t *object, const struct attribute_scores *s)
{
    json_object_set_new(object, "mean_row_f1", json_interval(&s->row_f1));
    json_object_set_new(object, "mean_row_jaccard", json_figure(s->row_jaccard));
    json_object_set_new(object, "micro_f1", json_figure(s->micro_f1));
    json_object_set_new(object, "micro_precision", json_figure(s->micro_precision));
    json_object_set_new(object, "micro_recall", json_figure(s->micro_recall));
}

static void put_ordinal(json_t *object, const struct attribute_scores *s)
{
    json_object_set_new(object, "mean_absolute_error", json_interval(&s->error));
    json_object_set_new(object, "within_one", json_figure(s->within_one));
    json_object_set_new(object, "parsable_rows", json_integer(s->parsable));
    json_object_set_new(object, "parsable_mean_absolute_error", json_figure(s->parsable_error));
    json_object_set_new(object, "parsable_quadratic_kappa", json_figure(s->parsable_kappa));
    json_object_set_new(object, "parsable_kendall_tau_b", json_figure(s->parsable_tau));
}

static json_t *guess_object(const struct panel *p, const struct guess *g)
{
    const enum attribute_kind kind = p->attribute.kind;
    const struct attribute_scores *s = &g->scores;
    json_t *f1 = json_object();
    for (int k = 0; k < attribute_classes(&p->attribute); k++)
        json_object_set_new(f1, attribute_class(&p->attribute, k), json_figure(s->f1[k]));
    json_t *object = json_pack(
        "{s:o, s:o, s:o, s:i, s:o, s:o}", kind == ATTRIBUTE_MULTI ? "exact_match" : "accuracy",
        json_interval(&s->accuracy), "macro_f1", json_interval(&s->macro_f1), "above_majority",
        json_interval(&s->above_majority), "unparsable", s->unparsable, "answered_most",
        json_classes(p, s->commonest), "answered_most_share", json_figure(s->commonest_share));
    const char *verdict = verdict_names[verdict_of(g)];
    json_object_set_new(object, "verdict", verdict ? json_string(verdict) : json_null());
    if (kind == ATTRIBUTE_MULTI)
        put_multi(object, s);
    if (kind == ATTRIBUTE_ORDINAL)
        put_ordinal(object, s);
    json_object_set_new(object, "f1", f1);
    return object;
}

static json_t *panel_object(const struct panel *p)
{
    static const char *const kinds[] = {"single", "ordinal", "multi"};
    const struct attribute *a = &p->attribute;
    json_t *guesses = json_object();
    for (int i = 0; i < p->n; i++)
        json_object_set_new(guesses, p->guess[i].name, guess_object(p, &p->guess[i]));
    return json_pack("{s:s, s:s, s:o, s:I, s:I, s:o}", "of",
                     a->side == LLMX_USERS ? "users" : "items", "kind", kinds[a->kind], "classes",
                     json_classes(p, NULL), "asked", (json_int_t)p->n_asked, "learnt",
                     (json_int_t)p->n_learnt, "guesses", guesses);
}

static int print_json(const struct llmx_attributes *all, FILE *f, struct llmx_error *err)
{
    json_t *attributes = json_object(), *notes = json_array();
    for (int i = 0; i < all->n; i++)
        json_object_set_new(attributes, all->panel[i].attribute.name, panel_object(&all->panel[i]));
    if (is_few(all))
        json_array_append_new(notes, json_string(FEW_NOTE));
    json_t *object =
        json_pack("{s:s, s:s, s:i, s:i, s:i, s:I, s:o, s:o}", "view", "attributes", "from",
                  all->is_of_texts ? "explanations" : "data", "texts", all->texts, "skipped",
                  all->skipped, "resamples", all->resampling.resamples, "seed",
                  (json_int_t)all->resampling.seed, "attributes", attributes, "notes", notes);
    return print_object(object, f, err);
}

int llmx_attributes_print(const struct llmx_attributes *all, FILE *stream, int is_json,
                          struct llmx_error *err)
{
    if (!is_json)
        print_table(all, stream);
    else if (print_json(all, stream, err) != 0)
        return -1;
    return ferror(stream) ? err_system(err, "cannot write the attributes") : 0;
}
