/* checks.h - every check of the gate: each reads a text that was taken apart and whose mentions were found, and notes what
 * fails. docs/gate.md says what each rejects. */
#ifndef GATE_CHECKS_H
#define GATE_CHECKS_H

#include "gate/claims.h"

void check_quotations(struct llmx_checker *checker);      /* check_quotations.c */
void check_item_as_history(struct llmx_checker *checker); /* check_history.c */
void check_dislike(struct llmx_checker *checker);
void check_evidence(struct llmx_checker *checker);
void check_item(struct llmx_checker *checker);
void check_genres(struct llmx_checker *checker);  /* check_genres.c */
void check_years(struct llmx_checker *checker);   /* check_years.c */
void check_names(struct llmx_checker *checker);   /* check_names.c */
void check_claims(struct llmx_checker *checker);  /* check_claims.c */
void check_profile(struct llmx_checker *checker); /* check_profile.c */
void check_length(struct llmx_checker *checker);  /* check_form.c */
void check_address(struct llmx_checker *checker);
void check_refusal(struct llmx_checker *checker);
void check_echo(struct llmx_checker *checker);
void check_repetition(struct llmx_checker *checker);
void check_unfinished(struct llmx_checker *checker);
void check_numbers(struct llmx_checker *checker, const struct claims *claims); /* check_numbers.c */
void check_people(struct llmx_checker *checker, const struct claims *claims);  /* check_people.c */
void check_relations(struct llmx_checker *checker,
                     const struct claims *claims); /* check_relations.c */
void check_pointers(struct llmx_checker *checker,
                    const struct claims *claims); /* check_pointers.c */
void check_counted(struct llmx_checker *checker, const struct claims *claims); /* check_counted.c */
void check_recency(struct llmx_checker *checker);                              /* check_recency.c */
void check_repeats(struct llmx_checker *checker);                              /* check_repeats.c */
void check_taken(struct llmx_checker *checker);                                /* check_taken.c */
void check_slips(struct llmx_checker *checker, const struct claims *claims);   /* check_slips.c */
void check_article(struct llmx_checker *checker);                              /* check_article.c */
void check_fact(struct llmx_checker *checker, const struct claims *claims);    /* check_fact.c */
void check_preamble(struct llmx_checker *checker); /* check_preamble.c */
void check_markup(struct llmx_checker *checker);   /* check_markup.c */
void check_word(struct llmx_checker *checker);     /* check_word.c */

/* Is a quotation a part of a title that is given? (check_quotations.c) */
bool quotation_is_given(struct llmx_checker *checker, const struct quotation *quotation);

#endif
