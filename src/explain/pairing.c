#include "explain/pairing.h"

#include "explain/thinking.h"

#include <string.h>

static int index_recs(struct pairing *p, struct llmx_error *err)
{
    for (int i = 0; i < p->recs.n; i++) {
        const struct rec *rec = &p->recs.rec[i];
        char *pair = arena_printf(&p->recs.arena, err, "%s\t%s", rec->user_token, rec->item_token);
        int64_t number = pair ? names_add(&p->pairs, pair, strlen(pair), err) : -1;
        if (number < 0)
            return -1;
        p->recs.rec[number] = *rec; /* of two lines for one pair the later one stands */
    }
    return 0;
}

int pairing_open(struct pairing *p, const char *explanations_path, const char *recs_path,
                 const struct llmx_data *data, const struct llmx_explain_options *options,
                 struct llmx_error *err)
{
    *p = (struct pairing){.options = options};
    return recs_open(&p->recs, recs_path, data, options, err) != 0 || index_recs(p, err) != 0 ||
                   jsonl_open(&p->in, explanations_path, err) != 0
               ? -1
               : 0;
}

void pairing_close(struct pairing *p)
{
    json_decref(p->line);
    jsonl_close(&p->in);
    arena_release(&p->arena);
    names_release(&p->pairs);
    recs_release(&p->recs);
    *p = (struct pairing){0};
}

static void skip(struct pairing *p)
{
    char message[512];
    snprintf(message, sizeof message,
             "%s:%ld: there is no recommendation of item '%.100s' for user '%.100s'",
             p->in.lines.path, p->in.lines.number, p->item, p->user);
    if (p->options->notice)
        p->options->notice(p->options->notice_context, message);
    p->n_skipped++;
}

/* Cuts off what a reasoning model thought, in the line too: what passes is fit to be sent. */
static int cut_thinking(struct pairing *p, struct llmx_error *err)
{
    const size_t n = strlen(p->text);
    char *answer = arena_text(&p->arena, p->text, n, err);
    const size_t left = answer ? thinking_cut(answer, n) : 0;
    p->text = answer;
    if (!answer)
        return -1;
    if (left == n)
        return 0;
    answer[left] = '\0';
    return json_object_set_new(p->line, "explanation", json_string(answer)) == 0
               ? 0
               : err_set(err, LLMX_NO_MEMORY, "out of memory");
}

int pairing_next(struct pairing *p, struct llmx_error *err)
{
    json_decref(p->line);
    p->line = NULL;
    arena_reset(&p->arena);
    const int more = jsonl_read(&p->in, &p->line, err);
    if (more <= 0)
        return more;
    const char *path = p->in.lines.path;
    const long number = p->in.lines.number;
    if (!(p->user = rec_token(path, number, p->line, "user", &p->arena, err)) ||
        !(p->item = rec_token(path, number, p->line, "item", &p->arena, err)) ||
        !(p->text = jsonl_text(&p->in, p->line, "explanation", err)))
        return -1;
    const char *pair = arena_printf(&p->arena, err, "%s\t%s", p->user, p->item);
    if (!pair)
        return -1;
    const int64_t at = names_find(&p->pairs, pair, strlen(pair));
    p->rec = at < 0 ? NULL : &p->recs.rec[at];
    if (p->rec)
        return cut_thinking(p, err) == 0 ? 1 : -1;
    skip(p);
    return 1;
}

int pairing_check(const struct pairing *p, size_t n, struct llmx_error *err)
{
    if (n > 0)
        return 0;
    if (p->n_skipped == 0)
        return err_set(err, LLMX_BAD_INPUT, "%s holds no explanations", p->in.lines.path);
    return err_set(err, LLMX_MISMATCH,
                   "none of the %d explanations of %s is of a recommendation that --recs holds",
                   p->n_skipped, p->in.lines.path);
}
