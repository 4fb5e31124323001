#include "token/bpe.h"

#include "base/utf8.h"

#define WORD_MAX ((size_t)1 << 30) /* bytes; symbols are numbered with int32_t */

/* A stretch of the word; a list, because merging takes out of the middle. */
struct bpe_symbol {
    const char *s;
    uint32_t n;            /* bytes; 0: merged away */
    int32_t id;            /* -1: none (by scores: a character that is no piece, may still merge) */
    int32_t before, after; /* -1: none */
};

/* Two neighbours that may merge. */
struct bpe_candidate {
    uint32_t rank;
    int32_t left, right;
    uint32_t n; /* bytes of both when it was noted: if they differ now, it is out of date */
    int32_t id;
};

void bpe_init(struct bpe *bpe)
{
    *bpe = (struct bpe){.unknown_id = -1};
    for (int b = 0; b < 256; b++)
        bpe->byte_ids[b] = -1;
}

void bpe_release(struct bpe *bpe)
{
    names_release(&bpe->pieces);
    free(bpe->piece_ids);
    free(bpe->merges);
    free(bpe->ranks);
    bpe_init(bpe);
}

int bpe_add_piece(struct bpe *bpe, const char *bytes, size_t n, int32_t id, struct llmx_error *err)
{
    uint32_t count = bpe->pieces.count;
    if (mem_grow(&bpe->piece_ids, &bpe->piece_capacity, (size_t)count + 1, sizeof id, err) != 0)
        return -1;
    int64_t piece = names_add(&bpe->pieces, bytes, n, err);
    if (piece < 0)
        return -1;
    if (piece == (int64_t)count)
        bpe->piece_ids[piece] = id;
    return 0;
}

int32_t bpe_find(const struct bpe *bpe, const char *bytes, size_t n)
{
    int64_t piece = names_find(&bpe->pieces, bytes, n);
    return piece < 0 ? -1 : bpe->piece_ids[piece];
}

int bpe_reserve_merges(struct bpe *bpe, size_t n, struct llmx_error *err)
{
    size_t slots = 64;
    while (slots / 4 * 3 < n)
        slots *= 2;
    bpe->merges = mem_array(slots, sizeof *bpe->merges, err);
    bpe->merge_slots = slots;
    return bpe->merges ? 0 : -1;
}

static uint64_t pair_of(int32_t left, int32_t right)
{
    return (uint64_t)((uint32_t)left + 1) << 32 | ((uint32_t)right + 1);
}

/* The slot that holds the pair, or the free one where it belongs. */
static struct bpe_merge *slot_of(const struct bpe *bpe, uint64_t pair)
{
    size_t mask = bpe->merge_slots - 1;
    uint64_t hash = pair * 0x9e3779b97f4a7c15u;
    size_t i = (size_t)(hash ^ hash >> 32) & mask;
    while (bpe->merges[i].pair != 0 && bpe->merges[i].pair != pair)
        i = (i + 1) & mask;
    return &bpe->merges[i];
}

void bpe_add_merge(struct bpe *bpe, int32_t left, int32_t right, int32_t id)
{
    uint64_t pair = pair_of(left, right);
    struct bpe_merge *slot = slot_of(bpe, pair);
    if (slot->pair == 0)
        *slot = (struct bpe_merge){pair, (uint32_t)bpe->n_merges, id};
    bpe->n_merges++;
}

struct scored {
    float score;
    uint32_t piece;
};

static int by_falling_score(const void *a, const void *b)
{
    const struct scored *x = a, *y = b;
    return (x->score < y->score) - (x->score > y->score);
}

int bpe_rank_by_score(struct bpe *bpe, const float *scores, struct llmx_error *err)
{
    uint32_t n = bpe->pieces.count, rank = 0;
    struct scored *order = mem_array(n, sizeof *order, err);
    bpe->ranks = mem_array(n, sizeof *bpe->ranks, err);
    if (!order || !bpe->ranks) {
        free(order);
        return -1;
    }
    for (uint32_t i = 0; i < n; i++)
        order[i] = (struct scored){scores[i], i};
    qsort(order, n, sizeof *order, by_falling_score);
    for (uint32_t i = 0; i < n; i++) {
        rank += i > 0 && order[i].score !=
                             order[i - 1].score; /* equal scores, equal ranks: the leftmost wins */
        bpe->ranks[order[i].piece] = rank;
    }
    free(order);
    return 0;
}

void bpe_work_release(struct bpe_work *work)
{
    free(work->symbols);
    free(work->heap);
    *work = (struct bpe_work){0};
}

static bool comes_first(const struct bpe_candidate *a, const struct bpe_candidate *b)
{
    return a->rank != b->rank ? a->rank < b->rank : a->left < b->left;
}

static int heap_push(struct bpe_work *work, struct bpe_candidate candidate, struct llmx_error *err)
{
    if (mem_grow(&work->heap, &work->heap_capacity, work->heap_n + 1, sizeof candidate, err) != 0)
        return -1;
    size_t i = work->heap_n++;
    for (; i > 0 && comes_first(&candidate, &work->heap[(i - 1) / 2]); i = (i - 1) / 2)
        work->heap[i] = work->heap[(i - 1) / 2];
    work->heap[i] = candidate;
    return 0;
}

static struct bpe_candidate heap_pop(struct bpe_work *work)
{
    struct bpe_candidate top = work->heap[0], last = work->heap[--work->heap_n];
    size_t i = 0, n = work->heap_n;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= n)
            break;
        if (child + 1 < n && comes_first(&work->heap[child + 1], &work->heap[child]))
            child++;
        if (!comes_first(&work->heap[child], &last))
            break;
        work->heap[i] = work->heap[child];
        i = child;
    }
    work->heap[i] = last;
    return top;
}

/* Notes the pair (left, right) if it may merge. */
static int consider(const struct bpe *bpe, struct bpe_work *work, int32_t left, int32_t right,
                    struct llmx_error *err)
{
    if (left < 0 || right < 0)
        return 0;
    const struct bpe_symbol *a = &work->symbols[left], *b = &work->symbols[right];
    struct bpe_candidate candidate = {.left = left, .right = right, .n = a->n + b->n};
    if (bpe->ranks) {
        int64_t piece = names_find(&bpe->pieces, a->s, candidate.n);
        if (piece < 0)
            return 0;
        candidate.rank = bpe->ranks[piece];
        candidate.id = bpe->piece_ids[piece];
    } else {
        const struct bpe_merge *merge = slot_of(bpe, pair_of(a->id, b->id));
        if (merge->pair == 0)
            return 0;
        candidate.rank = merge->rank;
        candidate.id = merge->id;
    }
    return heap_push(work, candidate, err);
}

static int merge_all(const struct bpe *bpe, struct bpe_work *work, int32_t n,
                     struct llmx_error *err)
{
    struct bpe_symbol *symbols = work->symbols;
    work->heap_n = 0;
    for (int32_t i = 0; i + 1 < n; i++) {
        if (consider(bpe, work, i, i + 1, err) != 0)
            return -1;
    }
    while (work->heap_n > 0) {
        struct bpe_candidate c = heap_pop(work);
        struct bpe_symbol *left = &symbols[c.left], *right = &symbols[c.right];
        if (left->n == 0 || right->n == 0 || left->n + right->n != c.n)
            continue;
        left->n = c.n;
        left->id = c.id;
        left->after = right->after;
        right->n = 0;
        if (right->after >= 0)
            symbols[right->after].before = c.left;
        if (consider(bpe, work, left->before, c.left, err) != 0 ||
            consider(bpe, work, c.left, left->after, err) != 0)
            return -1;
    }
    return 0;
}

static void put_symbol(struct bpe_work *work, int32_t *n, const char *s, size_t length, int32_t id)
{
    work->symbols[*n] = (struct bpe_symbol){s, (uint32_t)length, id, *n - 1, *n + 1};
    (*n)++;
}

static bool has_all_bytes(const struct bpe *bpe, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (bpe->byte_ids[(unsigned char)s[i]] < 0)
            return false;
    }
    return true;
}

/* A character that is no piece: its bytes, or the unknown id, or nothing. */
static void put_unknown(const struct bpe *bpe, struct bpe_work *work, int32_t *n, const char *s,
                        size_t length)
{
    struct bpe_symbol *last = *n > 0 ? &work->symbols[*n - 1] : NULL;
    if (has_all_bytes(bpe, s, length)) {
        for (size_t i = 0; i < length; i++)
            put_symbol(work, n, s + i, 1, bpe->byte_ids[(unsigned char)s[i]]);
    } else if (bpe->unknown_id >= 0 && bpe->fuse_unknown && last && last->id == bpe->unknown_id) {
        last->n += (uint32_t)length;
    } else if (bpe->unknown_id >= 0) {
        put_symbol(work, n, s, length, bpe->unknown_id);
    }
}

/* The symbols that a word begins as. By scores even a character that is no piece may merge into one, so that its
 * fall-back to bytes waits until all merging is done. */
static int32_t first_symbols(const struct bpe *bpe, struct bpe_work *work, const char *word,
                             size_t n)
{
    int32_t count = 0;
    for (size_t at = 0, length = 1; at < n; at += length) {
        bool valid;
        int32_t id;
        length = bpe->is_byte_level ? 1 : utf8_step(word + at, n - at, &valid);
        id = bpe->is_byte_level ? bpe->byte_ids[(unsigned char)word[at]]
                                : bpe_find(bpe, word + at, length);
        if (id >= 0 || bpe->ranks)
            put_symbol(work, &count, word + at, length, id);
        else
            put_unknown(bpe, work, &count, word + at, length);
    }
    if (count > 0)
        work->symbols[count - 1].after = -1;
    return count;
}

/* By scores, for a character that merged into nothing. */
static int put_bytes(const struct bpe *bpe, const struct bpe_symbol *symbol, struct token_ids *out,
                     struct llmx_error *err)
{
    if (!has_all_bytes(bpe, symbol->s, symbol->n))
        return bpe->unknown_id < 0 ? 0 : token_ids_put(out, bpe->unknown_id, err);
    for (uint32_t i = 0; i < symbol->n; i++) {
        if (token_ids_put(out, bpe->byte_ids[(unsigned char)symbol->s[i]], err) != 0)
            return -1;
    }
    return 0;
}

int bpe_encode(const struct bpe *bpe, struct bpe_work *work, const char *word, size_t n,
               struct token_ids *out, struct llmx_error *err)
{
    if (n > WORD_MAX)
        return err_set(err, LLMX_TOO_LARGE, "a text of %zu bytes is too long to tokenise", n);
    int32_t whole = bpe->takes_whole_words ? bpe_find(bpe, word, n) : -1;
    if (whole >= 0)
        return token_ids_put(out, whole, err);
    if (mem_grow(&work->symbols, &work->symbols_capacity, n, sizeof *work->symbols, err) != 0)
        return -1;
    int32_t count = first_symbols(bpe, work, word, n);
    if (count == 0)
        return 0;
    if (merge_all(bpe, work, count, err) != 0)
        return -1;
    for (int32_t i = 0; i >= 0; i = work->symbols[i].after) {
        const struct bpe_symbol *symbol = &work->symbols[i];
        int result = symbol->id >= 0 ? token_ids_put(out, symbol->id, err)
                                     : put_bytes(bpe, symbol, out, err);
        if (result != 0)
            return -1;
    }
    return 0;
}
