#include "format/safetensors.h"

#include "base/memory.h"
#include "base/plain_json.h"
#include "base/text.h"
#include "format/json_file.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define HEADER_MAX ((size_t)100 << 20) /* bytes; the format's own limit is 100 MB */
#define INDEX_NAME "model.safetensors.index.json"

/* The types that the format knows and we hold under the same name. */
static const enum dtype types[] = {DTYPE_F64, DTYPE_F32, DTYPE_F16, DTYPE_BF16, DTYPE_I64,
                                   DTYPE_I32, DTYPE_I16, DTYPE_I8,  DTYPE_U8,   DTYPE_BOOL};

static int read_type(const json_t *object, enum dtype *type, const char *path, const char *name,
                     struct llmx_error *err)
{
    const char *word = json_string_value(json_object_get(object, "dtype"));
    if (!word)
        return err_set(err, LLMX_BAD_INPUT, "%s: tensor '%s' has no dtype", path, name);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(word, dtype_name(types[i])) == 0) {
            *type = types[i];
            return 0;
        }
    }
    return err_set(err, LLMX_UNSUPPORTED, "%s: tensor '%s' is of type %s, which is not supported",
                   path, name, word);
}

static int read_shape(const json_t *object, struct st_tensor *tensor, const char *path,
                      const char *name, struct llmx_error *err)
{
    const json_t *shape = json_object_get(object, "shape");
    uint64_t n = 1;
    if (!json_is_array(shape) || json_array_size(shape) > ST_DIMS_MAX)
        return err_set(err, LLMX_BAD_INPUT, "%s: tensor '%s' has no shape of at most %d dimensions",
                       path, name, ST_DIMS_MAX);
    tensor->n_dims = (int)json_array_size(shape);
    for (int d = 0; d < tensor->n_dims; d++) {
        const json_t *dim = json_array_get(shape, (size_t)d);
        json_int_t value = json_is_integer(dim) ? json_integer_value(dim) : -1;
        if (value < 0 || __builtin_mul_overflow(n, (uint64_t)value, &n))
            return err_set(err, LLMX_BAD_INPUT, "%s: tensor '%s' has an impossible shape", path,
                           name);
        tensor->dims[d] = (uint64_t)value;
    }
    if (!dtype_size(tensor->type, n, &tensor->size))
        return err_set(err, LLMX_BAD_INPUT, "%s: tensor '%s' has an impossible shape", path, name);
    return 0;
}

/* The bytes after the header, and for messages where they came from. */
struct body {
    const unsigned char *data;
    size_t n;
    const char *path;
};

static int read_offsets(const json_t *object, struct st_tensor *tensor, const struct body *body,
                        const char *name, struct llmx_error *err)
{
    const json_t *offsets = json_object_get(object, "data_offsets");
    const json_t *first = json_array_get(offsets, 0), *last = json_array_get(offsets, 1);
    json_int_t begin = json_integer_value(first), end = json_integer_value(last);
    if (json_array_size(offsets) != 2 || !json_is_integer(first) || !json_is_integer(last) ||
        begin < 0 || end < begin)
        return err_set(err, LLMX_BAD_INPUT, "%s: tensor '%s' has no data_offsets [begin, end]",
                       body->path, name);
    if ((uint64_t)end > body->n)
        return err_set(err, LLMX_BAD_INPUT,
                       "%s: tensor '%s' ends at byte %" JSON_INTEGER_FORMAT
                       " of the data, which has %zu: "
                       "the file is cut off or damaged",
                       body->path, name, end, body->n);
    if ((uint64_t)(end - begin) != tensor->size)
        return err_set(err, LLMX_BAD_INPUT,
                       "%s: tensor '%s' has %" JSON_INTEGER_FORMAT
                       " bytes of data; its shape and type need %zu",
                       body->path, name, end - begin, tensor->size);
    tensor->data = body->data + begin;
    return 0;
}

static int add_tensor(struct safetensors *st, const char *name, const json_t *object,
                      const struct body *body, struct llmx_error *err)
{
    struct st_tensor tensor = {0};
    if (!json_is_object(object))
        return err_set(err, LLMX_BAD_INPUT, "%s: the header's entry '%s' is no object", body->path,
                       name);
    if (read_type(object, &tensor.type, body->path, name, err) != 0 ||
        read_shape(object, &tensor, body->path, name, err) != 0 ||
        read_offsets(object, &tensor, body, name, err) != 0)
        return -1;
    size_t count = st->names.count;
    if (mem_grow(&st->tensors, &st->tensors_capacity, count + 1, sizeof tensor, err) != 0)
        return -1;
    int64_t i = names_add(&st->names, name, strlen(name), err);
    if (i < 0)
        return -1;
    if ((size_t)i != count)
        return err_set(err, LLMX_BAD_INPUT, "%s: the tensor '%s' is there twice", body->path, name);
    st->tensors[i] = tensor;
    return 0;
}

static int add_metadata(struct safetensors *st, json_t *object, const char *path,
                        struct llmx_error *err)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        const char *word = json_string_value(value);
        size_t count = st->meta_keys.count;
        if (!word)
            return err_set(err, LLMX_BAD_INPUT, "%s: the metadata '%s' is no text", path, key);
        if (mem_grow(&st->meta_values, &st->meta_capacity, count + 1, sizeof *st->meta_values,
                     err) != 0)
            return -1;
        int64_t i = names_add(&st->meta_keys, key, strlen(key), err);
        if (i < 0)
            return -1;
        char *copy = mem_text(word, strlen(word), err);
        if ((size_t)i == count)
            st->meta_values[i] = NULL;
        if (copy) { /* of shards that say different things the last stands */
            free(st->meta_values[i]);
            st->meta_values[i] = copy;
        } else {
            return -1;
        }
    }
    return 0;
}

static int by_place(const void *a, const void *b)
{
    const struct st_tensor *x = *(const struct st_tensor *const *)a,
                           *y = *(const struct st_tensor *const *)b;
    if (x->data != y->data)
        return x->data < y->data ? -1 : 1;
    return (x->size > y->size) - (x->size < y->size); /* empty ones first */
}

static const char *name_of(const struct safetensors *st, const struct st_tensor *tensor)
{
    return names_get(&st->names, (uint32_t)(tensor - st->tensors), NULL);
}

/* The tensors from number `first` on must fill the data without gap or overlap, as the format demands. */
static int check_places(const struct safetensors *st, uint32_t first, const struct body *body,
                        struct llmx_error *err)
{
    size_t n = st->names.count - first;
    const struct st_tensor **order = mem_array(n, sizeof *order, err);
    if (!order)
        return -1;
    for (size_t i = 0; i < n; i++)
        order[i] = &st->tensors[first + i];
    qsort(order, n, sizeof *order, by_place);
    int result = 0;
    const unsigned char *end = body->data;
    for (size_t i = 0; i < n && result == 0; end = order[i]->data + order[i]->size, i++) {
        if (order[i]->data < end)
            result = err_set(err, LLMX_BAD_INPUT, "%s: tensors '%s' and '%s' overlap", body->path,
                             name_of(st, order[i - 1]), name_of(st, order[i]));
        else if (order[i]->data > end)
            result =
                err_set(err, LLMX_BAD_INPUT, "%s: %zu bytes before tensor '%s' belong to no tensor",
                        body->path, (size_t)(order[i]->data - end), name_of(st, order[i]));
    }
    if (result == 0 && end != body->data + body->n)
        result = err_set(err, LLMX_BAD_INPUT, "%s: the last %zu bytes belong to no tensor",
                         body->path, (size_t)(body->data + body->n - end));
    free(order);
    return result;
}

static int parse_header(struct safetensors *st, json_t *header, const struct body *body,
                        struct llmx_error *err)
{
    uint32_t first = st->names.count;
    const char *name;
    json_t *value;
    if (!json_is_object(header))
        return err_set(err, LLMX_BAD_INPUT, "%s: the safetensors header is no JSON object",
                       body->path);
    json_object_foreach(header, name, value)
    {
        int result = strcmp(name, "__metadata__") == 0 ? add_metadata(st, value, body->path, err)
                                                       : add_tensor(st, name, value, body, err);
        if (result != 0)
            return -1;
    }
    return check_places(st, first, body, err);
}

int safetensors_parse(struct safetensors *st, const unsigned char *bytes, size_t n,
                      const char *path, struct llmx_error *err)
{
    uint64_t size = 0;
    if (n >= sizeof size)
        memcpy(&size, bytes, sizeof size);
    if (n < sizeof size || size > n - sizeof size)
        return err_set(
            err, LLMX_BAD_INPUT,
            "%s: not a safetensors file, or cut off: its header would not fit in its %zu bytes",
            path, n);
    if (size > HEADER_MAX)
        return err_set(err, LLMX_TOO_LARGE,
                       "%s: a safetensors header of %" PRIu64 " bytes; at most %zu MiB are read",
                       path, size, HEADER_MAX >> 20);
    json_error_t what;
    json_t *header = plain_json_loadb((const char *)bytes + sizeof size, (size_t)size,
                                      JSON_REJECT_DUPLICATES, &what);
    if (!header)
        return err_set(err, LLMX_BAD_INPUT, "%s: not a safetensors file: byte %d of its header: %s",
                       path, what.position, what.text);
    struct body body = {bytes + sizeof size + size, n - sizeof size - (size_t)size, path};
    int result = parse_header(st, header, &body, err);
    json_decref(header);
    return result;
}

/* Maps one file and adds its tensors. */
static int open_file(struct safetensors *st, const char *path, struct llmx_error *err)
{
    size_t capacity = (size_t)st->n_mappings;
    if (mem_grow(&st->mappings, &capacity, capacity + 1, sizeof *st->mappings, err) != 0)
        return -1;
    struct mapping *mapping = &st->mappings[st->n_mappings];
    if (mapping_open(mapping, path, err) != 0)
        return -1;
    st->n_mappings++;
    return safetensors_parse(st, mapping->data, mapping->size, path, err);
}

/* The shards must lie beside the index: a name with a slash, or "..", could reach anywhere. */
static int collect_shards(struct names *shards, json_t *map, const char *path,
                          struct llmx_error *err)
{
    const char *tensor;
    json_t *value;
    if (!json_is_object(map))
        return err_set(err, LLMX_BAD_INPUT, "%s: no \"weight_map\" in it", path);
    json_object_foreach(map, tensor, value)
    {
        const char *shard = json_string_value(value);
        if (!shard || !*shard || strchr(shard, '/') || strchr(shard, '\\') ||
            strcmp(shard, "..") == 0)
            return err_set(err, LLMX_BAD_INPUT,
                           "%s: tensor '%s' is said to be in '%s', which is no plain file name",
                           path, tensor, shard ? shard : "(no text)");
        if (names_add(shards, shard, strlen(shard), err) < 0)
            return -1;
    }
    return 0;
}

static int open_shards(struct safetensors *st, const char *folder, const char *index_path,
                       json_t *map, struct llmx_error *err)
{
    char path[PATH_MAX];
    struct names shards = {0};
    int result = collect_shards(&shards, map, index_path, err);
    for (uint32_t i = 0; i < shards.count && result == 0; i++) {
        const char *shard = names_get(&shards, i, NULL);
        result = path_join(path, sizeof path, folder, shard, err);
        if (result == 0 && (result = open_file(st, path, err)) != 0)
            err_prefix(err, "%s names the shard '%s'", index_path, shard);
    }
    const char *tensor;
    json_t *value;
    json_object_foreach(map, tensor, value)
    {
        if (result == 0 && !safetensors_find(st, tensor))
            result = err_set(err, LLMX_BAD_INPUT, "%s: tensor '%s' is not in its shard '%s'",
                             index_path, tensor, json_string_value(value));
    }
    names_release(&shards);
    return result;
}

static int open_index(struct safetensors *st, const char *folder, const char *path,
                      struct llmx_error *err)
{
    json_t *index = json_file_read(path, err);
    if (!index)
        return -1;
    int result = open_shards(st, folder, path, json_object_get(index, "weight_map"), err);
    json_decref(index);
    return result;
}

static bool is_there(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

static int open_folder(struct safetensors *st, const char *folder, struct llmx_error *err)
{
    char path[PATH_MAX];
    if (path_join(path, sizeof path, folder, "model.safetensors", err) != 0)
        return -1;
    if (is_there(path))
        return open_file(st, path, err);
    if (path_join(path, sizeof path, folder, INDEX_NAME, err) != 0)
        return -1;
    if (is_there(path))
        return open_index(st, folder, path, err);
    return err_set(err, LLMX_NOT_FOUND, "%s holds neither model.safetensors nor " INDEX_NAME,
                   folder);
}

int safetensors_open(struct safetensors *st, const char *path, struct llmx_error *err)
{
    struct stat status;
    *st = (struct safetensors){0};
    if (stat(path, &status) != 0)
        return err_system(err, "cannot open %s", path);
    if ((S_ISDIR(status.st_mode) ? open_folder(st, path, err) : open_file(st, path, err)) == 0)
        return 0;
    safetensors_release(st);
    return -1;
}

void safetensors_release(struct safetensors *st)
{
    for (int i = 0; i < st->n_mappings; i++)
        mapping_release(&st->mappings[i]);
    for (uint32_t i = 0; i < st->meta_keys.count; i++)
        free(st->meta_values[i]);
    free(st->mappings);
    free(st->tensors);
    free(st->meta_values);
    names_release(&st->names);
    names_release(&st->meta_keys);
    *st = (struct safetensors){0};
}

const struct st_tensor *safetensors_find(const struct safetensors *st, const char *name)
{
    int64_t i = names_find(&st->names, name, strlen(name));
    return i < 0 ? NULL : &st->tensors[i];
}

const char *safetensors_meta(const struct safetensors *st, const char *key)
{
    int64_t i = names_find(&st->meta_keys, key, strlen(key));
    return i < 0 ? NULL : st->meta_values[i];
}

/* "F32 (3, 4)" */
static void describe(struct text *text, enum dtype type, int n_dims, const uint64_t *dims)
{
    text_printf(text, "%s (", dtype_name(type));
    for (int d = 0; d < n_dims; d++)
        text_printf(text, "%s%" PRIu64, d ? ", " : "", dims[d]);
    text_puts(text, ")");
}

const struct st_tensor *safetensors_need(const struct safetensors *st, const char *name,
                                         enum dtype type, int n_dims, const uint64_t *dims,
                                         struct llmx_error *err)
{
    const struct st_tensor *tensor = safetensors_find(st, name);
    if (!tensor) {
        err_set(err, LLMX_BAD_INPUT, "the tensor '%s' is missing", name);
        return NULL;
    }
    if (tensor->type == type && tensor->n_dims == n_dims &&
        memcmp(tensor->dims, dims, (size_t)n_dims * sizeof *dims) == 0)
        return tensor;
    struct text is = {0}, needed = {0};
    describe(&is, tensor->type, tensor->n_dims, tensor->dims);
    describe(&needed, type, n_dims, dims);
    if (text_check(&is, err) == 0 && text_check(&needed, err) == 0)
        err_set(err, LLMX_MISMATCH, "the tensor '%s' is %s; %s is needed", name, is.s, needed.s);
    text_release(&is);
    text_release(&needed);
    return NULL;
}
