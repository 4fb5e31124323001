/* rank_tiles.h - ranking by models whose scores are inner products, without a table of scores: a tile of them (some
 * people, some items) is made, looked through while it is in the core's second-level cache, and forgotten. */
#ifndef RANK_RANK_TILES_H
#define RANK_RANK_TILES_H

#include "rank/rankings.h"
#include "rank/scorer.h"

/* People of a block: enough rows for a matrix product to run at full speed and to share the cost of reading the items. */
#define RANK_USERS_MAX 128

/* What one thread needs. */
struct rank_tiles {
    struct scorer scorer;
    const struct llmx_data *data;
    enum llmx_part known;
    bool masks_known;
    const float *item;  /* (items, dim), the model's */
    int dim, listed;    /* listed: length of the lists */
    int k;              /* items kept, one more: is the last place shared? */
    float *person;      /* (RANK_USERS_MAX, dim) */
    float *tile;        /* (RANK_USERS_MAX, columns) */
    float *target_item; /* (columns, dim) */
    struct rank_target *target;
    struct rank_cell *cell;        /* to be masked, by tile */
    size_t *known_start;           /* (tiles + 2) where a tile's begin */
    struct rank_kept *kept;        /* (RANK_USERS_MAX) the best so far: */
    float *kept_score;             /* (RANK_USERS_MAX, 4 k) */
    llmx_id *kept_item;            /* the same */
    llmx_id *place, *item_scratch; /* (2 k), (k) */
    float *score_scratch;          /* (k) */
    float *scores; /* (items) of one person, where the last place is shared; NULL before */
};

/* known: what is masked, where masks_known; k: length of the lists; targets_max, known_max: how many held-out and known items
 * a block of people has, at most. Release also after a failure. */
int rank_tiles_create(struct rank_tiles *tiles, const struct scorer *scorer,
                      const struct llmx_data *data, enum llmx_part known, bool masks_known, int k,
                      size_t targets_max, size_t known_max, struct llmx_error *err);
void rank_tiles_release(struct rank_tiles *tiles);

/* Rows first .. first+n-1 of the rankings, whose held-out items are listed, n <= RANK_USERS_MAX: what rank_one says of whole
 * rows of scores. */
int rank_tiles_block(struct rank_tiles *tiles, struct rankings *rankings, int first, int n,
                     const struct llmx_person *people, struct llmx_error *err);

#endif
