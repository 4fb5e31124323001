/* writer.c - drafts as a group of texts for a language model. */
#include "explain/writer.h"

#include "base/memory.h"
#include "explain/grounding.h"

#include <stdlib.h>
#include <string.h>

int writer_init(struct writer *writer, const struct briefing *briefing,
                const struct llmx_model *model, struct llmx_error *err)
{
    *writer = (struct writer){.briefing = briefing, .model = model};
    if (!briefing->options->grounded)
        return 0;
    if (briefing->options->is_strict && value_words_init(&writer->words, briefing->catalogue, err))
        return -1;
    return token_index_init(&writer->index, llmx_model_tokenizer(model), GROUNDING_MARK, err);
}

void writer_release(struct writer *writer)
{
    token_index_release(&writer->index);
    value_words_release(&writer->words);
}

/* Times that a sentence goes back and is as good as any: of about 20 that had gone back two or three times one was not worth
 * reading, of about 20 that had more often six (docs/benchmarks.md, second choices). */
#define EASY_MAX 3

/* The ids of the chat prompt with the beginning of the answer behind it. */
static int make_ids(struct sheet *s, struct llmx_error *err)
{
    const struct llmx_model *model = s->writer->model;
    const char *prompt = s->draft->explanation.prompt;
    int32_t *begun = NULL, *all = NULL;
    int n = llmx_chat_prompt(model, NULL, prompt, strlen(prompt), &s->ids, err);
    if (n < 0 || s->answer.n == 0) {
        s->n_ids = n;
        return n < 0 ? -1 : 0;
    }
    int more =
        llmx_tokenize(llmx_model_tokenizer(model), s->answer.s, s->answer.n, 0, 0, &begun, err);
    if (more >= 0 && (all = mem_array((size_t)(n + more), sizeof *all, err)) != NULL) {
        memcpy(all, s->ids, (size_t)n * sizeof *all);
        memcpy(all + n, begun, (size_t)more * sizeof *all);
        free(s->ids);
        s->ids = all;
        s->n_ids = n + more;
    }
    free(begun);
    return all ? 0 : -1;
}

static int check_length(const struct sheet *s, struct llmx_error *err)
{
    const int context = llmx_model_context(s->writer->model);
    const char *user = s->draft->rec->user_token;
    if (s->n_ids < context)
        return 0;
    return err_set(err, LLMX_TOO_LARGE,
                   "the prompt for user '%s' has %d tokens, the model's context %d: use a smaller "
                   "--max-history",
                   user ? user : "(by history)", s->n_ids, context);
}

static int sheet_begin(struct sheet *s, struct desk *desk, struct llmx_error *err)
{
    const struct briefing *b = s->writer->briefing;
    if (draft_prompt(s->draft, desk, err) != 0)
        return -1;
    const struct llmx_given *given = s->draft->given;
    prompt_answer(&s->answer, &b->template, b->catalogue, given);
    if (text_check(&s->answer, err) != 0 || make_ids(s, err) != 0 || check_length(s, err) != 0)
        return -1;
    return b->options->grounded
               ? grounding_create(&s->constraint, &s->writer->index, &s->writer->words,
                                  b->catalogue, given, &s->answer, err)
               : 0;
}

/* How many ids all prompts share, leaving each one of its own at least. */
static int count_shared(const struct sheets *sheets)
{
    const struct sheet *a = &sheets->sheet[0];
    int shared = sheets->n > 1 ? a->n_ids - 1 : 0;
    for (int k = 1; k < sheets->n; k++) {
        const struct sheet *b = &sheets->sheet[k];
        int same = 0;
        while (same < shared && same < b->n_ids - 1 && a->ids[same] == b->ids[same])
            same++;
        shared = same;
    }
    return shared;
}

void sheet_try(struct llmx_generation *generation)
{
    struct sheet *s = generation->context;
    if (generation->n_tokens > 0)
        s->opening[s->n_openings++] = generation->tokens[0];
    s->guide = (struct guide){0};
    s->n_passed = s->n_refused = s->n_revised = s->n_easy = s->n_easily_revised = 0;
    generation->sampling = draft_sampling(s->draft, s->writer->briefing->options);
    generation->seed = draft_seed(s->draft, s->writer->briefing->options);
}

/* ---- looking at a text in work ---- */

static const struct token_bytes *bytes_of(const struct sheet *s, int32_t id)
{
    const struct token_index *index = &s->writer->index;
    const int place = id < index->vocabulary ? index->place[id] : -1;
    return place >= 0 ? &index->sorted[place] : NULL;
}

/* May the latest token be the first behind a sentence? White space begins it, and what can end one stands before. */
static bool may_begin_sentence(const struct sheet *s, const struct llmx_generation *g)
{
    if (g->n_tokens < 2)
        return false;
    const struct token_bytes *last = bytes_of(s, g->tokens[g->n_tokens - 1]),
                             *before = bytes_of(s, g->tokens[g->n_tokens - 2]);
    return last && before && memchr(" \n", last->s[0], 2) &&
           memchr(".!?\"')*", before->s[before->n - 1], 7);
}

static int read_tokens(const struct llmx_generation *g, int n, struct text *text,
                       struct llmx_error *err)
{
    struct llmx_generation begun = *g;
    begun.n_tokens = n;
    text_clear(text);
    return sheet_read(&begun, text, err);
}

/* The token that holds a byte of the text; *token: n for one past the end. -1: LLMX_NO_MEMORY */
static int find_token(const struct llmx_generation *g, int n, size_t byte, int *token,
                      struct llmx_error *err)
{
    struct text text = {0};
    int first = 0, end = n, status = 0;
    while (first < end && status == 0) {
        const int middle = first + (end - first) / 2;
        status = read_tokens(g, middle + 1, &text, err);
        if (text.n > byte)
            end = middle;
        else
            first = middle + 1;
    }
    text_release(&text);
    *token = first;
    return status;
}

/* One more sentence stands, n tokens now. */
static void pass(struct sheet *s, const struct llmx_generation *g, int n)
{
    const int revised = g->n_revised - s->n_refused;
    if (s->n_easy == s->n_passed && revised - s->n_revised <= EASY_MAX) {
        s->n_easy = n;
        s->n_easily_revised = revised;
    }
    s->n_passed = n;
    s->n_revised = revised;
}

/* Did an earlier try begin so? Then this one would mostly become the same. */
static bool is_known_opening(const struct sheet *s, const struct llmx_generation *g)
{
    if (g->n_tokens != 1 || g->finish == LLMX_FINISH_STOP)
        return false;
    for (int i = 0; i < s->n_openings; i++)
        if (s->opening[i] == g->tokens[0])
            return true;
    return false;
}

/* The review of n tokens: how many of them stand, -1 for all. */
static int look(struct llmx_generation *g, int n, bool is_whole, struct llmx_error *err)
{
    struct sheet *s = g->context;
    struct text text = {0};
    struct way_back back;
    int kept = -1, found = read_tokens(g, n, &text, err);
    if (found == 0 && (is_whole || guide_sentence_ends(text.s, text.n))) {
        found = guide_look(&s->guide, s->home->checker, s->draft->given, text.s, text.n, is_whole,
                           &back, err);
        if (found == 0)
            pass(s, g, n);
        if (found > 0 && find_token(g, n, back.byte, &kept, err) == 0) {
            kept = kept - back.earlier > s->n_passed ? kept - back.earlier : s->n_passed;
            kept = s->n_passed + (int)(back.share * (float)(kept - s->n_passed));
        }
    }
    text_release(&text);
    return kept;
}

/* As struct llmx_generation says: a sentence is looked at when the next one begins, and the text when it stops. */
static int review(struct llmx_generation *g)
{
    struct sheet *s = g->context;
    const bool is_whole = g->finish == LLMX_FINISH_STOP;
    if (is_known_opening(s, g)) {
        s->n_refused++;
        return 0;
    }
    if (s->failure.code != LLMX_OK || (!is_whole && !may_begin_sentence(s, g)))
        return -1;
    return look(g, is_whole ? g->n_tokens : g->n_tokens - 1, is_whole, &s->failure);
}

int sheet_settled(const struct llmx_generation *g)
{
    const struct sheet *s = g->context;
    return g->review ? s->n_passed : g->n_tokens;
}

/* ---- sheets ---- */

int sheets_init(struct sheets *sheets, const struct writer *writer, struct desk *desk,
                struct draft *drafts, int n, int first, struct llmx_error *err)
{
    const struct llmx_explain_options *o = writer->briefing->options;
    const size_t room = (size_t)n;
    *sheets = (struct sheets){.n_open = n - first};
    if (!(sheets->sheet = mem_array(room, sizeof *sheets->sheet, err)) ||
        !(sheets->generations = mem_array(room, sizeof *sheets->generations, err)) ||
        !(sheets->tokens = mem_array(room, (size_t)o->max_tokens * sizeof *sheets->tokens, err)) ||
        (o->grounded && llmx_checker_create(&sheets->checker, writer->briefing->gate, err) != 0))
        return -1;
    for (; sheets->n < n; sheets->n++) {
        struct sheet *s = &sheets->sheet[sheets->n];
        *s = (struct sheet){.writer = writer, .draft = &drafts[sheets->n], .home = sheets};
        if (sheet_begin(s, desk, err) != 0) {
            sheets->n++; /* to be released */
            return -1;
        }
    }
    const int shared = count_shared(sheets);
    for (int i = first; i < n; i++) {
        struct sheet *s = &sheets->sheet[i];
        sheets->generations[i] = (struct llmx_generation){
            .prompt = s->ids + shared,
            .n_prompt = s->n_ids - shared,
            .max_tokens = o->max_tokens,
            .constraint = s->constraint,
            .review = o->grounded ? review : NULL,
            .context = s,
            .tokens = sheets->tokens + (size_t)i * (size_t)o->max_tokens,
        };
        sheet_try(&sheets->generations[i]);
    }
    sheets->group = (struct llmx_group){sheets->sheet[0].ids, shared, sheets->generations + first,
                                        n - first, o->adapter};
    return 0;
}

int sheet_read(const struct llmx_generation *g, struct text *text, struct llmx_error *err)
{
    const struct sheet *s = g->context;
    const struct llmx_tokenizer *tokenizer = llmx_model_tokenizer(s->writer->model);
    char *written;
    if (s->failure.code != LLMX_OK)
        return err_set(err, s->failure.code, "%s", s->failure.message);
    if (llmx_detokenize(tokenizer, g->tokens, g->n_tokens, &written, err) != 0)
        return -1;
    text_puts(text, s->answer.n ? s->answer.s : "");
    text_puts(text, written);
    free(written);
    return text_check(text, err);
}

int sheet_take(const struct llmx_generation *g, struct text *text, struct llmx_error *err)
{
    const struct sheet *s = g->context;
    if (g->review) {
        if (s->failure.code == LLMX_OK && read_tokens(g, s->n_easy, text, err) != 0)
            return -1;
        s->draft->effort = (struct effort){text->n, s->n_easily_revised, s->n_revised};
        text_clear(text);
    }
    return sheet_read(g, text, err);
}

static void checker_close(struct sheets *sheets)
{
    llmx_checker_destroy(sheets->checker);
    sheets->checker = NULL;
}

void sheet_finish(struct sheet *s)
{
    if (--s->home->n_open == 0)
        checker_close(s->home);
    constraint_destroy(s->constraint);
    s->constraint = NULL;
    text_release(&s->answer);
}

void sheets_release(struct sheets *sheets)
{
    for (int i = 0; i < sheets->n; i++) {
        sheet_finish(&sheets->sheet[i]);
        free(sheets->sheet[i].ids);
    }
    checker_close(sheets);
    free(sheets->sheet);
    free(sheets->generations);
    free(sheets->tokens);
    *sheets = (struct sheets){0};
}
