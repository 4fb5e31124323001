/* tokenize_lines.c - texts from JSON Lines, the same lines back with their ids. */
#include "base/file.h"
#include "format/jsonl.h"
#include "llmxrec/llm.h"

#include <stdlib.h>

static int tokenize_line(const struct llmx_tokenizer *tokenizer, const struct jsonl *in,
                         json_t *object, int parse_special, struct llmx_error *err)
{
    int32_t *ids;
    const char *text = jsonl_text(in, object, "text", err);
    if (!text)
        return -1;
    size_t length = json_string_length(json_object_get(object, "text"));
    int n = llmx_tokenize(tokenizer, text, length, parse_special, parse_special, &ids, err);
    if (n < 0)
        return err_prefix(err, "%s:%ld", in->lines.path, in->lines.number);
    json_t *list = json_array();
    int failed = list == NULL;
    for (int i = 0; i < n && !failed; i++)
        failed = json_array_append_new(list, json_integer(ids[i]));
    free(ids);
    if (failed || json_object_set(object, "ids", list) != 0)
        failed = err_set(err, LLMX_NO_MEMORY, "out of memory for %d ids", n);
    json_decref(list);
    return failed ? -1 : 0;
}

int llmx_tokenize_lines(const struct llmx_tokenizer *tokenizer, const char *in_path,
                        int parse_special, const char *out_path, struct llmx_error *err)
{
    struct jsonl in = {0};
    struct output out = {0};
    json_t *object = NULL;
    int result = -1, more;
    if (jsonl_open(&in, in_path, err) != 0 || output_open(&out, out_path, err) != 0)
        goto done;
    in.allows_nul = true;
    while ((more = jsonl_read(&in, &object, err)) == 1) {
        int failed = tokenize_line(tokenizer, &in, object, parse_special, err) != 0 ||
                     jsonl_write(out.stream, object, err) != 0;
        json_decref(object);
        if (failed)
            goto done;
    }
    if (more == 0)
        result = output_commit(&out, err);
done:
    output_discard(&out);
    jsonl_close(&in);
    return result;
}
