/* Any bytes as an adapter's folder, its configuration up to the first NUL and then its tensors: an adapter, or an error. */
#include "llm/adapter_file.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void write_file(const char *folder, const char *name, const uint8_t *bytes, size_t n)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, n, f) != n || fclose(f) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const struct config config = {.hidden = 16,
                                         .layers = 1,
                                         .heads = 1,
                                         .kv_heads = 1,
                                         .head_dim = 16,
                                         .ffn = 16,
                                         .vocabulary = 16,
                                         .context = 16};
    static char folder[] = "/tmp/llmxrec-fuzz-XXXXXX";
    static int is_made;
    struct lora *lora;
    struct llmx_error err;
    if (!is_made++ && !mkdtemp(folder))
        abort();
    const uint8_t *nul = n ? memchr(bytes, 0, n) : NULL;
    const size_t first = nul ? (size_t)(nul - bytes) : n;
    write_file(folder, ADAPTER_CONFIG, bytes, first);
    write_file(folder, ADAPTER_MODEL, bytes + first + (nul != NULL), n - first - (nul != NULL));
    if (adapter_read(&lora, folder, &config, &err) != 0)
        return 0;
    lora_absorb_scale(lora);
    assert(lora->rank >= 1 && lora->n > 0);
    lora_destroy(lora);
    return 0;
}
