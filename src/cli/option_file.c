#include "cli/option_file.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "format/yaml_map.h"

#include <string.h>

static struct arena values; /* option values point here until the program ends */

/* RecBole's names for what we call otherwise; equal names need no row. */
static const char *const recbole_names[][2] = {
    {"embedding_size", "dim"},
    {"train_batch_size", "batch"},
    {"topk", "at"},
    {"valid_metric", "metric"},
    {"stopping_step", "patience"},
    {"weight_decay", "l2"},
    {"reg_weight", "l2"},
    {"dataset", "data"},
    {"data_path", "data"},
    {"hidden_size", "dim"},
    {"n_layers", "layers"},
    {"n_heads", "heads"},
    {"inner_size", "inner"},
    {"k", "neighbours"},
    {"hidden_dropout_prob", "dropout"},
    {"num_layers", "layers"},
    {"loss_type", "loss"},
    {"MAX_ITEM_LIST_LENGTH", "max_length"},
};

const char *option_file_our_name(const char *key)
{
    for (size_t i = 0; i < sizeof recbole_names / sizeof *recbole_names; i++)
        if (strcmp(key, recbole_names[i][0]) == 0)
            return recbole_names[i][1];
    return NULL;
}

/* A word as it stands, or a list's words joined by commas, into `text`; -1 for anything else. */
static int join_words(const struct yaml_value *value, struct text *text)
{
    const bool is_list = value->kind == YAML_LIST;
    const struct yaml_value *words = is_list ? value->items : value;
    for (int i = 0; i < (is_list ? value->n : 1); i++) {
        if (words[i].kind != YAML_WORD)
            return -1;
        text_puts(text, i ? "," : "");
        text_puts(text, words[i].word);
    }
    return 0;
}

static int apply(option_file_set *set, void *context, const struct yaml_value *value,
                 const char *path, struct llmx_error *err)
{
    struct text text = {0};
    int status = -1;
    if (join_words(value, &text) != 0) {
        err_set(err, LLMX_BAD_OPTION,
                "%s:%ld: expected `option: value` or `option: [value, value]`", path, value->line);
    } else if (text_check(&text, err) == 0) {
        char *kept = arena_text(&values, text.s ? text.s : "", text.n, err);
        status = kept ? set(context, value->key, kept, err) : -1;
        if (status != 0)
            err_prefix(err, "%s:%ld", path, value->line);
    }
    text_release(&text);
    return status;
}

int option_file_read(const char *path, option_file_set *set, void *context, struct llmx_error *err)
{
    struct yaml_map map;
    if (yaml_map_open(&map, path, LLMX_BAD_OPTION, err) != 0)
        return -1;
    int status = 0;
    for (int i = 0; status == 0 && i < map.root.n; i++)
        status = apply(set, context, &map.root.items[i], path, err);
    yaml_map_release(&map);
    return status;
}
