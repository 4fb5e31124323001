#include "convert/merge.h"

#include "llmxrec/adapter.h"

#include <string.h>

static bool is_gguf_name(const char *path)
{
    static const char end[] = ".gguf";
    size_t n = strlen(path);
    return n >= sizeof end - 1 && strcmp(path + n - (sizeof end - 1), end) == 0;
}

int llmx_adapter_merge(const char *base_path, const char *adapter_path, const char *type,
                       const char *out_path, struct llmx_error *err)
{
    struct merging m;
    bool is_file = is_gguf_name(out_path);
    if (!is_file && type)
        return err_set(err, LLMX_BAD_OPTION,
                       "a folder keeps the base's types: leave --type out, or give a file name "
                       "that ends in .gguf");
    if (merging_open(&m, base_path, adapter_path, err) != 0)
        return -1;
    int result;
    if (!is_file && m.source.is_gguf)
        result = err_set(err, LLMX_UNSUPPORTED,
                         "%s is a GGUF file, which merges into one: choose a name that ends in "
                         ".gguf",
                         base_path);
    else
        result = is_file ? merge_gguf(&m, type, out_path, err) : merge_folder(&m, out_path, err);
    merging_release(&m);
    return result;
}
