/* api_people.c - people: found by name, and one of them with profile and history. */
#include "serve/app.h"

#include <time.h>

HANDLER(api_users)
{
    struct live *live = app_live(context);
    llmx_id rows[PAGE_MAX];
    const int n = query_names(&live->people, request, reply, rows);
    if (n >= 0) {
        json_t *list = json_array();
        for (int i = 0; i < n; i++)
            json_array_append_new(list, user_json(live, rows[i]));
        reply_json(reply, json_pack("{s:o, s:i}", "users", list, "known",
                                    (int)llmx_data_users(live->data)));
    }
    live_drop(live);
}

/* "2000-03-01" */
static json_t *date_json(int day)
{
    const time_t at = (time_t)day * 86400;
    struct tm utc;
    char text[16];
    return gmtime_r(&at, &utc) && strftime(text, sizeof text, "%Y-%m-%d", &utc) > 0
               ? json_string(text)
               : NULL;
}

static json_t *taken_json(const struct live *live, llmx_id user, llmx_id item, int i)
{
    const int day = llmx_data_day(live->data, user, LLMX_ALL, i);
    json_t *taken = item_json(live, item);
    if (day >= 0)
        json_object_set_new(taken, "date", date_json(day));
    return taken;
}

static json_t *history_json(const struct live *live, llmx_id user)
{
    int n;
    const llmx_id *history = llmx_data_history(live->data, user, LLMX_ALL, &n);
    json_t *list = json_array();
    for (int i = 0; i < n; i++)
        json_array_append_new(list, taken_json(live, user, history[i], i));
    return list;
}

HANDLER(api_user)
{
    struct live *live = app_live(context);
    const llmx_id user = llmx_data_user(live->data, request->part[0]);
    if (user < 0)
        http_refuse(reply, 404, "there is no user '%s'", request->part[0]);
    else {
        json_t *object = user_json(live, user);
        json_object_set_new(object, "history", history_json(live, user));
        reply_json(reply, object);
    }
    live_drop(live);
}
