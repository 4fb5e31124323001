#include "remote/kept_answers.h"

#include "format/jsonl.h"

static int accept(void *context, const json_t *line, struct llmx_error *err)
{
    struct kept_answers *kept = context;
    const char *name = json_string_value(json_object_get(line, "question"));
    json_t *text = json_object_get(line, "text");
    if (!name || !json_is_string(text))
        return err_set(err, LLMX_MISMATCH, "not an answer that a run kept: remove the file");
    return json_object_set(kept->text, name, text) == 0
               ? 0
               : err_set(err, LLMX_NO_MEMORY, "out of memory");
}

int kept_answers_open(struct kept_answers *kept, const char *out_path, bool resume,
                      struct llmx_error *err)
{
    *kept = (struct kept_answers){.text = json_object()};
    if (!kept->text)
        return err_set(err, LLMX_NO_MEMORY, "out of memory");
    return out_path ? partial_open(&kept->file, out_path, ".answers", resume, accept, kept, err)
                    : 0;
}

int kept_answers_add(struct kept_answers *kept, const char *name, const char *text,
                     struct llmx_error *err)
{
    if (!kept->file.stream)
        return 0;
    json_t *line = json_pack("{s:s, s:s}", "question", name, "text", text);
    int status = line ? jsonl_write(kept->file.stream, line, err)
                      : err_set(err, LLMX_NO_MEMORY, "out of memory");
    if (status == 0 && fflush(kept->file.stream) != 0)
        status = err_system(err, "cannot write %s", kept->file.partial);
    json_decref(line);
    return status;
}

void kept_answers_close(struct kept_answers *kept, bool is_done)
{
    if (is_done)
        partial_remove(&kept->file);
    partial_close(&kept->file);
    json_decref(kept->text);
}
