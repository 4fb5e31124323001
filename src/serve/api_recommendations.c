/* api_recommendations.c - the top of the list, for somebody known or by a history. */
#include "base/memory.h"
#include "base/number.h"
#include "serve/app.h"

#include <stdlib.h>

#define TOP_MAX    100
#define EVIDENCE_N 5

static json_t *list_json(const struct engine *engine, const struct llmx_recommendation *top, int n)
{
    json_t *list = json_array();
    for (int i = 0; i < n; i++) {
        json_t *one = item_json(engine, top[i].item);
        json_object_set_new(one, "rank", json_integer(top[i].rank));
        json_object_set_new(one, "score", json_real((double)top[i].score));
        json_object_set_new(one, "evidence", evidence_json(engine, &top[i]));
        json_array_append_new(list, one);
    }
    return list;
}

static void recommend(const struct engine *engine, const struct llmx_person *person, int k,
                      struct http_reply *reply)
{
    struct llmx_recommendation top[TOP_MAX];
    struct llmx_evidence evidence[TOP_MAX * EVIDENCE_N];
    struct llmx_error err;
    const int n = llmx_recommend(engine->run, person, NULL, k, EVIDENCE_N, top, evidence, &err);
    if (n < 0) {
        reply_error(reply, &err);
        return;
    }
    json_t *object = json_pack("{s:s, s:o}", "model", llmx_run_model(engine->run),
                               "recommendations", list_json(engine, top, n));
    if (person->user >= 0)
        json_object_set_new(object, "user",
                            json_string(llmx_data_user_token(engine->data, person->user)));
    reply_json(reply, object);
}

/* The usual list of somebody in the data: made once, then kept with the engine. */
static void recommend_kept(const struct engine *engine, const struct llmx_person *person,
                           bool may_wait, struct http_reply *reply)
{
    size_t n;
    const char *kept = served_get(engine->served, person->user, &n);
    if (kept)
        text_put(&reply->body, kept, n);
    else if (!may_wait)
        reply->is_later = true;
    else {
        recommend(engine, person, ENGINE_TOP, reply);
        if (reply->status == 0 && !reply->body.failed)
            served_put(engine->served, person->user, reply->body.s, reply->body.n);
    }
}

HANDLER(api_recommendations)
{
    struct engine *engine = app_engine(context);
    struct llmx_person person;
    llmx_id *history;
    int k;
    if (query_int(request, reply, "k", 1, TOP_MAX, ENGINE_TOP, &k) &&
        read_person(engine, request, NULL, reply, &person, &history)) {
        if (k == ENGINE_TOP)
            recommend_kept(engine, &person, request->may_wait, reply);
        else if (request->may_wait)
            recommend(engine, &person, k, reply);
        else
            reply->is_later = true;
    }
    engine_drop(engine);
}

HANDLER(api_recommend_to)
{
    static const char *const keys[] = {"user", "history", "k", NULL};
    struct engine *engine = app_engine(context);
    struct llmx_person person;
    llmx_id *history = NULL;
    json_t *object = body_object(request, reply, keys);
    const json_t *asked = json_object_get(object, "k");
    int k = ENGINE_TOP;
    if (asked && !number_whole(json_number_value(asked), 1, TOP_MAX, &k))
        http_refuse(reply, 400, "\"k\" must be a whole number from 1 to %d", TOP_MAX);
    else if (object && read_person(engine, request, object, reply, &person, &history))
        recommend(engine, &person, k, reply);
    free(history);
    json_decref(object);
    engine_drop(engine);
}
