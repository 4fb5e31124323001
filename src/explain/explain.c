/* explain.c - from recommendation lines to gated explanation lines. */
#include "explain/explain.h"

#include "base/clock.h"
#include "base/memory.h"
#include "explain/explain_local.h"
#include "explain/explain_remote.h"

#include <string.h>

static bool is_same_text(const json_t *line, const char *field, const char *wanted)
{
    const char *s = json_string_value(json_object_get(line, field));
    return wanted ? s && strcmp(s, wanted) == 0 : !s;
}

/* Is an example written? */
static bool has_output(const json_t *line)
{
    const char *text = json_string_value(json_object_get(line, "output"));
    return text && text[strspn(text, " \t\r\n")];
}

static void count_accepted(struct explaining *e, bool has_passed)
{
    e->report->passed += has_passed;
    e->report->fallbacks += !has_passed;
    e->report->explained++;
    e->n_finished++;
    e->n_written++;
}

/* A line that an interrupted run wrote: is it the next one of this run? */
static int accept_line(void *context, const json_t *line, struct llmx_error *err)
{
    struct explaining *e = context;
    const struct llmx_explain_options *o = e->options;
    if (e->n_written >= e->recs.n)
        return err_set(err, LLMX_MISMATCH,
                       "more explanations than recommendations; is it of another run?");
    const struct rec *rec = &e->recs.rec[e->n_written];
    if (!is_same_text(line, "user", rec->user_token) ||
        !is_same_text(line, "item", rec->item_token))
        return err_set(err, LLMX_MISMATCH,
                       "not the explanation of user '%s', item '%s'; is it of another run?",
                       rec->user_token, rec->item_token);
    if (e->examples) {
        count_accepted(e, has_output(line));
        return 0;
    }
    if (!is_same_text(line, "model", o->model_name) ||
        !is_same_text(line, "adapter", o->adapter_name) ||
        json_integer_value(json_object_get(line, "seed")) != (json_int_t)o->seed)
        return err_set(err, LLMX_MISMATCH, "written with another model, adapter or seed");
    if (!retold_is_noted(&e->briefing.retold, e->briefing.data, line))
        return err_set(err, LLMX_MISMATCH, "written with other columns blinded or told otherwise");
    const json_t *gate = json_object_get(line, "gate"), *failed = json_object_get(gate, "failed");
    bool has_passed = is_same_text(gate, "verdict", "pass");
    count_accepted(e, has_passed);
    e->report->passed_first +=
        has_passed && json_integer_value(json_object_get(line, "tries")) == 1;
    e->report->revised += (int)json_integer_value(json_object_get(line, "revised"));
    for (size_t i = 0; i < json_array_size(failed); i++) {
        const char *name = json_string_value(json_array_get(failed, i));
        for (int k = 0; name && k < LLMX_CHECK_COUNT; k++)
            e->report->rejected[k] += strcmp(name, llmx_check_name(k)) == 0;
    }
    return 0;
}

static int open_drafts(struct explaining *e, const char *out_path, struct llmx_error *err)
{
    if (draft_check_options(e->options, err) != 0)
        return -1;
    e->report->skipped = e->recs.n_skipped;
    if (!(e->drafts = mem_array((size_t)e->recs.n, sizeof *e->drafts, err)) ||
        !(e->lines = mem_array((size_t)e->recs.n, sizeof *e->lines, err)) ||
        desk_open(&e->desk, &e->briefing, err) != 0)
        return -1;
    for (int i = 0; i < e->recs.n; i++)
        e->drafts[i] = (struct draft){.rec = &e->recs.rec[i], .number = (uint64_t)i};
    return partial_open(&e->out, out_path, ".partial", e->options->resume, accept_line, e, err);
}

/* Examples that have their text stay as they are. */
static int pass_written(struct explaining *e, struct llmx_error *err)
{
    for (int i = e->n_written; e->examples && i < e->recs.n; i++) {
        if (!has_output(e->examples[i]))
            continue;
        e->lines[i] = json_incref(e->examples[i]);
        e->report->passed++;
        e->n_finished++;
    }
    return explaining_write(e, err);
}

static int write_texts(struct explaining *e, const struct llmx_model *model, struct llmx_error *err)
{
    struct llmx_remote *remote = e->options->remote;
    const int status = remote  ? explain_remote(e, remote, err)
                       : model ? explain_local(e, model, err)
                               : explaining_plain(e, err);
    if (e->failure.code != LLMX_OK) {
        if (err)
            *err = e->failure;
        return -1;
    }
    if (status == 0 && e->n_written < e->recs.n)
        return err_set(err, LLMX_INTERRUPTED, "interrupted after %d of %d explanations",
                       e->n_written, e->recs.n);
    return status;
}

int llmx_explain_check(const struct llmx_data *data, const struct llmx_explain_options *options,
                       struct llmx_error *err)
{
    return draft_check_options(options, err) != 0 ? -1 : briefing_check(data, options, err);
}

int explain_run(struct explaining *e, const struct llmx_model *model, const char *out_path,
                struct llmx_error *err)
{
    *e->report = (struct llmx_explain_report){0};
    briefing_tell_untitled(&e->briefing);
    briefing_tell_blind(&e->briefing);
    e->start_s = clock_now_s();
    e->caller = pthread_self();
    int status = open_drafts(e, out_path, err);
    if (status == 0)
        status = pass_written(e, err);
    if (status == 0 && (e->options->remote || e->n_written < e->recs.n))
        status = write_texts(e, model, err);
    if (status == 0)
        status = partial_commit(&e->out, err);
    e->report->elapsed_s = clock_now_s() - e->start_s;
    return status;
}

int llmx_explain(const char *recs_path, const struct llmx_data *data,
                 const struct llmx_model *model, const struct llmx_explain_options *options,
                 const char *out_path, struct llmx_explain_report *report, struct llmx_error *err)
{
    struct llmx_explain_report unused;
    struct explaining e = {.options = options, .report = report ? report : &unused};
    int status = briefing_open(&e.briefing, data, options, err);
    if (status == 0)
        status = recs_open(&e.recs, recs_path, data, options, err);
    if (status == 0)
        status = explain_run(&e, model, out_path, err);
    explaining_release(&e);
    return status;
}
