/* safetensors.h - named arrays in one file, or in the shards of a Hugging Face folder; and writing them.
 * Format: 8 bytes header length, a JSON header, then the data (https://huggingface.co/docs/safetensors). */
#ifndef FORMAT_SAFETENSORS_H
#define FORMAT_SAFETENSORS_H

#include "base/dtype.h"
#include "base/err.h"
#include "base/file.h"
#include "base/names.h"

#define ST_DIMS_MAX 8

struct st_tensor {
    enum dtype type;
    int n_dims;
    uint64_t dims[ST_DIMS_MAX]; /* slowest first: a (rows, cols) matrix has dims {rows, cols} */
    const unsigned char *data;  /* as it stands in the file: may be unaligned */
    size_t size;                /* bytes */
};

struct safetensors {
    struct mapping *mappings; /* one a shard; none when parsed from the caller's bytes */
    int n_mappings;
    struct names names; /* of the tensors */
    struct st_tensor *tensors;
    struct names meta_keys; /* __metadata__ */
    char **meta_values;
    size_t tensors_capacity, meta_capacity;
};

/* One file's bytes, added to what is there already (start from {0}). `path` is for messages. */
int safetensors_parse(struct safetensors *st, const unsigned char *bytes, size_t n,
                      const char *path, struct llmx_error *err);

/* A file; or a folder: model.safetensors, or the shards that model.safetensors.index.json names. */
int safetensors_open(struct safetensors *st, const char *path, struct llmx_error *err);
void safetensors_release(struct safetensors *st);

const struct st_tensor *safetensors_find(const struct safetensors *st, const char *name);
const char *safetensors_meta(const struct safetensors *st, const char *key); /* NULL: none */

/* A tensor that must be there with this type and shape (dims[0 .. n_dims-1]); err says what differs. */
const struct st_tensor *safetensors_need(const struct safetensors *st, const char *name,
                                         enum dtype type, int n_dims, const uint64_t *dims,
                                         struct llmx_error *err);

/* What to write, in this order. `name` and `data` are the caller's. */
struct st_entry {
    const char *name;
    enum dtype type;
    int n_dims;
    uint64_t dims[ST_DIMS_MAX];
    const void *data;
};

/* Writes the file whole (temporary name, then renamed). meta: n_meta pairs of key and value, in this order. */
int safetensors_write(const char *path, const struct st_entry *entries, int n,
                      const char *const (*meta)[2], int n_meta, struct llmx_error *err);

#endif
