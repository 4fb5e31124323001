/* report_ranges.c - the headline figures of one kind side by side: each with its interval, all on one scale. */
#include "base/plain.h"
#include "format/html.h"
#include "report/report_figures.h"
#include "report/report_grid.h"

#include <string.h>

#define RANGES_MANY 60 /* rows, from which on they are folded */

static void put_range(FILE *f, const struct headline *h, const struct figure *x, bool is_apart,
                      double from, double to)
{
    fputs(is_apart ? "<tr class=\"apart\">" : "<tr>", f);
    html_put(f, "<th scope=\"row\"><bdi>%s</bdi></th>", x->name);
    plain_fprintf(f, "<td class=\"n\" data-v=\"%.9g\"><span class=\"value\">", x->value);
    figures_put_number(f, h->unit, x->value);
    fputs("</span>", f);
    if (figures_has_interval(x)) {
        fputs(" <span class=\"interval\">", f);
        figures_put_interval(f, h->unit, x);
        fputs("</span>", f);
    }
    plain_fprintf(f, "</td><td class=\"track\" style=\"--value:%.4f",
                  grid_share(x->value, from, to));
    if (figures_has_interval(x))
        plain_fprintf(f, ";--low:%.4f;--high:%.4f", grid_share(x->low, from, to),
                      grid_share(x->high, from, to));
    fputs("\"></td></tr>\n", f);
}

static void put_scale_end(FILE *f, enum figure_unit unit, double value, double at)
{
    plain_fprintf(f, "<span style=\"--at:%.4f\">", at);
    figures_put_number(f, unit, value);
    fputs("</span>", f);
}

static void put_ranges(FILE *f, const struct headline *h, const struct figures *all)
{
    double from, to;
    figures_scale(all, h->unit, &from, &to);
    html_put(f,
             "<div class=\"scroll wide\" role=\"region\" tabindex=\"0\" aria-label=\"%s\">\n<table "
             "class=\"sortable ranges%s\" style=\"--zero:%.4f\">\n<caption>%s <small>%s</small>"
             "</caption>\n<thead><tr><th scope=\"col\" class=\"t\">name</th><th scope=\"col\" "
             "class=\"n\">value</th><th scope=\"col\" class=\"track\">",
             h->question, from >= 0 && to <= 1 && h->unit == UNIT_SHARE ? " shares" : "",
             grid_share(0, from, to), h->question, h->said);
    put_scale_end(f, h->unit, from, 0);
    if (from < 0 && to > 0)
        put_scale_end(f, h->unit, 0, grid_share(0, from, to));
    put_scale_end(f, h->unit, to, 1);
    fputs("</th></tr></thead>\n<tbody>\n", f);
    for (size_t i = 0; i < all->n; i++)
        put_range(f, h, &all->figure[i],
                  i > 0 && !report_same_stem(all->figure[i - 1].name, all->figure[i].name), from,
                  to);
    fputs("</tbody>\n</table>\n</div>\n", f);
}

int report_put_ranges(struct report *report, const struct report_group *group,
                      struct llmx_error *err)
{
    const struct headline *h = NULL;
    struct figures all = {0};
    int status = 0;
    for (int i = 0; status == 0 && all.n == 0 && (h = figures_headline(i)); i++)
        if (strcmp(h->kind, group->kind) == 0 && h->unit != UNIT_COUNT)
            status = figures_find(&all, h, group, &report->arena, err);
    if (status == 0 && all.n > RANGES_MANY)
        html_put(report->f, "<details class=\"long\"><summary>%s %zu rows</summary>\n", h->question,
                 all.n);
    if (status == 0 && all.n > 1)
        put_ranges(report->f, h, &all);
    if (status == 0 && all.n > RANGES_MANY)
        fputs("</details>\n", report->f);
    figures_release(&all);
    return status;
}
