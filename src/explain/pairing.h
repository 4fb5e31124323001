/* pairing.h - a file of explanations that anybody wrote, read beside the recommendations that they are for.
 *
 *     struct pairing p;
 *     if (pairing_open(&p, "explanations.jsonl", "recs.jsonl", data, &options, &err) == 0)
 *         while ((more = pairing_next(&p, &err)) == 1)
 *             if (p.rec) ...
 *     pairing_close(&p);
 */
#ifndef EXPLAIN_PAIRING_H
#define EXPLAIN_PAIRING_H

#include "base/names.h"
#include "explain/recs.h"

struct pairing {
    const struct llmx_explain_options *options;
    struct recs recs;
    struct names pairs; /* "user\titem" of every recommendation */
    struct jsonl in;
    struct arena arena; /* of one line */
    int n_skipped;      /* lines without a recommendation */
    /* The line that was read last, until the next is. */
    json_t *line;
    const struct rec *rec; /* NULL: there is none, which options->notice was told */
    const char *user, *item;
    const char
        *text; /* "explanation", which in `line` too is without the thinking of a reasoning model */
};

/* Of the options users_max and notice are read. Errors of recs_open and jsonl_open; close it also after a failure. */
int pairing_open(struct pairing *pairing, const char *explanations_path, const char *recs_path,
                 const struct llmx_data *data, const struct llmx_explain_options *options,
                 struct llmx_error *err);
void pairing_close(struct pairing *pairing);

/* Reads a line: 1 read, 0 there are no more, -1 LLMX_BAD_INPUT with file and line. */
int pairing_next(struct pairing *pairing, struct llmx_error *err);

/* Were there any lines at the end, and n of them usable? LLMX_BAD_INPUT, LLMX_MISMATCH. */
int pairing_check(const struct pairing *pairing, size_t n, struct llmx_error *err);

#endif
