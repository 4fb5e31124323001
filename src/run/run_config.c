#include "run/run_config.h"

#include "base/err.h"
#include "base/file.h"
#include "base/number.h"
#include "base/text.h"
#include "recommend/settings.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

enum kind { TEXT, PATH, INT, REAL, SEED, SEPARATOR, WORD };

static const char *const timestamps_words[] = {"exact", "float32", "normalised-float32", NULL};
static const char *const duplicates_words[] = {"keep", "first", "last", NULL};

static const char *const switch_words[] = {"false", "true", NULL};

/* Every line of config.yaml but the settings of the model (settings.h); written, read and compared by this one
 * table. */
static const struct field {
    const char *name;
    enum kind kind;
    size_t offset;
    const char *const *words; /* of an enum, in its order */
} fields[] = {
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
    {"skip_bad", WORD, DATA(skip_bad), switch_words},
    {"model", TEXT, TRAIN(model), NULL},
    {"metric", TEXT, TRAIN(metric), NULL},
    {"seed", SEED, TRAIN(seed), NULL},
};
#define FIELDS (sizeof fields / sizeof *fields)

static void *place(const struct run_config *config, const struct field *field)
{
    return (char *)(size_t)config + field->offset;
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
    for (size_t i = 0; i < FIELDS; i++)
        if (fields[i].kind == PATH && absolute(config, place(config, &fields[i]), err) != 0)
            return -1;
    return 0;
}

/* A double-quoted YAML scalar. */
static void put_quoted(struct text *out, const char *s)
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

/* One field's value as it stands in the file; false when it is unset. */
static bool put_value(struct text *out, const struct run_config *config, const struct field *field)
{
    const void *at = place(config, field);
    const char *s;
    switch (field->kind) {
    case TEXT:
    case PATH:
        memcpy(&s, at, sizeof s);
        if (s)
            put_quoted(out, s);
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
            put_quoted(out,
                       *(const char *)at == ':' ? "::" : (const char[]){*(const char *)at, '\0'});
        return *(const char *)at != '\0';
    case WORD:
        text_puts(out, field->words[*(const unsigned *)at]);
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
    for (size_t i = 0; i < FIELDS; i++) {
        text_clear(&value);
        const bool is_set = put_value(&value, config, &fields[i]);
        if (text_check(&value, err) != 0)
            goto done;
        if (is_set)
            text_printf(&out, "%s: %s\n", fields[i].name, value.s);
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

/* Sets one field from its text; -1 when that is no value for it. */
static int set_value(struct run_config *config, const struct field *field, const char *text)
{
    void *at = place(config, field);
    double number = 0;
    char *end;
    if ((field->kind == INT || field->kind == REAL) && !number_read(text, &number))
        return -1;
    switch (field->kind) {
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
        errno = 0;
        *(uint64_t *)at = strtoull(text, &end, 10);
        return end == text || *end || errno ? -1 : 0;
    case SEPARATOR:
        *(char *)at = text[0];
        return 0;
    case WORD:
        for (unsigned w = 0; field->words[w]; w++)
            if (strcmp(field->words[w], text) == 0) {
                *(unsigned *)at = w;
                return 0;
            }
    }
    return -1;
}

static int read_pair(struct run_config *config, const struct recommender *row,
                     yaml_document_t *document, const yaml_node_pair_t *pair, const char *path,
                     struct llmx_error *err)
{
    const yaml_node_t *key = yaml_document_get_node(document, pair->key);
    const yaml_node_t *value = yaml_document_get_node(document, pair->value);
    const size_t line = key->start_mark.line + 1;
    if (key->type != YAML_SCALAR_NODE || value->type != YAML_SCALAR_NODE)
        return err_set(err, LLMX_BAD_INPUT, "%s:%zu: expected `option: value`", path, line);
    const char *name = (const char *)key->data.scalar.value;
    char *text = arena_text(&config->texts, (const char *)value->data.scalar.value,
                            value->data.scalar.length, err);
    if (!text)
        return -1;
    for (size_t i = 0; i < FIELDS; i++) {
        if (strcmp(fields[i].name, name) != 0)
            continue;
        if (set_value(config, &fields[i], text) != 0)
            return err_set(err, LLMX_BAD_INPUT, "%s:%zu: '%s' is no value for %s", path, line, text,
                           name);
        return 0;
    }
    struct llmx_error why;
    if (settings_set(&config->train, row, name, text, &why) == 0)
        return 0;
    return err_set(err, LLMX_BAD_INPUT, "%s:%zu: %s", path, line, why.message);
}

/* The model's name decides what the other lines may be. */
static const struct recommender *read_model(struct run_config *config, yaml_document_t *document,
                                            const yaml_node_t *root, const char *path,
                                            struct llmx_error *err)
{
    const yaml_node_pair_t *end = root->data.mapping.pairs.top;
    for (const yaml_node_pair_t *p = root->data.mapping.pairs.start; p < end; p++) {
        const yaml_node_t *key = yaml_document_get_node(document, p->key);
        const yaml_node_t *value = yaml_document_get_node(document, p->value);
        if (key->type != YAML_SCALAR_NODE ||
            strcmp((const char *)key->data.scalar.value, "model") != 0)
            continue;
        if (value->type != YAML_SCALAR_NODE) {
            err_set(err, LLMX_BAD_INPUT, "%s:%zu: expected `option: value`", path,
                    key->start_mark.line + 1);
            return NULL;
        }
        const struct recommender *row =
            recommender_find((const char *)value->data.scalar.value, err);
        if (row)
            config->train = llmx_train_defaults(row->name);
        else
            err_prefix(err, "%s:%zu", path, key->start_mark.line + 1);
        return row;
    }
    err_set(err, LLMX_BAD_INPUT, "%s: `model` is missing", path);
    return NULL;
}

static int read_document(struct run_config *config, yaml_document_t *document, const char *path,
                         struct llmx_error *err)
{
    const yaml_node_t *root = yaml_document_get_root_node(document);
    if (!root || root->type != YAML_MAPPING_NODE)
        return err_set(err, LLMX_BAD_INPUT, "%s: expected lines of `option: value`", path);
    const struct recommender *row = read_model(config, document, root, path, err);
    if (!row)
        return -1;
    const yaml_node_pair_t *end = root->data.mapping.pairs.top;
    for (const yaml_node_pair_t *p = root->data.mapping.pairs.start; p < end; p++)
        if (read_pair(config, row, document, p, path, err) != 0)
            return -1;
    struct llmx_error why;
    if (settings_check(&config->train, row, &why) == 0)
        return 0;
    return err_set(err, LLMX_BAD_INPUT, "%s: %s", path, why.message);
}

int run_config_read(struct run_config *config, const char *run_dir, struct llmx_error *err)
{
    char path[PATH_MAX];
    struct mapping file = {0};
    yaml_parser_t parser;
    yaml_document_t document;
    int result = -1;
    *config = (struct run_config){0};
    if (path_join(path, sizeof path, run_dir, "config.yaml", err) != 0)
        return -1;
    if (access(path, F_OK) != 0)
        return err_set(err, LLMX_NOT_FOUND,
                       "%s is no run directory: there is no %s (llmxrec train makes one)", run_dir,
                       path);
    if (mapping_open(&file, path, err) != 0)
        return -1;
    if (!yaml_parser_initialize(&parser)) {
        mapping_release(&file);
        return err_set(err, LLMX_NO_MEMORY, "out of memory");
    }
    yaml_parser_set_input_string(&parser, file.data, file.size);
    if (yaml_parser_load(&parser, &document)) {
        result = read_document(config, &document, path, err);
        yaml_document_delete(&document);
    } else {
        err_set(err, LLMX_BAD_INPUT, "%s:%zu: %s", path, parser.problem_mark.line + 1,
                parser.problem ? parser.problem : "not YAML");
    }
    yaml_parser_delete(&parser);
    mapping_release(&file);
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
    for (size_t i = 0; result == 0 && i < FIELDS; i++) {
        if (fields[i].kind == PATH)
            continue;
        text_clear(&a);
        text_clear(&b);
        if (!put_value(&a, was, &fields[i]))
            text_puts(&a, "(unset)");
        if (!put_value(&b, is, &fields[i]))
            text_puts(&b, "(unset)");
        result = differs(fields[i].name, &a, &b, err);
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
