/* Any bytes as a table: the first byte chooses how it is read, the rest is the file. */
#include "base/number.h"
#include "base/utf8.h"
#include "data/roles.h"
#include "format/table_names.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void read_lines(struct table *table)
{
    struct llmx_error err;
    double value;
    int got;
    while ((got = table_next(table, &err)) != 0 && !table->is_broken) {
        for (int i = 0; got > 0 && i < table->n_columns; i++) {
            struct span field = table->fields[i];
            if (utf8_check_text(field.s, field.n) > field.n)
                abort();
            if (!number_parse(field.s, field.n, &value))
                table_fail(table, i, "is not a finite number", "hint", &err);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const char separators[] = {'\t', 0, ',', ':'};
    static const char *const choices[] = {"user=1,item=2,time=3", "user=user,item=item,rating=2"};
    struct table table;
    struct roles roles;
    struct llmx_error err;
    if (n == 0 ||
        table_parse(&table, "fuzz", (const char *)bytes + 1, n - 1,
                    (struct table_form){.separator = separators[bytes[0] & 3]}, &err) != 0)
        return 0;
    int mode = bytes[0] >> 2 & 3;
    if (mode == 0 ? roles_by_name(&roles, &table, &err) == 0
                  : mode == 3 ||
                        roles_by_choice(&roles, &table, choices[mode - 1], LLMX_GUESS, &err) == 0)
        read_lines(&table);
    table_release(&table);
    return 0;
}
