/* study_questions.c - reading a study's YAML into JSON; the paper's three questions where it says none. */
#include "serve/study_questions.h"

#include "base/number.h"
#include "format/yaml_map.h"

#include <string.h>

#define QUESTIONS_MAX 12 /* of the reasons, and as many about the rater */
#define CHOICES_MAX   20

static const char consent[] = "You will read short reasons for recommendations and say what you "
                              "think of them. Taking part is "
                              "voluntary, and you may stop at any time and have your answers "
                              "deleted, below each page. Nothing is stored but your answers, when "
                              "you gave them and how long you took.";
static const char training[] =
    "Each page shows what somebody took before, something that was recommended to them, and a few "
    "reasons for it. Read each reason as if it were written for you, then give your marks. There "
    "are "
    "no right answers; use the whole scale.";

const char *const study_columns[] = {
    "rater",    "user",    "item",      "system", "aspect",   "value", "unit",    "task",
    "position", "seconds", "attention", "pace",   "finished", "time",  "comment", NULL};

/* The paper's (section 4.3). */
static const struct {
    const char *aspect, *text, *low, *high;
} usual[] = {
    {"reasonability", "Does the reason make sense for this person and this recommendation?",
     "not at all", "fully"},
    {"attractiveness", "Does it make you want to try what is recommended?", "not at all",
     "very much"},
    {"redundancy", "Is it free of repetition and of words that say nothing?", "not at all",
     "fully"},
};

static json_t *question_json(const char *aspect, const char *text, const char *low,
                             const char *high, int scale)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:i}", "aspect", aspect, "text", text, "low", low,
                     "high", high, "scale", scale);
}

static json_t *usual_json(void)
{
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        json_array_append_new(
            list, question_json(usual[i].aspect, usual[i].text, usual[i].low, usual[i].high, 5));
    return json_pack("{s:s, s:s, s:s, s:[], s:o, s:s, s:s, s:i, s:i, s:i}", "title",
                     "Reasons for recommendations", "consent", consent, "training", training,
                     "about", "questions", list, "preference", "", "comment", "", "raters", 10,
                     "tasks", 15, "checks", 1);
}

/* ---- the file ---- */

struct reading {
    const char *path;
    struct llmx_error *err;
};

static int bad(const struct reading *r, const struct yaml_value *v, const char *what)
{
    return err_set(r->err, LLMX_BAD_OPTION, "%s:%ld: %s%s%s", r->path, v->line,
                   v->key ? v->key : "", v->key ? ": " : "", what);
}

static int read_number(const struct reading *r, const struct yaml_value *v, int least, int most,
                       int *number)
{
    char range[64];
    double value;
    if (v->kind == YAML_WORD && number_parse(v->word, strlen(v->word), &value) &&
        number_whole(value, least, most, number))
        return 0;
    snprintf(range, sizeof range, "must be a whole number from %d to %d", least, most);
    return bad(r, v, range);
}

/* NULL: the map has none. */
static const struct yaml_value *value_of(const struct yaml_value *map, const char *key)
{
    for (int i = 0; i < map->n; i++)
        if (strcmp(map->items[i].key, key) == 0)
            return &map->items[i];
    return NULL;
}

static const char *word_of(const struct yaml_value *map, const char *key, const char *otherwise)
{
    const struct yaml_value *v = value_of(map, key);
    return v && v->kind == YAML_WORD ? v->word : otherwise;
}

static int check_keys(const struct reading *r, const struct yaml_value *map,
                      const char *const *keys)
{
    for (int i = 0; i < map->n; i++) {
        int k = 0;
        while (keys[k] && strcmp(keys[k], map->items[i].key) != 0)
            k++;
        if (!keys[k])
            return bad(r, &map->items[i], "is no word of a study (docs/study.md lists them)");
    }
    return 0;
}

/* An aspect is the name of a column's value in the results. */
static int check_aspect(const struct reading *r, const struct yaml_value *v, const char *aspect,
                        const json_t *list)
{
    if (strcmp(aspect, "preference") == 0)
        return bad(r, v, "the aspect 'preference' is that of the study's own preference");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(list, i), "aspect")), aspect) ==
            0)
            return bad(r, v, "has the aspect of a question before it");
    return 0;
}

static int add_question(const struct reading *r, const struct yaml_value *v, json_t *list)
{
    static const char *const keys[] = {"aspect", "text", "low", "high", "scale", NULL};
    int scale = 5;
    if (v->kind != YAML_MAP)
        return bad(r, v, "a question has an aspect and a text");
    const char *aspect = word_of(v, "aspect", ""), *text = word_of(v, "text", "");
    if (check_keys(r, v, keys) != 0)
        return -1;
    if (!*aspect || !*text)
        return bad(r, v, "a question has an aspect and a text");
    if (check_aspect(r, v, aspect, list) != 0)
        return -1;
    const struct yaml_value *marks = value_of(v, "scale");
    if (marks && read_number(r, marks, 2, 10, &scale) != 0)
        return -1;
    json_array_append_new(
        list, question_json(aspect, text, word_of(v, "low", ""), word_of(v, "high", ""), scale));
    return 0;
}

static int read_questions(const struct reading *r, const struct yaml_value *v, json_t *list)
{
    if (v->kind != YAML_LIST || v->n == 0 || v->n > QUESTIONS_MAX)
        return bad(r, v, "must be a list of 1 to 12 questions");
    json_array_clear(list);
    for (int i = 0; i < v->n; i++)
        if (add_question(r, &v->items[i], list) != 0)
            return -1;
    return 0;
}

/* ---- about the rater ---- */

/* A name is that of a column in the results. */
static int check_name(const struct reading *r, const struct yaml_value *v, const char *name,
                      const json_t *list)
{
    for (const char *const *column = study_columns; *column; column++)
        if (strcmp(name, *column) == 0)
            return bad(r, v, "has the name of a column of the results (docs/study.md lists them)");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_object_get(json_array_get(list, i), "name")), name) == 0)
            return bad(r, v, "has the name of a question before it");
    return 0;
}

static int add_choice(const struct reading *r, const struct yaml_value *v, json_t *choices)
{
    if (v->kind != YAML_WORD || !*v->word)
        return bad(r, v, "a choice is a word or text");
    for (size_t i = 0; i < json_array_size(choices); i++)
        if (strcmp(json_string_value(json_array_get(choices, i)), v->word) == 0)
            return bad(r, v, "is the same as a choice before it");
    return json_array_append_new(choices, json_string(v->word)) == 0 ? 0 : bad(r, v, "is no UTF-8");
}

static int read_choices(const struct reading *r, const struct yaml_value *v, json_t *choices)
{
    if (v->kind != YAML_LIST || v->n < 2 || v->n > CHOICES_MAX)
        return bad(r, v, "must be a list of 2 to 20 choices");
    for (int i = 0; i < v->n; i++)
        if (add_choice(r, &v->items[i], choices) != 0)
            return -1;
    return 0;
}

static int add_about(const struct reading *r, const struct yaml_value *v, json_t *list)
{
    static const char *const keys[] = {"name", "text", "choices", NULL};
    static const char has[] = "a question about the rater has a name, a text and choices";
    if (v->kind != YAML_MAP)
        return bad(r, v, has);
    const char *name = word_of(v, "name", ""), *text = word_of(v, "text", "");
    const struct yaml_value *choices = value_of(v, "choices");
    if (check_keys(r, v, keys) != 0)
        return -1;
    if (!*name || !*text || !choices)
        return bad(r, v, has);
    if (check_name(r, v, name, list) != 0)
        return -1;
    json_t *one = json_pack("{s:s, s:s, s:[]}", "name", name, "text", text, "choices");
    json_array_append_new(list, one);
    return read_choices(r, choices, json_object_get(one, "choices"));
}

static int read_about(const struct reading *r, const struct yaml_value *v, json_t *list)
{
    if (v->kind != YAML_LIST || v->n > QUESTIONS_MAX)
        return bad(r, v, "must be a list of 12 questions at most");
    for (int i = 0; i < v->n; i++)
        if (add_about(r, &v->items[i], list) != 0)
            return -1;
    return 0;
}

/* ---- all of it ---- */

static int read_value(const struct reading *r, const struct yaml_value *v, json_t *study)
{
    json_t *old = json_object_get(study, v->key);
    int number;
    if (!old)
        return bad(r, v, "is no word of a study (docs/study.md lists them)");
    if (json_is_array(old))
        return strcmp(v->key, "about") == 0 ? read_about(r, v, old) : read_questions(r, v, old);
    if (v->kind != YAML_WORD)
        return bad(r, v, "must be one word or text");
    if (json_is_string(old))
        return json_object_set_new(study, v->key, json_string(v->word)) == 0
                   ? 0
                   : bad(r, v, "is no UTF-8");
    const int least = strcmp(v->key, "raters") == 0 ? 1 : 0;
    if (read_number(r, v, least, 10000, &number) != 0)
        return -1;
    json_object_set_new(study, v->key, json_integer(number));
    return 0;
}

json_t *study_questions(const char *path, struct llmx_error *err)
{
    struct yaml_map map;
    json_t *study = usual_json();
    const struct reading r = {path, err};
    int status = 0;
    if (!study) {
        err_set(err, LLMX_NO_MEMORY, "out of memory");
        return NULL;
    }
    if (!path)
        return study;
    if (yaml_map_open(&map, path, LLMX_BAD_OPTION, err) != 0) {
        json_decref(study);
        return NULL;
    }
    for (int i = 0; i < map.root.n && status == 0; i++)
        status = read_value(&r, &map.root.items[i], study);
    yaml_map_release(&map);
    if (status == 0)
        return study;
    json_decref(study);
    return NULL;
}
