/* experiment.c - reads an experiment: maps of named things, each with a few words. */
#include "reproduce/experiment.h"

#include "base/number.h"

#include <limits.h>
#include <string.h>

struct reader {
    struct experiment *x;
    struct llmx_error *err;
};

static int fail(const struct reader *r, const struct yaml_value *at, const char *what)
{
    return err_set(r->err, LLMX_BAD_OPTION, "%s:%ld: %s%s%s", r->x->path, at->line,
                   at->key ? at->key : "", at->key ? " " : "", what);
}

/* ---- words ---- */

enum word_kind { WORD_TEXT, WORD_SWITCH };

/* A word that a thing may have, and where it goes. */
struct word_spec {
    const char *key;
    enum word_kind kind;
    void *to;
};

static int read_word(const struct reader *r, const struct yaml_value *v,
                     const struct word_spec *specs)
{
    const struct word_spec *s = specs;
    while (s->key && strcmp(s->key, v->key) != 0)
        s++;
    if (!s->key)
        return fail(r, v, "is nothing that may be said here");
    if (v->kind != YAML_WORD)
        return fail(r, v, "is not one word");
    if (s->kind == WORD_TEXT)
        *(const char **)s->to = v->word;
    else if (strcmp(v->word, "true") != 0 && strcmp(v->word, "false") != 0)
        return fail(r, v, "is true or false");
    else
        *(bool *)s->to = strcmp(v->word, "true") == 0;
    return 0;
}

static int read_words(const struct reader *r, const struct yaml_value *map,
                      const struct word_spec *specs)
{
    if (map->kind != YAML_MAP)
        return fail(r, map, "is not a map of words: write {} where there is nothing to say");
    for (int i = 0; i < map->n; i++)
        if (read_word(r, &map->items[i], specs) != 0)
            return -1;
    return 0;
}

static int read_whole(const struct reader *r, const struct yaml_value *v, int least, int *value)
{
    double number;
    if (v->kind != YAML_WORD || !number_read(v->word, &number) ||
        !number_whole(number, least, INT_MAX, value))
        return fail(r, v, "is no whole number that makes sense here");
    return 0;
}

/* ---- things ---- */

static int read_data(const struct reader *r, const struct yaml_value *v)
{
    struct experiment_data *d = &r->x->data[r->x->n_data++];
    d->name = v->key;
    const struct word_spec specs[] = {{"path", WORD_TEXT, &d->path},
                                      {"domain", WORD_TEXT, &d->domain},
                                      {"learnt", WORD_TEXT, &d->learnt},
                                      {0}};
    if (read_words(r, v, specs) != 0)
        return -1;
    return d->path ? 0 : fail(r, v, "has no path");
}

static int read_recommender(const struct reader *r, const struct yaml_value *v)
{
    struct experiment_recommender *m = &r->x->recommender[r->x->n_recommenders++];
    struct text settings = {0};
    m->name = v->key;
    m->train = llmx_train_defaults(v->key);
    if (v->kind != YAML_MAP)
        return fail(r, v, "is not a map of settings: write {} for the defaults");
    text_puts(&settings, "");
    int status = 0;
    for (int i = 0; status == 0 && i < v->n; i++) {
        const struct yaml_value *s = &v->items[i];
        if (s->kind != YAML_WORD)
            status = fail(r, s, "is not one word");
        else if (llmx_train_set(&m->train, s->key, s->word, r->err) != 0)
            status = err_prefix(r->err, "%s:%ld", r->x->path, s->line);
        else
            text_printf(&settings, "%s=%s ", s->key, s->word);
    }
    if (status == 0)
        status = text_check(&settings, r->err);
    if (status == 0)
        m->settings = arena_text(&r->x->map.texts, settings.s, settings.n, r->err);
    text_release(&settings);
    return status == 0 && m->settings ? 0 : -1;
}

static int read_system(const struct reader *r, const struct yaml_value *v)
{
    struct experiment_system *s = &r->x->system[r->x->n_systems++];
    s->name = v->key;
    const struct word_spec specs[] = {{"examples", WORD_TEXT, &s->examples},
                                      {"adapter", WORD_TEXT, &s->adapter},
                                      {"plain", WORD_SWITCH, &s->is_plain},
                                      {0}};
    if (read_words(r, v, specs) != 0)
        return -1;
    if ((s->examples != NULL) + (s->adapter != NULL) + s->is_plain > 1)
        return fail(r, v, "is one of: tuned on examples, with an adapter, plain");
    return 0;
}

static int read_each(const struct reader *r, const struct yaml_value *map,
                     int (*read)(const struct reader *r, const struct yaml_value *v))
{
    for (int i = 0; i < map->n; i++)
        if (read(r, &map->items[i]) != 0)
            return -1;
    return 0;
}

static int read_things(const struct reader *r, const struct yaml_value *v,
                       int (*read)(const struct reader *r, const struct yaml_value *v))
{
    if (v->kind != YAML_MAP || v->n < 1 || v->n > EXPERIMENT_MAX)
        return fail(r, v, "is not a map of 1 to 16 names");
    return read_each(r, v, read);
}

static int read_value(const struct reader *r, const struct yaml_value *v)
{
    struct experiment *x = r->x;
    if (strcmp(v->key, "data") == 0)
        return read_things(r, v, read_data);
    if (strcmp(v->key, "recommenders") == 0)
        return read_things(r, v, read_recommender);
    if (strcmp(v->key, "systems") == 0)
        return read_things(r, v, read_system);
    if (strcmp(v->key, "users") == 0)
        return read_whole(r, v, 1, &x->users);
    if (strcmp(v->key, "epochs") == 0)
        return read_whole(r, v, 1, &x->epochs);
    if (strcmp(v->key, "pairs") == 0)
        return read_whole(r, v, 1, &x->pairs);
    const struct word_spec specs[] = {{"base", WORD_TEXT, &x->base},
                                      {"chat_template", WORD_TEXT, &x->chat_template},
                                      {"judge", WORD_TEXT, &x->judge},
                                      {0}};
    if (strcmp(v->key, "seed") != 0)
        return read_word(r, v, specs);
    if (v->kind != YAML_WORD || !number_unsigned(v->word, &x->seed))
        return fail(r, v, "is no whole number from 0 up");
    return 0;
}

int experiment_open(struct experiment *x, const char *path, struct llmx_error *err)
{
    *x = (struct experiment){.path = path, .users = 100, .epochs = 5, .seed = 42};
    const struct reader r = {x, err};
    if (yaml_map_open(&x->map, path, LLMX_BAD_OPTION, err) != 0) {
        x->map = (struct yaml_map){0};
        return -1;
    }
    if (read_each(&r, &x->map.root, read_value) != 0)
        return -1;
    if (!x->base || x->n_data == 0 || x->n_recommenders == 0 || x->n_systems == 0)
        return err_set(err, LLMX_BAD_OPTION,
                       "%s: an experiment has base, data, recommenders and systems", path);
    return 0;
}

void experiment_release(struct experiment *x)
{
    yaml_map_release(&x->map);
}
