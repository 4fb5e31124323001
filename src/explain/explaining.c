/* explaining.c - making lines, and writing them in their order. */
#include "explain/explaining.h"

#include "base/clock.h"
#include "explain/fact_json.h"
#include "format/jsonl.h"

#include <stdlib.h>

bool explaining_goes_on(const struct explaining *e)
{
    return e->failure.code == LLMX_OK && !e->is_stopped;
}

bool explaining_has(const struct explaining *e, const struct draft *draft)
{
    const int i = (int)(draft - e->drafts);
    return i < e->n_written || e->lines[i];
}

static json_t *check_list(uint32_t failed)
{
    json_t *list = json_array();
    for (int k = 0; k < LLMX_CHECK_COUNT; k++)
        if (failed >> k & 1)
            json_array_append_new(list, json_string(llmx_check_name(k)));
    return list;
}

static json_t *cite_list(const struct llmx_data *data, const struct llmx_verdict *verdict)
{
    json_t *list = json_array();
    for (int i = 0; i < verdict->n_cited; i++)
        json_array_append_new(list,
                              json_string(llmx_data_item_token(data, verdict->cited[i].item)));
    return list;
}

/* The facts that were chosen to be told; NULL when memory is out. */
static json_t *fact_list(const struct briefing *b, const struct llmx_given *given)
{
    json_t *list = json_array();
    for (int i = 0; list && i < given->n_facts; i++)
        if (given->facts[i].place > 0 &&
            json_array_append_new(
                list, fact_json(&given->facts[i], b->catalogue, &b->template.domain)) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *rejected_list(const struct llmx_explanation *explanation)
{
    json_t *list = json_array();
    for (int i = 0; i < explanation->n_rejected; i++) {
        const struct llmx_rejected *rejected = &explanation->rejected[i];
        json_array_append_new(list, json_pack("{s:s, s:o}", "text", rejected->text, "failed",
                                              check_list(rejected->failed)));
    }
    return list;
}

/* The line of an example, with the text when one passed; else people may write it. */
static json_t *example_line(const struct explaining *e, const struct draft *draft)
{
    json_t *line = json_copy(e->examples[draft - e->drafts]);
    const struct llmx_explanation *x = &draft->explanation;
    if (line && x->has_passed &&
        (json_object_set_new(line, "output", json_string(x->text)) != 0 ||
         json_object_set_new(line, "source", json_string(e->options->model_name)) != 0)) {
        json_decref(line);
        return NULL;
    }
    return line;
}

static json_t *text_or_null(const char *text)
{
    return text ? json_string(text) : json_null();
}

static json_t *explanation_line(const struct explaining *e, const struct draft *draft)
{
    const struct llmx_explain_options *o = e->options;
    const struct llmx_explanation *x = &draft->explanation;
    json_t *line = json_object();
    int failed =
        json_object_set_new(line, "user", json_string(draft->rec->user_token)) |
        json_object_set_new(line, "item", json_string(draft->rec->item_token)) |
        json_object_set_new(line, "rank", json_integer(draft->rec->rank)) |
        json_object_set_new(line, "explanation", json_string(x->text)) |
        json_object_set_new(line, "cites", cite_list(e->briefing.data, &x->verdict)) |
        json_object_set_new(line, "gate",
                            json_pack("{s:s, s:o}", "verdict", x->has_passed ? "pass" : "fallback",
                                      "failed", check_list(x->failed))) |
        json_object_set_new(line, "tries", json_integer(x->tries)) |
        (o->grounded ? json_object_set_new(line, "revised", json_integer(x->revised)) : 0) |
        json_object_set_new(line, "model", text_or_null(o->model_name)) |
        json_object_set_new(line, "adapter", text_or_null(o->adapter_name)) |
        json_object_set_new(line, "seed", json_integer((json_int_t)o->seed)) |
        json_object_set_new(line, "facts", fact_list(&e->briefing, draft->given));
    failed |= retold_note(&e->briefing.retold, e->briefing.data, line);
    if (o->keep_prompts)
        failed |= json_object_set_new(line, "prompt", json_string(x->prompt));
    if (x->n_rejected > 0)
        failed |= json_object_set_new(line, "rejected", rejected_list(x));
    if (failed) {
        json_decref(line);
        return NULL;
    }
    return line;
}

static void count_try(struct llmx_explain_report *report, const struct draft *draft)
{
    for (int k = 0; k < LLMX_CHECK_COUNT; k++)
        report->rejected[k] += (int)(draft->latest >> k & 1);
}

int explaining_write(struct explaining *e, struct llmx_error *err)
{
    for (; !e->is_held && e->n_written < e->recs.n && e->lines[e->n_written]; e->n_written++) {
        json_t **line = &e->lines[e->n_written];
        if (jsonl_write(e->out.stream, *line, err) != 0)
            return -1;
        json_decref(*line);
        *line = NULL;
        e->report->explained++;
    }
    if (fflush(e->out.stream) != 0)
        return err_system(err, "cannot write %s", e->out.path);
    return 0;
}

/* A draft is complete: its line is made, and its memory given back. */
static int finish(struct explaining *e, struct draft *draft, struct llmx_error *err)
{
    struct llmx_explanation *x = &draft->explanation;
    json_t *line = e->examples ? example_line(e, draft) : explanation_line(e, draft);
    if (!line)
        return err_set(err, LLMX_NO_MEMORY, "out of memory");
    e->report->passed += x->has_passed;
    e->report->passed_first += x->has_passed && x->tries == 1;
    e->report->fallbacks += !x->has_passed;
    e->report->revised += x->revised;
    e->lines[draft - e->drafts] = line;
    e->n_finished++;
    draft_release(draft);
    return explaining_write(e, err);
}

bool explaining_take(struct explaining *e, struct draft *draft, const char *text, size_t n)
{
    if (e->report->first_text_s <= 0)
        e->report->first_text_s = clock_now_s() - e->start_s;
    if (e->failure.code != LLMX_OK)
        return false;
    const int again = draft_take(draft, &e->desk, text, n, &e->failure);
    if (again >= 0)
        count_try(e->report, draft);
    if (again > 0 && !e->is_stopped)
        return true;
    if (again == 0 && finish(e, draft, &e->failure) != 0 && e->failure.code == LLMX_OK)
        e->failure.code = LLMX_IO;
    const struct llmx_progress *progress = &e->options->progress;
    if (progress->report && pthread_equal(pthread_self(), e->caller))
        e->is_stopped |=
            progress->report(progress->context, "explain", e->n_finished, e->recs.n, NULL) != 0;
    return false;
}

int explaining_plain(struct explaining *e, struct llmx_error *err)
{
    for (int i = e->n_written; i < e->recs.n; i++) {
        if (llmx_stop_asked(e->options->stop))
            return err_set(err, LLMX_INTERRUPTED, "interrupted");
        if (draft_prompt(&e->drafts[i], &e->desk, err) != 0 ||
            draft_plain(&e->drafts[i], &e->desk, err) != 0 || finish(e, &e->drafts[i], err) != 0)
            return -1;
    }
    return 0;
}

void explaining_release(struct explaining *e)
{
    for (int i = 0; e->drafts && i < e->recs.n; i++)
        draft_release(&e->drafts[i]);
    for (int i = 0; e->lines && i < e->recs.n; i++)
        json_decref(e->lines[i]);
    free(e->drafts);
    free(e->lines);
    partial_close(&e->out);
    recs_release(&e->recs);
    desk_release(&e->desk);
    briefing_release(&e->briefing);
}
