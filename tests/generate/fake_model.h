/* fake_model.h - a language model whose next token is a hash of all ids before it, linked in place of the real
 * one (generate/forward.h, generate/kv.h, llm/damage.h), so that scheduling is tested by itself. It holds the engine to the contract of
 * those headers and counts what it is asked to compute. Include it in one test program. */
#ifndef TESTS_LLM_FAKE_MODEL_H
#define TESTS_LLM_FAKE_MODEL_H

#include "base/memory.h"
#include "base/threads.h"
#include "generate/forward.h"
#include "llmxrec/generate.h"
#include "token/tokenizer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FAKE_VOCABULARY 97
#define FAKE_STOP       13

struct llmx_model {
    int threads, context;
    int step_us;              /* a step takes so long */
    int broken_after;         /* rows after which scores are NaN; 0: never */
    int32_t broken_id;        /* a text that begins with it gets no other scores; 0: none */
    _Atomic int rows, steps;  /* computed in all */
    _Atomic int apart_steps;  /* of them by single threads */
    _Atomic int kvs, kvs_max; /* alive now and at most */
};

struct workspace {
    int rows_max, wanted_max, n_wanted;
    uint64_t *hidden; /* (wanted_max) */
    struct barrier barrier;
};

int llmx_model_context(const struct llmx_model *model)
{
    return model->context;
}

int llmx_model_vocabulary(const struct llmx_model *model)
{
    (void)model;
    return FAKE_VOCABULARY;
}

int llmx_model_threads(const struct llmx_model *model)
{
    return model->threads;
}

const struct llmx_tokenizer *llmx_model_tokenizer(const struct llmx_model *model)
{
    (void)model;
    return NULL;
}

bool tokenizer_is_stop(const struct llmx_tokenizer *tokenizer, int32_t id)
{
    (void)tokenizer;
    return id == FAKE_STOP;
}

int damage_explain(const struct llmx_model *model, const char *what, struct llmx_error *err);

int damage_explain(const struct llmx_model *model, const char *what, struct llmx_error *err)
{
    (void)model;
    return err_set(err, LLMX_BAD_INPUT, "%s is not finite: the model is a fake", what);
}

/* The counters of a model that is otherwise read-only. */
static struct llmx_model *counters(const struct llmx_model *model)
{
    return (struct llmx_model *)(uintptr_t)model;
}

struct fake_kv {
    struct kv kv;
    struct llmx_model *model;
    int32_t ids[];
};

int kv_create(struct kv **kv, const struct llmx_model *model, int capacity, int start,
              struct llmx_error *err)
{
    struct fake_kv *fake = mem_array(1, sizeof *fake + (size_t)capacity * sizeof(int32_t), err);
    if (!fake)
        return -1;
    fake->kv = (struct kv){.capacity = capacity, .start = start, .data = fake->ids};
    fake->model = counters(model);
    int alive = ++fake->model->kvs;
    if (alive > fake->model->kvs_max)
        fake->model->kvs_max = alive;
    *kv = &fake->kv;
    return 0;
}

void kv_destroy(struct kv *kv)
{
    if (kv)
        ((struct fake_kv *)kv)->model->kvs--;
    free(kv);
}

int workspace_create(struct workspace **workspace, const struct llmx_model *model, int rows_max,
                     int wanted_max, int team_size, struct llmx_error *err)
{
    (void)model;
    struct workspace *w = mem_array(1, sizeof *w, err);
    if (!w || !(w->hidden = mem_array((size_t)wanted_max, sizeof *w->hidden, err))) {
        free(w);
        return -1;
    }
    w->rows_max = rows_max, w->wanted_max = wanted_max, w->barrier.size = team_size;
    *workspace = w;
    return 0;
}

void workspace_few_rows(struct workspace *workspace, int may)
{
    (void)workspace;
    (void)may;
}

void workspace_destroy(struct workspace *workspace)
{
    if (workspace)
        free(workspace->hidden);
    free(workspace);
}

static uint64_t hash_ids(uint64_t hash, const struct kv *kv, int n)
{
    const int32_t *ids = kv->data;
    for (int i = 0; i < n; i++)
        hash = (hash ^ (uint64_t)ids[i]) * 0x9e3779b97f4a7c15u ^ hash >> 29;
    return hash;
}

#define BROKEN UINT64_MAX

static void append_span(struct workspace *w, const struct token_span *span, int32_t broken_id)
{
    const struct kv *prefix = span->sequence->prefix;
    struct kv *own = span->sequence->own;
    assert(span->n > 0 && own->length + span->n <= own->capacity);
    assert(own->start == (prefix ? prefix->length : 0));
    assert(!prefix || prefix->length == prefix->capacity);
    memcpy((int32_t *)own->data + own->length, span->ids, (size_t)span->n * sizeof *span->ids);
    own->length += span->n;
    uint64_t hash = prefix ? hash_ids(1, prefix, prefix->length) : 1;
    bool is_broken = broken_id && *(const int32_t *)own->data == broken_id;
    for (int i = span->n_wanted; i > 0; i--) {
        assert(w->n_wanted < w->wanted_max);
        w->hidden[w->n_wanted++] = is_broken ? BROKEN : hash_ids(hash, own, own->length - i + 1);
    }
}

/* Spans that share a prefix stand together. */
static void check_neighbours(const struct token_span *spans, int n)
{
    for (int i = 0; i < n; i++)
        for (int j = i + 2; j < n; j++)
            if (spans[i].sequence->prefix && spans[i].sequence->prefix == spans[j].sequence->prefix)
                assert(spans[j - 1].sequence->prefix == spans[i].sequence->prefix);
}

void forward(const struct llmx_model *model, struct workspace *w, const struct token_span *spans,
             int n, int member)
{
    barrier_wait(&w->barrier);
    if (member == 0) {
        int rows = 0;
        check_neighbours(spans, n);
        w->n_wanted = 0;
        for (int i = 0; i < n; i++) {
            append_span(w, &spans[i], model->broken_id);
            rows += spans[i].n;
        }
        assert(rows <= w->rows_max);
        counters(model)->rows += rows;
        counters(model)->steps++;
        counters(model)->apart_steps += w->barrier.size == 1;
        if (model->step_us)
            usleep((useconds_t)model->step_us);
    }
    barrier_wait(&w->barrier);
}

void forward_logits(const struct llmx_model *model, struct workspace *w, int first, int n,
                    float *logits, int member)
{
    assert(first + n <= w->n_wanted);
    barrier_wait(&w->barrier);
    for (int i = 0; member == 0 && i < n; i++) {
        for (int v = 0; v < FAKE_VOCABULARY; v++) {
            uint64_t z = (w->hidden[first + i] + (uint64_t)v) * 0xbf58476d1ce4e5b9u;
            float *to = &logits[i * FAKE_VOCABULARY + v];
            *to = (float)((z ^ z >> 31) * 0x94d049bb133111ebu >> 40) * 0x1p-21f;
            if (w->hidden[first + i] == BROKEN ||
                (model->broken_after && model->rows > model->broken_after))
                *to = 0.0f / 0.0f;
        }
    }
    barrier_wait(&w->barrier);
}

#endif
