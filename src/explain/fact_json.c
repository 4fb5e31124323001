#include "explain/fact_json.h"

static json_t *item_list(const struct llmx_fact *fact, const struct llmx_data *data)
{
    json_t *list = json_array();
    for (int i = 0; i < fact->n_items; i++)
        json_array_append_new(list, json_string(llmx_data_item_token(data, fact->items[i])));
    return list;
}

static json_t *value_list(const struct llmx_fact *fact)
{
    json_t *list = json_array();
    for (int i = 0; i < fact->n_values; i++)
        json_array_append_new(list, json_string(fact->value[i]));
    return list;
}

json_t *fact_json(const struct llmx_fact *fact, const struct catalogue *catalogue,
                  const struct domain *domain)
{
    const struct llmx_data *data = catalogue->data;
    struct text sentence = {0};
    wording_fact(&sentence, fact, catalogue, domain);
    json_t *object = json_object();
    int failed = json_object_set_new(object, "kind", json_string(llmx_fact_name((int)fact->kind))) |
                 json_object_set_new(object, "items", item_list(fact, data));
    if (fact->n > 0)
        failed |= json_object_set_new(object, "n", json_integer(fact->n));
    if (fact->n > 0 && fact->kind != LLMX_FACT_RECENT)
        failed |= json_object_set_new(object, "m", json_integer(fact->m));
    if (fact->column >= 0)
        failed |= json_object_set_new(
            object, "column", json_string(llmx_data_column_name(data, LLMX_ITEMS, fact->column)));
    if (fact->n_values > 0)
        failed |= json_object_set_new(object, "values", value_list(fact));
    failed |= sentence.failed || json_object_set_new(object, "text", json_string(sentence.s)) != 0;
    text_release(&sentence);
    if (!failed)
        return object;
    json_decref(object);
    return NULL;
}
