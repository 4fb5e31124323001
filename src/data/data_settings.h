/* data_settings.h - what can be chosen about how interactions are read: one table of names and places in
 * llmx_data_options, by which the command line sets them, config.yaml of a run notes them, and what is asked for later is
 * held against the run. */
#ifndef DATA_DATA_SETTINGS_H
#define DATA_DATA_SETTINGS_H

#include "base/text.h"
#include "llmxrec/data.h"

enum data_setting_kind {
    DATA_SETTING_TEXT,
    DATA_SETTING_PATH, /* of a file; where it lies may change */
    DATA_SETTING_FREE, /* a text that nothing learnt depends on: it may change too */
    DATA_SETTING_INT,
    DATA_SETTING_RATING, /* a number; 0 is one too */
    DATA_SETTING_SEPARATOR,
    DATA_SETTING_WORD
};

struct data_setting {
    const char *name; /* "min_rating"; NULL ends the table */
    enum data_setting_kind kind;
    size_t offset;
    const char *const *words; /* of an enum or a switch, in its order */
};

extern const struct data_setting data_settings[];

/* By name, dashes and underscores alike; NULL: there is none. */
const struct data_setting *data_setting_find(const char *name);

/* Where it stands. */
void *data_setting_place(const struct llmx_data_options *options,
                         const struct data_setting *setting);

/* Sets it from its text, which must outlive the options. LLMX_BAD_OPTION: no value of it. */
int data_setting_read(struct llmx_data_options *options, const struct data_setting *setting,
                      const char *text, struct llmx_error *err);

/* Appends the text from which it is read again; false, and nothing appended, when it is unset. */
bool data_setting_put(struct text *out, const struct llmx_data_options *options,
                      const struct data_setting *setting);

#endif
