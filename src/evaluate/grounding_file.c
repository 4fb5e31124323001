/* grounding_file.c - the texts of a file, statement by statement, held to all that is known. */
#include "base/file.h"
#include "base/memory.h"
#include "evaluate/grounding_rows.h"
#include "evaluate/statements.h"
#include "explain/desk.h"
#include "explain/pairing.h"
#include "gate/hash_set.h"
#include "statistics/ratios.h"

#include <stdlib.h>
#include <string.h>

/* One text's counts. */
struct grounded {
    int32_t group;
    int statements, supported[LLMX_GROUNDING_MODES];
};

struct grounding {
    const struct llmx_data *data;
    struct llmx_explain_options options;
    struct briefing briefing;
    struct desk desk;
    struct pairing pairing;
    grounding_take *take; /* NULL: nobody is told of rows */
    void *context;
    struct names users;
    llmx_id *history; /* all that the person of a text had */
    size_t history_capacity;
    struct text known;    /* what the columns say of it and of the item, each thing once */
    struct hash_set said; /* of `known` */
    struct statements statements;
    struct llmx_verdict verdict[LLMX_GROUNDING_MODES];
    struct grounded *texts; /* (n) */
    size_t n, capacity;
    int failed[LLMX_CHECKS_MAX];
};

/* Does a failure of this check mean that something is not so, rather than badly put? */
static bool is_content(enum llmx_check check)
{
    static const unsigned content =
        1u << LLMX_CHECK_TITLE | 1u << LLMX_CHECK_ITEM_AS_HISTORY | 1u << LLMX_CHECK_GENRE |
        1u << LLMX_CHECK_YEAR | 1u << LLMX_CHECK_NAME | 1u << LLMX_CHECK_CLAIM |
        1u << LLMX_CHECK_DISLIKE | 1u << LLMX_CHECK_PROFILE | 1u << LLMX_CHECK_NUMBER |
        1u << LLMX_CHECK_PEOPLE | 1u << LLMX_CHECK_RELATION | 1u << LLMX_CHECK_WORD;
    return content >> check & 1;
}

static void grounding_close(struct grounding *g)
{
    pairing_close(&g->pairing);
    desk_release(&g->desk);
    briefing_release(&g->briefing);
    names_release(&g->users);
    statements_release(&g->statements);
    text_release(&g->known);
    hash_set_release(&g->said);
    free(g->history);
    free(g->texts);
}

/* ---- what is known ---- */

/* What many items have in common says no more the second time. */
static void put_columns(struct grounding *g, llmx_id item)
{
    const int title = llmx_data_title_column(g->data);
    for (int k = 0; k < llmx_data_columns(g->data, LLMX_ITEMS); k++) {
        const char *value = llmx_data_feature(g->data, LLMX_ITEMS, item, k);
        const uint64_t hash = hash_bytes(value, strlen(value)) + (uint64_t)k;
        if (k == title || !*value || hash_set_has(&g->said, hash))
            continue;
        hash_set_add(&g->said, hash);
        text_printf(&g->known, "%s: %s\n", llmx_data_column_name(g->data, LLMX_ITEMS, k), value);
    }
}

/* All that can support a text, beyond what a prompt tells. */
static int find_known(struct grounding *g, struct llmx_given *given, struct llmx_error *err)
{
    const struct rec *rec = g->pairing.rec;
    const size_t columns = (size_t)llmx_data_columns(g->data, LLMX_ITEMS);
    int n = rec->n_history;
    if (!rec->history)
        llmx_data_history(g->data, rec->user, LLMX_ALL, &n);
    if (desk_given(&g->desk, rec, given, err) != 0 ||
        mem_grow(&g->history, &g->history_capacity, (size_t)n + 1, sizeof *g->history, err) != 0)
        return -1;
    given->history = g->history;
    given->n_history = rec_history(rec, g->data, &g->briefing.twins, g->history, n);
    given->columns = UINT64_MAX;
    given->allow_profile = 1;
    text_clear(&g->known);
    if (hash_set_clear(&g->said, columns * ((size_t)given->n_history + 1), err) != 0)
        return -1;
    put_columns(g, rec->item);
    for (int i = given->n_history - 1; i >= 0; i--)
        put_columns(g, g->history[i]);
    text_puts(&g->known, "");
    given->prompt = g->known.s;
    return text_check(&g->known, err);
}

/* ---- statements ---- */

/* Lies the failure in statement i, or in what joins it to the next? */
static bool lies_in(const struct grounding *g, const struct llmx_failure *f, int i)
{
    const struct statements *s = &g->statements;
    const bool is_late = i + 1 < s->n && f->start >= s->list[i + 1].start,
               is_early = i > 0 && f->end <= s->list[i].start;
    return is_content(f->check) && !is_late && !is_early;
}

/* The checks that statement i fails, as bits. */
static uint32_t failed_of(const struct grounding *g, const struct llmx_verdict *verdict, int i)
{
    uint32_t failed = 0;
    for (int k = 0; k < verdict->n_failures; k++)
        if (lies_in(g, &verdict->failure[k], i))
            failed |= 1u << verdict->failure[k].check;
    return failed;
}

static int count_statements(struct grounding *g, struct llmx_error *err)
{
    const char *user = g->pairing.rec->user_token;
    const int64_t group = names_add(&g->users, user, strlen(user), err);
    if (group < 0 || mem_grow(&g->texts, &g->capacity, g->n + 1, sizeof *g->texts, err) != 0)
        return -1;
    struct grounded text = {.group = (int32_t)group, .statements = g->statements.n};
    for (int i = 0; i < g->statements.n; i++) {
        const uint32_t standard = failed_of(g, &g->verdict[LLMX_GROUNDING_STANDARD], i),
                       any = standard | failed_of(g, &g->verdict[LLMX_GROUNDING_STRICT], i);
        text.supported[LLMX_GROUNDING_STANDARD] += standard == 0;
        text.supported[LLMX_GROUNDING_STRICT] += any == 0;
        for (int k = 0; k < LLMX_CHECK_COUNT; k++)
            g->failed[k] += (int)(any >> k & 1);
    }
    g->texts[g->n++] = text;
    return 0;
}

/* Adds what is wrong with statement i; of the strict verdict the words that only it rejects. */
static void add_failures(const struct grounding *g, json_t *list, int mode, int i)
{
    const struct llmx_verdict *verdict = &g->verdict[mode];
    for (int k = 0; k < verdict->n_failures; k++) {
        const struct llmx_failure *f = &verdict->failure[k];
        if (!lies_in(g, f, i) || (mode == LLMX_GROUNDING_STRICT && f->check != LLMX_CHECK_WORD))
            continue;
        json_array_append_new(
            list, json_pack("{s:s, s:o, s:i, s:i}", "check", llmx_check_name((int)f->check), "span",
                            json_stringn(g->pairing.text + f->start, f->end - f->start), "start",
                            (int)f->start, "end", (int)f->end));
    }
}

static int tell_row(const struct grounding *g, struct llmx_error *err)
{
    const struct pairing *p = &g->pairing;
    json_t *list = json_array();
    for (int i = 0; i < g->statements.n; i++) {
        const struct statement *s = &g->statements.list[i];
        const uint32_t standard = failed_of(g, &g->verdict[LLMX_GROUNDING_STANDARD], i),
                       strict = failed_of(g, &g->verdict[LLMX_GROUNDING_STRICT], i);
        json_t *failed = json_array();
        for (int mode = 0; mode < LLMX_GROUNDING_MODES; mode++)
            add_failures(g, failed, mode, i);
        json_array_append_new(list, json_pack("{s:o, s:b, s:b, s:o}", "text",
                                              json_stringn(p->text + s->start, s->end - s->start),
                                              "supported", standard == 0, "supported_strict",
                                              (standard | strict) == 0, "failed", failed));
    }
    json_t *row = json_pack("{s:s, s:s, s:s, s:o}", "user", p->user, "item", p->item, "explanation",
                            p->text, "statements", list);
    const int status = row ? g->take(g->context, p->line, row, err)
                           : err_set(err, LLMX_NO_MEMORY, "out of memory");
    json_decref(row);
    return status;
}

static int take_line(struct grounding *g, struct llmx_error *err)
{
    const struct pairing *p = &g->pairing;
    const size_t n = strlen(p->text);
    struct llmx_given given;
    if (find_known(g, &given, err) != 0)
        return -1;
    for (int mode = 0; mode < LLMX_GROUNDING_MODES; mode++) {
        given.is_strict = mode == LLMX_GROUNDING_STRICT;
        if (llmx_gate_check(g->desk.checker, &given, p->text, n, &g->verdict[mode], err) != 0)
            return -1;
    }
    if (statements_cut(&g->statements, p->text, n, &g->verdict[LLMX_GROUNDING_STANDARD],
                       p->rec->item, err) != 0 ||
        count_statements(g, err) != 0)
        return -1;
    return g->take ? tell_row(g, err) : 0;
}

/* ---- all together ---- */

/* What is summed over texts. */
enum {
    TEXTS,
    STATEMENTS,
    SUPPORTED,
    WHOLE = SUPPORTED + LLMX_GROUNDING_MODES,
    SUMS = WHOLE + LLMX_GROUNDING_MODES
};

static void add_up(double *sums, const struct grounded *text)
{
    sums[TEXTS]++;
    sums[STATEMENTS] += text->statements;
    for (int mode = 0; mode < LLMX_GROUNDING_MODES; mode++) {
        sums[SUPPORTED + mode] += text->supported[mode];
        sums[WHOLE + mode] += text->statements > 0 && text->supported[mode] == text->statements;
    }
}

static int summarise(const struct grounding *g, const struct llmx_resampling *how,
                     struct llmx_grounding *result, struct llmx_error *err)
{
    static const struct ratio ratio[] = {{STATEMENTS, RATIO_NONE, TEXTS},
                                         {SUPPORTED, RATIO_NONE, STATEMENTS},
                                         {SUPPORTED + 1, RATIO_NONE, STATEMENTS},
                                         {WHOLE, RATIO_NONE, TEXTS},
                                         {WHOLE + 1, RATIO_NONE, TEXTS}};
    struct llmx_interval found[sizeof ratio / sizeof *ratio];
    struct llmx_grounding r = {.texts = (int)g->n,
                               .skipped = g->pairing.n_skipped,
                               .users = (int)g->users.count,
                               .resampling = *how};
    double *sums = mem_array((size_t)g->users.count * SUMS, sizeof *sums, err);
    if (!sums)
        return -1;
    for (size_t i = 0; i < g->n; i++) {
        add_up(sums + (size_t)g->texts[i].group * SUMS, &g->texts[i]);
        r.empty += g->texts[i].statements == 0;
        r.statements += g->texts[i].statements;
    }
    const struct ratios ratios = {sums, g->users.count, SUMS, ratio,
                                  (int)(sizeof ratio / sizeof *ratio)};
    const int status = ratios_measure(&ratios, how, found, err);
    free(sums);
    if (status != 0)
        return -1;
    r.per_text = found[0];
    memcpy(r.supported, found + 1, sizeof r.supported);
    memcpy(r.whole, found + 1 + LLMX_GROUNDING_MODES, sizeof r.whole);
    memcpy(r.failed, g->failed, sizeof r.failed);
    *result = r;
    return 0;
}

static int read_all(struct grounding *g, const char *explanations_path, const char *recs_path,
                    struct llmx_error *err)
{
    int more;
    if (briefing_open(&g->briefing, g->data, &g->options, err) != 0 ||
        desk_open(&g->desk, &g->briefing, err) != 0 ||
        pairing_open(&g->pairing, explanations_path, recs_path, g->data, &g->options, err) != 0)
        return -1;
    while ((more = pairing_next(&g->pairing, err)) == 1)
        if (g->pairing.rec && take_line(g, err) != 0)
            return -1;
    return more == 0 ? pairing_check(&g->pairing, g->n, err) : -1;
}

int grounding_measure(const char *explanations_path, const char *recs_path,
                      const struct llmx_data *data, const struct llmx_grounding_options *options,
                      grounding_take *take, void *context, struct llmx_grounding *result,
                      struct llmx_error *err)
{
    struct grounding g = {
        .data = data, .options = llmx_explain_defaults(), .take = take, .context = context};
    g.options.notice = options->notice;
    g.options.notice_context = options->notice_context;
    int status = read_all(&g, explanations_path, recs_path, err);
    if (status == 0)
        status = summarise(&g, &options->resampling, result, err);
    grounding_close(&g);
    return status;
}

static int write_row(void *out, json_t *line, json_t *row, struct llmx_error *err)
{
    (void)line;
    return jsonl_write(((struct output *)out)->stream, row, err);
}

int llmx_grounding_file(const char *explanations_path, const char *recs_path,
                        const struct llmx_data *data, const struct llmx_grounding_options *options,
                        const char *out_path, struct llmx_grounding *result, struct llmx_error *err)
{
    struct llmx_grounding found;
    struct output out = {0};
    int status = out_path ? output_open(&out, out_path, err) : 0;
    if (status == 0)
        status = grounding_measure(explanations_path, recs_path, data, options,
                                   out_path ? write_row : NULL, &out, &found, err);
    if (status == 0 && out_path)
        status = output_commit(&out, err);
    if (status == 0)
        *result = found;
    output_discard(&out);
    return status;
}
