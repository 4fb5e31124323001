/* plain_reason.h - a reason put together from facts, without a language model: what is sent where no text passes. */
#ifndef EXPLAIN_PLAIN_REASON_H
#define EXPLAIN_PLAIN_REASON_H

#include "base/text.h"
#include "explain/domain.h"
#include "gate/catalogue.h"
#include "llmxrec/gate.h"

/* Appends what the person took and the best of the chosen facts, two where they make no long text: 'You watched "A" and "B". 31 of
 * the 60 other people who watched both also watched "C".' */
void plain_reason(struct text *out, const struct catalogue *catalogue, const struct domain *domain,
                  const struct llmx_given *given);

#endif
