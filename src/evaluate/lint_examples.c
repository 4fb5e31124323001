/* lint_examples.c - what adapters were tuned on: whom it speaks of, and whether it holds what is held out. */
#include "base/memory.h"
#include "base/text.h"
#include "evaluate/lint.h"
#include "llm/adapter_notes.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- what was learnt ---- */

const struct lint_source *learnt_find(const struct names *names, const struct lint_source *sources,
                                      const char *key)
{
    const int64_t at = names_find(names, key, strlen(key));
    return at < 0 ? NULL : &sources[at];
}

void learnt_release(struct learnt *learnt)
{
    names_release(&learnt->users);
    names_release(&learnt->pairs);
    names_release(&learnt->prompts);
    free(learnt->user);
    free(learnt->pair);
    free(learnt->prompt);
}

static int learn(struct names *names, struct lint_source **sources, size_t *capacity,
                 const char *key, const struct lint_source *source, struct llmx_error *err)
{
    const uint32_t before = names->count;
    const int64_t at = names_add(names, key, strlen(key), err);
    if (at < 0 || mem_grow(sources, capacity, (size_t)names->count, sizeof **sources, err) != 0)
        return -1;
    if (names->count > before)
        (*sources)[at] = *source;
    return 0;
}

static int learn_pair(struct learnt *l, const struct rec *rec, const struct lint_source *source,
                      struct text *pair, struct llmx_error *err)
{
    text_clear(pair);
    text_printf(pair, "%s\t%s", rec->user_token, rec->item_token);
    return text_check(pair, err) != 0 ||
                   learn(&l->users, &l->user, &l->user_capacity, rec->user_token, source, err) !=
                       0 ||
                   learn(&l->pairs, &l->pair, &l->pair_capacity, pair->s, source, err) != 0
               ? -1
               : 0;
}

/* ---- what is held out ---- */

static bool begins_title(const char *prompt, const char *at)
{
    return at == prompt || strchr("\"\n", at[-1]) ||
           (at[-1] == ' ' && at - prompt > 1 && at[-2] == ':');
}

static bool ends_title(const char *end)
{
    return !*end || strchr("\"\n", *end) ||
           (end[0] == ' ' && end[1] == '(' && isdigit((unsigned char)end[2]));
}

bool lint_names(struct lint *lint, const char *prompt, llmx_id item)
{
    const char *title = lint_title(&lint->title, lint->data, item);
    const size_t n = strlen(title);
    for (const char *at = prompt; (at = strstr(at, title)); at += n)
        if (begins_title(prompt, at) && ends_title(at + n))
            return true;
    return false;
}

static bool holds(const struct twins *twins, const llmx_id *items, int n, llmx_id item)
{
    for (int i = 0; i < n; i++)
        if (twins_are_one(twins, items[i], item))
            return true;
    return false;
}

llmx_id lint_held_out(struct lint *lint, const struct rec *rec, llmx_id own, const char *prompt,
                      const llmx_id *items, int n)
{
    const struct twins *twins = &lint->briefing.twins;
    int n_test, n_known;
    if (rec->user < 0)
        return -1;
    const llmx_id *test = llmx_data_history(lint->data, rec->user, LLMX_TEST, &n_test),
                  *known = llmx_data_history(lint->data, rec->user, LLMX_TRAIN_VALID, &n_known);
    for (int i = 0; i < n_test; i++) {
        const llmx_id item = test[i];
        if ((own >= 0 && twins_are_one(twins, item, own)) || holds(twins, known, n_known, item))
            continue;
        if (holds(twins, items, n, item) || (prompt && lint_names(lint, prompt, item)))
            return item;
    }
    return -1;
}

/* ---- reading ---- */

struct example_reader {
    struct lint *lint;
    const char *path; /* lives as long as `lint` */
    struct jsonl file;
    struct text prompt, pair;
    int read, ours;
};

/* The prompt as a model read it: the instruction followed by the input. */
static const char *prompt_of(struct example_reader *r, const json_t *line)
{
    const char *instruction = json_string_value(json_object_get(line, "instruction")),
               *input = json_string_value(json_object_get(line, "input"));
    text_clear(&r->prompt);
    if (!instruction)
        instruction = json_string_value(json_object_get(line, "prompt"));
    text_puts(&r->prompt, instruction ? instruction : "");
    text_puts(&r->prompt, input ? input : "");
    return r->prompt.s && *r->prompt.s ? r->prompt.s : NULL;
}

/* Ids of other data may happen to be ids of these: the item must be the one that the prompt names; without a prompt the user
 * must have had all of the evidence, and more than one item of it. */
static bool is_of_data(struct lint *lint, const struct rec *rec, const char *prompt)
{
    return prompt ? lint_names(lint, prompt, rec->item) : rec->n_evidence > 1;
}

static int take_rec(struct example_reader *r, const struct rec *rec, const char *prompt)
{
    struct lint *lint = r->lint;
    const struct lint_source source = {r->path, r->file.lines.number};
    const struct lint_place place = {rec->user_token, rec->item_token, r->path,
                                     r->file.lines.number};
    r->ours++;
    if (learn_pair(&lint->learnt, rec, &source, &r->pair, lint->err) != 0)
        return -1;
    if (!lint->is_as_of_train ||
        names_find(&lint->tested, rec->user_token, strlen(rec->user_token)) < 0)
        return 0;
    lint->prompts++;
    const llmx_id own[] = {rec->item};
    llmx_id item = lint_held_out(lint, rec, -1, prompt, own, 1);
    if (item < 0)
        item = lint_held_out(lint, rec, -1, NULL, rec->evidence, rec->n_evidence);
    if (item >= 0)
        lint_add(lint, LLMX_LINT_HELD_OUT, &place,
                 "%s:%ld: the example of user %s holds \"%s\", which is held out of them",
                 place.file, place.line, place.user, lint_title(&lint->title, lint->data, item));
    return 0;
}

static int take_line(struct example_reader *r, const json_t *line)
{
    struct lint *lint = r->lint;
    struct learnt *l = &lint->learnt;
    struct llmx_explain_options silent = lint->explain;
    struct recs recs = {0};
    int status = 0;
    const char *prompt = prompt_of(r, line);
    const struct lint_source source = {r->path, r->file.lines.number};
    r->read++;
    if (prompt)
        status = learn(&l->prompts, &l->prompt, &l->prompt_capacity, prompt, &source, lint->err);
    if (status == 0 && json_object_get(line, "user") && json_object_get(line, "item"))
        status = recs_add(&recs, &r->file, line, lint->data, &silent, lint->err);
    if (status == 0 && recs.n > 0 && is_of_data(lint, &recs.rec[0], prompt))
        status = take_rec(r, &recs.rec[0], prompt);
    recs_release(&recs);
    return status;
}

static int read_file(struct lint *lint, const char *path)
{
    struct example_reader r = {.lint = lint, .path = path};
    json_t *line;
    int more = jsonl_open(&r.file, path, lint->err) == 0 ? 1 : -1;
    while (more == 1 && (more = jsonl_read(&r.file, &line, lint->err)) == 1) {
        if (take_line(&r, line) != 0)
            more = -1;
        json_decref(line);
    }
    jsonl_close(&r.file);
    text_release(&r.prompt);
    text_release(&r.pair);
    char message[PATH_MAX + 100];
    snprintf(message, sizeof message, "%s: none of the %d examples is of these data", path, r.read);
    if (more == 0 && r.ours == 0 && lint->options->notice)
        lint->options->notice(lint->options->notice_context, message);
    return more;
}

/* The examples that the adapter's folder says it learnt from, where they are still what they were. */
static int read_adapter(struct lint *lint)
{
    char message[PATH_MAX + 200];
    const char *why = "does not say what examples it learnt from";
    const int got = adapter_notes_examples(lint->options->adapter, lint->examples_path,
                                           sizeof lint->examples_path, lint->err);
    if (got < 0)
        return -1;
    if (got == ADAPTER_EXAMPLES_THERE)
        return read_file(lint, lint->examples_path);
    if (got == ADAPTER_EXAMPLES_GONE)
        why = "learnt from examples that are no more where they were, or no more what they were";
    snprintf(message, sizeof message, "%s %s: give them with --examples", lint->options->adapter,
             why);
    if (lint->options->notice)
        lint->options->notice(lint->options->notice_context, message);
    return 0;
}

/* On whom something is measured: whom the explanations are for, else whom the recommendations are for. */
static int read_tested(struct lint *lint)
{
    struct jsonl file;
    struct arena arena = {0};
    json_t *line;
    const char *path =
        lint->options->explanations ? lint->options->explanations : lint->options->recs;
    int more = jsonl_open(&file, path, lint->err) == 0 ? 1 : -1;
    while (more == 1 && (more = jsonl_read(&file, &line, lint->err)) == 1) {
        const char *user = rec_token(path, file.lines.number, line, "user", &arena, lint->err);
        if (!user || names_add(&lint->tested, user, strlen(user), lint->err) < 0)
            more = -1;
        json_decref(line);
    }
    jsonl_close(&file);
    arena_release(&arena);
    return more;
}

int lint_examples(struct lint *lint)
{
    if (lint->options->recs && read_tested(lint) != 0)
        return -1;
    if (lint->options->adapter && read_adapter(lint) != 0)
        return -1;
    for (int i = 0; i < lint->options->n_examples; i++)
        if (read_file(lint, lint->options->examples[i]) != 0)
            return -1;
    return 0;
}
