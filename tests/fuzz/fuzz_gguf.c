/* Any bytes: a GGUF file whose every value and tensor can be read, or an error; and the model and
 * tokenizer it may describe. */
#include "llm/source_config.h"
#include "token/tokenizer.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static volatile unsigned sink;

static void read_value(const struct gguf_value *value)
{
    const char *text;
    size_t offset = 0, n;
    for (uint64_t seen = 0; gguf_next_text(value, &offset, &text, &n); seen++) {
        assert(seen < value->n);
        sink += n ? (unsigned char)text[n - 1] : 0;
    }
    if (value->kind == GGUF_ARRAY && value->n)
        sink += gguf_element(value, value->n - 1) > 0;
    if (value->size)
        sink += value->data[value->size - 1];
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct gguf gguf;
    struct llmx_tokenizer *tokenizer;
    struct config config;
    struct llmx_error err;
    if (gguf_parse(&gguf, bytes, n, "fuzz", &err) != 0)
        return 0;
    for (uint32_t i = 0; i < gguf.keys.count; i++) {
        int64_t integer;
        double real;
        read_value(&gguf.values[i]);
        gguf_integer(&gguf, names_get(&gguf.keys, i, NULL), &integer, &err);
        gguf_real(&gguf, names_get(&gguf.keys, i, NULL), &real, &err);
    }
    for (uint32_t i = 0; i < gguf.names.count; i++)
        sink += gguf.tensors[i].data[0] + gguf.tensors[i].data[gguf.tensors[i].size - 1];
    source_config(&config, &(struct source){.is_gguf = true, .gguf = gguf, .path = "fuzz"}, &err);
    if (tokenizer_from_gguf(&tokenizer, &gguf, &err) == 0) {
        int32_t *ids;
        if (llmx_tokenize(tokenizer, "a b\xc3\xa9 12", 8, 1, 1, &ids, &err) >= 0)
            free(ids);
        llmx_tokenizer_destroy(tokenizer);
    }
    gguf_release(&gguf);
    return 0;
}
