#include "data/header.h"

#include "base/plain.h"
#include "data/times.h"
#include "format/table_names.h"

#include <string.h>

static const char *const reasons[HEADER_KINDS] = {
    [HEADER_TYPED] = "yes: names with types",
    [HEADER_NAMED] = "yes: columns are given by name",
    [HEADER_ASKED] = "yes: --header yes",
    [HEADER_GUESSED] = "yes, on a guess: the first line looks like names (else --header no)",
    [HEADER_KEYS] = "none: every line has its keys",
    [NO_HEADER_ASKED] = "no: --header no",
    [NO_HEADER_NUMBERS] = "no: the first line holds numbers where data do",
    [NO_HEADER_GUESSED] = "no, on a guess: the first line looks like data (else --header yes)",
};

bool header_is_guess(enum header header)
{
    return header == HEADER_GUESSED || header == NO_HEADER_GUESSED;
}

bool header_is_taken(enum header header)
{
    return header >= HEADER_TYPED && header <= HEADER_GUESSED;
}

const char *header_reason(enum header header)
{
    return reasons[header];
}

static bool has_type(struct span field)
{
    for (int t = TABLE_TOKEN; t <= TABLE_FLOAT_SEQ; t++) {
        const char *type = table_type_name((enum table_type)t);
        size_t n = strlen(type);
        if (field.n > n + 1 && field.s[field.n - n - 1] == ':' &&
            memcmp(field.s + field.n - n, type, n) == 0)
            return true;
    }
    return false;
}

static bool is_number(struct span field)
{
    double value;
    bool is_date;
    return time_parse(field.s, field.n, &value, &is_date);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

static bool has_end(struct span field, const char *end)
{
    const size_t n = strlen(end);
    return field.n >= n && plain_strncasecmp(field.s + field.n - n, end, n) == 0;
}

/* Is a user or an item called as columns of ids are: user..., uid, customer_id, reviewerID? */
static bool names_ids(struct span field)
{
    for (size_t i = 0; i < field.n; i++)
        if (field.s[i] >= '0' && field.s[i] <= '9')
            return false;
    const char before = field.n > 2 ? field.s[field.n - 3] : '\0';
    const bool is_hump = has_end(field, "id") && before >= 'a' && before <= 'z' && /* not "david" */
                         field.s[field.n - 2] == 'I';
    return (field.n >= 4 && plain_strncasecmp(field.s, "user", 4) == 0) || is_hump ||
           (has_end(field, "id") &&
            (before == '_' || before == '-' || before == ' ' || field.n <= 3));
}

/* Is it a word that a time or a rating may be called, and none that stands for a missing one? */
static bool names_numbers(struct span field)
{
    static const char *const missing[] = {"n/a",  "na",  "nan", "null",
                                          "none", "nil", "inf", "infinity"};
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++)
        if (field.n == strlen(missing[i]) && has_end(field, missing[i]))
            return false;
    return field.n && (is_letter(*field.s) || *field.s == '_' || *field.s == '#');
}

static bool is_typed(const struct table *table)
{
    for (int i = 0; i < table->n_columns; i++)
        if (!has_type(table->fields[i]))
            return false;
    return true;
}

static enum header guess(const struct table *table, const int column[ROLE_COUNT])
{
    bool has_id = false, has_word = false, has_number = false, has_any_number = false;
    for (int r = 0; r < ROLE_COUNT; r++) {
        if (column[r] < 0 || column[r] >= table->n_columns)
            continue;
        const struct span field = table->fields[column[r]];
        has_number |= is_number(field);
        has_id |= r <= ROLE_ITEM && names_ids(field);
        has_word |= r >= ROLE_TIME && names_numbers(field);
    }
    for (int i = 0; i < table->n_columns; i++)
        has_any_number |= is_number(table->fields[i]);
    if (!has_number && (has_id || (has_word && !has_any_number)))
        return HEADER_GUESSED;
    return has_number && !has_id && !has_word ? NO_HEADER_NUMBERS : NO_HEADER_GUESSED;
}

enum header header_find(const struct table *table, const int column[ROLE_COUNT], bool is_by_name,
                        enum llmx_choice choice)
{
    if (table->is_json)
        return HEADER_KEYS;
    if (choice == LLMX_NO)
        return NO_HEADER_ASKED;
    if (is_typed(table))
        return HEADER_TYPED;
    if (is_by_name)
        return HEADER_NAMED;
    return choice == LLMX_YES ? HEADER_ASKED : guess(table, column);
}
