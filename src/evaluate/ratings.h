/* ratings.h - people's ratings and what was found in them. */
#ifndef EVALUATE_RATINGS_H
#define EVALUATE_RATINGS_H

#include "base/names.h"
#include "base/threads.h"
#include "llmxrec/ratings.h"
#include "statistics/agreement.h"

#include <stdbool.h>

#define SYSTEMS_MAX 100
#define ASPECTS_MAX 100

struct rating {
    uint32_t rater, item, system, aspect;
    uint32_t unit;   /* what was rated: user (if any), item, system */
    uint32_t sheet;  /* what one rater said of one user's item, of all systems */
    uint32_t person; /* the rater, and the user if any: for whom agreement is measured within */
    uint32_t user;   /* 0 without such a column */
    int32_t group;   /* that intervals are drawn from */
    double value;
    long line;
};

struct sample {
    int n;
    struct llmx_interval interval; /* NaN when n is 0 */
};

struct rater {
    int n;
    double mean;
    double common_value, common_share; /* the answer given most often */
    int shared;                        /* ratings of what others rated too */
    double difference;                 /* from the others' mean, on average */
    double with_others; /* correlation with it, aspects' means taken off; NaN: not defined */
    bool is_alike, is_out_of_line;
};

struct pair_test {
    uint32_t aspect, first, second;
    int n;                           /* things that both have a rating of, by one rater */
    struct llmx_interval difference; /* second - first */
    double p, holm, hochberg;        /* permutation */
};

enum level { LEVEL_DATASET, LEVEL_PERSON, LEVEL_ITEM, LEVELS };

struct level_agreement {
    int n, used; /* ratings, or groups of them; those in which neither side is constant */
    struct llmx_correlation mean, low, high;
};

struct figure_agreement {
    uint32_t figure, aspect;
    struct level_agreement level[LEVELS];
};

struct llmx_ratings {
    struct llmx_ratings_options options;
    char *user_column; /* NULL: none */
    struct names raters, items, systems, aspects, users, units, sheets, persons;
    struct rating *rows; /* (n) */
    size_t n, capacity, missing;
    const char *over; /* "users": what intervals are drawn from */
    int groups;
    double least, most;                  /* that occur */
    const struct rating *stray;          /* one far from all others; NULL: none */
    int different_sheets, common_sheets; /* sheets that differ; how often the commonest stands */
    struct sample *samples;              /* (systems, aspects) */
    struct llmx_agreement *agreement;    /* (aspects) */
    struct rater *by_rater;              /* (raters) */
    struct pair_test *tests;             /* (n_tests) */
    size_t n_tests;
    struct names figures;
    struct figure_agreement *by_figure; /* (figures, aspects) */
    size_t unrated;                     /* lines of figures for what was not rated */
};

/* Fills names and rows. */
int ratings_read(struct llmx_ratings *ratings, const char *path, struct llmx_error *err);

/* Fills by_rater. */
int raters_judge(struct llmx_ratings *ratings, struct llmx_error *err);

/* Fills tests, different_sheets and common_sheets. */
int systems_compare(struct llmx_ratings *ratings, struct threads *pool, struct llmx_error *err);

#endif
