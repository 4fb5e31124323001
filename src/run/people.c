#include "run/people.h"

#include "base/err.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNKNOWN_SHOWN 20  /* of the users and items that were not found */
#define TOKEN_SHOWN   200 /* bytes of each */

void people_release(struct people *r)
{
    free(r->people);
    free(r->items);
    names_release(&r->names);
    text_release(&r->users);
    text_release(&r->unknown);
    *r = (struct people){0};
}

void people_note(struct people *r, long *count, const char *what, const char *token, size_t n)
{
    if ((*count)++ < UNKNOWN_SHOWN)
        text_printf(&r->unknown, "%s '%.*s' is not in the data\n", what,
                    (int)(n < TOKEN_SHOWN ? n : TOKEN_SHOWN), token);
}

static int add_person(struct people *r, struct named_person person, struct llmx_error *err)
{
    if (mem_grow(&r->people, &r->capacity, r->n + 1, sizeof *r->people, err) != 0)
        return -1;
    r->people[r->n++] = person;
    return 0;
}

static int add_user_number(struct people *r, const struct llmx_data *data, llmx_id user,
                           struct llmx_error *err)
{
    return add_person(r, (struct named_person){llmx_data_user_token(data, user), {.user = user}},
                      err);
}

static int add_user(struct people *r, const struct llmx_data *data, const char *token,
                    struct llmx_error *err)
{
    const llmx_id user = llmx_data_user(data, token);
    if (user >= 0)
        return add_user_number(r, data, user, err);
    people_note(r, &r->report.unknown_users, "user", token, strlen(token));
    return 0;
}

static int add_all_users(struct people *r, const struct llmx_data *data, struct llmx_error *err)
{
    for (llmx_id u = 0; u < llmx_data_users(data); u++)
        if (add_user_number(r, data, u, err) != 0)
            return -1;
    return 0;
}

/* A stream, not a mapping: lists may come through a pipe. */
static int read_list(struct text *text, const char *path, struct llmx_error *err)
{
    char bytes[4096];
    FILE *file = fopen(path, "r");
    if (!file)
        return err_system(err, "cannot open %s", path);
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, file)) > 0;)
        text_put(text, bytes, n);
    const int result = ferror(file) ? err_system(err, "cannot read %s", path) : 0;
    fclose(file);
    return result;
}

/* Tokens with commas between; or a file with one a line, when it is called @FILE or by a path with a separator: a user
 * may be called what a file here happens to be called. */
static int read_users(struct people *r, const struct llmx_data *data, const char *users,
                      struct llmx_error *err)
{
    const bool is_file = *users == '@' || strchr(users, '/');
    const char *end = is_file ? "\n" : ",";
    if (!is_file)
        text_puts(&r->users, users);
    else if (read_list(&r->users, users + (*users == '@'), err) != 0)
        return -1;
    if (text_check(&r->users, err) != 0)
        return -1;
    for (char *at = r->users.s + utf8_mark(r->users.s, r->users.n); at && *at;) {
        const size_t n = strcspn(at, end);
        char *next = at + n + (at[n] != '\0');
        at[n] = '\0';
        if (n > 0 && at[n - 1] == '\r')
            at[n - 1] = '\0';
        if (*at && add_user(r, data, at, err) != 0)
            return -1;
        at = next;
    }
    return 0;
}

/* One line of the history file, as rows. */
struct taken {
    int64_t person;
    llmx_id item;
};

/* Reads "person TAB item"; more columns are passed over, and so is a header of an atomic file ("user_id:token").
 * returns   1 with *taken filled in, 0 nothing to take from this line, -1 */
static int read_line(struct people *r, const struct llmx_data *data, const char *line, size_t n,
                     const char *path, size_t number, struct taken *taken, struct llmx_error *err)
{
    char token[1024];
    if (n > 0 && line[n - 1] == '\r')
        n--;
    if (n == 0)
        return 0;
    if (utf8_check(line, n) < n)
        return err_set(err, LLMX_BAD_INPUT, "%s:%zu: not UTF-8 text", path, number);
    const char *tab = memchr(line, '\t', n);
    const size_t left = tab ? n - (size_t)(tab - line) - 1 : 0;
    const char *second = tab ? memchr(tab + 1, '\t', left) : NULL;
    const size_t item_n = second ? (size_t)(second - tab) - 1 : left;
    if (!tab || tab == line || item_n == 0)
        return err_set(err, LLMX_BAD_INPUT, "%s:%zu: expected a person, a tab and an item", path,
                       number);
    if (item_n >= sizeof token)
        return err_set(err, LLMX_TOO_LARGE, "%s:%zu: an item's token of %zu bytes", path, number,
                       item_n);
    memcpy(token, tab + 1, item_n);
    token[item_n] = '\0';
    if (number == 1 && strstr(token, ":token"))
        return 0;
    taken->person = names_add(&r->names, line, (size_t)(tab - line), err);
    if (taken->person < 0)
        return -1;
    taken->item = llmx_data_item(data, token);
    if (taken->item < 0)
        people_note(r, &r->report.unknown_items, "item", token, item_n);
    return taken->item >= 0;
}

/* Puts lines together by person, in order of first appearance, each person's items in the order of the lines. */
static int group_lines(struct people *r, const struct taken *taken, size_t n,
                       struct llmx_error *err)
{
    const size_t people = r->names.count;
    size_t *start = mem_array(people + 1, sizeof *start, err);
    r->items = mem_array(n, sizeof *r->items, err);
    int result = start && r->items ? 0 : -1;
    for (size_t i = 0; result == 0 && i < n; i++)
        start[taken[i].person + 1]++;
    for (size_t p = 0; result == 0 && p < people; p++) {
        const struct named_person next = {
            names_get(&r->names, (uint32_t)p, NULL),
            {.user = -1, .history = r->items + start[p], .n = (int)start[p + 1]}};
        start[p + 1] += start[p];
        if (next.person.n > 0)
            result = add_person(r, next, err);
        else
            r->report.without_history++;
    }
    for (size_t i = 0; result == 0 && i < n; i++)
        r->items[start[taken[i].person]++] = taken[i].item;
    free(start);
    return result;
}

/* A stream, not a mapping: histories may come through a pipe. */
static int read_history(struct people *r, const struct llmx_data *data, const char *path,
                        struct llmx_error *err)
{
    const bool is_standard = strcmp(path, "-") == 0;
    const char *shown = is_standard ? "standard input" : path;
    FILE *stream = is_standard ? stdin : fopen(path, "r");
    struct taken *taken = NULL;
    char *line = NULL;
    size_t n = 0, capacity = 0, line_capacity = 0, number = 1;
    int result = 0;
    if (!stream)
        return err_system(err, "cannot open %s", path);
    for (ssize_t got; result == 0 && (got = getline(&line, &line_capacity, stream)) > 0; number++) {
        const size_t mark = number == 1 ? utf8_mark(line, (size_t)got) : 0;
        const size_t length = (size_t)got - (line[got - 1] == '\n') - mark;
        struct taken next;
        const int kept = read_line(r, data, line + mark, length, shown, number, &next, err);
        if (kept < 0 || mem_grow(&taken, &capacity, n + 1, sizeof *taken, err) != 0)
            result = -1;
        else if (kept)
            taken[n++] = next;
    }
    if (result == 0 && ferror(stream))
        result = err_system(err, "cannot read %s", shown);
    if (result == 0)
        result = group_lines(r, taken, n, err);
    if (!is_standard)
        fclose(stream);
    free(line);
    free(taken);
    return result;
}

int people_read(struct people *r, const struct llmx_data *data,
                const struct llmx_recommend_options *options, struct llmx_error *err)
{
    *r = (struct people){0};
    if (options->users && read_users(r, data, options->users, err) != 0)
        return -1;
    if (options->history && read_history(r, data, options->history, err) != 0)
        return -1;
    if (!options->users && !options->history && add_all_users(r, data, err) != 0)
        return -1;
    return text_check(&r->unknown, err);
}
