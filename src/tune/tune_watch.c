/* tune_watch.c - what a tuning is judged by while it runs: the loss of held-out examples, and texts to read. */
#include "base/memory.h"
#include "base/plain_json.h"
#include "llm/adapter.h"
#include "llmxrec/adapter.h"
#include "llmxrec/generate.h"
#include "tune/tuning.h"

#define SAMPLE_TOKENS 120 /* room for 75 words */

int tune_validate(struct tuning *t, struct tune_epoch *result, struct llmx_error *err)
{
    long outputs, tokens, likeliest = 0;
    double sum = 0;
    const int n = t->held.n;
    pack_count(&t->held, t->held_order, n, &outputs, &tokens);
    for (int at = 0; at < n;) {
        double loss;
        at += pack_fill(&t->pack, &t->held, t->held_order + at, n - at, 1, 0);
        if (gradient_compute(t->work, t->state.lora, &t->pack.packed, NULL, &loss, NULL,
                             t->is_likeliest, err) != 0)
            return -1;
        sum += loss;
        for (int i = 0; i < t->pack.packed.tokens; i++)
            likeliest += t->pack.weight[i] > 0 && t->is_likeliest[i];
        if (tuning_report(t, "validating", at, n, NULL))
            return err_set(err, LLMX_INTERRUPTED, "stopped while validating");
    }
    result->held_loss = sum / (double)outputs;
    result->held_accuracy = (double)likeliest / (double)outputs;
    return 0;
}

struct sampling_job {
    struct llmx_group *groups;
    int n, next;
};

static struct llmx_group *give_next(void *context)
{
    struct sampling_job *job = context;
    return job->next < job->n ? &job->groups[job->next++] : NULL;
}

/* One line of samples.jsonl. */
static int put_sample(struct tuning *t, const struct example *example, int epoch,
                      const struct llmx_generation *g, struct llmx_error *err)
{
    char *text = NULL, *wanted = NULL, *line = NULL;
    json_t *object = NULL;
    const struct llmx_tokenizer *tokenizer = t->model->tokenizer;
    int result = -1;
    if (llmx_detokenize(tokenizer, g->tokens, g->n_tokens, &text, err) != 0 ||
        llmx_detokenize(tokenizer, example->ids + example->start, example_outputs(example), &wanted,
                        err) != 0)
        goto done;
    object = json_pack("{s:i, s:I, s:s, s:s}", "epoch", epoch, "line", (json_int_t)example->line,
                       "text", text, "output", wanted);
    line = object ? plain_json_dumps(object, JSON_COMPACT) : NULL;
    if (!line) {
        err_set(err, LLMX_NO_MEMORY, "out of memory for a sample");
        goto done;
    }
    text_printf(&t->state.samples, "%s\n", line);
    result = text_check(&t->state.samples, err);
done:
    free(line);
    free(text);
    free(wanted);
    json_decref(object);
    return result;
}

static int generate(struct tuning *t, const struct examples *from, int n, int epoch,
                    struct llmx_generation *generations, struct llmx_group *groups, int32_t *tokens,
                    struct llmx_error *err)
{
    struct llmx_adapter *adapter = NULL;
    struct sampling_job work = {.groups = groups, .n = n};
    /* one at a time: in bf16 a text may depend on what is computed beside it, and resuming must not show */
    const struct llmx_generate_job job = {.next = give_next, .context = &work, .sequences_max = 1};
    if (adapter_create(&adapter, t->model, t->state.lora, err) != 0)
        return -1;
    for (int i = 0; i < n; i++) {
        const struct example *e = &from->items[i];
        generations[i] = (struct llmx_generation){.prompt = e->ids,
                                                  .n_prompt = e->start,
                                                  .max_tokens = SAMPLE_TOKENS,
                                                  .sampling = {.top_p = 1, .repetition_penalty = 1},
                                                  .tokens = tokens + i * SAMPLE_TOKENS};
        groups[i] = (struct llmx_group){.generations = &generations[i], .n = 1, .adapter = adapter};
    }
    int result = llmx_generate(t->model, &job, err);
    for (int i = 0; i < n && result == 0; i++)
        result = put_sample(t, &from->items[i], epoch, &generations[i], err);
    llmx_adapter_destroy(adapter);
    return result;
}

int tune_sample(struct tuning *t, int epoch, struct llmx_error *err)
{
    const struct examples *from = t->held.n ? &t->held : &t->learnt;
    const int n = t->options->samples < from->n ? t->options->samples : from->n;
    const size_t count = (size_t)n;
    if (n == 0)
        return 0;
    struct llmx_generation *generations = mem_array(count, sizeof *generations, err);
    struct llmx_group *groups = mem_array(count, sizeof *groups, err);
    int32_t *tokens = mem_array(count, SAMPLE_TOKENS * sizeof *tokens, err);
    int result = generations && groups && tokens
                     ? generate(t, from, n, epoch, generations, groups, tokens, err)
                     : -1;
    free(generations);
    free(groups);
    free(tokens);
    return result;
}
