#include "run/run_config.h"

#include "base/err.h"
#include "base/file.h"
#include "base/number.h"
#include "base/text.h"
#include "format/yaml_map.h"
#include "recommend/settings.h"

#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum field_kind { TEXT, PATH, INT, REAL, SEED, SEPARATOR, WORD };

static const char *const timestamps_words[] = {"exact", "float32", "normalised-float32", NULL};
static const char *const duplicates_words[] = {"keep", "first", "last", NULL};

static const char *const switch_words[] = {"false", "true", NULL};

/* Every option that config.yaml notes but the settings of the model (settings.h); written, read and compared by this one
 * table. */
static const struct option {
    const char *name;
    enum field_kind kind;
    size_t offset;
    const char *const *words; /* of an enum, in its order */
} noted[] = {
#define TRAIN(FIELD) offsetof(struct run_config, train.FIELD)
#define DATA(FIELD)  offsetof(struct run_config, data.FIELD)
    {"data", PATH, offsetof(struct run_config, data_path), NULL},
    {"columns", TEXT, DATA(columns), NULL},
    {"separator", SEPARATOR, DATA(separator), NULL},
    {"timestamps", WORD, DATA(timestamps), timestamps_words},
    {"duplicates", WORD, DATA(duplicates), duplicates_words},
    {"min_rating", REAL, DATA(min_rating), NULL},
    {"min_user", INT, DATA(min_user), NULL},
    {"min_item", INT, DATA(min_item), NULL},
    {"valid", PATH, DATA(valid_path), NULL},
    {"test", PATH, DATA(test_path), NULL},
    {"split_by", TEXT, DATA(split_by), NULL},
    {"item_file", PATH, DATA(item_path), NULL},
    {"item_columns", TEXT, DATA(item_columns), NULL},
    {"user_file", PATH, DATA(user_path), NULL},
    {"user_columns", TEXT, DATA(user_columns), NULL},
    {"encoding", TEXT, DATA(encoding), NULL},
    {"skip_bad", WORD, DATA(skip_bad), switch_words},
    {"model", TEXT, TRAIN(model), NULL},
    {"metric", TEXT, TRAIN(metric), NULL},
    {"seed", SEED, TRAIN(seed), NULL},
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
    for (size_t i = 0; i < OPTIONS; i++)
        if (noted[i].kind == PATH && absolute(config, place(config, &noted[i]), err) != 0)
            return -1;
    return 0;
}

/* One option's value as it stands in the file; false when it is unset. */
static bool put_value(struct text *out, const struct run_config *config,
                      const struct option *option)
{
    const void *at = place(config, option);
    const char *s;
    switch (option->kind) {
    case TEXT:
    case PATH:
        memcpy(&s, at, sizeof s);
        if (s)
            yaml_put_quoted(out, s);
        return s != NULL;
    case INT:
        text_printf(out, "%d", *(const int *)at);
        return true;
    case REAL:
        number_put(out, *(const double *)at);
        return true;
    case SEED:
        text_printf(out, "%llu", (unsigned long long)*(const uint64_t *)at);
        return true;
    case SEPARATOR:
        if (*(const char *)at)
            yaml_put_quoted(
                out, *(const char *)at == ':' ? "::" : (const char[]){*(const char *)at, '\0'});
        return *(const char *)at != '\0';
    case WORD:
        text_puts(out, option->words[*(const unsigned *)at]);
        return true;
    }
    return false;
}

int run_config_write(const struct run_config *config, const char *run_dir, struct llmx_error *err)
{
    char path[PATH_MAX];
    struct output output = {0};
    struct text out = {0}, value = {0};
    int result = -1;
    const struct recommender *row = recommender_find(config->train.model, err);
    if (!row)
        return -1;
    for (size_t i = 0; i < OPTIONS; i++) {
        text_clear(&value);
        const bool is_set = put_value(&value, config, &noted[i]);
        if (text_check(&value, err) != 0)
            goto done;
        if (is_set)
            text_printf(&out, "%s: %s\n", noted[i].name, value.s);
    }
    for (const struct model_setting *s = row->settings; s->name; s++) {
        text_printf(&out, "%s: ", s->name);
        settings_put(&out, &config->train, s->name);
        text_puts(&out, "\n");
    }
    if (text_check(&out, err) != 0 ||
        path_join(path, sizeof path, run_dir, "config.yaml", err) != 0 ||
        output_open(&output, path, err) != 0)
        goto done;
    fwrite(out.s, 1, out.n, output.stream);
    result = output_commit(&output, err);
done:
    output_discard(&output);
    text_release(&out);
    text_release(&value);
    return result;
}

/* Sets one option from its text; -1 when that is no value for it. */
static int set_value(struct run_config *config, const struct option *option, const char *text)
{
    void *at = place(config, option);
    double number = 0;
    if ((option->kind == INT || option->kind == REAL) && !number_read(text, &number))
        return -1;
    switch (option->kind) {
    case TEXT:
    case PATH:
        memcpy(at, &text, sizeof text);
        return 0;
    case INT:
        return number_whole(number, INT_MIN, INT_MAX, at) ? 0 : -1;
    case REAL:
        *(double *)at = number;
        return 0;
    case SEED:
        return number_unsigned(text, at) ? 0 : -1;
    case SEPARATOR:
        *(char *)at = text[0];
        return 0;
    case WORD:
        for (unsigned w = 0; option->words[w]; w++)
            if (strcmp(option->words[w], text) == 0) {
                *(unsigned *)at = w;
                return 0;
            }
    }
    return -1;
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
    if (settings_set(&config->train, row, line->key, line->word, &why) == 0)
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
    for (int i = 0; i < map->n; i++)
        if (read_line(config, row, &map->items[i], path, err) != 0)
            return -1;
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

static int differs(const char *name, const struct text *was, const struct text *is,
                   struct llmx_error *err)
{
    if (text_check(was, err) != 0 || text_check(is, err) != 0)
        return -1;
    if (strcmp(was->s, is->s) == 0)
        return 0;
    return err_set(err, LLMX_MISMATCH,
                   "the interrupted run has %s: %s, not %s; resume with the same options, or start "
                   "again with --force",
                   name, was->s, is->s);
}

int run_config_compare(const struct run_config *was, const struct run_config *is,
                       struct llmx_error *err)
{
    struct text a = {0}, b = {0};
    int result = 0;
    for (size_t i = 0; result == 0 && i < OPTIONS; i++) {
        if (noted[i].kind == PATH)
            continue;
        text_clear(&a);
        text_clear(&b);
        if (!put_value(&a, was, &noted[i]))
            text_puts(&a, "(unset)");
        if (!put_value(&b, is, &noted[i]))
            text_puts(&b, "(unset)");
        result = differs(noted[i].name, &a, &b, err);
    }
    const struct recommender *row = result == 0 ? recommender_find(is->train.model, err) : NULL;
    for (const struct model_setting *s = row ? row->settings : NULL; result == 0 && s && s->name;
         s++) {
        text_clear(&a);
        text_clear(&b);
        settings_put(&a, &was->train, s->name);
        settings_put(&b, &is->train, s->name);
        result = differs(s->name, &a, &b, err);
    }
    text_release(&a);
    text_release(&b);
    return result;
}
