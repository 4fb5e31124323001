#include "remote/answer.h"

#include "base/number.h"
#include "base/plain_json.h"
#include "base/utf8.h"

#include <jansson.h>
#include <limits.h>
#include <string.h>

void answer_release(struct answer *answer)
{
    text_release(&answer->text);
}

/* ---- words ---- */

void answer_clean(char words[static ANSWER_WORDS], const char *s, size_t n)
{
    size_t to = 0;
    for (size_t at = 0, step; at < n; at += step) {
        bool valid;
        step = utf8_step(s + at, n - at, &valid);
        if (to + step >= ANSWER_WORDS)
            break;
        if (!valid)
            words[to++] = '?';
        else if (step == 1 && ((unsigned char)s[at] < ' ' || s[at] == 127))
            words[to++] = ' ';
        else
            for (size_t i = 0; i < step; i++)
                words[to++] = s[at + i];
    }
    words[to] = '\0';
}

/* The error's message; NULL: this is no error. */
static const json_t *error_of(const json_t *json)
{
    const json_t *error = json_object_get(json, "error");
    const json_t *message = json_is_object(error) ? json_object_get(error, "message") : error;
    return json_is_string(message) ? message : NULL;
}

static void say(char words[static ANSWER_WORDS], const json_t *string)
{
    answer_clean(words, json_string_value(string), json_string_length(string));
}

void answer_words(char words[static ANSWER_WORDS], const char *bytes, size_t n)
{
    json_t *json = n ? plain_json_loadb(bytes, n, 0, NULL) : NULL;
    const json_t *message = error_of(json);
    if (!message)
        message = json_object_get(json, "message");
    if (json_is_string(message))
        say(words, message);
    else
        answer_clean(words, n ? bytes : "", n);
    json_decref(json);
}

/* ---- answers ---- */

static json_t *load(const char *bytes, size_t n, struct llmx_error *err)
{
    char words[ANSWER_WORDS];
    json_error_t why;
    json_t *json = n ? plain_json_loadb(bytes, n, 0, &why) : NULL;
    if (json)
        return json;
    answer_clean(words, n ? bytes : "", n);
    err_set(err, LLMX_BAD_INPUT, "the answer is not JSON (%s): %s", n ? why.text : "it is empty",
            words);
    return NULL;
}

bool answer_is_json(const char *bytes, size_t n)
{
    json_t *json = n ? plain_json_loadb(bytes, n, 0, NULL) : NULL;
    json_decref(json);
    return json != NULL;
}

static void take_usage(struct answer *answer, const json_t *json)
{
    const json_t *n = json_object_get(json_object_get(json, "usage"), "completion_tokens");
    number_whole(json_number_value(n), 0, INT_MAX, &answer->n_tokens);
}

static const char *take_finish(struct answer *answer, const json_t *choice)
{
    const char *finish = json_string_value(json_object_get(choice, "finish_reason"));
    if (finish)
        answer->finish = strcmp(finish, "length") == 0 ? LLMX_FINISH_LENGTH : LLMX_FINISH_STOP;
    return finish;
}

/* Has an answer no text although its content is one: empty, for a reason that it gives? */
static bool is_empty(const struct answer *answer, const json_t *choice, const json_t *message)
{
    const char *finish = json_string_value(json_object_get(choice, "finish_reason"));
    return json_string_length(json_object_get(message, "content")) == 0 &&
           (answer->finish == LLMX_FINISH_LENGTH ||
            json_is_string(json_object_get(message, "refusal")) ||
            (finish && strcmp(finish, "content_filter") == 0));
}

/* Why an answer is without text. */
static int refuse(const struct answer *answer, const json_t *json, const json_t *message,
                  struct llmx_error *err)
{
    const json_t *choice = json_array_get(json_object_get(json, "choices"), 0);
    const char *finish = json_string_value(json_object_get(choice, "finish_reason"));
    char words[ANSWER_WORDS];
    const json_t *said = error_of(json);
    const json_t *refusal = json_object_get(message, "refusal");
    if (said || json_is_string(refusal)) {
        say(words, said ? said : refusal);
        return err_set(err, LLMX_BAD_INPUT, "%s: %s",
                       said ? "an error in place of an answer" : "the model refuses", words);
    }
    if (answer->finish == LLMX_FINISH_LENGTH)
        return err_set(err, LLMX_BAD_INPUT,
                       "an answer without choices[0].message.content, as its tokens ran out: "
                       "raise max-tokens");
    answer_clean(words, finish ? finish : "none", strlen(finish ? finish : "none"));
    return err_set(err, LLMX_BAD_INPUT,
                   "an answer without choices[0].message.content (finish_reason: %.60s)", words);
}

static int put(struct answer *answer, const json_t *content, struct llmx_error *err)
{
    text_put(&answer->text, json_string_value(content), json_string_length(content));
    return text_check(&answer->text, err);
}

int answer_parse(struct answer *answer, const char *bytes, size_t n, struct llmx_error *err)
{
    json_t *json = load(bytes, n, err);
    if (!json)
        return -1;
    const json_t *choice = json_array_get(json_object_get(json, "choices"), 0);
    const json_t *message = json_object_get(choice, "message");
    const json_t *content = json_object_get(message, "content");
    text_clear(&answer->text);
    answer->n_tokens = 0;
    answer->finish = LLMX_FINISH_STOP;
    take_usage(answer, json);
    take_finish(answer, choice);
    const int status = json_is_string(content) && !is_empty(answer, choice, message)
                           ? put(answer, content, err)
                           : refuse(answer, json, message, err);
    json_decref(json);
    return status;
}

/* ---- streams ---- */

void answer_stream_release(struct answer_stream *stream)
{
    answer_release(&stream->answer);
    text_release(&stream->line);
}

static int tell(const json_t *content, answer_piece *piece, void *context, struct llmx_error *err)
{
    const size_t n = json_string_length(content);
    if (n > 0 && piece && piece(context, json_string_value(content), n))
        return err_set(err, LLMX_INTERRUPTED, "cancelled");
    return 0;
}

/* One event's data. */
static int take_event(struct answer_stream *stream, const char *bytes, size_t n,
                      answer_piece *piece, void *context, struct llmx_error *err)
{
    if (n == 6 && memcmp(bytes, "[DONE]", 6) == 0) {
        stream->is_whole = true;
        return 0;
    }
    json_t *json = load(bytes, n, err);
    if (!json)
        return -1;
    const json_t *choice = json_array_get(json_object_get(json, "choices"), 0);
    const json_t *delta = json_object_get(choice, "delta");
    const json_t *content = json_object_get(delta, "content");
    int status = 0;
    take_usage(&stream->answer, json);
    if (take_finish(&stream->answer, choice))
        stream->is_whole = true;
    if (json_object_get(json, "error") || json_is_string(json_object_get(delta, "refusal")))
        status = refuse(&stream->answer, json, delta, err);
    else if (json_is_string(content) && (status = put(&stream->answer, content, err)) == 0)
        status = tell(content, piece, context, err);
    json_decref(json);
    return status;
}

static bool begins(const char *line, size_t n, const char *field)
{
    const size_t length = strlen(field);
    return n >= length && memcmp(line, field, length) == 0;
}

static int take_line(struct answer_stream *stream, const char *line, size_t n, answer_piece *piece,
                     void *context, struct llmx_error *err)
{
    if (n > 0 && line[n - 1] == '\r')
        n--;
    if (begins(line, n, "data:")) {
        const size_t skip = n > 5 && line[5] == ' ' ? 6 : 5;
        return take_event(stream, line + skip, n - skip, piece, context, err);
    }
    if (n == 0 || line[0] == ':' || begins(line, n, "event:") || begins(line, n, "id:") ||
        begins(line, n, "retry:"))
        return 0;
    char words[ANSWER_WORDS];
    answer_clean(words, line, n);
    return err_set(err, LLMX_BAD_INPUT, "the answer is no stream of events: %s", words);
}

int answer_stream_take(struct answer_stream *stream, const char *bytes, size_t n,
                       answer_piece *piece, void *context, struct llmx_error *err)
{
    int status = 0;
    if (!stream->has_begun && n > 0) {
        stream->has_begun = true;
        stream->is_plain = bytes[0] == '{';
    }
    for (const char *end;
         status == 0 && !stream->is_plain && n > 0 && (end = memchr(bytes, '\n', n)) != NULL;) {
        const size_t part = (size_t)(end - bytes);
        text_put(&stream->line, bytes, part);
        status = text_check(&stream->line, err);
        if (status == 0)
            status = take_line(stream, stream->line.s ? stream->line.s : "", stream->line.n, piece,
                               context, err);
        text_clear(&stream->line);
        bytes += part + 1;
        n -= part + 1;
    }
    if (status == 0)
        text_put(&stream->line, bytes, n);
    return status == 0 ? text_check(&stream->line, err) : status;
}

int answer_stream_end(struct answer_stream *stream, answer_piece *piece, void *context,
                      struct llmx_error *err)
{
    if (stream->is_plain) {
        const struct text *text = &stream->answer.text;
        if (answer_parse(&stream->answer, stream->line.s, stream->line.n, err) != 0)
            return -1;
        if (text->n > 0 && piece && piece(context, text->s, text->n))
            return err_set(err, LLMX_INTERRUPTED, "cancelled");
        return 0;
    }
    if (stream->line.n > 0 && answer_stream_take(stream, "\n", 1, piece, context, err) != 0)
        return -1;
    if (!stream->is_whole)
        return err_set(err, LLMX_BAD_INPUT, "the stream ends before the answer does");
    return 0;
}
