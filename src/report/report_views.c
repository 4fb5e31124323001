/* report_views.c - the sections of views. What is known of one is its name and a sentence on what it means; its tables are
 * what its JSON holds. */
#include "base/text.h"
#include "format/html.h"
#include "report/report.h"
#include "report/report_grid.h"

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
    {"bias told", "Bias: told as one and as the other",
     "Every text written once for each of two values of the profile, as if the person had it, all "
     "else the same: what differs comes from the value alone. Differences are the second value "
     "less "
     "the first. Texts may change without a direction: that is arbitrary, rather than biased."},
    {"bias", "Bias: texts by group",
     "Texts as they are, by who the person is. A difference may come from what the groups take: it "
     "is a thing to look into, no proof."},
    {"text-metrics", "Words counted",
     "Likeness to references, variety, and length. They count words: whether a text is true they "
     "do not say."},
    {"rerank", "Does the language model help to rank?",
     "The recommender's score blended with the model's likelihood of the title."},
    {"compare", "Runs against each other",
     "Paired by user: the second run's metrics less the first's."},
    {"evaluate", "Ranking, as measured apart", "Ranking metrics as the command printed them."},
    {"lint", "Lints",
     "What should not be in the data, the runs or the texts, with rows to look at. Of several "
     "files "
     "the checks that found something."},
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

int report_group_of(struct report *report, const char *kind, struct report_group *group,
                    struct llmx_error *err)
{
    *group = (struct report_group){
        .kind = kind,
        .view = arena_array(&report->arena, (size_t)report->n_views + 1, sizeof *group->view, err)};
    if (!group->view)
        return -1;
    for (int v = 0; v < report->n_views; v++)
        if (strcmp(report->view[v].kind, kind) == 0)
            group->view[group->n++] = &report->view[v];
    return 0;
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

/* What a table is called, and what its rows are, where the key says too little. */
static const struct table_words {
    const char *kind, *key, *caption, *rows;
} table_words[] = {
    {"judge compare", "systems", "By system", "system"},
    {"judge compare", "matrix", "Win ratio of the row's system over the column's", "system"},
    {"judge audit", "judges", "The judge, and judges that do not read", "judge"},
    {"ratings", "aspects", "Do raters agree?", "aspect"},
    {"ratings", "systems", "Means by system", "system"},
    {"ratings", "tests", "Is the second system rated higher than the first?", NULL},
    {"ratings", "by_rater", "Raters", "rater"},
    {"ratings", "figures", "Do automatic figures agree with people?", "figure"},
    {"grounding", "failed", "Statements not supported, by what is wrong", NULL},
    {"faithfulness", "falls", "What falls when it is deleted", "deleted"},
    {"faithfulness", "gains", "What is cited takes more along than", "others"},
    {"attributes", "attributes", "Attributes", "attribute"},
    {"bias told", "pairs", "Share of texts that are not the same", NULL},
    {"bias", "groups", "Figures of the texts of each group", NULL},
    {"compare", "metrics", "Metrics of both, and the second less the first", "metric"},
    {"lint", "checks", "Checks", "check"},
};

static struct table_words words_of(const char *kind, const char *key)
{
    for (size_t i = 0; i < sizeof table_words / sizeof *table_words; i++)
        if (strcmp(table_words[i].kind, kind) == 0 && strcmp(table_words[i].key, key) == 0)
            return table_words[i];
    return (struct table_words){kind, key, key, NULL};
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

/* All leaves of one part of a view, or of each view under its name. */
static json_t *leaves_of(const struct report_group *group, enum part part)
{
    json_t *all = json_object();
    for (int v = 0; v < group->n; v++) {
        const struct report_view *view = group->view[v];
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
static json_t *table_of(const struct report_group *group, const char *key)
{
    if (group->n == 1)
        return json_incref(json_object_get(group->view[0]->figures, key));
    json_t *all = json_object();
    for (int v = 0; v < group->n; v++) {
        json_t *value = json_object_get(group->view[v]->figures, key);
        if (value)
            json_object_set(all, group->view[v]->name, value);
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
        report_put_thing(&caption, thing);
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

/* The checks of each file that found something: of many files what found nothing is left out. */
static json_t *found_of(const json_t *files)
{
    json_t *all = json_object(), *checks, *check;
    const char *file, *name;
    json_object_foreach((json_t *)files, file, checks)
    {
        json_t *own = json_object();
        json_object_foreach(checks, name, check)
        {
            if (json_integer_value(json_object_get(check, "found")) > 0)
                json_object_set(own, name, check);
        }
        if (json_object_size(own) > 0)
            json_object_set(all, file, own);
        json_decref(own);
    }
    return all;
}

/* What a key's table is made from: all that it holds, but of a matrix the ratios, and of lints what was found. */
static json_t *shown_of(const struct report_group *group, const char *key, bool is_matrix)
{
    json_t *held = table_of(group, key), *shown = NULL;
    if (is_matrix)
        shown = ratios_of(held);
    else if (strcmp(group->kind, "lint") == 0 && strcmp(key, "checks") == 0 && group->n > 1)
        shown = found_of(held);
    if (!shown)
        return held;
    json_decref(held);
    return shown;
}

/* One key's table, of the one view or of all. */
static int put_table(const struct report_group *group, const char *key, FILE *f,
                     struct llmx_error *err)
{
    static const char *const omit[] = {"two_orders", "one_order", "f1", NULL};
    const bool is_matrix = strcmp(key, "matrix") == 0 && group->n == 1;
    const struct table_words words = words_of(group->kind, key);
    json_t *table = shown_of(group, key, is_matrix);
    int status = grid_put(f,
                          &(struct grid_table){.caption = words.caption,
                                               .rows = group->n > 1 ? "file" : words.rows,
                                               .is_matrix = is_matrix,
                                               .omit = omit},
                          table, err);
    if (status == 0)
        status = put_inner(NULL, table, f, err);
    json_decref(table);
    return status;
}

static int put_tables(const struct report_group *group, FILE *f, struct llmx_error *err)
{
    json_t *done = json_object(), *value;
    const char *key;
    int status = 0;
    for (int v = 0; v < group->n; v++)
        json_object_foreach(group->view[v]->figures, key, value)
        {
            if (status != 0 || json_object_get(done, key) || part_of(key, value) != PART_TABLE)
                continue;
            json_object_set_new(done, key, json_true());
            status = put_table(group, key, f, err);
        }
    json_decref(done);
    return status;
}

/* Adds what a note says, as a text or a number. */
static void put_said(struct text *text, const json_t *said)
{
    if (json_is_string(said))
        text_puts(text, json_string_value(said));
    else if (json_is_number(said))
        text_printf(text, "%g", json_number_value(said));
}

/* Adds the text to the notes, and the view's name to those that have it. */
static void add_note(json_t *notes, const struct text *text, const char *name)
{
    if (text->failed || text->n == 0)
        return;
    json_t *names = json_object_get(notes, text->s);
    if (!names)
        json_object_set_new(notes, text->s, names = json_array());
    json_array_append_new(names, json_string(name));
}

/* What a key holds of notes: those of "notes", and long texts, stand for themselves; else one says what the key does. */
static void add_notes(json_t *notes, const char *key, const json_t *value, const char *name)
{
    const bool is_plain = strcmp(key, "notes") == 0 || json_string_length(value) > LONG_TEXT;
    struct text text = {0};
    json_t *said;
    size_t i;
    for (const char *c = key; !is_plain && *c; c++)
        text_put(&text, *c == '_' ? " " : c, 1);
    text_puts(&text, is_plain ? "" : ": ");
    json_array_foreach(value, i, said)
    {
        if (is_plain)
            text_clear(&text);
        text_puts(&text, is_plain || i == 0 ? "" : ", ");
        put_said(&text, said);
        if (is_plain)
            add_note(notes, &text, name);
    }
    put_said(&text, value);
    if (json_is_string(value) || (!is_plain && json_array_size(value) > 0))
        add_note(notes, &text, name);
    text_release(&text);
}

/* Every note, with the names of the views that have it. */
static json_t *notes_of(const struct report_group *group)
{
    json_t *notes = json_object(), *value;
    const char *key;
    for (int v = 0; v < group->n; v++)
        json_object_foreach(group->view[v]->figures, key, value)
        {
            if (strcmp(key, "view") != 0 && part_of(key, value) == PART_NOTES)
                add_notes(notes, key, value, group->view[v]->name);
        }
    return notes;
}

static void put_notes(const struct report_group *group, FILE *f)
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
        grid_put_count(f, (double)json_integer_value(value));
    else
        fputs(json_is_true(value) ? "yes" : "no", f);
}

static int put_about(const struct report_group *group, FILE *f, struct llmx_error *err)
{
    json_t *about = leaves_of(group, PART_ABOUT), *value;
    const char *key;
    int status = 0;
    if (group->n > 1) {
        fputs("<details class=\"long\"><summary>How it was measured</summary>\n", f);
        status = grid_put(f,
                          &(struct grid_table){
                              .caption = "How it was measured", .rows = "file", .is_in_fold = true},
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

int report_put_view(struct report *report, const char *kind, struct llmx_error *err)
{
    const struct view_kind *known = find_kind(kind);
    struct report_group group;
    FILE *f = report->f;
    if (report_group_of(report, kind, &group, err) != 0)
        return -1;
    json_t *figures = leaves_of(&group, PART_FIGURE);
    fputs("<section id=\"", f);
    report_put_kind_id(f, kind);
    html_put(f, "\">\n<h2>%s</h2>\n", report_kind_heading(kind));
    if (known)
        html_put(f, "<p class=\"lead\">%s</p>\n", known->lead);
    fputs("<div class=\"figures\">\n", f);
    int status = report_put_ranges(report, &group, err);
    if (status == 0)
        status = grid_put(
            f, &(struct grid_table){.caption = "Figures", .rows = group.n > 1 ? "file" : NULL},
            figures, err);
    if (status == 0)
        status = report_put_charts(report, &group, err);
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
