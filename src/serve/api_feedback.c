/* api_feedback.c - what people did with what they were recommended. */
#include "serve/app.h"
#include "serve/study.h"

#include <string.h>

static bool is_kind(const char *kind)
{
    static const char *const kinds[] = {"click", "like", "dislike", "hide", "purchase"};
    for (size_t i = 0; kind && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kind, kinds[i]) == 0)
            return true;
    return false;
}

static void keep(struct app *app, const struct live *live, const json_t *object,
                 struct http_reply *reply)
{
    char at[24];
    struct llmx_error err;
    const char *user = json_string_value(json_object_get(object, "user")),
               *item = json_string_value(json_object_get(object, "item")),
               *kind = json_string_value(json_object_get(object, "kind")),
               *values[] = {study_now(at), user, item, kind};
    if (!user || !*user)
        http_refuse(reply, 400, "who is meant? Say \"user\"");
    else if (!is_kind(kind))
        http_refuse(reply, 400, "\"kind\" must be one of: click, like, dislike, hide, purchase");
    else if (read_item(live, item, reply) >= 0) {
        if (store_run(app->store,
                      "INSERT INTO feedback (at, person, item, kind) VALUES ($1, $2, $3, $4)",
                      values, 4, NULL, NULL, &err) != 0)
            reply_error(reply, &err);
        else {
            reply->status = 201;
            reply_json(reply, json_pack("{s:s}", "at", at));
        }
    }
}

HANDLER(api_feedback)
{
    static const char *const keys[] = {"user", "item", "kind", NULL};
    struct live *live = app_live(context);
    json_t *object = body_object(request, reply, keys);
    if (object)
        keep(context, live, object, reply);
    json_decref(object);
    live_drop(live);
}
