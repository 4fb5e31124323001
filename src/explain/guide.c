/* guide.c - which fault of a text is mended first, and from where on. */
#include "explain/guide.h"

#include <string.h>

/* What only a whole text can lack: more of it may still come. */
static const uint32_t lacks = 1u << LLMX_CHECK_EVIDENCE | 1u << LLMX_CHECK_ITEM |
                              1u << LLMX_CHECK_ADDRESS | 1u << LLMX_CHECK_UNFINISHED;

/* A fault that stays when another word begins it this often has its cause before it. */
#define BEGINNINGS_MAX 3

bool guide_sentence_ends(const char *text, size_t n)
{
    size_t marks = 0;
    for (size_t i = 0; i < n; i++)
        marks += text[i] == '"';
    while (n > 0 && strchr("\"')*", text[n - 1]))
        n--;
    return marks % 2 == 0 && n > 0 && strchr(".!?", text[n - 1]);
}

static bool is_of_all(const struct llmx_failure *failure, size_t n)
{
    return failure->start == 0 && failure->end == n;
}

/* The fault that begins first; what the text lacks only when there is none, and it is whole. NULL: it may stand. A text that
 * is too long is not mended by other words. */
static const struct llmx_failure *first_fault(const struct llmx_verdict *verdict, size_t n,
                                              bool is_whole)
{
    const struct llmx_failure *first = NULL, *lack = NULL;
    for (int i = 0; i < verdict->n_failures; i++) {
        const struct llmx_failure *f = &verdict->failure[i];
        if (f->check == LLMX_CHECK_LENGTH)
            return NULL;
        if (is_of_all(f, n) && lacks >> f->check & 1)
            lack = f;
        else if (!first || f->start < first->start)
            first = f;
    }
    return first || !is_whole ? first : lack;
}

/* A wrong number is mended at its end, else one digit would never come again that others begin with; everything else at
 * its beginning. What does not help is tried from farther back. */
static struct way_back way_to(const struct llmx_failure *fault, int times, size_t n)
{
    if (is_of_all(fault, n))
        return (struct way_back){lacks >> fault->check & 1 ? n : 0, 0};
    if (fault->check == LLMX_CHECK_NUMBER)
        return (struct way_back){fault->end - 1, times};
    return (struct way_back){fault->start, times < BEGINNINGS_MAX ? 0 : times - BEGINNINGS_MAX + 1};
}

int guide_look(struct guide *guide, struct desk *desk, const struct rec *rec, const char *prompt,
               const char *text, size_t n, bool is_whole, struct way_back *back,
               struct llmx_error *err)
{
    struct llmx_verdict verdict;
    if (desk_check(desk, rec, prompt, text, n, &verdict, err) != 0)
        return -1;
    const struct llmx_failure *fault = first_fault(&verdict, n, is_whole);
    if (!fault) {
        *guide = (struct guide){0};
        return 0;
    }
    const bool is_again =
        fault->check == guide->fault.check && fault->start == guide->fault.start;
    guide->times = is_again ? guide->times + 1 : 0;
    guide->fault = *fault;
    *back = way_to(fault, guide->times, n);
    return 1;
}
