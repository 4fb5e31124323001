/* score.c - the log-probability of every token of a text, a few hundred rows at a time on all threads. */
#include "base/memory.h"
#include "generate/forward.h"
#include "kernel/layers.h"
#include "llm/adapter.h"
#include "llm/damage.h"
#include "llm/model.h"

#include <stdio.h>
#include <stdlib.h>

#define CHUNK_ROWS  256
#define LOGITS_ROWS 64 /* scores held at a time: 12 MB for 49,152 tokens */

struct scoring {
    const struct llmx_model *model;
    const int32_t *ids;
    int n; /* rows: the last token is only looked up */
    float *logprob;
    struct workspace *workspace;
    struct sequence sequence;
    float *logits; /* (LOGITS_ROWS, vocabulary) */
    struct barrier barrier;
};

/* Rows first .. first + n - 1 of the chunk that begins at token `start`. */
static void score_rows(struct scoring *s, int start, int first, int n, int member)
{
    int vocabulary = s->model->config.vocabulary, team = s->barrier.size;
    forward_logits(s->model, s->workspace, first, n, s->logits, member);
    for (int r = n * member / team; r < n * (member + 1) / team; r++) {
        const float *row = s->logits + (size_t)r * (size_t)vocabulary;
        int t = start + first + r;
        s->logprob[t] = row[s->ids[t + 1]] - log_sum_exp(row, vocabulary);
    }
    barrier_wait(&s->barrier);
}

static void score_member(void *context, int member)
{
    struct scoring *s = context;
    for (int start = 0, n; start < s->n; start += n) {
        n = s->n - start < CHUNK_ROWS ? s->n - start : CHUNK_ROWS;
        struct token_span span = {&s->sequence, s->ids + start, n, n};
        forward(s->model, s->workspace, &span, 1, member);
        for (int first = 0; first < n; first += LOGITS_ROWS)
            score_rows(s, start, first, n - first < LOGITS_ROWS ? n - first : LOGITS_ROWS, member);
    }
}

static int check_ids(const struct llmx_model *model, const int32_t *ids, int n,
                     struct llmx_error *err)
{
    if (n > model->config.context)
        return err_set(err, LLMX_TOO_LARGE, "a text of %d tokens is longer than the context of %d",
                       n, model->config.context);
    for (int i = 0; i < n; i++)
        if (ids[i] < 0 || ids[i] >= model->config.vocabulary)
            return err_set(err, LLMX_BAD_INPUT, "token id %d is outside the vocabulary of %d",
                           ids[i], model->config.vocabulary);
    return 0;
}

static int check_scores(const struct llmx_model *model, const float *logprob, size_t n,
                        struct llmx_error *err)
{
    char what[64];
    const size_t bad = damage_find(logprob, n);
    if (bad == n)
        return 0;
    snprintf(what, sizeof what, "the score of token %zu", bad + 1);
    return damage_explain(model, what, err);
}

int llmx_score(const struct llmx_model *model, const struct llmx_adapter *adapter,
               const int32_t *ids, int n, float *logprob, struct llmx_error *err)
{
    if (check_ids(model, ids, n, err) != 0 || adapter_check(adapter, model, err) != 0)
        return -1;
    if (n < 2)
        return 0;
    struct scoring s = {.model = model, .ids = ids, .n = n - 1, .logprob = logprob};
    s.sequence.adapter = adapter;
    s.barrier.size = threads_count(model->threads);
    int rows = s.n < CHUNK_ROWS ? s.n : CHUNK_ROWS, result = -1;
    s.logits =
        mem_tensor((size_t)LOGITS_ROWS * (size_t)model->config.vocabulary, sizeof *s.logits, err);
    if (s.logits && kv_create(&s.sequence.own, model, s.n, 0, err) == 0 &&
        workspace_create(&s.workspace, model, rows, rows, s.barrier.size, err) == 0) {
        threads_run(model->threads, score_member, &s);
        result = check_scores(model, logprob, (size_t)s.n, err);
    }
    workspace_destroy(s.workspace);
    kv_destroy(s.sequence.own);
    free(s.logits);
    return result;
}
