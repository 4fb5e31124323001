#include "data/dataset.h"

#include "data/source_files.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const struct twins *data_twins(const struct llmx_data *data, bool with_years)
{
    const bool has_years = features_role(&data->features[LLMX_ITEMS], LLMX_ROLE_YEAR) >= 0;
    return with_years || !has_years ? &data->twins : &data->twins_by_title;
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
    free(data->opinion);
    free(data->day);
    free(data->low_start);
    free(data->low_item);
    features_release(&data->features[LLMX_USERS]);
    features_release(&data->features[LLMX_ITEMS]);
    source_files_release(data->report.files);
    free(data->report.given);
    item_order_destroy(data->order);
    twins_release(&data->twins);
    twins_release(&data->twins_by_title);
    free(data->report.source);
    free(data->report.first_bad);
    free(data->report.columns);
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

int llmx_data_day(const struct llmx_data *data, llmx_id user, enum llmx_part part, int i)
{
    int n;
    const llmx_id *items = llmx_data_history(data, user, part, &n);
    assert(i >= 0 && i < n);
    const uint16_t day = data->day ? data->day[items - data->item + i] : DAY_NONE;
    return day == DAY_NONE ? -1 : day;
}

const llmx_id *data_low_rated(const struct llmx_data *data, llmx_id user, int *n)
{
    *n = 0;
    if (!data->low_start)
        return NULL;
    *n = (int)(data->low_start[user + 1] - data->low_start[user]);
    return data->low_item + data->low_start[user];
}

const int32_t *data_item_order(const struct llmx_data *data, struct llmx_error *err)
{
    return item_order_places(data->order, &data->items, err);
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

uint64_t llmx_data_fingerprint(const struct llmx_data *data)
{
    return data->fingerprint;
}
