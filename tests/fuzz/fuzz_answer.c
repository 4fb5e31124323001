/* Any bytes as a server's answer: whole, and as a stream cut in two anywhere, which must read as the uncut one does. */
#include "remote/answer.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static int note_piece(void *context, const char *text, size_t n)
{
    text_put(context, text, n);
    return 0;
}

static int stream(struct answer_stream *stream, struct text *told, const char *s, size_t n,
                  size_t cut)
{
    int status = answer_stream_take(stream, s, cut, note_piece, told, NULL);
    if (status == 0)
        status = answer_stream_take(stream, s + cut, n - cut, note_piece, told, NULL);
    return status == 0 ? answer_stream_end(stream, note_piece, told, NULL) : status;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const char *s = (const char *)bytes;
    char words[ANSWER_WORDS];
    struct answer answer = {0};
    struct llmx_error err;
    answer_words(words, s, n);
    if (answer_parse(&answer, s, n, &err) != 0)
        assert(err.code == LLMX_BAD_INPUT && strlen(err.message) > 0);
    answer_release(&answer);
    struct answer_stream whole = {0}, cut = {0};
    struct text told[2] = {{0}, {0}};
    const int status = stream(&whole, &told[0], s, n, n);
    assert(stream(&cut, &told[1], s, n, n ? bytes[n - 1] * n / 256 : 0) == status);
    assert(told[0].n == told[1].n && (!told[0].n || memcmp(told[0].s, told[1].s, told[0].n) == 0));
    answer_stream_release(&whole);
    answer_stream_release(&cut);
    text_release(&told[0]);
    text_release(&told[1]);
    return 0;
}
