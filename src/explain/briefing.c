/* briefing.c - opening the gate and the template, and making prompts. */
#include "explain/briefing.h"

#include "base/threads.h"
#include "data/dataset.h"
#include "explain/wording.h"

#include <limits.h>
#include <stdio.h>

#define ITEMS_MAX   1000 /* of a history in a prompt: far past any context */
#define HISTORY     10   /* shown where nobody says how much, but in a template of facts */
#define WORDS_LIMIT 1000

struct llmx_explain_options llmx_explain_defaults(void)
{
    return (struct llmx_explain_options){
        .evidence_max = 3,
        .words_max = 75,
        .profile = LLMX_PROFILE_TELL,
        .tries = 4,
        .max_tokens = 120,
        .sampling = {.temperature = 0.7f, .top_p = 0.9f, .top_k = 0, .repetition_penalty = 1.0f},
    };
}

static int check_range(const char *name, int value, int least, int most, struct llmx_error *err)
{
    if (value >= least && value <= most)
        return 0;
    return err_set(err, LLMX_BAD_OPTION, "%s %d: choose %d to %d", name, value, least, most);
}

int briefing_check_options(const struct llmx_explain_options *options, struct llmx_error *err)
{
    return check_range("max-history", options->history_max, 0, ITEMS_MAX, err) != 0 ||
                   check_range("evidence", options->evidence_max, 1, ITEMS_MAX, err) != 0 ||
                   check_range("words", options->words_max, 10, WORDS_LIMIT, err) != 0 ||
                   check_range("max-users", options->users_max, 0, INT_MAX, err) != 0
               ? -1
               : 0;
}

int briefing_history(const struct llmx_explain_options *options, bool tells_facts)
{
    return options->history_max > 0 ? options->history_max : tells_facts ? 0 : HISTORY;
}

/* What the options alone decide. */
static int open_layout(struct briefing *b, struct llmx_error *err)
{
    const struct llmx_explain_options *o = b->options;
    return briefing_check_options(o, err) != 0 ||
                   template_open(&b->template, o->template_path, o->domain, b->data, err) != 0 ||
                   retold_init(&b->retold, b->data, o, err) != 0
               ? -1
               : 0;
}

int briefing_check(const struct llmx_data *data, const struct llmx_explain_options *options,
                   struct llmx_error *err)
{
    struct briefing b = {.data = data, .options = options};
    const int status = open_layout(&b, err);
    briefing_release(&b);
    return status;
}

/* The facts, which need nothing of the gate: where there is much to count, they are opened beside it. */
struct facts_half {
    struct briefing *briefing;
    int status;
    struct llmx_error error;
};

static void open_facts(void *context)
{
    struct facts_half *half = context;
    struct briefing *b = half->briefing;
    half->status = llmx_facts_open(&b->facts, b->data, &half->error);
}

static int open_halves(struct briefing *b, struct llmx_error *err)
{
    struct facts_half facts = {.briefing = b};
    struct aside aside;
    aside_begin(&aside, llmx_data_interactions(b->data) >= DATA_LARGE, open_facts, &facts);
    const int status = llmx_gate_open(&b->gate, b->data, err);
    aside_end(&aside);
    if (status == 0 && facts.status != 0 && err)
        *err = facts.error;
    return status != 0 ? -1 : facts.status;
}

int briefing_open(struct briefing *b, const struct llmx_data *data,
                  const struct llmx_explain_options *options, struct llmx_error *err)
{
    *b = (struct briefing){.data = data, .options = options, .twins = *data_twins(data, false)};
    if (open_layout(b, err) != 0 || open_halves(b, err) != 0) {
        briefing_release(b);
        return -1;
    }
    b->catalogue = b->gate->catalogue;
    b->history_max = briefing_history(options, b->template.tells_facts);
    return 0;
}

void briefing_release(struct briefing *b)
{
    template_release(&b->template);
    retold_release(&b->retold);
    llmx_facts_close(b->facts);
    llmx_gate_destroy(b->gate);
    *b = (struct briefing){0};
}

void briefing_tell_untitled(const struct briefing *b)
{
    if (b->options->notice && llmx_data_title_column(b->data) < 0)
        b->options->notice(b->options->notice_context,
                           "the items have no titles, so they are called by their ids; --item-file "
                           "FILE gives titles, or NAME.item beside NAME.inter (docs/data.md)");
}

bool briefing_tells(const struct briefing *b, int column)
{
    return b->options->profile != LLMX_PROFILE_HIDE &&
           template_tells(&b->template, b->data, column);
}

void briefing_tell_blind(const struct briefing *b)
{
    char message[400];
    for (int i = 0; i < b->retold.n_blind; i++)
        if (briefing_tells(b, b->retold.list[i].column))
            return;
    if (!b->options->notice || b->retold.n_blind == 0)
        return;
    snprintf(message, sizeof message,
             "the layout '%.100s' with this profile option tells the model nothing of '%.100s': "
             "blinding it changes nothing in the prompts",
             b->template.name, b->options->blind);
    b->options->notice(b->options->notice_context, message);
}

size_t briefing_prompt(const struct briefing *b, const struct llmx_given *given, struct text *out)
{
    bool with_profile = b->options->profile != LLMX_PROFILE_HIDE;
    size_t before = out->n;
    prompt_shared(out, &b->template, b->catalogue, given, with_profile);
    size_t shared = out->n - before;
    prompt_own(out, &b->template, b->catalogue, given, with_profile);
    return shared;
}

void briefing_facts(const struct briefing *b, const struct llmx_given *given, struct text *out)
{
    wording_facts(out, given->facts, given->n_facts, b->catalogue, &b->template.domain);
}
