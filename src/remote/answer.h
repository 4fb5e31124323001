/* answer.h - what an OpenAI-compatible server says, read strictly from its bytes: whole answers, streams, errors. */
#ifndef REMOTE_ANSWER_H
#define REMOTE_ANSWER_H

#include "base/text.h"
#include "llmxrec/generate.h"

struct answer {
    struct text text; /* UTF-8 */
    int n_tokens;     /* 0: it does not say */
    enum llmx_finish finish;
};
void answer_release(struct answer *answer);

/* A whole answer of n bytes into one that is all zero or was used before. LLMX_BAD_INPUT says what it is instead of a
 * text: the server's own words where it has some. */
int answer_parse(struct answer *answer, const char *bytes, size_t n, struct llmx_error *err);

/* Is it JSON at all? Else it was cut on its way, or is another's page in its place. */
bool answer_is_json(const char *bytes, size_t n);

/* Something that a server says as one line of UTF-8 without control characters, cut when it is long; of an error what it
 * says of itself: {"error":{"message"}} or {"message"}, else its beginning. */
#define ANSWER_WORDS 300
void answer_clean(char words[static ANSWER_WORDS], const char *s, size_t n);
void answer_words(char words[static ANSWER_WORDS], const char *bytes, size_t n);

/* Server-sent events ("stream": true), in whatever pieces their bytes come. All zero to begin with. */
struct answer_stream {
    struct answer answer; /* so far */
    struct text line;     /* begun; or all of an answer that is no stream, as some servers give */
    bool is_plain;
    bool has_begun;
    bool is_whole; /* said to be complete */
};
void answer_stream_release(struct answer_stream *stream);

/* Called with each piece of the text (whole characters); non-zero: no more is wanted. */
typedef int answer_piece(void *context, const char *text, size_t n);

/* 0, or -1 with LLMX_BAD_INPUT (it is no such stream, or the server says an error) or LLMX_INTERRUPTED (by `piece`). */
int answer_stream_take(struct answer_stream *stream, const char *bytes, size_t n,
                       answer_piece *piece, void *context, struct llmx_error *err);

/* There are no more bytes: 0 when the answer is whole. */
int answer_stream_end(struct answer_stream *stream, answer_piece *piece, void *context,
                      struct llmx_error *err);

#endif
