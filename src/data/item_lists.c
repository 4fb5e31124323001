#include "data/item_lists.h"

#include "base/file.h"
#include "base/utf8.h"

#include <string.h>

#define NUMBER_DIGITS_MAX 10 /* of a user or item: more is no row number */
#define SHOWN_MAX         40 /* bytes of what is not one */

/* The next word of a line, with what blanks stand before it. */
static size_t next_word(const char **at, const char *end)
{
    while (*at < end && **at == ' ')
        (*at)++;
    const char *stop = memchr(*at, ' ', (size_t)(end - *at));
    return (size_t)((stop ? stop : end) - *at);
}

static bool is_number(const char *word, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (word[i] < '0' || word[i] > '9')
            return false;
    return n > 0 && n <= NUMBER_DIGITS_MAX;
}

/* Counts the words of a line, all of which must be numbers. */
static int check_line(const char *line, const char *end, const char *path, size_t number,
                      size_t *words, struct llmx_error *err)
{
    *words = 0;
    for (const char *at = line;; (*words)++) {
        const size_t n = next_word(&at, end);
        if (n == 0)
            return 0;
        if (!is_number(at, n)) {
            char shown[SHOWN_MAX + 1];
            const size_t kept = n < SHOWN_MAX ? n : SHOWN_MAX;
            for (size_t i = 0; i < kept; i++)
                shown[i] = at[i] > ' ' && at[i] < 0x7f ? at[i] : '?';
            shown[kept] = '\0';
            return err_set(err, LLMX_BAD_INPUT,
                           "%s:%zu: word %zu, \"%s\", is not the number of %s (lines are: user "
                           "item item ...)%s",
                           path, number, *words + 1, shown, *words ? "an item" : "a user",
                           number > 1 ? "\n  (use --skip-bad to drop such lines and count them)"
                                      : "");
        }
        at += n;
    }
}

/* A line that check_line has passed. */
static int add_line(struct interactions *x, const char *line, const char *end, size_t words,
                    struct llmx_error *err)
{
    const char *at = line;
    size_t n = next_word(&at, end);
    if (words < 2)
        return 0;
    if (interactions_reserve(x, x->n + words - 1, false, err) != 0)
        return -1;
    const int64_t user = names_add(&x->users, at, n, err);
    if (user < 0)
        return -1;
    for (at += n; (n = next_word(&at, end)) > 0; at += n) {
        const int64_t item = names_add(&x->items, at, n, err);
        if (item < 0)
            return -1;
        x->user[x->n] = (llmx_id)user;
        x->item[x->n++] = (llmx_id)item;
    }
    return 0;
}

int item_lists_parse(struct interactions *x, const char *bytes, size_t n, const char *path,
                     bool skip_bad, struct data_report *report, struct llmx_error *err)
{
    size_t number = 1, words;
    for (const char *line = bytes, *all_end = bytes + n; line < all_end; number++) {
        const char *stop = memchr(line, '\n', (size_t)(all_end - line)), *end = stop;
        struct llmx_error why;
        if (!end)
            end = all_end;
        const char *next = stop ? stop + 1 : all_end;
        if (end > line && end[-1] == '\r')
            end--;
        if (check_line(line, end, path, number, &words, &why) == 0) {
            report->lines += words > 1 ? words - 1 : 0;
            if (add_line(x, line, end, words, err) != 0)
                return -1;
        } else if (!skip_bad) {
            return err_set(err, why.code, "%s", why.message);
        } else {
            report->lines++;
            if (report_bad_line(report, &why, err) != 0)
                return -1;
        }
        line = next;
    }
    return 0;
}

int item_lists_read(struct interactions *x, int file, const char *path, bool skip_bad,
                    struct data_report *report, struct llmx_error *err)
{
    struct mapping mapping;
    if (mapping_open(&mapping, path, err) != 0)
        return -1;
    const size_t mark = utf8_mark(mapping.data, mapping.size);
    const int result = mapping.size == mark
                           ? 0
                           : item_lists_parse(x, (const char *)mapping.data + mark,
                                              mapping.size - mark, path, skip_bad, report, err);
    mapping_release(&mapping);
    if (result == 0)
        interactions_end_file(x, file);
    return result;
}
