/* interactions.h - the lines of an interaction file as rows in file order, before they become histories. */
#ifndef DATA_INTERACTIONS_H
#define DATA_INTERACTIONS_H

#include "base/names.h"
#include "data/data_report.h"
#include "format/table.h"

#include <stdbool.h>

#define INTERACTIONS_MAX ((size_t)INT32_MAX) /* so that any count fits an int */

struct interactions {
    struct names users, items;
    llmx_id *user; /* (n) */
    llmx_id *item; /* (n); ~item for one that is rated too low, until filter_apply has dropped it */
    double *time;  /* (n); NULL when the file has no times */
    float *rating; /* (n) NAN for none; NULL when the file has no ratings */
    size_t n, capacity;
    bool has_ratings; /* `rating` is to be filled: the first file that is read has such a column */
    size_t
        file_end[FILES_MAX]; /* rows of file f end here; equal to n for files that were not read */
    char *item_column, *user_column; /* as the header names them; NULL without one */
    struct low_rating {
        llmx_id user, item;
    } * low; /* (n_low) what filter_apply dropped for its rating, of users and items that are left */
    size_t n_low;
};

/* What the options say of every delimited file: quotes and encoding. */
struct table_form interactions_form(const struct llmx_data_options *options);

/* Reads one more file behind what is there; `file` is 0, 1, 2 in that order. Bad lines fail, or with
 * options->skip_bad are counted in the report. A large file is read in shares, by all cores. */
int interactions_read(struct interactions *interactions, int file, const char *path,
                      const struct llmx_data_options *options, struct data_report *report,
                      struct llmx_error *err);

/* The same for the lines that begin at bytes begin .. end-1 of the file (see table_narrow); 0, SIZE_MAX: all. */
int interactions_read_range(struct interactions *interactions, int file, const char *path,
                            size_t begin, size_t end, const struct llmx_data_options *options,
                            struct data_report *report, struct llmx_error *err);

/* The same in n shares at once. 1 done; 0 nothing done, for there is something to be said about the file that
 * only reading it in one go can word; -1 out of memory. */
int interactions_read_shares(struct interactions *interactions, int file, const char *path,
                             size_t size, int n, const struct llmx_data_options *options,
                             struct data_report *report, struct llmx_error *err);

/* Puts the rows of `more`, read from the same file or the next, behind those of `interactions`, numbered by
 * first appearance in both, as if they had been read one after the other. Empties `more`. */
int interactions_append(struct interactions *interactions, int file, struct interactions *more,
                        struct llmx_error *err);

/* Makes room for `need` rows. LLMX_TOO_LARGE past INTERACTIONS_MAX. */
int interactions_reserve(struct interactions *interactions, size_t need, bool has_times,
                         struct llmx_error *err);

/* Says that the rows of file `file` end where the rows do now. */
void interactions_end_file(struct interactions *interactions, int file);

/* Is there a rating below which interactions are dropped? */
bool interactions_drop_low(const struct llmx_data_options *options);

/* Counts a line that --skip-bad drops, and keeps what was wrong with the first. */
int report_bad_line(struct data_report *report, const struct llmx_error *why,
                    struct llmx_error *err);

void interactions_release(struct interactions *interactions);

#endif
