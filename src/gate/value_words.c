#include "gate/value_words.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static const char *word_of(const struct value_words *v, int32_t id)
{
    return names_get(&v->catalogue->dictionary.words, (uint32_t)id, NULL);
}

static size_t alike(const char *a, const char *b)
{
    size_t n = 0;
    while (a[n] && a[n] == b[n])
        n++;
    return n;
}

static size_t most_alike(const struct passage *words, const char *word)
{
    size_t most = 0;
    for (int i = 0; i < words->n; i++) {
        const size_t n = alike(word, word_text(words, i));
        most = n > most ? n : most;
    }
    return most;
}

static size_t most_alike_plain(const struct value_words *v, const struct passage *columns,
                               const char *word)
{
    const struct dictionary *d = &v->catalogue->dictionary;
    size_t most = most_alike(columns, word);
    for (uint32_t id = 0; id < d->words.count; id++) {
        const size_t n =
            d->traits[id] & TRAIT_PLAIN ? alike(word, names_get(&d->words, id, NULL)) : 0;
        most = n > most ? n : most;
    }
    for (const struct list_entry *e = list_entries(LIST_NUMBERS); e->phrase; e++) {
        const size_t n = alike(word, e->phrase); /* the dictionary has them in digits */
        most = n > most ? n : most;
    }
    return most;
}

/* The names of the columns of .item, which may be said (check_word.c). */
static int split_columns(const struct llmx_data *data, struct passage *columns,
                         struct llmx_error *err)
{
    struct text names = {0};
    for (int k = 0; k < llmx_data_columns(data, LLMX_ITEMS); k++)
        text_printf(&names, "%s ", llmx_data_column_name(data, LLMX_ITEMS, k));
    int status = text_check(&names, err);
    if (status == 0 && names.n > 0)
        status = passage_split(columns, names.s, names.n, err);
    text_release(&names);
    return status;
}

/* Words of values that begin with a letter and stand on no list. */
static int find_words(struct value_words *v, const struct passage *columns, struct llmx_error *err)
{
    const struct dictionary *d = &v->catalogue->dictionary;
    if (!(v->word = mem_array((size_t)d->words.count + 1, sizeof *v->word, err)))
        return -1;
    for (uint32_t id = 0; id < d->words.count; id++) {
        const char *word = names_get(&d->words, id, NULL);
        if ((d->traits[id] & TRAIT_GENRE) && !(d->traits[id] & TRAIT_PLAIN) && *word >= 'a' &&
            *word <= 'z')
            v->word[v->n++] = (struct value_word){(int32_t)id, most_alike_plain(v, columns, word)};
    }
    return 0;
}

/* A node of the catalogue's phrases: the word that leads to it, and from where. */
struct edge {
    int32_t from, word;
};

static struct edge edge_to(const struct phrases *p, int32_t node)
{
    struct edge edge;
    memcpy(&edge, names_get(&p->edges, (uint32_t)node - 1, NULL), sizeof edge);
    return edge;
}

static int find_forms(struct value_words *v, struct llmx_error *err)
{
    const struct phrases *p = &v->catalogue->genres;
    for (int32_t node = 1; node <= (int32_t)p->edges.count; node++)
        for (int32_t m = phrases_first(p, node); m >= 0; m = p->meaning[m].next)
            for (int32_t at = node; at > 0; at = edge_to(p, at).from) {
                if (mem_grow(&v->form, &v->form_capacity, v->n_forms + 1, sizeof *v->form, err) !=
                    0)
                    return -1;
                v->form[v->n_forms++] =
                    (struct value_form){edge_to(p, at).word, meaning_row(p->meaning[m].value)};
            }
    return 0;
}

int value_words_init(struct value_words *v, const struct catalogue *catalogue,
                     struct llmx_error *err)
{
    struct passage columns = {0};
    *v = (struct value_words){.catalogue = catalogue};
    const int status = split_columns(catalogue->data, &columns, err) != 0 ||
                               find_words(v, &columns, err) != 0 || find_forms(v, err) != 0
                           ? -1
                           : 0;
    passage_release(&columns);
    if (status != 0)
        value_words_release(v);
    return status;
}

void value_words_release(struct value_words *v)
{
    free(v->word);
    free(v->form);
    *v = (struct value_words){0};
}

/* ---- of one prompt ---- */

static bool item_has(const struct catalogue *c, llmx_id item, int32_t genre)
{
    for (size_t i = c->item_genre_start[item]; i < c->item_genre_start[item + 1]; i++)
        if (c->item_genres[i] == genre)
            return true;
    return false;
}

static bool is_given(const struct catalogue *c, const struct llmx_given *given, int32_t genre)
{
    bool found = item_has(c, given->item, genre);
    for (int i = 0; i < given->n_evidence && !found; i++)
        found = item_has(c, given->evidence[i], genre);
    for (int i = 0; i < given->n_history && !found; i++)
        found = item_has(c, given->history[i], genre);
    return found && (given->columns >> c->genre[genre].column & 1);
}

/* How many of its first bytes begin a word of the prompt or of a value that is given. */
static size_t most_alike_given(const struct value_words *v, const struct passage *prompt,
                               const bool *is_form_given, const char *word)
{
    size_t most = most_alike(prompt, word);
    for (size_t i = 0; i < v->n_forms; i++) {
        const size_t n = is_form_given[i] ? alike(word, word_of(v, v->form[i].id)) : 0;
        most = n > most ? n : most;
    }
    return most;
}

int value_words_barred(const struct value_words *v, const struct llmx_given *given,
                       int (*tell)(void *context, const char *beginning, size_t n,
                                   struct llmx_error *err),
                       void *context, struct llmx_error *err)
{
    struct passage prompt = {0};
    if (given->allow_profile)
        return 0;
    bool *is_form_given = mem_array(v->n_forms + 1, sizeof *is_form_given, err);
    int status = is_form_given && given->prompt
                     ? passage_split(&prompt, given->prompt, strlen(given->prompt), err)
                 : is_form_given ? 0
                                 : -1;
    for (size_t i = 0; status == 0 && i < v->n_forms; i++)
        is_form_given[i] = is_given(v->catalogue, given, v->form[i].genre);
    for (int k = 0; status == 0 && k < v->n; k++) {
        const char *word = word_of(v, v->word[k].id);
        const size_t given_n = most_alike_given(v, &prompt, is_form_given, word),
                     most = given_n > v->word[k].plain ? given_n : v->word[k].plain;
        if (word[most] != '\0')
            status = tell(context, word, most + 1, err);
    }
    passage_release(&prompt);
    free(is_form_given);
    return status;
}
