/* people.h - who recommendations are asked for: users of the data by token, and people who bring a history. */
#ifndef RUN_PEOPLE_H
#define RUN_PEOPLE_H

#include "base/arena.h"
#include "base/names.h"
#include "base/text.h"
#include "llmxrec/recommend_file.h"

struct named_person {
    const char *name; /* as written in the output */
    struct llmx_person person;
    bool is_cold;            /* of whom nothing is known: given what is popular */
    bool is_outside_of_data; /* then what they have is written with what they get */
};

struct people {
    const struct llmx_recommend_options *options;
    struct named_person *people; /* in the order asked for */
    size_t n, capacity;
    llmx_id *items;      /* the histories, one after the other */
    struct names names;  /* of the history file */
    struct arena texts;  /* names of users that are not in the data */
    struct text unknown; /* what was not found, a line each */
    struct llmx_recommend_report report;
};

/* Reads options->users and options->history (llmxrec/recommend_file.h). Release also after a failure. */
int people_read(struct people *people, const struct llmx_data *data,
                const struct llmx_recommend_options *options, struct llmx_error *err);

/* Counts a user or item ("user", "item") that is not in the data, and notes the first of them. */
void people_note(struct people *people, long *count, const char *what, const char *token, size_t n);
void people_release(struct people *people);

#endif
