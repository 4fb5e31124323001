/* guide.h - holds a text to the gate while it is written, sentence by sentence, and says where one that does not pass is to
 * begin anew. */
#ifndef EXPLAIN_GUIDE_H
#define EXPLAIN_GUIDE_H

#include "llmxrec/gate.h"

#include <stdbool.h>

/* What is remembered of one text in work. All zero when it begins. */
struct guide {
    int times;   /* that the sentence in work did not pass */
    int numbers; /* of them: for a number */
};

/* Where a text is to go back to: `earlier` tokens before the one that holds the byte. */
struct way_back {
    size_t byte;
    int earlier;
    float share; /* of the way from where its sentence begins to there */
};

/* Does the text end with a sentence, outside of quotation marks? */
bool guide_sentence_ends(const char *text, size_t n);

/* Looks at n bytes that were written from `given`: whole sentences, with is_whole all that is to come.
 * returns   1 and the way back; 0 when they may stand; -1: LLMX_NO_MEMORY */
int guide_look(struct guide *guide, struct llmx_checker *checker, const struct llmx_given *given,
               const char *text, size_t n, bool is_whole, struct way_back *back,
               struct llmx_error *err);

#endif
