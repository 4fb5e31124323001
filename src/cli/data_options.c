#include "cli/data_options.h"

#include "base/err.h"
#include "llmxrec/recommend.h"

static struct data_flags
    pattern; /* by which the table says where each option stands in any other */
static const struct option_spec specs[] = {DATA_OPTIONS(pattern), OPT_END};

/* The text of an option that is given; NULL: it is not. */
static const char *given(const struct data_flags *flags, const struct option_spec *spec)
{
    const char *base = (const char *)flags, *first = (const char *)&pattern;
    if (spec->kind == OPTION_FLAG)
        return *(const bool *)(base + ((const char *)spec->value.flag - first)) ? "true" : NULL;
    return *(const char *const *)(base + ((const char *)spec->value.text - first));
}

const char *data_options_given(const struct data_flags *flags)
{
    const struct option_spec *s = specs;
    while (s->kind != OPTION_END && !given(flags, s))
        s++;
    return s->kind == OPTION_END ? NULL : s->name;
}

/* Gives every option that is given to `set`, until it fails. */
static int each_given(const struct data_flags *flags,
                      int (*set)(void *context, const char *name, const char *value,
                                 struct llmx_error *err),
                      void *context, struct llmx_error *err)
{
    for (const struct option_spec *s = specs; s->kind != OPTION_END; s++) {
        const char *value = given(flags, s);
        if (value && set(context, s->name, value, err) != 0)
            return -1;
    }
    return 0;
}

static int set_option(void *options, const char *name, const char *value, struct llmx_error *err)
{
    return llmx_data_set(options, name, value, err);
}

int data_options_more(const struct data_flags *flags, struct llmx_data_options *options,
                      struct llmx_error *err)
{
    options->notice = opt_tell;
    return each_given(flags, set_option, options, err);
}

int data_options(const struct data_flags *flags, const struct common *common,
                 struct llmx_data_options *options, struct llmx_error *err)
{
    *options = (struct llmx_data_options){.threads = common->threads};
    return data_options_more(flags, options, err);
}

static int insist(void *source, const char *name, const char *value, struct llmx_error *err)
{
    return llmx_run_source_set(source, name, value, err);
}

static int open_of_run(struct llmx_data **data, struct llmx_run_source *source,
                       const char *data_path, const struct data_flags *flags,
                       const struct common *common, struct llmx_error *err)
{
    source->options.threads = common->threads;
    source->notice = opt_tell;
    if (data_path && insist(source, "data", data_path, err) != 0)
        return -1;
    return each_given(flags, insist, source, err) != 0 ? -1 : llmx_run_data_open(data, source, err);
}

int data_open(struct llmx_data **data, const char *run_dir, const char *data_path,
              const struct data_flags *flags, const struct common *common, struct llmx_error *err)
{
    struct llmx_run_source source = {0};
    struct llmx_data_options how;
    if (!run_dir && !data_path)
        return err_set(err, LLMX_BAD_OPTION,
                       "--run RUN is needed, the run that the recommendations come from; or --data "
                       "where they come from elsewhere");
    if (!run_dir)
        return data_options(flags, common, &how, err) != 0
                   ? -1
                   : llmx_data_open(data, data_path, &how, err);
    int status = llmx_run_source(&source, run_dir, err);
    if (status == 0)
        status = open_of_run(data, &source, data_path, flags, common, err);
    llmx_run_source_release(&source);
    return status;
}
