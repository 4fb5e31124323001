/* curate.c - instruction examples: chosen from recommendations, written by people, held to the gate, put into the
 * form that tuning reads. */
#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/plain.h"
#include "base/rng.h"
#include "explain/desk.h"
#include "explain/variants.h"
#include "format/jsonl.h"
#include "llmxrec/explain_file.h"

#include <stdlib.h>
#include <string.h>

/* An item may be chosen so often before an item that ranks lower for that user is preferred: the best of everybody's
 * lists are the same few items, the last of them rest on weak evidence. */
#define ITEM_TIMES 3

#define VARIANTS_MAX 64 /* of an example: each has a stream of random numbers of its own */

struct curation {
    struct llmx_explain_options options;
    struct llmx_examples_report *report;
    struct briefing briefing;
    struct desk desk;
    struct recs recs;
    struct jsonl in;
    struct output out;
    struct text prompt, answer, message;
};

static int curation_open(struct curation *e, const struct llmx_data *data,
                         const struct llmx_explain_options *options,
                         struct llmx_examples_report *report, struct llmx_error *err)
{
    *report = (struct llmx_examples_report){0};
    *e = (struct curation){.options = *options, .report = report};
    e->options.users_max = 0; /* the file is read whole */
    if (options->variants < 0 || options->variants > VARIANTS_MAX)
        return err_set(err, LLMX_BAD_OPTION, "variants %d: choose 1 to %d", options->variants,
                       VARIANTS_MAX);
    if (!e->options.template_path)
        e->options.template_path = LAYOUT_TUNED;
    if (briefing_open(&e->briefing, data, &e->options, err) != 0)
        return -1;
    return desk_open(&e->desk, &e->briefing, err);
}

static void curation_release(struct curation *e)
{
    output_discard(&e->out);
    jsonl_close(&e->in);
    text_release(&e->prompt);
    text_release(&e->answer);
    text_release(&e->message);
    recs_release(&e->recs);
    desk_release(&e->desk);
    briefing_release(&e->briefing);
}

/* Makes the prompt of a recommendation, as `explain` does, into e->prompt. */
static int curation_prompt(struct curation *e, const struct rec *rec, struct llmx_given *given,
                           struct llmx_error *err)
{
    if (desk_given(&e->desk, rec, given, err) != 0)
        return -1;
    text_clear(&e->prompt);
    briefing_prompt(&e->briefing, given, &e->prompt);
    given->prompt = e->prompt.s;
    return text_check(&e->prompt, err);
}

/* Tokens of items; NULL when memory is out. */
static json_t *token_list(const struct llmx_data *data, const llmx_id *items, int n)
{
    json_t *list = json_array();
    for (int i = 0; list && i < n; i++)
        if (json_array_append_new(list, json_string(llmx_data_item_token(data, items[i]))) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* With as many digits as `recommend` writes. */
static json_t *contribution(float value)
{
    char digits[32];
    double rounded = (double)value;
    plain_snprintf(digits, sizeof digits, "%.7g", (double)value);
    number_read(digits, &rounded);
    return json_real(rounded);
}

/* All the evidence of a recommendation, as it was told; NULL when memory is out. */
static json_t *evidence_list(const struct llmx_data *data, const struct rec *rec)
{
    json_t *list = json_array();
    for (int i = 0; list && i < rec->n_evidence; i++)
        if (json_array_append_new(
                list, json_pack("{s:s, s:o}", "item", llmx_data_item_token(data, rec->evidence[i]),
                                "contribution", contribution(rec->contribution[i]))) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

/* Writes an object that may be NULL for lack of memory, and lets go of it. */
static int write_line(struct curation *e, json_t *line, struct llmx_error *err)
{
    int status = line ? jsonl_write(e->out.stream, line, err)
                      : err_set(err, LLMX_NO_MEMORY, "out of memory");
    json_decref(line);
    return status;
}

static int write_task(struct curation *e, const struct rec *rec, struct llmx_error *err)
{
    struct llmx_given given;
    const struct llmx_data *data = e->briefing.data;
    if (curation_prompt(e, rec, &given, err) != 0)
        return -1;
    json_t *line = json_pack("{s:s, s:s, s:o, s:s*}", "user", rec->user_token, "item",
                             rec->item_token, "evidence", evidence_list(data, rec), "as_of",
                             rec->is_as_of_train ? "train" : NULL);
    if (line && rec->history &&
        json_object_set_new(line, "history", token_list(data, rec->history, rec->n_history)) != 0) {
        json_decref(line);
        line = NULL;
    }
    if (line && (json_object_set_new(line, "prompt", json_string(e->prompt.s)) != 0 ||
                 json_object_set_new(line, "output", json_string("")) != 0)) {
        json_decref(line);
        line = NULL;
    }
    e->report->passed++;
    return write_line(e, line, err);
}

/* The recommendation of the user whose lines begin at `first`: the best one, but no item far oftener than others. */
static const struct rec *choose_rec(const struct curation *e, int first, const int *taken)
{
    const struct rec *rec = e->recs.rec, *best = &rec[first];
    for (int i = first + 1; i < e->recs.n && !recs_begin_user(&e->recs, i); i++)
        if (taken[rec[i].item] / ITEM_TIMES < taken[best->item] / ITEM_TIMES)
            best = &rec[i];
    return best;
}

/* Users in a random order, one recommendation each. */
static int write_tasks(struct curation *e, int users_max, struct llmx_error *err)
{
    int *first = mem_array((size_t)e->recs.n + 1, sizeof *first, err);
    int *taken = mem_array((size_t)llmx_data_items(e->briefing.data) + 1, sizeof *taken, err);
    int users = 0, status = first && taken ? 0 : -1;
    for (int i = 0; status == 0 && i < e->recs.n; i++)
        if (recs_begin_user(&e->recs, i))
            first[users++] = i;
    struct rng rng = rng_stream(e->options.seed, RNG_SHUFFLE, 0);
    for (int i = 0; status == 0 && i < users && (users_max == 0 || i < users_max); i++) {
        int k = i + (int)rng_below(&rng, (uint32_t)(users - i)), this = first[k];
        first[k] = first[i];
        const struct rec *rec = choose_rec(e, this, taken);
        taken[rec->item]++;
        status = write_task(e, rec, err);
    }
    free(first);
    free(taken);
    return status;
}

int llmx_examples_make(const char *recs_path, const struct llmx_data *data,
                       const struct llmx_explain_options *options, const char *out_path,
                       struct llmx_examples_report *report, struct llmx_error *err)
{
    struct curation e;
    struct llmx_examples_report unused;
    int status = curation_open(&e, data, options, report ? report : &unused, err);
    if (status == 0)
        status = recs_open(&e.recs, recs_path, data, &e.options, err);
    e.report->skipped = e.recs.n_skipped;
    if (status == 0)
        briefing_tell_untitled(&e.briefing);
    if (status == 0)
        status = output_open(&e.out, out_path, err);
    if (status == 0)
        status = write_tasks(&e, options->users_max, err);
    if (status == 0)
        status = output_commit(&e.out, err);
    curation_release(&e);
    return status;
}

/* Says where and why the gate rejected a text: "FILE:LINE: genre: comedy". */
static int tell_verdict(struct curation *e, const struct llmx_verdict *verdict, const char *text,
                        struct llmx_error *err)
{
    for (int i = 0; i < verdict->n_failures; i++) {
        const struct llmx_failure *f = &verdict->failure[i];
        text_clear(&e->message);
        text_printf(&e->message, "%s:%ld: %s: %.*s", e->in.lines.path, e->in.lines.number,
                    llmx_check_name((int)f->check), (int)(f->end - f->start), text + f->start);
        if (text_check(&e->message, err) != 0)
            return -1;
        if (e->options.notice)
            e->options.notice(e->options.notice_context, e->message.s);
    }
    return 0;
}

/* A model begins its answer with the template's @answer: an example has to begin so as well. */
static int check_answer(struct curation *e, const struct llmx_given *given, const char *text,
                        struct llmx_error *err)
{
    text_clear(&e->answer);
    prompt_answer(&e->answer, &e->briefing.template, e->briefing.catalogue, given);
    if (text_check(&e->answer, err) != 0)
        return -1;
    if (e->answer.n == 0 || strncmp(text, e->answer.s, e->answer.n) == 0)
        return 0;
    return err_set(
        err, LLMX_MISMATCH,
        "%s:%ld: the output does not begin as the template's @answer does (%s); choose a "
        "template without @answer, such as reasons",
        e->in.lines.path, e->in.lines.number, e->answer.s);
}

static int write_example(struct curation *e, const struct rec *rec, const struct llmx_given *given,
                         const char *prompt, const char *text, struct llmx_error *err)
{
    return write_line(e,
                      json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:s}", "instruction", prompt,
                                "input", "", "output", text, "user", rec->user_token, "item",
                                rec->item_token, "evidence",
                                token_list(e->briefing.data, given->evidence, given->n_evidence),
                                "template", e->options.template_path),
                      err);
}

static int write_variant(struct curation *e, const struct rec *rec, const struct llmx_given *given,
                         const char *text, int number, struct llmx_error *err)
{
    struct rng rng = rng_stream(e->options.seed, RNG_VARIANTS,
                                (uint64_t)e->in.lines.number * VARIANTS_MAX + (uint64_t)number);
    struct text prompt = {0}, answer = {0};
    struct variant variant;
    int status = -1;
    variant_choose(&variant, e->briefing.catalogue, given, &rng);
    variant_put(&variant, &prompt, e->prompt.s);
    variant_put(&variant, &answer, text);
    if (text_check(&prompt, err) == 0 && text_check(&answer, err) == 0)
        status = write_example(e, rec, given, prompt.s, answer.s, err);
    text_release(&prompt);
    text_release(&answer);
    return status;
}

static int build_example(struct curation *e, const struct rec *rec, const char *text,
                         struct llmx_error *err)
{
    struct llmx_verdict verdict;
    struct llmx_given given;
    if (curation_prompt(e, rec, &given, err) != 0 || check_answer(e, &given, text, err) != 0 ||
        llmx_gate_check(e->desk.checker, &given, text, strlen(text), &verdict, err) != 0)
        return -1;
    if (verdict.n_failures > 0) {
        e->report->rejected++;
        return tell_verdict(e, &verdict, text, err);
    }
    e->report->passed++;
    if (!e->out.stream)
        return 0;
    int status = write_example(e, rec, &given, e->prompt.s, text, err);
    for (int k = 1; k < e->options.variants && status == 0; k++)
        status = write_variant(e, rec, &given, text, k, err);
    return status;
}

static int build_line(struct curation *e, const json_t *line, struct llmx_error *err)
{
    const char *text = jsonl_text(&e->in, line, "output", err);
    if (!text)
        return -1;
    arena_reset(&e->recs.arena);
    e->recs.n = 0;
    if (recs_add(&e->recs, &e->in, line, e->briefing.data, &e->options, err) != 0)
        return -1;
    if (e->recs.n == 0)
        return 0;
    if (!text[strspn(text, " \t\r\n")]) {
        e->report->empty++;
        return 0;
    }
    return build_example(e, &e->recs.rec[0], text, err);
}

int llmx_examples_build(const char *path, const struct llmx_data *data,
                        const struct llmx_explain_options *options, const char *out_path,
                        struct llmx_examples_report *report, struct llmx_error *err)
{
    struct curation e;
    struct llmx_examples_report unused;
    json_t *line;
    int status = curation_open(&e, data, options, report ? report : &unused, err);
    if (status == 0)
        status = jsonl_open(&e.in, path, err);
    if (status == 0 && out_path)
        status = output_open(&e.out, out_path, err);
    while (status == 0 && (status = jsonl_read(&e.in, &line, err)) == 1) {
        status = build_line(&e, line, err);
        json_decref(line);
    }
    e.report->skipped = e.recs.n_skipped;
    if (status == 0 && out_path)
        status = output_commit(&e.out, err);
    curation_release(&e);
    return status;
}
