/* scripted_model.h - a language model that says what a test wants: it goes on with the first of some texts that what it wrote
 * so far begins. Linked in place of the real forward pass (generate/forward.h); tokenizer, marks of a chat and keys and
 * values are those of a real model. Include it in one test program. */
#ifndef TESTS_EXPLAIN_SCRIPTED_MODEL_H
#define TESTS_EXPLAIN_SCRIPTED_MODEL_H

#include "base/text.h"
#include "generate/forward.h"
#include "generate/workspace.h"
#include "llmxrec/generate.h"
#include "token/tokenizer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SCRIPTS_MAX 16
#define SCRIPT_IDS  400

/* The favourite first; what they begin alike must be cut into tokens alike. */
static struct {
    int32_t *ids;
    int n;
} scripts[SCRIPTS_MAX];
static int n_scripts;
static int n_marks; /* tokens of a chat prompt from the last mark on: those behind are the answer */
static int32_t mark; /* which no answer holds */

static void script(const struct llmx_model *model, const char *text)
{
    int32_t *ids;
    const int n = llmx_chat_prompt(model, NULL, "x", 1, &ids, NULL);
    mark = ids[0];
    for (n_marks = 1; ids[n - n_marks] != mark; n_marks++)
        ;
    free(ids);
    assert(n_scripts < SCRIPTS_MAX);
    scripts[n_scripts].n = llmx_tokenize(llmx_model_tokenizer(model), text, strlen(text), 0, 0,
                                         &scripts[n_scripts].ids, NULL);
    assert(scripts[n_scripts].n > 0);
    n_scripts++;
}

static void script_none(void)
{
    while (n_scripts > 0)
        free(scripts[--n_scripts].ids);
}

/* What a sequence has seen stands in place of its keys and values. */
static int32_t *ids_of(const struct kv *kv)
{
    return kv->data;
}

void forward(const struct llmx_model *model, struct workspace *w, const struct token_span *spans,
             int n, int member)
{
    (void)model;
    if (member != 0)
        return;
    w->n_wanted = 0;
    for (int i = 0; i < n; i++) {
        struct kv *own = spans[i].sequence->own;
        assert(own->length + spans[i].n <= own->capacity && spans[i].n_wanted <= 1);
        memcpy(ids_of(own) + own->length, spans[i].ids, (size_t)spans[i].n * sizeof *spans[i].ids);
        own->length += spans[i].n;
        if (spans[i].n_wanted)
            w->rows[w->n_wanted++].span = &spans[i];
    }
}

/* The answer so far; returns how many tokens. */
static int read_answer(const struct sequence *sequence, int32_t *answer)
{
    const struct kv *parts[] = {sequence->prefix, sequence->own};
    int32_t all[4096];
    int n = 0, at;
    for (int p = 0; p < 2; p++) {
        const int length = parts[p] ? parts[p]->length : 0;
        assert(n + length <= 4096);
        if (length > 0)
            memcpy(all + n, ids_of(parts[p]), (size_t)length * sizeof *all);
        n += length;
    }
    for (at = n - 1; all[at] != mark; at--)
        ;
    at += n_marks;
    assert(at <= n && n - at < SCRIPT_IDS);
    memcpy(answer, all + at, (size_t)(n - at) * sizeof *answer);
    return n - at;
}

void forward_logits(const struct llmx_model *model, struct workspace *w, int first, int n,
                    float *logits, int member)
{
    const int vocabulary = llmx_model_vocabulary(model);
    int32_t stop = 0;
    while (!tokenizer_is_stop(llmx_model_tokenizer(model), stop))
        stop++;
    for (int i = 0; member == 0 && i < n; i++) {
        float *to = logits + (size_t)i * (size_t)vocabulary;
        int32_t answer[SCRIPT_IDS];
        const int written = read_answer(w->rows[first + i].span->sequence, answer);
        for (int id = 0; id < vocabulary; id++)
            to[id] = -(float)id;
        to[stop] = 1; /* rather than what no script says */
        to[mark] = -1e9f;
        for (int s = n_scripts - 1; s >= 0; s--)
            if (written <= scripts[s].n &&
                memcmp(answer, scripts[s].ids, (size_t)written * sizeof *answer) == 0)
                to[written < scripts[s].n ? scripts[s].ids[written] : stop] =
                    (float)(1 + n_scripts - s); /* near enough to go back to (revisions.c) */
    }
}

#endif
