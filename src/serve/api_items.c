/* api_items.c - items: found by title, and one of them with its features. */
#include "serve/app.h"

#define PAGE_MAX 100

HANDLER(api_items)
{
    struct live *live = app_live(context);
    const char *query = http_query(request, "query");
    struct llmx_error err;
    llmx_id rows[PAGE_MAX];
    int skip, max, n;
    if (query_int(request, reply, "offset", 0, INT32_MAX, 0, &skip) &&
        query_int(request, reply, "limit", 1, PAGE_MAX, 20, &max)) {
        n = names_index_find(&live->items, query ? query : "", skip, max, rows, &err);
        if (n < 0)
            reply_error(reply, &err);
        else {
            json_t *list = json_array();
            for (int i = 0; i < n; i++)
                json_array_append_new(list, item_json(live, rows[i]));
            reply_json(reply, json_pack("{s:o, s:i}", "items", list, "known",
                                        (int)llmx_data_items(live->data)));
        }
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
