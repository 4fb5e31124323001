/* Any bytes as a search space: what is drawn from it are settings that the model takes. The first byte chooses the model. */
#include "fuzz/bytes_file.h"
#include "recommend/settings.h"
#include "run/space.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const char *const models[] = {"bpr", "sasrec", "ials", "pop"};
    struct llmx_error err;
    struct space space;
    struct arena texts = {0};
    if (n == 0)
        return 0;
    const struct llmx_train_options base = llmx_train_defaults(models[bytes[0] % 4]);
    const struct recommender *row = recommender_find(base.model, &err);
    if (space_read(&space, bytes_file(bytes + 1, n - 1), &base, &err) == 0) {
        assert(space.n > 0);
        for (int trial = 1; trial <= 8; trial++) {
            struct llmx_train_options options = base;
            if (space_sample(&space, 7, trial, &options, &texts, &err) != 0 ||
                settings_check(&options, row, &err) != 0)
                abort();
        }
    }
    space_release(&space);
    arena_release(&texts);
    return 0;
}
