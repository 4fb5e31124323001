#include "explain/grounding.h"

#include <string.h>

static int add(struct llmx_constraint *constraint, const struct catalogue *catalogue,
               const llmx_id *items, int n, struct llmx_error *err)
{
    for (int i = 0; i < n; i++) {
        size_t length = strlen(catalogue->title[items[i]]);
        if (length > 0 && constraint_add(constraint, catalogue->title[items[i]], length, err) != 0)
            return -1;
    }
    return 0;
}

/* Every number that the prompt holds, also within titles, which may stand without marks. */
static int add_numbers(struct llmx_constraint *constraint, const char *prompt,
                       struct llmx_error *err)
{
    static const char digits[] = "0123456789";
    constraint_hold_numbers(constraint);
    for (const char *s = strpbrk(prompt, digits); s; s = strpbrk(s, digits)) {
        const size_t n = strspn(s, digits);
        if (constraint_add_number(constraint, s, n, err) != 0)
            return -1;
        s += n;
    }
    return 0;
}

static int bar(void *constraint, const char *beginning, size_t n, struct llmx_error *err)
{
    return constraint_bar(constraint, beginning, n, err);
}

int grounding_create(struct llmx_constraint **constraint, const struct token_index *index,
                     const struct value_words *words, const struct catalogue *catalogue,
                     const struct llmx_given *given, const struct text *begun,
                     struct llmx_error *err)
{
    struct llmx_constraint *c;
    if (constraint_create(&c, index, err) != 0)
        return -1;
    if (add(c, catalogue, given->history, given->n_history, err) != 0 ||
        add(c, catalogue, given->evidence, given->n_evidence, err) != 0 ||
        add(c, catalogue, &given->item, 1, err) != 0 || add_numbers(c, given->prompt, err) != 0 ||
        value_words_barred(words, given, bar, c, err) != 0 || constraint_hold_words(c, err) != 0) {
        constraint_destroy(c);
        return -1;
    }
    if (begun->n > 0)
        constraint_begin(c, begun->s, begun->n);
    *constraint = c;
    return 0;
}
