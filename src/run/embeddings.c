/* embeddings.c - what a run has learnt of users and items, in files that other programs read. */
#include "llmxrec/embeddings.h"

#include "base/err.h"
#include "base/file.h"
#include "base/text.h"
#include "format/npy.h"
#include "format/safetensors.h"
#include "run/run.h"
#include "run/run_dir.h"

#include <limits.h>
#include <string.h>

struct embeddings {
    struct model_array arrays[MODEL_ARRAYS_MAX];
    int n;
};

/* Keeps those of the model's arrays whose rows are users or items, and of these the one that is asked for. */
static int choose(struct embeddings *e, const struct llmx_run *run, const char *name,
                  struct llmx_error *err)
{
    struct text names = {0};
    const int n = run->row->arrays(run->model, e->arrays);
    e->n = 0;
    for (int i = 0; i < n; i++) {
        if (e->arrays[i].rows == ROWS_OTHER || e->arrays[i].is_training)
            continue;
        text_printf(&names, "%s%s", names.n ? ", " : "", e->arrays[i].name);
        if (!name || strcmp(name, e->arrays[i].name) == 0)
            e->arrays[e->n++] = e->arrays[i];
    }
    int result = text_check(&names, err);
    if (result == 0 && names.n == 0)
        result =
            err_set(err, LLMX_UNSUPPORTED,
                    "the model %s has no arrays with a row for each user or item", run->row->name);
    else if (result == 0 && e->n == 0)
        result = err_set(err, LLMX_NOT_FOUND, "the model %s has no array '%s'; it has %s",
                         run->row->name, name, names.s);
    text_release(&names);
    return result;
}

/* PREFIXusers.tsv and PREFIXitems.tsv, those that there are arrays for. */
static int write_tokens(const struct embeddings *e, const struct llmx_data *data,
                        const char *prefix, size_t prefix_n, struct llmx_error *err)
{
    static const struct {
        enum rows_of rows;
        enum llmx_side side;
        const char *name;
    } sides[] = {{ROWS_USERS, LLMX_USERS, "users.tsv"}, {ROWS_ITEMS, LLMX_ITEMS, "items.tsv"}};
    for (size_t s = 0; s < sizeof sides / sizeof *sides; s++) {
        char path[PATH_MAX];
        bool is_needed = false;
        for (int i = 0; i < e->n; i++)
            is_needed |= e->arrays[i].rows == sides[s].rows;
        if (!is_needed)
            continue;
        if (snprintf(path, sizeof path, "%.*s%s", (int)prefix_n, prefix, sides[s].name) >=
            (int)sizeof path)
            return err_set(err, LLMX_TOO_LARGE, "path too long: %s", prefix);
        if (run_dir_write_side(path, data, sides[s].side, true, err) != 0)
            return -1;
    }
    return 0;
}

static int write_safetensors(const struct embeddings *e, const char *path, struct llmx_error *err)
{
    struct st_entry entries[MODEL_ARRAYS_MAX];
    for (int i = 0; i < e->n; i++) {
        const struct model_array *a = &e->arrays[i];
        entries[i] =
            (struct st_entry){a->name, a->type, a->n_dims, {a->dims[0], a->dims[1]}, a->data};
    }
    return safetensors_write(path, entries, e->n, NULL, 0, err);
}

static int write_npy(const struct model_array *a, const char *path, bool is_new,
                     struct llmx_error *err)
{
    return npy_write(path, is_new, a->type, a->n_dims, a->dims, a->data, err);
}

static int write_folder(const struct embeddings *e, const struct llmx_data *data,
                        const char *folder, struct llmx_error *err)
{
    char path[PATH_MAX], name[256];
    if (directory_make(folder, err) != 0)
        return -1;
    for (int i = 0; i < e->n; i++) {
        snprintf(name, sizeof name, "%s.npy", e->arrays[i].name);
        if (path_join(path, sizeof path, folder, name, err) != 0 ||
            write_npy(&e->arrays[i], path, true, err) != 0)
            return -1;
    }
    if (path_join(path, sizeof path, folder, "", err) != 0)
        return -1;
    return write_tokens(e, data, path, strlen(path), err);
}

/* Where a path's ending begins, when it has that one; else 0. */
static size_t before_ending(const char *path, const char *ending)
{
    const size_t n = strlen(path), m = strlen(ending);
    return n > m && strcmp(path + n - m, ending) == 0 ? n - m : 0;
}

int llmx_embeddings_write(const struct llmx_run *run, const char *array, const char *out_path,
                          struct llmx_error *err)
{
    struct embeddings e;
    if (choose(&e, run, array, err) != 0)
        return -1;
    const size_t npy = before_ending(out_path, ".npy"),
                 safetensors = before_ending(out_path, ".safetensors");
    if (!npy && !safetensors)
        return write_folder(&e, run->data, out_path, err);
    if (npy && e.n > 1)
        return err_set(err, LLMX_BAD_OPTION,
                       "a .npy file holds one array, and the model %s has %s, %s%s; choose with "
                       "--array, or write a folder or a .safetensors file",
                       run->row->name, e.arrays[0].name, e.arrays[1].name, e.n > 2 ? ", …" : "");
    if ((npy ? write_npy(&e.arrays[0], out_path, false, err)
             : write_safetensors(&e, out_path, err)) != 0)
        return -1;
    return write_tokens(&e, run->data, out_path, (npy ? npy : safetensors) + 1, err);
}
