/* Any bytes as a table: the first byte chooses how it is read, the rest is the file. */
#include "base/number.h"
#include "base/utf8.h"
#include "data/roles.h"
#include "data/times.h"
#include "format/table_names.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void read_lines(struct table *table)
{
    struct llmx_error err;
    double value;
    bool is_date;
    int got;
    while ((got = table_next(table, &err)) != 0 && !table->is_broken) {
        for (int i = 0; got > 0 && i < table->n_columns; i++) {
            struct span field = table->fields[i];
            if (utf8_check_text(field.s, field.n) > field.n)
                abort();
            time_parse(field.s, field.n, &value, &is_date);
            if (!number_parse(field.s, field.n, &value))
                table_fail(table, i, "is not a finite number", "hint", &err);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const char separators[] = {'\t', 0, ',', ':', 0, ' ', '\t', '|'};
    static const char *const choices[] = {"user=1,item=2,time=3", "user=user,item=item,rating=2"};
    struct table table;
    struct roles roles;
    struct llmx_error err;
    const struct table_form form = {.separator = n ? separators[bytes[0] & 7] : 0,
                                    .quotes = n ? (enum table_quotes)((bytes[0] >> 6) % 3) : 0};
    if (n == 0 || table_parse(&table, "fuzz", (const char *)bytes + 1, n - 1, form, &err) != 0)
        return 0;
    const int mode = bytes[0] >> 3 & 3;
    const enum llmx_choice header = (enum llmx_choice)((bytes[0] >> 5 & 1) + 1);
    if (mode == 0   ? roles_by_name(&roles, &table, &err) == 0
        : mode == 3 ? !table.is_json || table_plain_header(&table, &err) == 0
                    : roles_by_choice(&roles, &table, choices[mode - 1],
                                      bytes[0] >> 7 ? LLMX_GUESS : header, &err) == 0)
        read_lines(&table);
    table_release(&table);
    return 0;
}
