/* merge_folder.c - a merged model as a Hugging Face folder: the base's configuration and tokenizer, and one file of
 * weights in the types that the base has. */
#include "base/file.h"
#include "base/folder.h"
#include "base/memory.h"
#include "convert/merge.h"
#include "product/quantise.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define WEIGHTS "model.safetensors"

/* What describes the model and its tokenizer; the list of shards is of files that are not written. */
static bool is_wanted(const char *name)
{
    static const char *const ends[] = {".json", ".model", ".txt", ".jinja"};
    size_t n = strlen(name);
    bool found = false;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        found = found || (n > strlen(ends[i]) && strcmp(name + n - strlen(ends[i]), ends[i]) == 0);
    return found && *name != '.' && !strstr(name, ".index.json");
}

static int copy_files(const char *from, const char *to, struct llmx_error *err)
{
    char source[PATH_MAX], target[PATH_MAX];
    DIR *directory = opendir(from);
    int result = 0;
    if (!directory)
        return err_system(err, "cannot read %s", from);
    for (const struct dirent *entry; result == 0 && (entry = readdir(directory));) {
        if (!is_wanted(entry->d_name))
            continue;
        if (path_join(source, sizeof source, from, entry->d_name, err) != 0 ||
            path_join(target, sizeof target, to, entry->d_name, err) != 0)
            result = -1;
        else
            result = file_copy(source, target, false, err);
    }
    closedir(directory);
    return result;
}

/* An adapted matrix in the base's type; free(). */
static void *merged_values(const struct merging *m, const struct merged *t, struct llmx_error *err)
{
    size_t n = (size_t)(t->rows * t->columns);
    float *values = mem_tensor(n, sizeof *values, err);
    void *narrow = values ? mem_tensor(n, dtype_block_bytes(t->type), err) : NULL;
    if (narrow && merging_rows(m, t, 0, t->rows, values, err) == 0) {
        quantise(narrow, t->type, values, n);
    } else {
        free(narrow);
        narrow = NULL;
    }
    free(values);
    return narrow;
}

static int write_weights(const struct merging *m, const char *path, struct st_entry *entries,
                         void **owned, struct llmx_error *err)
{
    static const char *const meta[][2] = {{"format", "pt"}};
    uint32_t n = merging_count(m);
    for (uint32_t i = 0; i < n; i++) {
        const struct st_tensor *from = &m->source.safetensors.tensors[i];
        struct merged t = merging_tensor(m, i);
        if (t.pair && !(owned[i] = merged_values(m, &t, err)))
            return -1;
        entries[i] = (struct st_entry){.name = t.name,
                                       .type = t.type,
                                       .n_dims = from->n_dims,
                                       .data = owned[i] ? owned[i] : t.data};
        memcpy(entries[i].dims, from->dims, sizeof from->dims);
    }
    return safetensors_write(path, entries, (int)n, meta, 1, err);
}

static int check_place(const char *base, const char *path, struct llmx_error *err)
{
    struct stat a, b;
    if (stat(base, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
        return err_set(err, LLMX_BAD_OPTION,
                       "%s is the base model itself: choose another folder to write", path);
    if (folder_has(path, WEIGHTS))
        return err_set(err, LLMX_BAD_OPTION,
                       "%s holds a model already: choose another folder, or remove it", path);
    return directory_make(path, err);
}

int merge_folder(const struct merging *m, const char *path, struct llmx_error *err)
{
    char weights[PATH_MAX];
    uint32_t n = merging_count(m);
    if (path_join(weights, sizeof weights, path, WEIGHTS, err) != 0 ||
        check_place(m->source.path, path, err) != 0)
        return -1;
    struct st_entry *entries = mem_array(n, sizeof *entries, err);
    void **owned = entries ? mem_array(n, sizeof *owned, err) : NULL;
    int result = owned ? copy_files(m->source.path, path, err) : -1;
    if (result == 0)
        result = write_weights(m, weights, entries, owned, err);
    for (uint32_t i = 0; owned && i < n; i++)
        free(owned[i]);
    free(owned);
    free(entries);
    return result;
}
