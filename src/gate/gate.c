/* gate.c - taking a text apart once and asking every check about it. */
#include "gate/gate.h"

#include "base/memory.h"
#include "gate/gate_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const check_names[CHECK_COUNT] = {
    [CHECK_TITLE] = "title",
    [CHECK_ITEM_AS_HISTORY] = "item_as_history",
    [CHECK_GENRE] = "genre",
    [CHECK_YEAR] = "year",
    [CHECK_NAME] = "name",
    [CHECK_EVIDENCE] = "evidence",
    [CHECK_CLAIM] = "claim",
    [CHECK_DISLIKE] = "dislike",
    [CHECK_ITEM] = "item",
    [CHECK_PROFILE] = "profile",
    [CHECK_LENGTH] = "length",
    [CHECK_ADDRESS] = "address",
    [CHECK_REFUSAL] = "refusal",
    [CHECK_ECHO] = "echo",
    [CHECK_REPETITION] = "repetition",
    [CHECK_UNFINISHED] = "unfinished",
};

const char *llmx_check_name(int check)
{
    return check >= 0 && check < CHECK_COUNT ? check_names[check] : NULL;
}

int hash_set_clear(struct hash_set *set, size_t room, struct llmx_error *err)
{
    set->n = 0;
    set->now++;
    if (set->now != 0 && set->size >= 2 * room)
        return 0;
    size_t size = set->size ? set->size : 1024;
    while (size < 2 * room)
        size *= 2;
    hash_set_release(set);
    set->slot = mem_array(size, sizeof *set->slot, err);
    set->stamp = mem_array(size, sizeof *set->stamp, err);
    if (!set->slot || !set->stamp) {
        hash_set_release(set);
        return -1;
    }
    set->size = size;
    set->now = 1;
    return 0;
}

/* The slot of a hash, or the free one where it would go. */
static size_t slot_find(const struct hash_set *set, uint64_t hash)
{
    size_t i = hash & (set->size - 1);
    while (set->stamp[i] == set->now && set->slot[i] != hash)
        i = (i + 1) & (set->size - 1);
    return i;
}

void hash_set_add(struct hash_set *set, uint64_t hash)
{
    size_t i = slot_find(set, hash);
    set->slot[i] = hash;
    set->stamp[i] = set->now;
}

bool hash_set_has(const struct hash_set *set, uint64_t hash)
{
    return set->size > 0 && set->stamp[slot_find(set, hash)] == set->now;
}

void hash_set_release(struct hash_set *set)
{
    free(set->slot);
    free(set->stamp);
    *set = (struct hash_set){0};
}

struct gate *gate_create(const struct catalogue *catalogue, struct llmx_error *err)
{
    struct gate *gate = mem_array(1, sizeof *gate, err);
    if (!gate)
        return NULL;
    gate->catalogue = catalogue;
    gate->given_genres = mem_array((size_t)catalogue->n_genres, 1, err);
    if (!gate->given_genres) {
        gate_destroy(gate);
        return NULL;
    }
    return gate;
}

void gate_destroy(struct gate *gate)
{
    if (!gate)
        return;
    free(gate->history);
    free(gate->evidence);
    hash_set_release(&gate->given_words);
    hash_set_release(&gate->given_runs);
    words_release(&gate->prompt);
    free(gate->given_genres);
    words_release(&gate->words);
    free(gate->id);
    free(gate->id_bare);
    free(gate->mention_of);
    free(gate->settled);
    free(gate->mention);
    free(gate);
}

static void give_genres(struct gate *gate, llmx_id item)
{
    const struct catalogue *c = gate->catalogue;
    for (size_t i = c->item_genre_start[item]; i < c->item_genre_start[item + 1]; i++)
        if (gate->facts.columns >> c->genre[c->item_genres[i]].column & 1)
            gate->given_genres[c->item_genres[i]] = 1;
}

/* Every word of the prompt and every ECHO_WORDS words in a row. */
static int give_words(struct gate *gate, struct llmx_error *err)
{
    struct words *p = &gate->prompt;
    if (words_split(p, gate->facts.prompt, strlen(gate->facts.prompt), err) != 0 ||
        hash_set_clear(&gate->given_words, 2 * (size_t)p->n, err) != 0 ||
        hash_set_clear(&gate->given_runs, (size_t)p->n, err) != 0)
        return -1;
    for (int i = 0; i < p->n; i++) {
        hash_set_add(&gate->given_words, hash_bytes(word_text(p, i), p->word[i].n));
        hash_set_add(&gate->given_words, hash_bytes(word_text(p, i), p->word[i].n_bare));
        if (i >= ECHO_WORDS - 1) {
            uint32_t start = p->word[i - ECHO_WORDS + 1].folded;
            hash_set_add(&gate->given_runs,
                         hash_bytes(p->folded.s + start, p->word[i].folded + p->word[i].n - start));
        }
    }
    return 0;
}

static int keep(llmx_id **copy, size_t *capacity, const llmx_id *items, int n,
                struct llmx_error *err)
{
    if (mem_grow(copy, capacity, (size_t)n + 1, sizeof **copy, err) != 0)
        return -1;
    if (n > 0)
        memcpy(*copy, items, (size_t)n * sizeof **copy);
    return 0;
}

int gate_load(struct gate *gate, const struct facts *facts, struct llmx_error *err)
{
    const struct catalogue *c = gate->catalogue;
    gate->facts = *facts;
    if (keep(&gate->history, &gate->history_capacity, facts->history, facts->n_history, err) != 0 ||
        keep(&gate->evidence, &gate->evidence_capacity, facts->evidence, facts->n_evidence, err) !=
            0 ||
        give_words(gate, err) != 0)
        return -1;
    gate->facts.history = gate->history;
    gate->facts.evidence = gate->evidence;
    gate->facts.prompt = NULL;
    memset(gate->given_genres, 0, (size_t)c->n_genres);
    give_genres(gate, facts->item);
    for (int i = 0; i < facts->n_history; i++)
        give_genres(gate, facts->history[i]);
    for (int i = 0; i < facts->n_evidence; i++)
        give_genres(gate, facts->evidence[i]);
    gate->age[0] = 0;
    if (facts->user >= 0 && c->age_column >= 0)
        snprintf(gate->age, sizeof gate->age, "%s",
                 llmx_data_feature(c->data, LLMX_USERS, facts->user, c->age_column));
    return 0;
}

static bool among(llmx_id item, const llmx_id *items, int n)
{
    for (int i = 0; i < n; i++)
        if (items[i] == item)
            return true;
    return false;
}

bool gate_is_history_item(const struct gate *gate, llmx_id item)
{
    return item != gate->facts.item && (among(item, gate->history, gate->facts.n_history) ||
                                        among(item, gate->evidence, gate->facts.n_evidence));
}

bool gate_is_given_item(const struct gate *gate, llmx_id item)
{
    return item == gate->facts.item || gate_is_history_item(gate, item);
}

bool gate_is_given_word(const struct gate *gate, int word)
{
    const struct word *w = &gate->words.word[word];
    const char *s = word_text(&gate->words, word);
    return hash_set_has(&gate->given_words, hash_bytes(s, w->n)) ||
           hash_set_has(&gate->given_words, hash_bytes(s, w->n_bare));
}

unsigned gate_traits(const struct gate *gate, int word)
{
    return catalogue_traits(gate->catalogue, gate->id[word]) |
           catalogue_traits(gate->catalogue, gate->id_bare[word]);
}

bool gate_is_capital(const struct gate *gate, int word)
{
    return word >= 0 && word < gate->words.n && word_has(&gate->words, word, WORD_CAPITAL);
}

int gate_phrase_at(const struct gate *gate, int i, const char *phrase)
{
    int n = 0;
    for (const char *s = phrase; *s; n++) {
        size_t length = strcspn(s, " ");
        if (i + n >= gate->words.n || gate->words.word[i + n].n != length ||
            memcmp(word_text(&gate->words, i + n), s, length) != 0)
            return 0;
        s += length + (s[length] == ' ');
    }
    return n;
}

void gate_fail(struct gate *gate, enum check check, int first, int n)
{
    struct verdict *v = gate->verdict;
    uint32_t start = n > 0 ? gate->words.word[first].start : 0;
    uint32_t end = n > 0 ? gate->words.word[first + n - 1].end : (uint32_t)gate->n;
    for (int i = 0; i < v->n_failures; i++)
        if (v->failure[i].check == check && v->failure[i].start == start &&
            v->failure[i].end == end)
            return;
    if (v->n_failures < FAILURES_MAX)
        v->failure[v->n_failures++] = (struct failure){check, start, end};
}

static int take_apart(struct gate *gate, struct llmx_error *err)
{
    struct words *w = &gate->words;
    if (words_split(w, gate->text, gate->n, err) != 0)
        return -1;
    size_t room = (size_t)w->n + 1;
    if (mem_grow(&gate->id, &gate->id_capacity, room, sizeof *gate->id, err) != 0 ||
        mem_grow(&gate->id_bare, &gate->bare_capacity, room, sizeof *gate->id_bare, err) != 0 ||
        mem_grow(&gate->mention_of, &gate->mention_of_capacity, room, sizeof *gate->mention_of,
                 err) != 0 ||
        mem_grow(&gate->settled, &gate->settled_capacity, room, sizeof *gate->settled, err) != 0)
        return -1;
    for (int i = 0; i < w->n; i++) {
        const struct word *word = &w->word[i];
        gate->id[i] = catalogue_word(gate->catalogue, word_text(w, i), word->n);
        gate->id_bare[i] = word->n_bare == word->n
                               ? gate->id[i]
                               : catalogue_word(gate->catalogue, word_text(w, i), word->n_bare);
        gate->mention_of[i] = -1;
        gate->settled[i] = false;
    }
    return 0;
}

int gate_check(struct gate *gate, const char *text, size_t n, struct verdict *verdict,
               struct llmx_error *err)
{
    *verdict = (struct verdict){0};
    gate->text = text;
    gate->n = n;
    gate->verdict = verdict;
    if (take_apart(gate, err) != 0 || gate_find_mentions(gate, err) != 0)
        return -1;
    gate_check_quotations(gate);
    gate_check_item_as_history(gate);
    gate_check_genres(gate);
    gate_check_years(gate);
    gate_check_profile(gate);
    gate_check_names(gate);
    gate_check_claims(gate);
    gate_check_dislike(gate);
    gate_check_evidence(gate);
    gate_check_item(gate);
    gate_check_length(gate);
    gate_check_address(gate);
    gate_check_refusal(gate);
    gate_check_echo(gate);
    gate_check_repetition(gate);
    gate_check_unfinished(gate);
    return 0;
}
