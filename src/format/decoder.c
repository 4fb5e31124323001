#include "format/decoder.h"

#include "base/memory.h"

#include <errno.h>
#include <iconv.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define RAW_BYTES ((size_t)64 << 10)

struct decoder {
    iconv_t handle;
    bool is_at_end; /* nothing comes behind `raw` */
    size_t n;       /* bytes of `raw` */
    char raw[RAW_BYTES];
};

struct decoder *decoder_create(const char *encoding, struct llmx_error *err)
{
    struct decoder *decoder = mem_array(1, sizeof *decoder, err);
    if (!decoder)
        return NULL;
    decoder->handle = *encoding ? iconv_open("UTF-8", encoding) : (iconv_t)-1;
    if (decoder->handle != (iconv_t)-1)
        return decoder;
    err_set(err, LLMX_BAD_OPTION,
            "--encoding: '%s' is not known here (latin1, windows-1252, utf-16 ...: iconv -l lists "
            "them)",
            encoding);
    free(decoder);
    return NULL;
}

void decoder_destroy(struct decoder *decoder)
{
    if (!decoder)
        return;
    iconv_close(decoder->handle);
    free(decoder);
}

/* Fills `raw` up; -1 when the file cannot be read. */
static int fill(struct decoder *decoder, gzFile file)
{
    if (decoder->is_at_end || decoder->n == RAW_BYTES)
        return 0;
    const int got = gzread(file, decoder->raw + decoder->n, (unsigned)(RAW_BYTES - decoder->n));
    if (got < 0)
        return -1;
    decoder->is_at_end = got == 0;
    decoder->n += (size_t)got;
    return 0;
}

int decoder_read(struct decoder *decoder, gzFile file, char *out, unsigned room)
{
    for (;;) {
        if (fill(decoder, file) != 0)
            return -1;
        char *from = decoder->raw, *to = out;
        size_t left = decoder->n, space = room;
        const bool is_whole = iconv(decoder->handle, &from, &left, &to, &space) != (size_t)-1;
        const bool is_short = !is_whole && errno == EINVAL && !decoder->is_at_end;
        memmove(decoder->raw, from, left);
        decoder->n = left;
        if (to > out)
            return (int)(to - out);
        if (!is_whole && !is_short)
            return -2;
        if (decoder->is_at_end)
            return 0;
    }
}
