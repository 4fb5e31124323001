/* serve.h - a server over one run: the page on which recommendations are read, the study in which their reasons are rated,
 * and the HTTP API of both.
 *
 *     struct llmx_serve_options how = {.run_dir = "runs/sasrec-final", .port = 8080, .stop = &stop};
 *     if (llmx_serve(&how, &err) != 0) ...
 */
#ifndef LLMXREC_SERVE_H
#define LLMXREC_SERVE_H

#include "llmxrec/explain.h"

#ifdef __cplusplus
extern "C" {
#endif

struct llmx_serve_options {
    const char *run_dir;
    const char *data_path; /* where the data lie now; NULL: where they lay at the training */

    /* n files of explanations that were written beforehand, each a system that the page shows beside the others */
    const char *const *explanations;
    int n_explanations;

    /* What "explain now" and the chat write with, opened as llmx_model_open does and again with each reload; base NULL:
     * explain->remote, or where that is NULL too nothing, and only what was written beforehand is shown. `model` and
     * `explain` may be NULL: the defaults. */
    const char *base;
    const struct llmx_model_options *model;
    const struct llmx_explain_options *explain;

    const char *report_path; /* a page that `llmxrec report` wrote; NULL: none */
    const char
        *db; /* path of an SQLite file, or "postgresql://..."; NULL: in memory, gone at the end */

    const char *address; /* NULL: 127.0.0.1 */
    int port;            /* 0: any that is free */
    const char *token;   /* that programs must send; NULL: none is asked for */
    int is_public;       /* another address than loopback, for everybody */
    int rate;            /* requests a second from one address; 0: any number */
    int threads;         /* 0: one a core */

    /* told once the port is open, and after each reload; may be NULL */
    void (*ready)(void *context, const char *address, int port);
    void (*notice)(void *context,
                   const char *message); /* what the operator should know; may be NULL */
    void *context;
    const struct llmx_stop *stop; /* asked: finish what runs, then return */
    /* asked: open run, data, model and adapter again: for that long there are two of each in memory; cleared. May be NULL */
    struct llmx_stop *reload;
};

/* Serves until options->stop is asked.
 * returns   0, or -1: what opening the run, its data, the files or the store says; LLMX_IO the port is taken;
 *           LLMX_BAD_OPTION another address than loopback with neither token nor is_public */
LLMX_API int llmx_serve(const struct llmx_serve_options *options, struct llmx_error *err);

struct llmx_feedback_log {
    long log, feedback; /* lines written: of the log, and of what people did */
    long left_out;      /* what no interaction says: dislikes where the log has no ratings */
};

/* Writes an interaction log (an atomic file with a header) again, and behind it the feedback that llmx_serve has stored, as
 * interactions in the log's columns: a training with --resume takes them up. Likes and purchases have the log's highest rating,
 * dislikes and what was hidden its lowest, clicks none; times are in the log's unit; without ratings, dislikes and what was hidden are left out.
 * db        as of llmx_serve_options
 * returns   0, or -1: LLMX_IO, LLMX_BAD_INPUT the log with its line */
LLMX_API int llmx_feedback_log(const char *db, const char *log_path, const char *out_path,
                               struct llmx_feedback_log *written, struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
