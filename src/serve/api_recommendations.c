/* api_recommendations.c - the top of the list, for somebody known or by a history. */
#include "base/memory.h"
#include "base/number.h"
#include "serve/app.h"

#include <stdlib.h>

#define TOP_MAX    100
#define EVIDENCE_N 5

static json_t *list_json(const struct live *live, const struct llmx_recommendation *top, int n)
{
    json_t *list = json_array();
    for (int i = 0; i < n; i++) {
        json_t *one = item_json(live, top[i].item);
        json_object_set_new(one, "rank", json_integer(top[i].rank));
        json_object_set_new(one, "score", json_real((double)top[i].score));
        json_object_set_new(one, "evidence", evidence_json(live, &top[i]));
        json_array_append_new(list, one);
    }
    return list;
}

static void recommend(const struct live *live, const struct llmx_person *person, int k,
                      struct http_reply *reply)
{
    struct llmx_recommendation top[TOP_MAX];
    struct llmx_evidence evidence[TOP_MAX * EVIDENCE_N];
    struct llmx_error err;
    const int n = llmx_recommend(live->run, person, NULL, k, EVIDENCE_N, top, evidence, &err);
    if (n < 0) {
        reply_error(reply, &err);
        return;
    }
    json_t *object = json_pack("{s:s, s:o}", "model", llmx_run_model(live->run), "recommendations",
                               list_json(live, top, n));
    if (person->user >= 0)
        json_object_set_new(object, "user",
                            json_string(llmx_data_user_token(live->data, person->user)));
    reply_json(reply, object);
}

/* The usual list of somebody in the data: made once, then kept. */
static void recommend_kept(const struct live *live, const struct llmx_person *person, bool may_wait,
                           struct http_reply *reply)
{
    size_t n;
    const char *kept = kept_lists_get(live->kept, person->user, &n);
    if (kept)
        text_put(&reply->body, kept, n);
    else if (!may_wait)
        reply->is_later = true;
    else {
        recommend(live, person, LIVE_TOP, reply);
        if (reply->status == 0 && !reply->body.failed)
            kept_lists_put(live->kept, person->user, reply->body.s, reply->body.n);
    }
}

HANDLER(api_recommendations)
{
    struct live *live = app_live(context);
    struct llmx_person person;
    llmx_id *history;
    int k;
    if (query_int(request, reply, "k", 1, TOP_MAX, LIVE_TOP, &k) &&
        read_person(live, request, NULL, reply, &person, &history)) {
        if (k == LIVE_TOP)
            recommend_kept(live, &person, request->may_wait, reply);
        else if (request->may_wait)
            recommend(live, &person, k, reply);
        else
            reply->is_later = true;
    }
    live_drop(live);
}

HANDLER(api_recommend_to)
{
    static const char *const keys[] = {"user", "history", "k", NULL};
    struct live *live = app_live(context);
    struct llmx_person person;
    llmx_id *history = NULL;
    json_t *object = body_object(request, reply, keys);
    const json_t *asked = json_object_get(object, "k");
    int k = LIVE_TOP;
    if (asked && !number_whole(json_number_value(asked), 1, TOP_MAX, &k))
        http_refuse(reply, 400, "\"k\" must be a whole number from 1 to %d", TOP_MAX);
    else if (object && read_person(live, request, object, reply, &person, &history))
        recommend(live, &person, k, reply);
    free(history);
    json_decref(object);
    live_drop(live);
}
