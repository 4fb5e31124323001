/* report_headline.c - the figures on top of the page. */
#include "base/plain.h"
#include "format/html.h"
#include "llmxrec/statistics.h"
#include "report/report_figures.h"
#include "report/report_grid.h"

#include <math.h>
#include <string.h>

#define CARDS_MAX 4 /* of a kind; where there are more, one says from where to where they go */

/* ---- cards ---- */

static void begin_card(FILE *f, const struct headline *h, const char *css)
{
    fputs("<li><a href=\"#", f);
    if (strcmp(h->kind, "ranking") == 0)
        fputs(h->kind, f);
    else
        report_put_kind_id(f, h->kind);
    html_put(f, "\"><span class=\"question\">%s</span> <strong class=\"%s\">", h->question, css);
}

static void put_interval(FILE *f, const struct headline *h, const struct figure *x)
{
    const bool has_interval = figures_has_interval(x);
    if (!has_interval && !(x->n > 0))
        return;
    fputs(" <span class=\"interval\">", f);
    if (has_interval) {
        fputs("95&nbsp;%: ", f);
        figures_put_interval(f, h->unit, x);
    }
    if (x->n > 0 && x->of_what) {
        fputs(has_interval ? "; of " : "of ", f);
        fputs(x->n < LLMX_ROWS_FEW ? "only " : "", f);
        grid_put_count(f, x->n);
        html_put(f, " %s", x->of_what);
    }
    fputs("</span>", f);
}

/* What takes the figure back, in part or whole. */
static void put_but(FILE *f, const struct headline *h, const struct figure *x)
{
    const json_t *one;
    size_t i;
    json_array_foreach(x->but, i, one)
    {
        fputs(i == 0 ? " <span class=\"but\">" : ", ", f);
        html_put(f, "%s%s", i == 0 ? h->but_said : "",
                 json_is_string(one) ? json_string_value(one) : "");
    }
    fputs(json_array_size(x->but) > 0 ? "</span>" : "", f);
}

static void put_card(FILE *f, const struct headline *h, const struct figure *x)
{
    const struct figures one = {.figure = (struct figure *)x, .n = 1};
    double from, to;
    begin_card(f, h, "one");
    figures_put_number(f, h->unit, x->value);
    html_put(f,
             "</strong> <span class=\"said\">%s</span> <span class=\"name\"><bdi>%s</bdi></span>",
             h->said, x->name);
    put_interval(f, h, x);
    put_but(f, h, x);
    figures_scale(&one, h->unit, &from, &to);
    if (figures_has_interval(x))
        grid_put_strip(f, x->value, x->low, x->high, from, to);
    fputs("</a></li>\n", f);
}

/* From where to where many go, which are the ends, and all of them as dots on a line. */
static void put_span(FILE *f, const struct headline *h, const struct figures *all)
{
    const struct figure *least = all->figure, *most = all->figure;
    double from, to;
    for (size_t i = 0; i < all->n; i++) {
        least = all->figure[i].value < least->value ? &all->figure[i] : least;
        most = all->figure[i].value > most->value ? &all->figure[i] : most;
    }
    begin_card(f, h, "many");
    figures_put_number(f, h->unit, least->value);
    fputs("<span class=\"to\"> to </span>", f);
    figures_put_number(f, h->unit, most->value);
    html_put(f,
             "</strong> <span class=\"said\">%s</span> <span class=\"name\">%zu figures, least "
             "<bdi>%s</bdi>, most <bdi>%s</bdi></span>",
             h->said, all->n, least->name, most->name);
    figures_scale(all, h->unit, &from, &to);
    grid_put_rail(f, from, to);
    for (size_t i = 0; i < all->n; i++)
        plain_fprintf(f, "<circle class=\"one\" cx=\"%.1f\" cy=\"6\" r=\"3\"/>",
                      grid_place(all->figure[i].value, from, to));
    fputs("</svg></a></li>\n", f);
}

static void put_cards(FILE *f, const struct headline *h, const struct figures *all)
{
    if (all->n > CARDS_MAX)
        put_span(f, h, all);
    for (size_t i = 0; i < all->n && all->n <= CARDS_MAX; i++)
        put_card(f, h, &all->figure[i]);
}

/* ---- the best runs ---- */

/* NDCG of the first places, and how many they are; -1: it ranks nothing. */
static double ndcg_of(const struct report_run *run, const char **length)
{
    const json_t *ndcg =
        json_object_get(report_first_places(report_test_part(run), length), "ndcg");
    return json_is_number(ndcg) ? json_number_value(ndcg) : -1;
}

/* Is it better than all others with lists of its length on the same data, and is there another? */
static bool is_best(const struct report *report, int i, bool *is_only)
{
    const struct report_run *run = &report->run[i];
    const char *length, *its;
    const double ndcg = ndcg_of(run, &length);
    bool is = ndcg >= 0;
    *is_only = true;
    for (int k = 0; k < report->n_runs; k++) {
        const struct report_run *other = &report->run[k];
        const double others = ndcg_of(other, &its);
        if (!is || k == i || others < 0 || strcmp(length, its) != 0 ||
            strcmp(report_setting(other, "data"), report_setting(run, "data")) != 0)
            continue;
        *is_only = false;
        is = others < ndcg || (others <= ndcg && k > i);
    }
    return is;
}

/* The best run of each data set, and of each length of lists. */
static int put_best_runs(struct report *report, struct llmx_error *err)
{
    for (int i = 0; i < report->n_runs; i++) {
        const struct report_run *run = &report->run[i];
        const json_t *test = report_test_part(run), *at;
        const char *length = "";
        struct figure x = {.name = run->name, .of_what = "people"};
        bool is_only;
        if (!is_best(report, i, &is_only))
            continue;
        at = report_first_places(test, &length);
        x.n = (double)json_integer_value(json_object_get(test, "users"));
        const char *said = arena_printf(
            &report->arena, err, "of people find what was held out among their first %s%s", length,
            is_only ? "" : ", with the run of these data that has the best NDCG");
        if (!said)
            return -1;
        const struct headline h = {
            "ranking", "Does it find what people like?", "", said, NULL, "people", UNIT_SHARE, NULL,
            NULL};
        if (report_hits(test, at, &x.value, &x.low, &x.high))
            put_card(report->f, &h, &x);
    }
    return 0;
}

static int put_kind(struct report *report, const struct headline *h, struct llmx_error *err)
{
    struct figures all = {0};
    struct report_group group;
    int status = report_group_of(report, h->kind, &group, err);
    if (status == 0)
        status = figures_find(&all, h, &group, &report->arena, err);
    if (status == 0)
        put_cards(report->f, h, &all);
    figures_release(&all);
    return status;
}

int report_put_headline(struct report *report, struct llmx_error *err)
{
    fputs("<section id=\"headline\">\n<h2>At a glance</h2>\n<ul class=\"cards\">\n", report->f);
    int status = put_best_runs(report, err);
    for (int i = 0; status == 0 && figures_headline(i); i++)
        status = put_kind(report, figures_headline(i), err);
    fputs("</ul>\n</section>\n", report->f);
    return status;
}
