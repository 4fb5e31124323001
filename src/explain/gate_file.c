/* gate_file.c - the gate over a file of explanations that anybody wrote. */
#include "base/clock.h"
#include "base/file.h"
#include "base/names.h"
#include "explain/desk.h"
#include "format/jsonl.h"
#include "llmxrec/explain_file.h"

#include <string.h>

struct checking {
    const struct llmx_explain_options *options;
    struct llmx_explain_report *report;
    struct briefing briefing;
    struct desk desk;
    struct recs recs;
    struct names pairs; /* "user\titem" of every recommendation */
    struct jsonl in;
    struct output out;
    struct arena arena; /* of one line */
    struct text prompt;
};

static int index_recs(struct checking *c, struct llmx_error *err)
{
    for (int i = 0; i < c->recs.n; i++) {
        const struct rec *rec = &c->recs.rec[i];
        char *pair = arena_printf(&c->recs.arena, err, "%s\t%s", rec->user_token, rec->item_token);
        int64_t number = pair ? names_add(&c->pairs, pair, strlen(pair), err) : -1;
        if (number < 0)
            return -1;
        c->recs.rec[number] = *rec; /* of two lines for one pair the later one stands */
    }
    return 0;
}

/* NULL when memory is out. */
static json_t *failure_list(const struct llmx_verdict *verdict, const char *text)
{
    json_t *list = json_array();
    for (int i = 0; i < verdict->n_failures; i++) {
        const struct llmx_failure *f = &verdict->failure[i];
        json_t *failure = json_pack("{s:s, s:o}", "check", llmx_check_name((int)f->check), "span",
                                    json_stringn(text + f->start, f->end - f->start));
        if (json_array_append_new(list, failure) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static void count(struct llmx_explain_report *report, const struct llmx_verdict *verdict)
{
    unsigned failed = 0;
    for (int i = 0; i < verdict->n_failures; i++)
        failed |= 1u << verdict->failure[i].check;
    for (int k = 0; k < LLMX_CHECK_COUNT; k++)
        report->rejected[k] += (int)(failed >> k & 1);
    report->explained++;
    report->passed += verdict->n_failures == 0;
    report->fallbacks += verdict->n_failures > 0;
}

/* Tells that a line has no recommendation and lets it through without a verdict. */
static void skip(struct checking *c, const char *user, const char *item)
{
    char message[512];
    snprintf(message, sizeof message,
             "%s:%ld: there is no recommendation of item '%.100s' for user '%.100s'",
             c->in.lines.path, c->in.lines.number, item, user);
    if (c->options->notice)
        c->options->notice(c->options->notice_context, message);
    c->report->skipped++;
}

static int check_line(struct checking *c, json_t *line, struct llmx_error *err)
{
    const char *user =
        rec_token(c->in.lines.path, c->in.lines.number, line, "user", &c->arena, err);
    const char *item =
        user ? rec_token(c->in.lines.path, c->in.lines.number, line, "item", &c->arena, err) : NULL;
    const char *text = item ? jsonl_text(&c->in, line, "explanation", err) : NULL;
    char *pair = text ? arena_printf(&c->arena, err, "%s\t%s", user, item) : NULL;
    if (!pair)
        return -1;
    int64_t number = names_find(&c->pairs, pair, strlen(pair));
    if (number < 0) {
        skip(c, user, item);
        return 0;
    }
    const struct rec *rec = &c->recs.rec[number];
    struct llmx_given given;
    struct llmx_verdict verdict;
    if (desk_given(&c->desk, rec, &given, err) != 0)
        return -1;
    text_clear(&c->prompt);
    briefing_prompt(&c->briefing, &given, &c->prompt);
    if (text_check(&c->prompt, err) != 0 ||
        desk_check(&c->desk, rec, c->prompt.s, text, strlen(text), &verdict, err) != 0)
        return -1;
    count(c->report, &verdict);
    json_t *gate = json_pack("{s:s, s:o}", "verdict", verdict.n_failures ? "reject" : "pass",
                             "failed", failure_list(&verdict, text));
    return json_object_set_new(line, "gate", gate) == 0
               ? 0
               : err_set(err, LLMX_NO_MEMORY, "out of memory");
}

static int check_lines(struct checking *c, struct llmx_error *err)
{
    json_t *line;
    int status;
    while ((status = jsonl_read(&c->in, &line, err)) == 1) {
        status = check_line(c, line, err);
        if (status == 0)
            status = jsonl_write(c->out.stream, line, err);
        json_decref(line);
        arena_reset(&c->arena);
        if (status != 0)
            break;
    }
    return status;
}

int llmx_gate_file(const char *explanations_path, const char *recs_path,
                   const struct llmx_data *data, const struct llmx_explain_options *options,
                   const char *out_path, struct llmx_explain_report *report, struct llmx_error *err)
{
    struct llmx_explain_report unused;
    struct checking c = {.options = options, .report = report ? report : &unused};
    double start = clock_now_s();
    *c.report = (struct llmx_explain_report){0};
    int status = briefing_open(&c.briefing, data, options, err);
    if (status == 0)
        status = desk_open(&c.desk, &c.briefing, err);
    if (status == 0)
        status = recs_open(&c.recs, recs_path, data, options, err);
    if (status == 0)
        status = index_recs(&c, err);
    if (status == 0)
        status = jsonl_open(&c.in, explanations_path, err);
    if (status == 0)
        status = output_open(&c.out, out_path, err);
    if (status == 0)
        status = check_lines(&c, err);
    if (status == 0)
        status = output_commit(&c.out, err);
    c.report->elapsed_s = clock_now_s() - start;
    output_discard(&c.out);
    jsonl_close(&c.in);
    text_release(&c.prompt);
    arena_release(&c.arena);
    names_release(&c.pairs);
    recs_release(&c.recs);
    desk_release(&c.desk);
    briefing_release(&c.briefing);
    return status;
}
