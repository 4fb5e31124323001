#include "evaluate/title_likelihood.h"

#include "base/arena.h"
#include "base/memory.h"
#include "base/text.h"
#include "explain/domain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *llmx_title_form_name(enum llmx_title_form form)
{
    static const char *const names[LLMX_TITLE_FORMS] = {"sum", "mean", "gain"};
    return names[form];
}

static int tokenize(const struct title_likelihood *t, const char *text, int add_special,
                    int32_t **ids, struct llmx_error *err)
{
    return llmx_tokenize(llmx_model_tokenizer(t->model), text, strlen(text), add_special, 0, ids,
                         err);
}

int title_check(const struct llmx_data *data, struct llmx_error *err)
{
    return llmx_data_title_column(data) >= 0
               ? 0
               : err_set(err, LLMX_UNSUPPORTED,
                         "the items have no titles: a language model knows nothing of their ids");
}

int title_open(struct title_likelihood *t, const struct llmx_data *data,
               const struct llmx_model *model, struct llmx_error *err)
{
    struct domain domain;
    char head[128];
    const size_t items = (size_t)llmx_data_items(data);
    *t = (struct title_likelihood){.data = data, .model = model};
    if (title_check(data, err) != 0 || domain_find(&domain, NULL, data, err) != 0)
        return -1;
    snprintf(head, sizeof head, "The %s that one person %s, one after the other:\n", domain.many,
             domain.taken);
    if ((t->n_head = tokenize(t, head, 1, &t->head, err)) < 0 ||
        (t->n_mark = tokenize(t, "-", 0, &t->mark, err)) < 0)
        return -1;
    t->ids = mem_array(items, sizeof *t->ids, err);
    t->n_ids = mem_array(items, sizeof *t->n_ids, err);
    t->alone = mem_array(items, sizeof *t->alone, err);
    if (!t->ids || !t->n_ids || !t->alone)
        return -1;
    for (size_t i = 0; i < items; i++)
        t->alone[i] = NAN;
    return 0;
}

void title_release(struct title_likelihood *t)
{
    for (llmx_id i = 0; t->ids && i < llmx_data_items(t->data); i++)
        free(t->ids[i]);
    free(t->ids);
    free(t->n_ids);
    free(t->alone);
    free(t->head);
    free(t->mark);
}

/* Tokenises the titles of n items, where a title is missing the item's token. */
static int read_titles(struct title_likelihood *t, const llmx_id *items, int n,
                       struct llmx_error *err)
{
    struct text line = {0};
    int status = 0;
    for (int i = 0; i < n && status == 0; i++) {
        const llmx_id item = items[i];
        if (t->ids[item])
            continue;
        const char *title =
            llmx_data_feature(t->data, LLMX_ITEMS, item, llmx_data_title_column(t->data));
        text_clear(&line);
        text_printf(&line, " %s\n", *title ? title : llmx_data_item_token(t->data, item));
        status = text_check(&line, err);
        if (status == 0 && (t->n_ids[item] = tokenize(t, line.s, 0, &t->ids[item], err)) < 0)
            status = -1;
    }
    text_release(&line);
    return status;
}

static int32_t *put(int32_t *to, const int32_t *ids, int n)
{
    memcpy(to, ids, (size_t)n * sizeof *ids);
    return to + n;
}

/* The list up to the mark of the line that is asked for. */
static int write_prompt(const struct title_likelihood *t, const struct title_question *q,
                        struct llmx_answers_question *asked, struct arena *arena,
                        struct llmx_error *err)
{
    int n = t->n_head + t->n_mark;
    for (int i = 0; i < q->n_history; i++)
        n += t->n_mark + t->n_ids[q->history[i]];
    int32_t *ids = arena_array(arena, (size_t)n, sizeof *ids, err), *to;
    if (!ids)
        return -1;
    to = put(ids, t->head, t->n_head);
    for (int i = 0; i < q->n_history; i++) {
        to = put(to, t->mark, t->n_mark);
        to = put(to, t->ids[q->history[i]], t->n_ids[q->history[i]]);
    }
    put(to, t->mark, t->n_mark);
    asked->prompt = ids;
    asked->n_prompt = n;
    return 0;
}

static int write_question(struct title_likelihood *t, const struct title_question *q,
                          struct llmx_answers_question *asked, struct arena *arena,
                          struct llmx_error *err)
{
    const size_t n = (size_t)q->n;
    const int32_t **answer = arena_array(arena, n, sizeof *answer, err);
    int *n_tokens = arena_array(arena, n, sizeof *n_tokens, err);
    double *logprob = arena_array(arena, n, sizeof *logprob, err);
    if (!answer || !n_tokens || !logprob || read_titles(t, q->history, q->n_history, err) != 0 ||
        read_titles(t, q->item, q->n, err) != 0)
        return -1;
    for (int i = 0; i < q->n; i++) {
        answer[i] = t->ids[q->item[i]];
        n_tokens[i] = t->n_ids[q->item[i]];
    }
    *asked = (struct llmx_answers_question){
        .answer = answer, .n_tokens = n_tokens, .n = q->n, .logprob = logprob};
    return write_prompt(t, q, asked, arena, err);
}

/* The items of all questions of which it is not known how likely they begin a list, each once. */
static int find_unknown(struct title_likelihood *t, const struct title_question *questions,
                        size_t n, struct title_question *first, struct arena *arena,
                        struct llmx_error *err)
{
    const size_t items = (size_t)llmx_data_items(t->data);
    llmx_id *unknown = arena_array(arena, items, sizeof *unknown, err);
    unsigned char *is_listed = arena_array(arena, items, 1, err);
    if (!unknown || !is_listed)
        return -1;
    memset(is_listed, 0, items);
    *first = (struct title_question){.item = unknown};
    for (size_t q = 0; q < n; q++)
        for (int i = 0; i < questions[q].n; i++) {
            const llmx_id item = questions[q].item[i];
            if (isnan(t->alone[item]) && !is_listed[item])
                unknown[first->n++] = item;
            is_listed[item] = 1;
        }
    return 0;
}

static void take_figures(const struct title_likelihood *t, const struct title_question *q,
                         const struct llmx_answers_question *asked)
{
    for (int i = 0; i < q->n; i++) {
        const double sum = asked->logprob[i];
        q->figures[LLMX_TITLE_SUM][i] = sum;
        q->figures[LLMX_TITLE_MEAN][i] = sum / asked->n_tokens[i];
        q->figures[LLMX_TITLE_GAIN][i] = sum - t->alone[q->item[i]];
    }
}

/* asked (1 + n): the first is of the empty list. */
static int ask(struct title_likelihood *t, const struct title_question *questions, size_t n,
               struct llmx_answers_question *asked, struct arena *arena,
               const struct llmx_rerank_options *options, struct llmx_error *err)
{
    const struct llmx_answers_options how = {.stop = options->stop, .progress = options->progress};
    struct title_question first;
    if (find_unknown(t, questions, n, &first, arena, err) != 0 ||
        (first.n > 0 && write_question(t, &first, &asked[0], arena, err) != 0))
        return -1;
    for (size_t q = 0; q < n; q++)
        if (write_question(t, &questions[q], &asked[1 + q], arena, err) != 0)
            return -1;
    struct llmx_answers_group group = {.question = first.n > 0 ? asked : asked + 1,
                                       .n = (int)n + (first.n > 0)};
    if (llmx_answers(t->model, &group, 1, &how, err) != 0)
        return -1;
    for (int i = 0; i < first.n; i++)
        t->alone[first.item[i]] = asked[0].logprob[i];
    for (size_t q = 0; q < n; q++)
        take_figures(t, &questions[q], &asked[1 + q]);
    return 0;
}

int title_ask(struct title_likelihood *t, const struct title_question *questions, size_t n,
              const struct llmx_rerank_options *options, struct llmx_error *err)
{
    struct arena arena = {0};
    struct llmx_answers_question *asked = arena_array(&arena, n + 1, sizeof *asked, err);
    const int status = asked ? ask(t, questions, n, asked, &arena, options, err) : -1;
    arena_release(&arena);
    return status;
}

/* Adds weight * (x - mean) / deviation; nothing where all are alike. */
static void add_standardised(double *blend, const double *x, int n, double weight)
{
    double mean = 0, squares = 0;
    for (int i = 0; i < n; i++)
        mean += x[i] / n;
    for (int i = 0; i < n; i++)
        squares += (x[i] - mean) * (x[i] - mean) / n;
    for (int i = 0; i < n && squares > 0; i++)
        blend[i] += weight * (x[i] - mean) / sqrt(squares);
}

void title_blend(const double *score, const double *figure, int n, double weight, double *blend,
                 int *order)
{
    memset(blend, 0, (size_t)n * sizeof *blend);
    add_standardised(blend, score, n, 1 - weight);
    add_standardised(blend, figure, n, weight);
    for (int i = 0; i < n; i++) {
        int place = i;
        for (; place > 0 && blend[order[place - 1]] < blend[i]; place--)
            order[place] = order[place - 1];
        order[place] = i;
    }
}
