#include "generate/constraint.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

#define OUTSIDE       (-1) /* of marks */
#define ROOT          0    /* just after an opening mark */
#define NUMBERS       1    /* where every number begins; no text ever stands there */
#define WORDS         2    /* where every word begins */
#define UNBARRED      ROOT /* in a word that goes on as it likes */
#define DEPTH_MAX     256  /* bytes of a phrase that one token may hold */
#define BITS_PER_WORD 64

/* A place in the phrases or numbers; those that follow on it are a list. Node 0 is a root, so 0 ends lists. */
struct node {
    char byte; /* that leads here */
    bool
        ends; /* a phrase ends here: the mark may follow; or a number: no digit need follow; or what no word begins with */
    bool is_number;
    int32_t child, next;
};

struct llmx_constraint {
    const struct token_index *index;
    struct node *nodes;
    size_t n, capacity;
    bool holds_numbers;
    int32_t *barred; /* (n_barred) ids of the tokens of a space and what is barred, or begins so */
    size_t n_barred, barred_capacity;
    struct constraint_state start;
};

int constraint_create(struct llmx_constraint **constraint, const struct token_index *index,
                      struct llmx_error *err)
{
    struct llmx_constraint *c = mem_array(1, sizeof *c, err);
    if (!c)
        return -1;
    if (mem_grow(&c->nodes, &c->capacity, WORDS + 1, sizeof *c->nodes, err) != 0) {
        free(c);
        return -1;
    }
    c->index = index;
    c->nodes[c->n++] = (struct node){0};
    c->nodes[c->n++] = (struct node){.is_number = true};
    c->nodes[c->n++] = (struct node){0};
    c->start = (struct constraint_state){1, {OUTSIDE}, WORDS};
    *constraint = c;
    return 0;
}

void constraint_destroy(struct llmx_constraint *c)
{
    if (!c)
        return;
    free(c->nodes);
    free(c->barred);
    free(c);
}

/* The node that a byte leads to from another, or 0. */
static int32_t child_of(const struct llmx_constraint *c, int32_t node, char byte)
{
    int32_t child = c->nodes[node].child;
    while (child && c->nodes[child].byte != byte)
        child = c->nodes[child].next;
    return child;
}

static int add(struct llmx_constraint *c, int32_t root, const char *s, size_t n,
               struct llmx_error *err)
{
    int32_t node = root;
    if (n > INT32_MAX - c->n)
        return err_set(err, LLMX_TOO_LARGE, "phrases of more than %d bytes", INT32_MAX);
    if (mem_grow(&c->nodes, &c->capacity, c->n + n, sizeof *c->nodes, err) != 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        int32_t child = child_of(c, node, s[i]);
        if (!child) {
            child = (int32_t)c->n++;
            c->nodes[child] = (struct node){
                .byte = s[i], .is_number = root == NUMBERS, .next = c->nodes[node].child};
            c->nodes[node].child = child;
        }
        node = child;
    }
    c->nodes[node].ends = true;
    return 0;
}

int constraint_add(struct llmx_constraint *c, const char *phrase, size_t n, struct llmx_error *err)
{
    return add(c, ROOT, phrase, n, err);
}

void constraint_hold_numbers(struct llmx_constraint *c)
{
    c->holds_numbers = true;
}

int constraint_add_number(struct llmx_constraint *c, const char *digits, size_t n,
                          struct llmx_error *err)
{
    return add(c, NUMBERS, digits, n, err);
}

int constraint_bar(struct llmx_constraint *c, const char *beginning, size_t n,
                   struct llmx_error *err)
{
    return add(c, WORDS, beginning, n, err);
}

static void enter(struct constraint_state *state, int32_t node)
{
    for (int i = 0; i < state->n; i++)
        if (state->node[i] == node)
            return;
    if (state->n < CONSTRAINT_STATES_MAX)
        state->node[state->n++] = node;
}

/* Is the node outside of marks, free to go on with anything? */
static bool is_free(const struct llmx_constraint *c, int32_t node)
{
    return node == OUTSIDE || (c->nodes[node].is_number && c->nodes[node].ends);
}

/* Follows a byte from one place. */
static void step(const struct llmx_constraint *c, struct constraint_state *state, int32_t node,
                 char byte)
{
    const bool is_mark = byte == c->index->mark;
    const bool is_outside = node == OUTSIDE || c->nodes[node].is_number;
    int32_t child = 0;
    if (!is_outside)
        child = child_of(c, node, byte);
    else if (c->holds_numbers && token_byte_is_digit(byte))
        child = child_of(c, node == OUTSIDE ? NUMBERS : node, byte);
    else if (is_free(c, node))
        enter(state, is_mark ? ROOT : OUTSIDE);
    if (child)
        enter(state, child);
    if (!is_outside && is_mark && c->nodes[node].ends)
        enter(state, OUTSIDE);
}

/* Follows bytes from every place at once; false, and no place left, when there is no way. */
static bool walk(const struct llmx_constraint *c, struct constraint_state *state, const char *s,
                 size_t n)
{
    for (size_t i = 0; i < n && state->n > 0; i++) {
        struct constraint_state before = *state;
        state->n = 0;
        for (int k = 0; k < before.n; k++)
            step(c, state, before.node[k], s[i]);
    }
    return state->n > 0;
}

static char lower(char byte)
{
    return (char)(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
}

static bool is_letter(char byte)
{
    return (lower(byte) >= 'a' && lower(byte) <= 'z') || (unsigned char)byte >= 0x80;
}

/* Inside of marks too: the closing one begins anew. */
static void follow_words(const struct llmx_constraint *c, struct constraint_state *state,
                         const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        state->word = !is_letter(s[i])          ? WORDS
                      : state->word == UNBARRED ? UNBARRED
                                                : child_of(c, state->word, lower(s[i]));
}

void constraint_begin(struct llmx_constraint *c, const char *text, size_t n)
{
    if (!walk(c, &c->start, text, n))
        c->start = (struct constraint_state){1, {OUTSIDE}, WORDS};
    follow_words(c, &c->start, text, n);
}

void constraint_start(const struct llmx_constraint *c, struct constraint_state *state)
{
    *state = c->start;
}

void constraint_step(const struct llmx_constraint *c, struct constraint_state *state, int32_t id)
{
    int32_t place = id < c->index->vocabulary ? c->index->place[id] : -1;
    if (place < 0)
        return;
    walk(c, state, c->index->sorted[place].s, c->index->sorted[place].n);
    follow_words(c, state, c->index->sorted[place].s, c->index->sorted[place].n);
}

/* ---- which tokens may come ---- */

/* The first place in first .. end - 1 whose byte at `depth` is `byte` or more. */
static int lower_bound(const struct token_index *index, uint32_t depth, int byte, int first,
                       int end)
{
    while (first < end) {
        int middle = first + (end - first) / 2;
        if ((unsigned char)index->sorted[middle].s[depth] < byte)
            first = middle + 1;
        else
            end = middle;
    }
    return first;
}

/* Of places *first .. *end - 1, whose tokens have the same first `depth` bytes and more, those with `byte` next. */
static void narrow(const struct token_index *index, uint32_t depth, char byte, int *first, int *end)
{
    int value = (unsigned char)byte;
    *first = lower_bound(index, depth, value, *first, *end);
    *end = lower_bound(index, depth, value + 1, *first, *end);
}

static void allow_place(const struct llmx_constraint *c, int place, uint64_t *bits)
{
    int32_t id = c->index->sorted[place].id;
    bits[id / BITS_PER_WORD] |= UINT64_C(1) << id % BITS_PER_WORD;
}

/* Of the tokens at places first .. end - 1, whose first `depth` bytes lead to `node`, those that lead on. */
static void allow(const struct llmx_constraint *c, int32_t node, int first, int end, uint32_t depth,
                  uint64_t *bits)
{
    const struct token_index *index = c->index;
    for (; first < end && index->sorted[first].n == depth; first++)
        allow_place(c, first, bits);
    if (first == end || depth == DEPTH_MAX)
        return;
    for (int32_t child = c->nodes[node].child; child; child = c->nodes[child].next) {
        int from = first, to = end;
        narrow(index, depth, c->nodes[child].byte, &from, &to);
        if (from < to)
            allow(c, child, from, to, depth + 1, bits);
    }
    if (!c->nodes[node].ends)
        return;
    narrow(index, depth, index->mark, &first, &end);
    for (int place = first; place < end; place++) {
        struct constraint_state state = {.n = 1, .node = {OUTSIDE}};
        const struct token_bytes *token = &index->sorted[place];
        if (walk(c, &state, token->s + depth + 1, token->n - depth - 1))
            allow_place(c, place, bits);
    }
}

/* Of the tokens at places first .. end - 1, whose first `depth` bytes lead to `node`, rules out those that lead to what is barred. */
static void bar(const struct llmx_constraint *c, int32_t node, int first, int end, uint32_t depth,
                float *logits)
{
    const struct token_index *index = c->index;
    while (first < end && index->sorted[first].n == depth)
        first++;
    for (int32_t child = c->nodes[node].child; child && first < end; child = c->nodes[child].next)
        for (int k = 0; k < 2; k++) {
            const char byte = c->nodes[child].byte;
            int from = first, to = end;
            narrow(index, depth, k == 0 ? byte : (char)(byte - 'a' + 'A'), &from, &to);
            if (from < to && !c->nodes[child].ends)
                bar(c, child, from, to, depth + 1, logits);
            for (int place = from; place < to && c->nodes[child].ends; place++)
                logits[index->sorted[place].id] = -INFINITY;
        }
}

int constraint_hold_words(struct llmx_constraint *c, struct llmx_error *err)
{
    const struct token_index *index = c->index;
    float *scores = mem_array((size_t)index->vocabulary, sizeof *scores, err);
    int first = 0, end = index->n, status = scores ? 0 : -1;
    if (scores) {
        narrow(index, 0, ' ', &first, &end);
        bar(c, WORDS, first, end, 1, scores);
    }
    for (int id = 0; id < index->vocabulary && status == 0; id++) {
        if (scores[id] != -INFINITY)
            continue;
        status = mem_grow(&c->barred, &c->barred_capacity, c->n_barred + 1, sizeof *c->barred, err);
        if (status == 0)
            c->barred[c->n_barred++] = id;
    }
    free(scores);
    return status;
}

static void rule_out_barred(const struct llmx_constraint *c, const struct constraint_state *state,
                            float *logits)
{
    for (size_t i = 0; i < c->n_barred; i++)
        logits[c->barred[i]] = -INFINITY;
    if (state->word != UNBARRED)
        bar(c, state->word, 0, c->index->n, 0, logits);
}

/* Leaves the scores of tokens whose bit is set, and clears it; false when there are none. */
static bool keep(float *logits, int vocabulary, uint64_t *bits)
{
    uint64_t any = 0;
    for (int first = 0; first < vocabulary; first += BITS_PER_WORD) {
        uint64_t word = bits[first / BITS_PER_WORD];
        int end = vocabulary - first < BITS_PER_WORD ? vocabulary : first + BITS_PER_WORD;
        for (int id = first; id < end; id++)
            if (!(word >> (id - first) & 1))
                logits[id] = -INFINITY;
        bits[first / BITS_PER_WORD] = 0;
        any |= word;
    }
    return any != 0;
}

/* Those of the tokens that lead on from a place within a number. */
static void allow_numeric(const struct llmx_constraint *c, int32_t node, uint64_t *bits)
{
    const struct token_index *index = c->index;
    for (int i = 0; i < index->n_numeric; i++) {
        const struct token_bytes *token = &index->sorted[index->numeric[i]];
        struct constraint_state state = {.n = 1, .node = {node}};
        if (walk(c, &state, token->s, token->n))
            allow_place(c, index->numeric[i], bits);
    }
}

/* Rules out those of the tokens at n places that lead nowhere. */
static void rule_out(const struct llmx_constraint *c, const struct constraint_state *state,
                     const int32_t *places, int n, float *logits)
{
    for (int i = 0; i < n; i++) {
        const struct token_bytes *token = &c->index->sorted[places[i]];
        struct constraint_state then = *state;
        if (!walk(c, &then, token->s, token->n))
            logits[token->id] = -INFINITY;
    }
}

bool constraint_mask(const struct llmx_constraint *c, const struct constraint_state *state,
                     float *logits, int vocabulary, uint64_t *bits)
{
    const struct token_index *index = c->index;
    bool any_free = false, all_free = true;
    for (int i = 0; i < state->n; i++) {
        any_free = any_free || is_free(c, state->node[i]);
        all_free = all_free && is_free(c, state->node[i]);
    }
    if (any_free) { /* what holds neither a mark nor a digit stays outside */
        for (int i = 0; i < index->n_silent; i++)
            logits[index->silent[i]] = -INFINITY;
        rule_out(c, state, index->marked, index->n_marked, logits);
        if (c->holds_numbers)
            rule_out(c, state, index->numeric, index->n_numeric, logits);
        if (all_free)
            rule_out_barred(c, state, logits);
        return true;
    }
    for (int i = 0; i < state->n; i++) {
        const int32_t node = state->node[i];
        if (c->nodes[node].is_number)
            allow_numeric(c, node, bits);
        else
            allow(c, node, 0, index->n, 0, bits);
    }
    return keep(logits, vocabulary, bits);
}
