/* data_report.h - what happened to a data set on its way into memory, for `describe`. */
#ifndef DATA_DATA_REPORT_H
#define DATA_DATA_REPORT_H

#include "data/header.h"
#include "data/times.h"
#include "llmxrec/data.h"

#include <stdbool.h>
#include <stdint.h>

/* What a data set is read from. */
enum source_part { SOURCE_TRAIN, SOURCE_VALID, SOURCE_TEST, SOURCE_USERS, SOURCE_ITEMS, SOURCES };

struct source_file {
    char *path;    /* NULL: there is none */
    int64_t bytes; /* when it was opened; -1: it comes through a pipe */
};

enum { FILES_MAX = 3 }; /* training, validation and test part of a ready-made split */

struct data_report {
    char *given;  /* the data set, as it was asked for */
    char *source; /* the interaction file */
    struct source_file files[SOURCES];
    size_t lines;                         /* interactions in the files */
    size_t bad_lines;                     /* dropped because of skip_bad */
    char *first_bad;                      /* what the first of them was; NULL */
    size_t low_rated;                     /* dropped by min_rating */
    size_t duplicates;                    /* dropped by the duplicate policy */
    size_t outside_core;                  /* interactions dropped by min_user and min_item */
    llmx_id users_dropped, items_dropped; /* that no interaction was left of */
    bool has_times;
    double time_min, time_max;     /* of the interactions kept */
    llmx_id users_out_of_order;    /* whose lines did not stand in time order in the file */
    llmx_id users_tied;            /* whose split hangs on the order of lines with equal times */
    bool is_ready_made;            /* the split came as files */
    char *split_by;                /* how it was made here; NULL: leave-one-out, or ready-made */
    enum header header[FILES_MAX]; /* how each file's first line was read */
    char *columns;    /* of the first file: "user=user_id, item=2"; NULL: it has none */
    const char *form; /* how it is cut: "JSON Lines", "','"; what delimited_name says */
    struct time_units units[FILES_MAX]; /* of the times that were read from each */
};

/* The units of all files together; first lines are those of the file that had them first. */
void data_report_units(const struct data_report *report, struct time_units *units);

#endif
