#include "format/npy.h"

#include "base/file.h"
#include "base/text.h"

#define MAGIC     "\x93NUMPY\x01\x00"
#define MAGIC_N   8
#define ALIGNMENT 64 /* bytes, of what follows the header */

/* NumPy's name of a type; NULL: it has none. */
static const char *type_name(enum dtype type)
{
    static const char *const names[DTYPE_COUNT] = {
        [DTYPE_F16] = "<f2", [DTYPE_F32] = "<f4", [DTYPE_F64] = "<f8",
        [DTYPE_I8] = "|i1",  [DTYPE_I16] = "<i2", [DTYPE_I32] = "<i4",
        [DTYPE_I64] = "<i8", [DTYPE_U8] = "|u1",  [DTYPE_BOOL] = "|b1"};
    return names[type];
}

/* The header after the magic: two bytes of its length, then a Python dictionary, padded. */
static void put_header(struct text *out, const char *name, int n_dims, const uint64_t *dims)
{
    struct text dictionary = {0};
    text_printf(&dictionary, "{'descr': '%s', 'fortran_order': False, 'shape': (", name);
    for (int d = 0; d < n_dims; d++)
        text_printf(&dictionary,
                    n_dims == 1 ? "%llu,"
                    : d         ? ", %llu"
                                : "%llu",
                    (unsigned long long)dims[d]);
    text_puts(&dictionary, "), }");
    while ((MAGIC_N + 2 + dictionary.n + 1) % ALIGNMENT != 0 && !dictionary.failed)
        text_puts(&dictionary, " ");
    text_puts(&dictionary, "\n");
    const unsigned char length[2] = {(unsigned char)(dictionary.n & 255),
                                     (unsigned char)(dictionary.n >> 8)};
    text_put(out, MAGIC, MAGIC_N);
    text_put(out, (const char *)length, sizeof length);
    if (dictionary.s)
        text_put(out, dictionary.s, dictionary.n);
    out->failed |= dictionary.failed;
    text_release(&dictionary);
}

int npy_write(const char *path, bool is_new, enum dtype type, int n_dims, const uint64_t *dims,
              const void *data, struct llmx_error *err)
{
    const char *name = type_name(type);
    struct text header = {0};
    struct output output = {0};
    uint64_t n = 1;
    size_t size = 0;
    int result = -1;
    for (int d = 0; d < n_dims; d++)
        n *= dims[d];
    if (!name || !dtype_size(type, n, &size))
        return err_set(err, LLMX_UNSUPPORTED, "cannot write %s: NumPy has no type %s", path,
                       dtype_name(type));
    put_header(&header, name, n_dims, dims);
    if (text_check(&header, err) == 0 &&
        (is_new ? output_open_new : output_open)(&output, path, err) == 0) {
        fwrite(header.s, 1, header.n, output.stream);
        if (size)
            fwrite(data, 1, size, output.stream);
        result = output_commit(&output, err);
    }
    output_discard(&output);
    text_release(&header);
    return result;
}
