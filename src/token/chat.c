#define _GNU_SOURCE /* memmem */
#include "token/chat.h"

#include <string.h>

/* Templates since Llama 3.1 say these dates; transformers takes this day where the caller gives none. */
#define LLAMA31_DATES "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n"

static const struct {
    const char *name, *needs; /* a special token without which the family makes no sense */
} families[] = {
    [CHAT_NONE] = {"none", NULL},       [CHAT_CHATML] = {"chatml", "<|im_start|>"},
    [CHAT_LLAMA2] = {"llama2", NULL},   [CHAT_LLAMA3] = {"llama3", "<|start_header_id|>"},
    [CHAT_MISTRAL] = {"mistral", NULL}, [CHAT_QWEN] = {"qwen", "<|im_start|>"},
};
#define N_FAMILIES (sizeof families / sizeof families[0])

static const char *find(const char *s, size_t n, const char *part)
{
    return s ? memmem(s, n, part, strlen(part)) : NULL;
}

int chat_recognise(const char *jinja, size_t n, enum chat_family *family, struct llmx_error *err)
{
    if (n == 0)
        *family = CHAT_NONE;
    else if (find(jinja, n, "<|im_start|>"))
        *family =
            find(jinja, n, "Qwen") || find(jinja, n, "enable_thinking") ? CHAT_QWEN : CHAT_CHATML;
    else if (find(jinja, n, "<|start_header_id|>"))
        *family = CHAT_LLAMA3;
    else if (find(jinja, n, "<<SYS>>"))
        *family = CHAT_LLAMA2;
    else if (find(jinja, n, "[INST]"))
        *family = CHAT_MISTRAL;
    else
        return err_set(
            err, LLMX_UNSUPPORTED,
            "the model's chat template is of no known family; choose one with --chat-template "
            "(chatml, llama2, llama3, mistral, qwen, none)");
    return 0;
}

int chat_by_name(const char *name, enum chat_family *family, struct llmx_error *err)
{
    for (size_t i = 0; i < N_FAMILIES; i++) {
        if (strcmp(families[i].name, name) == 0) {
            *family = (enum chat_family)i;
            return 0;
        }
    }
    return err_set(err, LLMX_BAD_OPTION,
                   "--chat-template %s: not one of chatml, llama2, llama3, mistral, qwen, none",
                   name);
}

const char *chat_name(enum chat_family family)
{
    return families[family].name;
}

/* The writing of one prompt: what the family leaves open, the model's own template decides. */
struct chat {
    const struct llmx_tokenizer *tokenizer;
    enum chat_family family;
    const char *jinja; /* of the model's own template when it is of this family, else empty */
    size_t n;
    struct token_ids *out;
};

static bool says(const struct chat *chat, const char *part)
{
    return find(chat->jinja, chat->n, part) != NULL;
}

static bool is_chatml(enum chat_family family)
{
    return family == CHAT_CHATML || family == CHAT_QWEN;
}

static int chat_init(struct chat *chat, const struct llmx_tokenizer *t, enum chat_family family,
                     struct token_ids *out, struct llmx_error *err)
{
    enum chat_family own = CHAT_NONE;
    const char *needs = families[family].needs;
    *chat = (struct chat){.tokenizer = t, .family = family, .out = out};
    chat->jinja = tokenizer_template(t, &chat->n);
    bool is_own = chat_recognise(chat->jinja, chat->n, &own, NULL) == 0 &&
                  (own == family || (is_chatml(own) && is_chatml(family)));
    if (!is_own)
        chat->n = 0;
    if (needs && tokenizer_special(t, needs) < 0)
        return err_set(
            err, LLMX_MISMATCH,
            "the chat template '%s' needs the token %s, which the tokenizer does not have; "
            "choose another with --chat-template",
            families[family].name, needs);
    return 0;
}

/* Text of the template itself, which may hold special tokens. */
static int put(struct chat *chat, const char *s, struct llmx_error *err)
{
    return tokenizer_append(chat->tokenizer, s, strlen(s), true, chat->out, err);
}

static int put_begin(struct chat *chat, struct llmx_error *err)
{
    int32_t begin = tokenizer_begin(chat->tokenizer);
    bool is_wanted = chat->family == CHAT_NONE ? tokenizer_adds_begin(chat->tokenizer)
                     : chat->n ? says(chat, "bos_token") || says(chat, "<|begin_of_text|>")
                               : !is_chatml(chat->family);
    return is_wanted && begin >= 0 ? token_ids_put(chat->out, begin, err) : 0;
}

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

static int put_plain(struct chat *chat, const char *text, struct llmx_error *err)
{
    return tokenizer_append(chat->tokenizer, text, strlen(text), false, chat->out, err);
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

int chat_open(const struct llmx_tokenizer *tokenizer, enum chat_family family, const char *system,
              struct token_ids *out, struct llmx_error *err)
{
    struct chat chat;
    if (chat_init(&chat, tokenizer, family, out, err) != 0 || put_begin(&chat, err) != 0)
        return -1;
    switch (family) {
    case CHAT_CHATML:
    case CHAT_QWEN:
        return open_chatml(&chat, system, err);
    case CHAT_LLAMA3:
        return open_llama3(&chat, system, err);
    case CHAT_LLAMA2:
    case CHAT_MISTRAL:
        return open_inst(&chat, system, err);
    case CHAT_NONE:
        break;
    }
    return 0;
}

int chat_close(const struct llmx_tokenizer *tokenizer, enum chat_family family,
               struct token_ids *out, struct llmx_error *err)
{
    struct chat chat;
    if (chat_init(&chat, tokenizer, family, out, err) != 0)
        return -1;
    switch (family) {
    case CHAT_CHATML:
    case CHAT_QWEN: /* a model that thinks aloud is asked not to, as its template does with enable_thinking=false */
        return put(&chat,
                   says(&chat, "enable_thinking")
                       ? "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
                       : "<|im_end|>\n<|im_start|>assistant\n",
                   err);
    case CHAT_LLAMA3:
        return put(&chat, "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n", err);
    case CHAT_LLAMA2:
    case CHAT_MISTRAL:
        return put(&chat, is_spaced(&chat, " [/INST]") ? " [/INST]" : "[/INST]", err);
    case CHAT_NONE:
        break;
    }
    return 0;
}

/* Whether a space stands between [/INST] and the answer. */
static bool is_answer_spaced(const struct chat *chat)
{
    if (chat->family != CHAT_MISTRAL || !chat->n)
        return chat->family == CHAT_LLAMA2 ||
               (chat->family == CHAT_MISTRAL && is_spaced(chat, " [/INST]"));
    return says(chat, "' ' + message") || says(chat, "\" \" + message");
}

int chat_answer(const struct llmx_tokenizer *tokenizer, enum chat_family family, const char *text,
                size_t n, struct token_ids *out, struct llmx_error *err)
{
    static const char *const ends[] = {
        [CHAT_NONE] = "</s>",         [CHAT_CHATML] = "<|im_end|>", [CHAT_LLAMA2] = "</s>",
        [CHAT_LLAMA3] = "<|eot_id|>", [CHAT_MISTRAL] = "</s>",      [CHAT_QWEN] = "<|im_end|>",
    };
    struct chat chat;
    if (chat_init(&chat, tokenizer, family, out, err) != 0)
        return -1;
    int32_t end = tokenizer_special(tokenizer, ends[family]);
    if (end < 0)
        end = tokenizer_end(tokenizer);
    if (end < 0)
        return err_set(
            err, LLMX_UNSUPPORTED,
            "the tokenizer has no token that ends a text; choose another --chat-template");
    out->wants_space = out->wants_space || is_answer_spaced(&chat);
    return tokenizer_append(tokenizer, text, n, false, out, err) != 0
               ? -1
               : token_ids_put(out, end, err);
}

int token_ids_text(const struct llmx_tokenizer *tokenizer, const char *text, size_t n,
                   struct token_ids *out, struct llmx_error *err)
{
    return tokenizer_append(tokenizer, text, n, false, out, err);
}
