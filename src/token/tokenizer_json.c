/* The tokenizer that a Hugging Face tokenizer.json spells out: normaliser, pre-tokeniser, model, post-processor,
 * decoder, added tokens. Whatever is in it that we do not do is an error, never passed over. */
#include "base/plain_json.h"
#include "token/build.h"
#include "token/tokenizer.h"

#include "base/utf8.h"

#include <jansson.h>
#include <string.h>

#define FILE_MAX ((size_t)256 << 20) /* bytes */

/* Jansson takes no U+0000 in a key, and vocabularies have one. So it is read as a noncharacter of as many bytes when
 * escaped, and turned back name by name. */
#define NUL_ESCAPED      "\\u0000"
#define STAND_IN_ESCAPED "\\ufdd0"
#define STAND_IN         "\xef\xb7\x90"

static void hide_nul(char *json, size_t n)
{
    const size_t length = sizeof NUL_ESCAPED - 1;
    for (size_t at = 0; at + 1 < n; at++) {
        if (json[at] != '\\')
            continue;
        if (n - at >= length && memcmp(json + at, NUL_ESCAPED, length) == 0)
            memcpy(json + at, STAND_IN_ESCAPED, length);
        at++; /* what follows a backslash begins no escape */
    }
}

/* A name as it is meant, `name` itself or in `scratch`; NULL: memory is out. */
static const char *meant(const char *name, size_t *n, struct text *scratch, struct llmx_error *err)
{
    const size_t length = sizeof STAND_IN - 1;
    *n = strlen(name);
    if (!strstr(name, STAND_IN))
        return name;
    text_clear(scratch);
    for (const char *next; (next = strstr(name, STAND_IN)) != NULL; name = next + length) {
        text_put(scratch, name, (size_t)(next - name));
        text_put(scratch, "", 1);
    }
    text_puts(scratch, name);
    *n = scratch->n;
    return text_check(scratch, err) == 0 ? scratch->s : NULL;
}

static int unsupported(const struct llmx_tokenizer *t, const char *part, const char *what,
                       struct llmx_error *err)
{
    return err_set(err, LLMX_UNSUPPORTED, "%s: the %s '%s' is not supported", t->path, part, what);
}

static int wrong(const struct llmx_tokenizer *t, const char *what, struct llmx_error *err)
{
    return err_set(err, LLMX_BAD_INPUT, "%s: %s", t->path, what);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static bool is_true(const json_t *object, const char *key, bool fallback)
{
    const json_t *value = json_object_get(object, key);
    return value ? json_is_true(value) : fallback;
}

typedef int step_function(struct llmx_tokenizer *t, const json_t *step, struct llmx_error *err);

/* A step, or the steps of a "Sequence", which holds them under `list`. */
static int each_step(struct llmx_tokenizer *t, const json_t *step, const char *list,
                     step_function *one, struct llmx_error *err)
{
    if (!step || json_is_null(step))
        return 0;
    if (strcmp(text_of(step, "type"), "Sequence") != 0)
        return one(t, step, err);
    const json_t *steps = json_object_get(step, list);
    for (size_t i = 0; i < json_array_size(steps); i++) {
        if (one(t, json_array_get(steps, i), err) != 0)
            return -1;
    }
    return 0;
}

static int read_normalizer(struct llmx_tokenizer *t, const json_t *step, struct llmx_error *err)
{
    const char *type = text_of(step, "type");
    if (strcmp(type, "NFC") == 0 && !t->marks_spaces) {
        t->is_nfc = true;
    } else if (strcmp(type, "Prepend") == 0 && strcmp(text_of(step, "prepend"), SPACE_MARK) == 0) {
        t->prefix_space = PREFIX_ALWAYS;
    } else if (strcmp(type, "Replace") == 0 &&
               strcmp(text_of(json_object_get(step, "pattern"), "String"), " ") == 0 &&
               strcmp(text_of(step, "content"), SPACE_MARK) == 0) {
        t->marks_spaces = true;
    } else {
        return unsupported(t, "normalizer", type, err);
    }
    return 0;
}

static int add_split(struct llmx_tokenizer *t, const char *pattern, struct llmx_error *err)
{
    return tokenizer_add_split(t, pattern, strlen(pattern), err);
}

static int read_split(struct llmx_tokenizer *t, const json_t *step, struct llmx_error *err)
{
    const char *behaviour = text_of(step, "behavior");
    const json_t *pattern = json_object_get(json_object_get(step, "pattern"), "Regex");
    bool keeps_matches = strcmp(behaviour, "Isolated") == 0 && !is_true(step, "invert", false);
    if (!keeps_matches)
        return unsupported(t, "pre-tokenizer Split with the behaviour", behaviour, err);
    if (!json_is_string(pattern))
        return unsupported(t, "pre-tokenizer", "Split without a regular expression", err);
    return add_split(t, json_string_value(pattern), err);
}

static int read_metaspace(struct llmx_tokenizer *t, const json_t *step, struct llmx_error *err)
{
    const char *scheme = json_object_get(step, "prepend_scheme")   ? text_of(step, "prepend_scheme")
                         : is_true(step, "add_prefix_space", true) ? "always"
                                                                   : "never";
    if (strcmp(text_of(step, "replacement"), SPACE_MARK) != 0)
        return unsupported(t, "pre-tokenizer Metaspace with the replacement",
                           text_of(step, "replacement"), err);
    t->marks_spaces = true;
    if (strcmp(scheme, "first") == 0)
        t->prefix_space = PREFIX_FIRST;
    else if (strcmp(scheme, "always") == 0)
        t->prefix_space = PREFIX_IF_MISSING;
    else if (strcmp(scheme, "never") != 0)
        return unsupported(t, "pre-tokenizer Metaspace with the scheme", scheme, err);
    if (is_true(step, "split", true))
        return add_split(t, SPACE_MARK "?[^" SPACE_MARK "]+|" SPACE_MARK, err);
    return 0;
}

static int read_pre_tokenizer(struct llmx_tokenizer *t, const json_t *step, struct llmx_error *err)
{
    const char *type = text_of(step, "type");
    if (t->bpe.is_byte_level)
        return unsupported(t, "pre-tokenizer after ByteLevel", type, err);
    if (strcmp(type, "Split") == 0)
        return read_split(t, step, err);
    if (strcmp(type, "Metaspace") == 0)
        return read_metaspace(t, step, err);
    if (strcmp(type, "Digits") == 0)
        return add_split(t, is_true(step, "individual_digits", false) ? "\\p{N}" : "\\p{N}+", err);
    if (strcmp(type, "ByteLevel") != 0)
        return unsupported(t, "pre-tokenizer", type, err);
    if (is_true(step, "add_prefix_space", true))
        return unsupported(t, "pre-tokenizer", "ByteLevel with add_prefix_space", err);
    t->bpe.is_byte_level = true;
    return is_true(step, "use_regex", true) ? add_split(t, split_gpt2, err) : 0;
}

static int read_decoder(struct llmx_tokenizer *t, const json_t *step, struct llmx_error *err)
{
    const char *type = text_of(step, "type");
    if (strcmp(type, "Strip") == 0 && strcmp(text_of(step, "content"), " ") == 0 &&
        json_integer_value(json_object_get(step, "start")) == 1 &&
        json_integer_value(json_object_get(step, "stop")) == 0)
        t->strips_first_space = true;
    else if (strcmp(type, "Metaspace") == 0)
        t->strips_first_space = t->prefix_space != PREFIX_NEVER;
    else if (strcmp(type, "ByteLevel") != 0 && strcmp(type, "ByteFallback") != 0 &&
             strcmp(type, "Fuse") != 0 && strcmp(type, "Replace") != 0)
        return unsupported(t, "decoder", type, err);
    return 0;
}

static int read_added(struct llmx_tokenizer *t, const json_t *list, struct llmx_error *err)
{
    static const char *const flags[] = {"single_word", "lstrip", "rstrip"};
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *token = json_array_get(list, i), *id = json_object_get(token, "id");
        const char *content = json_string_value(json_object_get(token, "content"));
        if (!content || !json_is_integer(id))
            return wrong(t, "an added token has no \"content\" or no \"id\"", err);
        for (size_t f = 0; f < sizeof flags / sizeof flags[0]; f++) {
            if (is_true(token, flags[f], false))
                return err_set(err, LLMX_UNSUPPORTED,
                               "%s: the added token '%s' with %s is not supported", t->path,
                               content, flags[f]);
        }
        enum token_kind kind = is_true(token, "special", false) ? TOKEN_SPECIAL : TOKEN_ADDED;
        if (tokenizer_add(t, json_integer_value(id), kind, content, strlen(content), err) != 0)
            return -1;
    }
    return 0;
}

static int read_vocabulary(struct llmx_tokenizer *t, json_t *vocabulary, struct llmx_error *err)
{
    const char *key;
    json_t *id;
    struct text scratch = {0};
    int result = 0;
    if (!json_is_object(vocabulary))
        return wrong(t, "the model has no \"vocab\" object", err);
    json_object_foreach(vocabulary, key, id)
    {
        size_t n;
        const char *name = meant(key, &n, &scratch, err);
        if (!name)
            result = -1;
        else if (!json_is_integer(id))
            result = err_set(err, LLMX_BAD_INPUT, "%s: the id of the token '%s' is no integer",
                             t->path, key);
        else
            result = tokenizer_add(t, json_integer_value(id), TOKEN_NORMAL, name, n, err);
        if (result != 0)
            break;
    }
    text_release(&scratch);
    return result;
}

/* "left right" or ["left", "right"] */
static int read_merge(struct llmx_tokenizer *t, const json_t *merge, struct text scratch[2],
                      struct llmx_error *err)
{
    size_t n, m;
    const char *left = json_string_value(json_array_get(merge, 0));
    const char *right = json_string_value(json_array_get(merge, 1));
    const char *both = json_string_value(merge);
    if (left && right && json_array_size(merge) == 2) {
        if (!(left = meant(left, &n, &scratch[0], err)) ||
            !(right = meant(right, &m, &scratch[1], err)))
            return -1;
        return tokenizer_add_merge(t, left, n, right, m, err);
    }
    if (both && !(both = meant(both, &n, &scratch[0], err)))
        return -1;
    const char *space = both ? memchr(both, ' ', n) : NULL;
    if (space)
        return tokenizer_add_merge(t, both, (size_t)(space - both), space + 1,
                                   n - (size_t)(space - both) - 1, err);
    return err_set(err, LLMX_BAD_INPUT, "%s: merge %zu is no pair of texts", t->path,
                   t->bpe.n_merges + 1);
}

static int read_merges(struct llmx_tokenizer *t, const json_t *merges, struct llmx_error *err)
{
    struct text scratch[2] = {{0}, {0}};
    size_t n = json_array_size(merges);
    if (!json_is_array(merges))
        return wrong(t, "the model has no \"merges\" list", err);
    int result = bpe_reserve_merges(&t->bpe, n, err);
    for (size_t i = 0; i < n && result == 0; i++)
        result = read_merge(t, json_array_get(merges, i), scratch, err);
    text_release(&scratch[0]);
    text_release(&scratch[1]);
    return result;
}

static int read_unknown(struct llmx_tokenizer *t, const json_t *model, struct llmx_error *err)
{
    const char *name = json_string_value(json_object_get(model, "unk_token"));
    if (!name || t->bpe.is_byte_level)
        return 0;
    int32_t id = tokenizer_special(t, name);
    t->bpe.unknown_id = id >= 0 ? id : bpe_find(&t->bpe, name, strlen(name));
    t->bpe.fuse_unknown = is_true(model, "fuse_unk", false);
    if (t->bpe.unknown_id < 0)
        return err_set(err, LLMX_BAD_INPUT, "%s: the unk_token '%s' is not in the vocabulary",
                       t->path, name);
    return 0;
}

static int read_model(struct llmx_tokenizer *t, const json_t *model, struct llmx_error *err)
{
    if (strcmp(text_of(model, "type"), "BPE") != 0)
        return unsupported(t, "model type", text_of(model, "type"), err);
    if (json_number_value(json_object_get(model, "dropout")) != 0)
        return unsupported(t, "model option", "dropout", err);
    if (*text_of(model, "continuing_subword_prefix"))
        return unsupported(t, "model option", "continuing_subword_prefix", err);
    if (*text_of(model, "end_of_word_suffix"))
        return unsupported(t, "model option", "end_of_word_suffix", err);
    if (read_vocabulary(t, json_object_get(model, "vocab"), err) != 0 ||
        read_merges(t, json_object_get(model, "merges"), err) != 0 ||
        read_unknown(t, model, err) != 0)
        return -1;
    t->bpe.takes_whole_words = is_true(model, "ignore_merges", false);
    for (int b = 0; b < 256 && !t->bpe.is_byte_level && !is_true(model, "byte_fallback", false);
         b++)
        t->bpe.byte_ids[b] = -1;
    return 0;
}

/* The begin token may stand before the text; nothing else is done around it. */
static int read_post_processor(struct llmx_tokenizer *t, const json_t *step, struct llmx_error *err)
{
    const char *type = text_of(step, "type");
    if (strcmp(type, "ByteLevel") == 0)
        return 0;
    if (strcmp(type, "TemplateProcessing") != 0)
        return unsupported(t, "post-processor", type, err);
    const json_t *single = json_object_get(step, "single");
    const json_t *first = json_object_get(json_array_get(single, 0), "SpecialToken");
    size_t n = json_array_size(single), text_at = first ? 1 : 0;
    if (n != text_at + 1 || !json_object_get(json_array_get(single, text_at), "Sequence"))
        return unsupported(t, "post-processor",
                           "TemplateProcessing with more than a begin token and the text", err);
    if (!first)
        return 0;
    t->begin_id = tokenizer_special(t, text_of(first, "id"));
    t->adds_begin = true;
    if (t->begin_id < 0)
        return err_set(err, LLMX_BAD_INPUT, "%s: the begin token '%s' is no special token", t->path,
                       text_of(first, "id"));
    return 0;
}

static int read_all(struct llmx_tokenizer *t, const json_t *root, struct llmx_error *err)
{
    if (each_step(t, json_object_get(root, "normalizer"), "normalizers", read_normalizer, err) !=
            0 ||
        each_step(t, json_object_get(root, "pre_tokenizer"), "pretokenizers", read_pre_tokenizer,
                  err) != 0 ||
        each_step(t, json_object_get(root, "decoder"), "decoders", read_decoder, err) != 0)
        return -1;
    if (t->prefix_space != PREFIX_NEVER && !t->marks_spaces)
        return unsupported(t, "normalizer", "Prepend without Replace", err);
    if (t->marks_spaces && t->bpe.is_byte_level)
        return unsupported(t, "pre-tokenizer", "ByteLevel together with " SPACE_MARK, err);
    snprintf(t->kind, sizeof t->kind, "%s",
             t->bpe.is_byte_level ? "byte-level BPE" : "sentencepiece BPE");
    if (read_added(t, json_object_get(root, "added_tokens"), err) != 0 ||
        read_model(t, json_object_get(root, "model"), err) != 0 ||
        each_step(t, json_object_get(root, "post_processor"), "processors", read_post_processor,
                  err) != 0)
        return -1;
    return tokenizer_finish(t, err);
}

int tokenizer_parse(struct llmx_tokenizer **tokenizer, const unsigned char *bytes, size_t n,
                    const char *path, struct llmx_error *err)
{
    json_error_t what;
    if (n > FILE_MAX)
        return err_set(err, LLMX_TOO_LARGE, "%s: larger than %zu MiB", path, FILE_MAX >> 20);
    const size_t mark = utf8_mark(bytes, n);
    n -= mark;
    char *copy = mem_text((const char *)bytes + mark, n, err);
    if (!copy)
        return -1;
    hide_nul(copy, n);
    json_t *root = plain_json_loadb(copy, n, JSON_REJECT_DUPLICATES, &what);
    free(copy);
    if (!root)
        return err_set(err, LLMX_BAD_INPUT, "%s:%d: not valid JSON: %s", path, what.line,
                       what.text);
    struct llmx_tokenizer *t = tokenizer_create(path, err);
    int result = t ? read_all(t, root, err) : -1;
    json_decref(root);
    if (result == 0)
        *tokenizer = t;
    else
        llmx_tokenizer_destroy(t);
    return result;
}
