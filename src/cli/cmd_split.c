/* cmd_split.c - which item of each user is held out for validation and which for the test. */
#include "base/file.h"
#include "cli/data_options.h"

static struct {
    const char *data, *out;
} o;
static struct data_flags flags;

static const struct option_spec options[] = {
    OPT_ARG("DATA", &o.data, REQUIRED, DATA_HELP),
    OPT_OUT("out", &o.out, "-", "table to write: user, validation item, test item"),
    DATA_OPTIONS(flags),
    OPT_END,
};

/* The tokens of a part, one as a rule; several of a ready-made split stand with spaces between. */
static void write_part(FILE *f, const struct llmx_data *data, llmx_id user, enum llmx_part part)
{
    int n;
    const llmx_id *items = llmx_data_history(data, user, part, &n);
    for (int i = 0; i < n; i++)
        fprintf(f, "%s%s", i ? " " : "", llmx_data_item_token(data, items[i]));
}

static void write_split(FILE *f, const struct llmx_data *data)
{
    fputs("user\tvalid_item\ttest_item\n", f);
    for (llmx_id user = 0; user < llmx_data_users(data); user++) {
        fprintf(f, "%s\t", llmx_data_user_token(data, user));
        write_part(f, data, user, LLMX_VALID);
        fputc('\t', f);
        write_part(f, data, user, LLMX_TEST);
        fputc('\n', f);
    }
}

static int run(const struct common *common)
{
    (void)common;
    struct llmx_error err = {0};
    struct llmx_data_options how;
    struct llmx_data *data = NULL;
    struct output out = {0};
    int status = 0;
    if (data_options(&flags, common, &how, &err) != 0 ||
        llmx_data_open(&data, o.data, &how, &err) != 0 || output_open(&out, o.out, &err) != 0) {
        status = opt_fail(&err);
    } else {
        write_split(out.stream, data);
        status = output_commit(&out, &err) == 0 ? 0 : opt_fail(&err);
    }
    output_discard(&out);
    llmx_data_destroy(data);
    return status;
}

const struct command cmd_split = {
    "split",
    "write which items are held out for validation and test",
    "Each user's last interaction is for the test, the one before for validation, the rest is "
    "learnt from; equal\n"
    "times keep the order of the file. A user with two interactions has no validation item, with "
    "one neither.\n"
    "--split-by cuts by shares instead, of each user's interactions or of all at two times; "
    "docs/data.md says how.\n"
    "--timestamps says how times are rounded first: RecBole sorts float32, by default as they are "
    "(64-second steps\n"
    "today), for its ml-100k configuration scaled to 0..1.",
    "  llmxrec split build/assets/ml-100k --timestamps normalised-float32 --out split.tsv\n"
    "  llmxrec split build/assets/ml-100k --split-by ratio:0.8,0.1,0.1 --out build/demo/split.tsv",
    options,
    run,
};
