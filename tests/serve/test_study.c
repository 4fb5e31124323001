/* test_study.c - a study from its making to its results, as raters' browsers ask for it; on SQLite and PostgreSQL. */
#include "base/err.h"
#include "llmxrec/serve.h"
#include "llmxrec/study.h"
#include "support/data.h"
#include "support/postgres.h"
#include "support/talk.h"
#include "support/test.h"

#include <jansson.h>
#include <pthread.h>

static struct llmx_stop stop;
static _Atomic int port;
static struct llmx_serve_options how;
static pthread_t server;
static const char *postgres_url;
