/* Any bytes as lines of "user item item ...": the first byte chooses whether bad lines are dropped. */
#include "data/item_lists.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct interactions x = {0};
    struct data_report report = {0};
    struct llmx_error err;
    if (n == 0)
        return 0;
    const bool skip_bad = bytes[0] & 1;
    const int result =
        item_lists_parse(&x, (const char *)bytes + 1, n - 1, "fuzz", skip_bad, &report, &err);
    if ((skip_bad && result != 0) || x.n > report.lines)
        abort();
    for (size_t i = 0; i < x.n; i++)
        if ((uint32_t)x.user[i] >= x.users.count || (uint32_t)x.item[i] >= x.items.count)
            abort();
    free(report.first_bad);
    interactions_release(&x);
    return 0;
}
