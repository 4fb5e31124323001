/* briefing.h - everything that explaining and checking both need for one recommendation: what is known, how it is
 * put to the model, and the gate. */
#ifndef EXPLAIN_BRIEFING_H
#define EXPLAIN_BRIEFING_H

#include "explain/prompt.h"
#include "explain/recs.h"
#include "gate/gate.h"

struct briefing {
    const struct llmx_data *data;
    const struct llmx_explain_options *options;
    struct llmx_gate *gate;
    const struct catalogue *catalogue; /* of the gate */
    struct template template;
    struct llmx_checker *checker;
    llmx_id *history; /* (history_max) scratch of briefing_given */
};

/* LLMX_BAD_OPTION names what is out of range; errors of template_open. */
int briefing_open(struct briefing *briefing, const struct llmx_data *data,
                  const struct llmx_explain_options *options, struct llmx_error *err);
void briefing_release(struct briefing *briefing);

/* The same for examples to tune on: without a template, the layout made for them that fits the data, whose name is then in
 * `options`. */
int briefing_open_tuned(struct briefing *briefing, const struct llmx_data *data,
                        struct llmx_explain_options *options, struct llmx_error *err);

/* What a recommendation gives, without the prompt's text; the history is valid until the next call. */
struct llmx_given briefing_given(struct briefing *briefing, const struct rec *rec);

/* Appends the prompt's two parts to `out`. returns the bytes of the shared part */
size_t briefing_prompt(const struct briefing *briefing, const struct llmx_given *given,
                       struct text *out);

/* Checks a text against a recommendation and the prompt that was made for it. */
int briefing_check(struct briefing *briefing, const struct rec *rec, const char *prompt,
                   const char *text, size_t n, struct llmx_verdict *verdict,
                   struct llmx_error *err);

#endif
