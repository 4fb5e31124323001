/* Any bytes as a chat template, of Jinja's or of marks, in which a conversation is then set. */
#include "token/chat.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void converse(struct llmx_tokenizer *t, const struct chat_format *format)
{
    static const struct llmx_chat_turn turns[] = {{"What?", "That."}};
    struct llmx_error err;
    struct token_ids ids = {0};
    if (chat_add_stops(t, format, &err) == 0 &&
        chat_open(t, format, format->marks.has_system ? "Be brief." : NULL, turns, 1, &ids, &err) ==
            0 &&
        token_ids_text(t, "Why?", 4, &ids, &err) == 0 && chat_close(t, format, &ids, &err) == 0 &&
        chat_answer(t, format, "So.", 3, &ids, &err) == 0)
        for (int i = 0; i < ids.n; i++)
            assert(ids.ids[i] >= 0 && ids.ids[i] < tokenizer_vocabulary(t));
    token_ids_release(&ids);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct chat_format format = {.family = CHAT_FILE, .name = "fuzz"};
    struct llmx_tokenizer *t;
    struct llmx_error err;
    if (llmx_tokenizer_open(&t, "tests/golden/tokenizer/smollm", &err) != 0)
        abort();
    if (chat_marks_parse(&format.marks, (const char *)bytes, n, "fuzz", &err) == 0)
        converse(t, &format);
    if (chat_recognise((const char *)bytes, n, &format, &err) == 0)
        converse(t, &format);
    llmx_tokenizer_destroy(t);
    return 0;
}
