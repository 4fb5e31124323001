#include "evaluate/statements.h"

#include "base/memory.h"
#include "gate/lists.h"

#include <stdlib.h>
#include <string.h>

#define ITEM (-1) /* in place of the number of a title: the recommended item's */

struct cutter {
    struct statements *s;
    const char *text;
    size_t n;
    struct llmx_error *err;
};

void statements_release(struct statements *s)
{
    free(s->list);
    free(s->name);
    passage_release(&s->words);
    *s = (struct statements){0};
}

static int find_names(struct statements *s, const struct llmx_verdict *named, llmx_id item,
                      struct llmx_error *err)
{
    const struct passage *p = &s->words;
    if (mem_grow(&s->name, &s->name_capacity, (size_t)p->n + 1, sizeof *s->name, err) != 0)
        return -1;
    for (int i = 0; i < p->n; i++)
        s->name[i] = p->word[i].quote + 1;
    for (int m = 0; m < named->n_named; m++)
        for (int i = 0; i < p->n; i++)
            if (p->word[i].start >= named->named[m].start && p->word[i].end <= named->named[m].end)
                s->name[i] = named->named[m].item == item ? ITEM : p->n_quotations + 1 + m;
    return 0;
}

/* ---- where to cut ---- */

static bool is_verb(const struct statements *s, int i)
{
    const struct passage *p = &s->words;
    if (i < 0 || i >= p->n || s->name[i] != 0)
        return false;
    const struct word *w = &p->word[i];
    if (w->n_bare < w->n && word_in(p, i, "its thats this heres theres whats hes shes"))
        return true; /* "it's" */
    return list_find(LIST_CLAUSE_VERBS, word_text(p, i), w->n) != NULL;
}

static bool has_verb(const struct statements *s, int from, int to)
{
    for (int i = from; i < to; i++)
        if (is_verb(s, i))
            return true;
    return false;
}

static bool begins_sentence(const struct statements *s, int i)
{
    if (!word_has(&s->words, i, WORD_BREAK))
        return false;
    if (s->name[i - 1] == 0)
        return true;
    /* the mark may be the title's own: "What's Up, Doc?" and ... */
    return s->name[i - 1] != s->name[i] &&
           (s->name[i] != 0 || word_has(&s->words, i, WORD_CAPITAL));
}

static bool follows_semicolon(const struct cutter *c, int i)
{
    const struct word *w = &c->s->words.word[i - 1];
    return c->s->name[i - 1] == 0 || c->s->name[i - 1] != c->s->name[i]
               ? memchr(c->text + w->end, ';', w[1].start - w->end) != NULL
               : false;
}

static bool is_and(const struct statements *s, int i)
{
    return s->name[i] == 0 && word_is(&s->words, i, "and");
}

/* May the text be cut at word i, by what it is and stands between? */
static bool is_joint(const struct cutter *c, int i)
{
    const struct statements *s = c->s;
    if (follows_semicolon(c, i))
        return true;
    if (!is_and(s, i) || i + 1 >= s->words.n || (is_verb(s, i - 1) && is_verb(s, i + 1)))
        return false;
    int before = i - 1;
    while (before > 0 && s->name[before] == 0 && word_has(&s->words, before, WORD_NUMBER))
        before--; /* "Heat" (1995) and "Casino" */
    return s->name[before] == 0 || s->name[i + 1] == 0 || s->name[i + 1] == ITEM;
}

/* The end of the clause that begins at word i: after "and" a comma ends it, so that of "is crime and drama, so the drama
 * goes on" nothing is cut off. */
static int clause_end(const struct statements *s, int i, int to)
{
    int end = i + 1;
    if (!is_and(s, i))
        return to;
    end += end < to; /* "and, ..." */
    while (end < to && (s->name[end] != 0 || !word_has(&s->words, end, WORD_APART)))
        end++;
    return end;
}

/* ---- cutting ---- */

/* Where word i begins, with the marks that open it. */
static size_t beginning(const struct cutter *c, int i)
{
    const struct word *w = c->s->words.word;
    const size_t least = i > 0 ? w[i - 1].end : 0;
    size_t start = w[i].start;
    while (start > least && !strchr(" \t\r\n,;.!?:)", c->text[start - 1]))
        start--;
    return start;
}

static int add(const struct cutter *c, int from, int to, bool is_joined)
{
    struct statements *s = c->s;
    from += from + 1 < to && is_and(s, from);
    size_t start = beginning(c, from), end = to < s->words.n ? beginning(c, to) : c->n;
    while (end > start && strchr(is_joined ? " \t\r\n,;" : " \t\r\n", c->text[end - 1]))
        end--;
    if (mem_grow(&s->list, &s->capacity, (size_t)s->n + 1, sizeof *s->list, c->err) != 0)
        return -1;
    s->list[s->n++] = (struct statement){(uint32_t)start, (uint32_t)end};
    return 0;
}

static int cut_sentence(const struct cutter *c, int from, int to)
{
    for (int i = from + 1; i < to; i++) {
        if (!is_joint(c, i))
            continue;
        int next = i + 1;
        while (next < to && !is_joint(c, next))
            next++;
        if (!has_verb(c->s, from, i) || !has_verb(c->s, i, clause_end(c->s, i, next)))
            continue;
        if (add(c, from, i, true) != 0)
            return -1;
        from = i;
    }
    return add(c, from, to, false);
}

int statements_cut(struct statements *s, const char *text, size_t n,
                   const struct llmx_verdict *named, llmx_id item, struct llmx_error *err)
{
    const struct cutter c = {s, text, n, err};
    s->n = 0;
    if (passage_split(&s->words, text, n, err) != 0 || find_names(s, named, item, err) != 0)
        return -1;
    for (int from = 0, to; from < s->words.n; from = to) {
        to = from + 1;
        while (to < s->words.n && !begins_sentence(s, to))
            to++;
        if (cut_sentence(&c, from, to) != 0)
            return -1;
    }
    return 0;
}
