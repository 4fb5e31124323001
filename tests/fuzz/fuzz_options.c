/* Any bytes as a file of options, and as the config.yaml of a run directory. */
#include "cli/opt.h"
#include "fuzz/bytes_file.h"
#include "run/run_config.h"

extern const struct command cmd_train;
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct common common = {0};
    struct run_config config;
    struct llmx_error err;
    bool help_asked;
    char *words[] = {"--config", (char *)(size_t)bytes_file(bytes, n)};
    opt_parse(&cmd_train, &common, 2, words, &help_asked, &err);
    if (run_config_read(&config, bytes_folder("config.yaml", bytes, n), &err) == 0)
        run_config_release(&config);
    return 0;
}
