/* explaining.c - judging a text, and making and writing its line. */
#include "explain/explaining.h"

#include "base/clock.h"
#include "base/rng.h"
#include "format/jsonl.h"

#include <stdlib.h>
#include <string.h>

int explaining_prompt(struct explaining *e, struct task *task, struct llmx_given *given,
                      struct llmx_error *err)
{
    *given = desk_given(&e->desk, task->rec);
    briefing_prompt(&e->briefing, given, &task->prompt);
    return text_check(&task->prompt, err);
}

struct llmx_sampling explaining_sampling(const struct explaining *e, const struct task *task)
{
    struct llmx_sampling sampling = e->options->sampling;
    if (task->tries == 0)
        sampling.temperature = 0;
    return sampling;
}

uint64_t explaining_seed(const struct explaining *e, const struct task *task)
{
    const uint64_t index = (uint64_t)(task - e->tasks) * TRIES_MAX + (uint64_t)task->tries;
    return rng_stream(e->options->seed, RNG_SAMPLING, index).key;
}

bool explaining_goes_on(const struct explaining *e)
{
    return e->failure.code == LLMX_OK && !e->is_stopped;
}

static json_t *check_list(unsigned failed)
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

/* The line of an example with its text; n = 0: none passed, people may write it. */
static int fill_example(struct explaining *e, struct task *task, const char *text, size_t n,
                        struct llmx_error *err)
{
    task->line = json_copy(e->examples[task - e->tasks]);
    const bool failed =
        !task->line ||
        (n > 0 &&
         (json_object_set_new(task->line, "output", json_stringn(text, n)) != 0 ||
          json_object_set_new(task->line, "source", json_string(e->options->model_name)) != 0));
    return failed ? err_set(err, LLMX_NO_MEMORY, "out of memory") : 0;
}

/* The line of a finished task. Its text is the very one that the verdict is on. */
static int make_line(struct explaining *e, struct task *task, const char *text, size_t n,
                     const struct llmx_verdict *verdict, bool is_fallback, struct llmx_error *err)
{
    const struct llmx_explain_options *o = e->options;
    if (e->examples)
        return fill_example(e, task, text, n, err);
    json_t *line = json_object();
    int failed =
        json_object_set_new(line, "user", json_string(task->rec->user_token)) |
        json_object_set_new(line, "item", json_string(task->rec->item_token)) |
        json_object_set_new(line, "rank", json_integer(task->rec->rank)) |
        json_object_set_new(line, "explanation", json_stringn(text, n)) |
        json_object_set_new(line, "cites", cite_list(e->briefing.data, verdict)) |
        json_object_set_new(line, "gate",
                            json_pack("{s:s, s:o}", "verdict", is_fallback ? "fallback" : "pass",
                                      "failed", check_list(task->failed))) |
        json_object_set_new(line, "tries", json_integer(task->tries)) |
        json_object_set_new(line, "model",
                            o->model_name ? json_string(o->model_name) : json_null()) |
        json_object_set_new(line, "adapter",
                            o->adapter_name ? json_string(o->adapter_name) : json_null()) |
        json_object_set_new(line, "seed", json_integer((json_int_t)o->seed));
    if (o->keep_prompts)
        failed |= json_object_set_new(line, "prompt", json_stringn(task->prompt.s, task->prompt.n));
    if (task->rejected)
        failed |= json_object_set(line, "rejected", task->rejected);
    task->line = line;
    return failed ? err_set(err, LLMX_NO_MEMORY, "out of memory") : 0;
}

static int fall_back(struct explaining *e, struct task *task, struct llmx_error *err)
{
    struct llmx_given given = desk_given(&e->desk, task->rec);
    struct text sentence = {0};
    struct llmx_verdict verdict;
    e->report->fallbacks++;
    if (e->examples)
        return fill_example(e, task, NULL, 0, err);
    prompt_fallback(&sentence, &e->briefing.template, e->briefing.catalogue, &given);
    int status = text_check(&sentence, err);
    if (status == 0) /* for what it cites */
        status =
            desk_check(&e->desk, task->rec, task->prompt.s, sentence.s, sentence.n, &verdict, err);
    if (status == 0)
        status = make_line(e, task, sentence.s, sentence.n, &verdict, true, err);
    text_release(&sentence);
    return status;
}

static void count_rejected(struct llmx_explain_report *report, const struct llmx_verdict *verdict,
                           unsigned *failed)
{
    unsigned now = 0;
    for (int i = 0; i < verdict->n_failures; i++)
        now |= 1u << verdict->failure[i].check;
    for (int k = 0; k < LLMX_CHECK_COUNT; k++)
        report->rejected[k] += (int)(now >> k & 1);
    *failed |= now;
}

static const char *trimmed(const char *text, size_t *n)
{
    while (*n > 0 && strchr(" \t\r\n", text[*n - 1]))
        --*n;
    while (*n > 0 && strchr(" \t\r\n", *text))
        text++, --*n;
    return text;
}

static void keep_rejected(struct task *task, const char *text, size_t n,
                          const struct llmx_verdict *verdict)
{
    unsigned failed = 0;
    for (int i = 0; i < verdict->n_failures; i++)
        failed |= 1u << verdict->failure[i].check;
    if (!task->rejected)
        task->rejected = json_array();
    json_array_append_new(task->rejected, json_pack("{s:o, s:o}", "text", json_stringn(text, n),
                                                    "failed", check_list(failed)));
}

/* The end of the last sentence that ends before byte n, so that something of the text is cut off; 0: none. */
static size_t sentence_end_before(const char *text, size_t n)
{
    for (size_t i = n - 1; i > 1; i--) {
        size_t mark = i - 1;
        while (mark > 0 && strchr("\"')*", text[mark]))
            mark--;
        if (strchr(" \n", text[i]) && strchr(".!?", text[mark]))
            return i;
    }
    return 0;
}

/* Holds the text to the gate, and if it does not pass what is left of it without its last sentences: small models
 * often begin well and do not find an end. *n becomes the bytes that pass; `verdict` is on them, or on the whole
 * text when nothing passes. */
static int longest_passing(struct explaining *e, const struct task *task, const char *text,
                           size_t *n, struct llmx_verdict *verdict, struct llmx_error *err)
{
    if (desk_check(&e->desk, task->rec, task->prompt.s, text, *n, verdict, err) != 0)
        return -1;
    size_t end = *n;
    while (verdict->n_failures > 0 && end > 0 && (end = sentence_end_before(text, end)) > 0) {
        struct llmx_verdict shorter;
        if (desk_check(&e->desk, task->rec, task->prompt.s, text, end, &shorter, err) != 0)
            return -1;
        if (shorter.n_failures == 0) {
            *verdict = shorter;
            *n = end;
        }
    }
    return 0;
}

/* Judges a text: 1 to try again, 0 when the task has its line, -1. */
static int judge(struct explaining *e, struct task *task, const char *text, size_t n,
                 struct llmx_error *err)
{
    struct llmx_verdict verdict;
    if (longest_passing(e, task, text, &n, &verdict, err) != 0)
        return -1;
    task->tries++;
    if (verdict.n_failures == 0) {
        e->report->passed++;
        e->report->passed_first += task->tries == 1;
        return make_line(e, task, text, n, &verdict, false, err);
    }
    count_rejected(e->report, &verdict, &task->failed);
    if (e->options->keep_rejected)
        keep_rejected(task, text, n, &verdict);
    return task->tries < e->options->tries ? 1 : fall_back(e, task, err);
}

int explaining_write(struct explaining *e, struct llmx_error *err)
{
    for (; e->n_written < e->recs.n && e->tasks[e->n_written].is_finished; e->n_written++) {
        struct task *task = &e->tasks[e->n_written];
        if (jsonl_write(e->out.stream, task->line, err) != 0)
            return -1;
        json_decref(task->line);
        task->line = NULL;
        e->report->explained++;
    }
    if (fflush(e->out.stream) != 0)
        return err_system(err, "cannot write %s", e->out.path);
    return 0;
}

bool explaining_take(struct explaining *e, struct task *task, const char *text, size_t n)
{
    if (e->report->first_text_s <= 0)
        e->report->first_text_s = clock_now_s() - e->start_s;
    if (e->failure.code != LLMX_OK)
        return false;
    text = trimmed(text, &n);
    const int again = judge(e, task, text, n, &e->failure);
    if (again > 0 && !e->is_stopped)
        return true;
    if (again == 0) {
        task->is_finished = true;
        text_release(&task->prompt);
        e->n_finished++;
        if (explaining_write(e, &e->failure) != 0 && e->failure.code == LLMX_OK)
            e->failure.code = LLMX_IO;
    }
    const struct llmx_progress *progress = &e->options->progress;
    if (progress->report && pthread_equal(pthread_self(), e->caller))
        e->is_stopped |=
            progress->report(progress->context, "explain", e->n_finished, e->recs.n, NULL) != 0;
    return false;
}

void explaining_release(struct explaining *e)
{
    for (int i = 0; e->tasks && i < e->recs.n; i++) {
        text_release(&e->tasks[i].prompt);
        json_decref(e->tasks[i].rejected);
        json_decref(e->tasks[i].line);
    }
    free(e->tasks);
    partial_close(&e->out);
    recs_release(&e->recs);
    desk_release(&e->desk);
    briefing_release(&e->briefing);
}
