/* writer.h - a language model here as the writer of explanations. What it is asked for is sheets: the drafts of one
 * person, a group of texts that share the beginning of their prompts. */
#ifndef EXPLAIN_WRITER_H
#define EXPLAIN_WRITER_H

#include "explain/draft.h"
#include "explain/guide.h"
#include "gate/value_words.h"
#include "generate/constraint.h"

/* What all sheets need. Read-only: any number of threads may share it. */
struct writer {
    const struct briefing *briefing;
    const struct llmx_model *model;
    struct token_index index; /* when grounded */
    struct value_words words; /* the same, when strict */
    int32_t *opening;         /* (n_opening) the ids that prompts begin with, for a text alone */
    int n_opening;            /* 0: not looked for */
};
int writer_init(struct writer *writer, const struct briefing *briefing,
                const struct llmx_model *model, struct llmx_error *err);
void writer_release(struct writer *writer);

/* Finds the opening: what the chat template puts before any text, where that is worth sharing. */
int writer_find_opening(struct writer *writer, struct llmx_error *err);

/* One text. */
struct sheet {
    const struct writer *writer;
    struct draft *draft;
    int32_t *ids; /* of the whole chat prompt */
    int n_ids;
    struct text answer;                 /* how it begins; until it is finished */
    struct llmx_constraint *constraint; /* until it is finished; NULL unless grounded */
    struct sheets *home;
    struct guide guide;           /* of the try in work, as what follows; when grounded */
    int n_passed;                 /* tokens of whole sentences that passed the gate: these stand */
    int n_refused;                /* openings of other tries with which it began: no going back */
    int n_revised;                /* times that the text had gone back when they did */
    int n_easy, n_easily_revised; /* the same of those before the first that went back often */
    int32_t opening[TRIES_MAX];   /* (n_openings) the first tokens of the tries before */
    int n_openings;
    struct llmx_error failure; /* of a review, for sheet_read to say */
};

struct sheets {
    struct sheet *sheet; /* (n) */
    int n;
    struct llmx_generation *generations; /* (n) the context of each is its sheet */
    int32_t *tokens;                     /* (n, max_tokens) */
    struct llmx_group group;             /* what to write */
    struct llmx_checker *checker;        /* of reviews, until all are finished; when grounded */
    int n_open;                          /* sheets that are not finished */
};

/* The drafts of one person. Those before `first` are written already and only take part in finding what all share, so
 * that a resumed run computes just what an undisturbed one does. sheets_release even when it fails. */
int sheets_init(struct sheets *sheets, const struct writer *writer, struct desk *desk,
                struct draft *drafts, int n, int first, struct llmx_error *err);
void sheets_release(struct sheets *sheets);

/* Appends the text so far, its beginning included, as it would be written. */
int sheet_read(const struct llmx_generation *generation, struct text *text, struct llmx_error *err);

/* The same of a text that is finished; its draft notes what it took. */
int sheet_take(const struct llmx_generation *generation, struct text *text, struct llmx_error *err);

/* How many of its tokens will stand, whatever comes: those that a reader may see. */
int sheet_settled(const struct llmx_generation *generation);

/* Makes a generation the next try of its draft. */
void sheet_try(struct llmx_generation *generation);

/* Nothing more is written of it. */
void sheet_finish(struct sheet *sheet);

#endif
