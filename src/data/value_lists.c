#include "data/value_lists.h"

#include "base/names.h"

#include <ctype.h>
#include <string.h>

const char *value_next(const char *s, char separator, size_t *at, size_t *n)
{
    static const char padding[] = " []'\"";
    while (s[*at] && (strchr(padding, s[*at]) || (separator && s[*at] == separator)))
        ++*at;
    if (!s[*at])
        return NULL;
    const char *value = s + *at;
    const char *end = separator ? strchr(value, separator) : NULL;
    *n = end ? (size_t)(end - value) : strlen(value);
    *at += *n;
    while (*n > 0 && strchr(padding, value[*n - 1]))
        --*n;
    return value;
}

bool value_is_number(const char *s, size_t n)
{
    size_t digits = 0;
    for (size_t i = 0; i < n; i++)
        digits += isdigit((unsigned char)s[i]) != 0;
    return n == 0 || digits * 2 >= n;
}

/* Counts a column's distinct values when split by `separator`; more than VOCABULARY_MAX, or numbers: 0. */
static int count_vocabulary(const struct llmx_data *data, int column, char separator,
                            uint32_t *count, struct llmx_error *err)
{
    struct names seen = {0};
    bool is_vocabulary = true;
    int status = 0;
    for (llmx_id item = 0; item < llmx_data_items(data) && is_vocabulary && status == 0; item++) {
        const char *s = llmx_data_feature(data, LLMX_ITEMS, item, column), *value;
        size_t at = 0, n;
        while (status == 0 && (value = value_next(s, separator, &at, &n)) != NULL) {
            status = names_add(&seen, value, n, err) < 0 ? -1 : 0;
            is_vocabulary = is_vocabulary && !value_is_number(value, n) && n < VALUE_BYTES_MAX;
        }
        is_vocabulary = is_vocabulary && seen.count <= VOCABULARY_MAX;
    }
    *count = is_vocabulary ? seen.count : 0;
    names_release(&seen);
    return status;
}

/* Does a column have more distinct fields than n, of any length? 1, 0, or -1. */
static int has_more_fields(const struct llmx_data *data, int column, uint32_t n,
                           struct llmx_error *err)
{
    struct names seen = {0};
    int status = 0;
    for (llmx_id item = 0; item < llmx_data_items(data) && seen.count <= n && status == 0; item++) {
        size_t at = 0, length;
        const char *field =
            value_next(llmx_data_feature(data, LLMX_ITEMS, item, column), 0, &at, &length);
        if (field && names_add(&seen, field, length, err) < 0)
            status = -1;
    }
    const bool has_more = seen.count > n;
    names_release(&seen);
    return status == 0 ? has_more : -1;
}

static bool column_holds(const struct llmx_data *data, int column, const char *text)
{
    for (llmx_id item = 0; item < llmx_data_items(data); item++)
        if (strstr(llmx_data_feature(data, LLMX_ITEMS, item, column), text))
            return true;
    return false;
}

int value_separator_find(const struct llmx_data *data, int column, char *separator, uint32_t *size,
                         struct llmx_error *err)
{
    *separator = column_holds(data, column, "|") ? '|' : column_holds(data, column, ", ") ? ',' : 0;
    for (const char *mark = ",; "; *mark && !*separator; mark++) {
        if (!column_holds(data, column, (char[]){*mark, '\0'}))
            continue;
        if (count_vocabulary(data, column, *mark, size, err) != 0)
            return -1;
        const int has_more = *size > 0 ? has_more_fields(data, column, *size, err) : 0;
        if (has_more < 0)
            return -1;
        if (has_more) {
            *separator = *mark;
            return 0;
        }
    }
    return count_vocabulary(data, column, *separator, size, err);
}
