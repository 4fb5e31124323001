#include "tune/examples.h"

#include "base/memory.h"
#include "base/names.h"
#include "base/rng.h"
#include "base/text.h"
#include "format/jsonl.h"

#include <stdlib.h>
#include <string.h>

#define SPLIT_STREAM UINT64_MAX /* of RNG_SHUFFLE; epochs take the numbers from 0 on */
#define KEEP_STREAM  (UINT64_MAX - 1)

#define HISTORY_FORM                                                                               \
    "the field \"history\" must be a list of pairs of texts: [[\"asked\", \"answered\"], ...]"

struct examples_reading {
    const struct llmx_model *model;
    struct jsonl in;
    struct examples *out;
    struct names seen; /* ids of the examples so far, as bytes: number i is example i */
    int length_max;
    bool skips_long;
    const struct chat_format *format; /* NULL until it is needed */
};

static int complain(const struct examples_reading *r, const char *what, struct llmx_error *err)
{
    return err_set(err, LLMX_BAD_INPUT, "%s:%ld: %s", r->in.lines.path, r->in.lines.number, what);
}

static bool is_empty(const char *s)
{
    return s[strspn(s, " \t\r\n")] == '\0';
}

/* The fields that we do not need must still be what they are called. */
static int check_optional(const struct examples_reading *r, const json_t *object,
                          struct llmx_error *err)
{
    static const char *const texts[] = {"user", "item", "template", "source", "system"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (json_object_get(object, texts[i]) && !jsonl_text(&r->in, object, texts[i], err))
            return -1;
    const json_t *evidence = json_object_get(object, "evidence");
    if (evidence && !json_is_array(evidence))
        return complain(r, "the field \"evidence\" must be a list", err);
    return 0;
}

/* Earlier turns: "history": [["what was asked", "what was answered"], ...]; free(*turns). */
static int read_history(const struct examples_reading *r, const json_t *object,
                        struct llmx_chat_turn **turns, int *n, struct llmx_error *err)
{
    const json_t *history = json_object_get(object, "history");
    *n = (int)json_array_size(history);
    *turns = NULL;
    if (history && !json_is_null(history) && !json_is_array(history))
        return complain(r, HISTORY_FORM, err);
    if (!(*turns = mem_array((size_t)*n, sizeof **turns, err)))
        return -1;
    for (int i = 0; i < *n; i++) {
        const json_t *pair = json_array_get(history, (size_t)i);
        struct llmx_chat_turn *turn = &(*turns)[i];
        turn->user = json_string_value(json_array_get(pair, 0));
        turn->answer = json_string_value(json_array_get(pair, 1));
        if (json_array_size(pair) != 2 || !turn->user || !turn->answer) {
            free(*turns);
            *turns = NULL;
            return complain(r, HISTORY_FORM, err);
        }
    }
    return 0;
}

/* A user's turn, as llmx_chat_prompt writes it, after what the line says went before, and the answer. */
static int lay_out(struct examples_reading *r, const json_t *object, const struct text *prompt,
                   const char *output, struct token_ids *ids, int *start, struct llmx_error *err)
{
    const struct llmx_tokenizer *tokenizer = r->model->tokenizer;
    const char *system = json_string_value(json_object_get(object, "system"));
    struct llmx_chat_turn *turns;
    int n, result = -1;
    if (!r->format && !(r->format = model_chat(r->model, err)))
        return -1;
    if (read_history(r, object, &turns, &n, err) != 0)
        return -1;
    if (chat_open(tokenizer, r->format, system && *system ? system : NULL, turns, n, ids, err) !=
            0 ||
        token_ids_text(tokenizer, prompt->s, prompt->n, ids, err) != 0 ||
        chat_close(tokenizer, r->format, ids, err) != 0)
        goto done;
    *start = ids->n;
    result = chat_answer(tokenizer, r->format, output, strlen(output), ids, err);
done:
    free(turns);
    return result == 0 ? 0 : err_prefix(err, "%s:%ld", r->in.lines.path, r->in.lines.number);
}

static int ids_from_texts(struct examples_reading *r, const json_t *object, struct token_ids *ids,
                          int *start, struct llmx_error *err)
{
    struct text prompt = {0};
    const char *instruction = jsonl_text(&r->in, object, "instruction", err), *input, *output;
    if (!instruction || !(input = jsonl_text(&r->in, object, "input", err)) ||
        !(output = jsonl_text(&r->in, object, "output", err)))
        return -1;
    if (is_empty(instruction) && is_empty(input))
        return complain(r, "\"instruction\" and \"input\" are both empty", err);
    if (is_empty(output))
        return complain(r, "the \"output\" is empty: there is nothing to learn", err);
    const size_t n = strlen(instruction);
    text_put(&prompt, instruction, n);
    if (*input && n && instruction[n - 1] != '\n')
        text_puts(&prompt, "\n");
    text_puts(&prompt, input);
    int result = text_check(&prompt, err);
    if (result == 0)
        result = lay_out(r, object, &prompt, output, ids, start, err);
    text_release(&prompt);
    return result;
}

static int ids_from_array(struct examples_reading *r, const json_t *object, struct token_ids *ids,
                          int *start, struct llmx_error *err)
{
    const json_t *array = json_object_get(object, "ids");
    json_int_t from;
    if (!json_is_array(array))
        return complain(r, "the field \"ids\" must be a list of token ids", err);
    if (json_object_get(object, "system") || json_object_get(object, "history"))
        return complain(r, "\"system\" and \"history\" have no place beside \"ids\"", err);
    if (jsonl_integer(&r->in, object, "start", &from, err) != 0)
        return -1;
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *id = json_array_get(array, i);
        const json_int_t value = json_is_integer(id) ? json_integer_value(id) : -1;
        if (value < 0 || value >= r->model->config.vocabulary)
            return complain(r, "\"ids\" holds what is no token id of this model", err);
        if (token_ids_put(ids, (int32_t)value, err) != 0)
            return -1;
    }
    if (from < 1 || from >= ids->n)
        return complain(r, "\"start\" must be at least 1 and less than the number of ids", err);
    *start = (int)from;
    return 0;
}

/* The template that all examples name, as long as they do. */
static int note_template(struct examples *out, const json_t *object, struct llmx_error *err)
{
    const char *name = json_string_value(json_object_get(object, "template"));
    if (name && out->n == 0)
        return (out->template = mem_text(name, strlen(name), err)) ? 0 : -1;
    if (!name || !out->template || strcmp(name, out->template) != 0)
        out->is_mixed = true;
    return 0;
}

/* Takes over ids. */
static int keep(struct examples_reading *r, struct token_ids *ids, int start, const json_t *object,
                struct llmx_error *err)
{
    struct examples *out = r->out;
    const char *user = json_string_value(json_object_get(object, "user"));
    const size_t n = (size_t)out->n;
    if (n == EXAMPLES_MAX)
        return err_set(err, LLMX_TOO_LARGE, "%s: more than %d examples", r->in.lines.path,
                       EXAMPLES_MAX);
    const int64_t number =
        names_add(&r->seen, (const char *)ids->ids, (size_t)ids->n * sizeof *ids->ids, err);
    if (number < 0 || mem_grow(&out->items, &out->capacity, n + 1, sizeof *out->items, err) != 0)
        return -1;
    if ((size_t)number < n)
        return err_set(err, LLMX_BAD_INPUT,
                       "%s:%ld: the same example as in line %ld; remove one of them",
                       r->in.lines.path, r->in.lines.number, out->items[number].line);
    if (note_template(out, object, err) != 0)
        return -1;
    struct example *example = &out->items[out->n];
    *example = (struct example){.n = ids->n, .start = start, .line = r->in.lines.number};
    if (user && !(example->user = mem_text(user, strlen(user), err)))
        return -1;
    example->ids = ids->ids;
    *ids = (struct token_ids){0};
    out->n++;
    return 0;
}

static int read_example(struct examples_reading *r, const json_t *object, struct llmx_error *err)
{
    struct token_ids ids = {0};
    int start = 0, result;
    if (check_optional(r, object, err) != 0)
        return -1;
    result = json_object_get(object, "ids") ? ids_from_array(r, object, &ids, &start, err)
                                            : ids_from_texts(r, object, &ids, &start, err);
    if (result == 0 && ids.n <= r->length_max)
        result = keep(r, &ids, start, object, err);
    else if (result == 0 && r->skips_long)
        r->out->skipped++;
    else if (result == 0)
        result =
            err_set(err, LLMX_TOO_LARGE,
                    "%s:%ld: the example has %d tokens, the model's context %d; shorten it, or "
                    "skip such examples with --too-long skip",
                    r->in.lines.path, r->in.lines.number, ids.n, r->length_max);
    token_ids_release(&ids);
    return result;
}

int examples_read(struct examples *examples, const struct llmx_model *model, const char *path,
                  int length_max, bool skips_long, struct llmx_error *err)
{
    struct examples_reading r = {
        .model = model, .out = examples, .length_max = length_max, .skips_long = skips_long};
    json_t *object;
    int status = -1;
    if (!(examples->path = mem_text(path, strlen(path), err)) || jsonl_open(&r.in, path, err) != 0)
        return -1;
    while ((status = jsonl_read(&r.in, &object, err)) > 0) {
        const int failed = read_example(&r, object, err);
        json_decref(object);
        if (failed) {
            status = -1;
            break;
        }
    }
    if (status == 0 && examples->n == 0)
        status = err_set(err, LLMX_BAD_INPUT,
                         examples->skipped ? "%s: all %d examples are longer than the context"
                                           : "%s holds no examples",
                         path, examples->skipped);
    names_release(&r.seen);
    jsonl_close(&r.in);
    return status;
}

static void release_example(struct example *example)
{
    free(example->ids);
    free(example->user);
}

void examples_release(struct examples *examples)
{
    for (int i = 0; i < examples->n; i++)
        release_example(&examples->items[i]);
    free(examples->items);
    free(examples->path);
    free(examples->template);
    *examples = (struct examples){0};
}

static int64_t add_prompt(struct names *names, const struct example *e, struct llmx_error *err)
{
    return names_add(names, (const char *)e->ids, (size_t)e->start * sizeof *e->ids, err);
}

/* The group that each example must stay with, numbered from 0; returns how many there are, or -1. */
static int group(int *of, const struct examples *examples, struct llmx_error *err)
{
    struct names users = {0}, prompts = {0};
    int result = -1;
    for (int i = 0; i < examples->n; i++) {
        const struct example *e = &examples->items[i];
        const int64_t number = e->user ? names_add(&users, e->user, strlen(e->user), err)
                                       : add_prompt(&prompts, e, err);
        if (number < 0)
            goto done;
        of[i] = e->user ? (int)number : -1 - (int)number;
    }
    for (int i = 0; i < examples->n; i++)
        of[i] = of[i] < 0 ? (int)users.count - 1 - of[i] : of[i];
    result = (int)(users.count + prompts.count);
done:
    names_release(&users);
    names_release(&prompts);
    return result;
}

/* Marks groups in a random order until they hold at least `wanted` examples; returns how many they hold.
 * size: examples of each group; order: scratch (n_groups). */
static int choose_groups(bool *is_held, int *order, const int *size, int n_groups, int wanted,
                         uint64_t seed)
{
    struct rng rng = rng_stream(seed, RNG_SHUFFLE, SPLIT_STREAM);
    int held = 0;
    for (int i = 0; i < n_groups; i++)
        order[i] = i;
    for (int g = 0; g < n_groups && held < wanted; g++) {
        const int other = g + (int)rng_below(&rng, (uint32_t)(n_groups - g)), chosen = order[other];
        order[other] = order[g];
        is_held[chosen] = true;
        held += size[chosen];
    }
    return held;
}

static void move_held(struct examples *examples, struct examples *held, const int *of,
                      const bool *is_held)
{
    int kept = 0;
    for (int i = 0; i < examples->n; i++) {
        if (is_held[of[i]])
            held->items[held->n++] = examples->items[i];
        else
            examples->items[kept++] = examples->items[i];
    }
    examples->n = kept;
}

int examples_split(struct examples *examples, struct examples *held, double share, uint64_t seed,
                   struct llmx_error *err)
{
    const size_t n = (size_t)examples->n;
    const int wanted = (int)(share * examples->n + 0.5);
    int *of = mem_array(n, sizeof *of, err), *order = mem_array(n, sizeof *order, err);
    int *size = mem_array(n, sizeof *size, err);
    bool *is_held = mem_array(n, sizeof *is_held, err);
    int result = -1;
    held->path = mem_text(examples->path, strlen(examples->path), err);
    held->items = mem_array(n, sizeof *held->items, err);
    if (!of || !order || !size || !is_held || !held->path || !held->items)
        goto done;
    const int n_groups = group(of, examples, err);
    if (n_groups < 0)
        goto done;
    for (int i = 0; i < examples->n; i++)
        size[of[i]]++;
    const int n_held = choose_groups(is_held, order, size, n_groups, wanted, seed);
    if (n_held == 0 || n_held == examples->n)
        err_set(err, LLMX_BAD_OPTION,
                "a share of %g of %d examples by %d users leaves nothing to %s; choose another, or "
                "give a file with --validate",
                share, examples->n, n_groups, n_held ? "learn from" : "validate on");
    else {
        move_held(examples, held, of, is_held);
        result = 0;
    }
done:
    free(of);
    free(order);
    free(size);
    free(is_held);
    return result;
}

int examples_keep(struct examples *examples, int n, uint64_t seed, struct llmx_error *err)
{
    struct rng rng = rng_stream(seed, RNG_SHUFFLE, KEEP_STREAM);
    const int all = examples->n;
    int *order = mem_array((size_t)all, sizeof *order, err), kept = 0;
    bool *is_kept = mem_array((size_t)all, sizeof *is_kept, err);
    int result = -1;
    if (!order || !is_kept)
        goto done;
    if (n > all) {
        err_set(err, LLMX_BAD_OPTION, "%d examples are wanted; %s leaves %d to learn from", n,
                examples->path, all);
        goto done;
    }
    for (int i = 0; i < all; i++)
        order[i] = i;
    for (int i = 0; i < n; i++) {
        const int other = i + (int)rng_below(&rng, (uint32_t)(all - i));
        is_kept[order[other]] = true;
        order[other] = order[i];
    }
    for (int i = 0; i < all; i++) {
        if (is_kept[i])
            examples->items[kept++] = examples->items[i];
        else
            release_example(&examples->items[i]);
    }
    examples->n = kept;
    result = 0;
done:
    free(order);
    free(is_kept);
    return result;
}

int examples_check_apart(const struct examples *learnt, const struct examples *held,
                         struct llmx_error *err)
{
    struct names prompts = {0}, users = {0};
    long *user_line = mem_array((size_t)learnt->n, sizeof *user_line, err);
    long *prompt_line = mem_array((size_t)learnt->n, sizeof *prompt_line, err);
    int result = -1;
    for (int i = 0; i < learnt->n; i++) {
        const struct example *e = &learnt->items[i];
        int64_t prompt = 0, user = 0;
        if (!user_line || !prompt_line || (prompt = add_prompt(&prompts, e, err)) < 0 ||
            (e->user && (user = names_add(&users, e->user, strlen(e->user), err)) < 0))
            goto done;
        prompt_line[prompt] = e->line;
        user_line[user] = e->user ? e->line : user_line[user];
    }
    for (int i = 0; i < held->n; i++) {
        const struct example *e = &held->items[i];
        const size_t n = (size_t)e->start * sizeof *e->ids;
        const int64_t prompt = names_find(&prompts, (const char *)e->ids, n);
        const int64_t user = e->user ? names_find(&users, e->user, strlen(e->user)) : -1;
        if (prompt < 0 && user < 0)
            continue;
        err_set(err, LLMX_BAD_INPUT,
                "%s:%ld: %s is also in %s:%ld; what is held out must not be learnt: take it out of "
                "one of the two",
                held->path, e->line, prompt >= 0 ? "this prompt" : "this user", learnt->path,
                prompt >= 0 ? prompt_line[prompt] : user_line[user]);
        goto done;
    }
    result = 0;
done:
    free(user_line);
    free(prompt_line);
    names_release(&prompts);
    names_release(&users);
    return result;
}

uint64_t examples_fingerprint(const struct examples *examples)
{
    uint64_t hash = (uint64_t)examples->n;
    for (int i = 0; i < examples->n; i++) {
        const struct example *e = &examples->items[i];
        hash =
            rng_mix(hash + (uint64_t)e->start) ^ hash_bytes(e->ids, (size_t)e->n * sizeof *e->ids);
    }
    return hash;
}
