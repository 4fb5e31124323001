#include "explain/retold.h"

#include "base/err.h"
#include "base/memory.h"
#include "base/plain.h"
#include "gate/profile_kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add_column(struct retold *r, int column, const char *value, struct llmx_error *err)
{
    if (mem_grow(&r->list, &r->capacity, (size_t)r->n + 1, sizeof *r->list, err) != 0)
        return -1;
    r->list[r->n++] = (struct llmx_retold){column, value};
    return 0;
}

static int fail_column(const struct llmx_data *data, const char *word, size_t n,
                       struct llmx_error *err)
{
    char names[300] = "";
    size_t used = 0;
    for (int k = 0; k < llmx_data_columns(data, LLMX_USERS) && used < sizeof names - 80; k++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%.60s", k > 0 ? ", " : "",
                                 llmx_data_column_name(data, LLMX_USERS, k));
    return used == 0 ? err_set(err, LLMX_NOT_FOUND,
                               "the data say nothing of people, so there is no '%.*s'; profiles "
                               "stand in NAME.user (docs/data.md)",
                               (int)n, word)
                     : err_set(err, LLMX_NOT_FOUND,
                               "nothing that the data say of people is called '%.*s'; they have %s",
                               (int)n, word, names);
}

int retold_add(struct retold *r, const struct llmx_data *data, const char *word, size_t n,
               const char *value, struct llmx_error *err)
{
    const char *kind = profile_kind(word, n);
    const int before = r->n;
    for (int k = 0; k < llmx_data_columns(data, LLMX_USERS); k++) {
        const char *name = llmx_data_column_name(data, LLMX_USERS, k),
                   *own = profile_kind(name, strlen(name));
        const bool is_named = strlen(name) == n && plain_strncasecmp(name, word, n) == 0;
        if ((is_named || (kind && own && strcmp(kind, own) == 0)) &&
            add_column(r, k, value, err) != 0)
            return -1;
    }
    return r->n > before ? 0 : fail_column(data, word, n, err);
}

int retold_init(struct retold *r, const struct llmx_data *data,
                const struct llmx_explain_options *options, struct llmx_error *err)
{
    const char *word = options->blind ? options->blind : "";
    *r = (struct retold){0};
    for (size_t n; *word; word += n + (word[n] == ',')) {
        n = strcspn(word, ",");
        if (n > 0 && retold_add(r, data, word, n, "", err) != 0)
            return -1;
    }
    r->n_blind = r->n;
    for (int i = 0; i < options->n_retold; i++) {
        const struct llmx_retold *one = &options->retold[i];
        if (one->column < 0 || one->column >= llmx_data_columns(data, LLMX_USERS))
            return err_set(err, LLMX_BAD_OPTION, "the data have no column %d of people",
                           one->column);
        if (add_column(r, one->column, one->value, err) != 0)
            return -1;
    }
    return 0;
}

void retold_release(struct retold *r)
{
    free(r->list);
    *r = (struct retold){0};
}

/* The names of columns that are blinded, as a list, or the values of the others by their columns; NULL: memory is out. */
static json_t *noted(const struct retold *r, const struct llmx_data *data, bool is_blind)
{
    json_t *note = is_blind ? json_array() : json_object();
    int failed = !note;
    for (int i = is_blind ? 0 : r->n_blind; i < (is_blind ? r->n_blind : r->n) && !failed; i++) {
        const char *name = llmx_data_column_name(data, LLMX_USERS, r->list[i].column);
        failed = is_blind ? json_array_append_new(note, json_string(name))
                          : json_object_set_new(note, name, json_string(r->list[i].value));
    }
    if (!failed)
        return note;
    json_decref(note);
    return NULL;
}

int retold_note(const struct retold *r, const struct llmx_data *data, json_t *line)
{
    int failed = 0;
    if (r->n_blind > 0)
        failed |= json_object_set_new(line, "blind", noted(r, data, true));
    if (r->n > r->n_blind)
        failed |= json_object_set_new(line, "told_as", noted(r, data, false));
    return failed;
}

bool retold_is_noted(const struct retold *r, const struct llmx_data *data, const json_t *line)
{
    json_t *wanted = json_object();
    const char *const fields[] = {"blind", "told_as"};
    bool is_noted = retold_note(r, data, wanted) == 0;
    for (int i = 0; i < 2; i++) {
        const json_t *said = json_object_get(line, fields[i]),
                     *own = json_object_get(wanted, fields[i]);
        is_noted = is_noted && (said && own ? json_equal(said, own) : !said == !own);
    }
    json_decref(wanted);
    return is_noted;
}
