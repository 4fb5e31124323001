/* Any bytes as a table of items, by a choice of columns that its first line is, and as a value of one. */
#include "base/text.h"
#include "data/feature_columns.h"
#include "data/feature_values.h"
#include "data/features.h"
#include "fuzz/bytes_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void read_value(const char *s, size_t n)
{
    struct text out = {0};
    size_t length;
    if (!value_put_list(&out, s, n) && out.n > 0)
        abort();
    text_release(&out);
    value_find_year(s, n);
    value_title_year(s, n, &length);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct names ids;
    struct feature_source source = {.side = LLMX_ITEMS};
    struct features features;
    struct llmx_error err;
    const uint8_t *end = n ? memchr(bytes, '\n', n) : NULL;
    char *columns = strndup((const char *)bytes, end ? (size_t)(end - bytes) : 0);
    if (!ids.count && (names_add(&ids, "1", 1, &err) < 0 || names_add(&ids, "b", 1, &err) < 0))
        abort();
    read_value((const char *)bytes, n);
    source.columns = end && *columns ? columns : NULL;
    source.path = bytes_file(end ? end + 1 : bytes, end ? n - (size_t)(end - bytes) - 1 : n);
    if (features_open(&features, &source, &ids, &err) == 0)
        features_release(&features);
    free(columns);
    return 0;
}
