/* report_examples.c - the worst and the best texts of each system, with what is wrong marked where it stands. */
#include "base/memory.h"
#include "format/html.h"
#include "llmxrec/view.h"
#include "report/report.h"
#include "report/report_grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_HISTORY 4

/* ---- which ---- */

static int compare(int a, int b)
{
    return (a > b) - (a < b);
}

#define ORDERS 4 /* the last by place, which no two texts share */

static int first_that_differs(const int order[ORDERS])
{
    int i = 0;
    while (i < ORDERS - 1 && order[i] == 0)
        i++;
    return order[i];
}

/* The worst first: by statements that are not so, then by what the gate rejected, then by words that nothing licenses. */
static int by_wrong(const void *left, const void *right)
{
    const struct report_text *a = *(const struct report_text *const *)left,
                             *b = *(const struct report_text *const *)right;
    const int order[ORDERS] = {compare(b->wrong, a->wrong), compare(b->rejected, a->rejected),
                               compare(b->wrong_strict, a->wrong_strict),
                               compare(a->place, b->place)};
    return first_that_differs(order);
}

/* The best first: nothing wrong in it, then what cites most. */
static int by_right(const void *left, const void *right)
{
    const struct report_text *a = *(const struct report_text *const *)left,
                             *b = *(const struct report_text *const *)right;
    const int order[ORDERS] = {compare(a->wrong + a->rejected, b->wrong + b->rejected),
                               compare(a->wrong_strict, b->wrong_strict),
                               compare(b->cited, a->cited), compare(a->place, b->place)};
    return first_that_differs(order);
}

static bool has_wrong(const struct report_text *text)
{
    return text->wrong + text->rejected > 0;
}

struct chosen {
    const struct report_text *text;
    struct llmx_view view;
    bool is_shown; /* its view was found */
};

/* The first of an order, at most `max`, that have something wrong in them, or nothing. */
static int choose(const struct report_texts *texts, bool is_wrong, struct chosen *chosen, int max,
                  struct llmx_error *err)
{
    const struct report_text **order = mem_array(texts->n, sizeof *order, err);
    int n = 0;
    if (!order)
        return -1;
    for (size_t i = 0; i < texts->n; i++)
        order[i] = &texts->text[i];
    qsort(order, texts->n, sizeof *order, is_wrong ? by_wrong : by_right);
    for (size_t i = 0; i < texts->n && n < max; i++)
        if (has_wrong(order[i]) == is_wrong)
            chosen[n++] = (struct chosen){.text = order[i]};
    free(order);
    return n;
}

/* Finds the views of what was chosen, in the file's order, as far as the last of them; lines without a recommendation have
 * none. */
static int find_views(struct llmx_views *views, struct chosen *chosen, int n,
                      struct llmx_error *err)
{
    struct llmx_error skipped;
    struct llmx_view view;
    int more, place = 0, missing = n;
    while (missing > 0 && (more = llmx_views_next(views, &view, &skipped)) != 0) {
        bool is_kept = false;
        if (more < 0 && skipped.code == LLMX_MISMATCH)
            continue;
        if (more < 0)
            return err_set(err, skipped.code, "%s", skipped.message);
        for (int i = 0; i < n && !is_kept; i++) {
            if (chosen[i].text->place != place)
                continue;
            chosen[i].view = view;
            chosen[i].is_shown = is_kept = true;
        }
        missing -= is_kept;
        if (!is_kept)
            llmx_view_release(&view);
        place++;
    }
    return 0;
}

/* ---- a text with its marks ---- */

struct wrong {
    size_t start, end;
    const char *check;
};

static bool is_weak(const struct wrong *wrong)
{
    return strcmp(wrong->check, "word") == 0;
}

/* Of what says more no word that nothing licenses needs to be told. */
static int leave_out_words(struct wrong *wrong, int n)
{
    int kept = 0;
    for (int i = 0; i < n; i++) {
        bool is_told = false;
        for (int k = 0; k < n && is_weak(&wrong[i]); k++)
            is_told |= !is_weak(&wrong[k]) && wrong[k].start <= wrong[i].start &&
                       wrong[i].end <= wrong[k].end;
        if (!is_told)
            wrong[kept++] = wrong[i];
    }
    return kept;
}

/* What is wrong in a text, and how much of it there is; free(*wrong). */
static int find_wrong(struct wrong **wrong, const json_t *row, struct llmx_error *err)
{
    const json_t *statement, *failure;
    size_t i, k, capacity = 0, n = 0;
    *wrong = NULL;
    json_array_foreach(json_object_get(row, "statements"), i, statement)
        json_array_foreach(json_object_get(statement, "failed"), k, failure)
    {
        if (mem_grow(wrong, &capacity, n + 1, sizeof **wrong, err) != 0)
            return -1;
        (*wrong)[n++] =
            (struct wrong){(size_t)json_integer_value(json_object_get(failure, "start")),
                           (size_t)json_integer_value(json_object_get(failure, "end")),
                           json_string_value(json_object_get(failure, "check"))};
    }
    return leave_out_words(*wrong, (int)n);
}

/* How a part that begins at `at` is marked; the first of what begins or ends behind it does so at *until. */
static const char *mark_at(const struct wrong *wrong, int n, size_t at, size_t *until)
{
    const char *mark = NULL;
    for (int i = 0; i < n; i++) {
        if (wrong[i].start <= at && at < wrong[i].end && !(mark && is_weak(&wrong[i])))
            mark = is_weak(&wrong[i]) ? "<mark class=\"weak\">" : "<mark>";
        if (wrong[i].start > at && wrong[i].start < *until)
            *until = wrong[i].start;
        if (wrong[i].end > at && wrong[i].end < *until)
            *until = wrong[i].end;
    }
    return mark;
}

static bool is_title_at(const struct llmx_view *view, size_t at, size_t *until)
{
    for (int i = 0; i < view->n_spans; i++) {
        const struct llmx_view_span *span = &view->spans[i];
        if (at < span->start || at >= span->end)
            continue;
        *until = span->end < *until ? span->end : *until;
        return span->kind != LLMX_SPAN_PLAIN;
    }
    return false;
}

/* The checks that what ends here fails, each once. */
static void put_checks(FILE *f, const struct wrong *wrong, int n, size_t end)
{
    for (int i = 0; i < n; i++) {
        bool is_new = wrong[i].end == end;
        for (int k = 0; k < i && is_new; k++)
            is_new = wrong[k].end != end || strcmp(wrong[k].check, wrong[i].check) != 0;
        if (is_new)
            html_put(f,
                     "<span class=\"check\"><span class=\"unseen\"> (fails: </span>%s<span "
                     "class=\"unseen\">)</span></span>",
                     wrong[i].check);
    }
}

static void put_marked(FILE *f, const struct llmx_view *view, const char *text,
                       const struct wrong *wrong, int n)
{
    const bool is_same = strcmp(view->text, text) == 0; /* not where a model thought aloud before */
    const size_t length = strlen(text);
    for (size_t at = 0, until; at < length; at = until) {
        until = length;
        const char *mark = mark_at(wrong, n, at, &until);
        const bool is_title = is_same && is_title_at(view, at, &until);
        fputs(mark ? mark : "", f);
        fputs(is_title ? "<cite>" : "", f);
        html_text(f, text + at, until - at);
        fputs(is_title ? "</cite>" : "", f);
        fputs(mark ? "</mark>" : "", f);
        put_checks(f, wrong, n, until);
    }
}

static int put_text(FILE *f, const struct chosen *c, struct llmx_error *err)
{
    const char *text = json_string_value(json_object_get(c->text->row, "explanation"));
    struct wrong *wrong;
    const int n = find_wrong(&wrong, c->text->row, err);
    if (n >= 0) {
        fputs("<blockquote dir=\"auto\"><p>", f);
        put_marked(f, &c->view, text, wrong, n);
        fputs("</p></blockquote>\n", f);
    }
    free(wrong);
    return n < 0 ? -1 : 0;
}

/* ---- a card ---- */

static void put_who(FILE *f, const struct llmx_view *view)
{
    html_put(f, "<p class=\"who\">For <bdi>%s</bdi>", view->user ? view->user : "somebody");
    for (int i = 0; i < view->n_profile; i++)
        html_put(f, ", <bdi>%s</bdi>", view->profile[i].value);
    for (int i = 0; i < view->n_history && i < SHOWN_HISTORY; i++) {
        if (i == 0)
            html_put(f, ", who last %s ", view->taken);
        else
            fputs(" · ", f);
        html_put(f, "<bdi>%s</bdi>", view->history[i].title);
    }
    fputs("</p>\n", f);
}

static void put_failures(FILE *f, const struct llmx_view_failure *failure, int n)
{
    for (int i = 0; i < n; i++) {
        html_put(f, " <span class=\"check\">%s</span>", failure[i].check);
        if (failure[i].text)
            html_put(f, " <q><bdi>%s</bdi></q>", failure[i].text);
    }
}

static void put_outcome(FILE *f, const struct chosen *c)
{
    const struct llmx_view *view = &c->view;
    static const char *const said[] = {"✓ passed the gate",
                                       "• plain sentence: no text passed the gate",
                                       "✗ rejected by the gate", "• not checked by a gate"};
    html_put(f, "<p class=\"outcome\">%s", said[view->outcome]);
    if (view->tries > 1)
        html_put(f, ", %d tries", view->tries);
    if (view->n_failures > 0) {
        fputs(view->outcome == LLMX_OUTCOME_REJECTED ? ":" : "; before:", f);
        put_failures(f, view->failure, view->n_failures);
    }
    const size_t statements = json_array_size(json_object_get(c->text->row, "statements"));
    html_put(f, " · %zu of %zu statements supported</p>\n", statements - (size_t)c->text->wrong,
             statements);
    for (int i = 0; i < view->n_rejected; i++) {
        html_put(f, "<p class=\"rejected\" dir=\"auto\">Sent back: <bdi>%s</bdi>",
                 view->rejected[i].text);
        put_failures(f, view->rejected[i].failure, view->rejected[i].n_failures);
        fputs("</p>\n", f);
    }
}

static void put_evidence(FILE *f, const struct llmx_view *view)
{
    if (view->n_evidence == 0)
        return;
    fputs("<details><summary>What the recommendation rests on</summary>\n<ul class=\"evidence\">\n",
          f);
    for (int i = 0; i < view->n_evidence; i++) {
        const struct llmx_view_evidence *e = &view->evidence[i];
        const double share = e->of_largest > 0 ? fmin(1, (double)e->of_largest) : 0;
        html_put(f, "<li style=\"--share:%.3f\"><bdi>%s</bdi> <span class=\"n\">%.3f</span></li>\n",
                 share, e->title, (double)e->contribution);
    }
    fputs("</ul>\n", f);
    if (view->n_facts > 0)
        fputs("<ul class=\"facts\">\n", f);
    for (int i = 0; i < view->n_facts; i++)
        html_put(f, "<li dir=\"auto\">%s</li>\n", view->facts[i]);
    fputs(view->n_facts > 0 ? "</ul>\n</details>\n" : "</details>\n", f);
}

static int put_card(FILE *f, const struct chosen *c, struct llmx_error *err)
{
    const struct llmx_view *view = &c->view;
    html_put(f, "<article class=\"card\">\n<h4><bdi>%s</bdi></h4>\n<p class=\"item\">",
             view->title);
    if (view->rank > 0)
        html_put(f, "rank %d", view->rank);
    for (int i = 0; i < view->n_features; i++)
        if (!view->features[i].is_long)
            html_put(f, " · <bdi>%s</bdi>", view->features[i].value);
    fputs("</p>\n", f);
    put_who(f, view);
    if (put_text(f, c, err) != 0)
        return -1;
    put_outcome(f, c);
    put_evidence(f, view);
    fputs("</article>\n", f);
    return 0;
}

static int put_cards(FILE *f, const char *heading, const struct chosen *chosen, int n,
                     struct llmx_error *err)
{
    if (n == 0)
        return 0;
    html_put(f, "<h3>%s</h3>\n<div class=\"examples\">\n", heading);
    for (int i = 0; i < n; i++)
        if (chosen[i].is_shown && put_card(f, &chosen[i], err) != 0)
            return -1;
    fputs("</div>\n", f);
    return 0;
}

static void put_nothing_wrong(FILE *f, const struct report_texts *texts)
{
    bool is_dotted = false;
    for (size_t i = 0; i < texts->n; i++)
        is_dotted |= texts->text[i].wrong_strict > 0;
    if (is_dotted)
        fputs("<p class=\"note\">No statement is unsupported, and the gate rejected none; dotted "
              "words are licensed by nothing.</p>\n",
              f);
    else
        html_put(f, "<p class=\"note\">Nothing was found wrong in %s%zu text%s.</p>\n",
                 texts->n == 1 ? "its " : "any of its ", texts->n, texts->n == 1 ? "" : "s");
}

static int put_system(FILE *f, const struct report_texts *texts, int examples, bool is_open,
                      struct llmx_error *err)
{
    struct llmx_views *views = NULL;
    struct chosen *chosen = mem_array(2 * (size_t)examples, sizeof *chosen, err);
    const int n_worst = chosen ? choose(texts, true, chosen, examples, err) : -1;
    const int n_best = n_worst < 0 ? -1 : choose(texts, false, chosen + n_worst, examples, err);
    int status = n_best < 0 ? -1 : 0;
    if (status == 0)
        status = llmx_views_open(&views, texts->files->explanations, texts->files->recs,
                                 texts->files->data, NULL, err);
    if (status == 0)
        status = find_views(views, chosen, n_worst + n_best, err);
    if (status == 0) {
        html_put(f, "<details class=\"system\"%s><summary><bdi>%s</bdi></summary>\n",
                 is_open ? " open" : "", texts->name);
        if (n_worst == 0)
            put_nothing_wrong(f, texts);
        status = put_cards(f, "Worst", chosen, n_worst, err);
        if (status == 0)
            status = put_cards(f, "Best", chosen + n_worst, n_best, err);
        fputs("</details>\n", f);
    }
    for (int i = 0; i < n_worst + n_best; i++)
        if (chosen[i].is_shown)
            llmx_view_release(&chosen[i].view);
    llmx_views_close(views);
    free(chosen);
    return status;
}

int report_put_examples(struct report *report, struct llmx_error *err)
{
    FILE *f = report->f;
    if (report->n_texts == 0 || report->options->examples == 0)
        return 0;
    fputs(
        "<section id=\"examples\">\n<h2>Examples</h2>\n<p class=\"lead\">The worst of each "
        "system's texts and its best: by statements that are not so, by what the gate rejected, "
        "and by what they cite. <mark>Marked</mark> is what a check found wrong, with its name "
        "behind it; <mark class=\"weak\">dotted</mark> a word that nothing licenses; titles are in "
        "<cite>italics</cite>.</p>\n",
        f);
    for (int t = 0; t < report->n_texts; t++)
        if (put_system(f, &report->texts[t], report->options->examples, t == 0, err) != 0)
            return -1;
    fputs("</section>\n", f);
    return 0;
}
