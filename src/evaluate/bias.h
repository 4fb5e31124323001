/* bias.h - what both views of bias rest on: the texts of a file with what is counted in each, and what came of it. */
#ifndef EVALUATE_BIAS_H
#define EVALUATE_BIAS_H

#include "base/arena.h"
#include "base/names.h"
#include "explain/desk.h"
#include "llmxrec/bias.h"

#define BIAS_PREFERRED LLMX_BIAS_FIGURES /* a judge's preference, behind the figures of a text */

/* ---- bias_texts.c: reading ---- */

struct bias_text {
    const char *user, *item, *text, *prompt; /* prompt: NULL where the line has none */
    int32_t group;                           /* whose text: of the reader's users */
    llmx_id id;                              /* the user; -1: not in the data */
    double figure[LLMX_BIAS_FIGURES];
    const llmx_id *cited; /* (n_cited) ascending */
    int n_cited;
    const unsigned char *categories; /* (n_categories) 1: it names that one */
};

/* A file of explanations, all in memory. */
struct bias_texts {
    struct arena arena;
    struct names users;
    struct bias_text *text; /* (n) in the order of the file */
    size_t n, capacity;
    const char **category; /* (n_categories) what they are called */
    int n_categories;
    int n_skipped;
};

/* Reads them. is_exact: they must be what llmx_explain writes with these options, one for every recommendation; else
 * LLMX_MISMATCH. Errors of pairing.h. */
int bias_texts_read(struct bias_texts *texts, const char *explanations_path, const char *recs_path,
                    const struct llmx_data *data, const struct llmx_bias_options *options,
                    bool is_exact, struct llmx_error *err);
void bias_texts_release(struct bias_texts *texts);

/* ---- what came of it ---- */

/* One figure of both sides of a pair. */
struct bias_difference {
    int figure; /* BIAS_PREFERRED too */
    /* of LLMX_BIAS_CATEGORIES: share of texts that name this one; NULL: how many they name */
    const char *category;
    int texts;
    double told[2]; /* means */
    struct llmx_interval difference;
    double p, p_holm;
};

struct bias_pair {
    const char *value[2];
    int own[2]; /* users of whom the value is true */
    struct llmx_interval changed, cited_changed, categories_changed; /* shares of texts */
    struct bias_difference *difference;                              /* (n) */
    int n;
};

struct bias_group {
    const char *column, *value;
    int texts, users;
    struct llmx_interval figure[LLMX_BIAS_FIGURES];
    /* against all others of whom the column says something; NaN: no test */
    double p_holm[LLMX_BIAS_FIGURES];
    bool
        is_few; /* of some figure there is no test: on one side too few people of whom it is known */
};

struct llmx_bias {
    struct arena arena;
    struct llmx_resampling resampling;
    bool is_drafts;
    int texts, users, skipped;
    /* of a flip; attribute NULL: of groups */
    const char *attribute;
    bool is_told; /* does the layout tell it at all? */
    struct bias_pair *pair;
    int n_pairs;
    struct bias_group *group;
    int n_groups;
};

/* The column of .user that a word names, by name or kind. LLMX_NOT_FOUND, LLMX_NO_MEMORY */
int bias_column(const struct llmx_data *data, const char *word, int *column,
                struct llmx_error *err);

/* Would prompts by these options tell the attribute, were it not blinded? Nothing is written, and the layout alone is read. Errors of
 * llmx_bias_check and template_open */
int bias_tells(const struct llmx_data *data, const struct llmx_bias_options *options, bool *is_told,
               struct llmx_error *err);

struct llmx_bias *bias_create(const struct llmx_bias_options *options, struct llmx_error *err);

/* Is a figure a count of a text, rather than a share of texts? */
bool bias_is_count(int figure);

#endif
