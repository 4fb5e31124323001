#include "run/data_record.h"

#include "base/file.h"
#include "base/folder.h"
#include "base/number.h"
#include "base/plain_json.h"
#include "data/dataset.h"
#include "data/source_files.h"
#include "format/json_file.h"
#include "run/run_dir.h"
#include "run/warm.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* What data.json says. */
struct record {
    uint64_t fingerprint;
    size_t interactions;
    long long users, items;
    struct {
        int64_t bytes; /* -1: there was none, or it came through a pipe */
        uint64_t hash;
    } files[SOURCES];
};

/* ---- writing ---- */

static json_t *hex_json(uint64_t hash)
{
    char digits[20];
    snprintf(digits, sizeof digits, "%016" PRIx64, hash);
    return json_string(digits);
}

/* A file by its name alone: where it lies stands in config.yaml, and may change. */
static json_t *file_json(const struct source_file *file, int part)
{
    const char *slash = strrchr(file->path, '/');
    json_t *object = json_pack("{s:s}", "part", source_part_names[part]);
    uint64_t hash;
    json_object_set_new(object, "name", json_string(slash ? slash + 1 : file->path));
    if (source_file_hash(file->path, file->bytes, &hash) == 0) {
        json_object_set_new(object, "bytes", json_integer(file->bytes));
        json_object_set_new(object, "hash", hex_json(hash));
    }
    return object;
}

int data_record_write(const struct llmx_data *data, const char *run_dir, struct llmx_error *err)
{
    json_t *files = json_array(), *record = NULL;
    int result = -1;
    for (int part = 0; part < SOURCES; part++)
        if (data->report.files[part].path)
            json_array_append_new(files, file_json(&data->report.files[part], part));
    record = json_pack("{s:o, s:I, s:I, s:I, s:o}", "fingerprint", hex_json(data->fingerprint),
                       "interactions", (json_int_t)data->interactions, "users",
                       (json_int_t)data->users.count, "items", (json_int_t)data->items.count,
                       "files", files);
    char *dump = record ? plain_json_dumps(record, JSON_INDENT(1)) : NULL;
    struct text text = {0};
    text_puts(&text, dump ? dump : "");
    text_puts(&text, "\n");
    text.failed |= !dump;
    if (text_check(&text, err) == 0)
        result = folder_write(run_dir, RUN_DATA, text.s, text.n, err);
    text_release(&text);
    free(dump);
    json_decref(record);
    return result;
}

/* ---- reading ---- */

static uint64_t hex_of(const json_t *text)
{
    const char *digits = json_string_value(text);
    return digits ? strtoull(digits, NULL, 16) : 0;
}

static void read_file(struct record *record, const json_t *file)
{
    const char *part = json_string_value(json_object_get(file, "part"));
    const json_t *bytes = json_object_get(file, "bytes");
    for (int p = 0; part && p < SOURCES; p++)
        if (strcmp(part, source_part_names[p]) == 0 && json_is_integer(bytes)) {
            record->files[p].bytes = json_integer_value(bytes);
            record->files[p].hash = hex_of(json_object_get(file, "hash"));
        }
}

/* 1, or 0 where there is none. */
static int read_record(struct record *record, const char *run_dir, struct llmx_error *err)
{
    char path[PATH_MAX];
    if (!folder_has(run_dir, RUN_DATA))
        return 0;
    if (path_join(path, sizeof path, run_dir, RUN_DATA, err) != 0)
        return -1;
    json_t *object = json_file_read(path, err);
    if (!object)
        return -1;
    const json_t *files = json_object_get(object, "files"),
                 *fingerprint = json_object_get(object, "fingerprint");
    const bool is_record = json_is_string(fingerprint) && json_is_array(files);
    *record = (struct record){
        .fingerprint = hex_of(fingerprint),
        .interactions = (size_t)json_integer_value(json_object_get(object, "interactions")),
        .users = json_integer_value(json_object_get(object, "users")),
        .items = json_integer_value(json_object_get(object, "items"))};
    for (int part = 0; part < SOURCES; part++)
        record->files[part].bytes = -1;
    for (size_t i = 0; i < json_array_size(files); i++)
        read_file(record, json_array_get(files, i));
    json_decref(object);
    return is_record ? 1
                     : err_set(err, LLMX_BAD_INPUT, "%s was not written by llmxrec train", path);
}

/* ---- comparing ---- */

/* Does the file begin with all that the run knew of it? */
static bool begins_alike(const struct record *was, const struct source_file *is, int part)
{
    uint64_t hash;
    return is->path && was->files[part].bytes >= 0 &&
           source_file_hash(is->path, was->files[part].bytes, &hash) == 0 &&
           hash == was->files[part].hash;
}

static bool is_same(const struct record *was, const struct source_file *is, int part)
{
    return is->bytes == was->files[part].bytes && begins_alike(was, is, part);
}

/* Why the interactions are not those that the run learnt from, as a sentence. */
static void put_difference(struct text *out, const struct record *was, const struct llmx_data *data)
{
    const struct source_file *log = &data->report.files[SOURCE_TRAIN];
    const long long before = (long long)was->files[SOURCE_TRAIN].bytes;
    if (is_same(was, log, SOURCE_TRAIN))
        text_printf(out, "%s is what it was, but is read otherwise or split otherwise", log->path);
    else if (log->bytes > before && begins_alike(was, log, SOURCE_TRAIN))
        text_printf(out, "%s has grown since, from %lld to %lld bytes", log->path, before,
                    (long long)log->bytes);
    else
        text_printf(out, "%s holds others", log->path);
    text_printf(
        out,
        " (%zu interactions of %u users with %u items; the run learnt from %zu of %lld with "
        "%lld)",
        data->interactions, data->users.count, data->items.count, was->interactions, was->users,
        was->items);
}

/* Of a run without a record, which an older version made, the model itself knows what it was learnt from. */
static int check_model(const struct llmx_data *data, const char *run_dir, struct llmx_error *err)
{
    uint64_t was;
    if (warm_fingerprint(run_dir, &was, err) != 0)
        return -1;
    return was == data->fingerprint
               ? 0
               : err_set(
                     err, LLMX_MISMATCH,
                     "%s was trained on other interactions than %s holds, read as they are (%zu "
                     "interactions of %u users with %u items)",
                     run_dir, data->report.given, data->interactions, data->users.count,
                     data->items.count);
}

int data_record_check(const struct llmx_data *data, const char *run_dir, struct llmx_error *err)
{
    struct record was;
    struct text what = {0};
    const int got = read_record(&was, run_dir, err);
    if (got == 0)
        return check_model(data, run_dir, err);
    if (got < 0 || was.fingerprint == data->fingerprint)
        return got < 0 ? -1 : 0;
    put_difference(&what, &was, data);
    if (text_check(&what, err) == 0)
        err_set(err, LLMX_MISMATCH,
                "%s was trained on other interactions: %s\n  (`llmxrec train --resume --data %s "
                "--out %s` takes these up)",
                run_dir, what.s, data->report.given, run_dir);
    text_release(&what);
    return -1;
}

int data_record_changes(struct text *out, const struct llmx_data *data, const char *run_dir,
                        struct llmx_error *err)
{
    struct record was;
    const int got = read_record(&was, run_dir, err);
    for (int part = SOURCE_USERS; got > 0 && part <= SOURCE_ITEMS; part++) {
        const struct source_file *is = &data->report.files[part];
        if (!is->path || was.files[part].bytes < 0 || is_same(&was, is, part))
            continue;
        text_printf(
            out,
            "%s has changed since %s was trained (%lld bytes, then %lld): it is taken as it "
            "is now\n",
            is->path, run_dir, (long long)is->bytes, (long long)was.files[part].bytes);
    }
    return got < 0 ? -1 : text_check(out, err);
}

int data_record_differ(struct text *out, const char *run_dir, const char *other,
                       struct llmx_error *err)
{
    struct record a, b;
    const int got = read_record(&a, run_dir, err), got_other = read_record(&b, other, err);
    if (got <= 0 || got_other <= 0)
        return got < 0 || got_other < 0 ? -1 : 0;
    const bool is_same_log = a.files[SOURCE_TRAIN].bytes == b.files[SOURCE_TRAIN].bytes &&
                             a.files[SOURCE_TRAIN].hash == b.files[SOURCE_TRAIN].hash;
    if (is_same_log && a.users == b.users && a.items == b.items)
        return 0;
    text_printf(out,
                "%s learnt from %s interactions (%zu of %lld users with %lld items) than %s did "
                "(%zu of %lld with %lld)",
                other, is_same_log ? "the same file, but reads other" : "other", b.interactions,
                b.users, b.items, run_dir, a.interactions, a.users, a.items);
    return text_check(out, err);
}
