/* model_describe.c - what a language model file holds, told without loading its weights. */
#include "base/plain.h"
#include "base/plain_json.h"
#include "llm/model.h"
#include "llm/source_config.h"
#include "token/chat.h"

#include <inttypes.h>
#include <jansson.h>

/* What running the model in one precision takes. */
struct memory_needed {
    const char *precision;
    uint64_t weights, kv; /* bytes: of all weights, of one token's keys and values */
};

#define PRECISIONS 3

struct model_description {
    struct config config;
    const char *path, *format;
    char name[128];             /* as the file calls itself; may be empty */
    uint64_t parameters, bytes; /* of all tensors */
    uint64_t tensors[DTYPE_COUNT], type_bytes[DTYPE_COUNT];
    uint64_t int8_bytes;              /* of all tensors as int8 packs them */
    char tokenizer[LLMX_MESSAGE_MAX]; /* kind, or why it cannot be used */
    char template[LLMX_MESSAGE_MAX];  /* family, or why it cannot be used */
    int tokens;                       /* the tokenizer knows */
    int parts;                        /* files that hold the tensors */
};

static void count_tensor(struct model_description *d, enum dtype type, const uint64_t *dims,
                         int n_dims, size_t bytes)
{
    uint64_t n = 1;
    for (int i = 0; i < n_dims; i++)
        n *= dims[i];
    d->parameters += n;
    d->bytes += bytes;
    d->tensors[type]++;
    d->type_bytes[type] += bytes;
    d->int8_bytes += is_packed_as_held(type)
                         ? bytes
                         : n * dtype_block_bytes(DTYPE_Q8_0) / dtype_block_values(DTYPE_Q8_0);
}

static void count_tensors(struct model_description *d, const struct source *source)
{
    for (uint32_t i = 0; i < source->gguf.names.count; i++) {
        const struct gguf_tensor *t = &source->gguf.tensors[i];
        count_tensor(d, t->type, t->dims, t->n_dims, t->size);
    }
    for (uint32_t i = 0; i < source->safetensors.names.count; i++) {
        const struct st_tensor *t = &source->safetensors.tensors[i];
        count_tensor(d, t->type, t->dims, t->n_dims, t->size);
    }
}

/* A tokenizer or template that cannot be used is part of the description, not a failure of it. */
static int describe_tokenizer(struct model_description *d, const struct source *source,
                              struct llmx_error *err)
{
    struct llmx_tokenizer *t;
    struct llmx_error why;
    struct chat_format format;
    int failed = source->is_gguf ? tokenizer_from_gguf(&t, &source->gguf, &why)
                                 : tokenizer_from_folder(&t, source->path, &why);
    if (failed && why.code == LLMX_NO_MEMORY)
        return err_set(err, why.code, "%s", why.message);
    if (failed) {
        snprintf(d->tokenizer, sizeof d->tokenizer, "%s", why.message);
        snprintf(d->template, sizeof d->template, "unknown");
        return 0;
    }
    size_t n;
    const char *jinja = tokenizer_template(t, &n);
    int is_known = chat_recognise(jinja, n, &format, &why) == 0;
    d->tokens = tokenizer_vocabulary(t);
    snprintf(d->tokenizer, sizeof d->tokenizer, "%s", tokenizer_kind(t));
    snprintf(d->template, sizeof d->template, "%s", is_known ? format.name : why.message);
    llmx_tokenizer_destroy(t);
    return 0;
}

static int describe(struct model_description *d, const struct source *source,
                    struct llmx_error *err)
{
    d->path = source->path;
    d->format = source->is_gguf ? "GGUF" : "safetensors";
    d->parts = source->is_gguf ? source->gguf.n_mappings : 1;
    if (source_config(&d->config, source, err) != 0)
        return -1;
    size_t n = 0;
    const char *name = source->is_gguf ? gguf_text(&source->gguf, "general.name", &n) : NULL;
    if (name)
        snprintf(d->name, sizeof d->name, "%.*s", (int)(n < sizeof d->name ? n : sizeof d->name),
                 name);
    count_tensors(d, source);
    return describe_tokenizer(d, source, err);
}

/* Keys and values of one token, in elements. */
static uint64_t kv_elements(const struct config *c)
{
    return 2 * (uint64_t)c->layers * (uint64_t)c->kv_heads * (uint64_t)c->head_dim;
}

static double mb(uint64_t bytes)
{
    return (double)bytes * 1e-6;
}

/* Returns how many there are: a model may not be able to run in int8. */
static int list_memory(struct memory_needed needed[PRECISIONS], const struct model_description *d)
{
    const uint64_t kv = kv_elements(&d->config);
    int n = 0;
    if (ungrouped_size(&d->config) == 0)
        needed[n++] = (struct memory_needed){"int8", d->int8_bytes, 2 * kv};
    needed[n++] = (struct memory_needed){"bf16", 2 * d->parameters, 2 * kv};
    needed[n++] = (struct memory_needed){"f32", 4 * d->parameters, 4 * kv};
    return n;
}

static void print_memory(const struct model_description *d, FILE *f)
{
    struct memory_needed needed[PRECISIONS];
    const int n = list_memory(needed, d), context = d->config.context;
    for (int i = 0; i < n; i++)
        plain_fprintf(
            f,
            "  memory in %-5s %.0f MB weights + %.1f kB a token of context (%.0f MB for all %d)\n",
            needed[i].precision, mb(needed[i].weights), (double)needed[i].kv * 1e-3,
            mb(needed[i].kv * (uint64_t)context), context);
}

static void print_text(const struct model_description *d, FILE *f)
{
    const struct config *c = &d->config;
    fprintf(f, "%s\n", d->path);
    if (*d->name)
        fprintf(f, "  name            %s\n", d->name);
    fprintf(f, "  family          %s (%s)\n", family_name(c->family), d->format);
    if (d->parts > 1)
        fprintf(f, "  files           part 1 of %d, read with the others\n", d->parts);
    plain_fprintf(f, "  parameters      %.1f million, %.1f MB in the file\n",
                  (double)d->parameters * 1e-6, mb(d->bytes));
    fprintf(f, "  layers          %d of %d wide, feed-forward %d\n", c->layers, c->hidden, c->ffn);
    fprintf(f, "  attention       %d heads of %d, %d for keys and values", c->heads, c->head_dim,
            c->kv_heads);
    if (c->window)
        fprintf(f, ", sliding window of %d tokens", c->window);
    plain_fprintf(f, "\n  context         %d tokens (rope base %g", c->context, c->rope_theta);
    if (c->rope_scaling.factor > 0)
        plain_fprintf(f, ", scaled by %g", c->rope_scaling.factor);
    fprintf(f, ")\n  vocabulary      %d%s\n", c->vocabulary,
            c->is_tied ? ", embedding shared with the output" : "");
    fprintf(f, "  tensors        ");
    for (int type = 0, first = 1; type < DTYPE_COUNT; type++) {
        if (d->tensors[type])
            plain_fprintf(f, "%s %" PRIu64 " %s (%.1f MB)", first ? "" : ",", d->tensors[type],
                          dtype_name((enum dtype)type), mb(d->type_bytes[type]));
        first = first && !d->tensors[type];
    }
    fprintf(f, "\n  tokenizer       %s", d->tokenizer);
    if (d->tokens)
        fprintf(f, ", %d tokens", d->tokens);
    fprintf(f, "\n  chat template   %s\n", d->template);
    print_memory(d, f);
}

static json_t *tensors_object(const struct model_description *d)
{
    json_t *object = json_object();
    for (int type = 0; type < DTYPE_COUNT; type++) {
        if (d->tensors[type])
            json_object_set_new(object, dtype_name((enum dtype)type),
                                json_pack("{s:I, s:I}", "tensors", (json_int_t)d->tensors[type],
                                          "bytes", (json_int_t)d->type_bytes[type]));
    }
    return object;
}

static json_t *memory_object(const struct model_description *d)
{
    struct memory_needed needed[PRECISIONS];
    const int n = list_memory(needed, d);
    json_t *object = json_object();
    for (int i = 0; i < n; i++)
        json_object_set_new(object, needed[i].precision,
                            json_pack("{s:I, s:I}", "weights_bytes", (json_int_t)needed[i].weights,
                                      "kv_bytes_per_token", (json_int_t)needed[i].kv));
    return object;
}

static int print_json(const struct model_description *d, FILE *f, struct llmx_error *err)
{
    const struct config *c = &d->config;
    json_t *object = json_pack(
        "{s:s, s:s, s:s, s:s, s:I, s:I, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:f, s:f, "
        "s:b, s:o, s:s, s:i, s:s, s:o}",
        "path", d->path, "format", d->format, "name", d->name, "family", family_name(c->family),
        "parameters", (json_int_t)d->parameters, "bytes", (json_int_t)d->bytes, "layers", c->layers,
        "hidden", c->hidden, "ffn", c->ffn, "heads", c->heads, "kv_heads", c->kv_heads, "head_dim",
        c->head_dim, "context", c->context, "window", c->window, "vocabulary", c->vocabulary,
        "rope_base", c->rope_theta, "rope_scaling", c->rope_scaling.factor, "tied", (int)c->is_tied,
        "types", tensors_object(d), "tokenizer", d->tokenizer, "tokens", d->tokens, "chat_template",
        d->template, "memory", memory_object(d));
    if (!object) /* names from a file need not be UTF-8 */
        return err_set(err, LLMX_BAD_INPUT,
                       "%s: cannot be described as JSON: its name or path is not UTF-8", d->path);
    plain_json_dumpf(object, f, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
    fputc('\n', f);
    json_decref(object);
    return 0;
}

int llmx_model_describe(const char *path, FILE *stream, int is_json, struct llmx_error *err)
{
    struct source source;
    struct model_description description = {0};
    if (source_open(&source, path, err) != 0)
        return -1;
    int result = describe(&description, &source, err);
    if (result == 0 && is_json)
        result = print_json(&description, stream, err);
    else if (result == 0)
        print_text(&description, stream);
    source_release(&source);
    return result;
}
