#include "data/data_settings.h"

#include "base/number.h"
#include "base/option_name.h"

#include <limits.h>
#include <stddef.h>
#include <string.h>

static const char *const timestamps_words[] = {"exact", "float32", "normalised-float32", NULL};
static const char *const duplicates_words[] = {"keep", "first", "last", NULL};
static const char *const choice_words[] = {"guess", "yes", "no", NULL};
static const char *const switch_words[] = {"false", "true", NULL};

const struct data_setting data_settings[] = {
#define AT(FIELD) offsetof(struct llmx_data_options, FIELD)
    {"columns", DATA_SETTING_TEXT, AT(columns), NULL},
    {"separator", DATA_SETTING_SEPARATOR, AT(separator), NULL},
    {"timestamps", DATA_SETTING_WORD, AT(timestamps), timestamps_words},
    {"duplicates", DATA_SETTING_WORD, AT(duplicates), duplicates_words},
    {"header", DATA_SETTING_WORD, AT(header), choice_words},
    {"quotes", DATA_SETTING_WORD, AT(quotes), choice_words},
    {"min_rating", DATA_SETTING_RATING, AT(min_rating), NULL},
    {"min_user", DATA_SETTING_INT, AT(min_user), NULL},
    {"min_item", DATA_SETTING_INT, AT(min_item), NULL},
    {"valid", DATA_SETTING_PATH, AT(valid_path), NULL},
    {"test", DATA_SETTING_PATH, AT(test_path), NULL},
    {"split_by", DATA_SETTING_TEXT, AT(split_by), NULL},
    {"item_file", DATA_SETTING_PATH, AT(item_path), NULL},
    {"item_columns", DATA_SETTING_FREE, AT(item_columns), NULL},
    {"role", DATA_SETTING_FREE, AT(roles), NULL},
    {"user_file", DATA_SETTING_PATH, AT(user_path), NULL},
    {"user_columns", DATA_SETTING_FREE, AT(user_columns), NULL},
    {"encoding", DATA_SETTING_TEXT, AT(encoding), NULL},
    {"skip_bad", DATA_SETTING_WORD, AT(skip_bad), switch_words},
    {NULL, DATA_SETTING_TEXT, 0, NULL},
};

const struct data_setting *data_setting_find(const char *name)
{
    for (const struct data_setting *s = data_settings; s->name; s++)
        if (option_name_is(s->name, name))
            return s;
    return NULL;
}

void *data_setting_place(const struct llmx_data_options *options,
                         const struct data_setting *setting)
{
    return (char *)(size_t)options + setting->offset;
}

static int read_separator(const char *text, char *separator, struct llmx_error *err)
{
    static const struct {
        const char *word;
        char separator;
    } words[] = {{"tab", '\t'}, {"\\t", '\t'}, {"space", ' '}, {"comma", ','}, {"::", ':'}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(text, words[i].word) == 0) {
            *separator = words[i].separator;
            return 0;
        }
    if (strlen(text) != 1 || *text == ':' || *text == '"')
        return err_set(err, LLMX_BAD_OPTION,
                       "--separator: '%s' is not tab, space, :: or one character", text);
    *separator = *text;
    return 0;
}

static int read_number(void *at, const struct data_setting *setting, const char *text,
                       struct llmx_error *err)
{
    char flag[OPTION_FLAG_MAX];
    double number;
    const bool is_whole = setting->kind == DATA_SETTING_INT;
    if (number_parse(text, strlen(text), &number)) {
        if (is_whole && number_whole(number, INT_MIN, INT_MAX, at))
            return 0;
        if (!is_whole) {
            *(double *)at = number;
            return 0;
        }
    }
    return err_set(err, LLMX_BAD_OPTION, "%s takes a %s, not '%s'",
                   option_flag(flag, setting->name), is_whole ? "whole number" : "number", text);
}

static int read_word(unsigned *at, const struct data_setting *setting, const char *text,
                     struct llmx_error *err)
{
    for (unsigned w = 0; setting->words[w]; w++)
        if (strcmp(setting->words[w], text) == 0) {
            *at = w;
            return 0;
        }
    char flag[OPTION_FLAG_MAX];
    struct text words = {0};
    for (const char *const *word = setting->words; *word; word++)
        text_printf(&words, "%s%s", word == setting->words ? "" : ", ", *word);
    if (text_check(&words, err) == 0)
        err_set(err, LLMX_BAD_OPTION, "%s: there is no '%s'; choose one of: %s",
                option_flag(flag, setting->name), text, words.s);
    text_release(&words);
    return -1;
}

int data_setting_read(struct llmx_data_options *options, const struct data_setting *setting,
                      const char *text, struct llmx_error *err)
{
    void *at = data_setting_place(options, setting);
    switch (setting->kind) {
    case DATA_SETTING_SEPARATOR:
        return read_separator(text, at, err);
    case DATA_SETTING_RATING:
        options->has_min_rating = 1;
        return read_number(at, setting, text, err);
    case DATA_SETTING_INT:
        return read_number(at, setting, text, err);
    case DATA_SETTING_WORD:
        return read_word(at, setting, text, err);
    case DATA_SETTING_TEXT:
    case DATA_SETTING_PATH:
    case DATA_SETTING_FREE:
        break;
    }
    memcpy(at, &text, sizeof text);
    return 0;
}

bool data_setting_put(struct text *out, const struct llmx_data_options *options,
                      const struct data_setting *setting)
{
    const void *at = data_setting_place(options, setting);
    const size_t before = out->n;
    const char *s;
    char separator;
    switch (setting->kind) {
    case DATA_SETTING_TEXT:
    case DATA_SETTING_PATH:
    case DATA_SETTING_FREE:
        memcpy(&s, at, sizeof s);
        text_puts(out, s ? s : "");
        return s != NULL;
    case DATA_SETTING_SEPARATOR:
        memcpy(&separator, at, 1);
        text_put(out, separator == ':' ? "::" : &separator, separator ? 1 + (separator == ':') : 0);
        break;
    case DATA_SETTING_INT:
        text_printf(out, "%d", *(const int *)at);
        break;
    case DATA_SETTING_RATING:
        if (options->has_min_rating)
            number_put(out, *(const double *)at);
        break;
    case DATA_SETTING_WORD:
        text_puts(out, setting->words[*(const unsigned *)at]);
        break;
    }
    return out->n > before;
}

int llmx_data_set(struct llmx_data_options *options, const char *name, const char *value,
                  struct llmx_error *err)
{
    const struct data_setting *setting = data_setting_find(name);
    if (setting)
        return data_setting_read(options, setting, value, err);
    struct text names = {0};
    for (const struct data_setting *s = data_settings; s->name; s++)
        text_printf(&names, "%s%s", s == data_settings ? "" : ", ", s->name);
    if (text_check(&names, err) == 0)
        err_set(err, LLMX_BAD_OPTION, "there is no option '%s' of data; there are: %s", name,
                names.s);
    text_release(&names);
    return -1;
}
