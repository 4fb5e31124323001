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
static int distinct(const struct llmx_data *data, int column, char separator, uint32_t *count,
                    struct llmx_error *err)
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
        /* Whole values of a list may be many more than its parts: go on while counting them. */
        is_vocabulary = is_vocabulary && (seen.count <= VOCABULARY_MAX || separator == 0);
    }
    *count = is_vocabulary ? seen.count : 0;
    names_release(&seen);
    return status;
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
    uint32_t whole, parts;
    *separator = column_holds(data, column, "|") ? '|' : column_holds(data, column, ", ") ? ',' : 0;
    if (*separator)
        return distinct(data, column, *separator, size, err);
    if (distinct(data, column, 0, &whole, err) != 0)
        return -1;
    *size = whole <= VOCABULARY_MAX ? whole : 0;
    for (const char *mark = ",; "; *mark; mark++) {
        if (!column_holds(data, column, (char[]){*mark, '\0'}))
            continue;
        if (distinct(data, column, *mark, &parts, err) != 0)
            return -1;
        if (parts > 0 && parts < whole) {
            *separator = *mark;
            *size = parts;
            break;
        }
    }
    return 0;
}
