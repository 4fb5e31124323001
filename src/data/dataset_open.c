/* dataset_open.c - from files to a data set in memory: read, filtered, split, with the features beside it. */
#include "base/memory.h"
#include "base/threads.h"
#include "data/data_files.h"
#include "data/dataset.h"
#include "data/feature_columns.h"
#include "data/filter.h"
#include "data/histories.h"
#include "data/item_lists.h"
#include "data/opinions.h"
#include "data/remarks.h"
#include "data/source_files.h"

#include <string.h>

static int check_options(const struct llmx_data_options *o, struct llmx_error *err)
{
    if (o->min_user < 0 || o->min_item < 0)
        return err_set(err, LLMX_BAD_OPTION, "--min-user and --min-item cannot be negative");
    if (o->separator && !o->columns)
        return err_set(err, LLMX_BAD_OPTION,
                       "--separator is for delimited files; it needs --columns user=1,item=2");
    if ((o->header != LLMX_GUESS || o->quotes != LLMX_GUESS) && !o->columns)
        return err_set(err, LLMX_BAD_OPTION,
                       "--%s is for delimited files; it needs --columns user=1,item=2",
                       o->header != LLMX_GUESS ? "header" : "quotes");
    if (o->min_rating != o->min_rating)
        return err_set(err, LLMX_BAD_OPTION, "--min-rating is not a number");
    return 0;
}

static int read_files(struct interactions *x, const struct data_files *files,
                      const struct llmx_data_options *options, struct data_report *report,
                      struct llmx_error *err)
{
    for (int file = 0; file < FILES_MAX; file++) {
        if (!files->inter[file][0])
            continue;
        if ((files->is_lists
                 ? item_lists_read(x, file, files->inter[file], options->skip_bad != 0, report, err)
                 : interactions_read(x, file, files->inter[file], options, report, err)) != 0)
            return -1;
        report->is_ready_made |= file > 0;
    }
    if (x->n > 0)
        return 0;
    return err_set(err, LLMX_BAD_INPUT, "%s holds no interactions%s%s", report->source,
                   report->first_bad ? " that can be read; the first bad line:\n  " : "",
                   report->first_bad ? report->first_bad : "");
}

/* The guess at a header is told first: it may be what makes the reading fail. */
static int read_and_remark(struct interactions *x, const struct data_files *files,
                           const struct llmx_data_options *options, struct data_report *report,
                           struct llmx_error *err)
{
    const int result = read_files(x, files, options, report, err);
    struct llmx_error *where = result == 0 ? err : NULL;
    return remarks_header(report, files, options, where) != 0 ? -1 : result;
}

static int no_table(enum llmx_side side, bool is_of_columns, const char *source,
                    struct llmx_error *err)
{
    const char *name = feature_id_name(side);
    return err_set(err, LLMX_BAD_OPTION,
                   "--%s%s needs a table: there is no .%s beside %s\n  (say which it is: "
                   "--%s-file FILE)",
                   is_of_columns ? name : "role", is_of_columns ? "-columns" : "", name, source,
                   name);
}

/* What is known of one side: from the table that was asked for, else from the one beside the interactions. */
static int read_side(struct llmx_data *data, enum llmx_side side, const char *path,
                     const char *id_column, const struct llmx_data_options *options,
                     struct llmx_error *err)
{
    const bool is_items = side == LLMX_ITEMS;
    const bool is_given = (is_items ? options->item_path : options->user_path) != NULL;
    const struct feature_source source = {
        .path = path,
        .side = side,
        .columns = is_items ? options->item_columns : options->user_columns,
        .roles = is_items ? options->roles : NULL,
        .id_column = id_column,
        .is_given = is_given,
        .is_atomic = !is_given && !options->columns && id_column,
        .skip_bad = options->skip_bad != 0,
        .form = interactions_form(options),
    };
    struct features *features = &data->features[side];
    if (!*path && (source.columns || source.roles))
        return no_table(side, source.columns != NULL, data->report.source, err);
    if (*path && features_open(features, &source, is_items ? &data->items : &data->users, err) != 0)
        return -1;
    if (strcmp(path, data->report.source) == 0)
        features->repeated = 0; /* a log that names its own items does so again and again */
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
static int check_files(const struct data_files *files, const struct llmx_data_options *options,
                       struct split_rule rule, struct llmx_error *err)
{
    if (options->split_by && rule.kind != SPLIT_NONE && (files->inter[1][0] || files->inter[2][0]))
        return err_set(err, LLMX_BAD_OPTION,
                       "%s comes split already, with %s; --split-by is for interactions in one "
                       "file",
                       files->inter[0], files->inter[2][0] ? files->inter[2] : files->inter[1]);
    if (files->is_lists && interactions_drop_low(options))
        return err_set(err, LLMX_BAD_OPTION, "%s has no ratings, which --min-rating needs",
                       files->inter[0]);
    return 0;
}

/* Low ratings by user. */
static int group_low(struct llmx_data *data, const struct interactions *x, struct llmx_error *err)
{
    if (x->n_low == 0)
        return 0;
    data->low_start = mem_array((size_t)data->users.count + 2, sizeof *data->low_start, err);
    data->low_item = mem_array(x->n_low, sizeof *data->low_item, err);
    if (!data->low_start || !data->low_item)
        return -1;
    size_t *next =
        data->low_start + 1; /* where the next of each user goes: in the end, where they begin */
    for (size_t i = 0; i < x->n_low; i++)
        next[x->low[i].user + 1]++;
    for (uint32_t u = 1; u <= data->users.count; u++)
        next[u] += next[u - 1];
    for (size_t i = 0; i < x->n_low; i++)
        data->low_item[next[x->low[i].user]++] = x->low[i].item;
    return 0;
}

/* Nothing is held out: of a ready-made split too, all is learnt from. */
static void join_parts(struct interactions *x, struct data_report *report)
{
    for (int file = 0; file < FILES_MAX; file++)
        x->file_end[file] = x->n;
    report->is_ready_made = false;
}

static int find_twins(struct llmx_data *data, struct llmx_error *err)
{
    const struct features *items = &data->features[LLMX_ITEMS];
    if (twins_find(&data->twins, items, true, err) != 0)
        return -1;
    return features_role(items, LLMX_ROLE_YEAR) < 0
               ? 0
               : twins_find(&data->twins_by_title, items, false, err);
}

/* What is known of items, which is read beside the sorting of the histories. */
struct items_half {
    struct llmx_data *data;
    const struct data_files *files;
    const struct interactions *interactions;
    const struct llmx_data_options *options;
    int status;
    struct llmx_error error;
};

static void read_items(void *context)
{
    struct items_half *half = context;
    half->status = read_side(half->data, LLMX_ITEMS, half->files->item,
                             half->interactions->item_column, half->options, &half->error) != 0
                       ? -1
                       : find_twins(half->data, &half->error);
}

static int build(struct llmx_data *data, struct interactions *x, const struct data_files *files,
                 const struct llmx_data_options *options, struct split_rule rule, double liked_from,
                 struct llmx_error *err)
{
    struct items_half items = {.data = data, .files = files, .interactions = x, .options = options};
    struct aside aside;
    int status = -1;
    aside_begin(&aside, x->n >= DATA_LARGE && options->threads != 1, read_items, &items);
    if (histories_build(data, x, options->timestamps, rule, liked_from, options->threads, err) == 0)
        status = read_side(data, LLMX_USERS, files->user, x->user_column, options, err);
    aside_end(&aside);
    if (status == 0 && items.status != 0 && err)
        *err = items.error;
    return status != 0 ? -1 : items.status;
}

static int open_files(struct llmx_data *data, const char *path, const struct data_files *files,
                      const struct llmx_data_options *options, struct split_rule rule,
                      struct llmx_error *err)
{
    struct interactions x = {0};
    double liked_from;
    int result = -1;
    data->report.given = mem_text(path, strlen(path), err);
    data->report.source = mem_text(files->inter[0], strlen(files->inter[0]), err);
    if (rule.kind != SPLIT_LEAVE_ONE_OUT)
        data->report.split_by = mem_text(options->split_by, strlen(options->split_by), err);
    if (!data->report.given || !data->report.source ||
        (rule.kind != SPLIT_LEAVE_ONE_OUT && !data->report.split_by) ||
        source_files_note(data->report.files, files, err) != 0 ||
        read_and_remark(&x, files, options, &data->report, err) != 0)
        goto done;
    liked_from = ratings_liked_from(x.rating, x.n);
    if (filter_apply(&x, options, &data->report, err) != 0 ||
        remarks_units(&data->report, files, options, err) != 0)
        goto done;
    if (rule.kind == SPLIT_NONE)
        join_parts(&x, &data->report);
    data->users = x.users;
    data->items = x.items;
    x.users = x.items = (struct names){0};
    if (group_low(data, &x, err) != 0 ||
        build(data, &x, files, options, rule, liked_from, err) != 0)
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
    struct data_files files;
    struct split_rule rule;
    if (!options)
        options = &defaults;
    if (check_options(options, err) != 0 || split_rule_parse(&rule, options->split_by, err) != 0 ||
        data_files_find(&files, path, options, err) != 0 ||
        check_files(&files, options, rule, err) != 0)
        return -1;
    struct llmx_data *d = mem_array(1, sizeof *d, err);
    if (!d)
        return -1;
    d->order = item_order_create(err);
    if (!d->order || open_files(d, path, &files, options, rule, err) != 0) {
        llmx_data_destroy(d);
        return -1;
    }
    *data = d;
    return 0;
}
