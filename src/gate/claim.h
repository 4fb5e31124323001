/* claim.h - what a text says in numbers or of how many people, and what such claims speak of: numbers, values of the data's
 * vocabulary, items, deeds. */
#ifndef GATE_CLAIM_H
#define GATE_CLAIM_H

#include "gate/checker.h"

#define CLAIM_ITEMS_MAX  4
#define CLAIM_VALUES_MAX 8
#define COUNTED_TRAITS   "genres tags topics categories" /* "three genres in common" */
#define NAMED_MAX        8 /* items that a stretch of the text names */

/* Words first .. end - 1; none where they are equal. */
struct span {
    int first, end;
};

struct number {
    struct span at;
    int value; /* -1: no number */
};

/* How many, where it is said without a number. */
enum share {
    SHARE_UNSAID,
    SHARE_SOME,
    SHARE_FEW,
    SHARE_MANY,
    SHARE_UNDER, /* less than half */
    SHARE_HALF,
    SHARE_MOST,
    SHARE_NEARLY,
    SHARE_ALL,
    SHARE_NONE,
    SHARE_RATIO
};

/* "two thirds", "more than three in four". */
struct ratio {
    int of, in; /* 2, 3 */
    enum { RATIO_ABOUT, RATIO_OVER, RATIO_UNDER } side;
};

/* What people are said to have done, and with what. */
struct deed {
    enum deed_kind { DEED_NONE, DEED_SAME, DEED_TOOK, DEED_LIKED } kind; /* SAME: "so did" */
    struct span verb, objects;
    llmx_id items[CLAIM_ITEMS_MAX]; /* of the history, by title */
    int n_items;
    enum { PRONOUN_NONE, PRONOUN_ONE, PRONOUN_PAIR } pronoun; /* "it", "both" */
    bool has_target; /* the recommended item is among them */
    bool is_negated; /* "have not watched" */
    bool is_either;  /* "A or B" */
};

struct claim {
    enum claim_topic { ABOUT_PEOPLE, ABOUT_HABIT, ABOUT_ITEMS, ABOUT_NOTHING } topic;
    int first, end;            /* words */
    struct number part, whole; /* without words where they are those of the claim before */
    bool is_rest;              /* "all but 15": `part` counts the others */
    bool is_of_them;           /* of those whom the claim before speaks of */
    enum share share;
    struct ratio ratio; /* of SHARE_RATIO */
    struct span said;   /* the words of `share`, or of the people */
    struct deed base;   /* of those "who ..." */
    struct deed result; /* what so many of them did */
};

/* Are the facts of the recommendation known, so that what they do not say is untrue? */
bool claims_are_known(const struct llmx_checker *checker);

/* Does it say a number itself, or a ratio? */
bool claim_has_number(const struct claim *claim);

/* 47, "forty-seven", "1,234", "two hundred and sixty": the number at a word outside titles, value -1 if there is none. */
struct number number_at(const struct llmx_checker *checker, int word);

/* Does a sentence end before a word? Not within a title ("L.A. Confidential"), nor behind one that ends in a mark of its own
 * where the text goes on in lower case ('"Mars Attacks!" and ...'). False past the last word. */
bool sentence_breaks(const struct llmx_checker *checker, int word);

/* Does a comma, dash, bracket or the like stand before a word, other than one of the title before it ('"Hate (La Haine)" and')? False past the last
 * word: where a text ends with a title, a check asks what stands behind it. */
bool is_set_apart(const struct llmx_checker *checker, int word);

/* Where the sentence of a word begins, and where it ends. */
int sentence_first(const struct llmx_checker *checker, int word);
int sentence_end(const struct llmx_checker *checker, int word);

/* Values of the data's vocabulary one after the other: "action, comedy and drama". */
struct values {
    struct span at;
    int genre[CLAIM_VALUES_MAX]; /* of the catalogue */
    int n;
};

/* The values that begin at a word; n = 0: none do. */
struct values values_at(const struct llmx_checker *checker, int word);

/* The first values that begin in words first .. end - 1, and the last that do. */
struct values values_after(const struct llmx_checker *checker, int first, int end);
struct values values_before(const struct llmx_checker *checker, int first, int end);

bool item_is_of(const struct llmx_checker *checker, llmx_id item, int genre);
bool item_is_of_all(const struct llmx_checker *checker, llmx_id item, const struct values *values);

/* Have they any value at all in common? */
bool items_share(const struct llmx_checker *checker, llmx_id a, llmx_id b);

/* Is the value one of the fact's? */
bool fact_has_value(const struct llmx_checker *checker, const struct llmx_fact *fact, int genre);

/* The items that words first .. end - 1 name, each once, in their order; how many. */
int items_named(const struct llmx_checker *checker, int first, int end,
                llmx_id items[static NAMED_MAX]);

/* The item that "the first", "the second", "the latter" or "the one" at a word stands for: of those that the sentence, or
 * else the last one that has two of them, names before; -1: there are none. */
llmx_id item_pointed_at(const struct llmx_checker *checker, int word);

/* Is the item named in words first .. end - 1? */
bool is_named_in(const struct llmx_checker *checker, llmx_id item, int first, int end);

#endif
