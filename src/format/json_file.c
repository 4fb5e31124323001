#include "format/json_file.h"

#include "base/file.h"
#include "base/plain_json.h"
#include "base/utf8.h"

json_t *json_file_read(const char *path, struct llmx_error *err)
{
    struct mapping mapping;
    json_error_t what;
    json_t *value = NULL;
    if (mapping_open(&mapping, path, err) != 0)
        return NULL;
    const size_t mark = utf8_mark(mapping.data, mapping.size);
    if (mapping.size > JSON_FILE_MAX)
        err_set(err, LLMX_TOO_LARGE, "%s: larger than %zu MiB", path, JSON_FILE_MAX >> 20);
    else if (!(value = plain_json_loadb((const char *)mapping.data + mark, mapping.size - mark,
                                        JSON_REJECT_DUPLICATES, &what)))
        err_set(err, LLMX_BAD_INPUT, "%s:%d: not valid JSON: %s", path, what.line, what.text);
    mapping_release(&mapping);
    return value;
}
