/* attributes_texts.c - how much of the user's and the item's attributes an explanation carries, and how much its prompt. */
#include "base/arena.h"
#include "base/file.h"
#include "base/memory.h"
#include "evaluate/attribute_context.h"
#include "evaluate/attribute_split.h"
#include "explain/pairing.h"

#include <stdlib.h>
#include <string.h>

#define FOLDS 5

/* What there is to read of a recommendation. */
enum source { SOURCE_TEXT, SOURCE_FACTS, SOURCE_PROMPT, SOURCES };
static const char *const source_names[] = {"text", "facts", "prompt"};

struct told {
    llmx_id who[2]; /* by side; a user -1: not in the data */
    int32_t group;  /* of the user */
    const char *user, *item;
    const char *said[SOURCES]; /* NULL: the line has none */
};

struct reading {
    const struct llmx_data *data;
    const struct llmx_attributes_options *options;
    struct llmx_explain_options pairing_options;
    struct llmx_attributes *all;
    struct domain domain;
    struct attribute_split split;
    size_t *place[2]; /* by side: the place of each in the order of the split */
    struct names users;
    struct arena arena;
    struct text text;
    struct told *told; /* (n) */
    size_t n, capacity;
};

static void reading_close(struct reading *r)
{
    attribute_split_release(&r->split);
    free(r->place[0]);
    free(r->place[1]);
    names_release(&r->users);
    arena_release(&r->arena);
    text_release(&r->text);
    free(r->told);
}

/* ---- the files ---- */

/* The facts of a line, a sentence each; NULL: it has none. */
static const char *read_facts(struct reading *r, const json_t *line, struct llmx_error *err)
{
    const json_t *facts = json_object_get(line, "facts"), *fact;
    size_t i;
    text_clear(&r->text);
    json_array_foreach(facts, i, fact)
    {
        const char *text = json_string_value(json_object_get(fact, "text"));
        if (text)
            text_printf(&r->text, "%s%s", r->text.n ? " " : "", text);
    }
    return r->text.n ? arena_text(&r->arena, r->text.s, r->text.n, err) : NULL;
}

static const char *keep(struct reading *r, const char *s, struct llmx_error *err)
{
    return s ? arena_text(&r->arena, s, strlen(s), err) : NULL;
}

static int take_line(struct reading *r, const struct pairing *p, struct llmx_error *err)
{
    struct told told = {.who = {p->rec->user, p->rec->item}};
    const int64_t group = names_add(&r->users, p->user, strlen(p->user), err);
    const char *prompt = json_string_value(json_object_get(p->line, "prompt"));
    told.group = (int32_t)group;
    told.user = keep(r, p->user, err);
    told.item = keep(r, p->item, err);
    told.said[SOURCE_TEXT] = keep(r, p->text, err);
    told.said[SOURCE_FACTS] = read_facts(r, p->line, err);
    told.said[SOURCE_PROMPT] = keep(r, prompt, err);
    if (group < 0 || !told.user || !told.item || !told.said[SOURCE_TEXT] ||
        (prompt && !told.said[SOURCE_PROMPT]) || text_check(&r->text, err) != 0 ||
        mem_grow(&r->told, &r->capacity, r->n + 1, sizeof *r->told, err) != 0)
        return -1;
    r->told[r->n++] = told;
    return 0;
}

static int read_lines(struct reading *r, const char *explanations_path, const char *recs_path,
                      struct llmx_error *err)
{
    struct pairing p;
    int more =
        pairing_open(&p, explanations_path, recs_path, r->data, &r->pairing_options, err) == 0 ? 1
                                                                                               : -1;
    while (more == 1 && (more = pairing_next(&p, err)) == 1)
        if (p.rec && take_line(r, &p, err) != 0)
            more = -1;
    if (more == 0)
        more = pairing_check(&p, r->n, err);
    r->all->texts = (int)r->n;
    r->all->skipped = p.n_skipped;
    pairing_close(&p);
    return more;
}

/* Do all lines have it? */
static bool has_source(const struct reading *r, enum source source)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++)
        n += r->told[i].said[source] != NULL;
    return n == r->n;
}

/* ---- rows ---- */

/* The truth of each text's user or item. */
static int make_truth(const struct reading *r, struct panel *p, struct llmx_error *err)
{
    const struct attribute *a = &p->attribute;
    const size_t n_classes = (size_t)attribute_classes(a);
    if (answered_make(&p->own, r->n, (int)n_classes, err) != 0)
        return -1;
    for (size_t i = 0; i < r->n; i++) {
        const llmx_id who = r->told[i].who[a->side];
        if (who < 0)
            continue;
        memcpy(p->own.has + i * n_classes, a->truth.has + (size_t)who * n_classes, n_classes);
        p->own.is_parsed[i] = a->truth.is_parsed[who];
    }
    p->truth = &p->own;
    p->rows = r->n;
    return panel_make_room(p, r->n, err);
}

/* Which of the folds a text is in: that of its user or item, whichever is asked about. */
static size_t fold_of(const struct reading *r, const struct panel *p, size_t row)
{
    const enum llmx_side side = p->attribute.side;
    return r->place[side][r->told[row].who[side]] % FOLDS;
}

static bool is_asked(const struct reading *r, const struct panel *p, size_t row)
{
    const enum llmx_side side = p->attribute.side;
    return p->truth->is_parsed[row] && !r->split.is_tuned[side][r->told[row].who[side]];
}

/* Whom a fold asks about, and the texts of all others, which it learns from. */
static void take_fold(const struct reading *r, struct panel *p, size_t fold)
{
    p->n_asked = p->n_learnt = 0;
    for (size_t row = 0; row < r->n; row++) {
        if (p->truth->is_parsed[row] && fold_of(r, p, row) != fold)
            p->learnt[p->n_learnt++] = row;
        else if (is_asked(r, p, row))
            p->asked[p->n_asked++] = row;
    }
}

/* All who are asked about, numbered by user. */
static int take_all(const struct reading *r, struct panel *p, struct llmx_error *err)
{
    int32_t *number = mem_array(r->users.count, sizeof *number, err), users = 0;
    if (!number)
        return -1;
    p->n_asked = p->n_learnt = 0;
    for (size_t row = 0; row < r->n; row++) {
        if (!is_asked(r, p, row))
            continue;
        int32_t *of_user = &number[r->told[row].group];
        if (*of_user == 0)
            *of_user = ++users;
        p->groups[p->n_asked] = *of_user - 1;
        p->asked[p->n_asked++] = row;
    }
    free(number);
    return p->n_asked > 0 ? 0
                          : err_set(err, LLMX_BAD_OPTION,
                                    "'%s' is not known of anybody who is explained anything to, "
                                    "but of those that the model was tuned on",
                                    p->attribute.name);
}

/* ---- without a model ---- */

static int guess_fold(struct panel *p, struct answered *majority, struct answered *set,
                      struct llmx_error *err)
{
    const struct guessing g = panel_guessing(p);
    if (p->n_asked > 0 && p->n_learnt == 0)
        return err_set(err, LLMX_BAD_INPUT,
                       "'%s' of %s cannot be guessed: there are too few texts for others to learn "
                       "from",
                       p->attribute.name, p->attribute.side == LLMX_USERS ? "users" : "items");
    return p->n_asked == 0                          ? 0
           : guess_majority(majority, &g, err) != 0 ? -1
           : set                                    ? guess_majority_set(set, &g, err)
                                                    : 0;
}

static int guess_majorities(const struct reading *r, struct panel *p, struct llmx_error *err)
{
    struct answered *set = NULL, *majority = panel_add(p, "", "majority", err);
    if (!majority ||
        (p->attribute.kind == ATTRIBUTE_MULTI && !(set = panel_add(p, "", "majority_set", err))))
        return -1;
    for (size_t fold = 0; fold < FOLDS; fold++) {
        take_fold(r, p, fold);
        if (guess_fold(p, majority, set, err) != 0)
            return -1;
    }
    return 0;
}

static int guess_words(const struct reading *r, struct panel *p, const char *source,
                       const struct bits *words, struct llmx_error *err)
{
    struct answered *answers = panel_add(p, source, "naive_bayes", err);
    if (!answers)
        return -1;
    for (size_t fold = 0; fold < FOLDS; fold++) {
        take_fold(r, p, fold);
        const struct guessing g = panel_guessing(p);
        if (p->n_asked > 0 && guess_naive_bayes(answers, &g, &words->rows, err) != 0)
            return -1;
    }
    return 0;
}

/* ---- the model ---- */

static const char *context_of(struct reading *r, const char *said, struct llmx_error *err)
{
    text_clear(&r->text);
    context_put_explanation(&r->text, &r->domain, said);
    return text_check(&r->text, err) == 0 ? arena_text(&r->arena, r->text.s, r->text.n, err) : NULL;
}

static int list_row(struct reading *r, struct ask_list *list, size_t row, const char *said,
                    struct llmx_error *err)
{
    const char *context = context_of(r, said, err);
    int status = context ? 0 : -1;
    for (int i = 0; i < r->all->n && status == 0; i++)
        if (is_asked(r, &r->all->panel[i], row))
            status = ask_list_add(list, r->all, i, row, context, err);
    return status;
}

static int ask_model(struct reading *r, enum source source, struct llmx_error *err)
{
    const struct llmx_attributes_options *o = r->options;
    const struct asking asking = {o->model, &r->domain, o->stop, o->progress};
    struct ask_list list = {0};
    int status = 0;
    for (size_t row = 0; row < r->n && status == 0; row++)
        status = list_row(r, &list, row, r->told[row].said[source], err);
    if (status == 0)
        status = ask_list_ask(&list, r->all, source_names[source], &asking, err);
    ask_list_release(&list);
    return status;
}

/* ---- together ---- */

static int read_source(struct reading *r, enum source source, struct llmx_error *err)
{
    struct bits words = {0};
    const char **said = mem_array(r->n, sizeof *said, err);
    for (size_t i = 0; i < r->n && said; i++)
        said[i] = r->told[i].said[source];
    int status = said ? bits_of_words(&words, said, r->n, err) : -1;
    for (int i = 0; i < r->all->n && status == 0; i++)
        status = guess_words(r, &r->all->panel[i], source_names[source], &words, err);
    bits_release(&words);
    free(said);
    return status == 0 && r->options->model ? ask_model(r, source, err) : status;
}

static int reading_open(struct reading *r, const char *explanations_path, const char *recs_path,
                        struct llmx_error *err)
{
    const struct llmx_attributes_options *o = r->options;
    if (domain_find(&r->domain, o->domain, r->data, err) != 0 ||
        attribute_split_open(&r->split, r->data, o->tuned_on_path, o->resampling.seed, err) != 0)
        return -1;
    for (int side = 0; side < 2; side++) {
        if (!(r->place[side] = mem_array(r->split.n[side], sizeof *r->place[side], err)))
            return -1;
        for (size_t i = 0; i < r->split.n[side]; i++)
            r->place[side][r->split.order[side][i]] = i;
    }
    return read_lines(r, explanations_path, recs_path, err);
}

static int read_all(struct reading *r, struct llmx_error *err)
{
    for (int i = 0; i < r->all->n; i++) {
        struct panel *p = &r->all->panel[i];
        if (make_truth(r, p, err) != 0 || guess_majorities(r, p, err) != 0)
            return -1;
    }
    for (int source = 0; source < SOURCES; source++)
        if (has_source(r, (enum source)source) && read_source(r, (enum source)source, err) != 0)
            return -1;
    for (int i = 0; i < r->all->n; i++)
        if (take_all(r, &r->all->panel[i], err) != 0 ||
            panel_score(&r->all->panel[i], &r->options->resampling, err) != 0)
            return -1;
    return 0;
}

static int put_who(const void *context, const struct panel *p, size_t row, json_t *line)
{
    const struct reading *r = context;
    (void)p;
    return json_object_set_new(line, "user", json_string(r->told[row].user)) |
           json_object_set_new(line, "item", json_string(r->told[row].item));
}

static int write_rows(const struct reading *r, const char *out_path, struct llmx_error *err)
{
    struct output out = {0};
    int status = output_open(&out, out_path, err);
    for (int i = 0; i < r->all->n && status == 0; i++)
        status = panel_write(&r->all->panel[i], out.stream, put_who, r, err);
    if (status == 0)
        status = output_commit(&out, err);
    output_discard(&out);
    return status;
}

int llmx_attributes_of_texts(struct llmx_attributes **found, const char *explanations_path,
                             const char *recs_path, const struct llmx_data *data,
                             const struct llmx_attributes_options *options, const char *out_path,
                             struct llmx_error *err)
{
    struct reading r = {
        .data = data, .options = options, .pairing_options = llmx_explain_defaults()};
    r.pairing_options.notice = options->notice;
    r.pairing_options.notice_context = options->notice_context;
    if (llmx_resampling_check(&options->resampling, err) != 0 ||
        panels_open(&r.all, data, options, err) != 0)
        return -1;
    r.all->is_of_texts = true;
    int status =
        reading_open(&r, explanations_path, recs_path, err) == 0 && read_all(&r, err) == 0 ? 0 : -1;
    if (status == 0 && out_path)
        status = write_rows(&r, out_path, err);
    reading_close(&r);
    if (status == 0)
        *found = r.all;
    else
        llmx_attributes_destroy(r.all);
    return status;
}
