/* opt.h - one table of options per command. The same table parses the words, reads YAML, prints --help,
 * completes in bash and makes the man page.
 *
 *     static struct { const char *data; int top; bool json; } o;
 *     static const struct option_spec options[] = {
 *         OPT_ARG("RUN", &o.run, REQUIRED, "run directory that `train` wrote"),
 *         OPT_PATH("data", &o.data, NULL, "data set, when not the one of the run"),
 *         OPT_INT("top", &o.top, "10", "recommendations a user"),
 *         OPT_FLAG("json", &o.json, "print JSON"),
 *         OPT_END
 *     };
 *
 * Every command also has --help, --config, --quiet, --seed, --threads (struct common). */
#ifndef CLI_OPT_H
#define CLI_OPT_H

#include "llmxrec/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum option_kind {
    OPTION_END,
    OPTION_ARG,  /* a word without dashes */
    OPTION_ARGS, /* all that are left of them */
    OPTION_TEXT,
    OPTION_LIST, /* a text; given several times, all of them with commas between */
    OPTION_PATH,
    OPTION_OUT, /* a file to write, whose folder must be there before any work is done */
    OPTION_INT,
    OPTION_REAL,
    OPTION_FLAG
};

#define OPTION_WORDS_MAX 64

struct option_words {
    const char *word[OPTION_WORDS_MAX];
    int n;
};

struct option_spec {
    enum option_kind kind;
    const char *name; /* "learning-rate"; for an argument what help calls it: "RUN" */
    union {
        const char **text;
        struct option_words *words;
        int *integer;
        double *real;
        bool *flag;
    } value;              /* where it goes */
    const char *fallback; /* default as the user would write it; REQUIRED; NULL: unset */
    const char *help;     /* one line; a list of allowed words, if any, reads "one of: a, b, c" */
};

/* clang-format off */
#define REQUIRED "\1required"
#define OPT_ARG(NAME, DEST, DEFAULT, HELP)  {OPTION_ARG, NAME, {.text = DEST}, DEFAULT, HELP}
#define OPT_ARGS(NAME, DEST, HELP)          {OPTION_ARGS, NAME, {.words = DEST}, REQUIRED, HELP}
#define OPT_TEXT(NAME, DEST, DEFAULT, HELP) {OPTION_TEXT, NAME, {.text = DEST}, DEFAULT, HELP}
#define OPT_LIST(NAME, DEST, HELP)          {OPTION_LIST, NAME, {.text = DEST}, NULL, HELP}
#define OPT_PATH(NAME, DEST, DEFAULT, HELP) {OPTION_PATH, NAME, {.text = DEST}, DEFAULT, HELP}
#define OPT_OUT(NAME, DEST, DEFAULT, HELP)  {OPTION_OUT, NAME, {.text = DEST}, DEFAULT, HELP}
#define OPT_INT(NAME, DEST, DEFAULT, HELP)  {OPTION_INT, NAME, {.integer = DEST}, DEFAULT, HELP}
#define OPT_REAL(NAME, DEST, DEFAULT, HELP) {OPTION_REAL, NAME, {.real = DEST}, DEFAULT, HELP}
#define OPT_FLAG(NAME, DEST, HELP)          {OPTION_FLAG, NAME, {.flag = DEST}, NULL, HELP}
#define OPT_END                             {OPTION_END, NULL, {NULL}, NULL, NULL}
/* clang-format on */

/* What every command shares. */
struct common {
    bool quiet;
    uint64_t seed;
    bool has_seed; /* it was given: not the default */
    int threads;   /* 0: one per core */
    struct llmx_progress progress;
    const struct llmx_stop *stop; /* asked by Ctrl-C or SIGTERM */
};

/* A command: `run` returns an exit status (0 done, 1 failed, 2 wrong usage, 3 some fell short). */
struct command {
    const char *name;
    const char *summary;     /* one line for the list of commands */
    const char *description; /* a paragraph or two for --help: what goes in, what comes out */
    const char *example;     /* lines that work after `make demo` */
    const struct option_spec *options;
    int (*run)(const struct common *common);
};

/* Fills the table's variables from defaults, then --config files, then the words. On failure -1 with a message
 * that names the nearest option. *help_asked: --help was among them, nothing else was checked. */
int opt_parse(const struct command *command, struct common *common, int argc, char **argv,
              bool *help_asked, struct llmx_error *err);

/* After opt_parse, before any work: 0, or -1 where --out is a file that another option reads (LLMX_BAD_OPTION), or one
 * that cannot be made (opt_check_folder). */
int opt_check_outs(const struct command *command, struct llmx_error *err);

/* -1 where no file can be made at `path`: its folder is missing or read-only, or it is a folder itself. */
int opt_check_folder(const char *path, struct llmx_error *err);

void opt_print_help(const struct command *command, FILE *stream);

/* Splits "5,10,20" into at most `max` ascending integers; returns how many or -1. */
int opt_integers(const char *list, int *values, int max, struct llmx_error *err);

/* "90s", "20m", "2h" as seconds. */
int opt_seconds(const char *option, const char *text, double *seconds, struct llmx_error *err);

/* Refuses ("--NAME REASON", LLMX_BAD_OPTION) the first option that was set, to other than its default, and whose value goes into
 * the n bytes at `into`: the values of a mode that was not asked for, which would be ignored. */
int opt_refuse(const struct option_spec *table, const void *into, size_t n, const char *reason,
               struct llmx_error *err);

/* What some actions of a command take and others would ignore: the options whose values go into the `size` bytes at `into`. */
struct option_scope {
    const void *into;
    size_t size;
    unsigned actions; /* bit i: the command's action i takes them */
};

#define SCOPE(PLACE, ACTIONS)                                                                      \
    {                                                                                              \
        &(PLACE), sizeof(PLACE), ACTIONS                                                           \
    }
#define SCOPE_END                                                                                  \
    {                                                                                              \
        NULL, 0, 0                                                                                 \
    }

/* Refuses ("--NAME goes with ACTION, not with ACTION") what was set and `action`, a place in `actions` (NULL ends them), does
 * not take. */
int opt_check_action(const struct option_spec *table, const struct option_scope *scopes,
                     const char *const *actions, int action, struct llmx_error *err);

/* Prints "llmxrec: MESSAGE" to standard error and returns the exit status that fits its code. */
int opt_fail(const struct llmx_error *err);

/* Prints a notice of the library's as "llmxrec: MESSAGE" to standard error. */
void opt_tell(void *context, const char *message);

/* The place of an option's or argument's ("PART") word in a list that NULL ends, or -1 with LLMX_BAD_OPTION and the
 * nearest one named. */
int opt_choose(const char *option, const char *word, const char *const *words,
               struct llmx_error *err);

/* The word nearest to `word` in Levenshtein distance, or NULL when none is near. */
const char *opt_nearest(const char *word, const char *const *words, int n);

#endif
