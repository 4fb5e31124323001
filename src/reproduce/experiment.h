/* experiment.h - what is to be reproduced, as a YAML file says it. */
#ifndef REPRODUCE_EXPERIMENT_H
#define REPRODUCE_EXPERIMENT_H

#include "format/yaml_map.h"
#include "llmxrec/train.h"

#define EXPERIMENT_MAX 16 /* data sets, recommenders or systems */

struct experiment_data {
    const char *name, *path;
    const char *domain; /* what the items are (llmx_explain_options); NULL: guessed */
    const char *learnt; /* examples whose users are not asked about; NULL: none */
};

struct experiment_recommender {
    const char *name;
    struct llmx_train_options train;
    const char *settings; /* "epochs=20 " as text, for the key */
};

/* Who writes: the base model alone, tuned on `examples`, with `adapter`, or nobody (plain). */
struct experiment_system {
    const char *name, *examples, *adapter;
    bool is_plain;
};

struct experiment {
    struct yaml_map map; /* all texts are its */
    const char *path, *base;
    const char *chat_template; /* of a base without its own (llmx_model_options); NULL: its own */
    const char *judge;         /* labelled pairs that a judge learns from; NULL: nobody judges */
    struct experiment_data data[EXPERIMENT_MAX];
    struct experiment_recommender recommender[EXPERIMENT_MAX];
    struct experiment_system system[EXPERIMENT_MAX];
    int n_data, n_recommenders, n_systems;
    int users, epochs;
    int pairs; /* that the judge learns from; 0: all */
    uint64_t seed;
};

/* LLMX_BAD_OPTION with file and line: what is missing, unknown or of a wrong kind. Release it also after a failure. */
int experiment_open(struct experiment *experiment, const char *path, struct llmx_error *err);
void experiment_release(struct experiment *experiment);

#endif
