/* attribute_question.c - how a question is put, and how an answer is read. */
#include "evaluate/attribute_ask.h"
#include "gate/words.h"

#include <string.h>

/* ---- questions ---- */

static void put_classes(struct text *out, const struct attribute *a)
{
    const int n = attribute_classes(a);
    for (int k = 0; k < n; k++)
        text_printf(out, "%s%s", k == 0 ? "" : k == n - 1 ? " or " : ", ", attribute_class(a, k));
}

/* A column's name as words. */
static void put_name(struct text *out, const char *name)
{
    for (; *name; name++)
        text_put(out, *name == '_' ? " " : name, 1);
}

static void put_what(struct text *out, const struct attribute *a, const struct domain *d)
{
    if (a->side == LLMX_USERS) {
        text_puts(out, "What is the ");
        put_name(out, a->name);
        text_puts(out, " of this person?");
    } else if (a->column < 0) {
        text_printf(out, "How many people %s this %s, compared with other %s?", d->taken, d->one,
                    d->many);
    } else if (strcmp(a->name, "year") == 0 && a->kind == ATTRIBUTE_ORDINAL) {
        text_printf(out, "From which decade is this %s?", d->one);
    } else if (strcmp(a->name, "categories") == 0) {
        text_printf(out, "What %s is this %s?", d->category, d->one);
    } else {
        text_puts(out, "What is the ");
        put_name(out, a->name);
        text_printf(out, " of this %s?", d->one);
    }
}

void attribute_question(struct text *out, const struct attribute *a, const struct domain *d,
                        int value)
{
    const char *what = strcmp(a->name, "categories") == 0 ? d->category : a->name;
    if (value >= 0) {
        text_printf(out, "Is the %s of this %s \"%s\"? Answer with yes or no.", what,
                    a->side == LLMX_USERS ? "person" : d->one, attribute_class(a, value));
        return;
    }
    put_what(out, a, d);
    text_puts(out, a->kind == ATTRIBUTE_MULTI
                       ? " Answer with all that fit of these, and nothing else: "
                       : " Answer with one of these, and nothing else: ");
    put_classes(out, a);
    text_puts(out, ".");
}

/* ---- answers ---- */

void attribute_take_likeliest(struct answered *answers, size_t row, const struct ask *ask,
                              const double *less)
{
    const int n = attribute_classes(ask->attribute);
    int best = 0;
    for (int k = 0; k < n; k++) {
        const double at = ask->logprob[k] - less[k], most = ask->logprob[best] - less[best];
        answers->has[row * (size_t)n + (size_t)k] = at > 0;
        if (at > most)
            best = k;
    }
    answers->is_parsed[row] = 1;
    if (ask->attribute->kind != ATTRIBUTE_MULTI)
        answered_set(answers, n, row, best);
}

/* Do the words of a class stand at word `at` of the text? */
static bool stands_at(const struct passage *text, int at, const struct passage *name)
{
    if (name->n == 0 || at + name->n > text->n)
        return false;
    for (int i = 0; i < name->n; i++)
        if (strcmp(word_text(text, at + i), word_text(name, i)) != 0)
            return false;
    return true;
}

static int read_words(struct answered *answers, size_t row, const struct attribute *a,
                      const struct passage *text, const struct passage *names)
{
    const int n = attribute_classes(a);
    int found = 0;
    for (int at = 0, step; at < text->n; at += step) {
        int best = -1;
        step = 1;
        for (int k = 0; k < n; k++)
            if (stands_at(text, at, &names[k]) && (best < 0 || names[k].n > names[best].n))
                best = k;
        if (best < 0)
            continue;
        step = names[best].n;
        unsigned char *has = &answers->has[row * (size_t)n + (size_t)best];
        found += !*has;
        *has = 1;
    }
    return found;
}

int attribute_read_answer(struct answered *answers, size_t row, const struct attribute *a,
                          const char *text, struct llmx_error *err)
{
    struct passage said = {0}, names[ATTRIBUTE_CLASSES_MAX] = {0};
    const int n = attribute_classes(a);
    int status = passage_split(&said, text, strlen(text), err);
    for (int k = 0; k < n && status == 0; k++)
        status =
            passage_split(&names[k], attribute_class(a, k), strlen(attribute_class(a, k)), err);
    answered_set(answers, n, row, -1);
    if (status == 0) {
        const int found = read_words(answers, row, a, &said, names);
        answers->is_parsed[row] = a->kind == ATTRIBUTE_MULTI ? found > 0 : found == 1;
        if (!answers->is_parsed[row])
            answered_set(answers, n, row, -1);
    }
    for (int k = 0; k < n; k++)
        passage_release(&names[k]);
    passage_release(&said);
    return status;
}
