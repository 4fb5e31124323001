/* lint.c - opens what is to be looked at, and has each check look. */
#include "evaluate/lint.h"

#include "base/text.h"
#include "data/dataset.h"
#include "run/data_record.h"

/* ---- runs ---- */

/* Opens the data of a run; where they are not what the run learnt from, which is a finding, as they are now. */
static int open_data(struct lint *lint, int i, struct llmx_run_source *source,
                     struct llmx_data **data)
{
    struct llmx_error why = {0};
    const char *run = lint->options->runs[i];
    if (llmx_run_source(source, run, lint->err) != 0)
        return -1;
    source->options.threads = lint->options->threads;
    if (lint->options->data)
        source->path = lint->options->data;
    if (llmx_run_data_open(data, source, &why) == 0)
        return 0;
    if (why.code != LLMX_MISMATCH || !source->path)
        return err_set(lint->err, why.code, "%s", why.message);
    lint_add(lint, LLMX_LINT_RUN, &(struct lint_place){.file = run}, "%s", why.message);
    return llmx_data_open(data, source->path, &source->options, lint->err);
}

/* What else of the run's data has changed, and whether they are those of the first run. */
static int compare_run(struct lint *lint, int i, const struct llmx_data *data)
{
    const char *run = lint->options->runs[i];
    struct text changes = {0};
    int status = data_record_changes(&changes, data, run, lint->err);
    if (status == 0 && changes.n > 0) {
        changes.s[changes.n - 1] = '\0';
        lint_add(lint, LLMX_LINT_RUN, &(struct lint_place){.file = run}, "%s", changes.s);
    }
    text_clear(&changes);
    if (status == 0 && i > 0)
        status = data_record_differ(&changes, lint->options->runs[0], run, lint->err);
    if (status == 0 && changes.n > 0)
        lint_add(lint, LLMX_LINT_RUN, &(struct lint_place){.file = run}, "%s", changes.s);
    text_release(&changes);
    return status;
}

int lint_runs(struct lint *lint)
{
    lint_look(lint, LLMX_LINT_RUN, lint->options->n_runs);
    if (open_data(lint, 0, &lint->source, &lint->data) != 0 ||
        compare_run(lint, 0, lint->data) != 0)
        return -1;
    for (int i = 1; i < lint->options->n_runs; i++) {
        struct llmx_run_source source = {0};
        struct llmx_data *data = NULL;
        const int status =
            open_data(lint, i, &source, &data) == 0 ? compare_run(lint, i, data) : -1;
        llmx_data_destroy(data);
        llmx_run_source_release(&source);
        if (status != 0)
            return -1;
    }
    return 0;
}

/* ---- all together ---- */

static void lint_close(struct lint *lint)
{
    output_discard(&lint->out);
    text_release(&lint->title);
    learnt_release(&lint->learnt);
    names_release(&lint->tested);
    recs_release(&lint->recs);
    desk_release(&lint->desk);
    briefing_release(&lint->briefing);
    llmx_data_destroy(lint->data);
    llmx_run_source_release(&lint->source);
}

static int check_options(const struct llmx_lint_options *o, struct llmx_error *err)
{
    if (o->n_runs < 1)
        return err_set(err, LLMX_BAD_OPTION, "no run is given");
    if (o->explanations && !o->recs)
        return err_set(err, LLMX_BAD_OPTION, "explanations need their recommendations: --recs");
    return 0;
}

static int look_at_all(struct lint *lint)
{
    if (lint_runs(lint) != 0)
        return -1;
    lint->twins = *data_twins(lint->data, true);
    return lint_titles(lint) != 0 || lint_recs(lint) != 0 ||
                   briefing_open(&lint->briefing, lint->data, &lint->explain, lint->err) != 0 ||
                   desk_open(&lint->desk, &lint->briefing, lint->err) != 0 ||
                   lint_examples(lint) != 0 || lint_texts(lint) != 0
               ? -1
               : lint->status;
}

int llmx_lint(const struct llmx_lint_options *options, const char *out_path,
              struct llmx_lint *result, struct llmx_error *err)
{
    struct lint lint = {.options = options, .explain = llmx_explain_defaults(), .err = err};
    for (int k = 0; k < LLMX_LINT_CHECKS; k++)
        lint_look(&lint, (enum llmx_lint_check)k, -1);
    int status = check_options(options, err);
    if (status == 0 && out_path)
        status = output_open(&lint.out, out_path, err);
    if (status == 0)
        status = look_at_all(&lint);
    if (status == 0 && out_path)
        status = output_commit(&lint.out, err);
    if (status == 0)
        *result = lint.found;
    lint_close(&lint);
    return status;
}
