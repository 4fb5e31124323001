/* briefing.c - what one recommendation gives to write from, and whether a text keeps to it. */
#include "explain/briefing.h"

#include "base/memory.h"

#include <stdlib.h>

#define ITEMS_MAX   1000 /* of a history in a prompt: far past any context */
#define WORDS_LIMIT 1000

struct llmx_explain_options llmx_explain_defaults(void)
{
    return (struct llmx_explain_options){
        .history_max = 10,
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

int briefing_open(struct briefing *b, const struct llmx_data *data,
                  const struct llmx_explain_options *options, struct llmx_error *err)
{
    *b = (struct briefing){.data = data, .options = options};
    if (check_range("history", options->history_max, 1, ITEMS_MAX, err) != 0 ||
        check_range("evidence", options->evidence_max, 1, ITEMS_MAX, err) != 0 ||
        check_range("words", options->words_max, 10, WORDS_LIMIT, err) != 0 ||
        !(b->history = mem_array((size_t)options->history_max, sizeof *b->history, err)) ||
        llmx_gate_open(&b->gate, data, err) != 0 ||
        template_open(&b->template, options->template_path, data, err) != 0 ||
        llmx_checker_create(&b->checker, b->gate, err) != 0) {
        briefing_release(b);
        return -1;
    }
    b->catalogue = b->gate->catalogue;
    return 0;
}

int briefing_open_tuned(struct briefing *b, const struct llmx_data *data,
                        struct llmx_explain_options *options, struct llmx_error *err)
{
    static const char *const layouts[] = {"movies-tuned", "general-tuned"};
    if (options->template_path)
        return briefing_open(b, data, options, err);
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        options->template_path = layouts[i];
        if (briefing_open(b, data, options, err) == 0)
            return 0;
        if (err->code != LLMX_BAD_INPUT) /* else a column that the data does not have */
            break;
    }
    return -1;
}

void briefing_release(struct briefing *b)
{
    llmx_checker_destroy(b->checker);
    template_release(&b->template);
    llmx_gate_destroy(b->gate);
    free(b->history);
    *b = (struct briefing){0};
}

struct llmx_given briefing_given(struct briefing *b, const struct rec *rec)
{
    const struct llmx_explain_options *o = b->options;
    int n = rec->n_history, shown = 0;
    const llmx_id *all =
        rec->history ? rec->history : llmx_data_history(b->data, rec->user, LLMX_TRAIN_VALID, &n);
    int title = b->catalogue->title_column;
    for (int i = n - 1; i >= 0 && shown < o->history_max;
         i--) /* from the latest; without a title nothing is said */
        if (all[i] != rec->item &&
            (title < 0 || *llmx_data_feature(b->data, LLMX_ITEMS, all[i], title)))
            b->history[shown++] = all[i];
    for (int i = 0; i < shown / 2; i++) {
        llmx_id other = b->history[i];
        b->history[i] = b->history[shown - 1 - i];
        b->history[shown - 1 - i] = other;
    }
    return (struct llmx_given){
        .user = rec->user,
        .item = rec->item,
        .history = b->history,
        .n_history = shown,
        .evidence = rec->evidence,
        .n_evidence = rec->n_evidence < o->evidence_max ? rec->n_evidence : o->evidence_max,
        .columns = b->template.columns,
        .words_max = o->words_max,
        .allow_profile = o->profile == LLMX_PROFILE_SPEAK,
    };
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

int briefing_check(struct briefing *b, const struct rec *rec, const char *prompt, const char *text,
                   size_t n, struct llmx_verdict *verdict, struct llmx_error *err)
{
    struct llmx_given given = briefing_given(b, rec);
    given.prompt = prompt;
    return llmx_gate_check(b->checker, &given, text, n, verdict, err);
}
