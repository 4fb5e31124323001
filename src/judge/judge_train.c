/* judge_train.c - labelled pairs to a tuned judge: which are learnt, which are kept out, as examples in both orders. */
#include "base/file.h"
#include "base/memory.h"
#include "base/names.h"
#include "base/rng.h"
#include "format/jsonl.h"
#include "judge/judge.h"
#include "tune/tuning.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define HOLD_STREAM                                                                                \
    (UINT64_MAX - 7) /* of RNG_SHUFFLE; tuning takes the numbers from 0 on, and the last two */
#define LIMIT_STREAM (UINT64_MAX - 8)

enum fate { LEARNT, HELD, LEFT_OUT };

struct teaching {
    const struct llmx_model *model;
    const struct llmx_pairs *pairs;
    const struct llmx_judge_training *training;
    const char *out;
    struct judge_prompt prompt;
    struct names prompts;
    uint32_t *prompt_of;  /* (pairs) */
    unsigned char *fate;  /* (pairs) enum fate */
    struct output stream; /* examples.jsonl */
    int examples;         /* written there */
    struct llmx_judge_training_report report;
};

static struct llmx_pair *pair_at(const struct teaching *t, size_t i)
{
    return &t->pairs->pair[i];
}

static bool is_lesson(const struct llmx_pair *pair)
{
    return pair->label == LLMX_PREFERS_A || pair->label == LLMX_PREFERS_B;
}

/* ---- who is learnt from ---- */

static int number_prompts(struct teaching *t, struct llmx_error *err)
{
    for (size_t i = 0; i < t->pairs->n; i++) {
        const char *prompt = pair_at(t, i)->prompt;
        const int64_t number = names_add(&t->prompts, prompt, strlen(prompt), err);
        if (number < 0)
            return -1;
        t->prompt_of[i] = (uint32_t)number;
    }
    t->report.pairs = (int)t->pairs->n;
    t->report.prompts = (int)t->prompts.count;
    return 0;
}

/* Moves n numbers drawn from all to the front. */
static void draw(uint32_t *order, uint32_t all, uint32_t n, uint64_t seed, uint64_t stream)
{
    struct rng rng = rng_stream(seed, RNG_SHUFFLE, stream);
    for (uint32_t i = 0; i < n; i++) {
        const uint32_t other = i + rng_below(&rng, all - i), drawn = order[other];
        order[other] = order[i];
        order[i] = drawn;
    }
}

/* Keeps a share of the prompts out. */
static int hold_prompts(struct teaching *t, struct llmx_error *err)
{
    const uint32_t all = t->prompts.count, held = (uint32_t)(t->training->hold * all + 0.5);
    uint32_t *order = mem_array(all, sizeof *order, err);
    bool *is_held = mem_array(all, sizeof *is_held, err);
    int status = order && is_held ? 0 : -1;
    if (status == 0 && t->training->hold > 0 && (held == 0 || held == all))
        status = err_set(err, LLMX_BAD_OPTION,
                         "a share of %g of %u prompts keeps out %s; choose another",
                         t->training->hold, all, held ? "everything" : "nothing");
    for (uint32_t i = 0; i < all && status == 0; i++)
        order[i] = i;
    if (status == 0) {
        draw(order, all, held, t->training->tune.seed, HOLD_STREAM);
        for (uint32_t i = 0; i < held; i++)
            is_held[order[i]] = true;
        for (size_t i = 0; i < t->pairs->n; i++)
            if (is_held[t->prompt_of[i]]) {
                t->fate[i] = HELD;
                t->report.held++;
            }
        t->report.held_prompts = (int)held;
    }
    free(order);
    free(is_held);
    return status;
}

/* Of what is not kept out: what teaches nothing goes. */
static void leave_out(struct teaching *t)
{
    for (size_t i = 0; i < t->pairs->n; i++) {
        const enum llmx_preference label = pair_at(t, i)->label;
        if (t->fate[i] == HELD)
            continue;
        t->report.ties += label == LLMX_PREFERS_TIE;
        t->report.unlabelled += label == LLMX_PREFERS_UNKNOWN;
        t->report.labelled_a += label == LLMX_PREFERS_A;
        t->report.labelled_b += label == LLMX_PREFERS_B;
        t->fate[i] = is_lesson(pair_at(t, i)) ? LEARNT : LEFT_OUT;
    }
}

static int limit_pairs(struct teaching *t, struct llmx_error *err)
{
    uint32_t *order = mem_array(t->pairs->n, sizeof *order, err), n = 0;
    const int limit = t->training->limit;
    int status = order ? 0 : -1;
    for (size_t i = 0; i < t->pairs->n && status == 0; i++)
        if (t->fate[i] == LEARNT)
            order[n++] = (uint32_t)i;
    if (status == 0 && n == 0)
        status = err_set(err, LLMX_BAD_INPUT,
                         "no pair to learn from: of %d, %d have no label, %d are ties, %d are kept "
                         "out; \"label\" must be \"a\" or \"b\"",
                         t->report.pairs, t->report.unlabelled, t->report.ties, t->report.held);
    if (status == 0 && limit > 0 && (uint32_t)limit < n) {
        draw(order, n, (uint32_t)limit, t->training->tune.seed, LIMIT_STREAM);
        for (uint32_t i = (uint32_t)limit; i < n; i++)
            t->fate[order[i]] = LEFT_OUT;
    }
    free(order);
    return status;
}

/* ---- files ---- */

static int open_file(const struct teaching *t, struct output *file, const char *name,
                     struct llmx_error *err)
{
    char path[PATH_MAX];
    if (path_join(path, sizeof path, t->out, name, err) != 0)
        return -1;
    return t->training->tune.force ? output_open(file, path, err)
                                   : output_open_new(file, path, err);
}

static int write_file(const struct teaching *t, const char *name, const char *text,
                      struct llmx_error *err)
{
    struct output file = {0};
    int status = open_file(t, &file, name, err);
    if (status == 0) {
        fputs(text, file.stream);
        status = output_commit(&file, err);
    }
    output_discard(&file);
    return status;
}

static int write_notes(const struct teaching *t, struct llmx_error *err)
{
    char notes[200];
    snprintf(notes, sizeof notes,
             "{\"prompt_tokens\": %d, \"prompts\": %d, \"held_prompts\": %d, \"seed\": %lld}\n",
             t->training->prompt_tokens, t->report.prompts, t->report.held_prompts,
             (long long)t->training->tune.seed); /* signed, as JSON's integers are read */
    return write_file(t, JUDGE_NOTES, notes, err) == 0
               ? write_file(t, JUDGE_TEMPLATE, t->prompt.layout, err)
               : -1;
}

/* A file without lines where none is kept out: that of a judge that is replaced must not stay, for now it may be learnt. */
static int write_held(const struct teaching *t, struct llmx_error *err)
{
    struct output file = {0};
    struct llmx_pairs *held = pairs_create(err);
    int status = held ? open_file(t, &file, "held.jsonl", err) : -1;
    for (size_t i = 0; i < t->pairs->n && status == 0; i++)
        if (t->fate[i] == HELD)
            status = pairs_add(held, pair_at(t, i), err);
    if (status == 0)
        status = pairs_put(held, file.stream, err);
    if (status == 0)
        status = output_commit(&file, err);
    output_discard(&file);
    llmx_pairs_close(held);
    return status;
}

/* ---- examples ---- */

static int write_example(struct teaching *t, const char *question, const char *answer,
                         uint32_t prompt, struct llmx_error *err)
{
    char user[24];
    snprintf(user, sizeof user, "prompt %u", prompt + 1);
    json_t *line = json_pack("{s:s, s:s, s:s, s:s}", "instruction", question, "input", "", "output",
                             answer, "user", user);
    const int status = line ? jsonl_write(t->stream.stream, line, err)
                            : err_set(err, LLMX_BAD_INPUT, "a text is not UTF-8, or memory is out");
    json_decref(line);
    t->examples += status == 0;
    return status;
}

/* Both questions about a pair. */
static int ask_pair(const struct teaching *t, size_t i, struct text question[static 2],
                    struct llmx_error *err)
{
    char *shown;
    if (judge_prompt_cut(&t->prompt, llmx_model_tokenizer(t->model), pair_at(t, i)->prompt, &shown,
                         err) != 0)
        return -1;
    for (int order = 0; order < 2; order++)
        judge_prompt_ask(&t->prompt, shown, pair_at(t, i), order, &question[order]);
    free(shown);
    return text_check(&question[0], err) != 0 ? -1 : text_check(&question[1], err);
}

/* Is the text of question `order` the better one? */
static bool is_better(const struct teaching *t, size_t i, int order)
{
    return (pair_at(t, i)->label == LLMX_PREFERS_A) == (order == 0);
}

/* Both orders of a pair; a question that was asked before, of this pair or another, teaches once. */
static int write_pair(struct teaching *t, size_t i, struct names *asked, struct llmx_error *err)
{
    struct text question[2] = {{0}};
    bool is_new = true;
    int status = ask_pair(t, i, question, err);
    for (int order = 0; order < 2 && status == 0; order++) {
        const int64_t next = asked->count;
        const int64_t number = names_add(asked, question[order].s, question[order].n, err);
        status = number < 0 ? -1 : 0;
        is_new = is_new && number == next;
    }
    for (int order = 0; order < 2 && status == 0 && is_new; order++)
        status = write_example(t, question[order].s, is_better(t, i, order) ? "1" : "2",
                               t->prompt_of[i], err);
    t->report.learnt += is_new;
    t->report.repeated += !is_new;
    text_release(&question[0]);
    text_release(&question[1]);
    return status;
}

static int write_pairs(struct teaching *t, struct llmx_error *err)
{
    struct names asked = {0};
    int status = 0;
    for (size_t i = 0; i < t->pairs->n && status == 0; i++)
        if (t->fate[i] == LEARNT)
            status = write_pair(t, i, &asked, err);
    names_release(&asked);
    return status;
}

/* One text, asked about by itself. */
struct lesson {
    uint32_t prompt;
    int won, lost;
};

struct lessons {
    struct names asked;
    struct lesson *of; /* (asked.count) */
    size_t capacity;
};

static int note_lesson(const struct teaching *t, size_t i, int order, const struct text *question,
                       struct lessons *lessons, struct llmx_error *err)
{
    const uint32_t count = lessons->asked.count;
    const int64_t number = names_add(&lessons->asked, question->s, question->n, err);
    if (number < 0 || mem_grow(&lessons->of, &lessons->capacity, (size_t)count + 1,
                               sizeof *lessons->of, err) != 0)
        return -1;
    if (number == count)
        lessons->of[number] = (struct lesson){.prompt = t->prompt_of[i]};
    if (is_better(t, i, order))
        lessons->of[number].won++;
    else
        lessons->of[number].lost++;
    return 0;
}

static int note_lessons(struct teaching *t, struct lessons *lessons, struct llmx_error *err)
{
    struct text question[2] = {{0}};
    int status = 0;
    for (size_t i = 0; i < t->pairs->n && status == 0; i++) {
        if (t->fate[i] != LEARNT)
            continue;
        status = ask_pair(t, i, question, err);
        for (int order = 0; order < 2 && status == 0; order++)
            status = note_lesson(t, i, order, &question[order], lessons, err);
        t->report.learnt++;
    }
    text_release(&question[0]);
    text_release(&question[1]);
    return status;
}

/* Of a single layout: each text is good that won more often than it lost; one that did both as often teaches nothing. */
static int write_texts(struct teaching *t, struct llmx_error *err)
{
    struct lessons lessons = {.capacity = 0};
    int status = note_lessons(t, &lessons, err);
    for (uint32_t i = 0; i < lessons.asked.count && status == 0; i++) {
        const struct lesson *lesson = &lessons.of[i];
        if (lesson->won != lesson->lost)
            status = write_example(t, names_get(&lessons.asked, i, NULL),
                                   lesson->won > lesson->lost ? "2" : "1", lesson->prompt, err);
    }
    names_release(&lessons.asked);
    free(lessons.of);
    return status;
}

static int write_examples(struct teaching *t, struct llmx_error *err)
{
    int status = open_file(t, &t->stream, "examples.jsonl", err);
    if (status == 0)
        status = t->prompt.is_single ? write_texts(t, err) : write_pairs(t, err);
    if (status == 0 && t->examples == 0)
        status = err_set(err, LLMX_BAD_INPUT,
                         "nothing to learn from the %d pairs: every text is as often the worse one "
                         "as the better",
                         t->report.learnt + t->report.repeated);
    if (status == 0)
        status = output_commit(&t->stream, err);
    output_discard(&t->stream);
    return status;
}

/* ---- all together ---- */

struct llmx_judge_training llmx_judge_training_defaults(void)
{
    struct llmx_judge_training training = {.prompt_tokens = LLMX_JUDGE_PROMPT_TOKENS,
                                           .tune = llmx_tune_defaults()};
    training.tune.samples = 0;
    training.tune.epochs = 2;
    training.tune.learning_rate =
        1e-3; /* three times what texts are learnt with: it is one token that is learnt here */
    return training;
}

static int check_options(const struct llmx_judge_training *training, struct llmx_error *err)
{
    if (!(training->hold >= 0 && training->hold < 1))
        return err_set(err, LLMX_BAD_OPTION, "hold %g: choose a share from 0 to less than 1",
                       training->hold);
    if (training->prompt_tokens < LLMX_JUDGE_PROMPT_WHOLE)
        return err_set(err, LLMX_BAD_OPTION, "prompt-tokens %d: choose -1 (all) or more",
                       training->prompt_tokens);
    if (training->limit < 0)
        return err_set(err, LLMX_BAD_OPTION, "limit %d: choose 0 (all) or more", training->limit);
    return tune_options_check(&training->tune, err);
}

/* What needs no model: what is asked, and who is learnt from. */
static int prepare(struct teaching *t, struct llmx_error *err)
{
    if (check_options(t->training, err) != 0 ||
        judge_prompt_open(&t->prompt, "single", t->training->template_path, err) != 0)
        return -1;
    t->prompt.prompt_tokens = t->training->prompt_tokens;
    t->prompt_of = mem_array(t->pairs->n, sizeof *t->prompt_of, err);
    t->fate = mem_array(t->pairs->n, sizeof *t->fate, err);
    if (!t->prompt_of || !t->fate || number_prompts(t, err) != 0 || hold_prompts(t, err) != 0)
        return -1;
    leave_out(t);
    return limit_pairs(t, err) != 0 ? -1 : tune_dir_check(t->out, &t->training->tune, err);
}

static void release(struct teaching *t)
{
    judge_prompt_release(&t->prompt);
    names_release(&t->prompts);
    free(t->prompt_of);
    free(t->fate);
}

int llmx_judge_training_check(const struct llmx_pairs *pairs,
                              const struct llmx_judge_training *training, const char *out,
                              struct llmx_error *err)
{
    struct teaching t = {.pairs = pairs, .training = training, .out = out};
    const int status = prepare(&t, err);
    release(&t);
    return status;
}

static int tune(struct teaching *t, struct llmx_error *err)
{
    char examples[PATH_MAX];
    struct llmx_tune_options options = t->training->tune;
    options.report = &t->report.tune;
    options.limit = 0;
    return path_join(examples, sizeof examples, t->out, "examples.jsonl", err) == 0
               ? llmx_tune(t->model, examples, &options, t->out, err)
               : -1;
}

/* The examples first: where there are none, nothing is left behind. */
static int teach(struct teaching *t, struct llmx_error *err)
{
    return prepare(t, err) != 0 || directory_make(t->out, err) != 0 ||
                   write_examples(t, err) != 0 || write_notes(t, err) != 0 ||
                   write_held(t, err) != 0
               ? -1
               : tune(t, err);
}

int llmx_judge_train(const struct llmx_model *model, const struct llmx_pairs *pairs,
                     const struct llmx_judge_training *training, const char *out,
                     struct llmx_error *err)
{
    struct teaching t = {.model = model, .pairs = pairs, .training = training, .out = out};
    const int status = teach(&t, err);
    if (status == 0 && training->report)
        *training->report = t.report;
    release(&t);
    return status;
}
