/* briefing.h - everything that explaining and checking both need for a data set: what is known, how it is put to the
 * model, and the gate. Read-only once opened: any number of threads may share it, each at a desk of its own. */
#ifndef EXPLAIN_BRIEFING_H
#define EXPLAIN_BRIEFING_H

#include "data/twins.h"
#include "explain/prompt.h"
#include "explain/retold.h"
#include "gate/gate.h"
#include "llmxrec/explain.h"

#define LAYOUT_TUNED                                                                               \
    "reasons" /* of examples that models are tuned on, where no template is named */

struct briefing {
    const struct llmx_data *data;
    const struct llmx_explain_options *options;
    struct llmx_gate *gate;
    const struct catalogue *catalogue; /* of the gate */
    struct template template;
    struct llmx_facts *facts;
    struct retold retold;
    struct twins twins; /* items of one title: never explained by each other */
    int history_max;    /* of the options, or what the template wants */
};

/* What a prompt is to hold. LLMX_BAD_OPTION names what is out of range. */
int briefing_check_options(const struct llmx_explain_options *options, struct llmx_error *err);

/* Would briefing_open fail for what the options say? Costs no look at the interactions. */
int briefing_check(const struct llmx_data *data, const struct llmx_explain_options *options,
                   struct llmx_error *err);

/* LLMX_BAD_OPTION names what is out of range; errors of template_open and retold_init. */
int briefing_open(struct briefing *briefing, const struct llmx_data *data,
                  const struct llmx_explain_options *options, struct llmx_error *err);
void briefing_release(struct briefing *briefing);

/* Tells options->notice where the items have no titles, so that texts name them by their ids. */
void briefing_tell_untitled(const struct briefing *briefing);

/* Tells options->notice where what is to be blinded would not have been told either. */
void briefing_tell_blind(const struct briefing *briefing);

/* Is a column of .user told to the model, unless it is blinded? */
bool briefing_tells(const struct briefing *briefing, int column);

/* How much history a prompt or view shows by these options. tells_facts: the template does, and stands without. */
int briefing_history(const struct llmx_explain_options *options, bool tells_facts);

/* Appends the sentences of the facts that are chosen, a line each. */
void briefing_facts(const struct briefing *briefing, const struct llmx_given *given,
                    struct text *out);

/* Appends the prompt's two parts to `out`. returns the bytes of the shared part */
size_t briefing_prompt(const struct briefing *briefing, const struct llmx_given *given,
                       struct text *out);

#endif
