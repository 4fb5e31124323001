/* constraint.h - texts in which whatever stands between two marks is one of some phrases, and outside of marks every number
 * one of some numbers and no word begins in some ways, kept so token by token.
 *
 * Outside of marks everything but digits is allowed. After a mark only tokens that go on with a phrase are, and at the end
 * of a phrase the closing mark; a token may end one part and begin the next. Phrases may begin alike, may hold the mark
 * themselves, and may be cut into tokens in any way: what is followed is bytes. Tokens that stand for none, but do not end the
 * text either, are nowhere allowed. Numbers, which are digits in a row and end with any other byte ("41st", " 3,"), are kept in
 * the same way. Words, which are letters in a row, may not begin as is barred; they are followed where a token begins with a letter or
 * with one space, as nearly all do. */
#ifndef GENERATE_CONSTRAINT_H
#define GENERATE_CONSTRAINT_H

#include "llmxrec/generate.h"
#include "token/token_index.h"

#include <stdbool.h>

/* Places in the phrases where a text may be. More than one only where phrases hold the mark. */
#define CONSTRAINT_STATES_MAX 16
struct constraint_state {
    int n;
    int32_t node[CONSTRAINT_STATES_MAX];
    int32_t word; /* the place in what is barred of the word in work */
};

/* Without phrases: no mark may be written. `index` says the mark; it must outlive the constraint. */
int constraint_create(struct llmx_constraint **constraint, const struct token_index *index,
                      struct llmx_error *err);
void constraint_destroy(struct llmx_constraint *constraint);

/* One more phrase of n >= 1 bytes. */
int constraint_add(struct llmx_constraint *constraint, const char *phrase, size_t n,
                   struct llmx_error *err);

/* From now on digits outside of marks make one of the numbers that are added; without any there are no digits. */
void constraint_hold_numbers(struct llmx_constraint *constraint);

/* One more number of n >= 1 digits. */
int constraint_add_number(struct llmx_constraint *constraint, const char *digits, size_t n,
                          struct llmx_error *err);

/* Outside of marks no word begins with these n >= 1 small letters, nor with capitals in their place. */
int constraint_bar(struct llmx_constraint *constraint, const char *beginning, size_t n,
                   struct llmx_error *err);

/* Once, after all that is barred. */
int constraint_hold_words(struct llmx_constraint *constraint, struct llmx_error *err);

/* Texts go on from these bytes; when they break the rule themselves, as if they had not been. Once, after all phrases
 * and numbers. */
void constraint_begin(struct llmx_constraint *constraint, const char *text, size_t n);

/* Where a text stands before its first token. */
void constraint_start(const struct llmx_constraint *constraint, struct constraint_state *state);

/* Sets the score of every token that must not come next to -infinity; false when none may.
 * logits (vocabulary of the model, the index's or more); bits (vocabulary bits): zero, and zero again afterwards. */
bool constraint_mask(const struct llmx_constraint *constraint, const struct constraint_state *state,
                     float *logits, int vocabulary, uint64_t *bits);

/* A token was written that the mask had left. */
void constraint_step(const struct llmx_constraint *constraint, struct constraint_state *state,
                     int32_t id);

#endif
