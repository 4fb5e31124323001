/* shop.h - a small run that a server can serve: films with titles (one of them nasty), a run of item-knn, recommendations and
 * two files of explanations; and a server over it in a thread of the test. */
#ifndef TESTS_SHOP_H
#define TESTS_SHOP_H

#include "llmxrec/serve.h"
#include "llmxrec/study.h"

#include <sys/types.h>

/* Makes all of it in the test's directory: shop/ (data), run, recs.jsonl, ours.jsonl, theirs.jsonl. Skips the test
 * when the program was not built. */
void shop_make(void);

/* Makes a study of ours.jsonl and theirs.jsonl in the store `db`, with questions as YAML, and writes the secret part of the
 * first n links. */
#define SHOP_LINK 64
struct llmx_study_made shop_study(const char *db, const char *yaml, char (*links)[SHOP_LINK],
                                  int n);

#define SHOP_NASTY "<script>alert(1)</script> & \"Sons\""

/* Serves it until shop_close; returns the port. db: as of the options; NULL: in memory. more: may be NULL, to
 * change options before they are taken. */
int shop_open(const char *db, void (*more)(struct llmx_serve_options *options));
void shop_close(void);

/* The program itself, serving the run at a port of its own choice, with one more option; its process, to be killed or ended, and
 * waited for. */
pid_t shop_program(const char *option, const char *value, int *at_port);

#endif
