/* judge.c - opening a judge, and having it judge. */
#include "judge/judge.h"

#include "base/file.h"
#include "base/memory.h"
#include "format/json_file.h"
#include "llmxrec/adapter.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TOKENS_DEFAULT 64

static struct llmx_judge *judge_create(const struct llmx_judge_options *options,
                                       struct llmx_error *err)
{
    struct llmx_judge *judge = mem_array(1, sizeof *judge, err);
    if (!judge)
        return NULL;
    judge->options = *options;
    judge->options.folder = judge->options.template_path = NULL;
    if (options->max_tokens == 0)
        judge->options.max_tokens = MAX_TOKENS_DEFAULT;
    return judge;
}

/* How much of a prompt a tuned judge is shown. */
static int read_notes(const char *folder, int *prompt_tokens, struct llmx_error *err)
{
    char path[PATH_MAX];
    if (path_join(path, sizeof path, folder, JUDGE_NOTES, err) != 0)
        return -1;
    json_t *notes = json_file_read(path, err);
    if (!notes)
        return err_prefix(err, "%s is no judge that `judge train` wrote", folder);
    const json_t *tokens = json_object_get(notes, "prompt_tokens");
    const json_int_t n = json_is_integer(tokens) ? json_integer_value(tokens) : -2;
    json_decref(notes);
    if (n < LLMX_JUDGE_PROMPT_WHOLE || n > INT_MAX)
        return err_set(err, LLMX_BAD_INPUT, "%s: \"prompt_tokens\" is no number of tokens", path);
    *prompt_tokens = (int)n;
    return 0;
}

/* What is asked: as the folder tells, or the options. */
static int open_prompt(struct judge_prompt *prompt, const struct llmx_judge_options *options,
                       struct llmx_error *err)
{
    char path[PATH_MAX];
    int tokens = options->prompt_tokens;
    if (options->folder && options->template_path)
        return err_set(err, LLMX_BAD_OPTION,
                       "a tuned judge asks what it was tuned to be asked: leave out the template");
    if (!options->folder && tokens < LLMX_JUDGE_PROMPT_WHOLE)
        return err_set(err, LLMX_BAD_OPTION, "prompt-tokens %d: choose -1 (all) or more", tokens);
    if (options->folder &&
        (path_join(path, sizeof path, options->folder, JUDGE_TEMPLATE, err) != 0 ||
         read_notes(options->folder, &tokens, err) != 0))
        return -1;
    if (judge_prompt_open(prompt, "judge", options->folder ? path : options->template_path, err) !=
        0)
        return -1;
    prompt->prompt_tokens = tokens;
    return 0;
}

int llmx_judge_check(const struct llmx_judge_options *options, struct llmx_error *err)
{
    struct judge_prompt prompt;
    if (open_prompt(&prompt, options, err) != 0)
        return -1;
    judge_prompt_release(&prompt);
    return 0;
}

int llmx_judge_open(struct llmx_judge **judge, const struct llmx_model *model,
                    const struct llmx_judge_options *options, struct llmx_error *err)
{
    struct llmx_judge *j = judge_create(options, err);
    if (!j)
        return -1;
    j->model = model;
    if (open_prompt(&j->prompt, options, err) != 0 ||
        (options->folder && llmx_adapter_open(&j->adapter, model, options->folder, err) != 0)) {
        llmx_judge_close(j);
        return -1;
    }
    *judge = j;
    return 0;
}

int llmx_judge_open_remote(struct llmx_judge **judge, struct llmx_remote *remote,
                           const struct llmx_judge_options *options, struct llmx_error *err)
{
    struct llmx_judge *j = judge_create(options, err);
    int status = j ? judge_prompt_open(&j->prompt, "rubric", options->template_path, err) : -1;
    if (status == 0 && j->prompt.is_single)
        status = err_set(err, LLMX_BAD_OPTION,
                         "a layout with {text} is for a model here, which is asked for "
                         "probabilities; a server is shown {first} and {second}");
    if (status != 0) {
        llmx_judge_close(j);
        return -1;
    }
    j->remote = remote;
    *judge = j;
    return 0;
}

void llmx_judge_close(struct llmx_judge *judge)
{
    if (!judge)
        return;
    judge_prompt_release(&judge->prompt);
    llmx_adapter_destroy(judge->adapter);
    free(judge);
}

int llmx_judge_pairs(struct llmx_judge *judge, struct llmx_pairs *pairs, const char *out_path,
                     int resume, struct llmx_judge_report *report, struct llmx_error *err)
{
    *report = (struct llmx_judge_report){0};
    if (judge->remote)
        return judge_remote(judge, pairs, out_path, resume, report, err);
    if (judge_local(judge, pairs, report, err) != 0)
        return -1;
    return out_path ? llmx_pairs_write(pairs, out_path, err) : 0;
}
