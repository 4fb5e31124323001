/* domain.c - finding the domain of a catalogue. */
#include "explain/domain.h"

#include "base/plain.h"
#include "base/text.h"
#include "data/dataset.h"
#include "gate/lists.h"

#include <string.h>

static void read_row(struct domain *domain, const struct list_entry *row)
{
    char *const words[] = {domain->taken, domain->one, domain->many, domain->category,
                           domain->categories};
    const char *s = row->value;
    snprintf(domain->name, sizeof domain->name, "%s", row->phrase);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const size_t n = strcspn(s, " :");
        snprintf(words[i], DOMAIN_WORD_BYTES, "%.*s", (int)n, s);
        s += n;
        s += strspn(s, " ");
    }
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* The next word of "movieId" or "Book-Title": its bytes at the result, NULL after the last. */
static const char *next_word(const char **s, size_t *n)
{
    while (**s && !is_letter(**s))
        ++*s;
    const char *word = *s;
    while (is_letter(**s) && (*s == word || !is_capital(**s) || is_capital((*s)[-1])))
        ++*s;
    *n = (size_t)(*s - word);
    return *n > 0 ? word : NULL;
}

static bool is_marked(const struct list_entry *row, const char *word, size_t n)
{
    const char *mark = strchr(row->value, ':') + 1;
    for (mark += strspn(mark, " "); *mark; mark += strspn(mark, " ")) {
        const size_t length = strcspn(mark, " ");
        if (length == n && plain_strncasecmp(mark, word, n) == 0)
            return true;
        mark += length;
    }
    return false;
}

/* Adds to `found` a bit for each domain that a name has a mark of. */
static void look_at(const char *name, unsigned *found)
{
    const struct list_entry *rows = list_entries(LIST_DOMAINS);
    const char *word;
    size_t n;
    while (name && (word = next_word(&name, &n)) != NULL)
        for (unsigned k = 0; rows[k].phrase; k++)
            *found |= (unsigned)is_marked(&rows[k], word, n) << k;
}

/* What the clearest name says, or else all columns together; one that says two things says nothing. */
static const struct list_entry *guess(const struct llmx_data *data)
{
    const struct list_entry *rows = list_entries(LIST_DOMAINS), *last = rows;
    const struct features *items = &data->features[LLMX_ITEMS];
    const int title = llmx_data_title_column(data);
    const char *slash = items->path ? strrchr(items->path, '/') : NULL;
    const char *const clear[] = {title < 0 ? NULL : items->names[title], items->key,
                                 slash ? slash + 1 : items->path};
    unsigned found = 0;
    while (last[1].phrase)
        last++;
    for (int i = 0; i < 3 && found == 0; i++)
        look_at(clear[i], &found);
    for (int k = 0, none = found == 0; none && k < items->n_columns; k++)
        look_at(items->names[k], &found);
    for (const struct list_entry *row = rows; row != last; row++)
        if (found == 1u << (row - rows))
            return row;
    return last;
}

int domain_find(struct domain *domain, const char *name, const struct llmx_data *data,
                struct llmx_error *err)
{
    const struct list_entry *row = name ? list_find(LIST_DOMAINS, name, strlen(name)) : guess(data);
    struct text names = {0};
    if (row) {
        read_row(domain, row);
        return 0;
    }
    for (row = list_entries(LIST_DOMAINS); row->phrase; row++)
        text_printf(&names, "%s%s", names.n ? ", " : "", row->phrase);
    if (text_check(&names, err) == 0)
        err_set(err, LLMX_BAD_OPTION, "there is no domain '%s'; choose one of: %s", name, names.s);
    text_release(&names);
    return -1;
}
