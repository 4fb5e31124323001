/* api_evidence.c - why this item, and why not: rank, score, what carried it, what is true of it, and what the score would be
 * without some of the history. */
#include "base/memory.h"
#include "serve/app.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EVIDENCE_MAX 1000
#define K            10 /* the list that `missing` speaks of */

/* Adds "without": the score when the items of the list are not in the history. */
static bool add_without(const struct live *live, const struct llmx_person *person, llmx_id item,
                        const json_t *list, json_t *object, struct http_reply *reply)
{
    const size_t n = json_array_size(list);
    struct llmx_error err;
    float whole, rest;
    llmx_id *left_out = mem_array(n + 1, sizeof *left_out, &err);
    bool is_well = left_out != NULL;
    if (!is_well)
        reply_error(reply, &err);
    else if (!json_is_array(list)) {
        http_refuse(reply, 400, "\"without\" must be a list of items");
        is_well = false;
    }
    for (size_t i = 0; is_well && i < n; i++) {
        const char *token = json_string_value(json_array_get(list, i));
        is_well = (left_out[i] = read_item(live, token ? token : "", reply)) >= 0;
    }
    if (is_well &&
        llmx_score_without(live->run, person, item, left_out, (int)n, &whole, &rest, &err) != 0) {
        reply_error(reply, &err);
        is_well = false;
    }
    if (is_well)
        json_object_set_new(object, "without",
                            json_pack("{s:f, s:f}", "whole", (double)whole, "rest", (double)rest));
    free(left_out);
    return is_well;
}

/* What is true of it, a sentence each, as a reason would tell it; of an item without a title, nothing. NULL with `err`. */
static json_t *facts_json(const struct live *live, const struct llmx_person *person,
                          struct llmx_recommendation item, struct llmx_error *err)
{
    struct llmx_explanation told;
    if (item.n_evidence > TOLD_EVIDENCE)
        item.n_evidence = TOLD_EVIDENCE;
    if (llmx_explainer_check(live->explainer, person, &item, "", &told, err) != 0)
        return err->code == LLMX_BAD_INPUT ? json_array() : NULL;
    json_t *list = json_array();
    for (const char *at = told.facts; *at; at += *at == '\n') {
        const size_t n = strcspn(at, "\n");
        json_array_append_new(list, json_stringn(at, n));
        at += n;
    }
    llmx_explanation_release(&told);
    return list;
}

static json_t *standing_json(const struct live *live, const struct llmx_standing *s)
{
    json_t *object = item_json(live, s->item.item);
    json_object_set_new(object, "rank", json_integer(s->item.rank));
    json_object_set_new(object, "ranked", json_integer(s->n_ranked));
    json_object_set_new(object, "is_ranked", json_boolean(s->is_ranked));
    json_object_set_new(object, "score", json_real((double)s->item.score));
    json_object_set_new(object, "missing", json_real((double)s->missing));
    json_object_set_new(object, "evidence", evidence_json(live, &s->item));
    return object;
}

static void tell(const struct live *live, const struct llmx_person *person, llmx_id item,
                 const json_t *without, struct http_reply *reply)
{
    struct llmx_standing standing;
    struct llmx_error err;
    json_t *facts = NULL;
    struct llmx_evidence *evidence = mem_array(EVIDENCE_MAX, sizeof *evidence, &err);
    if (!evidence ||
        llmx_rank_item(live->run, person, NULL, item, K, EVIDENCE_MAX, &standing, evidence, &err) !=
            0 ||
        !(facts = facts_json(live, person, standing.item, &err)))
        reply_error(reply, &err);
    else {
        json_t *object = standing_json(live, &standing);
        json_object_set_new(object, "facts", facts);
        if (!without || add_without(live, person, item, without, object, reply))
            reply_json(reply, object);
        else
            json_decref(object);
    }
    free(evidence);
}

HANDLER(api_evidence)
{
    static const char *const keys[] = {"user", "history", "item", "without", NULL};
    struct live *live = app_live(context);
    struct llmx_person person;
    llmx_id *history = NULL, item;
    const bool has_body = request->n_body > 0;
    json_t *object = has_body ? body_object(request, reply, keys) : NULL;
    const char *token =
        has_body ? json_string_value(json_object_get(object, "item")) : http_query(request, "item");
    if ((object || !has_body) && read_person(live, request, object, reply, &person, &history) &&
        (item = read_item(live, token, reply)) >= 0)
        tell(live, &person, item, json_object_get(object, "without"), reply);
    free(history);
    json_decref(object);
    live_drop(live);
}
