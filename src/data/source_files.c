#include "data/source_files.h"

#include "base/memory.h"
#include "base/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BLOCK_BYTES ((size_t)1 << 16)

const char *const source_part_names[SOURCES] = {"interactions", "valid", "test", "users", "items"};

static int64_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) ? (int64_t)st.st_size : -1;
}

int source_files_note(struct source_file files[static SOURCES], const struct data_files *found,
                      struct llmx_error *err)
{
    const char *const paths[SOURCES] = {found->inter[0], found->inter[1], found->inter[2],
                                        found->user, found->item};
    for (int part = 0; part < SOURCES; part++) {
        if (!*paths[part])
            continue;
        files[part] = (struct source_file){mem_text(paths[part], strlen(paths[part]), err),
                                           size_of(paths[part])};
        if (!files[part].path)
            return -1;
    }
    return 0;
}

void source_files_release(struct source_file files[static SOURCES])
{
    for (int part = 0; part < SOURCES; part++)
        free(files[part].path);
}

/* Block after block, so that a file that is cut short meanwhile does no harm. */
static int hash_stream(FILE *stream, size_t bytes, uint64_t *hash)
{
    unsigned char block[BLOCK_BYTES];
    uint64_t pair[2] = {0};
    while (bytes > 0) {
        const size_t n = bytes < BLOCK_BYTES ? bytes : BLOCK_BYTES;
        if (fread(block, 1, n, stream) != n)
            return -1;
        pair[1] = hash_bytes(block, n);
        pair[0] = hash_bytes(pair, sizeof pair);
        bytes -= n;
    }
    *hash = pair[0];
    return 0;
}

int source_file_hash(const char *path, int64_t bytes, uint64_t *hash)
{
    if (bytes < 0 || size_of(path) < bytes)
        return -1;
    FILE *stream = fopen(path, "rb");
    if (!stream)
        return -1;
    const int result = hash_stream(stream, (size_t)bytes, hash);
    fclose(stream);
    return result;
}
