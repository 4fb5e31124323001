/* subjects.h - whose genre, whose year? Which of the given items something is said of. */
#ifndef GATE_SUBJECTS_H
#define GATE_SUBJECTS_H

#include "gate/checker.h"

#define SUBJECTS_MAX 8

/* The given items that words first .. end - 1, a genre or a year, are said of, all of them; how many, 0 where the words
 * leave it open. */
int subjects_find(const struct llmx_checker *checker, int first, int end,
                  llmx_id subjects[static SUBJECTS_MAX]);

/* The same of a genre, which may also stand farther off: 'it is a film that blends crime and drama'. */
int subjects_of_genre(const struct llmx_checker *checker, int first, int end,
                      llmx_id subjects[static SUBJECTS_MAX]);

#endif
