/* Any bytes as the text of an explanation: a verdict whose places lie within the text. */
#include "llmxrec/gate.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static struct llmx_data *data;
static struct llmx_gate *gate;
static struct llmx_checker *checker;

static void open_gate(void)
{
    struct llmx_error err;
    if (llmx_data_open(&data, "tests/golden/gate/movies", NULL, &err) != 0 ||
        llmx_gate_open(&gate, data, &err) != 0 || llmx_checker_create(&checker, gate, &err) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const llmx_id history[] = {1, 2, 3};
    static const struct llmx_fact facts[] = {
        {.kind = LLMX_FACT_COMPANY, .items = {1, 2}, .n_items = 2, .m = 47, .n = 70},
        {.kind = LLMX_FACT_LIKED, .items = {1}, .n_items = 1, .m = 46, .n = 59},
        {.kind = LLMX_FACT_HABIT, .m = 9, .n = 20, .value = {"Crime"}, .n_values = 1},
        {.kind = LLMX_FACT_REACH, .m = 85, .n = 942}};
    const struct llmx_given given = {.user = 0,
                                     .item = 4,
                                     .history = history,
                                     .n_history = 3,
                                     .evidence = history,
                                     .n_evidence = 2,
                                     .prompt = "The films: \"Heat\". Only what is given.",
                                     .columns = 7,
                                     .words_max = 75,
                                     .allow_profile = n % 2,
                                     .facts = facts,
                                     .n_facts = n % 3 ? 4 : 0};
    struct llmx_verdict verdict;
    struct llmx_error err;
    if (!checker)
        open_gate();
    char *text = malloc(n + 1); /* as a text ends: with a NUL */
    for (size_t i = 0; i < n; i++)
        text[i] = (char)bytes[i];
    text[n] = '\0';
    if (llmx_gate_check(checker, &given, text, n, &verdict, &err) != 0)
        abort();
    for (int i = 0; i < verdict.n_failures; i++)
        assert(verdict.failure[i].start <= verdict.failure[i].end && verdict.failure[i].end <= n);
    for (int i = 0; i < verdict.n_named; i++)
        assert(verdict.named[i].start < verdict.named[i].end && verdict.named[i].end <= n);
    free(text);
    return 0;
}
