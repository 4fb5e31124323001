/* merge_gguf.c - a merged model as a GGUF file: its matrices in one type. */
#include "base/file.h"
#include "base/memory.h"
#include "base/plain.h"
#include "convert/merge.h"
#include "format/gguf_write.h"
#include "product/quantise.h"

#include <stdlib.h>
#include <string.h>

#define ROWS_AT_ONCE 64

static const struct {
    const char *name;
    enum dtype type;
    uint32_t file_type; /* as general.file_type counts them */
} types[] = {{"f16", DTYPE_F16, 1},
             {"q8_0", DTYPE_Q8_0, 7},
             {"bf16", DTYPE_BF16, 32},
             {"f32", DTYPE_F32, 0}};
#define N_TYPES ((int)(sizeof types / sizeof types[0]))

static int choose(const char *name, struct llmx_error *err)
{
    for (int i = 0; i < N_TYPES; i++)
        if (!name || plain_strcasecmp(types[i].name, name) == 0)
            return i;
    return err_set(err, LLMX_BAD_OPTION, "type '%s': choose f16, q8_0, bf16 or f32", name);
}

/* Vectors stay exact; rows that are no whole number of blocks cannot be quantised. */
static enum dtype type_of(const struct merged_item *item, enum dtype wanted)
{
    if (item->n_dims < 2)
        return DTYPE_F32;
    return item->dims[0] % dtype_block_values(wanted) == 0 ? wanted : DTYPE_F16;
}

/* The keys of a GGUF base as they are, but for those that say how values are stored and in how many parts. */
static void put_keys(struct gguf_writer *w, const struct gguf *from)
{
    static const char *const ours[] = {
        "general.file_type", "general.alignment", "general.quantization_version",
        "split.no",          "split.count",       "split.tensors.count"};
    for (uint32_t i = 0; i < from->keys.count; i++) {
        const char *key = names_get(&from->keys, i, NULL);
        bool is_ours = false;
        for (int k = 0; k < (int)(sizeof ours / sizeof ours[0]); k++)
            is_ours = is_ours || strcmp(key, ours[k]) == 0;
        if (!is_ours)
            gguf_writer_value(w, key, &from->values[i]);
    }
}

/* Keys and tensors of a GGUF base. */
static int take_over(struct merged_items *items, struct gguf_writer *w, const struct merging *m,
                     struct llmx_error *err)
{
    const struct gguf *from = &m->source.gguf;
    items->items = mem_array(merging_count(m), sizeof *items->items, err);
    if (!items->items)
        return -1;
    put_keys(w, from);
    for (; (uint32_t)items->n < merging_count(m); items->n++) {
        struct merged_item *item = &items->items[items->n];
        item->from = merging_tensor(m, (uint32_t)items->n);
        item->name = item->from.name;
        item->n_dims = from->tensors[items->n].n_dims;
        memcpy(item->dims, from->tensors[items->n].dims, sizeof item->dims);
    }
    return 0;
}

static int check_types(const struct merged_items *items, const struct merging *m,
                       struct llmx_error *err)
{
    for (int i = 0; i < items->n; i++) {
        const struct merged *t = &items->items[i].from;
        if (!items->items[i].values && t->type > DTYPE_Q6_K)
            return err_set(err, LLMX_UNSUPPORTED, "%s: tensor '%s' holds %s, which are no weights",
                           m->source.path, t->name, dtype_name(t->type));
    }
    return 0;
}

static int write_tensor(const struct merging *m, const struct gguf_writer *w,
                        const struct merged *t, enum dtype type, struct llmx_error *err)
{
    size_t row_bytes = 0;
    float *values = mem_tensor(ROWS_AT_ONCE * t->columns, sizeof *values, err);
    dtype_size(type, t->columns, &row_bytes);
    void *blocks = values ? mem_tensor(ROWS_AT_ONCE, row_bytes, err) : NULL;
    int result = blocks ? 0 : -1;
    for (uint64_t row = 0, n; result == 0 && row < t->rows; row += n) {
        n = t->rows - row < ROWS_AT_ONCE ? t->rows - row : ROWS_AT_ONCE;
        result = merging_rows(m, t, row, n, values, err);
        quantise(blocks, type, values, n * t->columns);
        fwrite(blocks, row_bytes, n, w->stream);
    }
    gguf_writer_pad(w, t->rows * row_bytes);
    free(values);
    free(blocks);
    return result;
}

static int write_item(const struct merging *m, const struct gguf_writer *w,
                      const struct merged_item *item, enum dtype wanted, struct llmx_error *err)
{
    if (!item->values)
        return write_tensor(m, w, &item->from, type_of(item, wanted), err);
    fwrite(item->values, sizeof *item->values, item->dims[0], w->stream);
    gguf_writer_pad(w, item->dims[0] * sizeof *item->values);
    return 0;
}

static int write_all(const struct merging *m, struct gguf_writer *w, struct merged_items *items,
                     FILE *stream, int choice, struct llmx_error *err)
{
    if ((m->source.is_gguf ? take_over(items, w, m, err) : merge_convert(items, w, m, err)) != 0 ||
        check_types(items, m, err) != 0)
        return -1;
    gguf_writer_u32(w, "general.file_type", types[choice].file_type);
    gguf_writer_u32(w, "general.quantization_version", 2);
    for (int i = 0; i < items->n; i++) {
        const struct merged_item *item = &items->items[i];
        gguf_writer_tensor(w, item->name, type_of(item, types[choice].type), item->n_dims,
                           item->dims);
    }
    if (gguf_writer_begin(w, stream, err) != 0)
        return -1;
    for (int i = 0; i < items->n; i++)
        if (write_item(m, w, &items->items[i], types[choice].type, err) != 0)
            return -1;
    return 0;
}

int merge_gguf(const struct merging *m, const char *type, const char *path, struct llmx_error *err)
{
    struct gguf_writer w = {0};
    struct output output = {0};
    struct merged_items items = {0};
    int choice = choose(type, err), result = -1;
    if (choice >= 0 && output_open(&output, path, err) == 0 &&
        write_all(m, &w, &items, output.stream, choice, err) == 0)
        result = output_commit(&output, err);
    output_discard(&output);
    gguf_writer_release(&w);
    for (int i = 0; i < items.n; i++)
        free(items.items[i].values);
    free(items.items);
    return result;
}
