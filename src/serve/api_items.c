/* api_items.c - items: found by title, one of them with its features, and those that a list names. */
#include "base/plain.h"
#include "serve/app.h"

#define ASKED_MAX 1000 /* of one list */

HANDLER(api_items)
{
    struct live *live = app_live(context);
    llmx_id rows[PAGE_MAX];
    const int n = query_names(&live->items, request, reply, rows);
    if (n >= 0) {
        json_t *list = json_array();
        for (int i = 0; i < n; i++)
            json_array_append_new(list, item_json(live, rows[i]));
        reply_json(reply, json_pack("{s:o, s:i}", "items", list, "known",
                                    (int)llmx_data_items(live->data)));
    }
    live_drop(live);
}

HANDLER(api_item)
{
    struct live *live = app_live(context);
    const llmx_id item = read_item(live, request->part[0], reply);
    if (item >= 0) {
        json_t *object = item_json(live, item);
        json_object_set_new(object, "features", columns_json(live, LLMX_ITEMS, item));
        reply_json(reply, object);
    }
    live_drop(live);
}

/* The item of that token, or else the first of that title, in letters of any case; -1: none.
 * Cost: a look at each title, half a millisecond of 100,000. */
static llmx_id find_named(const struct live *live, const char *name)
{
    const llmx_id item = llmx_data_item(live->data, name);
    for (llmx_id i = 0; item < 0 && i < live->items.n; i++)
        if (plain_strcasecmp(live->items.name[i], name) == 0)
            return i;
    return item;
}

static bool are_names(const json_t *names)
{
    const size_t n = json_array_size(names);
    for (size_t i = 0; i < n; i++)
        if (!json_is_string(json_array_get(names, i)))
            return false;
    return json_is_array(names) && n <= ASKED_MAX;
}

HANDLER(api_items_named)
{
    static const char *const keys[] = {"names", NULL};
    struct live *live = app_live(context);
    json_t *object = body_object(request, reply, keys);
    const json_t *names = json_object_get(object, "names");
    const size_t n = json_array_size(names);
    if (object && !are_names(names))
        http_refuse(reply, 400, "\"names\" must be a list of at most %d tokens or titles",
                    ASKED_MAX);
    else if (object) {
        json_t *list = json_array();
        for (size_t i = 0; i < n; i++) {
            const llmx_id item = find_named(live, json_string_value(json_array_get(names, i)));
            json_array_append_new(list, item >= 0 ? item_json(live, item) : json_null());
        }
        reply_json(reply, json_pack("{s:o}", "items", list));
    }
    json_decref(object);
    live_drop(live);
}
