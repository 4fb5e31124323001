#include "data/twins_list.h"

/* Is it the first of several items of one title? */
static bool begins(const struct twins *t, llmx_id item)
{
    return t->next && t->first[item] == item && t->next[item] != item;
}

void twins_print(FILE *f, const struct twins *t, const struct llmx_data *data, int max)
{
    const int title = llmx_data_title_column(data);
    int shown = 0;
    for (llmx_id first = 0; first < llmx_data_items(data) && shown < max; first++) {
        if (!begins(t, first))
            continue;
        fprintf(f, "%s  %s: %s", shown++ ? "" : "\nOne title and year under several ids\n",
                llmx_data_feature(data, LLMX_ITEMS, first, title),
                llmx_data_item_token(data, first));
        for (llmx_id item = t->next[first]; item != first; item = t->next[item])
            fprintf(f, ", %s", llmx_data_item_token(data, item));
        fputc('\n', f);
    }
    if (t->groups > shown)
        fprintf(f, "  and %d more (--json lists all)\n", t->groups - shown);
}

json_t *twins_json(const struct twins *t, const struct llmx_data *data)
{
    const int title = llmx_data_title_column(data);
    json_t *list = json_array();
    for (llmx_id first = 0; first < llmx_data_items(data); first++) {
        if (!begins(t, first))
            continue;
        json_t *items = json_pack("[s]", llmx_data_item_token(data, first));
        for (llmx_id item = t->next[first]; item != first; item = t->next[item])
            json_array_append_new(items, json_string(llmx_data_item_token(data, item)));
        json_array_append_new(list, json_pack("{s:s, s:o}", "title",
                                              llmx_data_feature(data, LLMX_ITEMS, first, title),
                                              "items", items));
    }
    return list;
}
