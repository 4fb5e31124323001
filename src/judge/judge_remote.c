/* judge_remote.c - a server judges: every answer is kept at OUT.answers as soon as it comes, so that a run that is interrupted
 * asks for none of them again. */
#include "base/file.h"
#include "base/memory.h"
#include "base/names.h"
#include "base/plain.h"
#include "explain/thinking.h"
#include "judge/judge.h"
#include "llmxrec/remote.h"
#include "remote/kept_answers.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ORDERS 2

struct asking_judge {
    const struct llmx_judge *judge;
    struct llmx_pairs *pairs;
    struct kept_answers kept;
    struct place {
        struct llmx_question question;
        struct text text;
        size_t pair;
        int order;
    } * places; /* (n), one for each order of each pair */
    size_t n, next, n_finished;
    struct llmx_judge_report *report;
    struct llmx_error failure; /* of writing */
    bool is_stopped;
};

/* ---- what an answer says ---- */

/* The word at s of n letters and digits: 1, .5, 0, or NaN for any other. */
static double read_word(const char *s, size_t n)
{
    static const struct {
        const char *word;
        double says;
    } words[] = {{"1", 1}, {"2", 0}, {"tie", .5}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (n == strlen(words[i].word) && plain_strncasecmp(s, words[i].word, n) == 0)
            return words[i].says;
    return NAN;
}

static bool is_of_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (unsigned char)c >= 0x80;
}

/* The one of the three that it begins with, or the only one that it names. */
double judge_read_answer(const char *answer)
{
    double says = NAN;
    bool is_first = true;
    for (const char *s = answer; *s;) {
        size_t n = 0;
        while (is_of_word(s[n]))
            n++;
        const double word = n > 0 ? read_word(s, n) : NAN;
        if (is_first && !isnan(word))
            return word;
        if (!isnan(word) && !isnan(says) && word != says)
            return NAN;
        says = isnan(word) ? says : word;
        is_first = is_first && n == 0;
        s += n + (n == 0);
    }
    return says;
}

static void take_text(struct asking_judge *a, const struct place *place, const char *text)
{
    const double says = judge_read_answer(text);
    struct llmx_pair *pair = llmx_pairs_get(a->pairs, place->pair);
    a->report->answered++;
    a->report->unreadable += isnan(says);
    pair->p_a[place->order] = place->order == 0 ? says : 1 - says;
}

/* ---- answers that are kept ---- */

#define NAME_BYTES 64

/* "PAIR.ORDER.HASH" of all that the answer depends on. */
static void name_place(const struct asking_judge *a, const struct place *place,
                       char name[static NAME_BYTES])
{
    const char *all[] = {llmx_remote_model(a->judge->remote), llmx_remote_extra(a->judge->remote),
                         place->text.s};
    uint64_t hash = (uint64_t)place->question.max_tokens;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        hash = hash * 31 + hash_bytes(all[i], strlen(all[i]));
    snprintf(name, NAME_BYTES, "%zu.%d.%016" PRIx64, place->pair, place->order, hash);
}

/* ---- asking ---- */

static void tell_progress(struct asking_judge *a)
{
    const struct llmx_progress *progress = &a->judge->options.progress;
    a->n_finished++;
    if (progress->report)
        a->is_stopped |= progress->report(progress->context, "judging", (double)a->n_finished,
                                          (double)a->n, NULL) != 0;
}

static struct llmx_question *give_next(void *context)
{
    struct asking_judge *a = context;
    while (a->failure.code == LLMX_OK && !a->is_stopped && a->next < a->n) {
        struct place *place = &a->places[a->next++];
        char name[NAME_BYTES];
        name_place(a, place, name);
        const char *text = json_string_value(json_object_get(a->kept.text, name));
        if (!text)
            return &place->question;
        take_text(a, place, text);
        tell_progress(a);
    }
    return NULL;
}

static void tell_refusal(struct asking_judge *a, const struct place *place)
{
    const struct llmx_judge_options *o = &a->judge->options;
    char message[LLMX_MESSAGE_MAX + 64];
    a->report->refused++;
    if (!o->notice)
        return;
    snprintf(message, sizeof message, "pair %zu, %s first: %s", place->pair + 1,
             place->order == 0 ? "a" : "b", place->question.error.message);
    o->notice(o->notice_context, message);
}

static int note_finished(void *context, struct llmx_question *q)
{
    struct asking_judge *a = context;
    struct place *place = q->context;
    if (a->failure.code != LLMX_OK)
        return 0;
    if (!q->text) {
        tell_refusal(a, place);
    } else {
        char name[NAME_BYTES];
        q->text[thinking_cut(q->text, strlen(q->text))] = '\0';
        name_place(a, place, name);
        if (kept_answers_add(&a->kept, name, q->text, &a->failure) != 0)
            return 0;
        take_text(a, place, q->text);
    }
    tell_progress(a);
    return 0;
}

static int place_questions(struct asking_judge *a, struct llmx_error *err)
{
    for (size_t i = 0; i < a->n; i++) {
        struct place *place = &a->places[i];
        place->pair = i / ORDERS;
        place->order = (int)(i % ORDERS);
        struct llmx_pair *pair = llmx_pairs_get(a->pairs, place->pair);
        pair->p_a[place->order] = NAN;
        judge_prompt_ask(&a->judge->prompt, pair->prompt, pair, place->order, &place->text);
        if (text_check(&place->text, err) != 0)
            return -1;
        place->question = (struct llmx_question){
            .prompt = place->text.s, .max_tokens = a->judge->options.max_tokens, .context = place};
    }
    return 0;
}

/* Is that a place beside which answers can be kept? */
static bool can_keep(const char *out_path)
{
    return out_path && strcmp(out_path, "-") != 0;
}

/* What an interrupted run kept may be all there is: then nothing is left to ask. */
static int ask(struct asking_judge *a, struct llmx_error *err)
{
    const struct llmx_remote_job job = {give_next, note_finished, a, a->judge->options.stop};
    int status = llmx_remote_ask(a->judge->remote, &job, err);
    if (status == 0 && a->failure.code != LLMX_OK)
        status = err_set(err, a->failure.code, "%s", a->failure.message);
    if (status == 0 && a->is_stopped)
        status = err_set(err, LLMX_INTERRUPTED, "interrupted after %zu of %zu questions",
                         a->n_finished, a->n);
    return status;
}

int judge_remote(const struct llmx_judge *judge, struct llmx_pairs *pairs, const char *out_path,
                 bool resume, struct llmx_judge_report *report, struct llmx_error *err)
{
    struct asking_judge a = {
        .judge = judge, .pairs = pairs, .n = llmx_pairs_count(pairs) * ORDERS, .report = report};
    int status = -1;
    a.places = mem_array(a.n, sizeof *a.places, err);
    if (a.places && place_questions(&a, err) == 0 &&
        kept_answers_open(&a.kept, can_keep(out_path) ? out_path : NULL, resume, err) == 0)
        status = ask(&a, err);
    if (status == 0 && out_path)
        status = llmx_pairs_write(pairs, out_path, err);
    kept_answers_close(&a.kept, status == 0);
    for (size_t i = 0; a.places && i < a.n; i++)
        text_release(&a.places[i].text);
    free(a.places);
    return status;
}
