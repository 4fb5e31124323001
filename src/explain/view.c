/* view.c - making views in memory. */
#include "explain/view.h"

#include "base/memory.h"
#include "data/dataset.h"
#include "explain/briefing.h"

#include <stdlib.h>
#include <string.h>

#define FEATURE_BYTES 60 /* of a value; what is longer describes */

struct llmx_viewer {
    const struct catalogue *catalogue;
    struct domain domain;
    struct twins twins;
    int history_max, evidence_max;
};

/* ---- viewers ---- */

int llmx_viewer_open(struct llmx_viewer **viewer, const struct llmx_gate *gate,
                     const struct llmx_explain_options *options, struct llmx_error *err)
{
    const struct llmx_explain_options defaults = llmx_explain_defaults();
    struct template template;
    options = options ? options : &defaults;
    if (briefing_check_options(options, err) != 0 ||
        template_open(&template, options->template_path, options->domain, gate->catalogue->data,
                      err) != 0)
        return -1;
    struct llmx_viewer *v = mem_array(1, sizeof *v, err);
    if (v)
        *v = (struct llmx_viewer){.catalogue = gate->catalogue,
                                  .domain = template.domain,
                                  .twins = *data_twins(gate->catalogue->data, false),
                                  .history_max = briefing_history(options, false),
                                  .evidence_max = options->evidence_max};
    template_release(&template);
    if (v)
        *viewer = v;
    return v ? 0 : -1;
}

void llmx_viewer_close(struct llmx_viewer *viewer)
{
    free(viewer);
}

/* ---- the parts of a view ---- */

/* One view being made. */
struct sight {
    struct llmx_view *view;
    const struct llmx_viewer *viewer;
    const struct rec *rec;
    struct arena *arena;
    struct llmx_error *err;
};

/* Room for n entries in *array. */
static int room(const struct sight *s, void *array, int n, size_t size)
{
    void *entries = arena_array(s->arena, (size_t)n + 1, size, s->err);
    memcpy(array, &entries, sizeof entries);
    return entries ? 0 : -1;
}

static int add_profile(const struct sight *s)
{
    struct llmx_view *view = s->view;
    const struct llmx_data *data = s->viewer->catalogue->data;
    const int columns = s->rec->user < 0 ? 0 : llmx_data_columns(data, LLMX_USERS);
    if (room(s, &view->profile, columns, sizeof *view->profile) != 0)
        return -1;
    for (int k = 0; k < columns; k++) {
        const char *name = llmx_data_column_name(data, LLMX_USERS, k);
        const char *value = llmx_data_feature(data, LLMX_USERS, s->rec->user, k);
        if (!*value || llmx_is_private(name))
            continue;
        if (strcmp(name, "gender") == 0)
            value = strcmp(value, "M") == 0 ? "male" : strcmp(value, "F") == 0 ? "female" : value;
        view->profile[view->n_profile++] =
            (struct llmx_view_field){name, value, strlen(value) >= FEATURE_BYTES};
    }
    return 0;
}

static int add_history(const struct sight *s)
{
    struct llmx_view *view = s->view;
    const struct catalogue *c = s->viewer->catalogue;
    llmx_id *items;
    if (room(s, &items, s->viewer->history_max, sizeof *items) != 0)
        return -1;
    const int n = rec_history(s->rec, c->data, &s->viewer->twins, items, s->viewer->history_max);
    if (room(s, &view->history, n, sizeof *view->history) != 0)
        return -1;
    for (int i = n - 1; i >= 0; i--)
        view->history[view->n_history++] = (struct llmx_view_item){items[i], c->title[items[i]]};
    return 0;
}

static const char *feature_text(const struct sight *s, const char *value, char separator)
{
    struct text text = {0};
    prompt_list(&text, value, separator, false);
    const char *copy =
        text_check(&text, s->err) == 0 ? arena_text(s->arena, text.s, text.n, s->err) : NULL;
    text_release(&text);
    return copy;
}

static int add_features(const struct sight *s)
{
    struct llmx_view *view = s->view;
    const struct catalogue *c = s->viewer->catalogue;
    const int columns = llmx_data_columns(c->data, LLMX_ITEMS);
    if (room(s, &view->features, columns, sizeof *view->features) != 0)
        return -1;
    for (int k = 0; k < columns; k++) {
        const char *value = llmx_data_feature(c->data, LLMX_ITEMS, s->rec->item, k);
        if (k == c->title_column || !*value)
            continue;
        const char *text = feature_text(s, value, k < COLUMNS_MAX ? c->separator[k] : 0);
        if (!text)
            return -1;
        view->features[view->n_features++] = (struct llmx_view_field){
            llmx_data_column_name(c->data, LLMX_ITEMS, k), text, strlen(value) >= FEATURE_BYTES};
    }
    return 0;
}

static bool is_named(const struct llmx_verdict *verdict, llmx_id item)
{
    for (int i = 0; i < verdict->n_named; i++)
        if (verdict->named[i].item == item)
            return true;
    return false;
}

/* The first of the evidence, and what else of it the text names. */
static int add_evidence(const struct sight *s, const struct llmx_verdict *verdict)
{
    struct llmx_view *view = s->view;
    const struct rec *rec = s->rec;
    if (room(s, &view->evidence, rec->n_evidence, sizeof *view->evidence) != 0)
        return -1;
    float total = 0;
    for (int i = 0; i < rec->n_evidence; i++)
        total += rec->contribution[i];
    const float largest =
        rec->n_evidence > 0 && rec->contribution[0] > 0 ? rec->contribution[0] : 1;
    for (int i = 0; i < rec->n_evidence; i++)
        if (i < s->viewer->evidence_max || is_named(verdict, rec->evidence[i]))
            view->evidence[view->n_evidence++] = (struct llmx_view_evidence){
                rec->evidence[i], s->viewer->catalogue->title[rec->evidence[i]],
                rec->contribution[i], rec->contribution[i] / largest,
                total > 0 ? rec->contribution[i] / total : 0};
    return 0;
}

static void add_span(struct llmx_view *view, enum llmx_span kind, uint32_t start, uint32_t end,
                     llmx_id item)
{
    if (end > start)
        view->spans[view->n_spans++] = (struct llmx_view_span){kind, start, end, item};
}

/* The text, cut where titles begin and end. */
static int add_text(const struct sight *s, const char *text, const struct llmx_verdict *verdict)
{
    struct llmx_view *view = s->view;
    const size_t n = strlen(text);
    uint32_t at = 0;
    if (!(view->text = arena_text(s->arena, text, n, s->err)) ||
        room(s, &view->spans, 2 * verdict->n_named + 1, sizeof *view->spans) != 0)
        return -1;
    for (int i = 0; i < verdict->n_named; i++) {
        const struct llmx_mention *named = &verdict->named[i];
        add_span(view, LLMX_SPAN_PLAIN, at, named->start, -1);
        add_span(view, named->item == s->rec->item ? LLMX_SPAN_ITEM : LLMX_SPAN_CITED, named->start,
                 named->end, named->item);
        at = named->end;
    }
    add_span(view, LLMX_SPAN_PLAIN, at, (uint32_t)n, -1);
    return 0;
}

int view_fill(struct llmx_view *view, const struct llmx_viewer *viewer, const struct rec *rec,
              const char *text, const struct llmx_verdict *verdict, struct arena *arena,
              struct llmx_error *err)
{
    const struct sight s = {view, viewer, rec, arena, err};
    *view = (struct llmx_view){.taken = viewer->domain.taken,
                               .item = rec->item,
                               .title = viewer->catalogue->title[rec->item],
                               .rank = rec->rank,
                               .score = rec->score};
    if (rec->user_token &&
        !(view->user = arena_text(arena, rec->user_token, strlen(rec->user_token), err)))
        return -1;
    view->item_token = llmx_data_item_token(viewer->catalogue->data, rec->item);
    return add_profile(&s) != 0 || add_history(&s) != 0 || add_features(&s) != 0 ||
                   add_evidence(&s, verdict) != 0 || add_text(&s, text, verdict) != 0
               ? -1
               : 0;
}

void view_keep(struct llmx_view *view, struct arena *arena)
{
    view->storage = arena->block;
    *arena = (struct arena){0};
}

void llmx_view_release(struct llmx_view *view)
{
    struct arena arena = {view->storage};
    arena_release(&arena);
    *view = (struct llmx_view){0};
}

/* ---- of an explanation in memory ---- */

static int name_checks(const struct sight *s, uint32_t failed, struct llmx_view_failure **failure,
                       int *n)
{
    if (room(s, failure, LLMX_CHECK_COUNT, sizeof **failure) != 0)
        return -1;
    for (int k = 0; k < LLMX_CHECK_COUNT; k++)
        if (failed >> k & 1)
            (*failure)[(*n)++] = (struct llmx_view_failure){llmx_check_name(k), NULL};
    return 0;
}

/* A sentence for each line. */
static int add_facts(const struct sight *s, const char *facts)
{
    struct llmx_view *view = s->view;
    int n = 1;
    for (const char *at = facts; *at; at++)
        n += *at == '\n';
    if (room(s, &view->facts, n, sizeof *view->facts) != 0)
        return -1;
    for (const char *at = facts; *at; at += *at == '\n') {
        const size_t length = strcspn(at, "\n");
        if (!(view->facts[view->n_facts] = arena_text(s->arena, at, length, s->err)))
            return -1;
        view->n_facts++;
        at += length;
    }
    return 0;
}

static int add_outcome(const struct sight *s, const struct llmx_explanation *x)
{
    struct llmx_view *view = s->view;
    view->outcome = x->has_passed ? LLMX_OUTCOME_PASSED : LLMX_OUTCOME_FALLBACK;
    view->tries = x->tries;
    if (name_checks(s, x->failed, &view->failure, &view->n_failures) != 0 ||
        room(s, &view->rejected, x->n_rejected, sizeof *view->rejected) != 0)
        return -1;
    for (; view->n_rejected < x->n_rejected; view->n_rejected++) {
        const struct llmx_rejected *from = &x->rejected[view->n_rejected];
        struct llmx_view_try *to = &view->rejected[view->n_rejected];
        to->text = arena_text(s->arena, from->text, strlen(from->text), s->err);
        if (!to->text || name_checks(s, from->failed, &to->failure, &to->n_failures) != 0)
            return -1;
    }
    return 0;
}

int llmx_view_make(struct llmx_view *view, const struct llmx_viewer *viewer,
                   const struct llmx_person *person,
                   const struct llmx_recommendation *recommendation,
                   const struct llmx_explanation *explanation, struct llmx_error *err)
{
    struct arena arena = {0};
    struct rec rec;
    const struct sight s = {view, viewer, &rec, &arena, err};
    if (rec_make(&rec, viewer->catalogue->data, person, recommendation, &arena, err) != 0 ||
        view_fill(view, viewer, &rec, explanation->text, &explanation->verdict, &arena, err) != 0 ||
        add_facts(&s, explanation->facts ? explanation->facts : "") != 0 ||
        add_outcome(&s, explanation) != 0) {
        arena_release(&arena);
        return -1;
    }
    view_keep(view, &arena);
    return 0;
}
