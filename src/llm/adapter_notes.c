/* adapter_notes.c - what an adapter was tuned for, in llmxrec.json beside PEFT's files: the template of its
 * examples, and which file they were. */
#include "llm/adapter_notes.h"

#include "base/file.h"
#include "base/folder.h"
#include "base/plain_json.h"
#include "data/source_files.h"
#include "format/json_file.h"
#include "format/yaml_map.h"
#include "llmxrec/adapter.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static void note_examples(json_t *notes, const char *path)
{
    struct stat file;
    uint64_t hash;
    char digits[20];
    if (stat(path, &file) != 0 || source_file_hash(path, file.st_size, &hash) != 0)
        return; /* a pipe */
    snprintf(digits, sizeof digits, "%016" PRIx64, hash);
    json_object_set_new(notes, "examples",
                        json_pack("{s:I, s:s}", "bytes", (json_int_t)file.st_size, "hash", digits));
}

int adapter_notes_write(const char *path, const char *template, const char *examples_path,
                        struct llmx_error *err)
{
    json_t *notes = template ? json_pack("{s:s}", "template", template) : json_object();
    if (notes)
        note_examples(notes, examples_path);
    char *text = notes ? plain_json_dumps(notes, 0) : NULL;
    const int result =
        text ? folder_write(path, ADAPTER_NOTES, text, strlen(text), err)
             : err_set(err, LLMX_NO_MEMORY,
                       "cannot note the template: out of memory, or its name is not UTF-8");
    free(text);
    json_decref(notes);
    return result;
}

/* *notes NULL: there is no llmxrec.json. Else json_decref(*notes). */
static int read_notes(const char *adapter_path, json_t **notes, struct llmx_error *err)
{
    char path[PATH_MAX];
    *notes = NULL;
    if (!folder_has(adapter_path, ADAPTER_NOTES))
        return 0;
    if (path_join(path, sizeof path, adapter_path, ADAPTER_NOTES, err) != 0)
        return -1;
    *notes = json_file_read(path, err);
    return *notes ? 0 : -1;
}

static int read_place(const char *adapter_path, char *examples_path, size_t size,
                      struct llmx_error *err)
{
    char path[PATH_MAX];
    struct yaml_map config;
    examples_path[0] = '\0';
    if (!folder_has(adapter_path, "config.yaml"))
        return 0;
    if (path_join(path, sizeof path, adapter_path, "config.yaml", err) != 0 ||
        yaml_map_open(&config, path, LLMX_BAD_INPUT, err) != 0)
        return -1;
    for (int i = 0; i < config.root.n; i++)
        if (strcmp(config.root.items[i].key, "examples") == 0 &&
            config.root.items[i].kind == YAML_WORD)
            snprintf(examples_path, size, "%s", config.root.items[i].word);
    yaml_map_release(&config);
    return 0;
}

int adapter_notes_examples(const char *path, char *examples_path, size_t size,
                           struct llmx_error *err)
{
    json_t *notes;
    uint64_t hash;
    char digits[20];
    if (read_place(path, examples_path, size, err) != 0 || read_notes(path, &notes, err) != 0)
        return -1;
    const json_t *noted = json_object_get(notes, "examples");
    const char *was = json_string_value(json_object_get(noted, "hash"));
    int result = ADAPTER_EXAMPLES_UNKNOWN;
    if (was && *examples_path) {
        result = ADAPTER_EXAMPLES_GONE;
        if (source_file_hash(examples_path, json_integer_value(json_object_get(noted, "bytes")),
                             &hash) == 0) {
            snprintf(digits, sizeof digits, "%016" PRIx64, hash);
            result = strcmp(digits, was) == 0 ? ADAPTER_EXAMPLES_THERE : ADAPTER_EXAMPLES_GONE;
        }
    }
    json_decref(notes);
    return result;
}

int llmx_adapter_template(const char *adapter_path, char *name, size_t size, struct llmx_error *err)
{
    json_t *notes;
    name[0] = '\0';
    if (read_notes(adapter_path, &notes, err) != 0)
        return -1;
    const char *template = json_string_value(json_object_get(notes, "template"));
    int result = 0;
    if (template && strlen(template) >= size)
        result = err_set(err, LLMX_TOO_LARGE, "%s/%s: the template's name is too long",
                         adapter_path, ADAPTER_NOTES);
    else if (template)
        memcpy(name, template, strlen(template) + 1);
    json_decref(notes);
    return result;
}
