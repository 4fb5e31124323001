#include "run/people.h"

#include "base/err.h"
#include "base/memory.h"
#include "format/lines.h"

#include <stdlib.h>
#include <string.h>

#define UNKNOWN_SHOWN 20  /* of the users and items that were not found */
#define TOKEN_SHOWN   200 /* bytes of each */

void people_release(struct people *r)
{
    free(r->people);
    free(r->items);
    names_release(&r->names);
    arena_release(&r->texts);
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

static bool gives_popular(const struct people *r)
{
    return r->options->cold == LLMX_COLD_POPULAR;
}

static int add_user_number(struct people *r, const struct llmx_data *data, llmx_id user,
                           struct llmx_error *err)
{
    const enum llmx_as_of as_of = r->options->as_of;
    struct named_person next = {.name = llmx_data_user_token(data, user),
                                .person = {.user = user, .as_of = as_of}};
    int n = 0;
    if (as_of == LLMX_AS_OF_TRAIN && gives_popular(r)) {
        llmx_data_history(data, user, LLMX_TRAIN, &n);
        next.is_cold = n == 0;
    }
    return add_person(r, next, err);
}

static int add_stranger(struct people *r, const char *token, struct llmx_error *err)
{
    const size_t n = strlen(token);
    struct named_person next = {.name = arena_text(&r->texts, token, n, err),
                                .person = {.user = -1},
                                .is_cold = true,
                                .is_outside_of_data = true};
    return next.name ? add_person(r, next, err) : -1;
}

static int add_user(struct people *r, const struct llmx_data *data, const char *token,
                    struct llmx_error *err)
{
    const llmx_id user = llmx_data_user(data, token);
    if (user >= 0)
        return add_user_number(r, data, user, err);
    if (gives_popular(r))
        return add_stranger(r, token, err);
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

static int add_listed(struct people *r, const struct llmx_data *data, const char *path,
                      struct llmx_error *err)
{
    struct lines lines;
    int got = lines_open(&lines, path, err);
    while (got == 0 && (got = lines_next_text(&lines, err)) > 0)
        got = lines.n > 0 ? add_user(r, data, lines.line, err) : 0;
    lines_close(&lines);
    return got;
}

/* Tokens with commas between; or a file with one a line, when it is called @FILE or by a path with a separator: a user
 * may be called what a file here happens to be called. */
static int read_users(struct people *r, const struct llmx_data *data, const char *users,
                      struct llmx_error *err)
{
    if (*users == '@' || strchr(users, '/'))
        return add_listed(r, data, users + (*users == '@'), err);
    if (users[strspn(users, ",")] == '\0')
        return err_set(err, LLMX_BAD_OPTION, "--users names nobody (u1,u2,... or @FILE)");
    char *tokens = mem_text(users, strlen(users), err);
    int result = tokens ? 0 : -1;
    for (char *at = tokens; result == 0 && at && *at;) {
        const size_t n = strcspn(at, ",");
        char *next = at + n + (at[n] != '\0');
        at[n] = '\0';
        if (n > 0)
            result = add_user(r, data, at, err);
        at = next;
    }
    free(tokens);
    return result;
}

/* One line of the history file, as rows. */
struct taken {
    int64_t person;
    llmx_id item;
};

/* Reads "person TAB item"; more columns are passed over, and so is a header of an atomic file ("user_id:token").
 * returns   1 with *taken filled in, 0 nothing to take from this line, -1 */
static int read_taken(struct people *r, const struct llmx_data *data, struct lines *lines,
                      struct taken *taken, struct llmx_error *err)
{
    char *column[2];
    if (lines->n == 0)
        return 0;
    if (lines_columns(lines, column, 2) < 2 || !*column[0] || !*column[1])
        return err_set(err, LLMX_BAD_INPUT, "%s:%ld: expected a person, a tab and an item",
                       lines->path, lines->number);
    if (lines->number == 1 && strstr(column[1], ":token"))
        return 0;
    taken->person = names_add(&r->names, column[0], strlen(column[0]), err);
    if (taken->person < 0)
        return -1;
    taken->item = llmx_data_item(data, column[1]);
    if (taken->item < 0)
        people_note(r, &r->report.unknown_items, "item", column[1], strlen(column[1]));
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
            .name = names_get(&r->names, (uint32_t)p, NULL),
            .person = {.user = -1, .history = r->items + start[p], .n = (int)start[p + 1]},
            .is_cold = start[p + 1] == 0,
            .is_outside_of_data = true};
        start[p + 1] += start[p];
        if (!next.is_cold || gives_popular(r))
            result = add_person(r, next, err);
        else
            r->report.without_history++;
    }
    for (size_t i = 0; result == 0 && i < n; i++)
        r->items[start[taken[i].person]++] = taken[i].item;
    free(start);
    return result;
}

static int read_history(struct people *r, const struct llmx_data *data, const char *path,
                        struct llmx_error *err)
{
    struct lines lines;
    struct taken *taken = NULL;
    size_t n = 0, capacity = 0;
    int got = lines_open(&lines, path, err);
    while (got == 0 && (got = lines_next_text(&lines, err)) > 0) {
        got = mem_grow(&taken, &capacity, n + 1, sizeof *taken, err);
        const int kept = got == 0 ? read_taken(r, data, &lines, &taken[n], err) : 0;
        n += kept > 0;
        got = kept < 0 ? -1 : got;
    }
    if (got == 0)
        got = group_lines(r, taken, n, err);
    lines_close(&lines);
    free(taken);
    return got;
}

int people_read(struct people *r, const struct llmx_data *data,
                const struct llmx_recommend_options *options, struct llmx_error *err)
{
    *r = (struct people){.options = options};
    if (options->users && read_users(r, data, options->users, err) != 0)
        return -1;
    if (options->history && read_history(r, data, options->history, err) != 0)
        return -1;
    if (!options->users && !options->history && add_all_users(r, data, err) != 0)
        return -1;
    return text_check(&r->unknown, err);
}
