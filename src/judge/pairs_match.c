/* pairs_match.c - what several systems wrote for the same users and items, put beside one another. */
#include "base/memory.h"
#include "base/names.h"
#include "base/plain.h"
#include "base/text.h"
#include "base/utf8.h"
#include "explain/recs.h"
#include "explain/thinking.h"
#include "judge/pairs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SYSTEMS_MAX 100

/* One recommendation, and what each system wrote for it. */
struct place {
    const char *user, *item, *prompt;
    const char **text; /* (n) NULL: nothing */
};

struct matching {
    struct llmx_pairs *pairs; /* its arena holds all strings */
    struct names known;       /* users and items of the first file */
    struct place *place;      /* (known) */
    size_t capacity;
    const char *const *paths, *const *names;
    int n;
};

/* Texts of "facts", one a line; "" without. */
static const char *facts_text(const json_t *line, struct arena *arena, struct llmx_error *err)
{
    const json_t *list = json_object_get(line, "facts");
    struct text told = {0};
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_object_get(json_array_get(list, i), "text"));
        if (text)
            text_printf(&told, "%s%s", told.n > 0 ? "\n" : "", text);
    }
    const char *copy =
        text_check(&told, err) == 0 ? arena_text(arena, told.s ? told.s : "", told.n, err) : NULL;
    text_release(&told);
    return copy;
}

static const char *prompt_of(const json_t *line, struct arena *arena, struct llmx_error *err)
{
    const json_t *prompt = json_object_get(line, "prompt");
    return json_is_string(prompt)
               ? arena_text(arena, json_string_value(prompt), json_string_length(prompt), err)
               : facts_text(line, arena, err);
}

/* Explanations that one file has and another has not. */
struct mismatch {
    int n;
    char first[256];
};

static void note(struct mismatch *m, const char *user, const char *item)
{
    if (m->n++ == 0)
        plain_snprintf(m->first, sizeof m->first, "user '%.100s', item '%.100s'", user, item);
}

/* The place of a line: of the first system a new one, of another NULL where the first has none. */
static int find_place(struct matching *m, const struct place *told, int system,
                      struct place **place, struct llmx_error *err)
{
    const char *key = arena_printf(&m->pairs->arena, err, "%s\t%s", told->user, told->item);
    if (!key)
        return -1;
    const uint32_t before = m->known.count;
    const int64_t at = system == 0 ? names_add(&m->known, key, strlen(key), err)
                                   : names_find(&m->known, key, strlen(key));
    *place = NULL;
    if (at < 0)
        return system == 0 ? -1 : 0;
    if (m->known.count > before) {
        if (mem_grow(&m->place, &m->capacity, m->known.count, sizeof *m->place, err) != 0)
            return -1;
        m->place[at] = *told;
        m->place[at].text =
            arena_array(&m->pairs->arena, (size_t)m->n, sizeof *m->place[at].text, err);
        if (!m->place[at].text)
            return -1;
    }
    *place = &m->place[at];
    return 0;
}

static int take_line(struct matching *m, const struct jsonl *file, const json_t *line, int system,
                     struct mismatch *mismatch, struct llmx_error *err)
{
    struct arena *arena = &m->pairs->arena;
    const char *path = file->lines.path, *text = jsonl_text(file, line, "explanation", err);
    const long number = file->lines.number;
    struct place told = {0}, *place;
    char *answer;
    if (!text || !(told.user = rec_token(path, number, line, "user", arena, err)) ||
        !(told.item = rec_token(path, number, line, "item", arena, err)) ||
        !(answer = arena_text(arena, text, strlen(text), err)) ||
        (system == 0 && !(told.prompt = prompt_of(line, arena, err))) ||
        find_place(m, &told, system, &place, err) != 0)
        return -1;
    answer[thinking_cut(answer, strlen(answer))] = '\0';
    if (!place)
        note(mismatch, told.user, told.item);
    else if (place->text[system])
        return err_set(err, LLMX_MISMATCH,
                       "%s:%ld: a second explanation of item '%.100s' for user '%.100s': which one "
                       "is to be compared?",
                       path, number, told.item, told.user);
    else
        place->text[system] = answer;
    return 0;
}

/* Every place has a text of the system, and nothing else had one. */
static int check_match(const struct matching *m, int system, const struct mismatch *extra,
                       struct llmx_error *err)
{
    struct mismatch lacking = {0};
    if (m->known.count == 0)
        return err_set(err, LLMX_BAD_INPUT, "%s holds no explanations", m->paths[0]);
    for (uint32_t i = 0; i < m->known.count; i++)
        if (!m->place[i].text[system])
            note(&lacking, m->place[i].user, m->place[i].item);
    if (lacking.n > 0)
        return err_set(err, LLMX_MISMATCH,
                       "%s lacks %d of the %u explanations of %s, first that for %s: systems are "
                       "compared on the same users and items",
                       m->paths[system], lacking.n, m->known.count, m->paths[0], lacking.first);
    if (extra->n > 0)
        return err_set(err, LLMX_MISMATCH,
                       "%s holds %d explanations that %s does not, first that for %s: systems are "
                       "compared on the same users and items",
                       m->paths[system], extra->n, m->paths[0], extra->first);
    return 0;
}

static int read_system(struct matching *m, int system, struct llmx_error *err)
{
    struct jsonl file;
    struct mismatch extra = {0};
    json_t *line;
    int more;
    if (jsonl_open(&file, m->paths[system], err) != 0)
        return -1;
    while ((more = jsonl_read(&file, &line, err)) == 1) {
        const int status = take_line(m, &file, line, system, &extra, err);
        json_decref(line);
        if (status != 0) {
            more = -1;
            break;
        }
    }
    jsonl_close(&file);
    return more == 0 ? check_match(m, system, &extra, err) : -1;
}

/* The pairs of one place: of every two systems. */
static int add_pairs(struct matching *m, const struct place *place, char *const *names,
                     struct llmx_error *err)
{
    for (int a = 0; a < m->n; a++)
        for (int b = a + 1; b < m->n; b++) {
            const struct llmx_pair pair = {.prompt = place->prompt,
                                           .text = {place->text[a], place->text[b]},
                                           .system = {names[a], names[b]},
                                           .user = place->user,
                                           .item = place->item,
                                           .p_a = {NAN, NAN}};
            if (pairs_add(m->pairs, &pair, err) != 0)
                return -1;
        }
    return 0;
}

static int match(struct matching *m, struct llmx_error *err)
{
    char *names[SYSTEMS_MAX];
    for (int i = 0; i < m->n; i++) {
        for (int j = 0; j < i; j++)
            if (strcmp(m->names[i], m->names[j]) == 0)
                return err_set(err, LLMX_BAD_OPTION, "two systems are called '%s'", m->names[i]);
        if (utf8_check_text(m->names[i], strlen(m->names[i])) < strlen(m->names[i]))
            return err_set(err, LLMX_BAD_OPTION, "the name of system %d is not UTF-8", i + 1);
        names[i] = arena_text(&m->pairs->arena, m->names[i], strlen(m->names[i]), err);
        if (!names[i] || read_system(m, i, err) != 0)
            return -1;
    }
    for (uint32_t i = 0; i < m->known.count; i++)
        if (add_pairs(m, &m->place[i], names, err) != 0)
            return -1;
    return 0;
}

int llmx_pairs_match(struct llmx_pairs **pairs, const char *const *paths, const char *const *names,
                     int n, struct llmx_error *err)
{
    if (n < 2 || n > SYSTEMS_MAX)
        return err_set(err, LLMX_BAD_OPTION, "%d files to compare: 2 to %d are possible", n,
                       SYSTEMS_MAX);
    struct matching m = {.pairs = pairs_create(err), .paths = paths, .names = names, .n = n};
    const int status = m.pairs ? match(&m, err) : -1;
    names_release(&m.known);
    free(m.place);
    if (status == 0)
        *pairs = m.pairs;
    else
        llmx_pairs_close(m.pairs);
    return status;
}
