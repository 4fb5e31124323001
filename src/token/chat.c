#define _GNU_SOURCE /* memmem */
#include "token/chat.h"

#include "base/text.h"

#include <string.h>

/* Templates since Llama 3.1 say these dates; transformers takes this day where the caller gives none. */
#define LLAMA31_DATES "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n"

/* What a model that thinks aloud is given in place of thoughts, as Qwen 3's template does with enable_thinking=false. */
#define NO_THOUGHTS "<think>\n\n</think>\n\n"

/* The writing of one prompt: what the family leaves open, the model's own template decides. */
struct chat {
    const struct llmx_tokenizer *tokenizer;
    const struct chat_format *format;
    enum chat_family family;
    const char *jinja; /* of the model's own template when it is of this family, else empty */
    size_t n;
    struct token_ids *out;
};

static const char *find(const char *s, size_t n, const char *part)
{
    return s ? memmem(s, n, part, strlen(part)) : NULL;
}

static bool says(const struct chat *chat, const char *part)
{
    return find(chat->jinja, chat->n, part) != NULL;
}

static bool is_chatml(enum chat_family family)
{
    return family == CHAT_CHATML || family == CHAT_QWEN;
}

static bool is_inst(enum chat_family family)
{
    return family == CHAT_LLAMA2 || family == CHAT_MISTRAL;
}

static bool is_marked(enum chat_family family)
{
    return family >= CHAT_ZEPHYR;
}

/* A special token without which the family makes no sense; NULL: none. */
static const char *needed_token(enum chat_family family)
{
    return is_chatml(family)       ? "<|im_start|>"
           : family == CHAT_LLAMA3 ? "<|start_header_id|>"
                                   : NULL;
}

static int chat_init(struct chat *chat, const struct llmx_tokenizer *t,
                     const struct chat_format *format, struct token_ids *out,
                     struct llmx_error *err)
{
    struct chat_format own;
    const enum chat_family family = format->family;
    const char *needs = needed_token(family);
    *chat = (struct chat){.tokenizer = t, .format = format, .family = family, .out = out};
    chat->jinja = tokenizer_template(t, &chat->n);
    bool is_own = chat_recognise(chat->jinja, chat->n, &own, NULL) == 0 &&
                  (own.family == family || (is_chatml(own.family) && is_chatml(family)));
    if (!is_own)
        chat->n = 0;
    if (needs && tokenizer_special(t, needs) < 0)
        return err_set(
            err, LLMX_MISMATCH,
            "the chat template '%s' needs the token %s, which the tokenizer does not have; "
            "choose another with --chat-template",
            format->name, needs);
    return 0;
}

/* Text of the template itself, which may hold special tokens. */
static int put(struct chat *chat, const char *s, struct llmx_error *err)
{
    return tokenizer_append(chat->tokenizer, s, strlen(s), true, chat->out, err);
}

static int put_plain(struct chat *chat, const char *text, struct llmx_error *err)
{
    return tokenizer_append(chat->tokenizer, text, strlen(text), false, chat->out, err);
}

static int put_begin(struct chat *chat, struct llmx_error *err)
{
    int32_t begin = tokenizer_begin(chat->tokenizer);
    bool is_wanted = chat->n ? says(chat, "bos_token") || says(chat, "<|begin_of_text|>")
                     : chat->family == CHAT_NONE || is_marked(chat->family)
                         ? tokenizer_adds_begin(chat->tokenizer)
                         : !is_chatml(chat->family);
    return is_wanted && begin >= 0 ? token_ids_put(chat->out, begin, err) : 0;
}

static int no_end(struct llmx_error *err)
{
    return err_set(err, LLMX_UNSUPPORTED,
                   "the tokenizer has no token that ends a text; choose another --chat-template");
}

/* ---- formats that are all said by marks ---- */

/* One mark and the beginning of the next, up to a text. A space at its end is owed to that text, with which it makes one
 * token. */
static int put_marks(struct chat *chat, const char *first, const char *second,
                     struct llmx_error *err)
{
    struct text all = {0};
    int result = 0;
    text_puts(&all, first);
    text_puts(&all, second);
    if (text_check(&all, err) != 0)
        return -1;
    const bool is_spaced = all.n && all.s[all.n - 1] == ' ';
    if (is_spaced)
        all.s[all.n - 1] = '\0';
    for (char *at = all.s, *end; result == 0; at = end + strlen(CHAT_END)) {
        end = strstr(at, CHAT_END);
        if (end)
            *end = '\0';
        if (*at)
            result = put(chat, at, err);
        if (!end)
            break;
        const int32_t id = tokenizer_end(chat->tokenizer);
        if (result == 0)
            result = id < 0 ? no_end(err) : token_ids_put(chat->out, id, err);
    }
    chat->out->wants_space = is_spaced;
    text_release(&all);
    return result;
}

static int open_marked(struct chat *chat, const char *system, struct llmx_error *err)
{
    const struct chat_marks *marks = &chat->format->marks;
    if (!system)
        return put_marks(chat, marks->no_system, marks->user.before, err);
    if (!marks->has_system)
        return err_set(err, LLMX_UNSUPPORTED,
                       "the chat template %s has no line 'system:', so a system turn has no place",
                       chat->format->name);
    return put_marks(chat, marks->system.before, "", err) != 0 || put_plain(chat, system, err) != 0
               ? -1
               : put_marks(chat, marks->system.after, marks->user.before, err);
}

static int close_marked(struct chat *chat, bool is_last, struct llmx_error *err)
{
    const struct chat_marks *marks = &chat->format->marks;
    const bool is_thinking = is_last && chat->family == CHAT_DEEPSEEK_R1 && says(chat, "</think>");
    if (put_marks(chat, marks->user.after, marks->assistant.before, err) != 0)
        return -1;
    chat->out->wants_space = false; /* the answer begins with it: see chat_answer */
    return is_thinking ? put(chat, NO_THOUGHTS, err) : 0;
}

/* ---- the start of the first user turn ---- */

/* The system turn that a ChatML template writes when none is given: literal text between its marks. NULL: none. */
static const char *default_system(const struct chat *chat, size_t *n)
{
    static const char *const opens[] = {"<|im_start|>system\n", "<|im_start|>system\\n"};
    for (size_t i = 0; i < 2; i++) {
        const char *at = chat->jinja, *end = chat->jinja + chat->n;
        while ((at = find(at, (size_t)(end - at), opens[i])) != NULL) {
            at += strlen(opens[i]);
            const char *close = find(at, (size_t)(end - at), "<|im_end|>");
            *n = close ? (size_t)(close - at) : 0;
            if (*n && !memchr(at, '\'', *n) && !memchr(at, '"', *n) && !memchr(at, '{', *n))
                return at;
        }
    }
    return NULL;
}

static int open_chatml(struct chat *chat, const char *system, struct llmx_error *err)
{
    size_t n = system ? strlen(system) : 0;
    if (!system)
        system = default_system(chat, &n);
    if (system && (put(chat, "<|im_start|>system\n", err) != 0 ||
                   tokenizer_append(chat->tokenizer, system, n, false, chat->out, err) != 0 ||
                   put(chat, "<|im_end|>\n", err) != 0))
        return -1;
    return put(chat, "<|im_start|>user\n", err);
}

static int open_llama3(struct chat *chat, const char *system, struct llmx_error *err)
{
    bool has_dates = says(chat, "Cutting Knowledge Date");
    if ((system || has_dates) &&
        (put(chat, "<|start_header_id|>system<|end_header_id|>\n\n", err) != 0 ||
         (has_dates && put_plain(chat, LLAMA31_DATES, err) != 0) ||
         (system && put_plain(chat, system, err) != 0) || put(chat, "<|eot_id|>", err) != 0))
        return -1;
    return put(chat, "<|start_header_id|>user<|end_header_id|>\n\n", err);
}

/* Whether spaces stand inside the marks [INST] and [/INST]: in early templates they do. */
static bool is_spaced(const struct chat *chat, const char *spaced)
{
    if (chat->n)
        return says(chat, spaced);
    return chat->family == CHAT_LLAMA2 || tokenizer_special(chat->tokenizer, "[INST]") < 0;
}

static int open_inst(struct chat *chat, const char *system, struct llmx_error *err)
{
    bool has_system_marks = says(chat, "[SYSTEM_PROMPT]");
    if (system && has_system_marks) {
        if (put(chat, "[SYSTEM_PROMPT]", err) != 0 || put_plain(chat, system, err) != 0 ||
            put(chat, "[/SYSTEM_PROMPT]", err) != 0)
            return -1;
        system = NULL;
    }
    if (put(chat, "[INST]", err) != 0)
        return -1;
    chat->out->wants_space = is_spaced(chat, "[INST] ");
    if (!system)
        return 0;
    if (chat->family == CHAT_LLAMA2)
        return put(chat, "<<SYS>>\n", err) != 0 || put_plain(chat, system, err) != 0
                   ? -1
                   : put(chat, "\n<</SYS>>\n\n", err);
    return put_plain(chat, system, err) != 0 ? -1 : put(chat, "\n\n", err);
}

static int open_first(struct chat *chat, const char *system, struct llmx_error *err)
{
    if (is_chatml(chat->family))
        return open_chatml(chat, system, err);
    if (chat->family == CHAT_LLAMA3)
        return open_llama3(chat, system, err);
    if (is_inst(chat->family))
        return open_inst(chat, system, err);
    return is_marked(chat->family) ? open_marked(chat, system, err) : 0;
}

/* ---- answers ---- */

static int close_turn(struct chat *chat, bool is_last, struct llmx_error *err)
{
    if (is_chatml(chat->family))
        return put(chat,
                   is_last && says(chat, "enable_thinking")
                       ? "<|im_end|>\n<|im_start|>assistant\n" NO_THOUGHTS
                       : "<|im_end|>\n<|im_start|>assistant\n",
                   err);
    if (chat->family == CHAT_LLAMA3)
        return put(chat, "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n", err);
    if (is_inst(chat->family))
        return put(chat, is_spaced(chat, " [/INST]") ? " [/INST]" : "[/INST]", err);
    return is_marked(chat->family) ? close_marked(chat, is_last, err) : 0;
}

/* Whether a space stands between [/INST], or the assistant's mark, and the answer. */
static bool is_answer_spaced(const struct chat *chat)
{
    if (is_marked(chat->family)) {
        const char *before = chat->format->marks.assistant.before;
        return *before && before[strlen(before) - 1] == ' ';
    }
    if (chat->family != CHAT_MISTRAL || !chat->n)
        return chat->family == CHAT_LLAMA2 ||
               (chat->family == CHAT_MISTRAL && is_spaced(chat, " [/INST]"));
    return says(chat, "' ' + message") || says(chat, "\" \" + message");
}

/* The token that ends an assistant's turn, or -1. */
static int32_t end_of_turn(const struct llmx_tokenizer *t, const struct chat_format *format)
{
    const char *name = is_chatml(format->family)       ? "<|im_end|>"
                       : format->family == CHAT_LLAMA3 ? "<|eot_id|>"
                                                       : "</s>";
    const char *after = format->marks.assistant.after;
    const int32_t end = is_marked(format->family) ? tokenizer_whole(t, after, strlen(after), NULL)
                                                  : tokenizer_special(t, name);
    return end < 0 ? tokenizer_end(t) : end;
}

static int put_answer(struct chat *chat, const char *text, size_t n, struct llmx_error *err)
{
    chat->out->wants_space = chat->out->wants_space || is_answer_spaced(chat);
    return tokenizer_append(chat->tokenizer, text, n, false, chat->out, err);
}

/* An answer that was given; Llama 2's templates put a space after it. */
static int put_given(struct chat *chat, const char *answer, struct llmx_error *err)
{
    struct text given = {0};
    text_printf(&given, "%s%s", answer, chat->family == CHAT_LLAMA2 ? " " : "");
    const int result = text_check(&given, err) == 0 ? put_answer(chat, given.s, given.n, err) : -1;
    text_release(&given);
    return result;
}

/* The same with its end, and the start of the user turn after it. */
static int put_earlier(struct chat *chat, const char *answer, const char *system,
                       struct llmx_error *err)
{
    const struct chat_marks *marks = &chat->format->marks;
    const int32_t end = end_of_turn(chat->tokenizer, chat->format),
                  begin = tokenizer_begin(chat->tokenizer);
    if (put_given(chat, answer, err) != 0)
        return -1;
    if (is_marked(chat->family))
        return put_marks(chat, marks->assistant.after, marks->user.before, err);
    if (end < 0)
        return no_end(err);
    if (token_ids_put(chat->out, end, err) != 0 ||
        (chat->family == CHAT_LLAMA2 && begin >= 0 && token_ids_put(chat->out, begin, err) != 0))
        return -1;
    if (is_chatml(chat->family))
        return put(chat, "\n<|im_start|>user\n", err);
    if (chat->family == CHAT_LLAMA3)
        return put(chat, "<|start_header_id|>user<|end_header_id|>\n\n", err);
    return is_inst(chat->family) ? open_inst(chat, system, err) : 0;
}

/* ---- prompts ---- */

int chat_open(const struct llmx_tokenizer *tokenizer, const struct chat_format *format,
              const char *system, const struct llmx_chat_turn *earlier, int n,
              struct token_ids *out, struct llmx_error *err)
{
    struct chat chat;
    if (chat_init(&chat, tokenizer, format, out, err) != 0 || put_begin(&chat, err) != 0)
        return -1;
    /* Mistral's third template gives it to the last user turn. */
    const bool is_late =
        n > 0 && chat.family == CHAT_MISTRAL && says(&chat, "loop.last and system");
    if (open_first(&chat, is_late ? NULL : system, err) != 0)
        return -1;
    for (int i = 0; i < n; i++)
        if (put_plain(&chat, earlier[i].user, err) != 0 || close_turn(&chat, false, err) != 0 ||
            put_earlier(&chat, earlier[i].answer, is_late && i == n - 1 ? system : NULL, err) != 0)
            return -1;
    return 0;
}

int chat_close(const struct llmx_tokenizer *tokenizer, const struct chat_format *format,
               struct token_ids *out, struct llmx_error *err)
{
    struct chat chat;
    return chat_init(&chat, tokenizer, format, out, err) != 0 ? -1 : close_turn(&chat, true, err);
}

int chat_answer(const struct llmx_tokenizer *tokenizer, const struct chat_format *format,
                const char *text, size_t n, struct token_ids *out, struct llmx_error *err)
{
    struct chat chat;
    if (chat_init(&chat, tokenizer, format, out, err) != 0)
        return -1;
    const int32_t end = end_of_turn(tokenizer, format);
    if (end < 0)
        return no_end(err);
    return put_answer(&chat, text, n, err) != 0 ? -1 : token_ids_put(out, end, err);
}

int chat_add_stops(struct llmx_tokenizer *tokenizer, const struct chat_format *format,
                   struct llmx_error *err)
{
    if (!is_marked(format->family))
        return 0;
    for (int i = 0; i < format->marks.n_stops; i++) {
        const char *stop = format->marks.stops[i];
        size_t n;
        const int32_t id = tokenizer_whole(tokenizer, stop, strlen(stop), &n);
        if (n != strlen(stop))
            return err_set(err, LLMX_MISMATCH,
                           "%s: the stop '%s' is no special token of the model's tokenizer",
                           format->name, stop);
        tokenizer_add_stop(tokenizer, id);
    }
    tokenizer_add_stop(tokenizer, end_of_turn(tokenizer, format));
    return 0;
}

int token_ids_text(const struct llmx_tokenizer *tokenizer, const char *text, size_t n,
                   struct token_ids *out, struct llmx_error *err)
{
    return tokenizer_append(tokenizer, text, n, false, out, err);
}
