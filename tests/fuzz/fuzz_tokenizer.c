/* Any bytes as tokenizer.json: a tokenizer whose ids stay within its vocabulary, or an error. */
#include "token/tokenizer.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const char text[] = " a<s>b\xc3\xa9\0 12  \n";
    struct llmx_tokenizer *t;
    struct llmx_error err;
    if (tokenizer_parse(&t, bytes, n, "fuzz", &err) != 0)
        return 0;
    for (int parse_special = 0; parse_special < 2; parse_special++) {
        int32_t *ids;
        char *back;
        int count = llmx_tokenize(t, text, sizeof text, 1, parse_special, &ids, &err);
        if (count < 0)
            continue;
        for (int i = 0; i < count; i++)
            assert(ids[i] >= 0 && ids[i] < tokenizer_vocabulary(t));
        if (llmx_detokenize(t, ids, count, &back, &err) == 0)
            free(back);
        free(ids);
    }
    llmx_tokenizer_destroy(t);
    return 0;
}
