#include "support/gguf_file.h"

#include "format/gguf.h"

#include <string.h>

struct text gguf_file;

void gguf_put(const void *bytes, size_t n)
{
    text_put(&gguf_file, bytes, n);
}

void gguf_put_u32(uint32_t v)
{
    gguf_put(&v, sizeof v);
}

void gguf_put_u64(uint64_t v)
{
    gguf_put(&v, sizeof v);
}

void gguf_put_name(const char *s)
{
    gguf_put_u64(strlen(s));
    gguf_put(s, strlen(s));
}

void gguf_begin(uint64_t n_tensors, uint64_t n_values)
{
    text_clear(&gguf_file);
    gguf_put("GGUF", 4);
    gguf_put_u32(3);
    gguf_put_u64(n_tensors);
    gguf_put_u64(n_values);
}

void gguf_put_u32_key(const char *key, uint32_t v)
{
    gguf_put_name(key);
    gguf_put_u32(GGUF_U32);
    gguf_put_u32(v);
}

void gguf_put_tensor(const char *name, uint64_t columns, uint64_t rows, uint32_t type,
                     uint64_t offset)
{
    gguf_put_name(name);
    gguf_put_u32(2);
    gguf_put_u64(columns);
    gguf_put_u64(rows);
    gguf_put_u32(type);
    gguf_put_u64(offset);
}

void gguf_put_data(size_t n)
{
    while (gguf_file.n % 32)
        gguf_put("", 1);
    for (size_t i = 0; i < n; i++)
        gguf_put(&(char){(char)i}, 1);
}

void gguf_put_text_key(const char *key, const char *text)
{
    gguf_put_name(key);
    gguf_put_u32(GGUF_TEXT);
    gguf_put_name(text);
}

void gguf_put_texts(const char *key, const char *const *texts, uint64_t n)
{
    gguf_put_name(key);
    gguf_put_u32(GGUF_ARRAY);
    gguf_put_u32(GGUF_TEXT);
    gguf_put_u64(n);
    for (uint64_t i = 0; i < n; i++)
        gguf_put_name(texts[i]);
}
