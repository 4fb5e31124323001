/* sanity.c - pairs of good explanations and of the same ones spoilt, and how a judge fares on them. */
#include "llmxrec/sanity.h"

#include "base/memory.h"
#include "explain/desk.h"
#include "explain/pairing.h"
#include "judge/pairs.h"
#include "judge/spoil.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HISTORY_SHOWN 10 /* in prompts that are made here */

static const char *const names[LLMX_SPOILINGS] = {"user",     "item",     "evidence", "number",
                                                  "shuffled", "repeated", "praise",   "long"};

const char *llmx_spoiling_name(int spoiling)
{
    return spoiling >= 0 && spoiling < LLMX_SPOILINGS ? names[spoiling] : NULL;
}

/* ---- good texts ---- */

struct sanity {
    const struct llmx_data *data;
    struct llmx_explain_options options;
    struct briefing briefing;
    struct desk desk;
    struct pairing pairing;
    struct llmx_pairs *pairs; /* its arena holds all strings */
    struct arena arena;       /* histories and mentions */
    struct good_text *texts;  /* (n) */
    size_t n, capacity;
    int n_bad;
};

static void sanity_release(struct sanity *s)
{
    pairing_close(&s->pairing);
    desk_release(&s->desk);
    briefing_release(&s->briefing);
    arena_release(&s->arena);
    free(s->texts);
    llmx_pairs_close(s->pairs);
}

static char *keep_string(struct sanity *s, const char *string, struct llmx_error *err)
{
    return arena_text(&s->pairs->arena, string, strlen(string), err);
}

/* What the writer was told: as the line says, or made anew. */
static int find_prompt(struct sanity *s, const struct llmx_given *given, const char **prompt,
                       struct llmx_error *err)
{
    const char *told = json_string_value(json_object_get(s->pairing.line, "prompt"));
    struct text made = {0};
    if (!told) {
        briefing_prompt(&s->briefing, given, &made);
        text_puts(&made, "");
    }
    int status = text_check(&made, err);
    if (status == 0)
        status = (*prompt = keep_string(s, told ? told : made.s, err)) ? 0 : -1;
    text_release(&made);
    return status;
}

static int find_history(struct sanity *s, struct good_text *good, struct llmx_error *err)
{
    const struct rec *rec = s->pairing.rec;
    int n = rec->n_history;
    if (!rec->history)
        llmx_data_history(s->data, rec->user, LLMX_ALL, &n);
    llmx_id *history = arena_array(&s->arena, (size_t)n + 1, sizeof *history, err);
    if (!history)
        return -1;
    good->history = history;
    good->n_history = rec_history(rec, s->data, &s->briefing.twins, history, n);
    return 0;
}

/* The mentions that do not stand within the one before. */
static int find_named(struct sanity *s, const struct llmx_verdict *verdict, struct good_text *good,
                      struct llmx_error *err)
{
    good->named = arena_array(&s->arena, (size_t)verdict->n_named + 1, sizeof *good->named, err);
    for (int i = 0; good->named && i < verdict->n_named; i++)
        if (good->n_named == 0 || verdict->named[i].start >= good->named[good->n_named - 1].end)
            good->named[good->n_named++] = verdict->named[i];
    return good->named ? 0 : -1;
}

static int take_line(struct sanity *s, struct llmx_error *err)
{
    const struct pairing *p = &s->pairing;
    struct good_text good = {.item = p->rec->item};
    struct llmx_given given;
    struct llmx_verdict verdict;
    if (desk_given(&s->desk, p->rec, &given, err) != 0 ||
        find_prompt(s, &given, &good.prompt, err) != 0)
        return -1;
    given.prompt = good.prompt;
    if (llmx_gate_check(s->desk.checker, &given, p->text, strlen(p->text), &verdict, err) != 0)
        return -1;
    if (verdict.n_failures > 0) {
        s->n_bad++;
        return 0;
    }
    if (find_history(s, &good, err) != 0 || find_named(s, &verdict, &good, err) != 0 ||
        !(good.text = keep_string(s, p->text, err)) ||
        !(good.user = keep_string(s, p->user, err)) ||
        mem_grow(&s->texts, &s->capacity, s->n + 1, sizeof *s->texts, err) != 0)
        return -1;
    s->texts[s->n++] = good;
    return 0;
}

static int read_texts(struct sanity *s, const char *explanations_path, const char *recs_path,
                      int limit, struct llmx_error *err)
{
    size_t lines = 0;
    int more;
    if (!(s->pairs = pairs_create(err)) ||
        briefing_open(&s->briefing, s->data, &s->options, err) != 0 ||
        desk_open(&s->desk, &s->briefing, err) != 0 ||
        pairing_open(&s->pairing, explanations_path, recs_path, s->data, &s->options, err) != 0)
        return -1;
    while ((limit == 0 || s->n < (size_t)limit) && (more = pairing_next(&s->pairing, err)) != 0) {
        if (more < 0 || (s->pairing.rec && take_line(s, err) != 0))
            return -1;
        lines += s->pairing.rec != NULL;
    }
    if (pairing_check(&s->pairing, lines, err) != 0)
        return -1;
    return s->n > 0
               ? 0
               : err_set(err, LLMX_BAD_INPUT,
                         "%s: none of the %zu explanations passes the gate, and only good ones "
                         "can be spoilt (`llmxrec gate` says why)",
                         explanations_path, lines);
}

/* ---- pairs ---- */

static int add_pair(struct sanity *s, const struct good_text *good, enum llmx_spoiling how,
                    const char *spoilt, bool is_second, struct llmx_error *err)
{
    struct llmx_pair pair = {.prompt = good->prompt,
                             .user = good->user,
                             .item = llmx_data_item_token(s->data, good->item),
                             .label = is_second ? LLMX_PREFERS_B : LLMX_PREFERS_A,
                             .p_a = {NAN, NAN}};
    pair.text[is_second] = good->text;
    pair.system[is_second] = LLMX_SANITY_GOOD;
    pair.text[!is_second] = keep_string(s, spoilt, err);
    pair.system[!is_second] = names[how];
    pair.item = keep_string(s, pair.item, err);
    return pair.text[!is_second] && pair.item ? pairs_add(s->pairs, &pair, err) : -1;
}

static int spoil_all(struct sanity *s, uint64_t seed, struct llmx_error *err)
{
    const struct spoiling spoiling = {s->briefing.catalogue, &s->briefing.twins, s->texts, s->n};
    struct text spoilt = {0};
    int status = 0;
    for (size_t i = 0; i < s->n; i++)
        for (int how = 0; how < LLMX_SPOILINGS && status == 0; how++) {
            struct rng rng = rng_stream(seed, RNG_VARIANTS, i * LLMX_SPOILINGS + (size_t)how);
            const bool is_second = rng_below(&rng, 2);
            if (spoil(&spoiling, i, (enum llmx_spoiling)how, &rng, &spoilt))
                status =
                    add_pair(s, &s->texts[i], (enum llmx_spoiling)how, spoilt.s, is_second, err);
            else
                status = text_check(&spoilt, err);
        }
    text_release(&spoilt);
    return status;
}

static void tell_bad(const struct sanity *s)
{
    char message[128];
    if (s->n_bad == 0 || !s->options.notice)
        return;
    snprintf(message, sizeof message,
             "%d explanations do not pass the gate: they are left out, since only good ones can be "
             "spoilt",
             s->n_bad);
    s->options.notice(s->options.notice_context, message);
}

int llmx_sanity_pairs(struct llmx_pairs **pairs, const char *explanations_path,
                      const char *recs_path, const struct llmx_data *data,
                      const struct llmx_sanity_options *options, int *left_out,
                      struct llmx_error *err)
{
    struct sanity s = {.data = data, .options = llmx_explain_defaults()};
    s.options.template_path = LAYOUT_TUNED;
    s.options.history_max = HISTORY_SHOWN;
    s.options.notice = options->notice;
    s.options.notice_context = options->notice_context;
    int status =
        options->limit < 0
            ? err_set(err, LLMX_BAD_OPTION, "limit %d: choose 0 (all) or more", options->limit)
            : read_texts(&s, explanations_path, recs_path, options->limit, err);
    if (status == 0)
        status = spoil_all(&s, options->resampling.seed, err);
    if (status == 0) {
        tell_bad(&s);
        *left_out = s.pairing.n_skipped + s.n_bad;
        *pairs = s.pairs;
        s.pairs = NULL;
    }
    sanity_release(&s);
    return status;
}
