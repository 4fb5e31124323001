#include "data/roles.h"

#include "base/number.h"
#include "base/plain.h"
#include "format/table_names.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define CHOICE_MAX 256 /* bytes of one column's name in --columns */

static const char *const role_names[] = {"user", "item", "time", "rating"};
static const char *const atomic_names[] = {"user_id", "item_id", "timestamp", "rating"};

/* "a, b, c": the names of the columns, for a message. */
static const char *list_columns(const struct table *table, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < table->n_columns && used + 2 < size; i++) {
        const char *name = table->columns[i].name;
        int n = snprintf(out + used, size - used, "%s%s", i ? ", " : "", name ? name : "\"\"");
        used += n > 0 ? (size_t)n : 0;
    }
    return out;
}

static int check_types(const struct roles *roles, const struct table *table, struct llmx_error *err)
{
    for (int r = 0; r < ROLE_COUNT; r++) {
        int column = roles->column[r];
        enum table_type type = column < 0 ? TABLE_UNTYPED : table->columns[column].type;
        enum table_type wanted = r == ROLE_USER || r == ROLE_ITEM ? TABLE_TOKEN : TABLE_FLOAT;
        if (type != TABLE_UNTYPED && type != wanted)
            return err_set(err, LLMX_BAD_INPUT,
                           "%s:1: the %s column '%s' is declared %s; it must be %s", table->path,
                           role_names[r], table->columns[column].name, table_type_name(type),
                           table_type_name(wanted));
    }
    return 0;
}

int roles_by_name(struct roles *roles, struct table *table, struct llmx_error *err)
{
    char list[512];
    if (table_typed_header(table, err) != 0)
        return -1;
    for (int r = 0; r < ROLE_COUNT; r++)
        roles->column[r] = table_column(table, atomic_names[r]);
    for (int r = ROLE_USER; r <= ROLE_ITEM; r++)
        if (roles->column[r] < 0)
            return err_set(err, LLMX_BAD_INPUT,
                           "%s:1: there is no column '%s' among %s\n  (say which it is: --columns "
                           "user=NAME,item=NAME)",
                           table->path, atomic_names[r], list_columns(table, list, sizeof list));
    return check_types(roles, table, err);
}

/* What a choice says of each role: a number from 1, or a name. */
struct choice {
    int number[ROLE_COUNT];            /* 0: not a number */
    char name[ROLE_COUNT][CHOICE_MAX]; /* "": not chosen */
};

static int parse_part(struct choice *choice, const char *part, size_t n, struct llmx_error *err)
{
    const char *equals = memchr(part, '=', n);
    size_t key = equals ? (size_t)(equals - part) : 0, value = equals ? n - key - 1 : 0;
    if (!equals || value == 0 || value >= CHOICE_MAX)
        return err_set(err, LLMX_BAD_OPTION,
                       "--columns: '%.*s' is not ROLE=COLUMN (as in user=1,item=2,time=4)", (int)n,
                       part);
    int role = 0;
    while (role < ROLE_COUNT &&
           (strlen(role_names[role]) != key || memcmp(role_names[role], part, key) != 0))
        role++;
    if (role == ROLE_COUNT)
        return err_set(err, LLMX_BAD_OPTION,
                       "--columns: there is no '%.*s' (user, item, time, rating)", (int)key, part);
    if (choice->name[role][0])
        return err_set(err, LLMX_BAD_OPTION, "--columns: %s is given twice", role_names[role]);
    memcpy(choice->name[role], equals + 1, value);
    choice->name[role][value] = '\0';
    double number;
    if (strspn(choice->name[role], "0123456789") == value &&
        number_parse(equals + 1, value, &number) &&
        !number_whole(number, 1, TABLE_COLUMNS_MAX, &choice->number[role]))
        return err_set(err, LLMX_BAD_OPTION, "--columns: '%.*s': columns count from 1 to %d",
                       (int)n, part, TABLE_COLUMNS_MAX);
    return 0;
}

static int parse_choice(struct choice *choice, const char *text, struct llmx_error *err)
{
    *choice = (struct choice){0};
    for (const char *part = text;; part++) {
        size_t n = strcspn(part, ",");
        if (n > INT_MAX || parse_part(choice, part, n, err) != 0)
            return -1;
        part += n;
        if (*part == '\0')
            break;
    }
    if (!choice->name[ROLE_USER][0] || !choice->name[ROLE_ITEM][0])
        return err_set(err, LLMX_BAD_OPTION,
                       "--columns must name user and item (as in user=1,item=2,time=4)");
    return 0;
}

static bool is_number(struct span field)
{
    double value;
    return number_parse(field.s, field.n, &value);
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

/* See roles_by_choice for the rule. Columns of time and rating decide where there are any. */
static bool looks_like_names(const struct choice *choice, const struct table *table)
{
    bool should_hold_number = false;
    for (int i = 0; i < table->n_columns; i++)
        if (is_number(table->fields[i]))
            return false;
    for (int r = ROLE_TIME; r <= ROLE_RATING; r++)
        should_hold_number |= choice->number[r] > 0 && choice->number[r] <= table->n_columns;
    int user = choice->number[ROLE_USER];
    return should_hold_number ||
           (user > 0 && user <= table->n_columns && table->fields[user - 1].n >= 4 &&
            plain_strncasecmp(table->fields[user - 1].s, "user", 4) == 0);
}

bool roles_has_types(const struct table *table)
{
    for (int i = 0; i < table->n_columns; i++)
        if (!has_type(table->fields[i]))
            return false;
    return table->n_columns > 0;
}

static int take_header(struct table *table, const struct choice *choice, struct llmx_error *err)
{
    bool is_by_name = false;
    for (int r = 0; r < ROLE_COUNT; r++)
        is_by_name |= choice->name[r][0] && choice->number[r] == 0;
    if (roles_has_types(table))
        return table_typed_header(table, err);
    if (is_by_name || looks_like_names(choice, table))
        return table_plain_header(table, err);
    return 0;
}

int roles_by_choice(struct roles *roles, struct table *table, const char *text,
                    struct llmx_error *err)
{
    struct choice choice;
    if (parse_choice(&choice, text, err) != 0 || take_header(table, &choice, err) != 0)
        return -1;
    for (int r = 0; r < ROLE_COUNT; r++) {
        int number = choice.number[r];
        roles->column[r] = -1;
        if (!choice.name[r][0])
            continue;
        if (number > table->n_columns)
            return err_set(err, LLMX_BAD_OPTION,
                           "--columns: %s=%d, but %s has %d columns (separated by %s)",
                           role_names[r], number, table->path, table->n_columns,
                           delimited_name(table->by.separator));
        if (number)
            roles->column[r] = number - 1;
        else if (table_choose(table, choice.name[r], &roles->column[r], err) != 0)
            return err_prefix(err, "--columns");
    }
    return check_types(roles, table, err);
}
