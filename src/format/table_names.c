#include "format/table_names.h"

#include "base/memory.h"
#include "base/plain_json.h"
#include "base/utf8.h"
#include "format/json_scan.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXCERPT_MAX 40 /* bytes of a field that a message shows */

static const char *const type_names[] = {"", "token", "token_seq", "float", "float_seq"};

const char *table_type_name(enum table_type type)
{
    return type_names[type];
}

/* A field as a message shows it: cut, and with nothing a terminal would act on. */
static const char *excerpt(char *out, size_t size, struct span field)
{
    size_t n = field.n > EXCERPT_MAX ? EXCERPT_MAX : field.n, used = 0;
    while (n < field.n && n > EXCERPT_MAX - 4 && ((unsigned char)field.s[n] & 0xc0) == 0x80)
        n--; /* not in mid-character */
    bool is_utf8 = utf8_check_text(field.s, n) == n;
    out[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)field.s[i];
        bool is_odd = c < ' ' || c == 0x7f || (c >= 0x80 && !is_utf8);
        used += (size_t)snprintf(out + used, size - used, is_odd ? "\\x%02x" : "%c", c);
    }
    if (n < field.n)
        snprintf(out + used, size - used, "...");
    return out;
}

int table_fail(const struct table *table, int column, const char *claim, const char *hint,
               struct llmx_error *err)
{
    char shown[EXCERPT_MAX * 4 + 8], number[32], declared[128] = "";
    const struct table_column *c = &table->columns[column];
    snprintf(number, sizeof number, "column %d", column + 1);
    if (c->type != TABLE_UNTYPED)
        snprintf(declared, sizeof declared, ", declared %.80s:%s", c->name, type_names[c->type]);
    return err_set(err, LLMX_BAD_INPUT, "%s:%ld: '%s' %s: \"%s\"\n  (%s%s; %s)", table->path,
                   table->line, c->name ? c->name : number, claim,
                   excerpt(shown, sizeof shown, table->fields[column]), number, declared, hint);
}

int table_column(const struct table *table, const char *name)
{
    for (int i = 0; i < table->n_columns; i++)
        if (table->columns[i].name && strcmp(table->columns[i].name, name) == 0)
            return i;
    return -1;
}

const char *table_list(const struct table *table, char *out, size_t size)
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

/* Adds a column for a key; its number, or -1. */
static int json_add(struct table *table, const char *key, size_t n, struct llmx_error *err)
{
    const int column = table->n_columns;
    const size_t room = (size_t)column + 1;
    size_t columns = (size_t)column, fields = columns, keys = columns, nested = columns;
    if (column == TABLE_COLUMNS_MAX)
        return err_set(err, LLMX_TOO_LARGE, "%s: more than %d keys", table->path, column);
    if (mem_grow(&table->columns, &columns, room, sizeof *table->columns, err) != 0 ||
        mem_grow(&table->fields, &fields, room, sizeof *table->fields, err) != 0 ||
        mem_grow(&table->keys, &keys, room, sizeof *table->keys, err) != 0 ||
        mem_grow(&table->is_nested, &nested, room, sizeof *table->is_nested, err) != 0)
        return -1;
    char *name = mem_text(key, n, err);
    if (!name)
        return -1;
    table->columns[column] = (struct table_column){.name = name};
    table->keys[column] = (struct span){name, n};
    table->fields[column] = (struct span){"", 0};
    table->is_nested[column] = false;
    table->n_columns++;
    return column;
}

/* Adds a column for each key of the first object, in its order. */
static int json_keys(struct table *table, struct llmx_error *err)
{
    json_error_t what;
    const char *key;
    json_t *value, *object = plain_json_loadb(table->first.s, table->first.n, 0, &what);
    int result = json_is_object(object)
                     ? 0
                     : err_set(err, LLMX_BAD_INPUT, "%s:%ld: not valid JSON at byte %d: %s\n  (%s)",
                               table->path, table->line, what.position, what.text, TABLE_JSON_HINT);
    json_object_foreach(object, key, value)
    {
        if (result == 0 && table_column(table, key) < 0 &&
            json_add(table, key, strlen(key), err) < 0)
            result = -1;
    }
    json_decref(object);
    return result;
}

/* What keys the first object has; "" when it cannot be read. */
static const char *list_keys(const struct table *table, char *out, size_t size)
{
    json_error_t what;
    const char *key;
    size_t used = 0;
    json_t *value, *object = plain_json_loadb(table->first.s, table->first.n, 0, &what);
    out[0] = '\0';
    json_object_foreach(object, key, value)
    {
        const int n = snprintf(out + used, size - used, "%s%s", used ? ", " : "", key);
        used += n > 0 && (size_t)n < size - used ? (size_t)n : 0;
    }
    json_decref(object);
    return out;
}

int table_check_keys(struct table *table, const int *columns, int n, enum llmx_code code,
                     struct llmx_error *err)
{
    char list[TABLE_LIST_MAX];
    if (!table->is_json || table_peek(table, NULL) != 0)
        return 0;
    for (int i = 0; i < n; i++)
        if (columns[i] >= 0 && table->fields[columns[i]].s == json_absent)
            return err_set(err, code, "%s:%ld: there is no key '%s' (there are %s)", table->path,
                           table->line, table->columns[columns[i]].name,
                           list_keys(table, list, sizeof list));
    return 0;
}

int table_choose(struct table *table, const char *name, int *column, enum llmx_code code,
                 struct llmx_error *err)
{
    char list[TABLE_LIST_MAX];
    int found = table_column(table, name);
    if (found < 0 && table->is_json)
        found = json_add(table, name, strlen(name), err);
    else if (found < 0)
        return err_set(err, code, "%s has no column '%s' (it has %s)", table->path, name,
                       table_list(table, list, sizeof list));
    if (found < 0)
        return -1;
    for (int i = found + 1; i < table->n_columns; i++)
        if (table->columns[i].name && strcmp(table->columns[i].name, name) == 0)
            return err_set(err, code,
                           "%s: columns %d and %d are both called '%s'; choose one by its number",
                           table->path, found + 1, i + 1, name);
    *column = found;
    return 0;
}

/* Takes a column's name; what is no text leaves it without. */
static int set_name(struct table *table, int column, struct span name, struct llmx_error *err)
{
    if (name.n == 0 || utf8_check_text(name.s, name.n) < name.n)
        return 0;
    table->columns[column].name = mem_text(name.s, name.n, err);
    return table->columns[column].name ? 0 : -1;
}

int table_check_names(const struct table *table, struct llmx_error *err)
{
    for (int i = 0; i < table->n_columns; i++) {
        const char *name = table->columns[i].name;
        if (!name)
            return err_set(err, LLMX_BAD_INPUT, "%s:%ld: column %d has no name that is UTF-8 text",
                           table->path, table->line, i + 1);
        if (table_column(table, name) < i)
            return err_set(err, LLMX_BAD_INPUT, "%s:%ld: two columns are called '%s'", table->path,
                           table->line, name);
    }
    return 0;
}

static int set_type(struct table *table, int column, struct span type, struct llmx_error *err)
{
    char shown[EXCERPT_MAX * 4 + 8];
    for (int t = TABLE_TOKEN; t <= TABLE_FLOAT_SEQ; t++)
        if (strlen(type_names[t]) == type.n && memcmp(type_names[t], type.s, type.n) == 0) {
            table->columns[column].type = (enum table_type)t;
            return 0;
        }
    return err_set(err, LLMX_BAD_INPUT,
                   "%s:%ld: column %d has the unknown type \"%s\"\n"
                   "  (token, token_seq, float or float_seq)",
                   table->path, table->line, column + 1, excerpt(shown, sizeof shown, type));
}

int table_typed_header(struct table *table, struct llmx_error *err)
{
    assert(table->first_is_pending);
    char shown[EXCERPT_MAX * 4 + 8];
    if (table->is_json || json_begins(table->fields[0]))
        return err_set(err, LLMX_BAD_INPUT,
                       "%s: this is JSON Lines; say which keys are meant: --columns "
                       "user=user_id,item=item_id,time=date",
                       table->path);
    for (int i = 0; i < table->n_columns; i++) {
        struct span field = table->fields[i], name = field;
        while (name.n && name.s[name.n - 1] != ':')
            name.n--;
        if (name.n == 0)
            return err_set(err, LLMX_BAD_INPUT,
                           "%s:%ld: column %d of the header is not NAME:TYPE: \"%s\"\n  (as in "
                           "user_id:token; a file without such a header is read with --columns "
                           "user=1,item=2,time=4)",
                           table->path, table->line, i + 1, excerpt(shown, sizeof shown, field));
        struct span type = {name.s + name.n, field.n - name.n};
        name.n--;
        if (set_type(table, i, type, err) != 0 || set_name(table, i, name, err) != 0)
            return -1;
    }
    table->first_is_pending = false;
    return 0;
}

int table_plain_header(struct table *table, struct llmx_error *err)
{
    assert(table->first_is_pending);
    if (table->is_json)
        return json_keys(table, err);
    for (int i = 0; i < table->n_columns; i++)
        if (set_name(table, i, table->fields[i], err) != 0)
            return -1;
    table->first_is_pending = false;
    return 0;
}
