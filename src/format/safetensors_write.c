/* Writing safetensors files; reading them is safetensors.c. */
#include "base/plain_json.h"
#include "format/safetensors.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_ALIGNMENT 8 /* bytes, so that what follows can be read in place */

/* Shapes are the caller's own: an impossible one is a programming error. */
static size_t entry_size(const struct st_entry *entry)
{
    uint64_t n = 1;
    size_t size = 0;
    bool is_possible = true;
    for (int d = 0; d < entry->n_dims; d++)
        is_possible = is_possible && !__builtin_mul_overflow(n, entry->dims[d], &n);
    is_possible = is_possible && dtype_size(entry->type, n, &size);
    assert(is_possible);
    return size;
}

static json_t *describe_entry(const struct st_entry *entry, uint64_t offset)
{
    json_t *shape = json_array();
    for (int d = 0; d < entry->n_dims; d++) {
        if (json_array_append_new(shape, json_integer((json_int_t)entry->dims[d])) != 0) {
            json_decref(shape);
            return NULL;
        }
    }
    return json_pack("{s:s, s:o, s:[I, I]}", "dtype", dtype_name(entry->type), "shape", shape,
                     "data_offsets", (json_int_t)offset, (json_int_t)(offset + entry_size(entry)));
}

/* The header as text, not yet padded; NULL when memory is out or a name is not UTF-8. free(). */
static char *make_header(const struct st_entry *entries, int n, const char *const (*meta)[2],
                         int n_meta)
{
    uint64_t offset = 0;
    int failed = 0;
    json_t *header = json_object(), *pairs = json_object();
    for (int i = 0; i < n_meta; i++)
        failed |= json_object_set_new(pairs, meta[i][0], json_string(meta[i][1])) != 0;
    if (n_meta)
        failed |= json_object_set(header, "__metadata__", pairs) != 0;
    for (int i = 0; i < n; offset += entry_size(&entries[i]), i++)
        failed |=
            json_object_set_new(header, entries[i].name, describe_entry(&entries[i], offset)) != 0;
    char *text = failed ? NULL : plain_json_dumps(header, JSON_COMPACT);
    json_decref(pairs);
    json_decref(header);
    return text;
}

static void write_padded(FILE *stream, const char *header)
{
    size_t n = strlen(header),
           padded = (n + HEADER_ALIGNMENT - 1) / HEADER_ALIGNMENT * HEADER_ALIGNMENT;
    uint64_t size = padded;
    fwrite(&size, sizeof size, 1, stream);
    fwrite(header, 1, n, stream);
    for (; n < padded; n++)
        putc(' ', stream);
}

int safetensors_write(const char *path, const struct st_entry *entries, int n,
                      const char *const (*meta)[2], int n_meta, struct llmx_error *err)
{
    struct output output = {0};
    int result = -1;
    char *header = make_header(entries, n, meta, n_meta);
    if (!header)
        return err_set(err, LLMX_BAD_INPUT,
                       "cannot write %s: out of memory, or a name that is not UTF-8", path);
    if (output_open(&output, path, err) != 0)
        goto done;
    write_padded(output.stream, header);
    for (int i = 0; i < n; i++) {
        size_t size = entry_size(&entries[i]);
        if (size)
            fwrite(entries[i].data, 1, size, output.stream);
    }
    result = output_commit(&output, err); /* asks the stream whether any write failed */
done:
    output_discard(&output);
    free(header);
    return result;
}
