/* report.h - what the sections of a report are made from, and the sections. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/arena.h"
#include "base/text.h"
#include "format/svg.h"
#include "llmxrec/report.h"

#include <jansson.h>
#include <stdbool.h>

/* A run directory. */
struct report_run {
    const char *name, *path;
    json_t *config;  /* {"model": "bpr", ...}, words as config.yaml has them */
    json_t *data;    /* data.json; NULL: an old run's */
    json_t *metrics; /* metrics.json; NULL: not finished */
    json_t *log;     /* the lines of log.jsonl */
};

/* What a view's command wrote with --json. */
struct report_view {
    const char *name;
    const char *kind; /* "grounding", as the command says, or "bias told" */
    json_t *figures;
};

/* The views of a kind, in the order of the report. */
struct report_group {
    const char *kind;
    const struct report_view **view; /* (n) */
    int n;
};

/* A text with its statements. */
struct report_text {
    json_t *line, *row;      /* grounding_rows.h */
    int place;               /* among the texts of its file */
    int wrong, wrong_strict; /* statements that are not supported */
    int rejected;            /* checks that a text failed that a gate rejected, or tries before */
    int cited;
};

/* One system's explanations. */
struct report_texts {
    const char *name;
    const struct llmx_report_texts *files;
    struct report_text *text; /* (n) in the file's order */
    size_t n, capacity;
};

struct report {
    const struct llmx_report_options *options;
    struct report_run *run; /* (n_runs) */
    int n_runs;
    struct report_view *view; /* (n_views) of files, then the grounding of texts */
    int n_views;
    struct report_texts *texts; /* (n_texts) */
    int n_texts;
    int skipped;
    struct arena arena;
    FILE *f;
    int charts; /* so many are drawn */
};

/* All zero before; release it also after a failure. */
int report_read_runs(struct report *report, struct llmx_error *err);
int report_read_texts(struct report *report, struct llmx_error *err);
void report_release_runs(struct report *report);
void report_release_texts(struct report *report);

/* A name for each of n paths: the last part without `ending`, or as many parts as tell it from the others, with the ending
 * where only that does. A path that is there twice is an error. */
int report_names(const char *const *paths, int n, const char *ending, const char **names,
                 struct arena *arena, struct llmx_error *err);

/* Takes away the words that all names begin with: "grounding-steam-bpr" and "grounding-steam-sasrec" are "bpr" and
 * "sasrec". A word ends at '-', '_' or ',', and what is left begins with a letter. */
void report_shorten_names(const char **const *names, int n);

/* How long a name is without its last part: 9 for "steam-bpr-ours", 0 for "ours". Names with one stem are of one thing, of one
 * data set say, that was treated in several ways. */
size_t report_stem(const char *name);
bool report_same_stem(const char *a, const char *b);

/* Adds what a thing in a list is: its texts, each after a comma. */
void report_put_thing(struct text *name, const json_t *thing);

const char *report_last_part(const char *path);

/* A setting of a run, "" where it has none; what its data are called; what was measured on its test part, NULL: it ranks
 * nothing. */
const char *report_setting(const struct report_run *run, const char *key);
const char *report_data_name(const struct report_run *run);
const json_t *report_test_part(const struct report_run *run);

/* Of a part's "at": the first 10 places, or the fewest that were measured; *length says how many. NULL: there are none. */
const json_t *report_first_places(const json_t *test, const char **length);
/* The hit rate at some length, with its 95 % interval; false: there is none. */
bool report_hits(const json_t *test, const json_t *at, double *hit, double *low, double *high);

/* The sections, in HTML. What cannot be written shows at report->f; -1 when memory is out. */
int report_put_runs(struct report *report, struct llmx_error *err);
int report_put_ranking(struct report *report, struct llmx_error *err);
void report_put_summary(const struct report *report); /* what was run, in a sentence or two */
int report_put_headline(struct report *report, struct llmx_error *err);
/* The headline figures of one kind, where they are several: each with its interval, on one scale. */
int report_put_ranges(struct report *report, const struct report_group *group,
                      struct llmx_error *err);
int report_put_view(struct report *report, const char *kind, struct llmx_error *err);
int report_put_texts(struct report *report, struct llmx_error *err);
int report_put_examples(struct report *report, struct llmx_error *err);

/* The kind of the i-th section of views, in the order of the page; NULL: there are no more. */
const char *report_kind_at(const struct report *report, int i);
int report_group_of(struct report *report, const char *kind, struct report_group *group,
                    struct llmx_error *err);
/* What a kind is called on the page and in an address. */
const char *report_kind_heading(const char *kind);
void report_put_kind_id(FILE *f, const char *kind);

/* The charts of a kind that has some; may put the group's views into another order. */
int report_put_charts(struct report *report, struct report_group *group, struct llmx_error *err);

/* A chart with its name and what its colours mean. */
void report_put_chart(struct report *report, const struct chart *chart);

#endif
