#include "report/report_figures.h"

#include "base/memory.h"
#include "base/plain.h"
#include "base/text.h"
#include "report/report_grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define KEY_BYTES   40   /* of a part of a path */
#define SHARE_SLACK 1e-9 /* a sum of fractions is no nearer to 0 or 1 */

static const struct headline headlines[] = {
    {"grounding", "Is what they say true?", "standard.statements",
     "of the statements are supported", "statements", "statements", UNIT_SHARE, NULL, NULL},
    {"faithfulness", "Do they name what counted?", "share_of_evidence",
     "of what the true evidence does to the score is done by what the texts cite", "measured",
     "texts", UNIT_SHARE, NULL, NULL},
    {"evidence-test", "Is the evidence real?", "random.comprehensiveness_gain",
     "standard deviations: the score falls further without the evidence than without random items",
     "users", "people", UNIT_NUMBER, NULL, NULL},
    {"judge compare", "Which reasons does a judge prefer?", "systems.*.win_score",
     "of the judge's comparisons won, a tie half", "groups", "people", UNIT_SHARE, NULL, NULL},
    {"judge audit", "Is the judge right?", "judges.judge.accuracy",
     "of the judge's verdicts are right", "pairs", "pairs", UNIT_SHARE, "not_beaten",
     "does not beat those that do not read: "},
    {"judge sanity", "Does the judge see what is spoilt?", "all.right",
     "of the spoilt texts are told from the good ones", "all.pairs", "pairs", UNIT_SHARE, NULL,
     NULL},
    {"bias told", "Is it another reason for somebody else?", "pairs.*.changed",
     "of the texts change with one value of the profile", "users", "people", UNIT_SHARE, NULL,
     NULL},
    {"attributes", "Can it tell whom it writes for, and of what?",
     "attributes.*.guesses.candidates.above_majority",
     "of answers right, less the share that the commonest answer gets right", NULL, NULL,
     UNIT_SHARE, NULL, NULL},
    {"attributes", "Do the texts tell whom they are for?",
     "attributes.*.guesses.text_candidates.above_majority",
     "of answers right from the texts, less the share that the commonest answer gets right", NULL,
     NULL, UNIT_SHARE, NULL, NULL},
    {"ratings", "What do people say?", "systems.*.*", "mean rating", NULL, "ratings", UNIT_NUMBER,
     NULL, NULL},
    {"rerank", "Does the language model help to rank?", "test.gain",
     "NDCG@10 more with the language model's likelihood than without", "test.users", "people",
     UNIT_NUMBER, NULL, NULL},
    {"lint", "Is anything amiss?", "found", "things to look at", NULL, NULL, UNIT_COUNT, NULL,
     NULL},
};

const struct headline *figures_headline(int i)
{
    return i < (int)(sizeof headlines / sizeof *headlines) ? &headlines[i] : NULL;
}

int figures_add(struct figures *figures, const struct figure *figure, struct llmx_error *err)
{
    if (mem_grow(&figures->figure, &figures->capacity, figures->n + 1, sizeof *figures->figure,
                 err) != 0)
        return -1;
    figures->figure[figures->n++] = *figure;
    return 0;
}

void figures_release(struct figures *figures)
{
    free(figures->figure);
}

/* ---- along a path ---- */

/* The first part of a path; returns what comes behind it, NULL when it was the last. */
static const char *first_part(const char *path, char key[KEY_BYTES])
{
    const size_t n = strcspn(path, ".");
    plain_snprintf(key, KEY_BYTES, "%.*s", (int)n, path);
    return path[n] ? path + n + 1 : NULL;
}

static double number_at(const json_t *value, const char *path)
{
    char key[KEY_BYTES];
    while (path && value) {
        path = first_part(path, key);
        value = json_object_get(value, key);
    }
    return json_is_number(value) ? json_number_value(value) : NAN;
}

struct search {
    struct figures *figures;
    struct arena *arena;
    struct figure found; /* what all figures of the view have in common */
};

/* The figure in `record` under `key`, with the bounds that stand beside it. */
static int take(struct search *s, const char *name, const json_t *record, const char *key,
                struct llmx_error *err)
{
    const json_t *leaf = json_object_get(record, key);
    struct figure figure = s->found;
    figure.name = name;
    if (!grid_figure(leaf, &figure.value, &figure.low, &figure.high))
        return 0;
    if (json_is_object(leaf) && json_is_number(json_object_get(leaf, "n")))
        figure.n = json_number_value(json_object_get(leaf, "n"));
    if (!json_is_object(leaf)) {
        figure.low = number_at(record, "low");
        figure.high = number_at(record, "high");
    }
    return figures_add(s->figures, &figure, err);
}

static int follow(struct search *s, const char *name, json_t *value, const char *path,
                  struct llmx_error *err);

static int follow_thing(struct search *s, const char *name, json_t *thing, const char *rest,
                        struct llmx_error *err)
{
    struct text its = {0};
    text_puts(&its, name);
    report_put_thing(&its, thing);
    const char *own = its.failed ? "" : its.s + strspn(its.s, ", ");
    const char *longer =
        text_check(&its, err) == 0 ? arena_text(s->arena, own, strlen(own), err) : NULL;
    text_release(&its);
    return longer ? follow(s, longer, thing, rest, err) : -1;
}

/* The rest of a path in every thing of a list, which are told apart by their texts. */
static int follow_list(struct search *s, const char *name, json_t *list, const char *rest,
                       struct llmx_error *err)
{
    json_t *thing;
    size_t i;
    if (rest && *name && json_array_size(list) == 1)
        return follow(s, name, json_array_get(list, 0), rest, err);
    json_array_foreach(list, i, thing)
    {
        if (rest && follow_thing(s, name, thing, rest, err) != 0)
            return -1;
    }
    return 0;
}

/* `name` is empty where the view is the only one of its kind and no * was passed. */
static int follow(struct search *s, const char *name, json_t *value, const char *path,
                  struct llmx_error *err)
{
    char key[KEY_BYTES];
    const char *rest = first_part(path, key), *its;
    json_t *child;
    if (*key != '*')
        return rest ? follow(s, name, json_object_get(value, key), rest, err)
                    : take(s, name, value, key, err);
    if (json_is_array(value))
        return follow_list(s, name, value, rest, err);
    json_object_foreach(value, its, child)
    {
        const char *longer = arena_printf(s->arena, err, "%s%s%s", name, *name ? ", " : "", its);
        if (!longer ||
            (rest ? follow(s, longer, child, rest, err) : take(s, longer, value, its, err)) != 0)
            return -1;
    }
    return 0;
}

/* People, unless the view says that others were drawn. */
static const char *what_was_drawn(const struct headline *headline, const struct report_view *view)
{
    const char *drawn = json_string_value(json_object_get(view->figures, "drawn"));
    const bool is_told = headline->of && strcmp(headline->of, "groups") == 0 && drawn;
    return is_told && strcmp(drawn, "users") != 0 ? drawn : headline->of_what;
}

int figures_find(struct figures *figures, const struct headline *headline,
                 const struct report_group *group, struct arena *arena, struct llmx_error *err)
{
    const bool has_parts = strchr(headline->path, '*') != NULL;
    for (int v = 0; v < group->n; v++) {
        const struct report_view *view = group->view[v];
        struct search s = {figures, arena, {0}};
        s.found.n = number_at(view->figures, headline->of);
        s.found.of_what = what_was_drawn(headline, view);
        s.found.but = headline->but ? json_object_get(view->figures, headline->but) : NULL;
        if (follow(&s, group->n == 1 && has_parts ? "" : view->name, view->figures, headline->path,
                   err) != 0)
            return -1;
    }
    return 0;
}

/* ---- how they are shown ---- */

void figures_scale(const struct figures *figures, enum figure_unit unit, double *from, double *to)
{
    *from = *to = 0;
    for (size_t i = 0; i < figures->n; i++) {
        const struct figure *x = &figures->figure[i];
        *from = fmin(*from, fmin(x->value, x->low));
        *to = fmax(*to, fmax(x->value, x->high));
    }
    const bool is_share = unit == UNIT_SHARE && *from >= 0;
    const double room = is_share ? 0 : 0.1 * (*to - *from);
    *to = is_share ? fmax(*to, 1) : *to;
    *from -= *from < 0 ? room : 0;
    *to += *to > 0 ? room : 0;
    if (!(*from < *to) || !isfinite(*to - *from))
        *from = 0, *to = 1;
}

/* 99.6 % and 99.96 % are not all, 0.4 % and 0.04 % not none. */
static void put_share(FILE *f, double value)
{
    const double size = fabs(value), percent = 100 * size;
    const char *sign = value < 0 && size > SHARE_SLACK ? "−" : "";
    if (size <= SHARE_SLACK || fabs(size - 1) <= SHARE_SLACK)
        fprintf(f, "%s%s&nbsp;%%", sign, size < 0.5 ? "0" : "100");
    else if (percent < 0.05)
        fprintf(f, "&%s;&nbsp;%s0.1&nbsp;%%", value < 0 ? "gt" : "lt", sign);
    else if (percent >= 99.95 && percent < 100)
        fprintf(f, "&%s;&nbsp;%s99.9&nbsp;%%", value < 0 ? "lt" : "gt", sign);
    else
        plain_fprintf(f, "%s%.*f&nbsp;%%", sign, percent < 10 || (percent > 99 && percent < 100),
                      percent);
}

void figures_put_number(FILE *f, enum figure_unit unit, double value)
{
    if (unit == UNIT_NUMBER)
        grid_put_number(f, value);
    else if (unit == UNIT_COUNT)
        grid_put_count(f, value);
    else
        put_share(f, value);
}

bool figures_has_interval(const struct figure *figure)
{
    return isfinite(figure->low) && isfinite(figure->high);
}

void figures_put_interval(FILE *f, enum figure_unit unit, const struct figure *figure)
{
    if (!(figure->low < figure->high)) {
        fputs("all alike, no interval", f);
        return;
    }
    figures_put_number(f, unit, figure->low);
    fputs(" to ", f);
    figures_put_number(f, unit, figure->high);
}
