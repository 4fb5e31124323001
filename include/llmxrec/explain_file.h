/* explain_file.h - files of recommendations to files of explanations, and of examples that models are tuned on.
 *
 *     struct llmx_explain_options options = llmx_explain_defaults();
 *     llmx_explain("recs.jsonl", data, model, &options, "explanations.jsonl", NULL, &err);
 *
 * Lines come in the order of the input, and what was interrupted can be gone on with. In memory: explain.h.
 *
 * `data` are those that the recommendations were made from, opened as the run opened them (llmx_run_data_open): what else they
 * hold is told of people as theirs. A recommendation line {"user","item","evidence",...} may say "as_of":"train", and then
 * nothing that was held out is told; "history":[...], of somebody outside the data. */
#ifndef LLMXREC_EXPLAIN_FILE_H
#define LLMXREC_EXPLAIN_FILE_H

#include "llmxrec/explain.h"

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct llmx_explain_report {
    int explained;            /* lines written, those of an earlier, interrupted run among them */
    int passed_first, passed; /* the model's own words, at the first try and in all */
    int fallbacks;            /* plain sentences (llmx_gate_file: rejected) */
    int revised;              /* times that the texts went back while they were written */
    int skipped;              /* recommendations that cannot be explained, see `notice` */
    int rejected[LLMX_CHECKS_MAX]; /* tries rejected, by check; names from llmx_check_name */
    double first_text_s;           /* from the call to the first finished text */
    double elapsed_s;
};

/* LLMX_BAD_OPTION, or an error of the template, where llmx_explain would say so: to be asked before a model is loaded. */
LLMX_API int llmx_explain_check(const struct llmx_data *data,
                                const struct llmx_explain_options *options, struct llmx_error *err);

/* Reads recommendations (JSON Lines), writes explanations (JSON Lines) in the order of the input, each
 * as soon as all before it are there. What cannot be explained, also because its evidence is none of what the person had, is
 * left out, counted and told to options->notice; so is, once, that the items have no titles. Until it is whole the output stands at out_path.partial, with which a later
 * call with `resume` goes on to the same bytes; "-" writes to standard output. Answers of a server that came before
 * their turn stand at out_path.answers as long, so that none is asked for again.
 * model     NULL: options->remote writes, or where there is none either every text is the plain sentence of its facts
 * returns   0, or -1: LLMX_BAD_INPUT with file and line, LLMX_MISMATCH the partial output is of something else,
 *           LLMX_BAD_OPTION there is a partial output and `resume` is not set, LLMX_INTERRUPTED */
LLMX_API int llmx_explain(const char *recs_path, const struct llmx_data *data,
                          const struct llmx_model *model,
                          const struct llmx_explain_options *options, const char *out_path,
                          struct llmx_explain_report *report, struct llmx_error *err);

/* How many examples a model must have learnt until its texts pass the gate, beside llmx_tune_curve: explains the
 * recommendations with each adapter FOLDER/SIZE of the n sizes (0: the model alone), one greedy try a text that nothing guides (what
 * the gate forbids must not be mended on the way, or every size would pass), into FOLDER/SIZE/explanations.jsonl; then writes FOLDER/gate.jsonl, a line a size {"examples","explained","passed",
 * "evidence_cited"} (the last two are shares of the texts), and FOLDER/gate.svg. With options->resume what is explained
 * already stands. Of the options tries, grounded, adapter and adapter_name are not read. Errors as llmx_explain. */
LLMX_API int llmx_explain_curve(const char *recs_path, const struct llmx_data *data,
                                const struct llmx_model *model,
                                const struct llmx_explain_options *options, const int *sizes, int n,
                                const char *folder, struct llmx_error *err);

/* Holds any explanations to the gate (gate.h) by their recommendations: the same lines with "gate" set, and "explanation"
 * without the thinking of a reasoning model. Of the options: template, history_max, evidence_max, words_max, profile,
 * is_strict. Errors as llmx_explain. */
LLMX_API int llmx_gate_file(const char *explanations_path, const char *recs_path,
                            const struct llmx_data *data,
                            const struct llmx_explain_options *options, const char *out_path,
                            struct llmx_explain_report *report, struct llmx_error *err);

struct llmx_facts_options {
    int all;            /* also what is true and not chosen */
    const char *domain; /* as of llmx_explain_options */
    int threads;
    void (*notice)(void *context, const char *message); /* as of llmx_explain_options */
    void *notice_context;
    struct llmx_progress progress;
};

struct llmx_facts_report {
    int written; /* recommendations */
    int skipped; /* those that nothing can be said of, told to `notice` */
    double elapsed_s;
};

/* Counts the facts (facts.h) of every recommendation of a file and writes a line each, in the order of the input:
 * {"user","item","facts":[{"kind","items":[..],"n","m","column","values":[..],"text","chosen"}]}, the chosen ones first, in the
 * order in which they are told. Of n, m, column and values a fact has those that its kind has; "text" is its plain
 * sentence.
 * options   NULL: all zero
 * report    may be NULL
 * returns   0, or -1: LLMX_BAD_INPUT with file and line, LLMX_BAD_OPTION the domain, LLMX_INTERRUPTED, LLMX_NO_MEMORY; nothing is
 *           written then */
LLMX_API int llmx_facts_file(const char *recs_path, const struct llmx_data *data,
                             const struct llmx_facts_options *options, const char *out_path,
                             struct llmx_facts_report *report, struct llmx_error *err);

/* What became of the lines of instruction examples. */
struct llmx_examples_report {
    int passed;   /* lines made, or written and passed by the gate */
    int rejected; /* told to `notice`, each check with its line and span */
    int empty;    /* not written yet */
    int skipped;  /* recommendations that cannot be explained, told to `notice` */
};

/* Chooses recommendations for people to explain, one for each of options->users_max users (0: all): the users in a
 * random order of `seed`, of each the best-ranked item, but a lower one when that was chosen three times already, so that
 * the examples speak of many items. Writes JSON Lines {"user","item","evidence","prompt","output":""}, "history" too
 * when the recommendation has one. Of the options: template (NULL: reasons), domain, history_max,
 * evidence_max, words_max, profile, seed, users_max, notice. Errors as llmx_explain. */
LLMX_API int llmx_examples_make(const char *recs_path, const struct llmx_data *data,
                                const struct llmx_explain_options *options, const char *out_path,
                                struct llmx_examples_report *report, struct llmx_error *err);

/* Has the server of options->remote write every "output" that is empty: the same lines, those whose text the gate passed
 * within options->tries with "source", the server's model; the others stay empty. Drafts, for people to edit. Interrupted
 * as llmx_explain, and gone on with in the same way.
 * report    passed: lines with a text, those that had one before among them; empty: the others
 * returns   0, or -1 as llmx_explain */
LLMX_API int llmx_examples_draft(const char *path, const struct llmx_data *data,
                                 const struct llmx_explain_options *options, const char *out_path,
                                 struct llmx_examples_report *report, struct llmx_error *err);

/* Holds written examples, lines {"user","item","evidence","output"}, to the gate; a "prompt" in them is not read.
 * What passed is written as Alpaca lines {"instruction","input","output","user","item","evidence",
 * "template"}, the instruction being the prompt that llmx_explain makes from the data by the same options, and the rest is
 * told to `notice`.
 * options->variants  lines of each example: the first as it is, the others with other titles of the catalogue in place of its
 *           own and other counts of people, the same in the prompt and the text (as options->seed draws), so that a model
 *           learns how facts are told and not which items there are
 * out_path  NULL: only check
 * returns   0, also when lines were rejected; -1: LLMX_BAD_INPUT with file and line, LLMX_MISMATCH an output does not
 *           begin as the template's @answer does */
LLMX_API int llmx_examples_build(const char *path, const struct llmx_data *data,
                                 const struct llmx_explain_options *options, const char *out_path,
                                 struct llmx_examples_report *report, struct llmx_error *err);

/* Writes the first `top` explanations (0: all) for a person: who it is for, what they took last, the item, the
 * evidence with bars for its contributions, the text with the cited titles marked, and what the gate said.
 * is_terminal  bold, underlined and coloured; else plain text */
LLMX_API int llmx_show(const char *explanations_path, const char *recs_path,
                       const struct llmx_data *data, int top, int is_terminal, FILE *stream,
                       struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
