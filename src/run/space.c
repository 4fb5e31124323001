#include "run/space.h"

#include "base/err.h"
#include "base/number.h"
#include "base/rng.h"
#include "format/yaml_map.h"
#include "recommend/settings.h"

#include <math.h>
#include <string.h>

/* A file being read. */
struct space_reading {
    struct space *space;
    const struct llmx_train_options *base;
    const char *path;
};

/* May the setting have this value? */
static int try_value(const struct space_reading *r, const char *name, const char *text, long line,
                     struct llmx_error *err)
{
    struct llmx_train_options copy = *r->base;
    struct llmx_error why;
    const struct recommender *row = recommender_find(copy.model, &why);
    if (row && settings_set(&copy, row, name, text, &why) == 0 &&
        settings_check(&copy, row, &why) == 0)
        return 0;
    return err_set(err, LLMX_BAD_OPTION, "%s:%ld: %s", r->path, line, why.message);
}

static int read_choices(struct space_reading *r, struct range *range, const struct yaml_value *list,
                        struct llmx_error *err)
{
    range->spread = SPREAD_CHOICE;
    range->choices = arena_array(&r->space->texts, (size_t)list->n, sizeof *range->choices, err);
    if (!range->choices)
        return -1;
    for (int i = 0; i < list->n; i++) {
        const struct yaml_value *item = &list->items[i];
        if (item->kind != YAML_WORD)
            return err_set(err, LLMX_BAD_OPTION, "%s:%ld: expected a list of values", r->path,
                           list->line);
        const char *kept = arena_text(&r->space->texts, item->word, strlen(item->word), err);
        if (!kept || try_value(r, range->name, kept, list->line, err) != 0)
            return -1;
        range->choices[range->n++] = kept;
    }
    return range->n > 0
               ? 0
               : err_set(err, LLMX_BAD_OPTION, "%s:%ld: an empty list", r->path, list->line);
}

static int read_bound(struct space_reading *r, const struct range *range,
                      const struct yaml_value *item, double *bound, struct llmx_error *err)
{
    if (!item->word || !number_read(item->word, bound))
        return err_set(err, LLMX_BAD_OPTION, "%s:%ld: expected two numbers", r->path, item->line);
    return try_value(r, range->name, item->word, item->line, err);
}

/* {log: [low, high]} or {uniform: [low, high]} */
static int read_spread(struct space_reading *r, struct range *range, const struct yaml_value *map,
                       struct llmx_error *err)
{
    const struct yaml_value *bounds = map->items;
    if (map->n != 1 || (strcmp(bounds->key, "log") != 0 && strcmp(bounds->key, "uniform") != 0) ||
        bounds->kind != YAML_LIST || bounds->n != 2)
        return err_set(err, LLMX_BAD_OPTION,
                       "%s:%ld: expected {log: [low, high]} or {uniform: [low, high]}", r->path,
                       map->line);
    range->spread = strcmp(bounds->key, "log") == 0 ? SPREAD_LOG : SPREAD_UNIFORM;
    if (read_bound(r, range, &bounds->items[0], &range->low, err) != 0 ||
        read_bound(r, range, &bounds->items[1], &range->high, err) != 0)
        return -1;
    if (range->low > range->high || (range->spread == SPREAD_LOG && range->low <= 0))
        return err_set(err, LLMX_BAD_OPTION, "%s:%ld: the bounds must ascend%s", r->path, map->line,
                       range->spread == SPREAD_LOG ? " and be above 0" : "");
    return 0;
}

static int read_range(struct space_reading *r, const struct yaml_value *value,
                      struct llmx_error *err)
{
    if (r->space->n == SPACE_MAX)
        return err_set(err, LLMX_TOO_LARGE, "%s:%ld: more than %d settings", r->path, value->line,
                       SPACE_MAX);
    struct range *range = &r->space->ranges[r->space->n++];
    *range =
        (struct range){.name = arena_text(&r->space->texts, value->key, strlen(value->key), err)};
    if (!range->name)
        return -1;
    range->is_whole = settings_is_whole(range->name);
    if (value->kind == YAML_LIST)
        return read_choices(r, range, value, err);
    if (value->kind == YAML_MAP)
        return read_spread(r, range, value, err);
    return err_set(err, LLMX_BAD_OPTION,
                   "%s:%ld: give a list of values, {log: [low, high]} or {uniform: [low, high]}",
                   r->path, value->line);
}

int space_read(struct space *space, const char *path, const struct llmx_train_options *base,
               struct llmx_error *err)
{
    struct space_reading r = {.space = space, .base = base, .path = path};
    struct yaml_map map;
    *space = (struct space){0};
    if (yaml_map_open(&map, path, LLMX_BAD_OPTION, err) != 0)
        return -1;
    int result = map.root.n > 0 ? 0
                                : err_set(err, LLMX_BAD_OPTION,
                                          "%s: expected lines of `setting: values`", path);
    for (int i = 0; result == 0 && i < map.root.n; i++)
        result = read_range(&r, &map.root.items[i], err);
    yaml_map_release(&map);
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
