#include "format/yaml_map.h"

#include "base/err.h"
#include "base/file.h"
#include "base/names.h"

#include <string.h>
#include <yaml.h>

/* A document on its way into a map. */
struct reading {
    yaml_document_t document;
    struct arena *texts;
    const char *path;
    enum llmx_code code;
    int n_values;
    struct llmx_error *err;
};

static long line_of(const yaml_node_t *node)
{
    return (long)node->start_mark.line + 1;
}

static int bad(const struct reading *r, long line, const char *what)
{
    return err_set(r->err, r->code, "%s:%ld: %s", r->path, line, what);
}

static const char *read_word(struct reading *r, const yaml_node_t *node)
{
    const char *s = (const char *)node->data.scalar.value;
    if (memchr(s, '\0', node->data.scalar.length)) {
        bad(r, line_of(node), "a word may not hold the character NUL");
        return NULL;
    }
    return arena_text(r->texts, s, node->data.scalar.length, r->err);
}

static int read_value(struct reading *r, int index, int depth, struct yaml_value *value);

static int read_list(struct reading *r, const yaml_node_t *node, int depth,
                     struct yaml_value *value)
{
    const yaml_node_item_t *items = node->data.sequence.items.start;
    const size_t n = (size_t)(node->data.sequence.items.top - items);
    value->items = arena_array(r->texts, n, sizeof *value->items, r->err);
    if (!value->items)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (read_value(r, items[i], depth + 1, &value->items[i]) != 0)
            return -1;
    value->n = (int)n;
    return 0;
}

/* Which of two values was meant nobody can tell. */
static int check_keys(const struct reading *r, const struct yaml_value *map)
{
    struct names keys = {0};
    int status = 0;
    for (int i = 0; i < map->n && status == 0; i++) {
        const char *key = map->items[i].key;
        const int64_t first = names_add(&keys, key, strlen(key), r->err);
        if (first < 0)
            status = -1;
        else if (first < i)
            status = err_set(r->err, r->code, "%s:%ld: '%.100s' is there twice, first in line %ld",
                             r->path, map->items[i].line, key, map->items[first].line);
    }
    names_release(&keys);
    return status;
}

static int read_map(struct reading *r, const yaml_node_t *node, int depth, struct yaml_value *value)
{
    const yaml_node_pair_t *pairs = node->data.mapping.pairs.start;
    const size_t n = (size_t)(node->data.mapping.pairs.top - pairs);
    value->items = arena_array(r->texts, n, sizeof *value->items, r->err);
    if (!value->items)
        return -1;
    for (size_t i = 0; i < n; i++) {
        const yaml_node_t *key = yaml_document_get_node(&r->document, pairs[i].key);
        struct yaml_value *item = &value->items[i];
        if (key->type != YAML_SCALAR_NODE)
            return bad(r, line_of(key), "expected a word before the colon");
        if (read_value(r, pairs[i].value, depth + 1, item) != 0 || !(item->key = read_word(r, key)))
            return -1;
        item->line = line_of(key);
    }
    value->n = (int)n;
    return check_keys(r, value);
}

static int read_value(struct reading *r, int index, int depth, struct yaml_value *value)
{
    const yaml_node_t *node = yaml_document_get_node(&r->document, index);
    *value = (struct yaml_value){.line = line_of(node)};
    if (depth > YAML_DEPTH_MAX || ++r->n_values > YAML_VALUES_MAX)
        return bad(r, value->line, "lists and maps are nested too deep, or there are too many");
    switch (node->type) {
    case YAML_SEQUENCE_NODE:
        value->kind = YAML_LIST;
        return read_list(r, node, depth, value);
    case YAML_MAPPING_NODE:
        value->kind = YAML_MAP;
        return read_map(r, node, depth, value);
    default:
        value->kind = YAML_WORD;
        value->word = read_word(r, node);
        return value->word ? 0 : -1;
    }
}

static int read_document(struct reading *r, struct yaml_value *root)
{
    const yaml_node_t *node = yaml_document_get_root_node(&r->document);
    if (node && node->type != YAML_MAPPING_NODE)
        return bad(r, line_of(node), "expected lines of `name: value`");
    if (!node)
        *root = (struct yaml_value){.kind = YAML_MAP, .line = 1};
    return node ? read_value(r, 1, 0, root) : 0;
}

int yaml_map_parse(struct yaml_map *map, const char *bytes, size_t n, const char *path,
                   enum llmx_code code, struct llmx_error *err)
{
    yaml_parser_t parser;
    struct reading r = {.texts = &map->texts, .path = path, .code = code, .err = err};
    int status = -1;
    *map = (struct yaml_map){0};
    if (!yaml_parser_initialize(&parser))
        return err_set(err, LLMX_NO_MEMORY, "out of memory");
    yaml_parser_set_input_string(&parser, (const unsigned char *)(n ? bytes : ""), n);
    if (yaml_parser_load(&parser, &r.document)) {
        status = read_document(&r, &map->root);
        yaml_document_delete(&r.document);
    } else {
        bad(&r, (long)parser.problem_mark.line + 1, parser.problem ? parser.problem : "not YAML");
    }
    yaml_parser_delete(&parser);
    if (status != 0)
        yaml_map_release(map);
    return status;
}

int yaml_map_open(struct yaml_map *map, const char *path, enum llmx_code code,
                  struct llmx_error *err)
{
    struct mapping file;
    *map = (struct yaml_map){0};
    if (mapping_open(&file, path, err) != 0)
        return -1;
    const int status = yaml_map_parse(map, (const char *)file.data, file.size, path, code, err);
    mapping_release(&file);
    return status;
}

void yaml_map_release(struct yaml_map *map)
{
    arena_release(&map->texts);
    *map = (struct yaml_map){0};
}

void yaml_put_quoted(struct text *out, const char *s)
{
    text_puts(out, "\"");
    for (; *s; s++) {
        const unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            text_printf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            text_printf(out, "\\x%02x", c);
        else
            text_put(out, s, 1);
    }
    text_puts(out, "\"");
}
