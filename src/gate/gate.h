/* gate.h - the check that an explanation holds nothing that was not given.
 *
 *     gate_load(gate, &facts, err);                    once per recommendation
 *     gate_check(gate, text, strlen(text), &verdict, err);   once per text
 *     if (verdict.n_failures == 0) ...                  passed
 *
 * docs/gate.md describes every check with examples. A gate is used by one thread at a time. */
#ifndef GATE_GATE_H
#define GATE_GATE_H

#include "gate/catalogue.h"
#include "llmxrec/explain.h"

#include <stdbool.h>

/* In the order of their names in check_names (gate.c). */
enum check {
    CHECK_TITLE,           /* a title that the prompt does not hold */
    CHECK_ITEM_AS_HISTORY, /* the recommended item spoken of as if the customer knew it */
    CHECK_GENRE,           /* a genre that is not given, or not that item's */
    CHECK_YEAR,
    CHECK_NAME,
    CHECK_CLAIM,    /* fame, awards, makers, origins: nothing of that is ever given */
    CHECK_DISLIKE,  /* says that the customer did not like something */
    CHECK_EVIDENCE, /* none of the evidence is named */
    CHECK_ITEM,     /* does not speak of the recommended item */
    CHECK_PROFILE,  /* age, gender or occupation spoken of without leave, or wrongly */
    CHECK_LENGTH,
    CHECK_ADDRESS, /* does not speak to the customer */
    CHECK_REFUSAL,
    CHECK_ECHO, /* repeats the prompt, or marks of it */
    CHECK_REPETITION,
    CHECK_UNFINISHED, /* ends in the middle of a sentence */
    CHECK_COUNT
};

/* What the prompt holds. */
struct facts {
    llmx_id user;           /* -1: not in the data */
    llmx_id item;           /* recommended */
    const llmx_id *history; /* as shown */
    int n_history;
    const llmx_id *evidence; /* as named, a part of the history or older than what is shown of it */
    int n_evidence;
    const char *prompt; /* all of its text, without chat marks */
    uint64_t columns;   /* of .item that the prompt shows: bit k for column k */
    int words_max;
    bool allow_profile;
};

#define FAILURES_MAX 32
#define CITES_MAX    32

struct verdict {
    struct failure {
        enum check check;
        uint32_t start, end; /* bytes in the text; all of it where nothing smaller is to blame */
    } failure[FAILURES_MAX];
    int n_failures; /* 0: passed. What comes after FAILURES_MAX is left out */
    llmx_id cites
        [CITES_MAX]; /* history items that the text names, in the order of the text, each once */
    int n_cites;
    struct named {
        uint32_t start, end; /* bytes in the text */
        llmx_id item;
    } named[CITES_MAX]; /* every given title in the text, the recommended one's too */
    int n_named;
};

struct gate;

struct gate *gate_create(const struct catalogue *catalogue, struct llmx_error *err);
void gate_destroy(struct gate *gate);

/* Remembers the facts for the checks that follow; they are read, not kept. -1: LLMX_NO_MEMORY */
int gate_load(struct gate *gate, const struct facts *facts, struct llmx_error *err);

/* -1: LLMX_NO_MEMORY. A verdict on the text is no error. */
int gate_check(struct gate *gate, const char *text, size_t n, struct verdict *verdict,
               struct llmx_error *err);

#endif
