#include "data/dataset.h"

#include "base/memory.h"
#include "base/plain.h"
#include "data/filter.h"
#include "data/histories.h"
#include "data/item_lists.h"
#include "data/source.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int check_options(const struct llmx_data_options *o, struct llmx_error *err)
{
    if (o->min_user < 0 || o->min_item < 0)
        return err_set(err, LLMX_BAD_OPTION, "--min-user and --min-item cannot be negative");
    if (o->separator && !o->columns)
        return err_set(err, LLMX_BAD_OPTION,
                       "--separator is for delimited files; it needs --columns user=1,item=2");
    if (o->min_rating != o->min_rating)
        return err_set(err, LLMX_BAD_OPTION, "--min-rating is not a number");
    return 0;
}

static int read_files(struct interactions *x, const struct source *source,
                      const struct llmx_data_options *options, struct data_report *report,
                      struct llmx_error *err)
{
    for (int file = 0; file < FILES_MAX; file++) {
        if (!source->inter[file][0])
            continue;
        if ((source->is_lists
                 ? item_lists_read(x, file, source->inter[file], options->skip_bad != 0, report,
                                   err)
                 : interactions_read(x, file, source->inter[file], options, report, err)) != 0)
            return -1;
        report->is_ready_made |= file > 0;
    }
    if (x->n > 0)
        return 0;
    return err_set(err, LLMX_BAD_INPUT, "%s holds no interactions%s%s", report->source,
                   report->first_bad ? " that can be read; the first bad line:\n  " : "",
                   report->first_bad ? report->first_bad : "");
}

static int read_features(struct llmx_data *data, const struct source *source,
                         const struct interactions *x, bool skip_bad, struct llmx_error *err)
{
    if (source->user[0] && x->user_column &&
        features_open(&data->features[LLMX_USERS], source->user, x->user_column, &data->users,
                      skip_bad, err) != 0)
        return -1;
    if (source->item[0] && x->item_column &&
        features_open(&data->features[LLMX_ITEMS], source->item, x->item_column, &data->items,
                      skip_bad, err) != 0)
        return -1;
    return 0;
}

static uint64_t fingerprint_of(const struct llmx_data *data)
{
    size_t users = data->users.count;
    uint64_t hashes[] = {
        hash_bytes(data->users.pool, data->users.pool_size),
        hash_bytes(data->items.pool, data->items.pool_size),
        hash_bytes(data->start, (users + 1) * sizeof *data->start),
        hash_bytes(data->valid_start, users * sizeof *data->valid_start),
        hash_bytes(data->test_start, users * sizeof *data->test_start),
        hash_bytes(data->item, data->interactions * sizeof *data->item),
    };
    return hash_bytes(hashes, sizeof hashes);
}

/* Does what the files are go together with what is asked for? */
static int check_source(const struct source *source, const struct llmx_data_options *options,
                        struct llmx_error *err)
{
    if (options->split_by && (source->inter[1][0] || source->inter[2][0]))
        return err_set(err, LLMX_BAD_OPTION,
                       "%s comes split already, with %s; --split-by is for interactions in one "
                       "file",
                       source->inter[0], source->inter[2][0] ? source->inter[2] : source->inter[1]);
    if (source->is_lists && options->min_rating != 0)
        return err_set(err, LLMX_BAD_OPTION, "%s has no ratings, which --min-rating needs",
                       source->inter[0]);
    return 0;
}

static int open_source(struct llmx_data *data, const struct source *source,
                       const struct llmx_data_options *options, struct split_rule rule,
                       struct llmx_error *err)
{
    struct interactions x = {0};
    int result = -1;
    data->report.source = mem_text(source->inter[0], strlen(source->inter[0]), err);
    if (rule.kind != SPLIT_LEAVE_ONE_OUT)
        data->report.split_by = mem_text(options->split_by, strlen(options->split_by), err);
    if (!data->report.source || (rule.kind != SPLIT_LEAVE_ONE_OUT && !data->report.split_by) ||
        read_files(&x, source, options, &data->report, err) != 0 ||
        filter_apply(&x, options, &data->report, err) != 0)
        goto done;
    data->users = x.users;
    data->items = x.items;
    x.users = x.items = (struct names){0};
    if (histories_build(data, &x, options->timestamps, rule, err) != 0 ||
        read_features(data, source, &x, options->skip_bad, err) != 0)
        goto done;
    data->fingerprint = fingerprint_of(data);
    result = 0;
done:
    interactions_release(&x);
    return result;
}

int llmx_data_open(struct llmx_data **data, const char *path,
                   const struct llmx_data_options *options, struct llmx_error *err)
{
    static const struct llmx_data_options defaults;
    struct source source;
    struct split_rule rule;
    if (!options)
        options = &defaults;
    if (check_options(options, err) != 0 || split_rule_parse(&rule, options->split_by, err) != 0 ||
        source_find(&source, path, options, err) != 0 || check_source(&source, options, err) != 0)
        return -1;
    struct llmx_data *d = mem_array(1, sizeof *d, err);
    if (!d)
        return -1;
    if (open_source(d, &source, options, rule, err) != 0) {
        llmx_data_destroy(d);
        return -1;
    }
    *data = d;
    return 0;
}

void llmx_data_destroy(struct llmx_data *data)
{
    if (!data)
        return;
    names_release(&data->users);
    names_release(&data->items);
    free(data->start);
    free(data->valid_start);
    free(data->test_start);
    free(data->item);
    features_release(&data->features[LLMX_USERS]);
    features_release(&data->features[LLMX_ITEMS]);
    free(data->report.source);
    free(data->report.first_bad);
    free(data->report.split_by);
    free(data);
}

llmx_id llmx_data_users(const struct llmx_data *data)
{
    return (llmx_id)data->users.count;
}

llmx_id llmx_data_items(const struct llmx_data *data)
{
    return (llmx_id)data->items.count;
}

size_t llmx_data_interactions(const struct llmx_data *data)
{
    return data->interactions;
}

const char *llmx_data_user_token(const struct llmx_data *data, llmx_id user)
{
    return names_get(&data->users, (uint32_t)user, NULL);
}

const char *llmx_data_item_token(const struct llmx_data *data, llmx_id item)
{
    return names_get(&data->items, (uint32_t)item, NULL);
}

llmx_id llmx_data_user(const struct llmx_data *data, const char *token)
{
    return (llmx_id)names_find(&data->users, token, strlen(token));
}

llmx_id llmx_data_item(const struct llmx_data *data, const char *token)
{
    return (llmx_id)names_find(&data->items, token, strlen(token));
}

const llmx_id *llmx_data_history(const struct llmx_data *data, llmx_id user, enum llmx_part part,
                                 int *n)
{
    assert(user >= 0 && user < llmx_data_users(data));
    const size_t bounds[] = {data->start[user], data->valid_start[user], data->test_start[user],
                             data->start[user + 1]};
    static const struct {
        int begin, end;
    } parts[] = {[LLMX_TRAIN] = {0, 1},
                 [LLMX_VALID] = {1, 2},
                 [LLMX_TEST] = {2, 3},
                 [LLMX_TRAIN_VALID] = {0, 2},
                 [LLMX_ALL] = {0, 3}};
    *n = (int)(bounds[parts[part].end] - bounds[parts[part].begin]);
    return data->item + bounds[parts[part].begin];
}

int llmx_data_columns(const struct llmx_data *data, enum llmx_side side)
{
    return data->features[side].n_columns;
}

const char *llmx_data_column_name(const struct llmx_data *data, enum llmx_side side, int column)
{
    return data->features[side].names[column];
}

int llmx_data_column(const struct llmx_data *data, enum llmx_side side, const char *name)
{
    return features_column(&data->features[side], name);
}

const char *llmx_data_feature(const struct llmx_data *data, enum llmx_side side, llmx_id row,
                              int column)
{
    return features_get(&data->features[side], (uint32_t)row, column);
}

int llmx_data_title_column(const struct llmx_data *data)
{
    static const char *const titles[] = {"movie_title", "title",     "item_title", "product_title",
                                         "book_title",  "name",      "item_name",  "game_title",
                                         "app_name",    "news_title"};
    const struct features *items = &data->features[LLMX_ITEMS];
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        for (int c = 0; c < items->n_columns; c++)
            if (plain_strcasecmp(items->names[c], titles[i]) == 0)
                return c;
    return -1;
}

uint64_t llmx_data_fingerprint(const struct llmx_data *data)
{
    return data->fingerprint;
}
