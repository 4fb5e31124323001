/* blind_judges.h - judges that do not read: what they say of pairs whose better text is known. */
#ifndef JUDGE_BLIND_JUDGES_H
#define JUDGE_BLIND_JUDGES_H

#include "llmxrec/audit.h"

/* What one judge says, by pair and order ([1]: b shown first). */
typedef enum llmx_preference said_of_pair[2];

struct labelled {
    const struct llmx_pair **pair; /* (n) labelled a or b */
    size_t n;
    int32_t *fold; /* (n) 0 to folds - 1; all pairs of a prompt are in one */
    int folds;     /* 0: one prompt alone, and nothing to learn from */
};

/* said      (n)
 * returns   1 said, 0 there is no such judge of these pairs, -1 memory is out */
int blind_judge(enum llmx_audited_judge judge, const struct labelled *pairs, said_of_pair *said,
                struct llmx_error *err);

#endif
