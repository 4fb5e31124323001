/* answers_bench.c - the whole program, which says of every call of llmx_answers what was asked, how long it took, and how near that
 * is to what the processor does: what a judge, attributes and rerank really ask, where `llmxrec bench llm` asks random tokens.
 *
 *     make && cc -O2 -D_DEFAULT_SOURCE -Iinclude -Isrc bench/answers_bench.c build/obj/cli/main.o build/commands.a \
 *         build/objects.a -Wl,--wrap=llmx_answers -ldnnl -lgomp -lopenblas -ljansson -lpcre2-8 -lutf8proc -lyaml -lcurl \
 *         -lmicrohttpd -lsqlite3 -lpq -lz -lm -pthread -o build/answers_bench
 *     build/answers_bench judge audit pairs.jsonl --base MODEL
 */
#include "base/clock.h"
#include "cli/bench_texts.h"
#include "llmxrec/answers.h"
#include "llmxrec/bench.h"

#include <stdio.h>

#define PROMPT_TOKENS 512 /* as `llmxrec bench llm` */
#define ROUNDS        3

/* What must be computed: tokens that go through all layers, and rows of scores over the vocabulary. Of a question's answers what
 * some begin with counts once. */
struct needed {
    double questions, tokens, scores;
};

/* How many first tokens answer a shares with one before it. */
static int shared(const struct llmx_answers_question *q, int a)
{
    int most = 0;
    for (int b = 0; b < a; b++) {
        int n = 0;
        while (n < q->n_tokens[a] && n < q->n_tokens[b] && q->answer[a][n] == q->answer[b][n])
            n++;
        most = n > most ? n : most;
    }
    return most;
}

/* The last token of an answer is never read; the row that scores it comes with the one before. */
static void add_question(struct needed *all, const struct llmx_answers_question *q)
{
    all->questions++;
    all->tokens += q->n_prompt;
    all->scores++;
    for (int a = 0; a < q->n; a++) {
        const int inner = q->n_tokens[a] - 1 - shared(q, a);
        all->tokens += inner > 0 ? inner : 0;
        all->scores += inner > 0 ? inner : 0;
    }
}

/* The fastest of a few: of a prompt alone, all its tokens at once. */
static double prefill_tokens_s(const struct llmx_model *model)
{
    double best = 0;
    for (int i = 0; i < ROUNDS; i++) {
        struct bench_texts result;
        if (bench_texts(model, (struct bench_load){1, 1, 0, PROMPT_TOKENS, 1}, &result, NULL) ==
                0 &&
            PROMPT_TOKENS / result.elapsed_s > best)
            best = PROMPT_TOKENS / result.elapsed_s;
    }
    return best;
}

int __real_llmx_answers(const struct llmx_model *model, struct llmx_answers_group *groups, size_t n,
                        const struct llmx_answers_options *options, struct llmx_error *err);
int __wrap_llmx_answers(const struct llmx_model *model, struct llmx_answers_group *groups, size_t n,
                        const struct llmx_answers_options *options, struct llmx_error *err);

int __wrap_llmx_answers(const struct llmx_model *model, struct llmx_answers_group *groups, size_t n,
                        const struct llmx_answers_options *options, struct llmx_error *err)
{
    struct llmx_model_cost cost;
    struct llmx_ceilings ceilings = {0};
    struct needed all = {0};
    for (size_t g = 0; g < n; g++) {
        all.tokens += groups[g].n_prefix;
        for (int q = 0; q < groups[g].n; q++)
            add_question(&all, &groups[g].question[q]);
    }
    const double start = clock_now_s();
    const int status = __real_llmx_answers(model, groups, n, options, err);
    const double s = clock_now_s() - start;
    llmx_model_cost(model, &cost);
    if (status != 0 || llmx_ceilings(&ceilings, 0, NULL) != 0)
        return status;
    const double peak = (cost.is_int8   ? ceilings.int8
                         : cost.is_bf16 ? ceilings.bf16
                                        : ceilings.f32)
                            .giga_per_s,
                 prefill = prefill_tokens_s(model);
    fprintf(
        stderr,
        "\nanswers: %zu groups, %.0f questions, %.0f tokens, %.0f rows of scores in %.2f s: %.1f "
        "questions/s, %.0f tokens/s, %.0f %% of the peak of %.0f G/s, %.2f prefills of %.0f "
        "tokens/s\n",
        n, all.questions, all.tokens, all.scores, s, all.questions / s, all.tokens / s,
        1e-7 * (all.tokens * cost.token_flops + all.scores * cost.head_flops) / s / peak, peak,
        s * prefill / all.tokens, prefill);
    return status;
}
