/* explain_local.c - explanations from a model here: a user's prompts share what they begin with, and all that are in
 * work share the batches. */
#include "explain/explain_local.h"

#include "base/memory.h"
#include "explain/writer.h"

#include <stdlib.h>

struct writing {
    struct explaining *e;
    struct writer writer;
    struct sheets *users; /* (recs.n at most) */
    int n_users, next_draft;
};

/* The recommendations of one user that stand together, from draft `first` on. */
static int count_user(const struct explaining *e, int first)
{
    int n = 1;
    while (first + n < e->recs.n && !recs_begin_user(&e->recs, first + n))
        n++;
    return n;
}

static struct llmx_group *give_next(void *context)
{
    struct writing *w = context;
    struct explaining *e = w->e;
    const int first = w->next_draft;
    if (!explaining_goes_on(e) || first >= e->recs.n)
        return NULL;
    const int n = count_user(e, first), n_written = e->n_written - first;
    struct sheets *user = &w->users[w->n_users++];
    w->next_draft += n;
    if (sheets_init(user, &w->writer, &e->desk, &e->drafts[first], n, n_written > 0 ? n_written : 0,
                    &e->failure) != 0)
        return NULL;
    return &user->group;
}

static int note_finished(void *context, struct llmx_group *group, struct llmx_generation *g)
{
    struct explaining *e = ((struct writing *)context)->e;
    struct sheet *sheet = g->context;
    struct text text = {0};
    bool again = false;
    (void)group;
    if (e->failure.code == LLMX_OK && sheet_take(g, &text, &e->failure) == 0)
        again = explaining_take(e, sheet->draft, text.s, text.n);
    text_release(&text);
    if (again)
        sheet_try(g);
    if (explaining_has(e, sheet->draft))
        sheet_finish(sheet);
    return again;
}

static void writing_release(struct writing *w)
{
    for (int i = 0; i < w->n_users; i++)
        sheets_release(&w->users[i]);
    free(w->users);
    writer_release(&w->writer);
}

int explain_local(struct explaining *e, const struct llmx_model *model, struct llmx_error *err)
{
    struct writing w = {.e = e};
    const struct llmx_generate_job job = {
        .next = give_next, .finished = note_finished, .context = &w, .stop = e->options->stop};
    int status = -1;
    while (w.next_draft < e->n_written &&
           w.next_draft + count_user(e, w.next_draft) <= e->n_written)
        w.next_draft += count_user(e, w.next_draft);
    if (writer_init(&w.writer, &e->briefing, model, err) == 0 &&
        (w.users = mem_array((size_t)e->recs.n, sizeof *w.users, err)))
        status = llmx_generate(model, &job, err);
    writing_release(&w);
    return status;
}
