/* reproduce.h - an experiment at work: its steps, what they share, and the plan that fits them to the time. */
#ifndef REPRODUCE_REPRODUCE_H
#define REPRODUCE_REPRODUCE_H

#include "llmxrec/adapter.h"
#include "llmxrec/explain.h"
#include "llmxrec/reproduce.h"
#include "reproduce/experiment.h"

#include <jansson.h>
#include <limits.h>

/* Which one of the experiment's; -1: the step is not of any single one. */
struct place {
    int data, recommender, system;
};

enum stage_id {
    STAGE_TRAIN,
    STAGE_RECOMMEND,
    STAGE_CHOOSE,
    STAGE_FACTS,
    STAGE_TUNE,
    STAGE_JUDGE,
    STAGE_EXPLAIN,
    STAGE_LINT,
    STAGE_GROUNDING,
    STAGE_FAITHFULNESS,
    STAGE_TEXT_METRICS,
    STAGE_BIAS,
    STAGE_BIAS_TOLD,
    STAGE_COMPARE,
    STAGE_AUDIT,
    STAGE_RERANK,
    STAGE_ATTRIBUTES,
    STAGES
};

/* How much of the experiment fits the time. */
struct plan {
    int users;            /* explanations of each cell */
    int examples, epochs; /* of tuning; examples 0: all */
    int pairs;            /* that the judge learns from; 0: all */
    json_t *note;         /* as it stands in the file: speeds, and what was cut */
};

struct reproduce {
    const struct llmx_reproduce_options *options;
    struct experiment x;
    struct llmx_data *data[EXPERIMENT_MAX]; /* NULL: not there */
    uint64_t data_hash[EXPERIMENT_MAX], learnt_hash[EXPERIMENT_MAX], system_hash[EXPERIMENT_MAX],
        base_hash, judge_hash;
    /* do a system's prompts say of a data set's people whether they are men or women? */
    bool is_told[EXPERIMENT_MAX][EXPERIMENT_MAX]; /* (data, systems) */
    struct llmx_model *model;                     /* of `base`; NULL before it is needed */
    struct plan plan;
    struct llmx_reproduce_report report;
    double start_s;
};

enum per { PER_DATA = 1, PER_RECOMMENDER = 2, PER_SYSTEM = 4 };

struct stage {
    const char *name, *product; /* what it makes: a file or a folder in the step's folder */
    unsigned per;               /* enum per: it is done once for each of those */
    unsigned reads;             /* what else it depends on, see reproduce_key.c */
    int is_planned;             /* it needs the plan */
    int is_view;                /* its product is a view's JSON */
    int n_after;
    enum stage_id after[3]; /* whose products it reads */
};
extern const struct stage stages[STAGES];

/* Is there such a step: are the data there, has the system something to tune? */
bool reproduce_has(const struct reproduce *r, enum stage_id stage, struct place at);

/* The next place of a stage after *at, which begins with data -1; false: there is none. */
bool reproduce_next(const struct reproduce *r, enum stage_id stage, struct place *at);

/* "explain ml-100k bpr ours", with `between` for the blank. */
int reproduce_name(const struct reproduce *r, enum stage_id stage, struct place at,
                   const char *between, char *name, size_t size, struct llmx_error *err);

/* The folder of a step. */
int reproduce_folder(const struct reproduce *r, enum stage_id stage, struct place at,
                     char path[static PATH_MAX], struct llmx_error *err);

/* Where the product of a stage lies at a place, of which only what the stage depends on counts. */
int reproduce_path(const struct reproduce *r, enum stage_id stage, struct place at,
                   char path[static PATH_MAX], struct llmx_error *err);

/* The file's or folder's bytes as a number; 0 for NULL. LLMX_NOT_FOUND */
int reproduce_hash(const char *path, uint64_t *hash, struct llmx_error *err);

void reproduce_tell(const struct reproduce *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One function a kind of step: makes `product`, going on where it was interrupted. */
typedef int stage_work(struct reproduce *r, struct place at, const char *product,
                       struct llmx_error *err);
stage_work work_train, work_recommend, work_choose, work_facts, work_tune, work_explain, work_lint,
    work_grounding, work_faithfulness, work_text_metrics, work_bias, work_bias_told, work_judge,
    work_compare, work_audit, work_rerank, work_attributes;

/* How the language model is opened; FLOAT to learn with. */
struct llmx_model_options reproduce_model_options(const struct reproduce *r,
                                                  enum llmx_precision precision);

/* Opens it where it is not open yet. */
int reproduce_model(struct reproduce *r, struct llmx_error *err);

/* How a system writes. Not to be moved, for the options point into it. */
struct writing {
    struct llmx_explain_options how;
    char template[PATH_MAX]; /* of its adapter; "": none */
    struct llmx_adapter *adapter;
};

/* All zero before: opens what it writes with, the model as well. Close it also after a failure. */
int writing_open(struct reproduce *r, struct place at, struct writing *writing,
                 struct llmx_error *err);
void writing_close(struct writing *writing);

/* Explains a file of recommendations as a system does. */
int reproduce_explain(struct reproduce *r, struct place at, const char *recs, const char *out,
                      struct llmx_error *err);

/* The first n users by chance who have learnt from something and are in no example, top one each. */
int reproduce_choose(struct reproduce *r, struct place at, int n, const char *out,
                     struct llmx_error *err);

/* Copies explanations and views to OUT/results under names that tell what they are, and writes OUT/report.html of them. */
int reproduce_report(const struct reproduce *r, struct llmx_error *err);

#define TOLD_USERS 50 /* at most, whose texts are written once for each value */

/* Finds for which data and systems texts can be written as of men and as of women: r->is_told. */
int reproduce_find_told(struct reproduce *r, struct llmx_error *err);

#define JUDGE_HELD   0.2 /* share of the judge's pairs by which it is audited */
#define JUDGE_EPOCHS 2

/* Seconds that the judge takes for a pair, in both orders, by the first n of its examples. */
int reproduce_time_pairs(struct reproduce *r, int n, double *seconds, struct llmx_error *err);

/* Reads the plan of this experiment and budget, or measures the speed and makes it. */
int plan_open(struct reproduce *r, struct llmx_error *err);

#endif
