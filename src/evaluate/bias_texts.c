/* bias_texts.c - what is counted in the texts of a file. */
#include "base/memory.h"
#include "evaluate/bias.h"
#include "explain/pairing.h"
#include "gate/checker.h"
#include "token/text_tokens.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    struct bias_texts *texts;
    const struct llmx_data *data;
    const struct llmx_bias_options *options;
    bool is_exact;
    struct briefing briefing;
    struct desk desk;
    struct pairing pairing;
    llmx_id *history; /* all that the person of a text had */
    size_t history_capacity;
    struct text prompt;
    struct tokens words;
    struct names vocabulary;
    unsigned char *named; /* (genres of the gate) in the text at hand */
};

static void reading_release(struct reading *r)
{
    pairing_close(&r->pairing);
    desk_release(&r->desk);
    briefing_release(&r->briefing);
    text_release(&r->prompt);
    tokens_release(&r->words);
    names_release(&r->vocabulary);
    free(r->history);
    free(r->named);
}

void bias_texts_release(struct bias_texts *texts)
{
    arena_release(&texts->arena);
    names_release(&texts->users);
    free(texts->text);
    *texts = (struct bias_texts){0};
}

/* ---- is it of these options? ---- */

static bool says(const json_t *line, const char *field, const char *wanted)
{
    const char *s = json_string_value(json_object_get(line, field));
    return wanted ? s && strcmp(s, wanted) == 0 : !s;
}

/* given: as the writer was told. */
static int hold_exact(struct reading *r, const struct llmx_given *given, struct llmx_error *err)
{
    const struct pairing *p = &r->pairing;
    const struct llmx_explain_options *o = &r->options->explain;
    const int64_t seed = json_integer_value(json_object_get(p->line, "seed"));
    text_clear(&r->prompt);
    briefing_prompt(&r->briefing, given, &r->prompt);
    if (text_check(&r->prompt, err) != 0)
        return -1;
    if (retold_is_noted(&r->briefing.retold, r->data, p->line) &&
        says(p->line, "prompt", r->prompt.s) && says(p->line, "model", o->model_name) &&
        says(p->line, "adapter", o->adapter_name) && seed == (int64_t)o->seed)
        return 0;
    return err_set(err, LLMX_MISMATCH,
                   "%s:%ld: written with other options (model, adapter, seed, or another prompt); "
                   "write the texts anew, without resuming, or into another folder",
                   p->in.lines.path, p->in.lines.number);
}

/* ---- counting ---- */

static double count_words(struct reading *r, const char *text, struct llmx_error *err)
{
    return tokens_split(&r->words, &r->vocabulary, text, strlen(text), err) == 0
               ? (double)r->words.n
               : -1;
}

/* Outside of titles; of what the gate read last. */
static void count_sentiment(const struct llmx_checker *c, double *figure)
{
    for (int i = 0; i < c->words.n; i++) {
        const struct list_entry *e =
            c->mention_of[i] >= 0
                ? NULL
                : list_find(LIST_SENTIMENT, word_text(&c->words, i), c->words.word[i].n);
        if (e)
            figure[strcmp(e->value, "positive") == 0 ? LLMX_BIAS_POSITIVE : LLMX_BIAS_NEGATIVE]++;
    }
}

static int by_id(const void *a, const void *b)
{
    const llmx_id x = *(const llmx_id *)a, y = *(const llmx_id *)b;
    return (x > y) - (x < y);
}

static int count_cited(struct reading *r, const struct llmx_verdict *verdict, struct bias_text *t,
                       struct llmx_error *err)
{
    const struct rec *rec = r->pairing.rec;
    llmx_id *cited =
        arena_array(&r->texts->arena, (size_t)verdict->n_cited + 1, sizeof *cited, err);
    if (!cited)
        return -1;
    for (int i = 0; i < verdict->n_cited; i++) {
        cited[i] = verdict->cited[i].item;
        for (int k = 0; k < rec->n_evidence; k++)
            t->figure[LLMX_BIAS_EVIDENCE] += rec->evidence[k] == cited[i];
    }
    qsort(cited, (size_t)verdict->n_cited, sizeof *cited, by_id);
    t->cited = cited;
    t->n_cited = verdict->n_cited;
    t->figure[LLMX_BIAS_CITED] = verdict->n_cited;
    return 0;
}

/* The vocabulary of categories: of the column that has that role, else of all columns that are lists of a few values. */
static bool is_category(const struct reading *r, int genre)
{
    const int column = llmx_data_role_column(r->data, LLMX_ROLE_CATEGORIES);
    return column < 0 || r->briefing.catalogue->genre[genre].column == column;
}

/* Notes in r->named what the text that the gate read last names, outside of titles: "drama", and "romantic" in front of what it
 * says of which kind it is. */
static void find_categories(struct reading *r)
{
    const struct llmx_checker *c = r->desk.checker;
    int genre, next;
    bool is_adjective, is_next_adjective;
    memset(r->named, 0, (size_t)r->briefing.catalogue->n_genres);
    for (int i = 0, n; i<c->words.n; i += n> 0 ? n : 1) {
        n = c->mention_of[i] >= 0 ? 0 : checker_genre_at(c, i, &genre, &is_adjective);
        if (n > 0 && (!is_adjective || (i + n < c->words.n &&
                                        ((checker_traits(c, i + n) & TRAIT_GENRE_NOUN) ||
                                         checker_genre_at(c, i + n, &next, &is_next_adjective)))))
            r->named[genre] = 1;
    }
}

static int count_categories(struct reading *r, struct bias_text *t, struct llmx_error *err)
{
    const int n = r->briefing.catalogue->n_genres;
    unsigned char *own = arena_array(&r->texts->arena, (size_t)n + 1, 1, err);
    if (!own)
        return -1;
    find_categories(r);
    for (int g = 0, k = 0; g < n; g++) {
        if (!is_category(r, g))
            continue;
        own[k++] = r->named[g];
        t->figure[LLMX_BIAS_CATEGORIES] += r->named[g];
    }
    t->categories = own;
    return 0;
}

/* What is known of a text's person and item, so that whatever it names is found. */
static int find_known(struct reading *r, struct llmx_given *given, struct llmx_error *err)
{
    const struct rec *rec = r->pairing.rec;
    int n = rec->n_history;
    if (!rec->history)
        llmx_data_history(r->data, rec->user, LLMX_ALL, &n);
    if (mem_grow(&r->history, &r->history_capacity, (size_t)n + 1, sizeof *r->history, err) != 0)
        return -1;
    given->history = r->history;
    given->n_history = rec_history(rec, r->data, &r->briefing.twins, r->history, n);
    given->columns = UINT64_MAX;
    given->allow_profile = 0;
    given->prompt = "";
    return 0;
}

static int count_text(struct reading *r, struct bias_text *t, struct llmx_given *given,
                      struct llmx_error *err)
{
    struct llmx_verdict verdict;
    t->figure[LLMX_BIAS_WORDS] = count_words(r, t->text, err);
    if (t->figure[LLMX_BIAS_WORDS] < 0 || find_known(r, given, err) != 0 ||
        llmx_gate_check(r->desk.checker, given, t->text, strlen(t->text), &verdict, err) != 0)
        return -1;
    count_sentiment(r->desk.checker, t->figure);
    for (int i = 0; i < verdict.n_failures; i++)
        if (verdict.failure[i].check == LLMX_CHECK_PROFILE)
            t->figure[LLMX_BIAS_PROFILE] = 1;
    return count_cited(r, &verdict, t, err) != 0 ? -1 : count_categories(r, t, err);
}

/* ---- lines ---- */

/* What the model wrote first, where that was rejected; NULL: it was not, or is not kept. */
static const char *first_rejected(const json_t *line)
{
    return json_string_value(
        json_object_get(json_array_get(json_object_get(line, "rejected"), 0), "text"));
}

static const char *copy(struct reading *r, const char *s, struct llmx_error *err)
{
    return arena_text(&r->texts->arena, s, strlen(s), err);
}

static int take_line(struct reading *r, struct llmx_error *err)
{
    struct bias_texts *texts = r->texts;
    const struct pairing *p = &r->pairing;
    const json_t *gate = json_object_get(p->line, "gate");
    const char *verdict = json_string_value(json_object_get(gate, "verdict")),
               *rejected = r->options->drafts ? first_rejected(p->line) : NULL,
               *prompt = json_string_value(json_object_get(p->line, "prompt"));
    struct bias_text t = {.id = p->rec->user};
    struct llmx_given given;
    const int64_t group = names_add(&texts->users, p->user, strlen(p->user), err);
    if (group < 0 ||
        mem_grow(&texts->text, &texts->capacity, texts->n + 1, sizeof *texts->text, err) != 0 ||
        !(t.user = copy(r, p->user, err)) || !(t.item = copy(r, p->item, err)) ||
        !(t.text = copy(r, rejected ? rejected : p->text, err)) ||
        (prompt && !(t.prompt = copy(r, prompt, err))) ||
        desk_given(&r->desk, p->rec, &given, err) != 0 ||
        (r->is_exact && hold_exact(r, &given, err) != 0) || count_text(r, &t, &given, err) != 0)
        return -1;
    t.group = (int32_t)group;
    t.figure[LLMX_BIAS_PASSED] = verdict ? !rejected && strcmp(verdict, "pass") == 0 : NAN;
    texts->text[texts->n++] = t;
    return 0;
}

static int name_categories(struct reading *r, struct llmx_error *err)
{
    const struct catalogue *c = r->briefing.catalogue;
    struct bias_texts *texts = r->texts;
    r->named = mem_array((size_t)c->n_genres + 1, 1, err);
    texts->category =
        arena_array(&texts->arena, (size_t)c->n_genres + 1, sizeof *texts->category, err);
    if (!r->named || !texts->category)
        return -1;
    for (int g = 0; g < c->n_genres; g++)
        if (is_category(r, g) &&
            !(texts->category[texts->n_categories++] = copy(r, c->genre[g].name, err)))
            return -1;
    return 0;
}

static int read_all(struct reading *r, const char *explanations_path, const char *recs_path,
                    struct llmx_error *err)
{
    const struct llmx_explain_options *o = &r->options->explain;
    int more;
    if (briefing_open(&r->briefing, r->data, o, err) != 0 ||
        desk_open(&r->desk, &r->briefing, err) != 0 || name_categories(r, err) != 0 ||
        pairing_open(&r->pairing, explanations_path, recs_path, r->data, o, err) != 0)
        return -1;
    while ((more = pairing_next(&r->pairing, err)) == 1)
        if (r->pairing.rec && take_line(r, err) != 0)
            return -1;
    r->texts->n_skipped = r->pairing.n_skipped;
    if (more != 0 || pairing_check(&r->pairing, r->texts->n, err) != 0)
        return -1;
    if (r->is_exact && (r->texts->n != (size_t)r->pairing.recs.n || r->pairing.n_skipped > 0))
        return err_set(err, LLMX_MISMATCH, "%s holds %zu of %d explanations; write them anew",
                       explanations_path, r->texts->n, r->pairing.recs.n);
    return 0;
}

int bias_texts_read(struct bias_texts *texts, const char *explanations_path, const char *recs_path,
                    const struct llmx_data *data, const struct llmx_bias_options *options,
                    bool is_exact, struct llmx_error *err)
{
    struct reading r = {.texts = texts, .data = data, .options = options, .is_exact = is_exact};
    *texts = (struct bias_texts){0};
    const int status = read_all(&r, explanations_path, recs_path, err);
    reading_release(&r);
    if (status != 0)
        bias_texts_release(texts);
    return status;
}
