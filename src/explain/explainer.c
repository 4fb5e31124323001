/* explainer.c - explanations in memory: every call has a desk and drafts of its own, and all share one generator. */
#include "base/memory.h"
#include "explain/thinking.h"
#include "explain/writer.h"
#include "llmxrec/remote.h"

#include <stdlib.h>
#include <string.h>

#define REPLACEMENT                                                                                \
    "\xef\xbf\xbd" /* U+FFFD, which ends a text also where a character is not whole yet */

struct llmx_explainer {
    struct llmx_explain_options options;
    struct briefing briefing;
    struct llmx_generator *generator; /* NULL: options.remote writes */
    struct writer writer;
};

/* One request being explained. While texts are written all of it belongs to the callbacks, which come one at a time. */
struct call {
    struct llmx_explainer *explainer;
    const struct llmx_explain_request *request;
    struct arena arena;
    struct desk desk;
    struct rec *recs;     /* (n) */
    struct draft *drafts; /* (n) */
    struct sheets sheets;
    size_t *told;                    /* (n) bytes of the try that were told */
    struct llmx_question *questions; /* (n) to a server */
    struct text *answers;            /* (n) that come piece by piece */
    struct llmx_error refusal;       /* of a question alone, none of which was answered */
    bool is_answered;
    bool is_cancelled;
    struct llmx_error failure;
};

/* ---- open and close ---- */

int llmx_explainer_open(struct llmx_explainer **explainer, const struct llmx_data *data,
                        struct llmx_generator *generator,
                        const struct llmx_explain_options *options, struct llmx_error *err)
{
    struct llmx_explainer *x = mem_array(1, sizeof *x, err);
    if (!x)
        return -1;
    x->options = options ? *options : llmx_explain_defaults();
    x->generator = x->options.remote ? NULL : generator;
    int status = draft_check_options(&x->options, err);
    if (status == 0)
        status = briefing_open(&x->briefing, data, &x->options, err);
    if (status == 0 && x->generator)
        status = writer_init(&x->writer, &x->briefing, llmx_generator_model(x->generator), err);
    if (status == 0 && x->generator)
        status = writer_find_opening(&x->writer, err);
    if (status != 0) {
        llmx_explainer_close(x);
        return -1;
    }
    *explainer = x;
    return 0;
}

void llmx_explainer_close(struct llmx_explainer *x)
{
    if (!x)
        return;
    writer_release(&x->writer);
    briefing_release(&x->briefing);
    free(x);
}

const struct llmx_gate *llmx_explainer_gate(const struct llmx_explainer *x)
{
    return x->briefing.gate;
}

/* ---- what a call hears of its texts, and tells ---- */

static bool goes_on(struct call *c)
{
    c->is_cancelled |= llmx_stop_asked(c->explainer->options.stop);
    return !c->is_cancelled && c->failure.code == LLMX_OK;
}

static void tell(struct call *c, const struct draft *draft, enum llmx_told what, const char *text)
{
    const struct llmx_explain_request *r = c->request;
    if (r->told)
        c->is_cancelled |=
            r->told(r->context, what, (int)(draft - c->drafts), text, &draft->explanation) != 0;
}

/* Takes the text of a try; returns whether another is wanted. */
static bool take(struct call *c, struct draft *draft, const char *text, size_t n)
{
    int again = goes_on(c) ? draft_take(draft, &c->desk, text, n, &c->failure) : -1;
    if (again >= 0)
        tell(c, draft, again ? LLMX_TOLD_GIVEN_UP : LLMX_TOLD_FINISHED, NULL);
    return again > 0 && goes_on(c);
}

/* Tells what a try has, up to byte n, more than was told. */
static void tell_more(struct call *c, const struct draft *draft, struct text *text, size_t n)
{
    size_t *told = &c->told[draft - c->drafts];
    if (!c->request->told || n <= *told)
        return;
    const char rest = text->s[n];
    text->s[n] = '\0';
    tell(c, draft, LLMX_TOLD_TEXT, text->s + *told);
    text->s[n] = rest;
    *told = n;
}

/* The bytes of a growing text that stand: the last character may not be whole yet. */
static size_t settled(const struct text *text)
{
    const size_t mark = sizeof REPLACEMENT - 1;
    const bool is_open =
        text->n >= mark && memcmp(text->s + text->n - mark, REPLACEMENT, mark) == 0;
    return text->n - (is_open ? mark : 0);
}

/* Tells what a growing text says, thinking and what may become a mark of it apart; the text is cut. */
static void tell_answer(struct call *c, const struct draft *draft, struct text *text)
{
    text->n = settled(text);
    text->n = thinking_cut(text->s, text->n);
    tell_more(c, draft, text, thinking_settled(text->s, text->n));
}

static int hear_token(struct llmx_request *asked, struct llmx_generation *g)
{
    struct call *c = asked->context;
    struct llmx_generation settled_part = *g;
    struct text text = {0};
    settled_part.n_tokens = sheet_settled(g);
    if (c->request->told && goes_on(c) && sheet_read(&settled_part, &text, &c->failure) == 0)
        tell_answer(c, ((struct sheet *)g->context)->draft, &text);
    text_release(&text);
    return !goes_on(c);
}

static int hear_finished(struct llmx_request *asked, struct llmx_generation *g)
{
    struct call *c = asked->context;
    struct draft *draft = ((struct sheet *)g->context)->draft;
    struct text text = {0};
    bool again = false;
    if (goes_on(c) && sheet_take(g, &text, &c->failure) == 0) {
        text.n = thinking_cut(text.s, text.n);
        tell_more(c, draft, &text, text.n);
        again = take(c, draft, text.s, text.n);
    }
    text_release(&text);
    c->told[draft - c->drafts] = 0;
    if (again)
        sheet_try(g);
    return again;
}

/* ---- who writes ---- */

static int write_here(struct call *c, struct llmx_error *err)
{
    struct llmx_explainer *x = c->explainer;
    struct llmx_request asked = {.keeps_prefix = c->request->n == 1,
                                 .token = hear_token,
                                 .finished = hear_finished,
                                 .context = c};
    if (sheets_init(&c->sheets, &x->writer, &c->desk, c->drafts, c->request->n, 0, err) != 0)
        return -1;
    asked.group = c->sheets.group;
    if (llmx_generator_submit(x->generator, &asked, err) != 0)
        return -1;
    return llmx_generator_wait(x->generator, &asked, err);
}

/* Makes a question ask for the next try. */
static void ask(struct call *c, struct llmx_question *q)
{
    const struct draft *draft = &c->drafts[q - c->questions];
    const struct llmx_explain_options *o = &c->explainer->options;
    q->prompt = draft->explanation.prompt;
    q->max_tokens = o->max_tokens;
    q->sampling = draft_sampling(draft, o);
    q->seed = draft_seed(draft, o);
}

static int hear_piece(struct llmx_question *q, const char *piece, size_t n)
{
    struct call *c = q->context;
    struct text *answer = &c->answers[q - c->questions], copy = {0};
    text_put(answer, piece, n);
    text_put(&copy, answer->s, answer->n);
    if (goes_on(c) && text_check(&copy, &c->failure) == 0 && text_check(answer, &c->failure) == 0)
        tell_answer(c, &c->drafts[q - c->questions], &copy);
    text_release(&copy);
    return !goes_on(c);
}

/* A question that the server refuses is a try that does not pass; one that does not reach it ends the call. */
static int hear_answer(struct llmx_question *q)
{
    struct call *c = q->context;
    const bool is_refused = q->error.code == LLMX_BAD_INPUT || q->error.code == LLMX_TOO_LARGE;
    const char *text = q->text ? q->text : "";
    bool again = false;
    if (is_refused)
        c->refusal = q->error;
    else if (q->error.code != LLMX_OK && c->failure.code == LLMX_OK)
        c->failure = q->error;
    c->is_answered |= q->error.code == LLMX_OK;
    again = take(c, &c->drafts[q - c->questions], text, strlen(text));
    free(q->text);
    q->text = NULL;
    text_clear(&c->answers[q - c->questions]);
    c->told[q - c->questions] = 0;
    if (again)
        ask(c, q);
    return again;
}

static int write_there(struct call *c, struct llmx_error *err)
{
    const struct llmx_explain_options *o = &c->explainer->options;
    const int n = c->request->n;
    int submitted = 0, status = 0;
    if (!(c->questions = arena_array(&c->arena, (size_t)n, sizeof *c->questions, err)) ||
        !(c->answers = arena_array(&c->arena, (size_t)n, sizeof *c->answers, err)))
        return -1;
    for (int i = 0; i < n && status == 0; i++)
        status = draft_prompt(&c->drafts[i], &c->desk, err);
    for (; submitted < n && status == 0; submitted += status == 0) {
        struct llmx_question *q = &c->questions[submitted];
        *q = (struct llmx_question){.context = c,
                                    .stop = o->stop,
                                    .piece = c->request->told ? hear_piece : NULL,
                                    .finished = hear_answer};
        ask(c, q);
        status = llmx_remote_submit(o->remote, q, err);
    }
    for (int i = 0; i < submitted; i++)
        llmx_remote_wait(o->remote, &c->questions[i], NULL);
    if (status == 0 && !c->is_answered && c->refusal.code != LLMX_OK && c->failure.code == LLMX_OK)
        c->failure = c->refusal;
    return status;
}

/* ---- a call ---- */

static int call_open(struct call *c, struct llmx_error *err)
{
    const struct llmx_explain_request *r = c->request;
    const size_t n = (size_t)r->n;
    if (!(c->recs = arena_array(&c->arena, n, sizeof *c->recs, err)) ||
        !(c->drafts = arena_array(&c->arena, n, sizeof *c->drafts, err)) ||
        !(c->told = arena_array(&c->arena, n, sizeof *c->told, err)) ||
        desk_open(&c->desk, &c->explainer->briefing, err) != 0)
        return -1;
    for (int i = 0; i < r->n; i++) {
        c->drafts[i] = (struct draft){.rec = &c->recs[i], .number = r->number + (uint64_t)i};
        if (rec_make(&c->recs[i], c->explainer->briefing.data, &r->person, &r->recommendations[i],
                     &c->arena, err) != 0)
            return -1;
    }
    return 0;
}

/* Why texts are missing, which is not what the generator says when this call itself gave up. */
static int call_result(const struct call *c, int status, struct llmx_error *err)
{
    if (c->failure.code != LLMX_OK) {
        if (err)
            *err = c->failure;
        return -1;
    }
    return c->is_cancelled ? err_set(err, LLMX_INTERRUPTED, "cancelled") : status;
}

static void call_release(struct call *c)
{
    sheets_release(&c->sheets);
    for (int i = 0; c->drafts && i < c->request->n; i++)
        draft_release(&c->drafts[i]);
    for (int i = 0; c->answers && i < c->request->n; i++)
        text_release(&c->answers[i]);
    desk_release(&c->desk);
    arena_release(&c->arena);
}

int llmx_explainer_explain(struct llmx_explainer *x, const struct llmx_explain_request *request,
                           struct llmx_explanation *out, struct llmx_error *err)
{
    struct call c = {.explainer = x, .request = request};
    if (request->n == 0)
        return 0;
    if (!x->generator && !x->options.remote)
        return err_set(err, LLMX_BAD_OPTION, "neither a generator nor a server to write");
    int status = call_open(&c, err);
    if (status == 0)
        status = call_result(&c, x->generator ? write_here(&c, err) : write_there(&c, err), err);
    for (int i = 0; status == 0 && i < request->n; i++) {
        out[i] = c.drafts[i].explanation;
        c.drafts[i].explanation = (struct llmx_explanation){0};
    }
    call_release(&c);
    return status;
}

/* ---- texts that somebody else wrote ---- */

static int check_text(struct call *c, const char *text, struct llmx_error *err)
{
    struct draft *draft = &c->drafts[0];
    struct llmx_explanation *e = &draft->explanation;
    const size_t n = strlen(text);
    if (draft_prompt(draft, &c->desk, err) != 0 || !(e->text = mem_text(text, n, err)) ||
        llmx_gate_check(c->desk.checker, draft->given, text, n, &e->verdict, err) != 0)
        return -1;
    e->has_passed = e->verdict.n_failures == 0;
    for (int i = 0; i < e->verdict.n_failures; i++)
        e->failed |= (uint32_t)1 << e->verdict.failure[i].check;
    return 0;
}

int llmx_explainer_check(struct llmx_explainer *x, const struct llmx_person *person,
                         const struct llmx_recommendation *recommendation, const char *text,
                         struct llmx_explanation *out, struct llmx_error *err)
{
    const struct llmx_explain_request request = {
        .person = *person, .recommendations = recommendation, .n = 1};
    struct call c = {.explainer = x, .request = &request};
    int status = call_open(&c, err);
    if (status == 0)
        status = check_text(&c, text, err);
    if (status == 0) {
        *out = c.drafts[0].explanation;
        c.drafts[0].explanation = (struct llmx_explanation){0};
    }
    call_release(&c);
    return status;
}
