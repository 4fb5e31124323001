/* api_items.c - items: found by title, one of them with its features, and those that a list names. */
#include "base/plain.h"
#include "serve/app.h"

#include <string.h>

#define ASKED_MAX   1000 /* of one list */
#define YEAR_DIGITS 4

/* Two items may be called alike: what else is known tells them apart. */
static json_t *described_json(const struct live *live, llmx_id item)
{
    json_t *object = item_json(live, item);
    json_object_set_new(object, "features", columns_json(live, LLMX_ITEMS, item));
    return object;
}

HANDLER(api_items)
{
    struct live *live = app_live(context);
    llmx_id rows[PAGE_MAX];
    const int n = query_names(&live->items, request, reply, rows);
    if (n >= 0) {
        json_t *list = json_array();
        for (int i = 0; i < n; i++)
            json_array_append_new(list, described_json(live, rows[i]));
        reply_json(reply, json_pack("{s:o, s:i}", "items", list, "known",
                                    (int)llmx_data_items(live->data)));
    }
    live_drop(live);
}

HANDLER(api_item)
{
    struct live *live = app_live(context);
    const llmx_id item = read_item(live, request->part[0], reply);
    if (item >= 0)
        reply_json(reply, described_json(live, item));
    live_drop(live);
}

/* Is the title, as it is shown or as the data write it ("Apartment, The"), these n bytes, in letters of any case? */
static bool is_called(const struct live *live, llmx_id item, const char *name, size_t n)
{
    const int column = llmx_data_title_column(live->data);
    const char *shown = live_title(live, item),
               *written =
                   column < 0 ? shown : llmx_data_feature(live->data, LLMX_ITEMS, item, column);
    return (plain_strncasecmp(shown, name, n) == 0 && shown[n] == '\0') ||
           (plain_strncasecmp(written, name, n) == 0 && written[n] == '\0');
}

static bool has_feature(const struct live *live, llmx_id item, const char *value, size_t n)
{
    for (int k = 0; k < llmx_data_columns(live->data, LLMX_ITEMS); k++) {
        const char *feature = llmx_data_feature(live->data, LLMX_ITEMS, item, k);
        if (strncmp(feature, value, n) == 0 && feature[n] == '\0')
            return true;
    }
    return false;
}

/* The first item of that title, of that year where one of them is; -1: none. year: NULL: any.
 * Cost: a look at each title, half a millisecond of 100,000. */
static llmx_id find_titled(const struct live *live, const char *name, size_t n, const char *year)
{
    llmx_id first = -1;
    for (llmx_id i = 0; i < live->items.n; i++)
        if (is_called(live, i, name, n)) {
            if (!year || has_feature(live, i, year, YEAR_DIGITS))
                return i;
            first = first < 0 ? i : first;
        }
    return first;
}

/* The year that a title ends with, "Heat (1995)", or NULL; *n becomes the length before it. */
static const char *trailing_year(const char *name, size_t *n)
{
    const size_t tail = sizeof " (1995)" - 1, length = strlen(name);
    if (length <= tail)
        return NULL;
    *n = length - tail;
    const char *year = name + *n + 2;
    return year[-2] == ' ' && year[-1] == '(' && year[YEAR_DIGITS] == ')' &&
                   strspn(year, "0123456789") == YEAR_DIGITS
               ? year
               : NULL;
}

/* The item of that token, or else of that title, or else of that title and year, as people write them; -1: none. */
static llmx_id find_named(const struct live *live, const char *name)
{
    llmx_id item = llmx_data_item(live->data, name);
    size_t n = strlen(name);
    if (item < 0)
        item = find_titled(live, name, n, NULL);
    const char *year = item < 0 ? trailing_year(name, &n) : NULL;
    return year ? find_titled(live, name, n, year) : item;
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
