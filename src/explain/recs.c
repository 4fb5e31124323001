/* recs.c - reading recommendation lines. */
#include "explain/recs.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct rec_reader {
    struct recs *recs;
    const struct llmx_data *data;
    const struct llmx_explain_options *options;
    const struct jsonl *file;
    struct llmx_error *err;
};

const char *rec_token(const char *path, long line, const json_t *object, const char *field,
                      struct arena *arena, struct llmx_error *err)
{
    const json_t *value = json_object_get(object, field);
    if (json_is_string(value))
        return arena_text(arena, json_string_value(value), json_string_length(value), err);
    if (json_is_integer(value))
        return arena_printf(arena, err, "%lld", (long long)json_integer_value(value));
    err_set(err, LLMX_BAD_INPUT, "%s:%ld: no \"%s\" (a text) in this line", path, line, field);
    return NULL;
}

/* Leaves the line out and says why: 0, so that reading goes on. */
static int skip(struct rec_reader *r, const char *what, const char *token, const char *advice)
{
    struct text message = {0};
    text_printf(&message, "%s:%ld: %s '%s' %s", r->file->path, r->file->number, what, token,
                advice);
    const int status = text_check(&message, r->err);
    if (r->options->notice && status == 0)
        r->options->notice(r->options->notice_context, message.s);
    text_release(&message);
    r->recs->n_skipped++;
    return status;
}

/* The items of a list, of tokens or of objects with "item" and "contribution". 1 read, 0 line left out, -1. */
static int read_items(struct rec_reader *r, const json_t *list, const char *field, llmx_id **items,
                      float **contribution, int *n)
{
    struct arena *arena = &r->recs->arena;
    size_t count = json_array_size(list);
    *n = 0;
    if (list && !json_is_array(list))
        return err_set(r->err, LLMX_BAD_INPUT, "%s:%ld: \"%s\" is not a list", r->file->path,
                       r->file->number, field);
    if (!(*items = arena_array(arena, count + 1, sizeof **items, r->err)) ||
        (contribution &&
         !(*contribution = arena_array(arena, count + 1, sizeof **contribution, r->err))))
        return -1;
    for (size_t i = 0; i < count; i++) {
        const json_t *entry = json_array_get(list, i);
        const char *token = json_is_string(entry) ? json_string_value(entry)
                                                  : rec_token(r->file->path, r->file->number, entry,
                                                              "item", arena, r->err);
        if (!token)
            return err_prefix(r->err, "\"%s\"", field);
        llmx_id item = llmx_data_item(r->data, token);
        if (item < 0)
            return skip(r, "item", token, "of the evidence or history is not in the data");
        if (contribution)
            (*contribution)[*n] = (float)json_number_value(json_object_get(entry, "contribution"));
        (*items)[(*n)++] = item;
    }
    return 1;
}

static int read_rec(struct rec_reader *r, const json_t *object)
{
    struct rec rec = {0};
    struct arena *arena = &r->recs->arena;
    const json_t *history = json_object_get(object, "history");
    int title = llmx_data_title_column(r->data), status;
    if (!(rec.user_token =
              rec_token(r->file->path, r->file->number, object, "user", arena, r->err)) ||
        !(rec.item_token =
              rec_token(r->file->path, r->file->number, object, "item", arena, r->err)))
        return -1;
    rec.user = llmx_data_user(r->data, rec.user_token);
    rec.item = llmx_data_item(r->data, rec.item_token);
    number_whole(json_number_value(json_object_get(object, "rank")), 0, INT_MAX, &rec.rank);
    if (rec.user < 0 && !history)
        return skip(r, "user", rec.user_token,
                    "is not in the data, and the line holds no \"history\"");
    if (rec.item < 0)
        return skip(r, "item", rec.item_token, "is not in the data");
    if (title >= 0 && !*llmx_data_feature(r->data, LLMX_ITEMS, rec.item, title))
        return skip(r, "item", rec.item_token,
                    "has no title in .item, so nothing can be said of it");
    status = read_items(r, json_object_get(object, "evidence"), "evidence", &rec.evidence,
                        &rec.contribution, &rec.n_evidence);
    if (status > 0 && history)
        status = read_items(r, history, "history", &rec.history, NULL, &rec.n_history);
    if (status <= 0)
        return status;
    if (mem_grow(&r->recs->rec, &r->recs->capacity, (size_t)r->recs->n + 1, sizeof rec, r->err) !=
        0)
        return -1;
    r->recs->rec[r->recs->n++] = rec;
    return 0;
}

int recs_add(struct recs *recs, const struct jsonl *file, const json_t *object,
             const struct llmx_data *data, const struct llmx_explain_options *options,
             struct llmx_error *err)
{
    return read_rec(&(struct rec_reader){recs, data, options, file, err}, object);
}

bool recs_begin_user(const struct recs *recs, int i)
{
    return i == 0 || strcmp(recs->rec[i].user_token, recs->rec[i - 1].user_token) != 0;
}

int recs_open(struct recs *recs, const char *path, const struct llmx_data *data,
              const struct llmx_explain_options *options, struct llmx_error *err)
{
    *recs = (struct recs){0};
    struct jsonl file;
    json_t *object;
    int users = 0;
    int status = jsonl_open(&file, path, err);
    while (status == 0 && (status = jsonl_read(&file, &object, err)) == 1) {
        int before = recs->n;
        status = recs_add(recs, &file, object, data, options, err);
        json_decref(object);
        users += status == 0 && recs->n > before && recs_begin_user(recs, before);
        if (options->users_max > 0 && users > options->users_max) {
            recs->n--;
            break;
        }
    }
    jsonl_close(&file);
    if (status < 0)
        recs_release(recs);
    return status < 0 ? -1 : 0;
}

void recs_release(struct recs *recs)
{
    arena_release(&recs->arena);
    free(recs->rec);
    *recs = (struct recs){0};
}
