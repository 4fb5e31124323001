/* cmd_recommend.c - the top of the list for many people, with evidence. */
#include "base/plain.h"
#include "cli/opt.h"
#include "cli/run_data.h"
#include "llmxrec/recommend_file.h"

#include <stdlib.h>
#include <string.h>

static struct {
    const char *run, *data, *users, *history, *allow, *deny, *format, *out, *as_of, *cold;
    int top, evidence;
    bool keep_seen, repeat, resume;
} o;

static const struct option_spec options[] = {
    OPT_ARG("RUN", &o.run, REQUIRED, "run directory that `train` wrote"),
    OPT_PATH("data", &o.data, NULL, "where the run's data lie now, when not where they lay"),
    OPT_INT("top", &o.top, "10", "recommendations a person"),
    OPT_INT("evidence", &o.evidence, "5", "history items that carried each, at most"),
    OPT_TEXT(
        "users", &o.users, NULL,
        "u1,u2,...; @FILE or a path with a slash: a file with one a line (all users of the data)"),
    OPT_PATH("history", &o.history, NULL,
             "people outside the data: lines of person TAB item, oldest first; -: standard input"),
    OPT_TEXT("as-of", &o.as_of, "now",
             "what is known of a user, one of: now (the whole log), train (as in the experiment)"),
    OPT_TEXT("cold", &o.cold, "nothing",
             "what people without history get, one of: nothing (they are listed), popular"),
    OPT_FLAG("keep-seen", &o.keep_seen,
             "recommend also what the person has taken already, under this id or another"),
    OPT_FLAG("repeat", &o.repeat,
             "the same, for what people take again and again: music, groceries"),
    OPT_PATH("allow", &o.allow, NULL,
             "the only items to recommend: a file (or @FILE) with one a line, or COLUMN=VALUE "
             "(class=Drama)"),
    OPT_PATH("deny", &o.deny, NULL, "items never to recommend, said in the same way"),
    OPT_TEXT("format", &o.format, NULL, "one of: jsonl, csv (by the ending of --out, else jsonl)"),
    OPT_OUT("out", &o.out, "-", "file to write; JSON Lines at OUT.partial until they are whole"),
    OPT_FLAG("resume", &o.resume, "go on with an interrupted output"),
    OPT_END,
};

static int report_shortfall(const struct llmx_recommend_report *report)
{
    const long missed = report->unknown_users + report->unknown_items + report->unknown_allowed +
                        report->without_history;
    if (report->unknown)
        fputs(report->unknown, stderr);
    if (report->cold)
        fprintf(stderr, "llmxrec: people without history, given the most popular items: %ld\n",
                report->cold);
    if (report->unknown_users)
        fprintf(stderr,
                "llmxrec: users that are not in the data: %ld (--history serves people outside it, "
                "--cold popular gives them the most popular items)\n",
                report->unknown_users);
    if (report->unknown_items)
        fprintf(stderr,
                "llmxrec: items of histories that are not in the data and were left out: %ld\n",
                report->unknown_items);
    if (report->unknown_allowed)
        fprintf(stderr, "llmxrec: items of --allow that are not in the data: %ld\n",
                report->unknown_allowed);
    if (report->without_history)
        fprintf(stderr, "llmxrec: people without a known item, for whom nothing was written: %ld\n",
                report->without_history);
    return missed ? 3 : 0;
}

static int format_of(enum llmx_recommend_format *format, struct llmx_error *err)
{
    static const char *const words[] = {"jsonl", "csv", NULL};
    const char *ending = strrchr(o.out, '.');
    const bool is_csv = ending && plain_strcasecmp(ending, ".csv") == 0;
    const int word = o.format ? opt_choose("format", o.format, words, err) : is_csv;
    *format = (enum llmx_recommend_format)word;
    return word < 0 ? -1 : 0;
}

static int options_of(struct llmx_recommend_options *how, struct llmx_error *err)
{
    static const char *const as_of[] = {"now", "train", NULL};      /* as enum llmx_as_of */
    static const char *const cold[] = {"nothing", "popular", NULL}; /* as enum llmx_cold */
    const int view = opt_choose("as-of", o.as_of, as_of, err),
              given = view < 0 ? -1 : opt_choose("cold", o.cold, cold, err);
    if (given < 0)
        return -1;
    how->as_of = (enum llmx_as_of)view;
    how->cold = (enum llmx_cold)given;
    return format_of(&how->format, err);
}

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct run_data opened = {0};
    struct llmx_recommend_report report = {0};
    struct llmx_recommend_options how = {.top = o.top,
                                         .n_evidence = o.evidence,
                                         .users = o.users,
                                         .history = o.history,
                                         .keep_seen = o.keep_seen || o.repeat,
                                         .allow = o.allow,
                                         .deny = o.deny,
                                         .resume = o.resume,
                                         .threads = common->threads,
                                         .progress = common->progress};
    int status;
    if (options_of(&how, &err) != 0 ||
        run_data_open(&opened, o.run, o.data, common->threads, &err) != 0 ||
        llmx_recommend_write(opened.run, &how, o.out, &report, &err) != 0)
        status = opt_fail(&err);
    else
        status = report_shortfall(&report);
    free(report.unknown);
    run_data_close(&opened);
    return status;
}

const struct command cmd_recommend = {
    "recommend",
    "recommend to users, with the history items that carried each recommendation",
    "Ranks all items the person has not taken, anywhere in the log and under any id (items of one "
    "title and year are one,\n"
    "and listed once), and writes the best as JSON Lines (or CSV with the same fields):\n"
    "{\"user\",\"item\",\"rank\",\"score\",\"model\",\"evidence\":[{\"item\",\"contribution\"},...]"
    "}. A contribution is the\n"
    "item's term of the score where that is a sum over the history; else (bpr, sasrec, gru4rec) "
    "how "
    "far the score would fall\n"
    "without it, and a quarter of how much more than the history's average item it brings alone. "
    "Users that are not in the\n"
    "data are listed on standard error (exit status 3), or with --cold popular given what most "
    "took. Who has more in the log\n"
    "than the run learnt from is served by history; `train --final` learns from all of it.\n"
    "--allow and --deny choose among items: a file of ids, or COLUMN=VALUE of the item features, "
    "where VALUE is the whole\n"
    "text of the column or one of its words.",
    "  llmxrec recommend build/demo/sasrec --users 196,22 --top 5\n"
    "  llmxrec recommend build/demo/sasrec --users 196 --allow class=Comedy --top 5 --format csv\n"
    "  printf 'me\\t50\\nme\\t181\\n' | llmxrec recommend build/demo/sasrec --history -",
    options,
    run,
};
