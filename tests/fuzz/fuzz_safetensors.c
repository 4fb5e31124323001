/* Any bytes: tensors that can all be read, or an error. */
#include "format/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static volatile unsigned sink;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct safetensors st = {0};
    struct llmx_error err;
    if (safetensors_parse(&st, bytes, n, "fuzz", &err) == 0) {
        for (uint32_t i = 0; i < st.names.count; i++) {
            const struct st_tensor *t = &st.tensors[i];
            sink += t->size ? t->data[0] + t->data[t->size - 1] : 0;
            safetensors_need(&st, names_get(&st.names, i, NULL), DTYPE_F32, 1, (uint64_t[]){2},
                             &err);
        }
    }
    safetensors_release(&st);
    return 0;
}
