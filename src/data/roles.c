#include "data/roles.h"

#include "base/number.h"
#include "base/text.h"
#include "format/table_names.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define CHOICE_MAX 256 /* bytes of one column's name in --columns */

static const char *const role_names[] = {"user", "item", "time", "rating"};
static const char *const atomic_names[] = {"user_id", "item_id", "timestamp", "rating"};

static int check_types(const struct roles *roles, const struct table *table, struct llmx_error *err)
{
    for (int r = 0; r < ROLE_COUNT; r++) {
        int column = roles->column[r];
        enum table_type type = column < 0 ? TABLE_UNTYPED : table->columns[column].type;
        enum table_type wanted = r == ROLE_USER || r == ROLE_ITEM ? TABLE_TOKEN : TABLE_FLOAT;
        if (type != TABLE_UNTYPED && type != wanted)
            return err_set(err, LLMX_BAD_INPUT,
                           "%s:1: the %s column '%s' is declared %s; it must be %s", table->path,
                           role_names[r],
                           table->columns[column].name ? table->columns[column].name : "",
                           table_type_name(type), table_type_name(wanted));
    }
    return 0;
}

int roles_by_name(struct roles *roles, struct table *table, struct llmx_error *err)
{
    char list[TABLE_LIST_MAX];
    if (table_typed_header(table, err) != 0)
        return -1;
    roles->header = HEADER_TYPED;
    for (int r = 0; r < ROLE_COUNT; r++) {
        roles->column[r] = -1;
        if (table_column(table, atomic_names[r]) >= 0 &&
            table_choose(table, atomic_names[r], &roles->column[r], LLMX_BAD_INPUT, err) != 0)
            return -1;
        if (roles->column[r] < 0 && r <= ROLE_ITEM)
            return err_set(err, LLMX_BAD_INPUT,
                           "%s:1: there is no column '%s' among %s\n  (say which it is: --columns "
                           "user=NAME,item=NAME)",
                           table->path, atomic_names[r], table_list(table, list, sizeof list));
    }
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

static bool is_by_name(const struct choice *choice)
{
    for (int r = 0; r < ROLE_COUNT; r++)
        if (choice->name[r][0] && choice->number[r] == 0)
            return true;
    return false;
}

/* Takes the first line where it is a header. */
static int take_header(struct roles *roles, struct table *table, const struct choice *choice,
                       enum llmx_choice header, struct llmx_error *err)
{
    int column[ROLE_COUNT];
    for (int r = 0; r < ROLE_COUNT; r++)
        column[r] = choice->number[r] - 1;
    if (header == LLMX_NO && is_by_name(choice) && !table->is_json)
        return err_set(err, LLMX_BAD_OPTION,
                       "--columns gives columns by name, and with --header no there are no names");
    roles->header = header_find(table, column, is_by_name(choice), header);
    if (roles->header == HEADER_TYPED)
        return table_typed_header(table, err);
    return header_is_taken(roles->header) ? table_plain_header(table, err) : 0;
}

/* The keys of JSON Lines; all but a rating must be in every object, so in the first. */
static int find_keys(struct roles *roles, struct table *table, const struct choice *choice,
                     struct llmx_error *err)
{
    for (int r = 0; r < ROLE_COUNT; r++)
        if (choice->name[r][0] &&
            table_choose(table, choice->name[r], &roles->column[r], LLMX_BAD_OPTION, err) != 0)
            return err_prefix(err, "--columns");
    return table_check_keys(table, roles->column, ROLE_RATING, LLMX_BAD_OPTION, err) == 0
               ? 0
               : err_prefix(err, "--columns");
}

static int find_columns(struct roles *roles, struct table *table, const struct choice *choice,
                        struct llmx_error *err)
{
    for (int r = 0; r < ROLE_COUNT; r++) {
        const int number = choice->number[r];
        if (number > table->n_columns)
            return err_set(err, LLMX_BAD_OPTION,
                           "--columns: %s=%d, but %s has %d columns (separated by %s)",
                           role_names[r], number, table->path, table->n_columns,
                           delimited_name(table->by.separator));
        if (number)
            roles->column[r] = number - 1;
        else if (choice->name[r][0] &&
                 table_choose(table, choice->name[r], &roles->column[r], LLMX_BAD_OPTION, err) != 0)
            return err_prefix(err, "--columns");
    }
    return check_types(roles, table, err);
}

int roles_by_choice(struct roles *roles, struct table *table, const char *text,
                    enum llmx_choice header, struct llmx_error *err)
{
    struct choice choice;
    for (int r = 0; r < ROLE_COUNT; r++)
        roles->column[r] = -1;
    if (parse_choice(&choice, text, err) != 0 ||
        take_header(roles, table, &choice, header, err) != 0)
        return -1;
    if ((table->is_json ? find_keys : find_columns)(roles, table, &choice, err) != 0)
        return -1;
    return roles->column[ROLE_USER] != roles->column[ROLE_ITEM]
               ? 0
               : err_set(err, LLMX_BAD_OPTION, "--columns: user and item are both '%s'",
                         choice.name[ROLE_USER]);
}

int roles_text(char **out, const struct roles *roles, const struct table *table,
               struct llmx_error *err)
{
    struct text text = {0};
    for (int r = 0; r < ROLE_COUNT; r++) {
        const int column = roles->column[r];
        if (column < 0)
            continue;
        text_printf(&text, "%s%s=", text.n ? ", " : "", role_names[r]);
        if (table->columns[column].name)
            text_puts(&text, table->columns[column].name);
        else
            text_printf(&text, "%d", column + 1);
    }
    if (text_check(&text, err) != 0) {
        text_release(&text);
        return -1;
    }
    *out = text.s;
    return 0;
}
