#include "recommend/settings.h"

#include "base/err.h"
#include "base/number.h"
#include "base/option_name.h"

#include <assert.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

#define EPOCHS_MAX 1000000

enum setting_kind { INT, REAL, WORD };

static const char *const loss_words[] = {"ce", "sampled", "gbce", "bpr", NULL};
static const char *const norm_words[] = {"post", "pre", NULL};

static const struct setting {
    const char *name;
    enum setting_kind kind;
    size_t offset;
    double least, most;
    const char *const *words;
} settings[] = {
#define AT(FIELD) offsetof(struct llmx_train_options, FIELD)
    {"dim", INT, AT(dim), 1, 4096, NULL},
    {"epochs", INT, AT(epochs), 1, EPOCHS_MAX, NULL},
    {"batch", INT, AT(batch), 1, 1 << 24, NULL},
    {"steps", INT, AT(steps), 1, EPOCHS_MAX, NULL},
    {"learning_rate", REAL, AT(learning_rate), 1e-12, 1e30, NULL},
    {"l2", REAL, AT(l2), 0, 1e9, NULL},
    {"patience", INT, AT(patience), 0, EPOCHS_MAX, NULL},
    {"min_epochs", INT, AT(min_epochs), 0, EPOCHS_MAX, NULL},
    {"layers", INT, AT(layers), 1, 64, NULL},
    {"heads", INT, AT(heads), 1, 256, NULL},
    {"inner", INT, AT(inner), 1, 1 << 16, NULL},
    {"max_length", INT, AT(max_length), 1, 1 << 16, NULL},
    {"dropout", REAL, AT(dropout), 0, 0.99, NULL},
    {"loss", WORD, AT(loss), 0, 0, loss_words},
    {"negatives", INT, AT(negatives), 1, 1 << 20, NULL},
    {"calibration", REAL, AT(calibration), 0, 1, NULL},
    {"norm", WORD, AT(norm), 0, 0, norm_words},
    {"neighbours", INT, AT(neighbours), 1, 1 << 20, NULL},
    {"shrink", REAL, AT(shrink), 0, 1e9, NULL},
    {"unobserved", REAL, AT(unobserved), 0, 1e6, NULL},
    {"frequency", REAL, AT(frequency), 0, 10, NULL},
};
#define SETTINGS (sizeof settings / sizeof *settings)

static const struct setting *find(const char *name)
{
    for (size_t i = 0; i < SETTINGS; i++)
        if (option_name_is(settings[i].name, name))
            return &settings[i];
    return NULL;
}

static void *place(const struct llmx_train_options *options, const struct setting *setting)
{
    return (char *)(size_t)options + setting->offset;
}

/* -1 when the text is no value of it. */
static int read_value(struct llmx_train_options *options, const struct setting *setting,
                      const char *text)
{
    void *at = place(options, setting);
    double number;
    if (setting->kind == WORD) {
        for (const char *const *word = setting->words; *word; word++)
            if (strcmp(*word, text) == 0) {
                *(const char **)at = *word;
                return 0;
            }
        return -1;
    }
    if (!number_parse(text, strlen(text), &number))
        return -1;
    if (setting->kind == INT)
        return number_whole(number, INT_MIN, INT_MAX, at) ? 0 : -1;
    *(double *)at = number;
    return 0;
}

void settings_defaults(struct llmx_train_options *options, const struct recommender *row)
{
    for (const struct model_setting *s = row->settings; s->name; s++) {
        const int result = read_value(options, find(s->name), s->value);
        assert(result == 0);
        (void)result;
    }
}

static double number_of(const struct llmx_train_options *options, const struct setting *setting)
{
    const void *at = place(options, setting);
    return setting->kind == INT ? *(const int *)at : *(const double *)at;
}

int settings_check(const struct llmx_train_options *options, const struct recommender *row,
                   struct llmx_error *err)
{
    for (const struct model_setting *s = row->settings; s->name; s++) {
        const struct setting *setting = find(s->name);
        if (setting->kind == WORD)
            continue;
        const double value = number_of(options, setting);
        if (!(value >= setting->least && value <= setting->most))
            return err_set(err, LLMX_BAD_OPTION, "%s %g: choose %g to %g", setting->name, value,
                           setting->least, setting->most);
    }
    return 0;
}

static int no_such_setting(const struct recommender *row, const char *name, struct llmx_error *err)
{
    struct text names = {0};
    for (const struct model_setting *s = row->settings; s->name; s++)
        text_printf(&names, "%s%s", s == row->settings ? "" : ", ", s->name);
    if (text_check(&names, err) == 0)
        err_set(err, LLMX_BAD_OPTION, "the model %s has no setting '%s'; it has: %s", row->name,
                name, names.n ? names.s : "none");
    text_release(&names);
    return -1;
}

bool settings_has(const struct recommender *row, const char *name)
{
    for (const struct model_setting *s = row->settings; s->name; s++)
        if (option_name_is(s->name, name))
            return true;
    return false;
}

int settings_set(struct llmx_train_options *options, const struct recommender *row,
                 const char *name, const char *text, struct llmx_error *err)
{
    if (!settings_has(row, name))
        return no_such_setting(row, name, err);
    const struct setting *setting = find(name);
    if (read_value(options, setting, text) == 0)
        return 0;
    if (setting->kind != WORD)
        return err_set(err, LLMX_BAD_OPTION, "%s takes a %s, not '%s'", setting->name,
                       setting->kind == INT ? "whole number" : "number", text);
    struct text words = {0};
    for (const char *const *word = setting->words; *word; word++)
        text_printf(&words, "%s%s", word == setting->words ? "" : ", ", *word);
    if (text_check(&words, err) == 0)
        err_set(err, LLMX_BAD_OPTION, "%s: there is no '%s'; choose one of: %s", setting->name,
                text, words.s);
    text_release(&words);
    return -1;
}

bool settings_is_whole(const char *name)
{
    const struct setting *setting = find(name);
    return setting && setting->kind == INT;
}

void settings_put(struct text *out, const struct llmx_train_options *options, const char *name)
{
    const struct setting *setting = find(name);
    const void *at = place(options, setting);
    if (setting->kind == INT)
        text_printf(out, "%d", *(const int *)at);
    else if (setting->kind == REAL)
        number_put(out, *(const double *)at);
    else
        text_puts(out, *(const char *const *)at);
}
