#include "llm/adapter_file.h"

#include "base/memory.h"
#include "base/plain_json.h"
#include "format/json_file.h"
#include "format/safetensors.h"
#include "llm/known_keys.h"
#include "product/dequantise.h"

#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *block, *module;
} linears[LINEARS] = {
    [LINEAR_Q] = {"self_attn", "q_proj"}, [LINEAR_K] = {"self_attn", "k_proj"},
    [LINEAR_V] = {"self_attn", "v_proj"}, [LINEAR_O] = {"self_attn", "o_proj"},
    [LINEAR_GATE] = {"mlp", "gate_proj"}, [LINEAR_UP] = {"mlp", "up_proj"},
    [LINEAR_DOWN] = {"mlp", "down_proj"},
};

const char *linear_name(enum linear linear)
{
    return linears[linear].module;
}

void adapter_tensor_name(char name[ADAPTER_NAME_MAX], int layer, enum linear linear, char matrix)
{
    snprintf(name, ADAPTER_NAME_MAX, "base_model.model.model.layers.%d.%s.%s.lora_%c.weight", layer,
             linears[linear].block, linears[linear].module, matrix);
}

/* One of the matrices: where it stands in the slab and what it is called. */
struct place {
    char name[ADAPTER_NAME_MAX];
    uint64_t dims[2];
    size_t offset, n;
};

/* Matrix i of an adapter: layer by layer, linear by linear, A before B. False where the layer is not adapted. */
static bool place_of(struct place *place, const struct lora *lora, int i)
{
    const struct lora_pair *pair = &lora->pairs[i / 2];
    const uint64_t rank = (uint64_t)pair->rank, in = (uint64_t)pair->in, out = (uint64_t)pair->out;
    if (rank == 0)
        return false;
    adapter_tensor_name(place->name, i / 2 / LINEARS, (enum linear)(i / 2 % LINEARS), "AB"[i % 2]);
    place->dims[0] = i % 2 ? out : rank;
    place->dims[1] = i % 2 ? rank : in;
    place->offset = i % 2 ? pair->b : pair->a;
    place->n = (size_t)(place->dims[0] * place->dims[1]);
    return true;
}

static int count_matrices(const struct lora *lora)
{
    return lora->layers * LINEARS * 2;
}

/* Matrices that begin as these words say leave the base model as it is; PiSSA, OLoRA, CorDA, LoftQ and their kin take
 * out of it what they begin with. */
static bool is_plain_start(const json_t *value, const void *context)
{
    static const char *const plain[] = {"gaussian", "eva", "orthogonal"};
    const char *word = json_string_value(value);
    (void)context;
    for (size_t i = 0; word && i < sizeof plain / sizeof *plain; i++)
        if (strcmp(word, plain[i]) == 0)
            return true;
    return json_is_null(value) || json_is_boolean(value);
}

static bool is_null(const json_t *value, const void *context)
{
    (void)context;
    return json_is_null(value);
}

static bool is_none(const json_t *value, const void *context)
{
    const char *word = json_string_value(value);
    (void)context;
    return json_is_null(value) || (word && strcmp(word, "none") == 0);
}

/* PEFT 0.21's keys that change what is computed, or that the tensors alone do not tell. */
static const struct known_key known_keys[] = {
    {"init_lora_weights", is_plain_start,
     "the adapter fits a base model that was changed before it was tuned, not the plain one; "
     "save it again with save_pretrained(..., path_initial_model_for_weight_conversion=...)"},
    {"bias", is_none, NULL},
    {"rank_pattern", key_is_off, NULL},
    {"alpha_pattern", key_is_off, NULL},
    {"layers_to_transform", is_null, NULL}, /* 0 is a layer */
    {"fan_in_fan_out", key_is_off, NULL},
    {"use_dora", key_is_off, NULL},
    {"use_qalora", key_is_off, NULL},
    {"use_bdlora", key_is_off, NULL},
    {"lora_bias", key_is_off, NULL},
    {"modules_to_save", key_is_off, NULL},
    {"trainable_token_indices", key_is_off, NULL},
    {"target_parameters", key_is_off, NULL},
    {"layer_replication", key_is_off, NULL},
    {"alora_invocation_tokens", key_is_off, NULL},
    {"megatron_config", key_is_off, NULL},
    {"arrow_config", key_is_off, NULL},
    {"kasa_config", key_is_off, NULL},
    {"monteclora_config", key_is_off, NULL},
    {"velora_config", key_is_off, NULL},
    {"use_rslora", key_is_boolean, NULL},
    {"peft_type", NULL, NULL},
    {"r", NULL, NULL},
    {"lora_alpha", NULL, NULL},
    {"lora_dropout", NULL, NULL},
    {"target_modules", NULL, NULL}, /* the tensors say which layers there are */
    {"exclude_modules", NULL, NULL},
    {"layers_pattern", NULL, NULL},
    {"inference_mode", NULL, NULL},
    {"auto_mapping", NULL, NULL},
    {"loftq_config", NULL, NULL}, /* how the matrices began: see init_lora_weights */
    {"eva_config", NULL, NULL},
    {"corda_config", NULL, NULL},
    {"qalora_group_size", NULL, NULL}, /* of use_qalora */
};

static int check_variant(const json_t *config, const char *path, struct llmx_error *err)
{
    const char *type = json_string_value(json_object_get(config, "peft_type"));
    if (!type)
        return err_set(err, LLMX_BAD_INPUT, "%s: \"peft_type\" is missing: no adapter of PEFT's",
                       path);
    if (strcmp(type, "LORA") != 0)
        return err_set(err, LLMX_UNSUPPORTED, "%s: adapters of type %s are not known; LORA is",
                       path, type);
    return known_keys_check(config, known_keys, sizeof known_keys / sizeof *known_keys, NULL, "",
                            path, err);
}

/* Which linear layers the first block adapts. */
static unsigned find_targets(const struct safetensors *st)
{
    unsigned targets = 0;
    char name[ADAPTER_NAME_MAX];
    for (int i = 0; i < LINEARS; i++) {
        adapter_tensor_name(name, 0, (enum linear)i, 'A');
        targets |= safetensors_find(st, name) ? 1u << i : 0;
    }
    return targets;
}

/* A name between lora_A and weight, as in PEFT's own state. */
static bool holds_adapter_names(const struct safetensors *st)
{
    for (uint32_t i = 0; i < st->names.count; i++) {
        const char *at = strstr(names_get(&st->names, i, NULL), ".lora_A.");
        if (at && strcmp(at, ".lora_A.weight") != 0)
            return true;
    }
    return false;
}

/* An empty adapter as the configuration and the tensors' names say. */
static int create(struct lora **lora, const json_t *object, const struct safetensors *st,
                  const char *path, const struct config *config, struct llmx_error *err)
{
    const json_t *rank = json_object_get(object, "r"),
                 *alpha = json_object_get(object, "lora_alpha");
    const unsigned targets = find_targets(st);
    if (check_variant(object, path, err) != 0)
        return -1;
    if (!json_is_integer(rank) || json_integer_value(rank) < 1 ||
        json_integer_value(rank) > LORA_RANK_MAX)
        return err_set(err, LLMX_BAD_INPUT, "%s: \"r\" must be an integer from 1 to %d", path,
                       LORA_RANK_MAX);
    if (!json_is_number(alpha) || !isfinite((float)json_number_value(alpha)))
        return err_set(err, LLMX_BAD_INPUT, "%s: \"lora_alpha\" must be a number", path);
    if (holds_adapter_names(st))
        return err_set(err, LLMX_UNSUPPORTED,
                       "%s: its tensors are called as a running PEFT model calls them "
                       "('lora_A.default.weight'); write the adapter with save_pretrained, which "
                       "leaves the adapter's name out",
                       path);
    if (targets == 0)
        return err_set(
            err, LLMX_MISMATCH,
            "%s: no linear layer of the first block is adapted; the adapter is of another "
            "kind of model",
            path);
    if (lora_create(lora, config, (int)json_integer_value(rank), targets, err) != 0)
        return -1;
    (*lora)->alpha = (float)json_number_value(alpha);
    (*lora)->dropout = (float)json_number_value(json_object_get(object, "lora_dropout"));
    (*lora)->is_rank_stabilised = json_is_true(json_object_get(object, "use_rslora"));
    return 0;
}

static int read_matrix(float *values, const struct place *place, const struct safetensors *st,
                       const char *path, struct llmx_error *err)
{
    const struct st_tensor *tensor = safetensors_find(st, place->name);
    if (!tensor)
        return err_set(
            err, LLMX_MISMATCH,
            "%s: the tensor %s is missing: an adapter of another model, or of some of its "
            "layers alone",
            path, place->name);
    if (tensor->type != DTYPE_F32 && tensor->type != DTYPE_F16 && tensor->type != DTYPE_BF16)
        return err_set(err, LLMX_UNSUPPORTED,
                       "%s: the tensor %s is of type %s; F32, F16 or BF16 is "
                       "needed",
                       path, place->name, dtype_name(tensor->type));
    if (tensor->n_dims != 2 || tensor->dims[0] != place->dims[0] ||
        tensor->dims[1] != place->dims[1])
        return err_set(
            err, LLMX_MISMATCH,
            "%s: the tensor %s is %llu x %llu and must be %llu x %llu: an adapter of another "
            "model or rank",
            path, place->name, (unsigned long long)tensor->dims[0],
            (unsigned long long)(tensor->n_dims > 1 ? tensor->dims[1] : 1),
            (unsigned long long)place->dims[0], (unsigned long long)place->dims[1]);
    dequantise(values + place->offset, tensor->data, tensor->type, place->n);
    for (size_t i = 0; i < place->n; i++)
        if (!isfinite(values[place->offset + i]))
            return err_set(err, LLMX_BAD_INPUT, "%s: the tensor %s holds a value that is no number",
                           path, place->name);
    return 0;
}

/* All matrices are there; is there anything else? */
static int check_rest(const struct lora *lora, const struct safetensors *st, const char *path,
                      struct llmx_error *err)
{
    struct names known = {0};
    struct place place;
    int result = -1;
    for (int i = 0; i < count_matrices(lora); i++)
        if (place_of(&place, lora, i) && names_add(&known, place.name, strlen(place.name), err) < 0)
            goto done;
    for (uint32_t i = 0; i < st->names.count; i++) {
        size_t n;
        const char *name = names_get(&st->names, i, &n);
        if (names_find(&known, name, n) < 0) {
            err_set(err, LLMX_MISMATCH,
                    "%s: the tensor %s has no place in this model of %d layers (llmxrec adapts "
                    "linear layers alone)",
                    path, name, lora->layers);
            goto done;
        }
    }
    result = 0;
done:
    names_release(&known);
    return result;
}

static int read_values(struct lora *lora, const struct safetensors *st, const char *path,
                       struct llmx_error *err)
{
    struct place place;
    for (int i = 0; i < count_matrices(lora); i++)
        if (place_of(&place, lora, i) && read_matrix(lora->values, &place, st, path, err) != 0)
            return -1;
    return check_rest(lora, st, path, err);
}

/* Older versions of PEFT wrote a pickle. */
static int refuse_pickle(const char *path, const char *model_path, struct llmx_error *err)
{
    char pickle[PATH_MAX];
    if (path_join(pickle, sizeof pickle, path, "adapter_model.bin", err) != 0)
        return -1;
    if (access(model_path, F_OK) == 0 || access(pickle, F_OK) != 0)
        return 0;
    return err_set(err, LLMX_UNSUPPORTED,
                   "%s is a pickle, which can run code when it is read; make " ADAPTER_MODEL
                   " of it, in that folder: python3 -c \"import torch, safetensors.torch as s; "
                   "s.save_file({k: v.contiguous() for k, v in torch.load('adapter_model.bin', "
                   "map_location='cpu', weights_only=True).items()}, '" ADAPTER_MODEL "')\"",
                   pickle);
}

int adapter_read(struct lora **lora, const char *path, const struct config *config,
                 struct llmx_error *err)
{
    char config_path[PATH_MAX], model_path[PATH_MAX];
    struct safetensors st = {0};
    struct lora *l = NULL;
    json_t *object = NULL;
    int result = -1;
    if (path_join(config_path, sizeof config_path, path, ADAPTER_CONFIG, err) != 0 ||
        path_join(model_path, sizeof model_path, path, ADAPTER_MODEL, err) != 0 ||
        !(object = json_file_read(config_path, err)) || refuse_pickle(path, model_path, err) != 0 ||
        safetensors_open(&st, model_path, err) != 0 ||
        create(&l, object, &st, config_path, config, err) != 0 ||
        read_values(l, &st, model_path, err) != 0)
        goto done;
    *lora = l;
    l = NULL;
    result = 0;
done:
    lora_destroy(l);
    safetensors_release(&st);
    json_decref(object);
    return result;
}

static json_t *targets_json(unsigned targets)
{
    json_t *list = json_array();
    for (int i = 0; i < LINEARS; i++)
        if (targets & 1u << i && json_array_append_new(list, json_string(linears[i].module)) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static int write_config(const struct lora *lora, const char *path, const char *base,
                        struct llmx_error *err)
{
    struct output output = {0};
    int result = -1;
    json_t *object = json_pack(
        "{s:s?, s:s, s:b, s:b, s:b, s:f, s:f, s:s, s:i, s:o, s:s, s:b}", "base_model_name_or_path",
        base, "bias", "none", "fan_in_fan_out", 0, "inference_mode", 1, "init_lora_weights", 1,
        "lora_alpha", (double)lora->alpha, "lora_dropout", (double)lora->dropout, "peft_type",
        "LORA", "r", lora->rank, "target_modules", targets_json(lora->targets), "task_type",
        "CAUSAL_LM", "use_rslora", lora->is_rank_stabilised);
    if (!object)
        return err_set(err, LLMX_NO_MEMORY,
                       "cannot write %s: out of memory, or the base's name is not UTF-8", path);
    if (output_open(&output, path, err) == 0) {
        if (plain_json_dumpf(object, output.stream, JSON_INDENT(2) | JSON_REAL_PRECISION(7)) == 0)
            putc('\n', output.stream);
        result = output_commit(&output, err);
    }
    output_discard(&output);
    json_decref(object);
    return result;
}

static int write_values(const struct lora *lora, const char *path, struct llmx_error *err)
{
    static const char *const meta[][2] = {{"format", "pt"}};
    const size_t most = (size_t)count_matrices(lora);
    struct place *places = mem_array(most, sizeof *places, err);
    struct st_entry *entries = mem_array(most, sizeof *entries, err);
    int n = 0, result = -1;
    for (int i = 0; places && entries && i < count_matrices(lora); i++) {
        if (!place_of(&places[n], lora, i))
            continue;
        entries[n] = (struct st_entry){places[n].name,
                                       DTYPE_F32,
                                       2,
                                       {places[n].dims[0], places[n].dims[1]},
                                       lora->values + places[n].offset};
        n++;
    }
    if (n)
        result = safetensors_write(path, entries, n, meta, 1, err);
    free(entries);
    free(places);
    return result;
}

int adapter_write(const struct lora *lora, const char *path, const char *base,
                  struct llmx_error *err)
{
    char config_path[PATH_MAX], model_path[PATH_MAX];
    if (path_join(config_path, sizeof config_path, path, ADAPTER_CONFIG, err) != 0 ||
        path_join(model_path, sizeof model_path, path, ADAPTER_MODEL, err) != 0 ||
        directory_make(path, err) != 0 || write_config(lora, config_path, base, err) != 0)
        return -1;
    return write_values(lora, model_path, err);
}
