/* explain_remote.c - explanations from a server: many questions in flight, and every answer kept at OUT.answers as soon
 * as it comes, so that a run that is interrupted asks for none of them again. */
#include "explain/explain_remote.h"

#include "base/memory.h"
#include "base/names.h"
#include "base/plain.h"
#include "remote/kept_answers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct inquiry {
    struct explaining *e;
    struct llmx_remote *remote;
    struct kept_answers kept;
    struct llmx_question *questions; /* (recs.n) */
    int next_draft;
};

/* "NUMBER.TRY.HASH" of all that the answer depends on: an answer to other options is not taken for this one. */
#define NAME_BYTES 64

static void name_question(const struct inquiry *a, const struct draft *draft,
                          const struct llmx_question *q, char name[static NAME_BYTES])
{
    const char *model = llmx_remote_model(a->remote), *extra = llmx_remote_extra(a->remote);
    char all[256];
    const int n = plain_snprintf(
        all, sizeof all, "%" PRIx64 " %" PRIx64 " %.9g %.9g %d %.9g %d %" PRIu64 " %" PRIx64,
        hash_bytes(model, strlen(model)), hash_bytes(q->prompt, strlen(q->prompt)),
        (double)q->sampling.temperature, (double)q->sampling.top_p, q->sampling.top_k,
        (double)q->sampling.repetition_penalty, q->max_tokens, q->seed,
        hash_bytes(extra, strlen(extra)));
    snprintf(name, NAME_BYTES, "%d.%d.%016" PRIx64, (int)(draft - a->e->drafts),
             draft->explanation.tries, hash_bytes(all, (size_t)n));
}

/* NULL, a question that failed, says nothing: a try that does not pass. */
static bool take(struct inquiry *a, struct draft *draft, const char *text)
{
    text = text ? text : "";
    return explaining_take(a->e, draft, text, strlen(text));
}

/* What to ask for a draft next; NULL when kept answers finish it, or nothing goes on. */
static struct llmx_question *next_question(struct inquiry *a, struct draft *draft)
{
    struct explaining *e = a->e;
    struct llmx_question *q = &a->questions[draft - e->drafts];
    for (bool again = true; again;) {
        char name[NAME_BYTES];
        *q = (struct llmx_question){.prompt = draft->explanation.prompt,
                                    .max_tokens = e->options->max_tokens,
                                    .sampling = draft_sampling(draft, e->options),
                                    .seed = draft_seed(draft, e->options),
                                    .context = draft};
        name_question(a, draft, q, name);
        const json_t *text = json_object_get(a->kept.text, name);
        if (!text)
            return q;
        again = take(a, draft, json_string_value(text));
        json_object_del(a->kept.text, name);
    }
    return NULL;
}

static struct llmx_question *give_next(void *context)
{
    struct inquiry *a = context;
    struct explaining *e = a->e;
    struct llmx_question *q = NULL;
    while (!q && explaining_goes_on(e) && a->next_draft < e->recs.n) {
        struct draft *draft = &e->drafts[a->next_draft++];
        if (!explaining_has(e, draft) && draft_prompt(draft, &e->desk, &e->failure) == 0)
            q = next_question(a, draft);
    }
    return q;
}

/* Tells why a question has no answer, in the server's own words. */
static void tell_refusal(const struct inquiry *a, const struct draft *draft,
                         const struct llmx_question *q)
{
    const struct llmx_explain_options *o = a->e->options;
    const char *user = draft->rec->user_token;
    char message[LLMX_MESSAGE_MAX + 256];
    if (q->text || !o->notice)
        return;
    snprintf(message, sizeof message, "user '%.100s', item '%.100s', try %d: %s",
             user ? user : "(by history)", draft->rec->item_token, draft->explanation.tries + 1,
             q->error.message);
    o->notice(o->notice_context, message);
}

static int note_finished(void *context, struct llmx_question *q)
{
    struct inquiry *a = context;
    struct draft *draft = q->context;
    char name[NAME_BYTES];
    name_question(a, draft, q, name);
    if (a->e->failure.code != LLMX_OK ||
        (q->text && kept_answers_add(&a->kept, name, q->text, &a->e->failure) != 0))
        return 0;
    if (q->text)
        a->e->is_held = false;
    tell_refusal(a, draft, q);
    return take(a, draft, q->text) && next_question(a, draft);
}

int explain_remote(struct explaining *e, struct llmx_remote *remote, struct llmx_error *err)
{
    struct inquiry a = {.e = e, .remote = remote, .next_draft = e->n_written};
    const struct llmx_remote_job job = {give_next, note_finished, &a, e->options->stop};
    int status = -1;
    a.questions = mem_array((size_t)e->recs.n, sizeof *a.questions, err);
    if (a.questions && kept_answers_open(&a.kept, e->out.partial ? e->out.path : NULL,
                                         e->options->resume, err) == 0) {
        const bool has_answers =
            e->options->resume && (e->n_written > 0 || json_object_size(a.kept.text) > 0);
        e->is_held = true; /* until one is answered: not what fell back because nothing is */
        status = llmx_remote_ask(remote, &job, err);
        if (has_answers && e->n_finished == e->recs.n)
            status = 0; /* all that an interrupted run had left was refused: these fell back */
        e->is_held = false;
        if (status == 0)
            status = explaining_write(e, err);
    }
    kept_answers_close(&a.kept, e->n_written == e->recs.n);
    free(a.questions);
    return status;
}
