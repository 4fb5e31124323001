/* statements.h - a text cut into statements: its sentences, and the clauses in them that "and" or ";" joins where each
 * has a verb (data/words/clause-verbs.txt). */
#ifndef EVALUATE_STATEMENTS_H
#define EVALUATE_STATEMENTS_H

#include "gate/words.h"
#include "llmxrec/gate.h"

struct statement {
    uint32_t start, end; /* bytes of the text, without blanks and the "and" around */
};

struct statements {
    struct statement *list; /* (n) */
    int n;
    size_t capacity;
    struct passage words;
    int *name; /* (words) which title or quotation a word stands in, from 1; 0: none */
    size_t name_capacity;
};

/* Cuts n bytes of text; replaces what was there. named: titles in it, by the gate, inside which nothing is cut. item: the
 * recommended one. Two titles with "and" between are taken for one list, unless the second is this item. -1:
 * LLMX_NO_MEMORY */
int statements_cut(struct statements *statements, const char *text, size_t n,
                   const struct llmx_verdict *named, llmx_id item, struct llmx_error *err);
void statements_release(struct statements *statements);

#endif
