/* attribute_panel.h - all who guess one attribute, held to the truth side by side; and the results of all attributes. */
#ifndef EVALUATE_ATTRIBUTE_PANEL_H
#define EVALUATE_ATTRIBUTE_PANEL_H

#include "evaluate/attribute_ask.h"
#include "evaluate/attribute_guesses.h"
#include "llmxrec/attributes.h"

#include <jansson.h>

#define ATTRIBUTES_MAX  32
#define PANEL_MAX       16 /* who guess */
#define GUESS_NAME_SIZE 32

struct guess {
    char name[GUESS_NAME_SIZE];
    struct attribute_scores scores;
    struct answered answers;
    char **said; /* (rows) the words that an answer was read from; NULL: it is none of words */
};

/* One attribute and its guesses, the majority first. */
struct panel {
    struct attribute attribute;
    struct answered own;          /* truths of rows that are not users or items themselves */
    const struct answered *truth; /* of the rows */
    size_t rows;                  /* of truth and answers */
    size_t *asked, *learnt;       /* rows */
    size_t n_asked, n_learnt;
    int32_t *groups; /* (n_asked) */
    struct guess guess[PANEL_MAX];
    int n;
};

struct llmx_attributes {
    bool is_of_texts;
    int texts, skipped;
    struct llmx_resampling resampling;
    struct panel *panel; /* (n) */
    int n;
};

/* Opens the attributes that options name, or all in which there is something to guess. */
int panels_open(struct llmx_attributes **found, const struct llmx_data *data,
                const struct llmx_attributes_options *options, struct llmx_error *err);

/* Makes room for lists of at most so many rows; those of `truth`. */
int panel_make_room(struct panel *panel, size_t rows, struct llmx_error *err);

/* The place of a guess PREFIX_NAME (prefix may be ""), with answers to be filled in; NULL: LLMX_NO_MEMORY. */
struct answered *panel_add(struct panel *panel, const char *prefix, const char *name,
                           struct llmx_error *err);

struct guessing panel_guessing(const struct panel *panel);

/* What is asked of the model: which row of which panel. */
struct ask_list {
    struct ask *ask; /* (n) */
    struct ask_place {
        int panel;
        size_t row;
    } * place; /* (n) */
    size_t n, capacity, place_capacity;
};
int ask_list_add(struct ask_list *list, const struct llmx_attributes *all, int panel, size_t row,
                 const char *context, struct llmx_error *err);
void ask_list_release(struct ask_list *list);

/* Asks, and adds what the model says to every panel: `candidates`, the likeliest; `calibrated`, the likeliest once every class
 * has lost what it gets on average (batch calibration, Zhou et al. 2024); `free_text`. */
int ask_list_ask(struct ask_list *list, struct llmx_attributes *all, const char *prefix,
                 const struct asking *asking, struct llmx_error *err);

/* Holds all guesses to the truth; groups of the rows asked must be filled in. */
int panel_score(struct panel *panel, const struct llmx_resampling *how, struct llmx_error *err);

/* Writes a line for each row that was asked; put_who adds who it is. */
int panel_write(const struct panel *panel, FILE *stream,
                int (*put_who)(const void *context, const struct panel *panel, size_t row,
                               json_t *line),
                const void *context, struct llmx_error *err);

#endif
