/* view_json.c - an explanation as JSON: its text in spans, what it was told, what the gate said. */
#include "serve/view_json.h"

static const char *outcome_name(enum llmx_outcome outcome)
{
    static const char *const names[] = {"passed", "plain", "rejected", "unchecked"};
    return names[outcome];
}

static json_t *spans_json(const struct llmx_view *view, const struct llmx_data *data)
{
    static const char *const kinds[] = {"plain", "cited", "item"};
    json_t *list = json_array();
    for (int i = 0; i < view->n_spans; i++) {
        const struct llmx_view_span *s = &view->spans[i];
        json_t *one = json_pack("{s:s, s:s%}", "kind", kinds[s->kind], "text",
                                view->text + s->start, (size_t)(s->end - s->start));
        if (s->item >= 0)
            json_object_set_new(one, "item", json_string(llmx_data_item_token(data, s->item)));
        json_array_append_new(list, one);
    }
    return list;
}

static json_t *failures_json(const struct llmx_view_failure *failure, int n)
{
    json_t *list = json_array();
    for (int i = 0; i < n; i++)
        json_array_append_new(
            list, json_pack("{s:s, s:s?}", "check", failure[i].check, "span", failure[i].text));
    return list;
}

static json_t *rejected_json(const struct llmx_view *view)
{
    json_t *list = json_array();
    for (int i = 0; i < view->n_rejected; i++) {
        const struct llmx_view_try *t = &view->rejected[i];
        json_array_append_new(list, json_pack("{s:s, s:o}", "text", t->text, "failed",
                                              failures_json(t->failure, t->n_failures)));
    }
    return list;
}

static json_t *facts_json(const struct llmx_view *view)
{
    json_t *list = json_array();
    for (int i = 0; i < view->n_facts; i++)
        json_array_append_new(list, json_string(view->facts[i]));
    return list;
}

json_t *view_json(const struct llmx_view *view, const struct llmx_data *data)
{
    return json_pack(
        "{s:s, s:o, s:s, s:i, s:o, s:o, s:o}", "text", view->text, "spans", spans_json(view, data),
        "outcome", outcome_name(view->outcome), "tries", view->tries, "facts", facts_json(view),
        "failed", failures_json(view->failure, view->n_failures), "rejected", rejected_json(view));
}

json_t *blame_json(const struct llmx_verdict *verdict, const char *text)
{
    json_t *list = json_array();
    for (int i = 0; i < verdict->n_failures; i++) {
        const struct llmx_failure *f = &verdict->failure[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:s%}", "check", llmx_check_name(f->check), "span",
                                        text + f->start, (size_t)(f->end - f->start)));
    }
    return list;
}
