#include "run/item_filter.h"

#include "base/err.h"
#include "base/memory.h"
#include "data/dataset.h"
#include "format/lines.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Is `value` one of the parts that any of `marks` separates, without blanks around it? */
static bool holds_part(const char *text, const char *value, const char *marks)
{
    const size_t n = strlen(value);
    for (const char *part = text; *part; part += *part != '\0') {
        part += strspn(part, " ");
        const size_t whole = strcspn(part, marks);
        size_t length = whole;
        while (length > 0 && part[length - 1] == ' ')
            length--;
        if (length == n && memcmp(part, value, n) == 0)
            return true;
        part += whole;
    }
    return false;
}

/* Is `value` the whole text, a member of a list ("Free to Play|Action"), or one of its words? */
static bool holds(const char *text, const char *value)
{
    return strcmp(text, value) == 0 || holds_part(text, value, "|,;") ||
           holds_part(text, value, " ") || holds_part(text, value, " |,;");
}

/* Marks the items whose column holds the value; how many. */
static size_t mark_column(unsigned char *is_named, const struct llmx_data *data, int column,
                          const char *value)
{
    size_t n = 0;
    for (llmx_id item = 0; item < llmx_data_items(data); item++) {
        is_named[item] = holds(llmx_data_feature(data, LLMX_ITEMS, item, column), value);
        n += is_named[item];
    }
    return n;
}

/* Is there a line of the item features about something that nobody has taken? */
static bool is_described(const struct llmx_data *data, const char *token, size_t n)
{
    return names_find(&data->features[LLMX_ITEMS].others, token, n) >= 0;
}

/* Marks the items that a file lists, a token a line. Those that nobody has taken are passed over, and noted where the data
 * have not even a line of features of them; `people` NULL: none is noted. */
static int mark_file(unsigned char *is_named, const struct llmx_data *data, const char *path,
                     struct people *people, struct llmx_error *err)
{
    struct lines lines;
    int got = lines_open(&lines, path, err);
    while (got == 0 && (got = lines_next_text(&lines, err)) > 0) {
        const llmx_id item = lines.n ? llmx_data_item(data, lines.line) : -1;
        if (item >= 0)
            is_named[item] = 1;
        else if (lines.n && people && !is_described(data, lines.line, lines.n))
            people_note(people, &people->report.unknown_allowed, "item", lines.line, lines.n);
        got = 0;
    }
    lines_close(&lines);
    return got;
}

static int no_such(const struct llmx_data *data, const char *option, const char *text,
                   struct llmx_error *err)
{
    struct text columns = {0};
    for (int c = 0; c < llmx_data_columns(data, LLMX_ITEMS); c++)
        text_printf(&columns, "%s%s", c ? ", " : "", llmx_data_column_name(data, LLMX_ITEMS, c));
    if (text_check(&columns, err) == 0)
        err_set(err, LLMX_BAD_OPTION,
                "--%s: '%s' is neither a file of items, one a line, nor COLUMN=VALUE with a column "
                "of the item features (%s)",
                option, text, columns.n ? columns.s : "there are none");
    text_release(&columns);
    return -1;
}

/* Marks what the text of an option names: a file (FILE or, whatever its name, @FILE), or COLUMN=VALUE. */
static int mark(unsigned char *is_named, const struct llmx_data *data, const char *option,
                const char *text, struct people *people, struct llmx_error *err)
{
    char column[256] = "";
    const char *equals = strchr(text, '=');
    if (equals && (size_t)(equals - text) < sizeof column) {
        memcpy(column, text, (size_t)(equals - text));
        column[equals - text] = '\0';
    }
    const bool is_file = *text == '@';
    const int number = equals && !is_file ? llmx_data_column(data, LLMX_ITEMS, column) : -1;
    if (number < 0 && access(text + is_file, F_OK) != 0)
        return no_such(data, option, text, err);
    if (number < 0)
        return mark_file(is_named, data, text + is_file, people, err);
    if (mark_column(is_named, data, number, equals + 1) > 0)
        return 0;
    return err_set(err, LLMX_BAD_OPTION, "--%s: no item has '%s' in its column %s", option,
                   equals + 1, column);
}

int item_filter_fill(unsigned char *is_left_out, const struct llmx_data *data, const char *allow,
                     const char *deny, struct people *people, struct llmx_error *err)
{
    const size_t items = (size_t)llmx_data_items(data);
    unsigned char *is_named = mem_array(items, 1, err);
    int result = is_named ? 0 : -1;
    memset(is_left_out, 0, items);
    if (result == 0 && allow) {
        result = mark(is_named, data, "allow", allow, people, err);
        for (size_t i = 0; i < items; i++)
            is_left_out[i] = !is_named[i];
        memset(is_named, 0, items);
    }
    if (result == 0 && deny) {
        result = mark(is_named, data, "deny", deny, NULL, err);
        for (size_t i = 0; i < items; i++)
            is_left_out[i] |= is_named[i];
    }
    free(is_named);
    if (result == 0 && !memchr(is_left_out, 0, items))
        result = err_set(err, LLMX_BAD_INPUT,
                         "--allow and --deny leave none of the data's items to recommend");
    return result;
}

int llmx_item_filter(const struct llmx_data *data, const char *allow, const char *deny,
                     unsigned char *is_left_out, struct llmx_error *err)
{
    return item_filter_fill(is_left_out, data, allow, deny, NULL, err);
}
