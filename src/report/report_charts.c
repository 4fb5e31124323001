/* report_charts.c - curves of two views: how much of the evidence texts cite, how far the score falls without it. */
#include "report/report.h"
#include "report/report_grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHARTS_MANY 2 /* more than so many are folded */
#define RECALLS     3

/* ---- recall of the evidence ---- */

static bool is_akin(const struct report_view *a, const struct report_view *b)
{
    return report_stem(a->name) > 0 && report_same_stem(a->name, b->name);
}

/* Has every view another of its stem? Then a stem is what was explained (data, recommender), and has a chart of its own. */
static bool is_of_stems(const struct report_group *group)
{
    for (int i = 0; i < group->n; i++) {
        bool is_alone = true;
        for (int k = 0; k < group->n; k++)
            is_alone &= k == i || !is_akin(group->view[i], group->view[k]);
        if (is_alone)
            return false;
    }
    return true;
}

/* The views with those that are akin next to each other, else in their order. */
static void put_akin_together(struct report_group *group)
{
    for (int i = 0, end; i < group->n; i = end) {
        end = i + 1;
        for (int k = i + 1; k < group->n; k++) {
            const struct report_view *view = group->view[k];
            if (!is_akin(group->view[i], view))
                continue;
            memmove(&group->view[end + 1], &group->view[end],
                    (size_t)(k - end) * sizeof(struct report_view *));
            group->view[end++] = view;
        }
    }
}

struct curve {
    double y[RECALLS], low[RECALLS], high[RECALLS];
};

static struct chart_series recalls_of(const struct report_view *view, const char *name,
                                      struct curve *c)
{
    static const double k[RECALLS] = {1, 3, 5};
    static const char *const keys[RECALLS] = {"recall_at_1", "recall_at_3", "recall_at_5"};
    for (int i = 0; i < RECALLS; i++)
        grid_figure(json_object_get(view->figures, keys[i]), &c->y[i], &c->low[i], &c->high[i]);
    return (struct chart_series){.name = name,
                                 .x = k,
                                 .y = c->y,
                                 .n = RECALLS,
                                 .is_marked = true,
                                 .low = c->low,
                                 .high = c->high};
}

/* One chart of views from `first` on, of one stem where they have some; returns how many, or -1. */
static int put_recalls(struct report *report, const struct report_group *group, int first,
                       bool is_split, struct llmx_error *err)
{
    const struct report_view *const *view = (const struct report_view *const *)group->view + first;
    const size_t stem = is_split ? report_stem(view[0]->name) : 0;
    struct curve curve[CHART_SERIES_MAX];
    struct chart_series series[CHART_SERIES_MAX];
    int n = 0;
    while (first + n < group->n && n < CHART_SERIES_MAX &&
           (!is_split || is_akin(view[0], view[n]))) {
        series[n] = recalls_of(view[n], view[n]->name + (is_split ? stem + 1 : 0), &curve[n]);
        n++;
    }
    const char *title = arena_printf(&report->arena, err, "Recall of the evidence%s%.*s",
                                     is_split ? ", " : "", (int)stem, view[0]->name);
    if (!title)
        return -1;
    report_put_chart(report, &(struct chart){title, "first so many of the evidence",
                                             "share that is cited", series, n});
    return n;
}

static int put_all_recalls(struct report *report, struct report_group *group,
                           struct llmx_error *err)
{
    const bool is_split = is_of_stems(group), is_folded = group->n > CHARTS_MANY * CHART_SERIES_MAX;
    FILE *f = report->f;
    if (is_split)
        put_akin_together(group);
    if (is_folded)
        fputs("<details class=\"long\"><summary>Recall of the evidence, in charts</summary>\n<div "
              "class=\"figures\">\n",
              f);
    for (int i = 0, n; i < group->n; i += n)
        if ((n = put_recalls(report, group, i, is_split, err)) < 0)
            return -1;
    if (is_folded)
        fputs("</div>\n</details>\n", f);
    return 0;
}

/* ---- deleted evidence ---- */

#define DELETERS 4

static double deleted_of(const struct report_view *view)
{
    const json_t *deleted = json_object_get(view->figures, "deleted");
    return json_is_number(deleted) ? json_number_value(deleted) : NAN;
}

static const char *model_of(const struct report_view *view)
{
    const char *model = json_string_value(json_object_get(view->figures, "model"));
    return model ? model : "";
}

static int by_deleted(const void *a, const void *b)
{
    const double x = deleted_of(*(const struct report_view *const *)a),
                 y = deleted_of(*(const struct report_view *const *)b);
    return (x > y) - (x < y);
}

static bool has_same(const struct report_view *a, const struct report_view *b, const char *key)
{
    const json_t *its = json_object_get(a->figures, key), *other = json_object_get(b->figures, key);
    return its ? other && json_equal(its, other) : !other;
}

/* Are they of one model and data set, and of as many people? Views of old have no fingerprint. */
static bool is_alike(const struct report_view *a, const struct report_view *b)
{
    return has_same(a, b, "model") && has_same(a, b, "fingerprint") && has_same(a, b, "users");
}

/* Do they make a curve: views no two of which deleted as much? */
static bool is_curve(const struct report_view *const *views, int n)
{
    for (int i = 0; i < n; i++)
        if (!isfinite(deleted_of(views[i])) ||
            (i > 0 && deleted_of(views[i]) <= deleted_of(views[i - 1])))
            return false;
    return n > 1;
}

/* What the data of a view are called: as the run of them on the page calls them, else by their fingerprint; "": not known. */
static const char *data_of(const struct report *report, const struct report_view *view)
{
    const json_t *fingerprint = json_object_get(view->figures, "fingerprint");
    for (int i = 0; i < report->n_runs; i++)
        if (json_equal(fingerprint, json_object_get(report->run[i].data, "fingerprint")))
            return report_data_name(&report->run[i]);
    return json_is_string(fingerprint) ? json_string_value(fingerprint) : "";
}

/* The model, and of views of it that are not of one chart what tells them apart: the data, and how many people it was tested with.
 * NULL: no memory */
static const char *name_deletions(struct report *report, const struct report_group *group,
                                  const struct report_view *view, struct llmx_error *err)
{
    bool has_others = false, has_people = false;
    for (int i = 0; i < group->n; i++) {
        const struct report_view *other = group->view[i];
        const bool is_of_model = has_same(other, view, "model"),
                   is_of_data = has_same(other, view, "fingerprint");
        has_others |= is_of_model && !is_of_data;
        has_people |= is_of_model && is_of_data && !has_same(other, view, "users");
    }
    const char *data = has_others ? data_of(report, view) : "",
               *name = arena_printf(&report->arena, err, "%s%s%s", model_of(view),
                                    *data ? ", " : "", data);
    return name && has_people
               ? arena_printf(&report->arena, err, "%s, %g people", name,
                              json_number_value(json_object_get(view->figures, "users")))
               : name;
}

/* How far the score falls without the first so many of the evidence, and without others. */
static int put_deletions(struct report *report, const char *name,
                         const struct report_view *const *views, int n, struct llmx_error *err)
{
    static const char *const keys[DELETERS] = {"evidence", "random", "recent", "similar"};
    struct arena *arena = &report->arena;
    struct chart_series series[DELETERS];
    double *x = arena_array(arena, (size_t)n, sizeof *x, err);
    const char *title = arena_printf(arena, err, "How far the score falls without them, %s", name);
    if (!x || !title)
        return -1;
    for (int i = 0; i < n; i++)
        x[i] = deleted_of(views[i]);
    for (int s = 0; s < DELETERS; s++) {
        double *y = arena_array(arena, 3 * (size_t)n, sizeof *y, err);
        if (!y)
            return -1;
        for (int i = 0; i < n; i++)
            grid_figure(
                json_object_get(json_object_get(views[i]->figures, keys[s]), "comprehensiveness"),
                &y[i], &y[n + i], &y[2 * n + i]);
        series[s] = (struct chart_series){.name = keys[s],
                                          .x = x,
                                          .y = y,
                                          .n = n,
                                          .is_marked = true,
                                          .low = y + n,
                                          .high = y + 2 * n};
    }
    report_put_chart(report, &(struct chart){title, "history items deleted", "standard deviations",
                                             series, DELETERS});
    return 0;
}

/* A curve of each model, on one data set, that is tested with several lengths. */
static int put_all_deletions(struct report *report, const struct report_group *group,
                             struct llmx_error *err)
{
    const struct report_view **views =
        arena_array(&report->arena, (size_t)group->n, sizeof *views, err);
    if (!views)
        return -1;
    for (int i = 0; i < group->n; i++) {
        int n = 0, before = 0;
        for (int k = 0; k < group->n; k++)
            if (is_alike(group->view[k], group->view[i])) {
                views[n++] = group->view[k];
                before += k < i;
            }
        qsort(views, (size_t)n, sizeof *views, by_deleted);
        if (before > 0 || !is_curve(views, n))
            continue;
        const char *name = name_deletions(report, group, views[0], err);
        if (!name || put_deletions(report, name, views, n, err) != 0)
            return -1;
    }
    return 0;
}

int report_put_charts(struct report *report, struct report_group *group, struct llmx_error *err)
{
    if (strcmp(group->kind, "faithfulness") == 0)
        return put_all_recalls(report, group, err);
    if (strcmp(group->kind, "evidence-test") == 0)
        return put_all_deletions(report, group, err);
    return 0;
}
