/* text_metrics.c - figures of texts and of all of them together, each a function of sums over texts: so one function serves
 * a text, the corpus and every resample. */
#include "llmxrec/text_metrics.h"

#include "base/memory.h"
#include "evaluate/bleu.h"
#include "format/lines.h"
#include "statistics/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX                                                                                  \
    20000 /* of a text or a reference: the longest common subsequence takes their product of steps */

/* What is summed over texts. */
struct counts {
    struct bleu_counts bleu; /* of those with a reference */
    double references, rouge[3];
    double rows, words, characters, self_bleu;
    double featured, found; /* texts with a feature, and that name it */
    double losses, loss;    /* tokens that the model scored */
};
#define COUNTS (sizeof(struct counts) / sizeof(double))

struct measuring {
    const struct llmx_text *texts;
    size_t n;
    const struct llmx_text_options *options;
    struct counts *counts;              /* (n) */
    double (*distinct)[2];              /* (n) distinct-1, distinct-2 of each */
    struct grams (*grams)[BLEU_ORDERS]; /* (n) by 13a */
    struct names marked[BLEU_ORDERS];   /* 13a: words, and n-grams of each higher order */
    struct names split[2];              /* words split at blanks, and their pairs */
    struct names rouge[2];              /* rouge-score's words, and their pairs */
    struct names features, whole;       /* the features there are; texts */
    uint32_t *naming;                   /* (features) texts that name each */
    double pairs[2];                    /* n-grams of all texts, split at blanks */
    struct tokens tokens, reference;    /* of the text in work */
    struct grams of_text, of_reference, of_tokens[BLEU_ORDERS];
};

const char *llmx_text_figure_name(int figure)
{
    static const char *const names[LLMX_TEXT_FIGURES] = {
        "bleu_1",     "bleu_4",     "rouge_1_f", "rouge_2_f",  "rouge_l_f",
        "distinct_1", "distinct_2", "usr",       "fmr",        "fcr",
        "div",        "self_bleu",  "words",     "characters", "perplexity"};
    return figure >= 0 && figure < LLMX_TEXT_FIGURES ? names[figure] : NULL;
}

static double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : NAN;
}

/* The figures that sums tell, the others NaN. */
static void figures_of(const struct counts *c, bool is_one, double figures[LLMX_TEXT_FIGURES])
{
    for (int f = 0; f < LLMX_TEXT_FIGURES; f++)
        figures[f] = NAN;
    if (c->references > 0) {
        figures[LLMX_TEXT_BLEU_1] = bleu_of(&c->bleu, 1, is_one);
        figures[LLMX_TEXT_BLEU_4] = bleu_of(&c->bleu, BLEU_ORDERS, is_one);
    }
    for (int r = 0; r < 3; r++)
        figures[LLMX_TEXT_ROUGE_1 + r] = ratio(c->rouge[r], c->references);
    figures[LLMX_TEXT_FMR] = ratio(c->found, c->featured);
    figures[LLMX_TEXT_SELF_BLEU] = ratio(c->self_bleu, c->rows);
    figures[LLMX_TEXT_WORDS] = ratio(c->words, c->rows);
    figures[LLMX_TEXT_CHARACTERS] = ratio(c->characters, c->rows);
    figures[LLMX_TEXT_PERPLEXITY] = exp(ratio(c->loss, c->losses));
}

static double f1(size_t common, size_t text, size_t reference)
{
    return common > 0 ? 2 * (double)common / ((double)text + (double)reference) : 0;
}

static int count_bleu(struct measuring *m, size_t t, struct llmx_error *err)
{
    const struct llmx_text *text = &m->texts[t];
    if (tokens_13a(&m->tokens, &m->marked[0], text->text, strlen(text->text), err) != 0)
        return -1;
    for (int o = 0; o < BLEU_ORDERS; o++)
        if (grams_of(&m->grams[t][o], &m->marked[o], &m->tokens, o + 1, err) != 0)
            return -1;
    if (!text->reference)
        return 0;
    if (tokens_13a(&m->tokens, &m->marked[0], text->reference, strlen(text->reference), err) != 0)
        return -1;
    for (int o = 0; o < BLEU_ORDERS; o++)
        if (grams_of(&m->of_tokens[o], &m->marked[o], &m->tokens, o + 1, err) != 0)
            return -1;
    bleu_count(&m->counts[t].bleu, m->grams[t], m->of_tokens);
    return 0;
}

static int count_rouge(struct measuring *m, size_t t, struct llmx_error *err)
{
    const struct llmx_text *text = &m->texts[t];
    struct counts *c = &m->counts[t];
    size_t common;
    if (!text->reference)
        return 0;
    if (tokens_rouge(&m->tokens, &m->rouge[0], text->text, strlen(text->text), err) != 0 ||
        tokens_rouge(&m->reference, &m->rouge[0], text->reference, strlen(text->reference), err) !=
            0)
        return -1;
    if (m->tokens.n > WORDS_MAX || m->reference.n > WORDS_MAX)
        return err_set(err, LLMX_TOO_LARGE, "text %zu: text or reference has more than %d words",
                       t + 1, WORDS_MAX);
    for (int o = 0; o < 2; o++) {
        if (grams_of(&m->of_text, &m->rouge[o], &m->tokens, o + 1, err) != 0 ||
            grams_of(&m->of_reference, &m->rouge[o], &m->reference, o + 1, err) != 0)
            return -1;
        common = grams_common(&m->of_text, &m->of_reference);
        c->rouge[o] = f1(common, m->of_text.n, m->of_reference.n);
    }
    if (longest_common(&m->tokens, &m->reference, &common, err) != 0)
        return -1;
    c->rouge[2] = f1(common, m->tokens.n, m->reference.n);
    c->references = 1;
    return 0;
}

/* Which features the words hold, each once: of_text has the words, sorted. */
static void count_features(struct measuring *m, size_t t)
{
    const char *feature = m->texts[t].feature;
    const int64_t asked = feature ? names_find(&m->features, feature, strlen(feature)) : -1;
    m->counts[t].featured = feature != NULL;
    for (size_t i = 0; i < m->of_text.n; i++) {
        size_t n;
        const char *word = names_get(&m->split[0], m->of_text.ids[i], &n);
        const int64_t found = names_find(&m->features, word, n);
        if (found < 0 || (i > 0 && m->of_text.ids[i] == m->of_text.ids[i - 1]))
            continue;
        m->naming[found]++;
        if (found == asked)
            m->counts[t].found = 1;
    }
}

static int count_words(struct measuring *m, size_t t, struct llmx_error *err)
{
    const char *text = m->texts[t].text;
    struct counts *c = &m->counts[t];
    if (tokens_split(&m->tokens, &m->split[0], text, strlen(text), err) != 0 ||
        names_add(&m->whole, m->tokens.n > 0 ? (const char *)m->tokens.ids : "",
                  m->tokens.n * sizeof *m->tokens.ids, err) < 0)
        return -1;
    c->rows = 1;
    c->words = (double)m->tokens.n;
    c->characters = (double)characters_of(text, strlen(text));
    for (int o = 1; o >= 0; o--) {
        if (grams_of(&m->of_text, &m->split[o], &m->tokens, o + 1, err) != 0)
            return -1;
        m->distinct[t][o] = ratio((double)grams_distinct(&m->of_text), (double)m->of_text.n);
        m->pairs[o] += (double)m->of_text.n;
    }
    count_features(m, t);
    return 0;
}

static int count_loss(struct measuring *m, size_t t, struct llmx_error *err)
{
    const struct llmx_model *model = m->options->model;
    const char *text = m->texts[t].text;
    struct counts *c = &m->counts[t];
    int32_t *ids = NULL;
    float *logprob = NULL;
    int status = -1;
    const int n = llmx_tokenize(llmx_model_tokenizer(model), text, strlen(text), 1, 0, &ids, err);
    if (n < 0)
        return -1;
    logprob = mem_array((size_t)n, sizeof *logprob, err);
    if (logprob && llmx_score(model, NULL, ids, n, logprob, err) == 0)
        status = 0;
    for (int i = 0; i + 1 < n && status == 0; i++) {
        c->loss -= (double)logprob[i];
        c->losses++;
    }
    free(logprob);
    free(ids);
    return status;
}

static int count_text(struct measuring *m, size_t t, struct llmx_error *err)
{
    if (count_bleu(m, t, err) != 0 || count_rouge(m, t, err) != 0 || count_words(m, t, err) != 0)
        return -1;
    if (m->options->model && count_loss(m, t, err) != 0)
        return err_prefix(err, "text %zu", t + 1);
    const struct llmx_progress *progress = &m->options->progress;
    if (progress->report && progress->report(progress->context, "text metrics", (double)(t + 1),
                                             (double)m->n, NULL) != 0)
        return err_set(err, LLMX_INTERRUPTED, "interrupted after %zu of %zu texts", t + 1, m->n);
    return 0;
}

static int read_features(struct measuring *m, struct llmx_error *err)
{
    struct lines lines;
    int got = 0;
    if (!m->options->features) {
        for (size_t t = 0; t < m->n; t++) {
            const char *feature = m->texts[t].feature;
            if (feature && names_add(&m->features, feature, strlen(feature), err) < 0)
                return -1;
        }
        return 0;
    }
    if (lines_open(&lines, m->options->features, err) != 0)
        return -1;
    while ((got = lines_next_text(&lines, err)) > 0)
        if (lines.n > 0 && names_add(&m->features, lines.line, lines.n, err) < 0)
            break;
    lines_close(&lines);
    return got == 0 ? 0 : -1;
}

static int count_all(struct measuring *m, struct llmx_error *err)
{
    size_t distinct[BLEU_ORDERS];
    if (read_features(m, err) != 0)
        return -1;
    m->naming = mem_array(m->features.count, sizeof *m->naming, err);
    if (!m->naming)
        return -1;
    for (size_t t = 0; t < m->n; t++)
        if (count_text(m, t, err) != 0)
            return -1;
    for (int o = 0; o < BLEU_ORDERS; o++)
        distinct[o] = m->marked[o].count;
    double *scores = mem_array(m->n, sizeof *scores, err);
    if (!scores || self_bleu(scores, m->grams, m->n, distinct, err) != 0) {
        free(scores);
        return -1;
    }
    for (size_t t = 0; t < m->n; t++)
        m->counts[t].self_bleu = scores[t];
    free(scores);
    return 0;
}

static void add_counts(struct counts *sum, const struct counts *more)
{
    double *to = (double *)sum;
    const double *from = (const double *)more;
    for (size_t i = 0; i < COUNTS; i++)
        to[i] += from[i];
}

static void measure_figures(const struct resampling *r, const uint32_t *drawn, int thread,
                            double *figures)
{
    (void)thread;
    const struct counts *groups = r->context;
    struct counts sum = {0};
    for (uint32_t g = 0; g < r->groups; g++)
        add_counts(&sum, &groups[drawn[g]]);
    figures_of(&sum, false, figures);
}

/* Sums by group, groups without texts left out; returns how many there are, or -1: free(*groups). */
static int sum_groups(const struct measuring *m, struct counts **groups, struct llmx_error *err)
{
    int n = 0;
    *groups = mem_array(m->n, sizeof **groups, err);
    if (!*groups)
        return -1;
    for (size_t t = 0; t < m->n; t++)
        add_counts(&(*groups)[m->texts[t].group], &m->counts[t]);
    for (size_t g = 0; g < m->n; g++)
        if ((*groups)[g].rows > 0)
            (*groups)[n++] = (*groups)[g];
    return n;
}

static int put_intervals(const struct measuring *m, struct llmx_text_metrics *result,
                         struct llmx_error *err)
{
    const struct llmx_resampling *how = &m->options->resampling;
    struct counts *groups = NULL;
    double *figures = NULL;
    struct threads *pool = threads_create(how->threads, err);
    int status = -1;
    if (!pool)
        return -1;
    result->groups = sum_groups(m, &groups, err);
    struct resampling r = {.groups = (uint32_t)result->groups,
                           .n = LLMX_TEXT_FIGURES,
                           .resamples = how->resamples,
                           .seed = how->seed,
                           .measure = measure_figures,
                           .context = groups};
    if (result->groups >= 0)
        figures = mem_array(LLMX_TEXT_FIGURES, (size_t)how->resamples * sizeof *figures, err);
    if (figures && resample(&r, pool, figures, err) == 0)
        status = 0;
    for (int f = 0; f < LLMX_TEXT_FIGURES && status == 0; f++) {
        const struct resampled drawn =
            resample_summarise(figures + (size_t)f * (size_t)how->resamples, how->resamples);
        result->figures[f].low = drawn.low;
        result->figures[f].high = drawn.high;
    }
    free(figures);
    free(groups);
    threads_destroy(pool);
    return status;
}

/* Figures of all texts together that are no sums. */
static void put_diversity(const struct measuring *m, double figures[LLMX_TEXT_FIGURES])
{
    const double n = (double)m->n, features = m->features.count;
    double named = 0, shared = 0;
    for (uint32_t f = 0; f < m->features.count; f++) {
        named += m->naming[f] > 0;
        shared += (double)m->naming[f] * ((double)m->naming[f] - 1);
    }
    figures[LLMX_TEXT_DISTINCT_1] = ratio(m->split[0].count, m->pairs[0]);
    figures[LLMX_TEXT_DISTINCT_2] = ratio(m->split[1].count, m->pairs[1]);
    figures[LLMX_TEXT_USR] = m->whole.count / n;
    figures[LLMX_TEXT_FCR] = ratio(named, features);
    figures[LLMX_TEXT_DIV] = features > 0 ? ratio(shared, n * (n - 1)) : NAN;
}

static void put_figures(const struct measuring *m, double (*by_text)[LLMX_TEXT_FIGURES],
                        struct llmx_text_metrics *result)
{
    double figures[LLMX_TEXT_FIGURES];
    struct counts sum = {0};
    for (size_t t = 0; t < m->n; t++) {
        add_counts(&sum, &m->counts[t]);
        if (!by_text)
            continue;
        figures_of(&m->counts[t], true, by_text[t]);
        by_text[t][LLMX_TEXT_DISTINCT_1] = m->distinct[t][0];
        by_text[t][LLMX_TEXT_DISTINCT_2] = m->distinct[t][1];
    }
    figures_of(&sum, false, figures);
    put_diversity(m, figures);
    *result = (struct llmx_text_metrics){.rows = (int)m->n,
                                         .references = (int)sum.references,
                                         .features = (int)m->features.count,
                                         .resampling = m->options->resampling};
    for (int f = 0; f < LLMX_TEXT_FIGURES; f++)
        result->figures[f].mean = figures[f];
}

static int check_texts(const struct llmx_text *texts, size_t n,
                       const struct llmx_text_options *options, struct llmx_error *err)
{
    if (n == 0 || n > INT32_MAX)
        return err_set(err, LLMX_BAD_INPUT, "%zu texts: 1 to %d are needed", n, INT32_MAX);
    for (size_t t = 0; t < n; t++)
        if (texts[t].group < 0 || (size_t)texts[t].group >= n)
            return err_set(err, LLMX_BAD_OPTION, "text %zu is of group %d: 0 to %zu are possible",
                           t + 1, texts[t].group, n - 1);
    return resample_check(options->resampling.resamples, err);
}

static void measuring_release(struct measuring *m)
{
    for (size_t t = 0; m->grams && t < m->n; t++)
        for (int o = 0; o < BLEU_ORDERS; o++)
            grams_release(&m->grams[t][o]);
    for (int o = 0; o < BLEU_ORDERS; o++) {
        names_release(&m->marked[o]);
        grams_release(&m->of_tokens[o]);
    }
    for (int o = 0; o < 2; o++) {
        names_release(&m->split[o]);
        names_release(&m->rouge[o]);
    }
    names_release(&m->features);
    names_release(&m->whole);
    tokens_release(&m->tokens);
    tokens_release(&m->reference);
    grams_release(&m->of_text);
    grams_release(&m->of_reference);
    free(m->counts);
    free(m->distinct);
    free(m->grams);
    free(m->naming);
}

int llmx_text_metrics(const struct llmx_text *texts, size_t n,
                      const struct llmx_text_options *options, double (*by_text)[LLMX_TEXT_FIGURES],
                      struct llmx_text_metrics *result, struct llmx_error *err)
{
    struct measuring m = {.texts = texts, .n = n, .options = options};
    int status = -1;
    if (check_texts(texts, n, options, err) != 0)
        return -1;
    m.counts = mem_array(n, sizeof *m.counts, err);
    m.distinct = m.counts ? mem_array(n, sizeof *m.distinct, err) : NULL;
    m.grams = m.distinct ? mem_array(n, sizeof *m.grams, err) : NULL;
    if (m.grams && count_all(&m, err) == 0) {
        put_figures(&m, by_text, result);
        status = put_intervals(&m, result, err);
    }
    measuring_release(&m);
    return status;
}
