/* given.c - the words of a prompt and the genres of its items. */
#include "gate/given.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

#define QUOTED (-2) /* in place of the number of a word's quotation */

int given_init(struct given *given, const struct catalogue *catalogue, struct llmx_error *err)
{
    *given = (struct given){0};
    given->genres = mem_array((size_t)catalogue->n_genres, 1, err);
    return given->genres ? 0 : -1;
}

void given_release(struct given *given)
{
    hash_set_release(&given->words);
    hash_set_release(&given->runs);
    hash_set_release(&given->spoken);
    free(given->genres);
    passage_release(&given->scratch);
}

static int check_items(const struct catalogue *c, const llmx_id *items, int n,
                       struct llmx_error *err)
{
    for (int i = 0; i < n; i++)
        if (items[i] < 0 || items[i] >= llmx_data_items(c->data))
            return err_set(err, LLMX_BAD_OPTION, "given item %d is no row of the data: 0 to %d",
                           (int)items[i], (int)llmx_data_items(c->data) - 1);
    return 0;
}

static int check_rows(const struct catalogue *c, const struct llmx_given *told,
                      struct llmx_error *err)
{
    if (told->user >= llmx_data_users(c->data))
        return err_set(err, LLMX_BAD_OPTION, "given user %d is no row of the data: 0 to %d",
                       (int)told->user, (int)llmx_data_users(c->data) - 1);
    return check_items(c, &told->item, 1, err) != 0 ||
                   check_items(c, told->history, told->n_history, err) != 0 ||
                   check_items(c, told->evidence, told->n_evidence, err) != 0
               ? -1
               : 0;
}

/* Marks the words in double quotes: what a title holds is said of nothing else. */
static void mark_quoted(struct passage *p, const char *prompt)
{
    for (int k = 0; k < p->n_quotations; k++) {
        const struct quotation *q = &p->quotation[k];
        for (int i = q->first; prompt[q->start] == '"' && i < q->first + q->n; i++)
            p->word[i].quote = QUOTED;
    }
}

static int load_words(struct given *given, const char *prompt, struct llmx_error *err)
{
    struct passage *p = &given->scratch;
    if (passage_split(p, prompt, strlen(prompt), err) != 0 ||
        hash_set_clear(&given->words, 2 * (size_t)p->n, err) != 0 ||
        hash_set_clear(&given->runs, (size_t)p->n, err) != 0)
        return -1;
    mark_quoted(p, prompt);
    for (int i = 0; i < p->n; i++) {
        if (p->word[i].quote != QUOTED) {
            hash_set_add(&given->words, hash_bytes(word_text(p, i), p->word[i].n));
            hash_set_add(&given->words, hash_bytes(word_text(p, i), p->word[i].n_bare));
        }
        if (i >= ECHO_WORDS - 1) {
            uint32_t start = p->word[i - ECHO_WORDS + 1].folded;
            hash_set_add(&given->runs,
                         hash_bytes(p->folded.s + start, p->word[i].folded + p->word[i].n - start));
        }
    }
    return 0;
}

/* Adds every ECHO_WORDS words in a row of a text. */
static int load_spoken(struct given *given, const char *sentences, struct llmx_error *err)
{
    struct passage *p = &given->scratch;
    if (passage_split(p, sentences, strlen(sentences), err) != 0 ||
        hash_set_clear(&given->spoken, (size_t)p->n, err) != 0)
        return -1;
    for (int i = ECHO_WORDS - 1; i < p->n; i++) {
        const uint32_t start = p->word[i - ECHO_WORDS + 1].folded;
        hash_set_add(&given->spoken,
                     hash_bytes(p->folded.s + start, p->word[i].folded + p->word[i].n - start));
    }
    return 0;
}

static void load_genres(struct given *given, const struct catalogue *c, const llmx_id *items, int n)
{
    for (int k = 0; k < n; k++)
        for (size_t i = c->item_genre_start[items[k]]; i < c->item_genre_start[items[k] + 1]; i++)
            if (given->told.columns >> c->genre[c->item_genres[i]].column & 1)
                given->genres[c->item_genres[i]] = 1;
}

int given_load(struct given *given, const struct catalogue *c, const struct llmx_given *told,
               struct llmx_error *err)
{
    given->told = *told;
    if (check_rows(c, told, err) != 0 ||
        load_words(given, told->prompt ? told->prompt : "", err) != 0 ||
        load_spoken(given, told->sentences ? told->sentences : "", err) != 0)
        return -1;
    memset(given->genres, 0, (size_t)c->n_genres);
    load_genres(given, c, &told->item, 1);
    load_genres(given, c, told->history, told->n_history);
    load_genres(given, c, told->evidence, told->n_evidence);
    return 0;
}

static bool among(llmx_id item, const llmx_id *items, int n)
{
    for (int i = 0; i < n; i++)
        if (items[i] == item)
            return true;
    return false;
}

bool given_has_word(const struct given *given, const char *word)
{
    return hash_set_has(&given->words, hash_bytes(word, strlen(word)));
}

bool given_has_known(const struct given *given, llmx_id item)
{
    const struct llmx_given *told = &given->told;
    return item != told->item && (among(item, told->history, told->n_history) ||
                                  among(item, told->evidence, told->n_evidence));
}

bool given_has_item(const struct given *given, llmx_id item)
{
    return item == given->told.item || given_has_known(given, item);
}

const char *given_profile(const struct llmx_given *told, const struct llmx_data *data, int column)
{
    for (int i = 0; told->user >= 0 && i < told->n_retold; i++)
        if (told->retold[i].column == column)
            return told->retold[i].value;
    return told->user >= 0 ? llmx_data_feature(data, LLMX_USERS, told->user, column) : "";
}
