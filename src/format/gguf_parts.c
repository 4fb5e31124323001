/* gguf_parts.c - opening GGUF files: a model whole in one, or cut into parts as llama.cpp's gguf-split does it. */
#include "base/memory.h"
#include "format/gguf.h"

#include <inttypes.h>
#include <limits.h>
#include <string.h>

#define PARTS_MAX 9999

static int open_file(struct gguf *gguf, const char *path, struct llmx_error *err)
{
    struct mapping mapping;
    if (mapping_open(&mapping, path, err) != 0)
        return -1;
    if (gguf_parse(gguf, mapping.data, mapping.size, path, err) != 0) {
        mapping_release(&mapping);
        return -1;
    }
    gguf->mappings = mem_array(1, sizeof *gguf->mappings, err);
    if (!gguf->mappings) {
        mapping_release(&mapping);
        gguf_release(gguf);
        return -1;
    }
    gguf->mappings[gguf->n_mappings++] = mapping;
    return 0;
}

/* The path of part `number` (from 1), from that of another. */
static int part_path(char path[static PATH_MAX], const char *of, int64_t own, int64_t number,
                     int64_t count, struct llmx_error *err)
{
    char end[64];
    const int n = snprintf(end, sizeof end, "-%05" PRId64 "-of-%05" PRId64 ".gguf", own, count);
    const size_t length = strlen(of), stem = length - (size_t)n;
    if (length < (size_t)n || strcmp(of + stem, end) != 0)
        return err_set(err, LLMX_BAD_INPUT,
                       "%s is part %" PRId64 " of %" PRId64
                       " (split.count), but its name does not end in %s: the other parts cannot "
                       "be found",
                       of, own, count, end);
    if (length >= PATH_MAX)
        return err_set(err, LLMX_TOO_LARGE, "%s: the path is too long", of);
    snprintf(path, PATH_MAX, "%.*s-%05" PRId64 "-of-%05" PRId64 ".gguf", (int)stem, of, number,
             count);
    return 0;
}

/* Moves the tensors and the file of a part to the end of the whole. */
static int append(struct gguf *whole, struct gguf *part, struct llmx_error *err)
{
    size_t n = whole->names.count, files = (size_t)whole->n_mappings;
    if (mem_grow(&whole->tensors, &n, n + part->names.count, sizeof *whole->tensors, err) != 0 ||
        mem_grow(&whole->mappings, &files, files + 1, sizeof *whole->mappings, err) != 0)
        return -1;
    for (uint32_t i = 0; i < part->names.count; i++) {
        size_t length;
        const char *name = names_get(&part->names, i, &length);
        const int64_t count = whole->names.count,
                      added = names_add(&whole->names, name, length, err);
        if (added < 0)
            return -1;
        if (added != count)
            return err_set(err, LLMX_BAD_INPUT, "%s: the tensor '%s' is in an earlier part too",
                           part->path, name);
        whole->tensors[added] = part->tensors[i];
    }
    whole->mappings[whole->n_mappings++] = part->mappings[0];
    part->n_mappings = 0;
    return 0;
}

static int add_part(struct gguf *whole, const char *path, int64_t number, int64_t count,
                    struct llmx_error *err)
{
    struct gguf part;
    if (open_file(&part, path, err) != 0)
        return err_prefix(err, "%s is part 1 of %" PRId64, whole->path, count);
    int result;
    if (gguf_integer_or(&part, "split.no", -1) == number - 1 &&
        gguf_integer_or(&part, "split.count", -1) == count)
        result = append(whole, &part, err);
    else
        result = err_set(err, LLMX_BAD_INPUT,
                         "%s: its keys split.no and split.count do not say that it is part "
                         "%" PRId64 " of %" PRId64,
                         path, number, count);
    gguf_release(&part);
    return result;
}

/* The other parts, where the file opened is the first of several. */
static int open_others(struct gguf *gguf, const char *path, struct llmx_error *err)
{
    const int64_t count = gguf_integer_or(gguf, "split.count", 1),
                  own = gguf_integer_or(gguf, "split.no", 0) + 1;
    char other[PATH_MAX];
    if (count <= 1)
        return 0;
    if (count > PARTS_MAX || own < 1 || own > count)
        return err_set(err, LLMX_BAD_INPUT,
                       "%s: part %" PRId64 " of %" PRId64 " (split.no, split.count) is impossible",
                       path, own, count);
    if (part_path(other, path, own, 1, count, err) != 0)
        return -1;
    if (own != 1)
        return err_set(err, LLMX_BAD_INPUT,
                       "%s is part %" PRId64 " of %" PRId64
                       " (split.count): give the first, %s, and the others are read with it",
                       path, own, count, other);
    for (int64_t number = 2; number <= count; number++)
        if (part_path(other, path, 1, number, count, err) != 0 ||
            add_part(gguf, other, number, count, err) != 0)
            return -1;
    const int64_t tensors = gguf_integer_or(gguf, "split.tensors.count", gguf->names.count);
    if (tensors != gguf->names.count)
        return err_set(err, LLMX_BAD_INPUT,
                       "%s: its %" PRId64 " parts hold %" PRIu32
                       " tensors, and split.tensors.count says %" PRId64,
                       path, count, gguf->names.count, tensors);
    return 0;
}

int gguf_open(struct gguf *gguf, const char *path, struct llmx_error *err)
{
    if (open_file(gguf, path, err) != 0)
        return -1;
    if (open_others(gguf, path, err) == 0)
        return 0;
    gguf_release(gguf);
    return -1;
}
