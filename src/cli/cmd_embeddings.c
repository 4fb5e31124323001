/* cmd_embeddings.c - what a run has learnt of users and items, for other programs. */
#include "cli/opt.h"
#include "cli/run_data.h"
#include "llmxrec/embeddings.h"

static struct {
    const char *run, *data, *array, *out;
} o;

static const struct option_spec options[] = {
    OPT_ARG("RUN", &o.run, REQUIRED, "run directory that `train` wrote"),
    OPT_PATH("data", &o.data, NULL, "where the run's data lie now, when not where they lay"),
    OPT_TEXT("array", &o.array, NULL, "the only array to write, by name (all)"),
    OPT_PATH("out", &o.out, REQUIRED, "FILE.safetensors, FILE.npy, or a folder"),
    OPT_END,
};

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct run_data opened = {0};
    int status = 0;
    if (run_data_open(&opened, o.run, o.data, common->threads, &err) != 0 ||
        llmx_embeddings_write(opened.run, o.array, o.out, &err) != 0)
        status = opt_fail(&err);
    run_data_close(&opened);
    return status;
}

const struct command cmd_embeddings = {
    "embeddings",
    "write what a run has learnt of users and items, for NumPy and others",
    "Writes the arrays of which each row is a user or an item: all into FILE.safetensors, one into "
    "FILE.npy, or each as\n"
    "ARRAY.npy into a folder. Lines of row and id stand beside: users.tsv and items.tsv in a "
    "folder, else FILE.users.tsv\n"
    "and FILE.items.tsv.",
    "  llmxrec embeddings build/demo/sasrec --out build/demo/embeddings\n"
    "  llmxrec embeddings build/demo/sasrec --array item_embedding --out build/demo/items.npy",
    options,
    run,
};
