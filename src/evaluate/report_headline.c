/* report_headline.c - the figures on top of the page. */
#include "evaluate/report.h"
#include "evaluate/report_grid.h"
#include "format/html.h"

#include <math.h>
#include <string.h>

#define CARDS_MAX 4 /* on top of each kind; more would be no headline */

/* What of a view belongs on top: the way to it, where * is each of several. */
static const struct headline {
    const char *kind, *path, *said;
    bool is_share; /* from 0 to 1 */
} headlines[] = {
    {"judge compare", "systems.*.win_score", "of the judge's comparisons won, ties half", true},
    {"judge audit", "judges.judge.accuracy", "of the judge's verdicts are right", true},
    {"judge sanity", "all.right", "of the spoilt texts are told from the good ones", true},
    {"grounding", "standard.statements", "of the statements are supported", true},
    {"faithfulness", "share_of_evidence", "of the fall that the evidence makes, cited items make",
     true},
    {"evidence-test", "random.comprehensiveness_gain",
     "deviations: the score falls further without evidence than without random items", false},
    {"rerank", "test.gain", "NDCG@10 more, with the language model\'s likelihood", false},
};

struct cards {
    FILE *f;
    int n, left_out; /* of the present kind; of all kinds */
    const char
        *view; /* that is named beside its parts, where its kind has several; NULL: none is */
};

static void put_card(struct cards *cards, const struct headline *h, const char *name, double value,
                     double low, double high)
{
    FILE *f = cards->f;
    if (cards->n++ >= CARDS_MAX) {
        cards->left_out++;
        return;
    }
    fputs("<li><a href=\"#", f);
    if (strcmp(h->kind, "ranking") == 0)
        fputs(h->kind, f);
    else
        report_put_kind_id(f, h->kind);
    html_put(f, "\"><span class=\"name\"><bdi>%s</bdi>", name);
    if (cards->view && strcmp(cards->view, name) != 0)
        html_put(f, ", <bdi>%s</bdi>", cards->view);
    fputs("</span> <strong>", f);
    grid_put_number(f, value);
    html_put(f, "</strong> <span class=\"said\">%s</span>", h->said);
    if (isfinite(low) && isfinite(high)) {
        const double margin = h->is_share ? 0 : 0.2 * (fmax(0, high) - fmin(0, low));
        fputs(" <span class=\"interval\">95&nbsp;%: ", f);
        grid_put_number(f, low);
        fputs(" to ", f);
        grid_put_number(f, high);
        fputs("</span>", f);
        grid_put_strip(f, value, low, high, fmin(0, low) - (low < 0 ? margin : 0),
                       h->is_share ? fmax(1, high) : fmax(0, high) + margin);
    }
    fputs("</a></li>\n", f);
}

/* The figure in `record` under `key`, with the bounds that stand beside it. */
static void put_figure(struct cards *cards, const struct headline *h, const char *name,
                       const json_t *record, const char *key)
{
    double value, low, high;
    const json_t *leaf = json_object_get(record, key);
    if (!grid_figure(leaf, &value, &low, &high))
        return;
    if (!json_is_object(leaf) && json_object_get(record, "low")) {
        low = json_number_value(json_object_get(record, "low"));
        high = json_number_value(json_object_get(record, "high"));
    }
    put_card(cards, h, name, value, low, high);
}

static void follow(struct cards *cards, const struct headline *h, const char *name,
                   const json_t *value, const char *path)
{
    char key[40];
    const size_t n = strcspn(path, ".");
    memcpy(key, path, n);
    key[n] = '\0';
    if (!path[n]) {
        put_figure(cards, h, name, value, key);
    } else if (*key == '*') {
        const char *its;
        json_t *child;
        json_object_foreach((json_t *)value, its, child)
        {
            follow(cards, h, its, child, path + n + 1);
        }
    } else {
        follow(cards, h, name, json_object_get(value, key), path + n + 1);
    }
}

static const char *data_of(const struct report_run *run)
{
    const char *data = json_string_value(json_object_get(run->config, "data"));
    return data ? data : "";
}

/* -1: it ranks nothing, or other lengths. */
static double ndcg_of(const struct report_run *run)
{
    const json_t *test = json_object_get(run->metrics, "test"),
                 *ten = json_object_get(json_object_get(test, "at"), "10"),
                 *ndcg = json_object_get(ten, "ndcg");
    const bool is_ranked = json_integer_value(json_object_get(test, "users")) > 0;
    return is_ranked && json_is_number(ndcg) ? json_number_value(ndcg) : -1;
}

/* The best run of each data set. */
static void put_best_runs(struct cards *cards, const struct report *report)
{
    for (int i = 0; i < report->n_runs; i++) {
        const struct report_run *run = &report->run[i];
        bool is_best = ndcg_of(run) >= 0;
        int n = 0;
        for (int k = 0; k < report->n_runs; k++) {
            const struct report_run *other = &report->run[k];
            if (strcmp(data_of(other), data_of(run)) != 0 || ndcg_of(other) < 0)
                continue;
            n++;
            is_best &= ndcg_of(other) < ndcg_of(run) || (ndcg_of(other) <= ndcg_of(run) && k >= i);
        }
        const struct headline h = {"ranking", "",
                                   n > 1 ? "NDCG@10 on the test part, the best run of these data"
                                         : "NDCG@10 on the test part",
                                   true};
        if (is_best)
            put_card(cards, &h, run->name, ndcg_of(run), NAN, NAN);
    }
}

/* The cards of all views of a kind. */
static void put_kind(struct cards *cards, const struct report *report, const struct headline *h)
{
    int n = 0;
    for (int v = 0; v < report->n_views; v++)
        n += strcmp(report->view[v].kind, h->kind) == 0;
    cards->n = 0;
    for (int v = 0; v < report->n_views; v++) {
        const struct report_view *view = &report->view[v];
        if (strcmp(view->kind, h->kind) != 0)
            continue;
        cards->view = n > 1 ? view->name : NULL;
        follow(cards, h, view->name, view->figures, h->path);
    }
}

void report_put_headline(struct report *report)
{
    struct cards cards = {.f = report->f};
    fputs("<section id=\"headline\">\n<h2>Headline</h2>\n<ul class=\"cards\">\n", report->f);
    put_best_runs(&cards, report);
    for (size_t h = 0; h < sizeof headlines / sizeof *headlines; h++)
        put_kind(&cards, report, &headlines[h]);
    fputs("</ul>\n", report->f);
    if (cards.left_out > 0)
        html_put(report->f, "<p class=\"note\">and %d more below</p>\n", cards.left_out);
    fputs("</section>\n", report->f);
}
