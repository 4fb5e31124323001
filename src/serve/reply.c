/* reply.c - what handlers read from requests and write into replies. */
#include "base/memory.h"
#include "base/number.h"
#include "base/plain_json.h"
#include "serve/app.h"

#include <stdlib.h>
#include <string.h>

#define HISTORY_MAX 10000

void reply_json(struct http_reply *reply, json_t *value)
{
    char *bytes = value ? plain_json_dumps(value, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
    json_decref(value);
    if (bytes)
        text_puts(&reply->body, bytes);
    else
        http_refuse(reply, 503, "out of memory");
    free(bytes);
}

void reply_error(struct http_reply *reply, const struct llmx_error *err)
{
    switch (err->code) {
    case LLMX_NOT_FOUND:
        http_refuse(reply, 404, "%s", err->message);
        break;
    case LLMX_BAD_INPUT:
    case LLMX_BAD_OPTION:
        http_refuse(reply, 400, "%s", err->message);
        break;
    case LLMX_TOO_LARGE:
        http_refuse(reply, 413, "%s", err->message);
        break;
    case LLMX_MISMATCH:
        http_refuse(reply, 409, "%s", err->message);
        break;
    case LLMX_INTERRUPTED:
    case LLMX_NO_MEMORY:
        http_refuse(reply, 503, "%s", err->message);
        break;
    default:
        http_fail(reply, 500, err->message);
        break;
    }
}

bool query_int(const struct http_request *request, struct http_reply *reply, const char *name,
               int least, int most, int otherwise, int *value)
{
    const char *text = http_query(request, name);
    double number;
    *value = otherwise;
    if (!text || (!http_query_twice(request, name) && number_parse(text, strlen(text), &number) &&
                  number_whole(number, least, most, value)))
        return true;
    http_refuse(reply, 400, "%s must be one whole number from %d to %d", name, least, most);
    return false;
}

int query_names(const struct names_index *index, const struct http_request *request,
                struct http_reply *reply, llmx_id rows[static PAGE_MAX])
{
    const char *query = http_query(request, "query");
    struct llmx_error err;
    int skip, max;
    if (!query_int(request, reply, "offset", 0, INT32_MAX, 0, &skip) ||
        !query_int(request, reply, "limit", 1, PAGE_MAX, 20, &max))
        return -1;
    const int n = names_index_find(index, query ? query : "", skip, max, rows, &err);
    if (n < 0)
        reply_error(reply, &err);
    return n;
}

bool has_only_keys(json_t *object, const char *const *keys, struct http_reply *reply)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        const char *const *known = keys;
        while (*known && strcmp(*known, key) != 0)
            known++;
        if (*known)
            continue;
        http_refuse(reply, 400, "the body has an unknown key '%s'", key);
        return false;
    }
    return true;
}

json_t *body_object(const struct http_request *request, struct http_reply *reply,
                    const char *const *keys)
{
    json_error_t where;
    json_t *object =
        plain_json_loadb(request->body, request->n_body, JSON_REJECT_DUPLICATES, &where);
    if (!json_is_object(object)) {
        http_refuse(reply, 400, "the body is no JSON object%s%s", object ? "" : ": ",
                    object ? "" : where.text);
        json_decref(object);
        return NULL;
    }
    if (!keys || has_only_keys(object, keys, reply))
        return object;
    json_decref(object);
    return NULL;
}

bool read_flag(const json_t *object, const char *key, struct http_reply *reply, bool *is_set)
{
    const json_t *given = json_object_get(object, key);
    *is_set = json_is_true(given);
    if (!given || json_is_boolean(given) || json_is_null(given))
        return true;
    http_refuse(reply, 400, "\"%s\" must be true or false", key);
    return false;
}

llmx_id read_item(const struct live *live, const char *token, struct http_reply *reply)
{
    const llmx_id item = token ? llmx_data_item(live->data, token) : -1;
    if (!token)
        http_refuse(reply, 400, "which item? Say \"item\"");
    else if (item < 0)
        http_refuse(reply, 404, "there is no item '%s'", token);
    return item;
}

static bool read_history(const struct live *live, const json_t *list, struct http_reply *reply,
                         struct llmx_person *person, llmx_id **history)
{
    const size_t n = json_array_size(list);
    struct llmx_error err;
    if (!json_is_array(list) || n == 0 || n > HISTORY_MAX) {
        http_refuse(reply, 400, "\"history\" must be a list of 1 to %d items, the oldest first",
                    HISTORY_MAX);
        return false;
    }
    if (!(*history = mem_array(n, sizeof **history, &err))) {
        reply_error(reply, &err);
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        const char *token = json_string_value(json_array_get(list, i));
        if (((*history)[i] = read_item(live, token ? token : "", reply)) < 0)
            return false;
    }
    *person = (struct llmx_person){.user = -1, .history = *history, .n = (int)n};
    return true;
}

bool read_person(const struct live *live, const struct http_request *request, const json_t *object,
                 struct http_reply *reply, struct llmx_person *person, llmx_id **history)
{
    const json_t *list = json_object_get(object, "history"), *who = json_object_get(object, "user");
    const char *user = object ? json_string_value(who) : http_query(request, "user");
    *history = NULL;
    if (list && !who)
        return read_history(live, list, reply, person, history);
    if (!user || list) {
        http_refuse(reply, 400, "who is meant? Say \"user\"%s", object ? " or \"history\"" : "");
        return false;
    }
    *person = (struct llmx_person){.user = llmx_data_user(live->data, user)};
    if (person->user < 0)
        http_refuse(reply, 404, "there is no user '%s'", user);
    return person->user >= 0;
}

json_t *user_json(const struct live *live, llmx_id user)
{
    return json_pack("{s:s, s:o}", "user", llmx_data_user_token(live->data, user), "profile",
                     columns_json(live, LLMX_USERS, user));
}

json_t *item_json(const struct live *live, llmx_id item)
{
    return json_pack("{s:s, s:s}", "item", llmx_data_item_token(live->data, item), "title",
                     live_title(live, item));
}

json_t *columns_json(const struct live *live, enum llmx_side side, llmx_id row)
{
    const int title = side == LLMX_ITEMS ? llmx_data_title_column(live->data) : -1;
    json_t *list = json_array();
    for (int k = 0; k < llmx_data_columns(live->data, side); k++) {
        const char *name = llmx_data_column_name(live->data, side, k),
                   *value = llmx_data_feature(live->data, side, row, k);
        if (k != title && *value && !(side == LLMX_USERS && llmx_is_private(name)))
            json_array_append_new(list, json_pack("{s:s, s:s}", "name", name, "value", value));
    }
    return list;
}

json_t *evidence_json(const struct live *live, const struct llmx_recommendation *r)
{
    json_t *list = json_array();
    for (int i = 0; i < r->n_evidence; i++) {
        json_t *one = item_json(live, r->evidence[i].item);
        json_object_set_new(one, "contribution", json_real((double)r->evidence[i].contribution));
        json_array_append_new(list, one);
    }
    return list;
}
