/* cmd_data.c - what is in a data set. */
#include "base/file.h"
#include "cli/data_options.h"

static struct {
    const char *data, *out;
    bool json;
} o;
static struct data_flags flags;

static const struct option_spec options[] = {
    OPT_ARG("DATA", &o.data, REQUIRED, DATA_HELP),
    OPT_FLAG("json", &o.json, "print JSON"),
    OPT_OUT("out", &o.out, "-", "where to write it"),
    DATA_OPTIONS(flags),
    OPT_END,
};

static int run(const struct common *common)
{
    (void)common;
    struct llmx_error err = {0};
    struct llmx_data_options how;
    struct llmx_data *data = NULL;
    struct output out = {0};
    int status = 0;
    if (data_options(&flags, common, &how, &err) != 0 ||
        llmx_data_open(&data, o.data, &how, &err) != 0 || output_open(&out, o.out, &err) != 0 ||
        llmx_data_describe(data, out.stream, o.json, &err) != 0 || output_commit(&out, &err) != 0)
        status = opt_fail(&err);
    output_discard(&out);
    llmx_data_destroy(data);
    return status;
}

const struct command cmd_data = {
    "data",
    "say what is in a data set",
    "Reads interactions as `train` would, with the same filters, and reports counts, sparsity, "
    "lengths of\n"
    "histories, time span, popular items, what was read as what (columns, header, unit of times), "
    "and "
    "whatever\n"
    "deserves a second look: duplicates, times of two units, users with too few interactions to be "
    "tested on.",
    "  llmxrec data build/assets/ml-100k\n"
    "  llmxrec data build/assets/ml-100k --min-rating 4 --min-user 5 --min-item 5\n"
    "  llmxrec data ratings.csv --columns user=userId,item=movieId,rating=rating,time=timestamp\n"
    "  llmxrec data reviews.json --columns user=user_id,item=business_id,rating=stars,time=date",
    options,
    run,
};
