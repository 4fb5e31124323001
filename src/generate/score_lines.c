/* score_lines.c - texts or ids from JSON Lines, the same lines back with the log-probability of every next token. */
#include "base/file.h"
#include "base/memory.h"
#include "format/jsonl.h"
#include "llmxrec/llm.h"

#include <stdbool.h>
#include <stdlib.h>

struct score_lines {
    const struct llmx_model *model;
    struct jsonl in;
    struct output out;
};

static int ids_from_array(const struct score_lines *s, const json_t *array, int32_t **ids,
                          struct llmx_error *err)
{
    size_t n = json_array_size(array);
    if (!json_is_array(array) || n > INT32_MAX)
        return err_set(err, LLMX_BAD_INPUT, "%s:%ld: 'ids' must be an array of token ids",
                       s->in.lines.path, s->in.lines.number);
    *ids = mem_array(n, sizeof **ids, err);
    for (size_t i = 0; *ids && i < n; i++) {
        const json_t *id = json_array_get(array, i);
        json_int_t value = json_is_integer(id) ? json_integer_value(id) : -1;
        if (value < 0 || value > INT32_MAX) {
            free(*ids);
            return err_set(err, LLMX_BAD_INPUT, "%s:%ld: element %zu of 'ids' is not a token id",
                           s->in.lines.path, s->in.lines.number, i);
        }
        (*ids)[i] = (int32_t)value;
    }
    return *ids ? (int)n : -1;
}

/* The ids that a line gives, or those of its text; free(*ids). */
static int ids_of(const struct score_lines *s, const json_t *object, int32_t **ids,
                  struct llmx_error *err)
{
    const json_t *array = json_object_get(object, "ids");
    if (array)
        return ids_from_array(s, array, ids, err);
    if (!json_object_get(object, "text"))
        return err_set(err, LLMX_BAD_INPUT, "%s:%ld: a line needs 'ids' or 'text'",
                       s->in.lines.path, s->in.lines.number);
    const char *text = jsonl_text(&s->in, object, "text", err);
    if (!text)
        return -1;
    int n = llmx_tokenize(llmx_model_tokenizer(s->model), text,
                          json_string_length(json_object_get(object, "text")), 1, 1, ids, err);
    return n >= 0 ? n : err_prefix(err, "%s:%ld", s->in.lines.path, s->in.lines.number);
}

static int put_scores(json_t *object, const float *scores, int n, struct llmx_error *err)
{
    json_t *list = json_array();
    bool failed = list == NULL;
    for (int i = 0; i < n && !failed; i++)
        failed = json_array_append_new(list, json_real((double)scores[i])) != 0;
    if (failed || json_object_set(object, "next_logprob", list) != 0)
        failed = err_set(err, LLMX_NO_MEMORY, "out of memory for %d scores", n) != 0;
    json_decref(list);
    return failed ? -1 : 0;
}

static int score_line(const struct score_lines *s, json_t *object, struct llmx_error *err)
{
    int32_t *ids = NULL;
    float *scores = NULL;
    int result = -1, n = ids_of(s, object, &ids, err);
    if (n < 0)
        return -1;
    scores = mem_array((size_t)n, sizeof *scores, err);
    if (!scores)
        goto done;
    if (llmx_score(s->model, NULL, ids, n, scores, err) != 0)
        err_prefix(err, "%s:%ld", s->in.lines.path, s->in.lines.number);
    else
        result = put_scores(object, scores, n > 0 ? n - 1 : 0, err);
done:
    free(ids);
    free(scores);
    return result;
}

int llmx_score_lines(const struct llmx_model *model, const char *in_path, const char *out_path,
                     struct llmx_error *err)
{
    struct score_lines s = {.model = model};
    json_t *object = NULL;
    int result = -1, more;
    if (jsonl_open(&s.in, in_path, err) != 0 || output_open(&s.out, out_path, err) != 0)
        goto done;
    s.in.allows_nul = true;
    while ((more = jsonl_read(&s.in, &object, err)) == 1) {
        int failed =
            score_line(&s, object, err) != 0 || jsonl_write(s.out.stream, object, err) != 0;
        json_decref(object);
        if (failed)
            goto done;
    }
    if (more == 0)
        result = output_commit(&s.out, err);
done:
    output_discard(&s.out);
    jsonl_close(&s.in);
    return result;
}
