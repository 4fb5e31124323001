#include "cli/option_file.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/text.h"

#include <string.h>
#include <yaml.h>

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

/* Who wants to know what the file says. */
struct taker {
    option_file_set *set;
    void *context;
};

static int bad(struct llmx_error *err, const char *path, const yaml_mark_t *mark, const char *what)
{
    return err_set(err, LLMX_BAD_OPTION, "%s:%zu: %s", path, mark->line + 1, what);
}

static int read_scalar(yaml_document_t *document, int index, struct text *text)
{
    const yaml_node_t *node = yaml_document_get_node(document, index);
    if (node->type != YAML_SCALAR_NODE)
        return -1;
    text_put(text, (const char *)node->data.scalar.value, node->data.scalar.length);
    return 0;
}

/* A scalar as it stands, or a list's scalars joined by commas, into `text`. No list in a list: an alias can make
 * one that holds itself. */
static int read_value(yaml_document_t *document, int index, struct text *text)
{
    const yaml_node_t *node = yaml_document_get_node(document, index);
    if (node->type != YAML_SEQUENCE_NODE)
        return read_scalar(document, index, text);
    for (const yaml_node_item_t *i = node->data.sequence.items.start;
         i < node->data.sequence.items.top; i++) {
        if (text->n)
            text_puts(text, ",");
        if (read_scalar(document, *i, text) != 0)
            return -1;
    }
    return 0;
}

static int apply_pair(const struct taker *taker, yaml_document_t *document,
                      const yaml_node_pair_t *pair, const char *path, struct llmx_error *err)
{
    const yaml_node_t *key = yaml_document_get_node(document, pair->key);
    struct text text = {0};
    int status = -1;
    if (key->type != YAML_SCALAR_NODE || read_value(document, pair->value, &text) != 0) {
        bad(err, path, &key->start_mark, "expected `option: value` or `option: [value, value]`");
    } else if (text_check(&text, err) == 0) {
        char *kept = arena_text(&values, text.s ? text.s : "", text.n, err);
        status =
            kept ? taker->set(taker->context, (const char *)key->data.scalar.value, kept, err) : -1;
        if (status != 0)
            err_prefix(err, "%s:%zu", path, key->start_mark.line + 1);
    }
    text_release(&text);
    return status;
}

static int apply_document(const struct taker *taker, yaml_document_t *document, const char *path,
                          struct llmx_error *err)
{
    const yaml_node_t *root = yaml_document_get_root_node(document);
    if (!root)
        return 0; /* an empty file sets nothing */
    if (root->type != YAML_MAPPING_NODE)
        return bad(err, path, &root->start_mark, "expected lines of `option: value`");
    for (const yaml_node_pair_t *p = root->data.mapping.pairs.start;
         p < root->data.mapping.pairs.top; p++)
        if (apply_pair(taker, document, p, path, err) != 0)
            return -1;
    return 0;
}

int option_file_read(const char *path, option_file_set *set, void *context, struct llmx_error *err)
{
    const struct taker taker = {set, context};
    struct mapping file;
    yaml_parser_t parser;
    yaml_document_t document;
    if (mapping_open(&file, path, err) != 0)
        return -1;
    int status = -1;
    if (!yaml_parser_initialize(&parser)) {
        err_set(err, LLMX_NO_MEMORY, "out of memory");
        goto done;
    }
    yaml_parser_set_input_string(&parser, file.data, file.size);
    if (yaml_parser_load(&parser, &document)) {
        status = apply_document(&taker, &document, path, err);
        yaml_document_delete(&document);
    } else {
        bad(err, path, &parser.problem_mark, parser.problem ? parser.problem : "not YAML");
    }
    yaml_parser_delete(&parser);
done:
    mapping_release(&file);
    return status;
}
