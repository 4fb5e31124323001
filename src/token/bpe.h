/* bpe.h - byte-pair encoding (Sennrich et al. 2016) of one word: its symbols are merged, the best pair first, until
 * no pair is left that may be. Read-only while encoding: threads may share it, each with its own bpe_work.
 *
 * Two ways to know the best pair: a table of ranked merges (GPT-2, tokenizer.json), or scores of the pieces that
 * would come out (sentencepiece). Two kinds of symbols to begin with: bytes, or characters with a fall-back to bytes. */
#ifndef TOKEN_BPE_H
#define TOKEN_BPE_H

#include "base/err.h"
#include "base/names.h"
#include "token/ids.h"

struct bpe_merge {
    uint64_t pair; /* ids of left and right + 1 each; 0: a free slot */
    uint32_t rank;
    int32_t id; /* of what comes out */
};

struct bpe {
    struct names pieces; /* what merging may lead to, as bytes */
    int32_t *piece_ids;  /* (pieces) */
    size_t piece_capacity;
    struct bpe_merge *merges; /* hash table of merge_slots, a power of two; NULL: by scores */
    size_t merge_slots, n_merges;
    uint32_t *ranks;        /* (pieces) by falling score; NULL: by merges */
    int32_t byte_ids[256];  /* ids of single bytes, -1: none */
    int32_t unknown_id;     /* -1: none; what has no id is then left out */
    bool is_byte_level;     /* symbols are bytes; else characters */
    bool fuse_unknown;      /* unknown characters in a row make one id */
    bool takes_whole_words; /* a word that is a piece is taken as it is, whatever the merges say */
};

void bpe_init(struct bpe *bpe);
void bpe_release(struct bpe *bpe);

/* A piece of n bytes. Of two pieces alike the first stands. */
int bpe_add_piece(struct bpe *bpe, const char *bytes, size_t n, int32_t id, struct llmx_error *err);
int32_t bpe_find(const struct bpe *bpe, const char *bytes, size_t n); /* id, or -1 */

/* Merges in order of rank. Make room first: at most `n` will be added. */
int bpe_reserve_merges(struct bpe *bpe, size_t n, struct llmx_error *err);
void bpe_add_merge(struct bpe *bpe, int32_t left, int32_t right, int32_t id);

/* Ranks pieces by score, highest first; scores (pieces), each a number. */
int bpe_rank_by_score(struct bpe *bpe, const float *scores, struct llmx_error *err);

/* Scratch of one thread. All zero to begin with. */
struct bpe_work {
    struct bpe_symbol *symbols;
    struct bpe_candidate *heap;
    size_t symbols_capacity, heap_capacity, heap_n;
};
void bpe_work_release(struct bpe_work *work);

/* Appends the ids of one word. */
int bpe_encode(const struct bpe *bpe, struct bpe_work *work, const char *word, size_t n,
               struct token_ids *out, struct llmx_error *err);

#endif
