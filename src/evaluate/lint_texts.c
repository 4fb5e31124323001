/* lint_texts.c - explanations that answer another prompt, say what another says, or whose prompt was learnt from. */
#include "base/memory.h"
#include "base/text.h"
#include "evaluate/lint.h"
#include "explain/pairing.h"
#include "gate/checker.h"

#include <stdlib.h>
#include <string.h>

struct text_look {
    struct lint *lint;
    struct pairing pairing;
    struct llmx_explain_options telling;
    struct names texts; /* folded */
    struct first_text { /* where one stands first */
        int rec;        /* in pairing.recs */
        long line;
    } * first; /* (texts) */
    size_t first_capacity;
    int *of_item;     /* (items) a recommendation of it, by first of the twins; -1: none */
    llmx_id *history; /* all that the person of a text had */
    size_t history_capacity;
    struct llmx_verdict verdict;
    struct text key;
};

static void tell_unmatched(void *context, const char *message)
{
    struct text_look *look = context;
    lint_add(look->lint, LLMX_LINT_UNMATCHED,
             &(struct lint_place){.file = look->lint->options->explanations}, "%s", message);
}

static void found(const struct text_look *look, enum llmx_lint_check check, const char *message)
{
    const struct pairing *p = &look->pairing;
    const struct lint_place place = {p->user, p->item, p->in.lines.path, p->in.lines.number};
    lint_add(look->lint, check, &place, "%s:%ld: user %s, item %s: %s", place.file, place.line,
             p->user, p->item, message);
}

/* ---- another prompt ---- */

static int check_text(struct text_look *look)
{
    struct lint *lint = look->lint;
    const struct pairing *p = &look->pairing;
    struct llmx_given given;
    int n = p->rec->n_history;
    if (!p->rec->history)
        llmx_data_history(lint->data, p->rec->user, LLMX_ALL, &n);
    if (desk_given(&lint->desk, p->rec, &given, lint->err) != 0 ||
        mem_grow(&look->history, &look->history_capacity, (size_t)n + 1, sizeof *look->history,
                 lint->err) != 0)
        return -1;
    given.history = look->history;
    given.n_history = rec_history(p->rec, lint->data, &lint->briefing.twins, look->history, n);
    given.prompt = "";
    return llmx_gate_check(lint->desk.checker, &given, p->text, strlen(p->text), &look->verdict,
                           lint->err);
}

/* Where the phrase of words first .. end - 1 ends among the catalogue's titles; -1: nowhere. */
static int32_t title_node(const struct llmx_checker *c, int first, int end)
{
    const struct phrases *titles = &c->catalogue->titles;
    int32_t node = 0;
    for (int i = first; i < end - 1 && node >= 0; i++)
        node = phrases_step(titles, node, c->id[i]);
    if (node < 0)
        return -1;
    const int32_t whole = phrases_step(titles, node, c->id[end - 1]);
    return whole >= 0 ? whole : phrases_step(titles, node, c->id_bare[end - 1]);
}

/* The first meaning, in catalogue->titles, of a title that the text names and nobody gave it; -1: it cannot be told. */
static int32_t foreign_title(const struct llmx_checker *c, const struct mention *m)
{
    int32_t node = -1;
    for (int first = m->first; node < 0 && first < m->first + m->n && first < m->first + 2; first++)
        node = title_node(c, first, m->first + m->n);
    return node < 0 ? -1 : phrases_first(&c->catalogue->titles, node);
}

/* A recommendation whose item is the one that such a title means: first one to the same person; -1: none. */
static int rec_of_title(const struct text_look *look, int32_t meaning)
{
    const struct phrases *titles = &look->lint->briefing.catalogue->titles;
    const struct pairing *p = &look->pairing;
    int found_at = -1;
    for (; meaning >= 0; meaning = titles->meaning[meaning].next) {
        const llmx_id item = meaning_row(titles->meaning[meaning].value);
        if (titles->meaning[meaning].value & 1)
            continue;
        if (look->of_item[item] >= 0)
            found_at = look->of_item[item];
        for (int i = 0; i < p->recs.n; i++)
            if (p->recs.rec[i].item == item && strcmp(p->recs.rec[i].user_token, p->user) == 0)
                return i;
    }
    return found_at;
}

static bool fails(const struct llmx_verdict *verdict, enum llmx_check check)
{
    for (int k = 0; k < verdict->n_failures; k++)
        if (verdict->failure[k].check == check)
            return true;
    return false;
}

/* The text does not speak of its item, but of one that is recommended elsewhere. */
static bool answers_other_item(const struct text_look *look)
{
    const struct llmx_checker *c = look->lint->desk.checker;
    char message[400];
    if (!fails(&look->verdict, LLMX_CHECK_ITEM))
        return false;
    for (int k = 0; k < c->n_mentions; k++) {
        const int at =
            c->mention[k].item < 0 ? rec_of_title(look, foreign_title(c, &c->mention[k])) : -1;
        if (at < 0)
            continue;
        const struct rec *rec = &look->pairing.recs.rec[at];
        snprintf(message, sizeof message, "speaks of \"%.200s\", recommended to user %.60s",
                 lint_title(&look->lint->title, look->lint->data, rec->item), rec->user_token);
        found(look, LLMX_LINT_OTHER_PROMPT, message);
        return true;
    }
    return false;
}

static bool had_title(const struct lint *lint, const struct rec *rec, int32_t meaning)
{
    const struct phrases *titles = &lint->briefing.catalogue->titles;
    int n = rec->n_history;
    const llmx_id *had =
        rec->history ? rec->history : llmx_data_history(lint->data, rec->user, LLMX_ALL, &n);
    for (; meaning >= 0; meaning = titles->meaning[meaning].next)
        for (int i = 0; i < n; i++)
            if (had[i] == meaning_row(titles->meaning[meaning].value))
                return true;
    return false;
}

/* Did whoever this was recommended to have all that the text names and its own reader did not have? */
static bool fits(const struct text_look *look, const struct rec *rec)
{
    const struct llmx_checker *c = look->lint->desk.checker;
    int named = 0;
    for (int k = 0; k < c->n_mentions; k++) {
        const int32_t meaning = c->mention[k].item < 0 ? foreign_title(c, &c->mention[k]) : -1;
        if (c->mention[k].item >= 0)
            continue;
        if (meaning < 0 || !had_title(look->lint, rec, meaning))
            return false;
        named++;
    }
    return named > 0;
}

/* The text speaks of its item, names nothing that its reader took, and all that another took to whom the item is recommended. */
static void answers_other_user(const struct text_look *look)
{
    const struct pairing *p = &look->pairing;
    char message[200];
    if (look->verdict.n_cited > 0 || fails(&look->verdict, LLMX_CHECK_ITEM))
        return;
    for (int i = 0; i < p->recs.n; i++) {
        const struct rec *rec = &p->recs.rec[i];
        if (rec->item != p->rec->item || strcmp(rec->user_token, p->user) == 0 || !fits(look, rec))
            continue;
        snprintf(message, sizeof message, "names what user %.60s took, and nothing of this user's",
                 rec->user_token);
        found(look, LLMX_LINT_OTHER_PROMPT, message);
        return;
    }
}

/* ---- one text twice ---- */

/* Words alone count, whatever their case and marks. */
static int fold_text(struct text_look *look)
{
    const struct passage *words = &look->lint->desk.checker->words;
    text_clear(&look->key);
    for (int i = 0; i < words->n; i++) {
        text_puts(&look->key, word_text(words, i));
        text_put(&look->key, " ", 1);
    }
    return text_check(&look->key, look->lint->err);
}

static int look_for_duplicate(struct text_look *look)
{
    const struct pairing *p = &look->pairing;
    const int rec = (int)(p->rec - p->recs.rec);
    char message[200];
    if (fold_text(look) != 0)
        return -1;
    if (look->key.n == 0)
        return 0;
    const uint32_t before = look->texts.count;
    const int64_t at = names_add(&look->texts, look->key.s, look->key.n, look->lint->err);
    if (at < 0 || mem_grow(&look->first, &look->first_capacity, (size_t)look->texts.count,
                           sizeof *look->first, look->lint->err) != 0)
        return -1;
    if (look->texts.count > before) {
        look->first[at] = (struct first_text){rec, p->in.lines.number};
        return 0;
    }
    const struct rec *other = &p->recs.rec[look->first[at].rec];
    const bool is_same_item = twins_are_one(&look->lint->briefing.twins, other->item, p->rec->item),
               is_same_user = strcmp(other->user_token, p->user) == 0;
    if (is_same_item && !is_same_user && look->verdict.n_cited > 0)
        return 0; /* both took what it names */
    snprintf(message, sizeof message, "the text of line %ld, %s", look->first[at].line,
             !is_same_item   ? "which is of another item"
             : !is_same_user ? "for another user, and it names nothing that they took"
                             : "once more");
    found(look, LLMX_LINT_DUPLICATE, message);
    return 0;
}

/* ---- what was learnt ---- */

static int look_for_leak(struct text_look *look)
{
    const struct pairing *p = &look->pairing;
    const struct learnt *l = &look->lint->learnt;
    const char *prompt = json_string_value(json_object_get(p->line, "prompt"));
    char message[400];
    text_clear(&look->key);
    text_printf(&look->key, "%s\t%s", p->user, p->item);
    if (text_check(&look->key, look->lint->err) != 0)
        return -1;
    const struct lint_source *pair = learnt_find(&l->pairs, l->pair, look->key.s),
                             *user = learnt_find(&l->users, l->user, p->user),
                             *same = prompt ? learnt_find(&l->prompts, l->prompt, prompt) : NULL;
    if (same || pair) {
        const struct lint_source *at = same ? same : pair;
        snprintf(message, sizeof message, "%s was learnt from (%.200s:%ld)",
                 same ? "its prompt" : "an example of this item for this user", at->file, at->line);
        found(look, LLMX_LINT_SAME_PROMPT, message);
    } else if (user) {
        snprintf(message, sizeof message, "an example of this user was learnt from (%.200s:%ld)",
                 user->file, user->line);
        found(look, LLMX_LINT_SAME_USER, message);
    }
    return 0;
}

static void look_for_held_out(struct text_look *look)
{
    const struct pairing *p = &look->pairing;
    const char *prompt = json_string_value(json_object_get(p->line, "prompt"));
    char message[400];
    if (!prompt || !p->rec->is_as_of_train)
        return;
    look->lint->prompts++;
    const llmx_id item = lint_held_out(look->lint, p->rec, p->rec->item, prompt, NULL, 0);
    if (item < 0)
        return;
    snprintf(message, sizeof message, "its prompt names \"%.200s\", which is held out",
             lint_title(&look->lint->title, look->lint->data, item));
    found(look, LLMX_LINT_HELD_OUT, message);
}

/* ---- all together ---- */

static int take_line(struct text_look *look)
{
    if (check_text(look) != 0)
        return -1;
    if (!answers_other_item(look))
        answers_other_user(look);
    look_for_held_out(look);
    return look_for_duplicate(look) != 0 || look_for_leak(look) != 0 ? -1 : 0;
}

static int index_items(struct text_look *look)
{
    const size_t items = (size_t)llmx_data_items(look->lint->data);
    if (!(look->of_item = mem_array(items, sizeof *look->of_item, look->lint->err)))
        return -1;
    memset(look->of_item, -1, items * sizeof *look->of_item);
    for (int i = 0; i < look->pairing.recs.n; i++)
        look->of_item[look->pairing.recs.rec[i].item] = i;
    return 0;
}

static int read_texts(struct text_look *look)
{
    struct lint *lint = look->lint;
    const struct llmx_lint_options *o = lint->options;
    int more, n = 0;
    if (pairing_open(&look->pairing, o->explanations, o->recs, lint->data, &lint->explain,
                     lint->err) != 0 ||
        index_items(look) != 0)
        return -1;
    look->pairing.options = &look->telling; /* the recommendations' own were told before */
    while ((more = pairing_next(&look->pairing, lint->err)) == 1) {
        n += look->pairing.rec != NULL;
        if (look->pairing.rec && take_line(look) != 0)
            return -1;
    }
    if (more < 0)
        return -1;
    lint_look(lint, LLMX_LINT_UNMATCHED, n + look->pairing.n_skipped);
    lint_look(lint, LLMX_LINT_OTHER_PROMPT, n);
    lint_look(lint, LLMX_LINT_DUPLICATE, n);
    if (o->n_examples > 0 || lint->learnt.prompts.count > 0) {
        lint_look(lint, LLMX_LINT_SAME_PROMPT, n);
        lint_look(lint, LLMX_LINT_SAME_USER, n);
    }
    return 0;
}

int lint_texts(struct lint *lint)
{
    struct text_look look = {.lint = lint, .telling = lint->explain};
    look.telling.notice = tell_unmatched;
    look.telling.notice_context = &look;
    const int status = lint->options->explanations ? read_texts(&look) : 0;
    if (lint->prompts > 0)
        lint_look(lint, LLMX_LINT_HELD_OUT, lint->prompts);
    pairing_close(&look.pairing);
    names_release(&look.texts);
    text_release(&look.key);
    free(look.first);
    free(look.of_item);
    free(look.history);
    return status;
}
