/* gguf.h - GGUF version 2 and 3 files: typed keys, then tensors (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
 *
 * The parser copies nothing: keys, texts and tensors point into the bytes, which must outlive it. It trusts
 * nothing either: counts, lengths, offsets, overlaps and alignment are checked before use. */
#ifndef FORMAT_GGUF_H
#define FORMAT_GGUF_H

#include "base/dtype.h"
#include "base/err.h"
#include "base/file.h"
#include "base/names.h"

enum gguf_kind {
    GGUF_U8,
    GGUF_I8,
    GGUF_U16,
    GGUF_I16,
    GGUF_U32,
    GGUF_I32,
    GGUF_F32,
    GGUF_BOOL,
    GGUF_TEXT,
    GGUF_ARRAY,
    GGUF_U64,
    GGUF_I64,
    GGUF_F64
};

struct gguf_value {
    enum gguf_kind kind; /* GGUF_ARRAY: `kind` of the elements is in `element` */
    enum gguf_kind element;
    uint64_t n;                /* array: elements; text: bytes */
    size_t size;               /* bytes of data */
    const unsigned char *data; /* unaligned, little-endian */
};

#define GGUF_DIMS_MAX 4

struct gguf_tensor {
    enum dtype type;
    int n_dims;
    uint64_t dims[GGUF_DIMS_MAX]; /* fastest first, as in the file: dims[0] is the row length */
    const unsigned char *data;
    size_t size; /* bytes */
};

struct gguf {
    struct mapping *
        mappings; /* (n_mappings) the files, a model in parts has several; NULL: the caller's bytes */
    int n_mappings;
    char path[512];           /* for messages */
    struct names keys, names; /* of values and tensors, numbered as in the arrays */
    struct gguf_value *values;
    struct gguf_tensor *tensors;
};

int gguf_parse(struct gguf *gguf, const unsigned char *bytes, size_t n, const char *path,
               struct llmx_error *err);
/* The number that GGML gives a float or quantised type. */
uint32_t gguf_type_number(enum dtype type);

/* Opens a file; of a model in parts (split.count, NAME-00001-of-00003.gguf) the first, and with it all others: their
 * tensors follow, their keys are left out. LLMX_BAD_INPUT for a later part, LLMX_NOT_FOUND where one is missing. */
int gguf_open(struct gguf *gguf, const char *path, struct llmx_error *err);
void gguf_release(struct gguf *gguf);

/* NULL when there is none of that name. */
const struct gguf_value *gguf_find(const struct gguf *gguf, const char *key);
const struct gguf_tensor *gguf_find_tensor(const struct gguf *gguf, const char *name);

/* The value of a key that must be there (or `fallback` when it is not); err names the key. */
int gguf_integer(const struct gguf *gguf, const char *key, int64_t *value, struct llmx_error *err);
int gguf_real(const struct gguf *gguf, const char *key, double *value, struct llmx_error *err);
int64_t gguf_integer_or(const struct gguf *gguf, const char *key, int64_t fallback);
/* Points at a text of *n bytes, not NUL-terminated; NULL when missing or no text. */
const char *gguf_text(const struct gguf *gguf, const char *key, size_t *n);

/* Walks an array of texts: start with *offset = 0; false at its end. */
int gguf_next_text(const struct gguf_value *array, size_t *offset, const char **text, size_t *n);
/* Element i of an array of numbers. */
double gguf_element(const struct gguf_value *array, uint64_t i);

#endif
