/* export.c - an adapter as a GGUF file for llama.cpp, as its convert_lora_to_gguf.py lays one out. */
#include "base/file.h"
#include "convert/merging.h"
#include "format/gguf_write.h"
#include "llm/adapter_file.h"
#include "llm/source_config.h"
#include "llmxrec/adapter.h"

#include <string.h>

static const char *const tensor_names[LINEARS] = {
    [LINEAR_Q] = "attn_q",      [LINEAR_K] = "attn_k",      [LINEAR_V] = "attn_v",
    [LINEAR_O] = "attn_output", [LINEAR_GATE] = "ffn_gate", [LINEAR_UP] = "ffn_up",
    [LINEAR_DOWN] = "ffn_down"};

struct exporting {
    struct config config;
    struct lora *lora;
    char architecture[64];
};

static int read_base(struct exporting *e, const char *path, struct llmx_error *err)
{
    struct source source;
    if (source_open(&source, path, err) != 0)
        return -1;
    int result = source_config(&e->config, &source, err);
    if (result == 0) {
        const char *name = merging_architecture(&e->config);
        size_t n = strlen(name);
        if (source.is_gguf)
            name = gguf_text(&source.gguf, "general.architecture", &n);
        snprintf(e->architecture, sizeof e->architecture, "%.*s", (int)n, name);
    }
    source_release(&source);
    return result;
}

/* llama.cpp scales by alpha / rank. */
static void put_all(struct gguf_writer *w, const struct exporting *e)
{
    const struct lora *lora = e->lora;
    gguf_writer_text(w, "general.type", "adapter");
    gguf_writer_text(w, "general.architecture", e->architecture);
    gguf_writer_text(w, "adapter.type", "lora");
    gguf_writer_f32(w, "adapter.lora.alpha", lora_scale(lora) * (float)lora->rank);
    for (int i = 0; i < lora->layers * LINEARS; i++) {
        const struct lora_pair *p = &lora->pairs[i];
        for (int side = 0; side < 2 && p->rank; side++) {
            char name[64];
            snprintf(name, sizeof name, "blk.%d.%s.weight.lora_%c", i / LINEARS,
                     tensor_names[i % LINEARS], "ab"[side]);
            uint64_t dims[] = {(uint64_t)(side ? p->rank : p->in),
                               (uint64_t)(side ? p->out : p->rank)};
            gguf_writer_tensor(w, name, DTYPE_F32, 2, dims);
        }
    }
}

static void write_pair(const struct gguf_writer *w, const struct exporting *e, int number)
{
    const struct lora_pair *p = &e->lora->pairs[number];
    bool is_permuted = merging_permutes(&e->config, (enum linear)(number % LINEARS));
    size_t a = (size_t)p->rank * (size_t)p->in, rank = (size_t)p->rank;
    fwrite(e->lora->values + p->a, sizeof(float), a, w->stream);
    gguf_writer_pad(w, a * sizeof(float));
    for (int row = 0; row < p->out; row++) {
        int from = is_permuted ? merging_row(&e->config, row) : row;
        fwrite(e->lora->values + p->b + (size_t)from * rank, sizeof(float), rank, w->stream);
    }
    gguf_writer_pad(w, (uint64_t)p->out * rank * sizeof(float));
}

int llmx_adapter_export(const char *base_path, const char *adapter_path, const char *out_path,
                        struct llmx_error *err)
{
    struct exporting e = {0};
    struct gguf_writer w = {0};
    struct output output = {0};
    int result = -1;
    if (read_base(&e, base_path, err) != 0 ||
        adapter_read(&e.lora, adapter_path, &e.config, err) != 0)
        goto done;
    put_all(&w, &e);
    if (output_open(&output, out_path, err) != 0 || gguf_writer_begin(&w, output.stream, err) != 0)
        goto done;
    for (int i = 0; i < e.lora->layers * LINEARS; i++)
        if (e.lora->pairs[i].rank)
            write_pair(&w, &e, i);
    result = output_commit(&output, err);
done:
    output_discard(&output);
    gguf_writer_release(&w);
    lora_destroy(e.lora);
    return result;
}
