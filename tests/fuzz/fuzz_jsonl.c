/* Any bytes: objects, then the end or an error; what was read can be written. */
#include "base/memory.h"
#include "format/jsonl.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct llmx_error err;
    json_t *object;
    double real;
    struct jsonl jsonl = {.lines.path = mem_text("fuzz", 4, &err), .allows_nul = n % 2 == 0};
    char *copy = mem_text((const char *)bytes, n, &err), *written = NULL;
    size_t size;
    FILE *out = open_memstream(&written, &size);
    jsonl.lines.stream = n ? fmemopen(copy, n, "r") : NULL;
    while (jsonl.lines.stream && jsonl_read(&jsonl, &object, &err) == 1) {
        jsonl_text(&jsonl, object, "text", &err);
        jsonl_real(&jsonl, object, "n", &real, &err);
        jsonl_write(out, object, &err);
        json_decref(object);
    }
    jsonl_close(&jsonl);
    fclose(out);
    free(written);
    free(copy);
    return 0;
}
