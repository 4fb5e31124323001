/* examples.h - instruction examples as a model reads them: Alpaca's JSON Lines to token ids.
 *
 * A line is {"instruction", "input", "output"}, optionally with "user", "item", "evidence", "template" and "source". The
 * instruction, followed by the input, is a user's turn of the model's chat template; the output and the token that
 * ends the assistant's turn are what is learnt. "system" (a text) and "history" (pairs of texts, asked and answered) are
 * the turns before it. A line may instead be token ids already: {"ids", "start"}, learnt from
 * ids[start] on. */
#ifndef TUNE_EXAMPLES_H
#define TUNE_EXAMPLES_H

#include "llm/model.h"

#define EXAMPLES_MAX 10000000

struct example {
    int32_t *ids; /* (n) */
    int n, start; /* 1 <= start < n */
    char *user;   /* NULL: not said */
    long line;
};

struct examples {
    char *path;
    struct example *items; /* (n) */
    int n, skipped;        /* skipped: longer than length_max */
    char *template;        /* that all of them name; NULL: none, or different ones */
    bool is_mixed;         /* different ones, or not all name one */
    size_t capacity;
};

/* Reads them all; `examples` is {0}. What is longer than length_max tokens is an error, or is skipped and counted.
 * LLMX_BAD_INPUT with file and line: a field that is missing or of a wrong type, an empty prompt or output, text that
 * is not UTF-8, a line that says what an earlier one says. */
int examples_read(struct examples *examples, const struct llmx_model *model, const char *path,
                  int length_max, bool skips_long, struct llmx_error *err);
void examples_release(struct examples *examples);

/* Moves a share (0 < share < 1) of the examples into `held` ({0}), whole users at a time, chosen by the seed; of those
 * that name no user, whole prompts. LLMX_BAD_OPTION when either side would be empty. */
int examples_split(struct examples *examples, struct examples *held, double share, uint64_t seed,
                   struct llmx_error *err);

/* Keeps n of them, chosen by the seed, in the order in which they stand; with the same seed fewer are some of more.
 * LLMX_BAD_OPTION when there are not so many. */
int examples_keep(struct examples *examples, int n, uint64_t seed, struct llmx_error *err);

/* LLMX_BAD_INPUT, with both lines, when a prompt or a user occurs on both sides: what is held out must not be learnt. */
int examples_check_apart(const struct examples *learnt, const struct examples *held,
                         struct llmx_error *err);

/* Tokens that are learnt, and tokens in all, of one example. */
static inline int example_outputs(const struct example *example)
{
    return example->n - example->start;
}

/* A number that changes with any token of any example or their order. */
uint64_t examples_fingerprint(const struct examples *examples);

#endif
