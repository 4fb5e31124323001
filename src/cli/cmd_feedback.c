/* cmd_feedback.c - what people did with what they were recommended, for the next training. */
#include "base/err.h"
#include "cli/opt.h"
#include "llmxrec/serve.h"

static struct {
    const char *log, *db, *out;
} o;

static const struct option_spec options[] = {
    OPT_ARG("LOG", &o.log, REQUIRED, "interactions that the run learnt from, an atomic file"),
    OPT_PATH("db", &o.db, REQUIRED,
             "where `serve` keeps feedback: an SQLite file, or postgresql://..."),
    OPT_OUT("out", &o.out, "-", "the log with the feedback behind it"),
    OPT_END,
};

static int run(const struct common *common)
{
    struct llmx_feedback_log written;
    struct llmx_error err = {0};
    if (llmx_feedback_log(o.db, o.log, o.out, &written, &err) != 0)
        return opt_fail(&err);
    if (!common->quiet)
        fprintf(stderr, "%ld interactions of the log, %ld of feedback; %ld left out\n", written.log,
                written.feedback, written.left_out);
    return 0;
}

const struct command cmd_feedback = {
    "feedback",
    "take what people did into the interaction log",
    "Writes LOG and behind it the feedback that `serve --db` has stored (POST /v1/feedback), in "
    "the "
    "log's columns: likes and\n"
    "purchases with its highest rating, dislikes and what was hidden with its lowest, clicks with "
    "none. Where it has no\n"
    "ratings, dislikes and what was hidden are left out. `train --resume` takes the new log up.",
    "  llmxrec feedback build/assets/ml-100k/ml-100k.inter --db study.sqlite --out more.inter\n"
    "  llmxrec train --resume --data more.inter --out runs/mine --epochs 20 --min-epochs 0",
    options,
    run,
};
