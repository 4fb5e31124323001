/* The files beside tokenizer.json in a Hugging Face folder: what begins and ends a text, and the chat template. */
#include "token/build.h"
#include "token/tokenizer.h"

#include "base/file.h"
#include "base/utf8.h"
#include "format/json_file.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX ((size_t)64 << 20) /* bytes of a template */

static bool is_there(const char *folder, const char *name, char path[static PATH_MAX])
{
    struct stat st;
    return path_join(path, PATH_MAX, folder, name, NULL) == 0 && stat(path, &st) == 0;
}

/* The object in a file, or NULL in *object when the file is not there. */
static int read_optional(const char *folder, const char *name, json_t **object,
                         struct llmx_error *err)
{
    char path[PATH_MAX];
    *object = NULL;
    if (!is_there(folder, name, path))
        return 0;
    *object = json_file_read(path, err);
    return *object ? 0 : -1;
}

/* A token named in tokenizer_config.json as "text" or {"content": "text"}. */
static int32_t named_token(const struct llmx_tokenizer *t, const json_t *config, const char *key)
{
    const json_t *value = json_object_get(config, key);
    const char *name =
        json_string_value(json_is_object(value) ? json_object_get(value, "content") : value);
    return name ? tokenizer_special(t, name) : -1;
}

/* One template, or a list of named ones of which the one called "default" counts. */
static void take_template(struct llmx_tokenizer *t, const json_t *template)
{
    for (size_t i = 0; json_is_array(template) && i < json_array_size(template); i++) {
        const json_t *one = json_array_get(template, i);
        const char *name = json_string_value(json_object_get(one, "name"));
        if (name && strcmp(name, "default") == 0)
            template = json_object_get(one, "template");
    }
    if (json_is_string(template))
        text_puts(&t->template, json_string_value(template));
}

static void take_config(struct llmx_tokenizer *t, const json_t *config)
{
    int32_t begin = named_token(t, config, "bos_token");
    const json_t *adds_begin = json_object_get(config, "add_bos_token");
    if (begin >= 0)
        t->begin_id = begin;
    if (json_is_boolean(adds_begin))
        t->adds_begin = json_is_true(adds_begin) && t->begin_id >= 0;
    tokenizer_set_end(t, named_token(t, config, "eos_token"));
    take_template(t, json_object_get(config, "chat_template"));
}

/* One id or a list of them. */
static void take_stops(struct llmx_tokenizer *t, const json_t *object)
{
    const json_t *ids = json_object_get(object, "eos_token_id");
    if (json_is_integer(ids))
        tokenizer_add_stop(t, json_integer_value(ids));
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const json_t *id = json_array_get(ids, i);
        tokenizer_add_stop(t, json_is_integer(id) ? json_integer_value(id) : -1);
    }
}

static int take_jinja_file(struct llmx_tokenizer *t, const char *folder, struct llmx_error *err)
{
    char path[PATH_MAX];
    struct mapping mapping;
    if (!is_there(folder, "chat_template.jinja", path))
        return 0;
    if (mapping_open(&mapping, path, err) != 0)
        return -1;
    text_clear(&t->template);
    const size_t mark = utf8_mark(mapping.data, mapping.size);
    if (mapping.size <= FILE_MAX)
        text_put(&t->template, (const char *)mapping.data + mark, mapping.size - mark);
    mapping_release(&mapping);
    return 0;
}

static int read_beside(struct llmx_tokenizer *t, const char *folder, struct llmx_error *err)
{
    json_t *config = NULL, *generation = NULL, *model = NULL;
    int result = -1;
    if (read_optional(folder, "tokenizer_config.json", &config, err) != 0 ||
        read_optional(folder, "generation_config.json", &generation, err) != 0 ||
        read_optional(folder, "config.json", &model, err) != 0)
        goto done;
    take_config(t, config);
    take_stops(t, generation);
    take_stops(t, model);
    result = take_jinja_file(t, folder, err) != 0 ? -1 : text_check(&t->template, err);
done:
    json_decref(config);
    json_decref(generation);
    json_decref(model);
    return result;
}

int tokenizer_from_folder(struct llmx_tokenizer **tokenizer, const char *folder,
                          struct llmx_error *err)
{
    char path[PATH_MAX];
    struct mapping mapping;
    struct llmx_tokenizer *t;
    if (path_join(path, sizeof path, folder, "tokenizer.json", err) != 0 ||
        mapping_open(&mapping, path, err) != 0)
        return -1;
    int result = tokenizer_parse(&t, mapping.data, mapping.size, path, err);
    mapping_release(&mapping);
    if (result != 0)
        return -1;
    if (read_beside(t, folder, err) != 0) {
        llmx_tokenizer_destroy(t);
        return -1;
    }
    *tokenizer = t;
    return 0;
}

int llmx_tokenizer_open(struct llmx_tokenizer **tokenizer, const char *path, struct llmx_error *err)
{
    struct stat st;
    struct gguf gguf;
    if (stat(path, &st) != 0)
        return err_system(err, "cannot open %s", path);
    if (S_ISDIR(st.st_mode))
        return tokenizer_from_folder(tokenizer, path, err);
    if (gguf_open(&gguf, path, err) != 0)
        return -1;
    int result = tokenizer_from_gguf(tokenizer, &gguf, err);
    gguf_release(&gguf);
    return result;
}
