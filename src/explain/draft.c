/* draft.c - prompts, tries and verdicts. */
#include "explain/draft.h"

#include "base/memory.h"
#include "base/rng.h"
#include "explain/thinking.h"
#include "generate/sample.h"

#include <stdlib.h>
#include <string.h>

int draft_check_options(const struct llmx_explain_options *o, struct llmx_error *err)
{
    if (o->tries < 1 || o->tries > TRIES_MAX)
        return err_set(err, LLMX_BAD_OPTION, "tries %d: choose 1 to %d", o->tries, TRIES_MAX);
    if (o->max_tokens < 1)
        return err_set(err, LLMX_BAD_OPTION, "max-tokens %d: choose 1 or more", o->max_tokens);
    if (o->remote && (o->adapter || o->grounded))
        return err_set(err, LLMX_BAD_OPTION,
                       "adapters and grounded texts need a model here, not on a server");
    return sampling_check(&o->sampling, err);
}

void llmx_explanation_release(struct llmx_explanation *explanation)
{
    for (int i = 0; i < explanation->n_rejected; i++)
        free(explanation->rejected[i].text);
    free(explanation->rejected);
    free(explanation->text);
    free(explanation->prompt);
    free(explanation->facts);
    *explanation = (struct llmx_explanation){0};
}

static void *put(char **room, const void *from, size_t bytes)
{
    void *to = *room;
    if (bytes > 0)
        memcpy(to, from, bytes);
    *room += bytes;
    return to;
}

/* A copy with all that it points to, in one piece of memory. */
static struct llmx_given *copy_given(const struct llmx_given *given, struct llmx_error *err)
{
    const size_t facts = (size_t)given->n_facts * sizeof *given->facts,
                 history = (size_t)given->n_history * sizeof *given->history,
                 evidence = (size_t)given->n_evidence * sizeof *given->evidence,
                 sentences = given->sentences ? strlen(given->sentences) + 1 : 0;
    struct llmx_given *copy =
        mem_array(sizeof *copy + facts + history + evidence + sentences, 1, err);
    if (!copy)
        return NULL;
    char *room = (char *)(copy + 1);
    *copy = *given;
    copy->facts = put(&room, given->facts, facts);
    copy->history = put(&room, given->history, history);
    copy->evidence = put(&room, given->evidence, evidence);
    copy->sentences = sentences > 0 ? put(&room, given->sentences, sentences) : NULL;
    return copy;
}

int draft_prompt(struct draft *draft, struct desk *desk, struct llmx_error *err)
{
    struct text prompt = {0}, facts = {0};
    struct llmx_given given;
    if (desk_given(desk, draft->rec, &given, err) != 0 || !(draft->given = copy_given(&given, err)))
        return -1;
    briefing_prompt(desk->briefing, &given, &prompt);
    briefing_facts(desk->briefing, &given, &facts);
    draft->explanation.prompt = prompt.s;
    draft->explanation.facts = facts.s;
    draft->given->prompt = prompt.s;
    draft->given->wants_fact = given.is_strict;
    return text_check(&prompt, err) != 0 ? -1 : text_check(&facts, err);
}

void draft_release(struct draft *draft)
{
    llmx_explanation_release(&draft->explanation);
    free(draft->given);
    draft->given = NULL;
}

struct llmx_sampling draft_sampling(const struct draft *draft,
                                    const struct llmx_explain_options *options)
{
    struct llmx_sampling sampling = options->sampling;
    if (draft->explanation.tries == 0)
        sampling.temperature = 0;
    return sampling;
}

uint64_t draft_seed(const struct draft *draft, const struct llmx_explain_options *options)
{
    const uint64_t index = draft->number * TRIES_MAX + (uint64_t)draft->explanation.tries;
    return rng_stream(options->seed, RNG_SAMPLING, index).key;
}

static int check(const struct draft *draft, struct desk *desk, const char *text, size_t n,
                 struct llmx_verdict *verdict, struct llmx_error *err)
{
    return llmx_gate_check(desk->checker, draft->given, text, n, verdict, err);
}

/* With what it cites. */
int draft_plain(struct draft *draft, struct desk *desk, struct llmx_error *err)
{
    const struct briefing *b = desk->briefing;
    struct text sentence = {0};
    draft->given->wants_fact = 0; /* it has the best that there is */
    prompt_fallback(&sentence, &b->template, b->catalogue, draft->given);
    if (text_check(&sentence, err) != 0 ||
        check(draft, desk, sentence.s, sentence.n, &draft->explanation.verdict, err) != 0) {
        text_release(&sentence);
        return -1;
    }
    draft->explanation.text = sentence.s;
    return 0;
}

static const char *trimmed(const char *text, size_t *n)
{
    while (*n > 0 && strchr(" \t\r\n", text[*n - 1]))
        --*n;
    while (*n > 0 && strchr(" \t\r\n", *text))
        text++, --*n;
    return text;
}

/* The end of the last sentence that ends before byte n, so that something of the text is cut off; 0: none. */
static size_t sentence_end_before(const char *text, size_t n)
{
    for (size_t i = n - 1; i > 1; i--) {
        size_t mark = i - 1;
        while (mark > 0 && strchr("\"')*", text[mark]))
            mark--;
        if (strchr(" \n", text[i]) && strchr(".!?", text[mark]))
            return i;
    }
    return 0;
}

/* Holds the text to the gate, and if it does not pass what is left of it without its last sentences: small models
 * often begin well and do not find an end. *n becomes the bytes that pass; `verdict` is on them, or on the whole
 * text when nothing passes. */
static int longest_passing(const struct draft *draft, struct desk *desk, const char *text,
                           size_t *n, struct llmx_verdict *verdict, struct llmx_error *err)
{
    if (check(draft, desk, text, *n, verdict, err) != 0)
        return -1;
    size_t end = *n;
    while (verdict->n_failures > 0 && end > 0 && (end = sentence_end_before(text, end)) > 0) {
        struct llmx_verdict shorter;
        if (check(draft, desk, text, end, &shorter, err) != 0)
            return -1;
        if (shorter.n_failures == 0) {
            *verdict = shorter;
            *n = end;
        }
    }
    return 0;
}

static uint32_t failed_checks(const struct llmx_verdict *verdict)
{
    uint32_t failed = 0;
    for (int i = 0; i < verdict->n_failures; i++)
        failed |= (uint32_t)1 << verdict->failure[i].check;
    return failed;
}

static int keep_rejected(struct draft *draft, int tries_max, const char *text, size_t n,
                         struct llmx_error *err)
{
    struct llmx_explanation *e = &draft->explanation;
    char *copy = NULL;
    if ((!e->rejected && !(e->rejected = mem_array((size_t)tries_max, sizeof *e->rejected, err))) ||
        !(copy = mem_text(text, n, err)))
        return -1;
    e->rejected[e->n_rejected++] = (struct llmx_rejected){copy, draft->latest};
    return 0;
}

/* Keeps a text that passes where none did that went back less. Of one with a sentence that went back often, what stands before
 * that will do, where it passes alone; else it is a second choice, and another try may be better. */
static int choose(struct draft *draft, struct desk *desk, const char *text, size_t n,
                  struct llmx_verdict *verdict, bool *is_easy, struct llmx_error *err)
{
    const struct effort *effort = &draft->effort;
    struct llmx_explanation *e = &draft->explanation;
    struct llmx_verdict shorter;
    *is_easy = !desk->briefing->options->grounded || n <= effort->n_easy;
    if (!*is_easy && effort->n_easy > 0) {
        if (check(draft, desk, text, effort->n_easy, &shorter, err) != 0)
            return -1;
        if (shorter.n_failures == 0) {
            *is_easy = true;
            *verdict = shorter;
            n = effort->n_easy;
        }
    }
    const int revised = *is_easy ? effort->easily : effort->revised;
    if (e->has_passed && !*is_easy && e->revised <= revised)
        return 0;
    free(e->text);
    e->text = mem_text(text, n, err);
    e->verdict = *verdict;
    e->revised = revised;
    e->has_passed = 1;
    return e->text ? 0 : -1;
}

/* Takes a text without thinking. */
static int take_answer(struct draft *draft, struct desk *desk, const char *text, size_t n,
                       struct llmx_error *err)
{
    const struct llmx_explain_options *o = desk->briefing->options;
    struct llmx_explanation *e = &draft->explanation;
    struct llmx_verdict verdict;
    bool is_easy = false;
    const char *begun = text;
    text = trimmed(text, &n);
    const size_t skipped = (size_t)(text - begun); /* counted in the effort */
    draft->effort.n_easy -= skipped < draft->effort.n_easy ? skipped : draft->effort.n_easy;
    if (longest_passing(draft, desk, text, &n, &verdict, err) != 0)
        return -1;
    e->tries++;
    draft->latest = failed_checks(&verdict);
    e->failed |= draft->latest;
    if (verdict.n_failures > 0
            ? o->keep_rejected && keep_rejected(draft, o->tries, text, n, err) != 0
            : choose(draft, desk, text, n, &verdict, &is_easy, err) != 0)
        return -1;
    if (!is_easy && e->tries < o->tries)
        return 1;
    return e->has_passed ? 0 : draft_plain(draft, desk, err);
}

int draft_take(struct draft *draft, struct desk *desk, const char *text, size_t n,
               struct llmx_error *err)
{
    char *answer = mem_text(text, n, err);
    if (!answer)
        return -1;
    const int status = take_answer(draft, desk, answer, thinking_cut(answer, n), err);
    free(answer);
    return status;
}
