/* pairs.c - pairs of explanations in a file of their own, and what was said of them. */
#include "judge/pairs.h"

#include "base/file.h"
#include "base/memory.h"
#include "explain/recs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const preference_name[] = {[LLMX_PREFERS_UNKNOWN] = NULL,
                                              [LLMX_PREFERS_A] = "a",
                                              [LLMX_PREFERS_B] = "b",
                                              [LLMX_PREFERS_TIE] = "tie"};
static const char *const text_field[] = {"a", "b"},
                         *const system_field[] = {"system_a", "system_b"},
                         *const judged_field[] = {"p_a_first", "p_a_second"};

enum llmx_preference pair_said(const struct llmx_pair *pair, int order)
{
    const double p_a = pair->p_a[order];
    return isnan(p_a)  ? LLMX_PREFERS_UNKNOWN
           : p_a > .5  ? LLMX_PREFERS_A
           : p_a == .5 ? LLMX_PREFERS_TIE
                       : LLMX_PREFERS_B;
}

enum llmx_preference llmx_pair_verdict(const struct llmx_pair *pair)
{
    const enum llmx_preference first = pair_said(pair, 0), second = pair_said(pair, 1);
    if (first == LLMX_PREFERS_UNKNOWN || second == LLMX_PREFERS_UNKNOWN)
        return LLMX_PREFERS_UNKNOWN;
    return first == second ? first : LLMX_PREFERS_TIE;
}

struct llmx_pairs *pairs_create(struct llmx_error *err)
{
    return mem_array(1, sizeof(struct llmx_pairs), err);
}

int pairs_add(struct llmx_pairs *pairs, const struct llmx_pair *pair, struct llmx_error *err)
{
    if (mem_grow(&pairs->pair, &pairs->capacity, pairs->n + 1, sizeof *pairs->pair, err) != 0)
        return -1;
    pairs->pair[pairs->n++] = *pair;
    return 0;
}

size_t llmx_pairs_count(const struct llmx_pairs *pairs)
{
    return pairs->n;
}

struct llmx_pair *llmx_pairs_get(struct llmx_pairs *pairs, size_t i)
{
    return &pairs->pair[i];
}

void llmx_pairs_close(struct llmx_pairs *pairs)
{
    if (!pairs)
        return;
    arena_release(&pairs->arena);
    free(pairs->pair);
    free(pairs);
}

/* ---- reading ---- */

struct pair_line {
    const struct jsonl *file;
    const json_t *line;
    struct arena *arena;
    struct llmx_error *err;
};

static bool is_given(const struct pair_line *l, const char *field)
{
    const json_t *value = json_object_get(l->line, field);
    return value && !json_is_null(value);
}

static int wrong(const struct pair_line *l, const char *field, const char *needed)
{
    return err_set(l->err, LLMX_BAD_INPUT, "%s:%ld: the field \"%s\" must be %s",
                   l->file->lines.path, l->file->lines.number, field, needed);
}

static int read_text(const struct pair_line *l, const char *field, const char **text)
{
    const char *found = jsonl_text(l->file, l->line, field, l->err);
    return found && (*text = arena_text(l->arena, found, strlen(found), l->err)) ? 0 : -1;
}

/* A name that may be lacking. */
static int read_name(const struct pair_line *l, const char *field, const char **name)
{
    if (!is_given(l, field))
        return 0;
    *name = rec_token(l->file->lines.path, l->file->lines.number, l->line, field, l->arena, l->err);
    return *name ? 0 : -1;
}

static int read_label(const struct pair_line *l, enum llmx_preference *label)
{
    const char *found = json_string_value(json_object_get(l->line, "label"));
    if (!is_given(l, "label"))
        return 0;
    for (int k = LLMX_PREFERS_A; k <= LLMX_PREFERS_TIE; k++)
        if (found && strcmp(found, preference_name[k]) == 0) {
            *label = (enum llmx_preference)k;
            return 0;
        }
    return wrong(l, "label", "\"a\", \"b\" or \"tie\"");
}

static int read_judged(const struct pair_line *l, const char *field, double *p)
{
    *p = NAN;
    if (!is_given(l, field))
        return 0;
    if (jsonl_real(l->file, l->line, field, p, l->err) != 0)
        return -1;
    return *p >= 0 && *p <= 1 ? 0 : wrong(l, field, "a probability from 0 to 1");
}

static int read_pair(const struct pair_line *l, struct llmx_pair *pair)
{
    *pair = (struct llmx_pair){0};
    for (int k = 0; k < 2; k++)
        if (read_text(l, text_field[k], &pair->text[k]) != 0 ||
            read_name(l, system_field[k], &pair->system[k]) != 0 ||
            read_judged(l, judged_field[k], &pair->p_a[k]) != 0)
            return -1;
    return read_text(l, "prompt", &pair->prompt) != 0 || read_name(l, "user", &pair->user) != 0 ||
                   read_name(l, "item", &pair->item) != 0 || read_label(l, &pair->label) != 0
               ? -1
               : 0;
}

static int read_pairs(struct llmx_pairs *pairs, struct jsonl *file, struct llmx_error *err)
{
    json_t *line;
    int more;
    while ((more = jsonl_read(file, &line, err)) == 1) {
        struct llmx_pair pair;
        const struct pair_line l = {file, line, &pairs->arena, err};
        const int status = read_pair(&l, &pair) == 0 ? pairs_add(pairs, &pair, err) : -1;
        json_decref(line);
        if (status != 0)
            return -1;
    }
    if (more == 0 && pairs->n == 0)
        return err_set(err, LLMX_BAD_INPUT, "%s holds no pairs", file->lines.path);
    return more;
}

int llmx_pairs_read(struct llmx_pairs **pairs, const char *path, struct llmx_error *err)
{
    struct jsonl file = {0};
    struct llmx_pairs *read = pairs_create(err);
    if (!read || jsonl_open(&file, path, err) != 0) {
        llmx_pairs_close(read);
        return -1;
    }
    const int status = read_pairs(read, &file, err);
    jsonl_close(&file);
    if (status == 0)
        *pairs = read;
    else
        llmx_pairs_close(read);
    return status;
}

/* ---- writing ---- */

/* Without what is not known. NULL when memory is out, or a text is not UTF-8. */
static json_t *pair_object(const struct llmx_pair *pair)
{
    const enum llmx_preference verdict = llmx_pair_verdict(pair);
    json_t *line = json_pack("{s:s*, s:s*, s:s, s:s, s:s, s:s*, s:s*, s:s*}", "user", pair->user,
                             "item", pair->item, "prompt", pair->prompt, "a", pair->text[0], "b",
                             pair->text[1], system_field[0], pair->system[0], system_field[1],
                             pair->system[1], "label", preference_name[pair->label]);
    for (int k = 0; k < 2 && line; k++)
        if (!isnan(pair->p_a[k]))
            json_object_set_new(line, judged_field[k], json_real(pair->p_a[k]));
    if (line && verdict != LLMX_PREFERS_UNKNOWN)
        json_object_set_new(line, "verdict", json_string(preference_name[verdict]));
    return line;
}

int pairs_put(const struct llmx_pairs *pairs, FILE *stream, struct llmx_error *err)
{
    int status = 0;
    for (size_t i = 0; i < pairs->n && status == 0; i++) {
        json_t *line = pair_object(&pairs->pair[i]);
        status = line ? jsonl_write(stream, line, err)
                      : err_set(err, LLMX_NO_MEMORY, "cannot write pair %zu: memory is out", i + 1);
        json_decref(line);
    }
    return status;
}

int llmx_pairs_write(const struct llmx_pairs *pairs, const char *path, struct llmx_error *err)
{
    struct output out;
    if (output_open(&out, path, err) != 0)
        return -1;
    int status = pairs_put(pairs, out.stream, err);
    if (status == 0)
        status = output_commit(&out, err);
    output_discard(&out);
    return status;
}
