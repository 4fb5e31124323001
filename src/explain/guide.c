/* guide.c - which fault of a text is mended first, and from where on. */
#include "explain/guide.h"

#include <string.h>

/* What a whole text lacks: more of it, pressed out of a model that was done, is seldom worth reading. */
static const uint32_t lacks = 1u << LLMX_CHECK_EVIDENCE | 1u << LLMX_CHECK_ITEM |
                              1u << LLMX_CHECK_ADDRESS | 1u << LLMX_CHECK_FACT;

/* A fault that stays when another word begins it this often has its cause before it. */
#define BEGINNINGS_MAX 3

bool guide_sentence_ends(const char *text, size_t n)
{
    size_t marks = 0;
    for (size_t i = 0; i < n; i++)
        marks += text[i] == '"';
    while (n > 0 && strchr("')*", text[n - 1]))
        n--;
    return marks % 2 == 0 && n > 0 && strchr(".!?", text[n - 1]);
}

static bool is_unfinished(const struct llmx_failure *fault)
{
    return fault->check == LLMX_CHECK_UNFINISHED;
}

/* The fault that begins first; an end that is missing only where the text is whole. NULL: it may stand, or other words mend
 * nothing: it is too long, or lacks something. */
static const struct llmx_failure *first_fault(const struct llmx_verdict *verdict, size_t n,
                                              bool is_whole)
{
    const struct llmx_failure *first = NULL, *unfinished = NULL;
    for (int i = 0; i < verdict->n_failures; i++) {
        const struct llmx_failure *f = &verdict->failure[i];
        if (f->check == LLMX_CHECK_LENGTH)
            return NULL;
        if (is_unfinished(f))
            unfinished = f;
        else if (f->start == 0 && f->end == n && lacks >> f->check & 1)
            continue;
        else if (!first || f->start < first->start)
            first = f;
    }
    return first || !is_whole ? first : unfinished;
}

/* What is repeated is blamed where it stands first, and mended where it stands last. */
static size_t last_like(const struct llmx_failure *fault, const char *text, size_t n)
{
    const size_t length = fault->end - fault->start;
    size_t at = n - length;
    while (at > fault->start && memcmp(text + at, text + fault->start, length) != 0)
        at--;
    return at;
}

static bool is_number(const struct llmx_failure *fault)
{
    return fault->check == LLMX_CHECK_NUMBER || fault->check == LLMX_CHECK_YEAR;
}

/* Of a number; in words, its last byte. */
static size_t last_digit(const struct llmx_failure *fault, const char *text)
{
    size_t at = fault->end;
    while (at > fault->start && !(text[at - 1] >= '0' && text[at - 1] <= '9'))
        at--;
    return (at > fault->start ? at : fault->end) - 1;
}

/* A wrong number is mended at its end, else a digit would be lost that others begin with; everything else where it begins.
 * What does not help is tried from farther back. */
static struct way_back way_to(const struct llmx_failure *fault, const struct guide *before,
                              const char *text, size_t n)
{
    const int times = before->times;
    if (is_unfinished(fault))
        return (struct way_back){n, 0, 1};
    if (fault->start == 0 && fault->end == n)
        return (struct way_back){0, 0, 1};
    if (is_number(fault))
        return (struct way_back){last_digit(fault, text), before->numbers, 1};
    const float share = times < BEGINNINGS_MAX ? 1 : times < 2 * BEGINNINGS_MAX ? 0.5f : 0;
    return (struct way_back){
        fault->check == LLMX_CHECK_REPETITION ? last_like(fault, text, n) : fault->start, 0, share};
}

int guide_look(struct guide *guide, struct llmx_checker *checker, const struct llmx_given *given,
               const char *text, size_t n, bool is_whole, struct way_back *back,
               struct llmx_error *err)
{
    struct llmx_verdict verdict;
    if (llmx_gate_check(checker, given, text, n, &verdict, err) != 0)
        return -1;
    const struct llmx_failure *fault = first_fault(&verdict, n, is_whole);
    if (!fault) {
        *guide = (struct guide){0};
        return 0;
    }
    *back = way_to(fault, guide, text, n);
    guide->times++;
    guide->numbers += is_number(fault);
    return 1;
}
