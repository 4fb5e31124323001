/* gate.h - does a text hold only what was given? What it claims of titles, genres, years, names and of the customer
 * is held against what the writer was told.
 *
 *     struct llmx_gate *gate;
 *     struct llmx_checker *checker;
 *     struct llmx_verdict verdict;
 *     if (llmx_gate_open(&gate, data, &err) == 0 && llmx_checker_create(&checker, gate, &err) == 0 &&
 *         llmx_gate_check(checker, &given, text, strlen(text), &verdict, &err) == 0)
 *         puts(verdict.n_failures == 0 ? "passed" : llmx_check_name(verdict.failure[0].check));
 *     llmx_checker_destroy(checker);
 *     llmx_gate_destroy(gate);
 *
 * A gate is read-only once opened: any number of threads may share it, each with a checker of its own.
 * docs/gate.md describes every check with examples. */
#ifndef LLMXREC_GATE_H
#define LLMXREC_GATE_H

#include "llmxrec/facts.h"

#ifdef __cplusplus
extern "C" {
#endif

enum llmx_check {
    LLMX_CHECK_TITLE,           /* a title that the prompt does not hold */
    LLMX_CHECK_ITEM_AS_HISTORY, /* the recommended item spoken of as if the customer knew it */
    LLMX_CHECK_GENRE,           /* a genre that is not given, or not that item's */
    LLMX_CHECK_YEAR,            /* likewise */
    LLMX_CHECK_NAME,            /* a capitalised name that is not given */
    LLMX_CHECK_CLAIM,           /* fame, awards, makers, origins: nothing of that is ever given */
    LLMX_CHECK_DISLIKE,         /* says that the customer did not like something */
    LLMX_CHECK_EVIDENCE,        /* none of the evidence is named */
    LLMX_CHECK_ITEM,            /* does not speak of the recommended item */
    LLMX_CHECK_PROFILE,         /* age, gender or occupation spoken of without leave, or wrongly */
    LLMX_CHECK_LENGTH,          /* more words than words_max */
    LLMX_CHECK_ADDRESS,         /* does not speak to the customer */
    LLMX_CHECK_REFUSAL,         /* an assistant's excuse */
    LLMX_CHECK_ECHO,            /* repeats the prompt, or marks of it */
    LLMX_CHECK_REPETITION,      /* repeats itself */
    LLMX_CHECK_UNFINISHED,      /* ends in the middle of a sentence */
    LLMX_CHECK_NUMBER,          /* a number that no fact holds, or said of something else */
    LLMX_CHECK_PEOPLE,          /* says of other people what no fact says */
    LLMX_CHECK_RELATION,        /* too, both, like, shares ...: not true of what it joins */
    LLMX_CHECK_PREAMBLE,        /* an assistant's words around the text */
    LLMX_CHECK_MARKUP,          /* links, HTML, list marks, names of roles */
    LLMX_CHECK_WORD,            /* a word that nothing licenses (is_strict) */
    LLMX_CHECK_FACT, /* tells only titles and categories, where facts say more (wants_fact) */
    LLMX_CHECK_COUNT
};
#define LLMX_CHECKS_MAX 24 /* room for those to come, where results are counted by check */

/* "title", "item_as_history", ...; NULL past the last. */
LLMX_API const char *llmx_check_name(int check);

/* What is told of everybody in a column of .user, whatever it says of them. */
struct llmx_retold {
    int column;
    const char *value; /* "": nothing is told */
};

/* What the writer of a text was told of one recommendation. Start from all zero. */
struct llmx_given {
    llmx_id user;                     /* whose profile counts; -1: not in the data */
    const struct llmx_retold *retold; /* in place of what it says; of one column the first counts */
    int n_retold;
    llmx_id item;           /* recommended */
    const llmx_id *history; /* as shown in the prompt */
    int n_history;
    const llmx_id
        *evidence; /* as named there: a part of the history, or older than what is shown of it */
    int n_evidence;
    const char *prompt; /* all of its text, without chat marks: names and years in it may be said */
    uint64_t columns;   /* of .item that the prompt shows: bit k for column k */
    int words_max;
    int allow_profile; /* the text may say who the customer is, where the profile says so too */
    const struct llmx_fact
        *facts; /* what is true of it: what may be said of people, numbers, relations */
    int n_facts;
    const char
        *sentences; /* that the prompt has of facts: they may be said as they stand; NULL: none */
    int is_strict; /* every word must be licensed by facts, titles, features or the lexicon (docs/gate.md) */
    int wants_fact; /* more than titles and categories must be told, where a chosen fact says more */
};

#define LLMX_FAILURES_MAX 32 /* what comes after is left out */
#define LLMX_MENTIONS_MAX 32

/* What was found in a text. Places are bytes, start up to and without end. */
struct llmx_verdict {
    struct llmx_failure {
        enum llmx_check check;
        uint32_t start, end; /* all of the text where nothing smaller is to blame */
    } failure[LLMX_FAILURES_MAX];
    int n_failures; /* 0: passed */
    struct llmx_mention {
        llmx_id item;
        uint32_t start, end;
    } named[LLMX_MENTIONS_MAX]; /* every given title, the recommended one's too, in order */
    int n_named;
    /* history and evidence, each item where it is named first */
    struct llmx_mention cited[LLMX_MENTIONS_MAX];
    int n_cited;
};

/* What is known of a whole data set: titles, vocabularies, profiles, English words. */
struct llmx_gate;
/* What one thread needs to check texts with it. */
struct llmx_checker;

/* Reads all titles and values of `data`, which must outlive the gate.
 * returns   0, or -1: LLMX_NO_MEMORY
 * Cost: one pass over the items and users; the rest of this page costs microseconds. */
LLMX_API int llmx_gate_open(struct llmx_gate **gate, const struct llmx_data *data,
                            struct llmx_error *err);
LLMX_API void llmx_gate_destroy(struct llmx_gate *gate);

/* An item's title as a person writes it, "The Apartment" for "Apartment, The"; the token of one that has none. Belongs to
 * the gate. */
LLMX_API const char *llmx_gate_title(const struct llmx_gate *gate, llmx_id item);

/* A checker for one thread at a time; the gate must outlive it. returns 0, or -1: LLMX_NO_MEMORY */
LLMX_API int llmx_checker_create(struct llmx_checker **checker, const struct llmx_gate *gate,
                                 struct llmx_error *err);
LLMX_API void llmx_checker_destroy(struct llmx_checker *checker);

/* Holds n bytes of text to what was given. Nothing of `given` is kept. The same text and the same given have the same
 * verdict, whatever was checked before and in whichever thread.
 * returns   0, whether the text passes or not; -1: LLMX_NO_MEMORY, or LLMX_BAD_OPTION a row that the data does not have */
LLMX_API int llmx_gate_check(struct llmx_checker *checker, const struct llmx_given *given,
                             const char *text, size_t n, struct llmx_verdict *verdict,
                             struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
