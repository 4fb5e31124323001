/* chat_format.c - which way of marking turns a name, a file or a model's template stands for. */
#define _GNU_SOURCE /* memmem */
#include "base/text.h"
#include "token/chat.h"

#include <string.h>
#include <sys/stat.h>

/* Those that are all said by marks, as chat_marks.h has them. Zephyr: HuggingFaceH4/zephyr-7b-beta; Vicuna: FastChat's
 * vicuna_v1.1; Alpaca: stanford_alpaca, with a newline before the answer as most of its heirs have it; DeepSeek:
 * deepseek-llm-7b-chat; DeepSeek R1: V2.5, V3, R1 and what was distilled from it. */
static const struct {
    const char *name, *marks;
} families[] = {
    [CHAT_NONE] = {"none", NULL},
    [CHAT_CHATML] = {"chatml", NULL},
    [CHAT_LLAMA2] = {"llama2", NULL},
    [CHAT_LLAMA3] = {"llama3", NULL},
    [CHAT_MISTRAL] = {"mistral", NULL},
    [CHAT_QWEN] = {"qwen", NULL},
    [CHAT_ZEPHYR] = {"zephyr", "system: <|system|>\\n{text}{end}\\n\n"
                               "user: <|user|>\\n{text}{end}\\n\n"
                               "assistant: <|assistant|>\\n{text}{end}\\n"},
    [CHAT_VICUNA] = {"vicuna",
                     "no-system: A chat between a curious user and an artificial intelligence "
                     "assistant. The assistant gives helpful, detailed, and polite answers to the "
                     "user's questions.\\s\n"
                     "system: {text}\\s\n"
                     "user: USER: {text}\\s\n"
                     "assistant: ASSISTANT: {text}{end}"},
    [CHAT_ALPACA] = {"alpaca",
                     "no-system: Below is an instruction that describes a task. Write a response "
                     "that appropriately completes the request.\\n\\n\n"
                     "system: {text}\\n\\n\n"
                     "user: ### Instruction:\\n{text}\\n\\n\n"
                     "assistant: ### Response:\\n{text}{end}\\n\\n"},
    [CHAT_DEEPSEEK] = {"deepseek", "system: {text}\\n\\n\n"
                                   "user: User: {text}\\n\\n\n"
                                   "assistant: Assistant: {text}{end}"},
    [CHAT_DEEPSEEK_R1] = {"deepseek-r1", "system: {text}\n"
                                         "user: <\uff5cUser\uff5c>{text}\n"
                                         "assistant: <\uff5cAssistant\uff5c>{text}{end}"},
};
#define N_FAMILIES ((int)(sizeof families / sizeof families[0]))

static int take_family(struct chat_format *format, enum chat_family family, struct llmx_error *err)
{
    const char *marks = families[family].marks, *name = families[family].name;
    format->family = family;
    snprintf(format->name, sizeof format->name, "%s", name);
    return marks ? chat_marks_parse(&format->marks, marks, strlen(marks), name, err) : 0;
}

/* "chatml, llama2, ..." into `names`. */
static void list_names(struct text *names)
{
    for (int i = 0; i < N_FAMILIES; i++)
        text_printf(names, "%s%s", i ? ", " : "", families[i].name);
}

static int fail_with_names(enum llmx_code code, const char *before, const char *after,
                           struct llmx_error *err)
{
    struct text names = {0};
    list_names(&names);
    if (text_check(&names, err) == 0)
        err_set(err, code, "%s%s%s", before, names.s, after);
    text_release(&names);
    return -1;
}

static const char *find(const char *s, size_t n, const char *part)
{
    return s ? memmem(s, n, part, strlen(part)) : NULL;
}

/* Zephyr's very template: others with its marks end turns in another way. */
static bool is_zephyr(const char *jinja, size_t n)
{
    static const char *const users[] = {"'<|user|>\n' + message['content'] + eos_token }}\n",
                                        "'<|user|>\\n' + message['content'] + eos_token }}\n"};
    return (find(jinja, n, users[0]) || find(jinja, n, users[1])) &&
           find(jinja, n, "{{ '<|assistant|>' }}\n");
}

static bool is_deepseek(const char *jinja, size_t n)
{
    return find(jinja, n, "'User: ' + message['content'] + '") &&
           find(jinja, n, "'Assistant: ' + message['content'] + eos_token");
}

static int family_of(const char *jinja, size_t n)
{
    if (n == 0)
        return CHAT_NONE;
    if (find(jinja, n, "<|im_start|>"))
        return find(jinja, n, "Qwen") || find(jinja, n, "enable_thinking") ? CHAT_QWEN
                                                                           : CHAT_CHATML;
    if (find(jinja, n, "<|start_header_id|>"))
        return CHAT_LLAMA3;
    if (find(jinja, n, "<<SYS>>"))
        return CHAT_LLAMA2;
    if (find(jinja, n, "[INST]"))
        return CHAT_MISTRAL;
    if (find(jinja, n, "<\uff5cUser\uff5c>"))
        return CHAT_DEEPSEEK_R1;
    if (is_zephyr(jinja, n))
        return CHAT_ZEPHYR;
    return is_deepseek(jinja, n) ? CHAT_DEEPSEEK : -1;
}

int chat_recognise(const char *jinja, size_t n, struct chat_format *format, struct llmx_error *err)
{
    const int family = family_of(jinja, n);
    if (family >= 0)
        return take_family(format, (enum chat_family)family, err);
    return fail_with_names(
        LLMX_UNSUPPORTED,
        "the model's chat template is of no known family; choose one with --chat-template (",
        "), or give it a file with the model's own marks (docs/llm.md)", err);
}

int chat_by_name(const char *name, struct chat_format *format, struct llmx_error *err)
{
    struct stat status;
    char before[CHAT_NAME_MAX];
    for (int i = 0; i < N_FAMILIES; i++)
        if (strcmp(families[i].name, name) == 0)
            return take_family(format, (enum chat_family)i, err);
    if (stat(name, &status) == 0) {
        if (strlen(name) >= sizeof format->name)
            return err_set(err, LLMX_TOO_LARGE, "--chat-template: the path is too long");
        format->family = CHAT_FILE;
        memcpy(format->name, name, strlen(name) + 1);
        return chat_marks_open(&format->marks, name, err);
    }
    snprintf(before, sizeof before, "--chat-template %.200s: neither one of ", name);
    return fail_with_names(LLMX_BAD_OPTION, before, " nor a file of marks (docs/llm.md)", err);
}
