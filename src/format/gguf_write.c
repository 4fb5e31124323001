#include "format/gguf_write.h"

#include <assert.h>
#include <string.h>

#define VERSION   3
#define ALIGNMENT 32 /* what a file has that does not say otherwise */

static void put_u32(struct text *out, uint32_t v)
{
    text_put(out, (const char *)&v, sizeof v);
}

static void put_u64(struct text *out, uint64_t v)
{
    text_put(out, (const char *)&v, sizeof v);
}

static void put_text(struct text *out, const char *s, size_t n)
{
    put_u64(out, n);
    text_put(out, s, n);
}

static void put_key(struct gguf_writer *w, const char *key, enum gguf_kind kind)
{
    put_text(&w->keys, key, strlen(key));
    put_u32(&w->keys, kind);
    w->n_keys++;
}

void gguf_writer_text(struct gguf_writer *w, const char *key, const char *text)
{
    put_key(w, key, GGUF_TEXT);
    put_text(&w->keys, text, strlen(text));
}

void gguf_writer_u32(struct gguf_writer *w, const char *key, uint32_t value)
{
    put_key(w, key, GGUF_U32);
    put_u32(&w->keys, value);
}

void gguf_writer_f32(struct gguf_writer *w, const char *key, float value)
{
    put_key(w, key, GGUF_F32);
    text_put(&w->keys, (const char *)&value, sizeof value);
}

void gguf_writer_bool(struct gguf_writer *w, const char *key, bool value)
{
    put_key(w, key, GGUF_BOOL);
    text_put(&w->keys, value ? "\1" : "\0", 1);
}

void gguf_writer_value(struct gguf_writer *w, const char *key, const struct gguf_value *value)
{
    put_key(w, key, value->kind);
    if (value->kind == GGUF_ARRAY)
        put_u32(&w->keys, value->element);
    if (value->kind == GGUF_ARRAY || value->kind == GGUF_TEXT)
        put_u64(&w->keys, value->n);
    text_put(&w->keys, (const char *)value->data, value->size);
}

void gguf_writer_tensor(struct gguf_writer *w, const char *name, enum dtype type, int n_dims,
                        const uint64_t *dims)
{
    uint64_t n = 1;
    size_t bytes = 0;
    put_text(&w->tensors, name, strlen(name));
    put_u32(&w->tensors, (uint32_t)n_dims);
    for (int d = 0; d < n_dims; d++) {
        put_u64(&w->tensors, dims[d]);
        n *= dims[d];
    }
    put_u32(&w->tensors, gguf_type_number(type));
    put_u64(&w->tensors, w->offset);
    bool is_possible = dtype_size(type, n, &bytes);
    assert(is_possible && "a tensor that exists has a size");
    w->offset += (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    w->n_tensors++;
}

void gguf_writer_pad(const struct gguf_writer *w, uint64_t bytes)
{
    for (; bytes % ALIGNMENT != 0; bytes++)
        fputc(0, w->stream);
}

int gguf_writer_begin(struct gguf_writer *w, FILE *stream, struct llmx_error *err)
{
    struct text head = {0};
    text_put(&head, "GGUF", 4);
    put_u32(&head, VERSION);
    put_u64(&head, w->n_tensors);
    put_u64(&head, w->n_keys);
    int result = text_check(&head, err);
    if (result == 0)
        result = text_check(&w->keys, err);
    if (result == 0)
        result = text_check(&w->tensors, err);
    const struct text *parts[] = {&head, &w->keys, &w->tensors};
    w->stream = stream;
    for (int i = 0; i < 3 && result == 0; i++)
        if (parts[i]->n)
            fwrite(parts[i]->s, 1, parts[i]->n, stream);
    if (result == 0)
        gguf_writer_pad(w, head.n + w->keys.n + w->tensors.n);
    text_release(&head);
    return result;
}

void gguf_writer_release(struct gguf_writer *w)
{
    text_release(&w->keys);
    text_release(&w->tensors);
    *w = (struct gguf_writer){0};
}
