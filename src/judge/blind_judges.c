#include "judge/blind_judges.h"

#include "base/memory.h"
#include "statistics/logistic.h"
#include "statistics/strengths.h"
#include "token/text_tokens.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SYSTEMS_MAX 100
#define SYSTEMS_ALPHA                                                                              \
    .1 /* penalty of the strengths: those of systems that always won are finite, too */
#define WORDS_RIDGE 1.0  /* penalty of the words' weights, the usual one (scikit-learn's C = 1) */
#define EQUAL       1e-9 /* what strengths or margins that are equal may be off by */

static enum llmx_preference prefer(double a, double b)
{
    return fabs(a - b) <= EQUAL ? LLMX_PREFERS_TIE : a > b ? LLMX_PREFERS_A : LLMX_PREFERS_B;
}

/* The same in both orders. */
static void say(said_of_pair *said, enum llmx_preference what)
{
    (*said)[0] = (*said)[1] = what;
}

static double length_of(const char *text)
{
    return (double)characters_of(text, strlen(text));
}

static int say_by_length(const struct labelled *p, int sign, said_of_pair *said)
{
    for (size_t i = 0; i < p->n; i++)
        say(&said[i],
            prefer(sign * length_of(p->pair[i]->text[0]), sign * length_of(p->pair[i]->text[1])));
    return 1;
}

static int say_by_place(const struct labelled *p, enum llmx_preference a_first,
                        enum llmx_preference b_first, said_of_pair *said)
{
    for (size_t i = 0; i < p->n; i++) {
        said[i][0] = a_first;
        said[i][1] = b_first;
    }
    return 1;
}

/* ---- who wrote it ---- */

struct known_systems {
    struct names names;
    int (*of)[2];            /* (n) */
    double *wins, *strength; /* (systems, systems), (systems) */
};

/* 1, 0 some pair lacks a name or there are too many, -1 */
static int name_systems(struct known_systems *s, const struct labelled *p, struct llmx_error *err)
{
    if (!(s->of = mem_array(p->n, sizeof *s->of, err)))
        return -1;
    for (size_t i = 0; i < p->n; i++)
        for (int k = 0; k < 2; k++) {
            const char *name = p->pair[i]->system[k];
            const int64_t found = name ? names_add(&s->names, name, strlen(name), err) : 0;
            if (!name || found < 0)
                return name ? -1 : 0;
            s->of[i][k] = (int)found;
        }
    const size_t n = s->names.count;
    if (n > SYSTEMS_MAX)
        return 0;
    return (s->wins = mem_array(n * n, sizeof *s->wins, err)) &&
                   (s->strength = mem_array(n, sizeof *s->strength, err))
               ? 1
               : -1;
}

/* What the other folds say of those of one. */
static int say_fold_by_system(struct known_systems *s, const struct labelled *p, int fold,
                              said_of_pair *said, struct llmx_error *err)
{
    const size_t n = s->names.count;
    memset(s->wins, 0, n * n * sizeof *s->wins);
    for (size_t i = 0; i < p->n; i++) {
        const int winner = p->pair[i]->label == LLMX_PREFERS_B;
        if (p->fold[i] != fold && s->of[i][0] != s->of[i][1])
            s->wins[(size_t)s->of[i][winner] * n + (size_t)s->of[i][!winner]]++;
    }
    if (strengths_fit(s->wins, (int)n, SYSTEMS_ALPHA, s->strength, err) != 0)
        return -1;
    for (size_t i = 0; i < p->n; i++)
        if (p->fold[i] == fold)
            say(&said[i], prefer(s->strength[s->of[i][0]], s->strength[s->of[i][1]]));
    return 0;
}

static int say_by_system(const struct labelled *p, said_of_pair *said, struct llmx_error *err)
{
    struct known_systems s = {0};
    int status = name_systems(&s, p, err);
    for (int fold = 0; fold < p->folds && status == 1; fold++)
        if (say_fold_by_system(&s, p, fold, said, err) != 0)
            status = -1;
    names_release(&s.names);
    free(s.of);
    free(s.wins);
    free(s.strength);
    return status;
}

/* ---- which words it has ---- */

enum { OF_A = 1, OF_B = 2 };

/* Each pair as a row: 1 for a word that a alone has, -1 for one that b alone has. */
struct bag {
    struct names words;
    struct tokens tokens[2]; /* of the pair at hand */
    int *marks;              /* (words) which of its texts have them: OF_A, OF_B */
    size_t marks_capacity;
    size_t *start;
    int *column;
    double *value;
    size_t entries, column_capacity, value_capacity;
    double *label, *learns; /* (n) */
    double *weight, *work;
};

static void bag_release(struct bag *b)
{
    names_release(&b->words);
    tokens_release(&b->tokens[0]);
    tokens_release(&b->tokens[1]);
    free(b->marks);
    free(b->start);
    free(b->column);
    free(b->value);
    free(b->label);
    free(b->learns);
    free(b->weight);
    free(b->work);
}

static int mark_words(struct bag *b, const struct llmx_pair *pair, struct llmx_error *err)
{
    for (int k = 0; k < 2; k++) {
        const char *text = pair->text[k];
        if (tokens_13a(&b->tokens[k], &b->words, text, strlen(text), err) != 0)
            return -1;
        const size_t before = b->marks_capacity;
        if (mem_grow(&b->marks, &b->marks_capacity, b->words.count + 1, sizeof *b->marks, err) != 0)
            return -1;
        for (size_t w = before; w < b->marks_capacity; w++)
            b->marks[w] = 0;
        for (size_t t = 0; t < b->tokens[k].n; t++)
            b->marks[b->tokens[k].ids[t]] |= k == 0 ? OF_A : OF_B;
    }
    return 0;
}

static int add_row(struct bag *b, const struct llmx_pair *pair, struct llmx_error *err)
{
    if (mark_words(b, pair, err) != 0)
        return -1;
    const size_t need = b->entries + b->tokens[0].n + b->tokens[1].n + 1;
    if (mem_grow(&b->column, &b->column_capacity, need, sizeof *b->column, err) != 0 ||
        mem_grow(&b->value, &b->value_capacity, need, sizeof *b->value, err) != 0)
        return -1;
    for (int k = 0; k < 2; k++)
        for (size_t t = 0; t < b->tokens[k].n; t++) {
            int *mark = &b->marks[b->tokens[k].ids[t]];
            if (*mark == OF_A || *mark == OF_B) {
                b->column[b->entries] = (int)b->tokens[k].ids[t];
                b->value[b->entries++] = *mark == OF_A ? 1 : -1;
            }
            *mark = k == 0 && *mark == (OF_A | OF_B) ? *mark : 0; /* b still asks for the shared */
        }
    return 0;
}

static int fill_bag(struct bag *b, const struct labelled *p, struct llmx_error *err)
{
    if (!(b->start = mem_array(p->n + 1, sizeof *b->start, err)) ||
        !(b->label = mem_array(p->n, sizeof *b->label, err)) ||
        !(b->learns = mem_array(p->n, sizeof *b->learns, err)))
        return -1;
    for (size_t i = 0; i < p->n; i++) {
        if (add_row(b, p->pair[i], err) != 0)
            return -1;
        b->start[i + 1] = b->entries;
        b->label[i] = p->pair[i]->label == LLMX_PREFERS_A;
    }
    const size_t words = b->words.count;
    return (b->weight = mem_array(words, sizeof *b->weight, err)) &&
                   (b->work = mem_array(logistic_work(p->n, (int)words), sizeof *b->work, err))
               ? 0
               : -1;
}

/* No intercept: a and b are alike but for their words, so the same is said in both orders. */
static void say_fold_by_words(struct bag *b, const struct labelled *p, int fold, said_of_pair *said)
{
    const struct logistic l = {.start = b->start,
                               .column = b->column,
                               .value = b->value,
                               .label = b->label,
                               .weight = b->learns,
                               .n = p->n,
                               .width = (int)b->words.count,
                               .ridge = WORDS_RIDGE};
    for (size_t i = 0; i < p->n; i++)
        b->learns[i] = p->fold[i] != fold;
    memset(b->weight, 0, b->words.count * sizeof *b->weight);
    logistic_fit(&l, b->weight, b->work);
    for (size_t i = 0; i < p->n; i++)
        if (p->fold[i] == fold)
            say(&said[i], prefer(logistic_margin(&l, b->weight, i), 0));
}

static int say_by_words(const struct labelled *p, said_of_pair *said, struct llmx_error *err)
{
    struct bag b = {0};
    const int status = fill_bag(&b, p, err);
    for (int fold = 0; fold < p->folds && status == 0; fold++)
        say_fold_by_words(&b, p, fold, said);
    bag_release(&b);
    return status == 0 ? 1 : -1;
}

int blind_judge(enum llmx_audited_judge judge, const struct labelled *pairs, said_of_pair *said,
                struct llmx_error *err)
{
    switch (judge) {
    case LLMX_BLIND_FIRST:
        return say_by_place(pairs, LLMX_PREFERS_A, LLMX_PREFERS_B, said);
    case LLMX_BLIND_SECOND:
        return say_by_place(pairs, LLMX_PREFERS_B, LLMX_PREFERS_A, said);
    case LLMX_BLIND_LONGER:
        return say_by_length(pairs, 1, said);
    case LLMX_BLIND_SHORTER:
        return say_by_length(pairs, -1, said);
    case LLMX_BLIND_SYSTEM:
        return pairs->folds > 0 ? say_by_system(pairs, said, err) : 0;
    case LLMX_BLIND_WORDS:
        return pairs->folds > 0 ? say_by_words(pairs, said, err) : 0;
    default:
        return 0;
    }
}
