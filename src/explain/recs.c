/* recs.c - reading recommendation lines. */
#include "explain/recs.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

#include <limits.h>
#include <math.h>
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
    text_printf(&message, "%s:%ld: %s '%s' %s", r->file->lines.path, r->file->lines.number, what,
                token, advice);
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
        return err_set(r->err, LLMX_BAD_INPUT, "%s:%ld: \"%s\" is not a list", r->file->lines.path,
                       r->file->lines.number, field);
    if (!(*items = arena_array(arena, count + 1, sizeof **items, r->err)) ||
        (contribution &&
         !(*contribution = arena_array(arena, count + 1, sizeof **contribution, r->err))))
        return -1;
    for (size_t i = 0; i < count; i++) {
        const json_t *entry = json_array_get(list, i);
        const char *token = json_is_string(entry)
                                ? json_string_value(entry)
                                : rec_token(r->file->lines.path, r->file->lines.number, entry,
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

/* Without a title nothing can be said of an item, where items have titles. */
static bool has_title(const struct llmx_data *data, llmx_id item)
{
    const int title = llmx_data_title_column(data);
    return title < 0 || *llmx_data_feature(data, LLMX_ITEMS, item, title);
}

/* What the person had when it was recommended. Of the validation part models of sequences knew as of the training, too;
 * `only_learnt` leaves it out. */
static const llmx_id *had(const struct rec *rec, const struct llmx_data *data, bool only_learnt,
                          int *n)
{
    *n = rec->n_history;
    return rec->history ? rec->history
                        : llmx_data_history(data, rec->user,
                                            !rec->is_as_of_train ? LLMX_ALL
                                            : only_learnt        ? LLMX_TRAIN
                                                                 : LLMX_TRAIN_VALID,
                                            n);
}

/* The first item of the evidence that the person did not have; -1: they had all. */
static llmx_id find_foreign(const struct rec *rec, const struct llmx_data *data)
{
    int n;
    const llmx_id *items = had(rec, data, false, &n);
    for (int e = 0; e < rec->n_evidence; e++) {
        int i = 0;
        while (i < n && items[i] != rec->evidence[e])
            i++;
        if (i == n)
            return rec->evidence[e];
    }
    return -1;
}

static int read_as_of(struct rec_reader *r, const json_t *object, struct rec *rec)
{
    const json_t *as_of = json_object_get(object, "as_of");
    const char *word = json_string_value(as_of);
    rec->is_as_of_train = word && strcmp(word, "train") == 0;
    if (!as_of || rec->is_as_of_train)
        return 0;
    return err_set(r->err, LLMX_BAD_INPUT, "%s:%ld: \"as_of\" is \"train\" or is not there",
                   r->file->lines.path, r->file->lines.number);
}

static int read_rec(struct rec_reader *r, const json_t *object)
{
    struct rec rec = {.line = r->file->lines.number};
    struct arena *arena = &r->recs->arena;
    const json_t *history = json_object_get(object, "history"),
                 *score = json_object_get(object, "score");
    llmx_id *told = NULL;
    int status;
    if (!(rec.user_token = rec_token(r->file->lines.path, r->file->lines.number, object, "user",
                                     arena, r->err)) ||
        !(rec.item_token = rec_token(r->file->lines.path, r->file->lines.number, object, "item",
                                     arena, r->err)) ||
        read_as_of(r, object, &rec) != 0)
        return -1;
    rec.user = llmx_data_user(r->data, rec.user_token);
    rec.item = llmx_data_item(r->data, rec.item_token);
    number_whole(json_number_value(json_object_get(object, "rank")), 0, INT_MAX, &rec.rank);
    rec.score = json_is_number(score) ? (float)json_number_value(score) : NAN;
    if (rec.user < 0 && !history)
        return skip(r, "user", rec.user_token,
                    "is not in the data, and the line holds no \"history\"");
    if (rec.item < 0)
        return skip(r, "item", rec.item_token, "is not in the data");
    if (!has_title(r->data, rec.item))
        return skip(r, "item", rec.item_token,
                    "has no title in .item, so nothing can be said of it");
    status = read_items(r, json_object_get(object, "evidence"), "evidence", &rec.evidence,
                        &rec.contribution, &rec.n_evidence);
    if (status > 0 && history)
        status = read_items(r, history, "history", &told, NULL, &rec.n_history);
    rec.history = told;
    if (status <= 0)
        return status;
    const llmx_id foreign = find_foreign(&rec, r->data);
    if (foreign >= 0)
        return skip(
            r, "item", llmx_data_item_token(r->data, foreign),
            "of the evidence is none that this user had; was it recommended from other data?");
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

static int check_rows(const struct llmx_data *data, const llmx_id *items, int n,
                      struct llmx_error *err)
{
    for (int i = 0; i < n; i++)
        if (items[i] < 0 || items[i] >= llmx_data_items(data))
            return err_set(err, LLMX_NOT_FOUND, "the data has no item in row %d", (int)items[i]);
    return 0;
}

static int check_person(const struct llmx_data *data, const struct llmx_person *person,
                        struct llmx_error *err)
{
    if (person->user >= llmx_data_users(data))
        return err_set(err, LLMX_NOT_FOUND, "the data has no user in row %d", (int)person->user);
    if (person->user < 0 && !person->history)
        return err_set(err, LLMX_NOT_FOUND, "neither a user nor a history is given");
    return person->history ? check_rows(data, person->history, person->n, err) : 0;
}

int rec_make(struct rec *rec, const struct llmx_data *data, const struct llmx_person *person,
             const struct llmx_recommendation *recommendation, struct arena *arena,
             struct llmx_error *err)
{
    const int n = recommendation->n_evidence;
    *rec = (struct rec){.user = person->user < 0 ? -1 : person->user,
                        .item = recommendation->item,
                        .rank = recommendation->rank,
                        .score = recommendation->score,
                        .n_evidence = n,
                        .history = person->history,
                        .n_history = person->history ? person->n : 0,
                        .is_as_of_train = person->as_of == LLMX_AS_OF_TRAIN};
    if (check_person(data, person, err) != 0 || check_rows(data, &rec->item, 1, err) != 0)
        return -1;
    rec->user_token = rec->user < 0 ? NULL : llmx_data_user_token(data, rec->user);
    rec->item_token = llmx_data_item_token(data, rec->item);
    if (!has_title(data, rec->item))
        return err_set(err, LLMX_BAD_INPUT,
                       "item '%s' has no title in .item, so nothing can be said of it",
                       rec->item_token);
    if (!(rec->evidence = arena_array(arena, (size_t)n + 1, sizeof *rec->evidence, err)) ||
        !(rec->contribution = arena_array(arena, (size_t)n + 1, sizeof *rec->contribution, err)))
        return -1;
    for (int i = 0; i < n; i++) {
        rec->evidence[i] = recommendation->evidence[i].item;
        rec->contribution[i] = recommendation->evidence[i].contribution;
    }
    return check_rows(data, rec->evidence, n, err);
}

int rec_history(const struct rec *rec, const struct llmx_data *data, const struct twins *twins,
                llmx_id *items, int max)
{
    int n, shown = 0;
    const llmx_id *all = had(rec, data, true, &n);
    for (int i = n - 1; i >= 0 && shown < max; i--) /* from the latest */
        if (!twins_are_one(twins, all[i], rec->item) && has_title(data, all[i]))
            items[shown++] = all[i];
    for (int i = 0; i < shown / 2; i++) {
        llmx_id other = items[i];
        items[i] = items[shown - 1 - i];
        items[shown - 1 - i] = other;
    }
    return shown;
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
