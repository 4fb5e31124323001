#include "format/gguf.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT_DEFAULT 32
#define ALIGNMENT_MAX     (1u << 20)
#define VALUE_BYTES_MIN   13 /* key length, key of no bytes, kind, one byte: what bounds the count */
#define TENSOR_BYTES_MIN  32 /* name length, dimensions, one size, type, offset */

static const struct {
    const char *name;
    unsigned bytes; /* 0: not of one size */
} kinds[] = {
    [GGUF_U8] = {"u8", 1},       [GGUF_I8] = {"i8", 1},     [GGUF_U16] = {"u16", 2},
    [GGUF_I16] = {"i16", 2},     [GGUF_U32] = {"u32", 4},   [GGUF_I32] = {"i32", 4},
    [GGUF_F32] = {"f32", 4},     [GGUF_BOOL] = {"bool", 1}, [GGUF_TEXT] = {"text", 0},
    [GGUF_ARRAY] = {"array", 0}, [GGUF_U64] = {"u64", 8},   [GGUF_I64] = {"i64", 8},
    [GGUF_F64] = {"f64", 8},
};
#define N_KINDS (sizeof kinds / sizeof kinds[0])

/* Types by the number that GGML gives them; a name alone marks those that we cannot read. */
static const struct {
    const char *name;
    int type; /* enum dtype, or -1 */
} ggml_types[] = {
    [0] = {"F32", DTYPE_F32},    [1] = {"F16", DTYPE_F16},    [2] = {"Q4_0", DTYPE_Q4_0},
    [3] = {"Q4_1", DTYPE_Q4_1},  [6] = {"Q5_0", DTYPE_Q5_0},  [7] = {"Q5_1", DTYPE_Q5_1},
    [8] = {"Q8_0", DTYPE_Q8_0},  [9] = {"Q8_1", -1},          [10] = {"Q2_K", DTYPE_Q2_K},
    [11] = {"Q3_K", DTYPE_Q3_K}, [12] = {"Q4_K", DTYPE_Q4_K}, [13] = {"Q5_K", DTYPE_Q5_K},
    [14] = {"Q6_K", DTYPE_Q6_K}, [15] = {"Q8_K", -1},         [16] = {"IQ2_XXS", -1},
    [17] = {"IQ2_XS", -1},       [18] = {"IQ3_XXS", -1},      [19] = {"IQ1_S", -1},
    [20] = {"IQ4_NL", -1},       [21] = {"IQ3_S", -1},        [22] = {"IQ2_S", -1},
    [23] = {"IQ4_XS", -1},       [24] = {"I8", DTYPE_I8},     [25] = {"I16", DTYPE_I16},
    [26] = {"I32", DTYPE_I32},   [27] = {"I64", DTYPE_I64},   [28] = {"F64", DTYPE_F64},
    [29] = {"IQ1_M", -1},        [30] = {"BF16", DTYPE_BF16}, [34] = {"TQ1_0", -1},
    [35] = {"TQ2_0", -1},        [39] = {"MXFP4", -1},
};
#define N_GGML_TYPES (sizeof ggml_types / sizeof ggml_types[0])

uint32_t gguf_type_number(enum dtype type)
{
    uint32_t number = 0;
    while (!ggml_types[number].name || ggml_types[number].type != (int)type)
        number++;
    return number;
}

/* What is still to be read. Running past the end is remembered in `failed`; reads then give zeros. */
struct reader {
    const unsigned char *bytes;
    size_t n, at;
    bool failed;
};

static const unsigned char *take(struct reader *r, uint64_t n)
{
    if (r->failed || n > r->n - r->at) {
        r->failed = true;
        return NULL;
    }
    const unsigned char *p = r->bytes + r->at;
    r->at += (size_t)n;
    return p;
}

static uint32_t take_u32(struct reader *r)
{
    uint32_t v = 0;
    const unsigned char *p = take(r, sizeof v);
    if (p)
        memcpy(&v, p, sizeof v);
    return v;
}

static uint64_t take_u64(struct reader *r)
{
    uint64_t v = 0;
    const unsigned char *p = take(r, sizeof v);
    if (p)
        memcpy(&v, p, sizeof v);
    return v;
}

static const char *take_text(struct reader *r, uint64_t *n)
{
    *n = take_u64(r);
    return (const char *)take(r, *n);
}

static int cut_off(const struct gguf *gguf, const char *where, const char *key,
                   struct llmx_error *err)
{
    return err_set(err, LLMX_BAD_INPUT,
                   "%s: the file is cut off or damaged: it ends within %s%s%s%s", gguf->path, where,
                   key ? " '" : "", key ? key : "", key ? "'" : "");
}

/* A new name at the end of a set; one that is there already is an error. */
static int add_name(const struct gguf *gguf, struct names *names, const char *name, uint64_t n,
                    const char *what, struct llmx_error *err)
{
    uint32_t count = names->count;
    int64_t i = names_add(names, name, (size_t)n, err);
    if (i < 0)
        return -1;
    if ((uint32_t)i != count)
        return err_set(err, LLMX_BAD_INPUT, "%s: the %s '%s' is there twice", gguf->path, what,
                       names_get(names, (uint32_t)i, NULL));
    return 0;
}

static int read_array(struct gguf *gguf, struct reader *r, const char *key,
                      struct gguf_value *value, struct llmx_error *err)
{
    uint32_t element = take_u32(r);
    value->n = take_u64(r);
    if (r->failed)
        return cut_off(gguf, "the value of", key, err);
    if (element >= N_KINDS)
        return err_set(err, LLMX_BAD_INPUT,
                       "%s: key '%s' is an array of elements of unknown kind %" PRIu32, gguf->path,
                       key, element);
    if (element == GGUF_ARRAY)
        return err_set(err, LLMX_UNSUPPORTED, "%s: key '%s' is an array of arrays", gguf->path,
                       key);
    value->element = (enum gguf_kind)element;
    value->data = r->bytes + r->at;
    unsigned size = kinds[element].bytes;
    if (value->n > (r->n - r->at) / (size ? size : 8)) /* a text takes at least its length */
        return err_set(err, LLMX_BAD_INPUT,
                       "%s: key '%s' claims %" PRIu64 " elements, more than the file can hold",
                       gguf->path, key, value->n);
    if (size)
        take(r, value->n * size);
    for (uint64_t i = 0, length; !size && i < value->n && !r->failed; i++)
        take_text(r, &length);
    value->size = (size_t)(r->bytes + r->at - value->data);
    return r->failed ? cut_off(gguf, "the value of", key, err) : 0;
}

static int read_value(struct gguf *gguf, struct reader *r, const char *key,
                      struct gguf_value *value, struct llmx_error *err)
{
    uint32_t kind = take_u32(r);
    if (!r->failed && kind >= N_KINDS)
        return err_set(err, LLMX_BAD_INPUT, "%s: key '%s' has the unknown kind %" PRIu32,
                       gguf->path, key, kind);
    value->kind = (enum gguf_kind)kind;
    if (kind == GGUF_ARRAY)
        return read_array(gguf, r, key, value, err);
    value->n = kind == GGUF_TEXT ? take_u64(r) : 1;
    value->size = kind == GGUF_TEXT ? (size_t)value->n : kinds[kind].bytes;
    value->data = take(r, value->size);
    return r->failed ? cut_off(gguf, "the value of", key, err) : 0;
}

static int read_values(struct gguf *gguf, struct reader *r, uint64_t count, struct llmx_error *err)
{
    gguf->values = mem_array((size_t)count, sizeof *gguf->values, err);
    if (!gguf->values)
        return -1;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t n;
        const char *key = take_text(r, &n);
        if (!key)
            return cut_off(gguf, "the keys", NULL, err);
        if (add_name(gguf, &gguf->keys, key, n, "key", err) != 0 ||
            read_value(gguf, r, names_get(&gguf->keys, (uint32_t)i, NULL), &gguf->values[i], err) !=
                0)
            return -1;
    }
    return 0;
}

static int read_type(const struct gguf *gguf, uint32_t type, const char *name,
                     struct gguf_tensor *tensor, struct llmx_error *err)
{
    if (type >= N_GGML_TYPES || !ggml_types[type].name)
        return err_set(err, LLMX_UNSUPPORTED, "%s: tensor '%s' is of the unknown type %" PRIu32,
                       gguf->path, name, type);
    if (ggml_types[type].type < 0)
        return err_set(err, LLMX_UNSUPPORTED,
                       "%s: tensor '%s' is of type %s, which is not supported (take a Q4_K, Q6_K, "
                       "Q8_0 or F16 file)",
                       gguf->path, name, ggml_types[type].name);
    tensor->type = (enum dtype)ggml_types[type].type;
    return 0;
}

/* How many bytes the dimensions make. */
static int measure(const struct gguf *gguf, const char *name, struct gguf_tensor *tensor,
                   struct llmx_error *err)
{
    uint64_t n = 1;
    for (int d = 0; d < tensor->n_dims; d++) {
        if (tensor->dims[d] == 0 || __builtin_mul_overflow(n, tensor->dims[d], &n))
            return err_set(err, LLMX_BAD_INPUT, "%s: tensor '%s' has an impossible size",
                           gguf->path, name);
    }
    if (tensor->dims[0] % dtype_block_values(tensor->type) != 0)
        return err_set(err, LLMX_BAD_INPUT,
                       "%s: tensor '%s' has rows of %" PRIu64 ", no whole number of %s blocks",
                       gguf->path, name, tensor->dims[0], dtype_name(tensor->type));
    if (!dtype_size(tensor->type, n, &tensor->size))
        return err_set(err, LLMX_BAD_INPUT, "%s: tensor '%s' has an impossible size", gguf->path,
                       name);
    return 0;
}

static int read_tensor(struct gguf *gguf, struct reader *r, struct gguf_tensor *tensor,
                       uint64_t *offset, struct llmx_error *err)
{
    uint64_t n;
    const char *text = take_text(r, &n);
    uint32_t n_dims = take_u32(r);
    if (r->failed)
        return cut_off(gguf, "the list of tensors", NULL, err);
    if (add_name(gguf, &gguf->names, text, n, "tensor", err) != 0)
        return -1;
    const char *name = names_get(&gguf->names, gguf->names.count - 1, NULL);
    if (n_dims < 1 || n_dims > GGUF_DIMS_MAX)
        return err_set(err, LLMX_BAD_INPUT,
                       "%s: tensor '%s' has %" PRIu32 " dimensions, not 1 to %d", gguf->path, name,
                       n_dims, GGUF_DIMS_MAX);
    tensor->n_dims = (int)n_dims;
    for (uint32_t d = 0; d < n_dims; d++)
        tensor->dims[d] = take_u64(r);
    uint32_t type = take_u32(r);
    *offset = take_u64(r);
    if (r->failed)
        return cut_off(gguf, "the list of tensors", NULL, err);
    return read_type(gguf, type, name, tensor, err) != 0 ? -1 : measure(gguf, name, tensor, err);
}

static int by_offset(const void *a, const void *b)
{
    const struct gguf_tensor *x = *(const struct gguf_tensor *const *)a,
                             *y = *(const struct gguf_tensor *const *)b;
    return (x->data > y->data) - (x->data < y->data);
}

static const char *name_of(const struct gguf *gguf, const struct gguf_tensor *tensor)
{
    return names_get(&gguf->names, (uint32_t)(tensor - gguf->tensors), NULL);
}

static int check_overlaps(const struct gguf *gguf, struct llmx_error *err)
{
    size_t n = gguf->names.count;
    const struct gguf_tensor **order = mem_array(n, sizeof *order, err);
    if (!order)
        return -1;
    for (size_t i = 0; i < n; i++)
        order[i] = &gguf->tensors[i];
    qsort(order, n, sizeof *order, by_offset);
    int result = 0;
    for (size_t i = 1; i < n && result == 0; i++) {
        if ((size_t)(order[i]->data - order[i - 1]->data) < order[i - 1]->size)
            result = err_set(err, LLMX_BAD_INPUT, "%s: tensors '%s' and '%s' overlap", gguf->path,
                             name_of(gguf, order[i - 1]), name_of(gguf, order[i]));
    }
    free(order);
    return result;
}

static int find_alignment(const struct gguf *gguf, uint64_t *alignment, struct llmx_error *err)
{
    int64_t value = ALIGNMENT_DEFAULT;
    if (gguf_find(gguf, "general.alignment") &&
        gguf_integer(gguf, "general.alignment", &value, err) != 0)
        return -1;
    if (value < 1 || value > ALIGNMENT_MAX || (value & (value - 1)) != 0)
        return err_set(err, LLMX_BAD_INPUT,
                       "%s: general.alignment is %" PRId64 ", not a power of two up to %u",
                       gguf->path, value, ALIGNMENT_MAX);
    *alignment = (uint64_t)value;
    return 0;
}

/* Points the tensors at their bytes, once the list has ended at r->at and the data begins. */
static int place_tensors(struct gguf *gguf, const struct reader *r, const uint64_t *offsets,
                         struct llmx_error *err)
{
    uint64_t alignment = ALIGNMENT_DEFAULT;
    if (find_alignment(gguf, &alignment, err) != 0)
        return -1;
    size_t start = r->at + (size_t)(-r->at & (alignment - 1));
    for (uint32_t i = 0; i < gguf->names.count; i++) {
        struct gguf_tensor *tensor = &gguf->tensors[i];
        const char *name = names_get(&gguf->names, i, NULL);
        if (offsets[i] % alignment != 0)
            return err_set(err, LLMX_BAD_INPUT,
                           "%s: tensor '%s' begins at %" PRIu64 ", no multiple of %" PRIu64,
                           gguf->path, name, offsets[i], alignment);
        if (start > r->n || offsets[i] > r->n - start || tensor->size > r->n - start - offsets[i])
            return err_set(
                err, LLMX_BAD_INPUT,
                "%s: tensor '%s' reaches past the end of the file: the file is cut off or damaged",
                gguf->path, name);
        tensor->data = r->bytes + start + offsets[i];
    }
    return check_overlaps(gguf, err);
}

static int read_tensors(struct gguf *gguf, struct reader *r, uint64_t count, struct llmx_error *err)
{
    int result = -1;
    gguf->tensors = mem_array((size_t)count, sizeof *gguf->tensors, err);
    uint64_t *offsets = mem_array((size_t)count, sizeof *offsets, err);
    if (!gguf->tensors || !offsets)
        goto done;
    for (uint64_t i = 0; i < count; i++) {
        if (read_tensor(gguf, r, &gguf->tensors[i], &offsets[i], err) != 0)
            goto done;
    }
    result = place_tensors(gguf, r, offsets, err);
done:
    free(offsets);
    return result;
}

static int parse(struct gguf *gguf, struct reader *r, struct llmx_error *err)
{
    const unsigned char *magic = take(r, 4);
    if (!magic || memcmp(magic, "GGUF", 4) != 0)
        return err_set(err, LLMX_BAD_INPUT, "%s: not a GGUF file", gguf->path);
    uint32_t version = take_u32(r);
    uint64_t n_tensors = take_u64(r), n_values = take_u64(r);
    if (r->failed)
        return cut_off(gguf, "its first 24 bytes", NULL, err);
    if (version != 2 && version != 3)
        return err_set(err, LLMX_UNSUPPORTED,
                       "%s: GGUF version %" PRIu32 "%s is not supported (2 and 3 are)", gguf->path,
                       version, version & 0xff000000 ? " (big-endian?)" : "");
    size_t left = r->n - r->at;
    if (n_values > left / VALUE_BYTES_MIN || n_tensors > left / TENSOR_BYTES_MIN)
        return err_set(err, LLMX_BAD_INPUT,
                       "%s: claims %" PRIu64 " keys and %" PRIu64
                       " tensors, more than the file can hold",
                       gguf->path, n_values, n_tensors);
    if (read_values(gguf, r, n_values, err) != 0)
        return -1;
    return read_tensors(gguf, r, n_tensors, err);
}

int gguf_parse(struct gguf *gguf, const unsigned char *bytes, size_t n, const char *path,
               struct llmx_error *err)
{
    *gguf = (struct gguf){0};
    snprintf(gguf->path, sizeof gguf->path, "%s", path);
    struct reader r = {.bytes = bytes, .n = n};
    if (parse(gguf, &r, err) == 0)
        return 0;
    gguf_release(gguf);
    return -1;
}

void gguf_release(struct gguf *gguf)
{
    for (int i = 0; i < gguf->n_mappings; i++)
        mapping_release(&gguf->mappings[i]);
    free(gguf->mappings);
    names_release(&gguf->keys);
    names_release(&gguf->names);
    free(gguf->values);
    free(gguf->tensors);
    *gguf = (struct gguf){0};
}

const struct gguf_value *gguf_find(const struct gguf *gguf, const char *key)
{
    int64_t i = names_find(&gguf->keys, key, strlen(key));
    return i < 0 ? NULL : &gguf->values[i];
}

const struct gguf_tensor *gguf_find_tensor(const struct gguf *gguf, const char *name)
{
    int64_t i = names_find(&gguf->names, name, strlen(name));
    return i < 0 ? NULL : &gguf->tensors[i];
}

#define LOAD(TYPE, P)                                                                              \
    __extension__({                                                                                \
        TYPE loaded;                                                                               \
        memcpy(&loaded, P, sizeof loaded);                                                         \
        loaded;                                                                                    \
    })

/* False when the kind is no integer, or does not fit. */
static bool load_integer(enum gguf_kind kind, const unsigned char *p, int64_t *value)
{
    switch (kind) {
    case GGUF_U8:
    case GGUF_BOOL:
        *value = *p;
        return true;
    case GGUF_I8:
        *value = LOAD(int8_t, p);
        return true;
    case GGUF_U16:
        *value = LOAD(uint16_t, p);
        return true;
    case GGUF_I16:
        *value = LOAD(int16_t, p);
        return true;
    case GGUF_U32:
        *value = LOAD(uint32_t, p);
        return true;
    case GGUF_I32:
        *value = LOAD(int32_t, p);
        return true;
    case GGUF_I64:
        *value = LOAD(int64_t, p);
        return true;
    case GGUF_U64:
        *value = LOAD(int64_t, p);
        return *value >= 0;
    default:
        return false;
    }
}

static bool load_real(enum gguf_kind kind, const unsigned char *p, double *value)
{
    int64_t integer;
    if (kind == GGUF_F32)
        *value = (double)LOAD(float, p);
    else if (kind == GGUF_F64)
        *value = LOAD(double, p);
    else if (load_integer(kind, p, &integer))
        *value = (double)integer;
    else
        return false;
    return true;
}

static int wrong_value(const struct gguf *gguf, const struct gguf_value *value, const char *key,
                       const char *needed, struct llmx_error *err)
{
    if (!value)
        return err_set(err, LLMX_BAD_INPUT, "%s: the key '%s' is missing", gguf->path, key);
    return err_set(err, LLMX_BAD_INPUT, "%s: the key '%s' is of kind %s, not %s", gguf->path, key,
                   kinds[value->kind].name, needed);
}

int gguf_integer(const struct gguf *gguf, const char *key, int64_t *value, struct llmx_error *err)
{
    const struct gguf_value *found = gguf_find(gguf, key);
    if (!found || !load_integer(found->kind, found->data, value))
        return wrong_value(gguf, found, key, "an integer below 2^63", err);
    return 0;
}

int gguf_real(const struct gguf *gguf, const char *key, double *value, struct llmx_error *err)
{
    const struct gguf_value *found = gguf_find(gguf, key);
    if (!found || !load_real(found->kind, found->data, value))
        return wrong_value(gguf, found, key, "a number", err);
    return 0;
}

int64_t gguf_integer_or(const struct gguf *gguf, const char *key, int64_t fallback)
{
    int64_t value;
    return gguf_integer(gguf, key, &value, NULL) == 0 ? value : fallback;
}

const char *gguf_text(const struct gguf *gguf, const char *key, size_t *n)
{
    const struct gguf_value *found = gguf_find(gguf, key);
    if (!found || found->kind != GGUF_TEXT)
        return NULL;
    *n = (size_t)found->n;
    return (const char *)found->data;
}

int gguf_next_text(const struct gguf_value *array, size_t *offset, const char **text, size_t *n)
{
    if (array->kind != GGUF_ARRAY || array->element != GGUF_TEXT)
        return 0;
    if (*offset >= array->size)
        return 0;
    const unsigned char *p = array->data + *offset;
    *n = (size_t)LOAD(uint64_t, p);
    *text = (const char *)p + sizeof(uint64_t);
    *offset += sizeof(uint64_t) + *n;
    return 1;
}

double gguf_element(const struct gguf_value *array, uint64_t i)
{
    double value = 0;
    if (array->kind == GGUF_ARRAY && i < array->n)
        load_real(array->element, array->data + i * kinds[array->element].bytes, &value);
    return value;
}
