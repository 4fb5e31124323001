/* cmd_evidence_test.c - is the evidence true? Delete it and score again. */
#include "base/file.h"
#include "cli/opt.h"
#include "cli/run_data.h"
#include "llmxrec/evaluate.h"

static struct {
    const char *run, *data, *out;
    int max_users, deleted;
    bool json;
} o;

static const struct option_spec options[] = {
    OPT_ARG("RUN", &o.run, REQUIRED, "run directory that `train` wrote"),
    OPT_PATH("data", &o.data, NULL, "where the run's data lie now, when not where they lay"),
    OPT_INT("max-users", &o.max_users, "300", "a sample of so many users, evenly spaced; 0: all"),
    OPT_INT("delete", &o.deleted, "3", "history items to delete: the strongest evidence"),
    OPT_FLAG("json", &o.json, "print JSON"),
    OPT_OUT("out", &o.out, "-", "where to write it"),
    OPT_END,
};

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct run_data opened = {0};
    struct llmx_evidence_test result;
    struct output out = {0};
    int status = 0;
    const struct llmx_evidence_test_options how = {.users = o.max_users,
                                                   .deleted = o.deleted,
                                                   .seed = common->seed,
                                                   .threads = common->threads};
    if (run_data_open(&opened, o.run, o.data, common->threads, &err) != 0 ||
        llmx_evidence_test(opened.run, &how, &result, &err) != 0 ||
        output_open(&out, o.out, &err) != 0 ||
        llmx_evidence_test_print(&result, out.stream, o.json, &err) != 0 ||
        output_commit(&out, &err) != 0)
        status = opt_fail(&err);
    output_discard(&out);
    run_data_close(&opened);
    return status;
}

const struct command cmd_evidence_test = {
    "evidence-test",
    "test the evidence: delete it, score again",
    "Takes the best recommendation of each user, deletes the history items that are said to have "
    "carried it, and scores\n"
    "again with the same recommender; then keeps only them. True evidence makes the score fall "
    "further, and alone keeps\n"
    "more of it, than as many random, recent or similar items do. ItemKNN's evidence is the most "
    "similar items, so the\n"
    "two tie there. docs/recommenders.md has the definitions.",
    "  llmxrec evidence-test build/demo/sasrec\n"
    "  llmxrec evidence-test build/demo/sasrec --delete 1 --max-users 0 --json",
    options,
    run,
};
