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
    json_t *list = fact->n_values > 0 ? json_array() : NULL;
    for (int i = 0; i < fact->n_values; i++)
        json_array_append_new(list, json_string(fact->value[i]));
    return list;
}

json_t *fact_json(const struct llmx_fact *fact, const struct catalogue *catalogue,
                  const struct domain *domain)
{
    const struct llmx_data *data = catalogue->data;
    const bool has_m = fact->n > 0 && fact->kind != LLMX_FACT_RECENT;
    struct text sentence = {0};
    wording_fact(&sentence, fact, catalogue, domain);
    json_t *object =
        sentence.failed
            ? NULL
            : json_pack("{s:s, s:o, s:o*, s:o*, s:s*, s:o*, s:s}", "kind",
                        llmx_fact_name((int)fact->kind), "items", item_list(fact, data), "n",
                        fact->n > 0 ? json_integer(fact->n) : NULL, "m",
                        has_m ? json_integer(fact->m) : NULL, "column",
                        fact->column < 0 ? NULL
                                         : llmx_data_column_name(data, LLMX_ITEMS, fact->column),
                        "values", value_list(fact), "text", sentence.s);
    text_release(&sentence);
    return object;
}
