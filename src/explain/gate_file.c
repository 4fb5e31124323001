/* gate_file.c - the gate over a file of explanations that anybody wrote. */
#include "base/clock.h"
#include "base/file.h"
#include "explain/desk.h"
#include "explain/pairing.h"
#include "llmxrec/explain_file.h"

#include <string.h>

struct checking {
    struct llmx_explain_report *report;
    struct briefing briefing;
    struct desk desk;
    struct pairing pairing;
    struct output out;
    struct text prompt;
};

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

static int check_line(struct checking *c, struct llmx_error *err)
{
    const struct pairing *p = &c->pairing;
    struct llmx_given given;
    struct llmx_verdict verdict;
    if (desk_given(&c->desk, p->rec, &given, err) != 0)
        return -1;
    text_clear(&c->prompt);
    briefing_prompt(&c->briefing, &given, &c->prompt);
    given.prompt = c->prompt.s;
    if (text_check(&c->prompt, err) != 0 ||
        llmx_gate_check(c->desk.checker, &given, p->text, strlen(p->text), &verdict, err) != 0)
        return -1;
    count(c->report, &verdict);
    json_t *gate = json_pack("{s:s, s:o}", "verdict", verdict.n_failures ? "reject" : "pass",
                             "failed", failure_list(&verdict, p->text));
    return json_object_set_new(p->line, "gate", gate) == 0
               ? 0
               : err_set(err, LLMX_NO_MEMORY, "out of memory");
}

static int check_lines(struct checking *c, struct llmx_error *err)
{
    int more;
    while ((more = pairing_next(&c->pairing, err)) == 1)
        if ((c->pairing.rec && check_line(c, err) != 0) ||
            jsonl_write(c->out.stream, c->pairing.line, err) != 0)
            return -1;
    c->report->skipped = c->pairing.n_skipped;
    return more;
}

int llmx_gate_file(const char *explanations_path, const char *recs_path,
                   const struct llmx_data *data, const struct llmx_explain_options *options,
                   const char *out_path, struct llmx_explain_report *report, struct llmx_error *err)
{
    struct llmx_explain_report unused;
    struct checking c = {.report = report ? report : &unused};
    double start = clock_now_s();
    *c.report = (struct llmx_explain_report){0};
    int status = briefing_open(&c.briefing, data, options, err);
    if (status == 0)
        status = desk_open(&c.desk, &c.briefing, err);
    if (status == 0)
        status = pairing_open(&c.pairing, explanations_path, recs_path, data, options, err);
    if (status == 0)
        status = output_open(&c.out, out_path, err);
    if (status == 0)
        status = check_lines(&c, err);
    if (status == 0)
        status = output_commit(&c.out, err);
    c.report->elapsed_s = clock_now_s() - start;
    output_discard(&c.out);
    text_release(&c.prompt);
    pairing_close(&c.pairing);
    desk_release(&c.desk);
    briefing_release(&c.briefing);
    return status;
}
