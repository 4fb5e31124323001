/* report_views.c - the sections of views. What is known of one is its name and a sentence on what it means; its tables are
 * what its JSON holds. */
#include "base/text.h"
#include "evaluate/report.h"
#include "evaluate/report_grid.h"
#include "format/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LONG_TEXT 40 /* bytes of a text that says something, rather than names it */

static const struct view_kind {
    const char *name, *heading, *lead;
} kinds[] = {
    {"judge compare", "Judge: which reasons are preferred",
     "A judge reads two explanations of the same recommendation, in both orders; where the orders "
     "disagree it is a tie. Win ratio: wins of all comparisons; win score: a tie counts half. "
     "Length-controlled: what it would be, were both of a length."},
    {"judge audit", "Can the judge be trusted?",
     "Its verdicts on pairs whose better one is known, beside judges that do not read. One that "
     "does not "
     "beat them has learnt nothing from the texts."},
    {"judge sanity", "Does the judge see what is spoilt?",
     "Good explanations spoilt in known ways, and the share that the judge ranks right in both "
     "orders. Who does not "
     "read is never right, for all are ties; who tosses coins is in a quarter."},
    {"ratings", "People",
     "Means of people's ratings, whether they agree with one another, tests between systems "
     "corrected for "
     "their number, and how well automatic figures agree with people."},
    {"grounding", "Statements that are so",
     "Texts cut into statements, each held to all that is known of the person and the item. "
     "Standard "
     "lets through what cannot be read; strict rejects every word that nothing licenses. The truth "
     "lies between."},
    {"faithfulness", "What texts cite",
     "What a text cites is deleted from the history, and the recommender scores again. The further "
     "the score falls, the more the recommendation rests on it; evidence is the best possible, "
     "random what a guess does."},
    {"evidence-test", "Is the evidence true?",
     "The recommender's evidence is deleted, or alone left, and the recommender scores again. "
     "Comprehensiveness: the score falls without it; higher is better. Sufficiency: it falls with "
     "nothing else; lower "
     "is better. In standard deviations of a person's scores."},
    {"attributes", "Attributes foretold",
     "What a person or an item is, foretold from the rest, beside the majority's and simple "
     "guessers."},
    {"bias", "Bias",
     "The same person with one attribute of the profile changed: how much the explanation changes "
     "with it."},
    {"text-metrics", "Words counted",
     "Likeness to references, variety, and length. They count words: whether a text is true they "
     "do not say."},
    {"rerank", "Does the language model help to rank?",
     "The recommender's score blended with the model's likelihood of the title."},
    {"compare", "Runs against each other",
     "Paired by user: the second run's metrics less the first's."},
    {"evaluate", "Ranking, as measured apart", "Ranking metrics as the command printed them."},
    {"lint", "Lints",
     "What should not be in the data, the runs or the texts, with rows to look at."},
};
#define KINDS ((int)(sizeof kinds / sizeof *kinds))

static const struct view_kind *find_kind(const char *name)
{
    for (int k = 0; k < KINDS; k++)
        if (strcmp(kinds[k].name, name) == 0)
            return &kinds[k];
    return NULL;
}

static bool is_given(const struct report *report, const char *kind, int n)
{
    for (int v = 0; v < n; v++)
        if (strcmp(report->view[v].kind, kind) == 0)
            return true;
    return false;
}

const char *report_kind_at(const struct report *report, int i)
{
    for (int k = 0; k < KINDS; k++)
        if (is_given(report, kinds[k].name, report->n_views) && i-- == 0)
            return kinds[k].name;
    for (int v = 0; v < report->n_views; v++) {
        const char *kind = report->view[v].kind;
        if (!find_kind(kind) && !is_given(report, kind, v) && i-- == 0)
            return kind;
    }
    return NULL;
}

const char *report_kind_heading(const char *kind)
{
    const struct view_kind *known = find_kind(kind);
    return known ? known->heading : kind;
}

/* No two kinds give the same. */
void report_put_kind_id(FILE *f, const char *kind)
{
    static const char plain[] = "-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    fputs("view-", f);
    for (; *kind; kind++) {
        const unsigned char c = (unsigned char)*kind;
        if (c == ' ')
            fputc('_', f);
        else if (strchr(plain, c))
            fputc(c, f);
        else
            fprintf(f, ".%02x", c);
    }
}

/* What a table is called, where its key says too little. */
static const struct {
    const char *kind, *key, *caption;
} captions[] = {
    {"judge compare", "systems", "By system"},
    {"judge compare", "matrix", "Win ratio of the row's system over the column's"},
    {"ratings", "aspects", "Do raters agree?"},
    {"ratings", "systems", "Means by system"},
    {"ratings", "tests", "Is the second system rated higher than the first?"},
    {"ratings", "by_rater", "Raters"},
    {"ratings", "figures", "Do automatic figures agree with people?"},
    {"grounding", "failed", "Statements not supported, by what is wrong"},
    {"faithfulness", "falls", "What falls when it is deleted"},
    {"faithfulness", "gains", "What is cited takes more along than"},
    {"compare", "metrics", "Metrics of both, and the second less the first"},
};

static const char *caption_of(const char *kind, const char *key)
{
    for (size_t i = 0; i < sizeof captions / sizeof *captions; i++)
        if (strcmp(captions[i].kind, kind) == 0 && strcmp(captions[i].key, key) == 0)
            return captions[i].caption;
    return key;
}

/* ---- a section ---- */

/* What a key of a view holds. */
enum part { PART_ABOUT, PART_FIGURE, PART_TABLE, PART_NOTES };

/* An object of nothing but intervals. */
static bool is_of_intervals(const json_t *value)
{
    const char *key;
    json_t *child;
    json_object_foreach((json_t *)value, key, child)
    {
        if (!grid_is_interval(child))
            return false;
    }
    return json_object_size(value) > 0;
}

static enum part part_of(const char *key, const json_t *value)
{
    if (strcmp(key, "intervals") == 0)
        return PART_FIGURE;
    if (json_is_array(value))
        return json_is_object(json_array_get(value, 0)) ? PART_TABLE : PART_NOTES;
    if (json_string_length(value) > LONG_TEXT)
        return PART_NOTES;
    if (!grid_is_leaf(value))
        return is_of_intervals(value) ? PART_FIGURE : PART_TABLE;
    return json_is_real(value) || json_is_object(value) || json_is_null(value) ? PART_FIGURE
                                                                               : PART_ABOUT;
}

/* The views of a kind. */
struct group {
    const struct report *report;
    const char *kind;
    int n;
};

static const struct report_view *next_of(const struct group *group, const struct report_view *after)
{
    const struct report_view *view = after ? after + 1 : group->report->view,
                             *end = group->report->view + group->report->n_views;
    while (view < end && strcmp(view->kind, group->kind) != 0)
        view++;
    return view < end ? view : NULL;
}

#define EACH_VIEW(VIEW, GROUP)                                                                     \
    for (const struct report_view *VIEW = NULL; (VIEW = next_of(GROUP, VIEW));)

/* All leaves of one part of a view, or of each view under its name. */
static json_t *leaves_of(const struct group *group, enum part part)
{
    json_t *all = json_object();
    EACH_VIEW(view, group)
    {
        json_t *own = group->n > 1 ? json_object() : json_incref(all), *value;
        const char *key;
        json_object_foreach(view->figures, key, value)
        {
            if (strcmp(key, "view") != 0 && part_of(key, value) == part)
                json_object_set(own, key, value);
        }
        if (group->n > 1)
            json_object_set(all, view->name, own);
        json_decref(own);
    }
    return all;
}

/* What a key holds in the one view, or in each under its name. */
static json_t *table_of(const struct group *group, const char *key)
{
    json_t *all = json_object();
    EACH_VIEW(view, group)
    {
        json_t *value = json_object_get(view->figures, key);
        if (group->n == 1) {
            json_decref(all);
            return json_incref(value);
        }
        if (value)
            json_object_set(all, view->name, value);
    }
    return all;
}

/* The win ratios of a matrix of tallies. */
static json_t *ratios_of(const json_t *matrix)
{
    json_t *ratios = json_object(), *row, *tally;
    const char *name, *other;
    json_object_foreach((json_t *)matrix, name, row)
    {
        json_t *own = json_object();
        json_object_foreach((json_t *)matrix, other, tally)
        {
            json_t *ratio = json_object_get(json_object_get(row, other), "win_ratio");
            json_object_set_new(own, other, ratio ? json_incref(ratio) : json_null());
        }
        json_object_set_new(ratios, name, own);
    }
    return ratios;
}

/* What a thing in a list is: its texts. */
static void put_texts(const json_t *thing, struct text *name)
{
    const char *key;
    json_t *value, *part;
    size_t i;
    json_object_foreach((json_t *)thing, key, value)
    {
        if (json_is_string(value))
            text_printf(name, ", %s", json_string_value(value));
        json_array_foreach(value, i, part)
        {
            if (json_is_string(part))
                text_printf(name, ", %s", json_string_value(part));
        }
    }
}

/* The lists within one thing of a list, each a table. */
static int put_lists_of(const char *file, const json_t *thing, FILE *f, struct llmx_error *err)
{
    struct text caption = {0};
    const char *key;
    json_t *list;
    int status = 0;
    json_object_foreach((json_t *)thing, key, list)
    {
        if (status != 0 || !json_is_object(json_array_get(list, 0)))
            continue;
        text_clear(&caption);
        text_printf(&caption, "%s%s%s", key, file ? ", " : "", file ? file : "");
        put_texts(thing, &caption);
        status = text_check(&caption, err);
        if (status == 0)
            status = grid_put(f, &(struct grid_table){.caption = caption.s}, list, err);
    }
    text_release(&caption);
    return status;
}

/* The lists within the things of a list, or of the list of each file. */
static int put_inner(const char *file, const json_t *table, FILE *f, struct llmx_error *err)
{
    json_t *thing, *list;
    const char *name;
    size_t i;
    int status = 0;
    json_array_foreach(table, i, thing)
    {
        if (status == 0)
            status = put_lists_of(file, thing, f, err);
    }
    if (file || !json_is_object(table))
        return status;
    json_object_foreach((json_t *)table, name, list)
    {
        if (status == 0)
            status = put_inner(name, list, f, err);
    }
    return status;
}

/* One key's table, of the one view or of all. */
static int put_table(const struct group *group, const char *key, FILE *f, struct llmx_error *err)
{
    static const char *const omit[] = {"two_orders", "one_order", "f1", NULL};
    const bool is_matrix = strcmp(key, "matrix") == 0 && group->n == 1;
    json_t *held = table_of(group, key), *table = is_matrix ? ratios_of(held) : json_incref(held);
    int status = grid_put(f,
                          &(struct grid_table){.caption = caption_of(group->kind, key),
                                               .rows = group->n > 1 ? "file" : NULL,
                                               .is_matrix = is_matrix,
                                               .omit = omit},
                          table, err);
    if (status == 0)
        status = put_inner(NULL, table, f, err);
    json_decref(held);
    json_decref(table);
    return status;
}

static int put_tables(const struct group *group, FILE *f, struct llmx_error *err)
{
    json_t *done = json_object(), *value;
    const char *key;
    int status = 0;
    EACH_VIEW(view, group)
    json_object_foreach(view->figures, key, value)
    {
        if (status != 0 || json_object_get(done, key) || part_of(key, value) != PART_TABLE)
            continue;
        json_object_set_new(done, key, json_true());
        status = put_table(group, key, f, err);
    }
    json_decref(done);
    return status;
}

/* A note as it is shown: one that is not among "notes" says under which key it stood. */
static void add_note(json_t *notes, const char *key, const json_t *note, const char *name,
                     struct text *text)
{
    const bool is_named = strcmp(key, "notes") != 0 && json_string_length(note) <= LONG_TEXT;
    if (!json_is_string(note))
        return;
    text_clear(text);
    for (const char *c = key; is_named && *c; c++)
        text_put(text, *c == '_' ? " " : c, 1);
    text_puts(text, is_named ? ": " : "");
    text_puts(text, json_string_value(note));
    json_t *names = text->failed ? NULL : json_object_get(notes, text->s);
    if (!names && !text->failed)
        json_object_set_new(notes, text->s, names = json_array());
    json_array_append_new(names, json_string(name));
}

/* Every note, with the names of the views that have it. */
static json_t *notes_of(const struct group *group)
{
    json_t *notes = json_object(), *value, *note;
    struct text text = {0};
    const char *key;
    size_t i;
    EACH_VIEW(view, group)
    json_object_foreach(view->figures, key, value)
    {
        if (strcmp(key, "view") == 0 || part_of(key, value) != PART_NOTES)
            continue;
        if (json_is_string(value))
            add_note(notes, key, value, view->name, &text);
        json_array_foreach(value, i, note)
        {
            add_note(notes, key, note, view->name, &text);
        }
    }
    text_release(&text);
    return notes;
}

static void put_notes(const struct group *group, FILE *f)
{
    json_t *notes = notes_of(group), *names, *name;
    const char *note;
    size_t i;
    json_object_foreach(notes, note, names)
    {
        fputs("<p class=\"note\">", f);
        json_array_foreach(names, i, name)
        {
            if (group->n > 1)
                html_put(f, "<bdi>%s</bdi>%s ", json_string_value(name),
                         i + 1 < json_array_size(names) ? "," : ":");
        }
        html_put(f, "<bdi>%s</bdi></p>\n", note);
    }
    json_decref(notes);
}

static void put_leaf(FILE *f, const json_t *value)
{
    if (json_is_string(value))
        html_put(f, "<bdi>%s</bdi>", json_string_value(value));
    else if (json_is_integer(value))
        html_put(f, "%.0f", (double)json_integer_value(value));
    else
        fputs(json_is_true(value) ? "yes" : "no", f);
}

static int put_about(const struct group *group, FILE *f, struct llmx_error *err)
{
    json_t *about = leaves_of(group, PART_ABOUT), *value;
    const char *key;
    int status = 0;
    if (group->n > 1) {
        fputs("<details class=\"long\"><summary>How it was measured</summary>\n", f);
        status = grid_put(f, &(struct grid_table){.caption = "How it was measured", .rows = "file"},
                          about, err);
        fputs("</details>\n", f);
    } else if (json_object_size(about) > 0) {
        fputs("<ul class=\"about\">\n", f);
        json_object_foreach(about, key, value)
        {
            fputs("<li><span>", f);
            grid_put_label(f, key);
            fputs("</span> ", f);
            put_leaf(f, value);
            fputs("</li>\n", f);
        }
        fputs("</ul>\n", f);
    }
    json_decref(about);
    return status;
}

/* ---- charts of some ---- */

/* How much of the first 1, 3, 5 of the evidence a text cites: a line for each view. */
static void chart_recalls(struct report *report, const struct group *group)
{
    static const double k[] = {1, 3, 5};
    static const char *const keys[] = {"recall_at_1", "recall_at_3", "recall_at_5"};
    double y[CHART_SERIES_MAX][3];
    struct chart_series series[CHART_SERIES_MAX];
    int n = 0;
    EACH_VIEW(view, group)
    {
        double low, high;
        if (n == CHART_SERIES_MAX)
            break;
        for (int i = 0; i < 3; i++)
            grid_figure(json_object_get(view->figures, keys[i]), &y[n][i], &low, &high);
        series[n] = (struct chart_series){view->name, k, y[n], 3, true};
        n++;
    }
    const struct chart chart = {"Recall of the evidence", "first so many of the evidence",
                                "share that is cited", series, n};
    report_put_chart(report, &chart);
}

static double deleted_of(const struct report_view *view)
{
    return json_number_value(json_object_get(view->figures, "deleted"));
}

static int by_deleted(const void *a, const void *b)
{
    const double x = deleted_of(*(const struct report_view *const *)a),
                 y = deleted_of(*(const struct report_view *const *)b);
    return (x > y) - (x < y);
}

/* How far the score falls without the first so many of the evidence, and without others. */
static void chart_deletions(struct report *report, const struct report_view *const *views, int n)
{
    static const char *const keys[] = {"evidence", "random", "recent", "similar"};
    double x[16], y[4][16];
    struct chart_series series[4];
    for (int s = 0; s < 4; s++) {
        for (int i = 0; i < n; i++) {
            double low, high;
            const json_t *one = json_object_get(views[i]->figures, keys[s]);
            x[i] = deleted_of(views[i]);
            grid_figure(json_object_get(one, "comprehensiveness"), &y[s][i], &low, &high);
        }
        series[s] = (struct chart_series){keys[s], x, y[s], n, true};
    }
    const struct chart chart = {"The score falls without them", "history items deleted",
                                "standard deviations", series, 4};
    report_put_chart(report, &chart);
}

/* Views of one model that deleted differently much make a curve. */
static void chart_evidence(struct report *report, const struct group *group)
{
    const struct report_view *views[16];
    const char *model = NULL;
    int n = 0;
    EACH_VIEW(view, group)
    {
        const char *its = json_string_value(json_object_get(view->figures, "model"));
        if (!its || n == 16 || (model && strcmp(model, its) != 0))
            return;
        model = its;
        views[n++] = view;
    }
    qsort(views, (size_t)n, sizeof *views, by_deleted);
    if (n > 1 && deleted_of(views[0]) < deleted_of(views[n - 1]))
        chart_deletions(report, views, n);
}

static void put_charts(struct report *report, const struct group *group)
{
    if (strcmp(group->kind, "faithfulness") == 0)
        chart_recalls(report, group);
    else if (strcmp(group->kind, "evidence-test") == 0)
        chart_evidence(report, group);
}

int report_put_view(struct report *report, const char *kind, struct llmx_error *err)
{
    const struct view_kind *known = find_kind(kind);
    struct group group = {report, kind, 0};
    FILE *f = report->f;
    EACH_VIEW(view, &group)
    group.n++;
    json_t *figures = leaves_of(&group, PART_FIGURE);
    fputs("<section id=\"", f);
    report_put_kind_id(f, kind);
    html_put(f, "\">\n<h2>%s</h2>\n", report_kind_heading(kind));
    if (known)
        html_put(f, "<p class=\"lead\">%s</p>\n", known->lead);
    fputs("<div class=\"figures\">\n", f);
    int status =
        grid_put(f, &(struct grid_table){.caption = "Figures", .rows = group.n > 1 ? "file" : NULL},
                 figures, err);
    put_charts(report, &group);
    if (status == 0)
        status = put_tables(&group, f, err);
    fputs("</div>\n", f);
    put_notes(&group, f);
    if (status == 0)
        status = put_about(&group, f, err);
    fputs("</section>\n", f);
    json_decref(figures);
    return status;
}
