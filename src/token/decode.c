/* Ids to text. */
#include "token/build.h"
#include "token/tokenizer.h"

#include "base/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Appends bytes, what is not UTF-8 replaced. */
static void put_valid(struct text *out, const char *s, size_t n)
{
    bool valid;
    for (size_t at = 0, length; at < n; at += length) {
        length = utf8_step(s + at, n - at, &valid);
        text_put(out, valid ? s + at : REPLACEMENT, valid ? length : sizeof REPLACEMENT - 1);
    }
}

int llmx_detokenize(const struct llmx_tokenizer *t, const int32_t *ids, int n, char **text,
                    struct llmx_error *err)
{
    struct text bytes = {0}, out = {0};
    text_put(&bytes, "", 0);
    for (int i = 0; i < n; i++) {
        size_t length;
        const char *s = tokenizer_bytes(t, ids[i], &length);
        text_put(&bytes, s, length);
    }
    if (text_check(&bytes, err) != 0) {
        text_release(&bytes);
        return -1;
    }
    size_t skip = t->strips_first_space && bytes.s[0] == ' ' ? 1 : 0;
    text_put(&out, "", 0);
    put_valid(&out, bytes.s + skip, bytes.n - skip);
    text_release(&bytes);
    if (text_check(&out, err) != 0) {
        text_release(&out);
        return -1;
    }
    *text = out.s;
    return 0;
}
