#include "run/moved.h"

#include "data/data_settings.h"

#include <string.h>
#include <unistd.h>

/* How much of a path is the folder that holds it, with its slash. */
static size_t folder_length(const char *path)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/')
        n--; /* a folder of data */
    while (n > 0 && path[n - 1] != '/')
        n--;
    return n;
}

static int move_file(const char **path, const char *was, const char *now, struct arena *texts,
                     struct llmx_error *err)
{
    const size_t n = folder_length(was);
    if (!*path || access(*path, F_OK) == 0 || strncmp(*path, was, n) != 0)
        return 0;
    const char *moved = arena_printf(texts, err, "%.*s%s", (int)folder_length(now), now, *path + n);
    if (!moved)
        return -1;
    if (access(moved, F_OK) == 0)
        *path = moved;
    return 0;
}

int moved_files(struct llmx_data_options *options, const char *was, const char *now,
                struct arena *texts, struct llmx_error *err)
{
    for (const struct data_setting *s = data_settings; s->name; s++)
        if (s->kind == DATA_SETTING_PATH &&
            move_file(data_setting_place(options, s), was, now, texts, err) != 0)
            return -1;
    return 0;
}
