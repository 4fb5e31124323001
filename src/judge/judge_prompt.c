/* judge_prompt.c - the question that a judge is asked, from a text that a user may edit. */
#include "base/file.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "judge/judge.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *text;
} built_in[] = {
#include "judges.inc"
};

enum judge_field { JUDGE_PROMPT, JUDGE_TEXT, JUDGE_FIRST, JUDGE_SECOND, JUDGE_FIELDS };
static const char *const fields[JUDGE_FIELDS] = {"{prompt}", "{text}", "{first}", "{second}"};

/* Which field begins at s, or -1. */
static int field_at(const char *s)
{
    for (int k = 0; k < JUDGE_FIELDS; k++)
        if (strncmp(s, fields[k], strlen(fields[k])) == 0)
            return k;
    return -1;
}

/* How often each field stands there. */
static int count_fields(const char *layout, const char *name, int count[static JUDGE_FIELDS],
                        struct llmx_error *err)
{
    int line = 1;
    for (const char *s = layout; *s; s++) {
        const int field = field_at(s);
        line += *s == '\n';
        if (*s == '{' && field < 0)
            return err_set(err, LLMX_BAD_INPUT,
                           "%s:%d: there is no field '%.20s'; they are {prompt}, {first} and "
                           "{second}, or {text} in place of these two",
                           name, line, s);
        if (field >= 0)
            count[field]++;
    }
    return 0;
}

static int check_layout(struct judge_prompt *prompt, const char *name, struct llmx_error *err)
{
    int count[JUDGE_FIELDS] = {0};
    if (count_fields(prompt->layout, name, count, err) != 0)
        return -1;
    prompt->is_single = count[JUDGE_TEXT] > 0;
    for (int k = JUDGE_TEXT; k < JUDGE_FIELDS; k++) {
        const int wanted = (k == JUDGE_TEXT) == prompt->is_single;
        if (count[k] != wanted)
            return err_set(err, LLMX_BAD_INPUT, "%s: %s must stand there %s, not %d times%s", name,
                           fields[k], wanted ? "once" : "nowhere", count[k],
                           prompt->is_single ? " ({text} asks about one text by itself)" : "");
    }
    return 0;
}

static const char *find_built_in(const char *name)
{
    for (size_t i = 0; i < sizeof built_in / sizeof *built_in; i++)
        if (strcmp(built_in[i].name, name) == 0)
            return built_in[i].text;
    return NULL;
}

static char *read_layout(const char *path, struct llmx_error *err)
{
    struct mapping file;
    if (mapping_open(&file, path, err) != 0)
        return NULL;
    const char *bytes = (const char *)file.data;
    const size_t valid = file.size ? utf8_check_text(bytes, file.size) : 0;
    char *layout = NULL;
    if (valid == file.size)
        layout = mem_text(bytes, file.size, err);
    else
        err_set(err, LLMX_BAD_INPUT, "%s: byte %zu is no text in UTF-8", path, valid + 1);
    mapping_release(&file);
    return layout;
}

int judge_prompt_open(struct judge_prompt *prompt, const char *name, const char *path,
                      struct llmx_error *err)
{
    const char *text = find_built_in(path ? path : name);
    *prompt = (struct judge_prompt){.prompt_tokens = LLMX_JUDGE_PROMPT_WHOLE};
    prompt->layout = text ? mem_text(text, strlen(text), err) : read_layout(path, err);
    if (prompt->layout && check_layout(prompt, path ? path : name, err) == 0)
        return 0;
    judge_prompt_release(prompt);
    return -1;
}

void judge_prompt_release(struct judge_prompt *prompt)
{
    free(prompt->layout);
    *prompt = (struct judge_prompt){0};
}

/* ---- asking ---- */

static const char *blank = " \t\r\n";

int judge_prompt_cut(const struct judge_prompt *prompt, const struct llmx_tokenizer *tokenizer,
                     const char *told, char **shown, struct llmx_error *err)
{
    const int wanted = prompt->prompt_tokens;
    int32_t *ids = NULL;
    char *end = NULL;
    int n = 0, status = 0;
    if (tokenizer && wanted >= 0 &&
        (n = llmx_tokenize(tokenizer, told, strlen(told), 0, 0, &ids, err)) < 0)
        return -1;
    if (n > wanted && wanted >= 0) {
        status = llmx_detokenize(tokenizer, ids + n - wanted, wanted, &end, err);
        told = status == 0 ? end + strcspn(end, blank) : ""; /* not from the middle of a word */
    }
    if (status == 0)
        *shown = mem_text(told, strlen(told), err);
    free(end);
    free(ids);
    return status == 0 && *shown ? 0 : -1;
}

/* Without the blanks around it. */
static void put_trimmed(struct text *out, const char *s)
{
    s += strspn(s, blank);
    size_t n = strlen(s);
    while (n > 0 && strchr(blank, s[n - 1]))
        n--;
    text_put(out, s, n);
}

/* Does a line up to `end` show the prompt, and nothing of the pair? */
static bool shows_prompt_alone(const char *line, const char *end)
{
    bool shows_prompt = false;
    for (; line < end; line++) {
        const int field = field_at(line);
        if (field > JUDGE_PROMPT)
            return false;
        shows_prompt = shows_prompt || field == JUDGE_PROMPT;
    }
    return shows_prompt;
}

/* A line of the layout, unless it is for a prompt that is not there; returns what is behind it. */
static const char *put_line(struct text *out, const char *line, const char *const *value)
{
    const size_t n = strcspn(line, "\n");
    const char *end = line + n + (line[n] == '\n');
    if (!*value[JUDGE_PROMPT] && shows_prompt_alone(line, end))
        return end;
    while (line < end) {
        const int field = field_at(line);
        if (field >= 0)
            put_trimmed(out, value[field]);
        else
            text_put(out, line, 1);
        line += field >= 0 ? strlen(fields[field]) : 1;
    }
    return end;
}

void judge_prompt_ask(const struct judge_prompt *prompt, const char *shown,
                      const struct llmx_pair *pair, int first, struct text *out)
{
    const char *const value[JUDGE_FIELDS] = {shown + strspn(shown, blank), pair->text[first],
                                             pair->text[first], pair->text[!first]};
    struct text laid = {0};
    for (const char *line = prompt->layout; *line;)
        line = put_line(&laid, line, value);
    text_clear(out);
    put_trimmed(out, laid.s ? laid.s : "");
    out->failed = out->failed || laid.failed;
    text_release(&laid);
}
