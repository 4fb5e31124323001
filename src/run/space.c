#include "run/space.h"

#include "base/err.h"
#include "base/file.h"
#include "base/number.h"
#include "base/rng.h"
#include "recommend/settings.h"

#include <math.h>
#include <string.h>
#include <yaml.h>

/* A file being read. */
struct reading {
    struct space *space;
    const struct llmx_train_options *base;
    const char *path;
    yaml_document_t document;
};

static const char *word_of(const yaml_node_t *node)
{
    return node && node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

/* May the setting have this value? */
static int try_value(const struct reading *r, const char *name, const char *text, size_t line,
                     struct llmx_error *err)
{
    struct llmx_train_options copy = *r->base;
    struct llmx_error why;
    const struct recommender *row = recommender_find(copy.model, &why);
    if (row && settings_set(&copy, row, name, text, &why) == 0 &&
        settings_check(&copy, row, &why) == 0)
        return 0;
    return err_set(err, LLMX_BAD_OPTION, "%s:%zu: %s", r->path, line, why.message);
}

static int read_choices(struct reading *r, struct range *range, const yaml_node_t *list,
                        struct llmx_error *err)
{
    const yaml_node_item_t *first = list->data.sequence.items.start,
                           *end = list->data.sequence.items.top;
    const size_t line = list->start_mark.line + 1;
    range->spread = SPREAD_CHOICE;
    range->choices =
        arena_array(&r->space->texts, (size_t)(end - first), sizeof *range->choices, err);
    if (!range->choices)
        return -1;
    for (const yaml_node_item_t *i = first; i < end; i++) {
        const char *word = word_of(yaml_document_get_node(&r->document, *i));
        if (!word)
            return err_set(err, LLMX_BAD_OPTION, "%s:%zu: expected a list of values", r->path,
                           line);
        const char *kept = arena_text(&r->space->texts, word, strlen(word), err);
        if (!kept || try_value(r, range->name, kept, line, err) != 0)
            return -1;
        range->choices[range->n++] = kept;
    }
    return range->n > 0 ? 0 : err_set(err, LLMX_BAD_OPTION, "%s:%zu: an empty list", r->path, line);
}

static int read_bound(struct reading *r, const struct range *range, const yaml_node_t *list,
                      int number, double *bound, struct llmx_error *err)
{
    const size_t line = list->start_mark.line + 1;
    const char *word =
        word_of(yaml_document_get_node(&r->document, list->data.sequence.items.start[number]));
    if (!word || !number_parse(word, strlen(word), bound))
        return err_set(err, LLMX_BAD_OPTION, "%s:%zu: expected two numbers", r->path, line);
    return try_value(r, range->name, word, line, err);
}

/* {log: [low, high]} or {uniform: [low, high]} */
static int read_spread(struct reading *r, struct range *range, const yaml_node_t *map,
                       struct llmx_error *err)
{
    const yaml_node_pair_t *pair = map->data.mapping.pairs.start;
    const size_t line = map->start_mark.line + 1;
    const bool is_one = map->data.mapping.pairs.top - pair == 1;
    const char *word = is_one ? word_of(yaml_document_get_node(&r->document, pair->key)) : NULL;
    const yaml_node_t *list = is_one ? yaml_document_get_node(&r->document, pair->value) : NULL;
    if (!word || (strcmp(word, "log") != 0 && strcmp(word, "uniform") != 0) ||
        list->type != YAML_SEQUENCE_NODE ||
        list->data.sequence.items.top - list->data.sequence.items.start != 2)
        return err_set(err, LLMX_BAD_OPTION,
                       "%s:%zu: expected {log: [low, high]} or {uniform: [low, high]}", r->path,
                       line);
    range->spread = strcmp(word, "log") == 0 ? SPREAD_LOG : SPREAD_UNIFORM;
    if (read_bound(r, range, list, 0, &range->low, err) != 0 ||
        read_bound(r, range, list, 1, &range->high, err) != 0)
        return -1;
    if (range->low > range->high || (range->spread == SPREAD_LOG && range->low <= 0))
        return err_set(err, LLMX_BAD_OPTION, "%s:%zu: the bounds must ascend%s", r->path, line,
                       range->spread == SPREAD_LOG ? " and be above 0" : "");
    return 0;
}

static int read_range(struct reading *r, const yaml_node_pair_t *pair, struct llmx_error *err)
{
    const yaml_node_t *key = yaml_document_get_node(&r->document, pair->key);
    const yaml_node_t *value = yaml_document_get_node(&r->document, pair->value);
    const char *name = word_of(key);
    const size_t line = key->start_mark.line + 1;
    if (r->space->n == SPACE_MAX)
        return err_set(err, LLMX_TOO_LARGE, "%s:%zu: more than %d settings", r->path, line,
                       SPACE_MAX);
    struct range *range = &r->space->ranges[r->space->n++];
    *range =
        (struct range){.name = name ? arena_text(&r->space->texts, name, strlen(name), err) : NULL};
    if (!name)
        return err_set(err, LLMX_BAD_OPTION, "%s:%zu: expected `setting: values`", r->path, line);
    if (!range->name)
        return -1;
    range->is_whole = settings_is_whole(range->name);
    if (value->type == YAML_SEQUENCE_NODE)
        return read_choices(r, range, value, err);
    if (value->type == YAML_MAPPING_NODE)
        return read_spread(r, range, value, err);
    return err_set(err, LLMX_BAD_OPTION,
                   "%s:%zu: give a list of values, {log: [low, high]} or {uniform: [low, high]}",
                   r->path, line);
}

static int read_ranges(struct reading *r, struct llmx_error *err)
{
    const yaml_node_t *root = yaml_document_get_root_node(&r->document);
    if (!root || root->type != YAML_MAPPING_NODE ||
        root->data.mapping.pairs.top == root->data.mapping.pairs.start)
        return err_set(err, LLMX_BAD_OPTION, "%s: expected lines of `setting: values`", r->path);
    for (const yaml_node_pair_t *p = root->data.mapping.pairs.start;
         p < root->data.mapping.pairs.top; p++)
        if (read_range(r, p, err) != 0)
            return -1;
    return 0;
}

int space_read(struct space *space, const char *path, const struct llmx_train_options *base,
               struct llmx_error *err)
{
    struct reading r = {.space = space, .base = base, .path = path};
    struct mapping file;
    yaml_parser_t parser;
    int result = -1;
    *space = (struct space){0};
    if (mapping_open(&file, path, err) != 0)
        return -1;
    if (!yaml_parser_initialize(&parser)) {
        err_set(err, LLMX_NO_MEMORY, "out of memory");
        goto done;
    }
    yaml_parser_set_input_string(&parser, file.data, file.size);
    if (yaml_parser_load(&parser, &r.document)) {
        result = read_ranges(&r, err);
        yaml_document_delete(&r.document);
    } else {
        err_set(err, LLMX_BAD_OPTION, "%s:%zu: %s", path, parser.problem_mark.line + 1,
                parser.problem ? parser.problem : "not YAML");
    }
    yaml_parser_delete(&parser);
done:
    mapping_release(&file);
    return result;
}

void space_release(struct space *space)
{
    arena_release(&space->texts);
    *space = (struct space){0};
}

static double spread_value(const struct range *range, double share)
{
    if (range->spread == SPREAD_LOG)
        return range->low * pow(range->high / range->low, share);
    return range->low + share * (range->high - range->low);
}

int space_sample(const struct space *space, uint64_t seed, int trial,
                 struct llmx_train_options *options, struct arena *texts, struct llmx_error *err)
{
    const struct recommender *row = recommender_find(options->model, err);
    struct rng rng = rng_stream(seed, RNG_SEARCH, (uint64_t)trial);
    for (int i = 0; row && i < space->n; i++) {
        const struct range *range = &space->ranges[i];
        const double share = rng_uniform(&rng);
        const char *text;
        if (range->spread == SPREAD_CHOICE)
            text = range->choices[(int)(share * range->n)];
        else
            text = arena_printf(texts, err, range->is_whole ? "%.0f" : "%.4g",
                                spread_value(range, share));
        if (!text || settings_set(options, row, range->name, text, err) != 0)
            return -1;
    }
    return row ? 0 : -1;
}
