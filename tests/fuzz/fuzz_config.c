/* Any bytes as the config.json of a model's folder. */
#include "fuzz/bytes_file.h"
#include "llm/config_read.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct config config;
    struct llmx_error err;
    if (config_from_folder(&config, bytes_folder("config.json", bytes, n), &err) == 0)
        assert(config.layers > 0 && config.heads % config.kv_heads == 0 && config.norm_eps > 0);
    return 0;
}
