#include "run/requests.h"

#include "base/err.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNKNOWN_SHOWN 20  /* of the users and items that were not found */
#define TOKEN_SHOWN   200 /* bytes of each */

void requests_release(struct requests *r)
{
    free(r->requests);
    free(r->items);
    names_release(&r->people);
    text_release(&r->users);
    text_release(&r->unknown);
    *r = (struct requests){0};
}

void requests_note(struct requests *r, long *count, const char *what, const char *token, size_t n)
{
    if ((*count)++ < UNKNOWN_SHOWN)
        text_printf(&r->unknown, "%s '%.*s' is not in the data\n", what,
                    (int)(n < TOKEN_SHOWN ? n : TOKEN_SHOWN), token);
}

static int add_request(struct requests *r, struct request request, struct llmx_error *err)
{
    if (mem_grow(&r->requests, &r->capacity, r->n + 1, sizeof *r->requests, err) != 0)
        return -1;
    r->requests[r->n++] = request;
    return 0;
}

static int add_user(struct requests *r, const struct llmx_data *data, const char *token,
                    struct llmx_error *err)
{
    const llmx_id user = llmx_data_user(data, token);
    if (user >= 0)
        return add_request(
            r, (struct request){.name = llmx_data_user_token(data, user), .user = user}, err);
    requests_note(r, &r->report.unknown_users, "user", token, strlen(token));
    return 0;
}

static int add_all_users(struct requests *r, const struct llmx_data *data, struct llmx_error *err)
{
    for (llmx_id u = 0; u < llmx_data_users(data); u++)
        if (add_request(r, (struct request){.name = llmx_data_user_token(data, u), .user = u},
                        err) != 0)
            return -1;
    return 0;
}

/* A file with a token a line, or tokens with commas between. */
static int read_users(struct requests *r, const struct llmx_data *data, const char *users,
                      struct llmx_error *err)
{
    const char *end = ",";
    if (access(users, F_OK) == 0) {
        struct mapping file;
        if (mapping_open(&file, users, err) != 0)
            return -1;
        const size_t mark = utf8_mark(file.data, file.size);
        text_put(&r->users, (const char *)file.data + mark, file.size - mark);
        mapping_release(&file);
        end = "\n";
    } else if (strchr(users, '/') && llmx_data_user(data, users) < 0) {
        return err_system(err, "cannot open %s", users);
    } else {
        text_puts(&r->users, users);
    }
    if (text_check(&r->users, err) != 0)
        return -1;
    for (char *at = r->users.s; at && *at;) {
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
static int read_line(struct requests *r, const struct llmx_data *data, const char *line, size_t n,
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
    taken->person = names_add(&r->people, line, (size_t)(tab - line), err);
    if (taken->person < 0)
        return -1;
    taken->item = llmx_data_item(data, token);
    if (taken->item < 0)
        requests_note(r, &r->report.unknown_items, "item", token, item_n);
    return taken->item >= 0;
}

/* Puts lines together by person, in order of first appearance, each person's items in the order of the lines. */
static int group_lines(struct requests *r, const struct taken *taken, size_t n,
                       struct llmx_error *err)
{
    const size_t people = r->people.count;
    size_t *start = mem_array(people + 1, sizeof *start, err);
    r->items = mem_array(n, sizeof *r->items, err);
    int result = start && r->items ? 0 : -1;
    for (size_t i = 0; result == 0 && i < n; i++)
        start[taken[i].person + 1]++;
    for (size_t p = 0; result == 0 && p < people; p++) {
        const struct request request = {.name = names_get(&r->people, (uint32_t)p, NULL),
                                        .user = -1,
                                        .history = r->items + start[p],
                                        .n = (int)start[p + 1]};
        start[p + 1] += start[p];
        if (request.n > 0)
            result = add_request(r, request, err);
        else
            r->report.without_history++;
    }
    for (size_t i = 0; result == 0 && i < n; i++)
        r->items[start[taken[i].person]++] = taken[i].item;
    free(start);
    return result;
}

/* A stream, not a mapping: histories may come through a pipe. */
static int read_history(struct requests *r, const struct llmx_data *data, const char *path,
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

int requests_read(struct requests *r, const struct llmx_data *data,
                  const struct llmx_recommend_options *options, struct llmx_error *err)
{
    *r = (struct requests){0};
    if (options->users && read_users(r, data, options->users, err) != 0)
        return -1;
    if (options->history && read_history(r, data, options->history, err) != 0)
        return -1;
    if (!options->users && !options->history && add_all_users(r, data, err) != 0)
        return -1;
    return text_check(&r->unknown, err);
}
