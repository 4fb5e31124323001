/* settings.h - what can be chosen about a model: one table of names, ranges and places in llmx_train_options, of which
 * each model has some, with defaults of its own (recommender.h). Set by name from the command line, config.yaml and
 * a search; written into config.yaml. */
#ifndef RECOMMEND_SETTINGS_H
#define RECOMMEND_SETTINGS_H

#include "base/text.h"
#include "recommend/recommender.h"

/* The model's defaults into the options. */
void settings_defaults(struct llmx_train_options *options, const struct recommender *row);

/* LLMX_BAD_OPTION, naming the first that is out of range. */
int settings_check(const struct llmx_train_options *options, const struct recommender *row,
                   struct llmx_error *err);

/* Sets one from its text; dashes and underscores in the name are alike. What text points to must outlive the options.
 * LLMX_BAD_OPTION: the model has no such setting (the message lists those it has), or no value of it. */
int settings_set(struct llmx_train_options *options, const struct recommender *row,
                 const char *name, const char *text, struct llmx_error *err);

/* Does the model have it? */
bool settings_has(const struct recommender *row, const char *name);

/* Does it take whole numbers only? */
bool settings_is_whole(const char *name);

/* Its value as settings_set would read it. */
void settings_put(struct text *out, const struct llmx_train_options *options, const char *name);

#endif
