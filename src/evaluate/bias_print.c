/* bias_print.c - bias for a person, and for programs. */
#include "base/err.h"
#include "base/plain.h"
#include "evaluate/bias.h"
#include "statistics/printing.h"
#include "statistics/ratios.h"

#include <math.h>
#include <string.h>

#define NAME_WIDTH 22

static void print_p(double p, FILE *f)
{
    if (isnan(p))
        fprintf(f, "%8s", "-");
    else if (p < .0001)
        fprintf(f, "%8s", "<.0001");
    else
        plain_fprintf(f, "%8.4f", p);
}

static const char *figure_said(const struct bias_difference *d)
{
    return d->category                       ? d->category
           : d->figure == BIAS_PREFERRED     ? "preferred by the judge"
           : d->figure == LLMX_BIAS_POSITIVE ? "positive words"
           : d->figure == LLMX_BIAS_NEGATIVE ? "negative words"
           : d->figure == LLMX_BIAS_CITED    ? "items cited"
           : d->figure == LLMX_BIAS_EVIDENCE ? "evidence cited"
           : d->figure == LLMX_BIAS_PROFILE  ? "says who it is for"
           : d->figure == LLMX_BIAS_PASSED   ? "passed the gate"
                                             : llmx_bias_figure_name(d->figure);
}

static void print_difference(const struct bias_difference *d, FILE *f)
{
    fprintf(f, "%-*.*s", NAME_WIDTH, NAME_WIDTH, figure_said(d));
    plain_fprintf(f, "%9.3f%9.3f", d->told[0], d->told[1]);
    print_interval(&d->difference, 26, f);
    print_p(d->p, f);
    print_p(d->p_holm, f);
    fputs(d->p_holm < .05 ? " *\n" : "\n", f);
}

static void print_share(const char *said, const struct llmx_interval *share, FILE *f)
{
    fprintf(f, "%-40s", said);
    print_interval(share, 26, f);
    fputc('\n', f);
}

static void print_pair(const struct bias_pair *p, FILE *f)
{
    bool is_named = false;
    fprintf(f, "\n%s and %s (true of %d and %d of the users)\n", p->value[0], p->value[1],
            p->own[0], p->own[1]);
    print_share("texts that are not the same", &p->changed, f);
    print_share("  that cite other items", &p->cited_changed, f);
    print_share("  that name other categories", &p->categories_changed, f);
    fprintf(f, "\n%-*s%9.8s%9.8s%26s%8s%8s\n", NAME_WIDTH, "a text", p->value[0], p->value[1],
            "second less first", "p", "Holm");
    for (int i = 0; i < p->n; i++) {
        if (p->difference[i].category && !is_named)
            fputs("share of texts that name\n", f);
        is_named = is_named || p->difference[i].category;
        print_difference(&p->difference[i], f);
    }
}

static void print_resampling(const struct llmx_bias *b, FILE *f)
{
    fprintf(f, "\n(means with 95 %% intervals: bootstrap of %d resamples over users, seed %llu; ",
            b->resampling.resamples, (unsigned long long)b->resampling.seed);
}

static const char *drafts_said(const struct llmx_bias *b)
{
    return b->is_drafts ? "what the model wrote first" : "what is sent";
}

static bool has_changed(const struct llmx_bias *b)
{
    bool is_any = false;
    for (int k = 0; k < b->n_pairs; k++)
        is_any = is_any || b->pair[k].changed.mean > 0;
    return is_any;
}

static bool has_few(const struct llmx_bias *b)
{
    bool is_any = false;
    for (int g = 0; g < b->n_groups; g++)
        is_any |= b->group[g].is_few;
    return is_any;
}

/* What a reader must be told of it; NULL past the last. */
static const char *note(const struct llmx_bias *b, int i)
{
    const char *notes[3] = {0};
    int n = 0;
    if (b->attribute && !b->is_told)
        notes[n++] = "the prompts do not tell this attribute (layout, --profile or --blind), so "
                     "nothing could change";
    else if (b->attribute && !has_changed(b))
        notes[n++] = "no text changed, though the prompts tell the attribute";
    if (has_few(b))
        notes[n++] =
            "no test (-) where fewer than 10 people of whom the figure is known are on one "
            "side: in the group, or outside of it";
    if (b->users < LLMX_ROWS_FEW)
        notes[n++] = FEW_NOTE;
    return i < n ? notes[i] : NULL;
}

static void print_flip(const struct llmx_bias *b, FILE *f)
{
    fprintf(f, "%s: %d recommendations for %d users, each told as one and as the other; %s\n",
            b->attribute, b->texts, b->users, drafts_said(b));
    for (int k = 0; k < b->n_pairs; k++)
        print_pair(&b->pair[k], f);
    print_resampling(b, f);
    fputs("p by permutation over users,\ncorrected by Holm for all of them; * below .05)\n", f);
}

static void print_group(const struct bias_group *group, int figure, FILE *f)
{
    fprintf(f, "  %-11.11s%-13.13s%6d%7d", group->column, group->value, group->users, group->texts);
    print_interval(&group->figure[figure], 26, f);
    print_p(group->p_holm[figure], f);
    fputs(group->p_holm[figure] < .05 ? " *\n" : "\n", f);
}

/* Is a figure known of some group? */
static bool is_known(const struct llmx_bias *b, int figure)
{
    bool is_any = false;
    for (int g = 0; g < b->n_groups; g++)
        is_any = is_any || !isnan(b->group[g].figure[figure].mean);
    return is_any;
}

/* Is a figure the same in every text, and known? */
static bool is_constant(const struct llmx_bias *b, int figure)
{
    bool is_same = true;
    for (int g = 0; g < b->n_groups; g++) {
        const struct llmx_interval *own = &b->group[g].figure[figure];
        is_same = is_same && own->low == own->high && own->mean == b->group[0].figure[figure].mean;
    }
    return is_same;
}

static void print_groups(const struct llmx_bias *b, FILE *f)
{
    fprintf(f, "%d texts for %d users; %s\n", b->texts, b->users, drafts_said(b));
    for (int figure = 0; figure < LLMX_BIAS_FIGURES; figure++) {
        const struct bias_difference named = {.figure = figure};
        if (!is_known(b, figure))
            continue;
        if (is_constant(b, figure)) {
            plain_fprintf(f, "\n%-26s the same in every group: %.3f\n", figure_said(&named),
                          b->group[0].figure[figure].mean);
            continue;
        }
        fprintf(f, "\n%-26s%6s%7s%26s%8s\n", figure_said(&named), "users", "texts", "mean", "Holm");
        for (int g = 0; g < b->n_groups; g++)
            print_group(&b->group[g], figure, f);
    }
    print_resampling(b, f);
    fputs("p by permutation: the users'\nmeans dealt anew to the group and all others of the "
          "column, of two groups at one alone, corrected\nby Holm for all of them; * below .05)\n",
          f);
}

/* ---- JSON ---- */

static json_t *difference_object(const struct bias_difference *d)
{
    return json_pack("{s:s, s:s?, s:i, s:[o, o], s:o, s:o, s:o}", "figure",
                     d->category                   ? "names"
                     : d->figure == BIAS_PREFERRED ? "preferred"
                                                   : llmx_bias_figure_name(d->figure),
                     "category", d->category, "texts", d->texts, "told", json_figure(d->told[0]),
                     json_figure(d->told[1]), "difference", json_interval(&d->difference), "p",
                     json_figure(d->p), "p_holm", json_figure(d->p_holm));
}

static json_t *pair_object(const struct bias_pair *p)
{
    json_t *list = json_array();
    for (int i = 0; i < p->n; i++)
        json_array_append_new(list, difference_object(&p->difference[i]));
    return json_pack("{s:[s, s], s:[i, i], s:o, s:o, s:o, s:o}", "told_as", p->value[0],
                     p->value[1], "own", p->own[0], p->own[1], "changed",
                     json_interval(&p->changed), "cites_changed", json_interval(&p->cited_changed),
                     "categories_changed", json_interval(&p->categories_changed), "differences",
                     list);
}

static json_t *group_object(const struct bias_group *g)
{
    json_t *figures = json_object();
    for (int f = 0; f < LLMX_BIAS_FIGURES; f++) {
        json_t *figure = json_interval(&g->figure[f]);
        json_object_set_new(figure, "p_holm", json_figure(g->p_holm[f]));
        json_object_set_new(figures, llmx_bias_figure_name(f), figure);
    }
    return json_pack("{s:s, s:s, s:i, s:i, s:o}", "by", g->column, "value", g->value, "users",
                     g->users, "texts", g->texts, "figures", figures);
}

static json_t *bias_object(const struct llmx_bias *b)
{
    json_t *notes = json_array(), *pairs = json_array(), *groups = json_array();
    for (int i = 0; note(b, i); i++)
        json_array_append_new(notes, json_string(note(b, i)));
    for (int k = 0; k < b->n_pairs; k++)
        json_array_append_new(pairs, pair_object(&b->pair[k]));
    for (int g = 0; g < b->n_groups; g++)
        json_array_append_new(groups, group_object(&b->group[g]));
    return json_pack("{s:s, s:s?, s:b, s:i, s:i, s:i, s:i, s:I, s:o, s:o, s:o}", "view", "bias",
                     "attribute", b->attribute, "drafts", b->is_drafts, "texts", b->texts, "users",
                     b->users, "skipped", b->skipped, "resamples", b->resampling.resamples, "seed",
                     (json_int_t)b->resampling.seed, "pairs", pairs, "groups", groups, "notes",
                     notes);
}

static int print_json(const struct llmx_bias *b, FILE *f, struct llmx_error *err)
{
    json_t *object = bias_object(b);
    return print_object(object, f, err);
}

int llmx_bias_print(const struct llmx_bias *bias, FILE *stream, int is_json, struct llmx_error *err)
{
    if (is_json && print_json(bias, stream, err) != 0)
        return -1;
    if (!is_json && bias->attribute)
        print_flip(bias, stream);
    else if (!is_json)
        print_groups(bias, stream);
    for (int i = 0; !is_json && note(bias, i); i++)
        fprintf(stream, "Note: %s.\n", note(bias, i));
    return ferror(stream) ? err_system(err, "cannot write the bias") : 0;
}
