/* preferences_write.c - what verdicts say of each text by itself. */
#include "base/file.h"
#include "base/memory.h"
#include "base/names.h"
#include "base/text.h"
#include "format/jsonl.h"
#include "judge/pairs.h"
#include "llmxrec/preferences.h"

#include <stdlib.h>
#include <string.h>

/* One text, by user, item and system. */
struct judged_text {
    const struct llmx_pair *pair; /* the first that it stands in */
    int side;
    int n; /* comparisons */
    double score, preference;
};

struct judged_texts {
    struct names names;
    struct judged_text *text; /* (names) */
    size_t capacity;
    struct text key;
};

static int take_side(struct judged_texts *t, const struct llmx_pair *pair, int side,
                     struct llmx_error *err)
{
    text_clear(&t->key);
    text_printf(&t->key, "%s\t%s\t%s", pair->user ? pair->user : "", pair->item,
                pair->system[side]);
    if (text_check(&t->key, err) != 0)
        return -1;
    const uint32_t before = t->names.count;
    const int64_t at = names_add(&t->names, t->key.s, t->key.n, err);
    if (at < 0 || mem_grow(&t->text, &t->capacity, t->names.count, sizeof *t->text, err) != 0)
        return -1;
    if (t->names.count > before)
        t->text[at] = (struct judged_text){.pair = pair, .side = side};
    struct judged_text *text = &t->text[at];
    const enum llmx_preference verdict = llmx_pair_verdict(pair);
    const double p_a = (pair->p_a[0] + pair->p_a[1]) / 2;
    text->n++;
    text->preference += side == 0 ? p_a : 1 - p_a;
    text->score += verdict == LLMX_PREFERS_TIE                                ? .5
                   : verdict == (side == 0 ? LLMX_PREFERS_A : LLMX_PREFERS_B) ? 1
                                                                              : 0;
    return 0;
}

static int take_pairs(struct judged_texts *t, const struct llmx_pairs *pairs,
                      struct llmx_error *err)
{
    for (size_t i = 0; i < pairs->n; i++) {
        const struct llmx_pair *pair = &pairs->pair[i];
        if (llmx_pair_verdict(pair) == LLMX_PREFERS_UNKNOWN)
            continue;
        if (!pair->item || !pair->system[0] || !pair->system[1])
            return err_set(err, LLMX_BAD_INPUT,
                           "pair %zu does not say which item it is of and who wrote its texts",
                           i + 1);
        for (int side = 0; side < 2; side++)
            if (take_side(t, pair, side, err) != 0)
                return -1;
    }
    return t->names.count > 0 ? 0
                              : err_set(err, LLMX_BAD_INPUT, "no pair was judged in both orders");
}

static int write_text(const struct judged_text *text, FILE *stream, struct llmx_error *err)
{
    json_t *line =
        json_pack("{s:s*, s:s, s:s, s:f, s:f}", "user", text->pair->user, "item", text->pair->item,
                  "system", text->pair->system[text->side], "win_score", text->score / text->n,
                  "preference", text->preference / text->n);
    const int status = line ? jsonl_write(stream, line, err)
                            : err_set(err, LLMX_NO_MEMORY, "cannot write a text: memory is out");
    json_decref(line);
    return status;
}

int llmx_preferences_write(const struct llmx_pairs *pairs, const char *path, struct llmx_error *err)
{
    struct judged_texts t = {0};
    struct output out = {0};
    int status = take_pairs(&t, pairs, err);
    if (status == 0)
        status = output_open(&out, path, err);
    for (uint32_t i = 0; i < t.names.count && status == 0; i++)
        status = write_text(&t.text[i], out.stream, err);
    if (status == 0)
        status = output_commit(&out, err);
    output_discard(&out);
    names_release(&t.names);
    text_release(&t.key);
    free(t.text);
    return status;
}
