/* Any bytes as examples to tune on: ids of the vocabulary with something to learn in each, or an error. */
#include "fuzz/bytes_file.h"
#include "tune/examples.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static struct llmx_model model = {
        .config.vocabulary = 512, .has_chat = true, .chat.family = CHAT_CHATML};
    struct examples examples = {0};
    struct llmx_error err;
    if (!model.tokenizer &&
        llmx_tokenizer_open(&model.tokenizer, "tests/golden/llm/qwen2", &err) != 0)
        abort();
    if (examples_read(&examples, &model, bytes_file(bytes, n), 256, n % 2, &err) == 0) {
        for (int i = 0; i < examples.n; i++) {
            const struct example *e = &examples.items[i];
            assert(e->start >= 1 && e->start < e->n && e->n <= 256);
            for (int t = 0; t < e->n; t++)
                assert(e->ids[t] >= 0 && e->ids[t] < model.config.vocabulary);
        }
        examples_fingerprint(&examples);
    }
    examples_release(&examples);
    return 0;
}
