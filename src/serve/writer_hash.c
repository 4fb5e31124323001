#include "serve/writer_hash.h"

#include "base/file.h"
#include "base/names.h"
#include "base/text.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

static void put_file(struct text *out, const char *name, const struct stat *st)
{
    text_printf(out, "%s %lld %lld %ld\n", name, (long long)st->st_size,
                (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
}

static int is_seen(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int put_folder(struct text *out, const char *folder, struct llmx_error *err)
{
    struct dirent **entry;
    char path[PATH_MAX];
    struct stat st;
    int status = 0;
    const int n = scandir(folder, &entry, is_seen, alphasort);
    if (n < 0)
        return err_system(err, "cannot read %s", folder);
    for (int i = 0; i < n; i++) {
        if (status == 0)
            status = path_join(path, sizeof path, folder, entry[i]->d_name, err);
        if (status == 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode))
            put_file(out, entry[i]->d_name, &st);
        free(entry[i]);
    }
    free(entry);
    return status;
}

static int put_base(struct text *out, const char *base, struct llmx_error *err)
{
    struct stat st;
    if (stat(base, &st) != 0)
        return err_system(err, "cannot read %s", base);
    if (S_ISDIR(st.st_mode))
        return put_folder(out, base, err);
    put_file(out, "", &st);
    return 0;
}

/* One that was tuned again goes by the same name. */
static int put_adapter(struct text *out, const char *folder, struct llmx_error *err)
{
    static const char *const names[] = {"adapter_config.json", "adapter_model.safetensors"};
    char path[PATH_MAX];
    for (int i = 0; i < 2; i++) {
        struct mapping file;
        if (path_join(path, sizeof path, folder, names[i], err) != 0 ||
            mapping_open(&file, path, err) != 0)
            return -1;
        text_printf(out, "%016llx\n", (unsigned long long)hash_bytes(file.data, file.size));
        mapping_release(&file);
    }
    return 0;
}

int writer_hash(const char *base, const char *adapter, uint64_t *hash, struct llmx_error *err)
{
    struct text all = {0};
    int status = put_base(&all, base, err);
    if (status == 0 && adapter)
        status = put_adapter(&all, adapter, err);
    if (status == 0)
        status = text_check(&all, err);
    if (status == 0)
        *hash = hash_bytes(all.s ? all.s : "", all.n);
    text_release(&all);
    return status;
}
