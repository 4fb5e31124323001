#include "cli/run_data.h"

#include "base/err.h"

int run_data_open(struct run_data *opened, const char *run_dir, const char *data_path, int threads,
                  struct llmx_error *err)
{
    *opened = (struct run_data){0};
    if (llmx_run_source(&opened->source, run_dir, err) != 0)
        return -1;
    opened->source.options.threads = threads;
    const char *path = data_path ? data_path : opened->source.path;
    if (llmx_data_open(&opened->data, path, &opened->source.options, err) == 0)
        return llmx_run_open(&opened->run, run_dir, opened->data, err);
    if (!data_path && err->code == LLMX_NOT_FOUND)
        err_prefix(err, "the data of %s are not where they were; --data says where they are now",
                   run_dir);
    return -1;
}

void run_data_close(struct run_data *opened)
{
    llmx_run_destroy(opened->run);
    llmx_data_destroy(opened->data);
    llmx_run_source_release(&opened->source);
    *opened = (struct run_data){0};
}
