/* adapter_notes.c - what an adapter was tuned for, in llmxrec.json beside PEFT's files: the template of its examples. */
#include "llm/adapter_notes.h"

#include "base/file.h"
#include "base/folder.h"
#include "base/plain_json.h"
#include "format/json_file.h"
#include "llmxrec/adapter.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

int adapter_notes_write(const char *path, const char *template, struct llmx_error *err)
{
    json_t *notes = json_pack("{s:s}", "template", template);
    char *text = notes ? plain_json_dumps(notes, 0) : NULL;
    const int result =
        text ? folder_write(path, ADAPTER_NOTES, text, strlen(text), err)
             : err_set(err, LLMX_NO_MEMORY,
                       "cannot note the template: out of memory, or its name is not UTF-8");
    free(text);
    json_decref(notes);
    return result;
}

int llmx_adapter_template(const char *adapter_path, char *name, size_t size, struct llmx_error *err)
{
    char path[PATH_MAX];
    name[0] = '\0';
    if (!folder_has(adapter_path, ADAPTER_NOTES))
        return 0;
    if (path_join(path, sizeof path, adapter_path, ADAPTER_NOTES, err) != 0)
        return -1;
    json_t *notes = json_file_read(path, err);
    if (!notes)
        return -1;
    const char *template = json_string_value(json_object_get(notes, "template"));
    int result = 0;
    if (template && strlen(template) >= size)
        result = err_set(err, LLMX_TOO_LARGE, "%s: the template's name is too long", path);
    else if (template)
        memcpy(name, template, strlen(template) + 1);
    json_decref(notes);
    return result;
}
