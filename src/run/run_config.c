#include "run/run_config.h"

#include "base/err.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/number.h"
#include "base/text.h"
#include "data/data_settings.h"
#include "format/yaml_map.h"
#include "recommend/settings.h"

#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum field_kind { TEXT, PATH, SEED };

/* What config.yaml notes beside how the data are read (data_settings.h) and the settings of the model (settings.h). */
static const struct option {
    const char *name;
    enum field_kind kind;
    size_t offset;
} noted[] = {
#define AT(FIELD) offsetof(struct run_config, FIELD)
    {"data", PATH, AT(data_path)},
    {"model", TEXT, AT(train.model)},
    {"metric", TEXT, AT(train.metric)},
    {"seed", SEED, AT(train.seed)},
};
#define OPTIONS (sizeof noted / sizeof *noted)

static void *place(const struct run_config *config, const struct option *option)
{
    return (char *)(size_t)config + option->offset;
}

static int absolute(struct run_config *config, const char **path, struct llmx_error *err)
{
    char directory[PATH_MAX];
    if (!*path || **path == '/')
        return 0;
    if (!getcwd(directory, sizeof directory))
        return err_system(err, "cannot tell the current directory");
    *path = arena_printf(&config->texts, err, "%s/%s", directory, *path);
    return *path ? 0 : -1;
}

int run_config_of(struct run_config *config, const struct llmx_train_options *options,
                  struct llmx_error *err)
{
    *config = (struct run_config){.train = *options, .data_path = options->data_path};
    if (options->data_options)
        config->data = *options->data_options;
    config->data.skip_bad = config->data.skip_bad != 0;
    config->data.has_min_rating |= config->data.min_rating != 0;
    if (absolute(config, &config->data_path, err) != 0)
        return -1;
    for (const struct data_setting *s = data_settings; s->name; s++)
        if (s->kind == DATA_SETTING_PATH &&
            absolute(config, data_setting_place(&config->data, s), err) != 0)
            return -1;
    return 0;
}

/* One line of the file. */
struct entry {
    const char *name;
    bool is_set;
    bool is_free;      /* it may change: where a file lies */
    bool is_quoted;    /* in YAML: it may be any text */
    struct text value; /* as it is read again */
};

static void put_option(struct entry *entry, const struct run_config *config,
                       const struct option *option)
{
    const void *at = place(config, option);
    const char *s;
    entry->name = option->name;
    entry->is_free = option->kind == PATH;
    entry->is_quoted = option->kind != SEED;
    entry->is_set = true;
    if (option->kind == SEED) {
        text_printf(&entry->value, "%llu", (unsigned long long)*(const uint64_t *)at);
        return;
    }
    memcpy(&s, at, sizeof s);
    entry->is_set = s != NULL;
    text_puts(&entry->value, s ? s : "");
}

static void put_data_setting(struct entry *entry, const struct run_config *config,
                             const struct data_setting *setting)
{
    entry->name = setting->name;
    entry->is_free = setting->kind == DATA_SETTING_PATH || setting->kind == DATA_SETTING_FREE;
    entry->is_quoted = entry->is_free || setting->kind == DATA_SETTING_TEXT ||
                       setting->kind == DATA_SETTING_SEPARATOR;
    entry->is_set = data_setting_put(&entry->value, &config->data, setting);
}

/* Line `i` of the file, in its order: where the data lie, how they are read, the training, the model's settings. `entry`
 * begins all zero and is used again; false past the last. */
static bool entry_at(struct entry *entry, const struct run_config *config,
                     const struct recommender *row, size_t i)
{
    text_clear(&entry->value);
    if (i-- == 0) {
        put_option(entry, config, &noted[0]);
        return true;
    }
    for (const struct data_setting *s = data_settings; s->name; s++)
        if (i-- == 0) {
            put_data_setting(entry, config, s);
            return true;
        }
    if (i < OPTIONS - 1) {
        put_option(entry, config, &noted[1 + i]);
        return true;
    }
    i -= OPTIONS - 1;
    for (const struct model_setting *s = row->settings; s->name; s++)
        if (i-- == 0) {
            entry->name = s->name;
            entry->is_free = entry->is_quoted = false;
            entry->is_set = true;
            settings_put(&entry->value, &config->train, s->name);
            return true;
        }
    return false;
}

int run_config_write(const struct run_config *config, const char *run_dir, struct llmx_error *err)
{
    struct text out = {0};
    struct entry entry = {0};
    int result = -1;
    const struct recommender *row = recommender_find(config->train.model, err);
    if (!row)
        return -1;
    for (size_t i = 0; entry_at(&entry, config, row, i); i++) {
        if (text_check(&entry.value, err) != 0)
            goto done;
        if (!entry.is_set)
            continue;
        text_printf(&out, "%s: ", entry.name);
        if (entry.is_quoted)
            yaml_put_quoted(&out, entry.value.s);
        else
            text_puts(&out, entry.value.s);
        text_puts(&out, "\n");
    }
    if (text_check(&out, err) == 0)
        result = folder_write(run_dir, "config.yaml", out.s, out.n, err);
done:
    text_release(&out);
    text_release(&entry.value);
    return result;
}

/* Sets one option from its text; -1 when that is no value for it. */
static int set_value(struct run_config *config, const struct option *option, const char *text)
{
    void *at = place(config, option);
    if (option->kind == SEED)
        return number_unsigned(text, at) ? 0 : -1;
    memcpy(at, &text, sizeof text);
    return 0;
}

static int read_line(struct run_config *config, const struct recommender *row,
                     const struct yaml_value *line, const char *path, struct llmx_error *err)
{
    if (line->kind != YAML_WORD)
        return err_set(err, LLMX_BAD_INPUT, "%s:%ld: expected `option: value`", path, line->line);
    for (size_t i = 0; i < OPTIONS; i++) {
        if (strcmp(noted[i].name, line->key) != 0)
            continue;
        if (set_value(config, &noted[i], line->word) != 0)
            return err_set(err, LLMX_BAD_INPUT, "%s:%ld: '%s' is no value for %s", path, line->line,
                           line->word, line->key);
        return 0;
    }
    struct llmx_error why;
    const struct data_setting *setting = data_setting_find(line->key);
    if (setting ? data_setting_read(&config->data, setting, line->word, &why) == 0
                : settings_set(&config->train, row, line->key, line->word, &why) == 0)
        return 0;
    return err_set(err, LLMX_BAD_INPUT, "%s:%ld: %s", path, line->line, why.message);
}

/* The model's name decides what the other lines may be. */
static const struct recommender *read_model(struct run_config *config, const struct yaml_value *map,
                                            const char *path, struct llmx_error *err)
{
    for (int i = 0; i < map->n; i++) {
        const struct yaml_value *line = &map->items[i];
        if (strcmp(line->key, "model") != 0 || line->kind != YAML_WORD)
            continue;
        const struct recommender *row = recommender_find(line->word, err);
        if (row)
            config->train = llmx_train_defaults(row->name);
        else
            err_prefix(err, "%s:%ld", path, line->line);
        return row;
    }
    err_set(err, LLMX_BAD_INPUT, "%s: `model` is missing", path);
    return NULL;
}

static int read_lines(struct run_config *config, const struct yaml_value *map, const char *path,
                      struct llmx_error *err)
{
    const struct recommender *row = read_model(config, map, path, err);
    if (!row)
        return -1;
    bool is_old = true;
    for (int i = 0; i < map->n; i++) {
        if (read_line(config, row, &map->items[i], path, err) != 0)
            return -1;
        is_old &= strcmp(map->items[i].key, "header") != 0;
    }
    if (is_old && config->data.min_rating == 0) /* before there was --header, 0 was none */
        config->data.has_min_rating = 0;
    struct llmx_error why;
    if (settings_check(&config->train, row, &why) == 0)
        return 0;
    return err_set(err, LLMX_BAD_INPUT, "%s: %s", path, why.message);
}

int run_config_read(struct run_config *config, const char *run_dir, struct llmx_error *err)
{
    char path[PATH_MAX];
    struct yaml_map map;
    *config = (struct run_config){0};
    if (path_join(path, sizeof path, run_dir, "config.yaml", err) != 0)
        return -1;
    if (access(path, F_OK) != 0)
        return err_set(err, LLMX_NOT_FOUND,
                       "%s is no run directory: there is no %s (llmxrec train makes one)", run_dir,
                       path);
    if (yaml_map_open(&map, path, LLMX_BAD_INPUT, err) != 0)
        return -1;
    const int result = read_lines(config, &map.root, path, err);
    config->texts = map.texts; /* what the options point to */
    if (result != 0)
        run_config_release(config);
    return result;
}

void run_config_release(struct run_config *config)
{
    arena_release(&config->texts);
    *config = (struct run_config){0};
}

int run_config_compare(const struct run_config *was, const struct run_config *is,
                       const char *run_dir, struct llmx_error *err)
{
    struct entry a = {0}, b = {0};
    int result = 0;
    const struct recommender *row = recommender_find(was->train.model, err),
                             *row_asked = recommender_find(is->train.model, err);
    if (!row || !row_asked)
        return -1;
    for (size_t i = 0; result == 0 && entry_at(&a, was, row, i) && entry_at(&b, is, row_asked, i);
         i++) {
        if (text_check(&a.value, err) != 0 || text_check(&b.value, err) != 0)
            result = -1;
        else if (!a.is_free && (a.is_set != b.is_set || strcmp(a.value.s, b.value.s) != 0))
            result = err_set(err, LLMX_MISMATCH,
                             "%s holds a run with %s: %s, not %s; resume with the same options, or "
                             "start again with --force in place of --resume",
                             run_dir, a.name, a.is_set ? a.value.s : "(unset)",
                             b.is_set ? b.value.s : "(unset)");
    }
    text_release(&a.value);
    text_release(&b.value);
    return result;
}
