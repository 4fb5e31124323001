/* error.h: "a caller may pass NULL". Every public function that takes an error is called without one, in a way in which
 * it fails; what the headers declare and the table below lacks is an error too. */
#include "llmxrec/llmxrec.h"
#include "support/data.h"
#include "support/failing_alloc.h"
#include "support/http_server.h"
#include "support/test.h"

#include <dirent.h>

#define NOWHERE   "/no/such/file"
#define MODEL     "tests/golden/llm/llama-tied"
#define MANY      257 /* threads: more than there may be */
#define SHORT_MAX 40  /* allocations that fail, one after the other */

static struct llmx_data *data;
static struct llmx_run *run;
static struct llmx_model *model;
static struct llmx_remote *remote;
static struct llmx_facts *facts;
static struct llmx_gate *gate;
static struct llmx_checker *checker;
static struct llmx_generator *generator;
static struct llmx_explainer *explainer;
static struct llmx_viewer *viewer;
static struct llmx_views *views;
static struct llmx_bias *bias;
static struct llmx_bias_options bias_how;
static struct llmx_pairs *pairs;
static struct llmx_judge *judge;
static const struct llmx_judge_options blank_judge = {.template_path = NOWHERE};
static const struct llmx_judge_training blank_training = {.template_path = NOWHERE};
static const struct llmx_sanity_options sanity = {.resampling = {.resamples = 100}};
static struct llmx_ratings *ratings;
static struct llmx_attributes *attributes;
static struct http_server *server;
static const struct llmx_tokenizer *tokenizer;
static struct llmx_explain_options explain, draft, unlimited;
static const struct llmx_lines_options lines = {.max_tokens = 1};
static const int32_t strange[] = {-1, 1 << 30};
static const int ten[] = {10};
static const double infinite[] = {INFINITY, INFINITY};
static const struct llmx_resampling resampling = {.resamples = 100};
static const struct llmx_text_options texts = {.resampling = {.resamples = 100}};
static const struct llmx_ratings_options ratings_how = {.resampling = {.resamples = 100}};
static const struct llmx_faithfulness_options faithful = {.draws = 1};
static const struct llmx_grounding_options grounding = {.resampling = {.resamples = 100}};
static const struct llmx_report_options unreported;
static const struct llmx_attributes_options guesses = {
    .names = "popularity", .asked_max = 9, .history_max = 9, .resampling = {.resamples = 100}};
static struct llmx_question refused = {.error = {LLMX_BAD_INPUT, ""}, .is_over = 1};
static const struct llmx_person nobody = {.user = -1, .history = strange, .n = 2};
static struct llmx_generation empty;
static struct llmx_request hopeless = {.group = {.generations = &empty, .n = 1}},
                           failed = {.error = {LLMX_BAD_INPUT, ""}, .is_over = 1};
static const struct llmx_recommendation recommendation;
static const struct llmx_explain_request unexplained = {
    .person = {.user = -1, .history = strange, .n = 2}, .recommendations = &recommendation, .n = 1};
static FILE *full; /* no space left */

/* What is written to; only one of them at a time is. */
static union {
    struct llmx_adapter *adapter;
    struct llmx_data *data;
    struct llmx_model *model;
    struct llmx_tokenizer *tokenizer;
    struct llmx_run *run;
    struct llmx_run_source source;
    struct llmx_remote *remote;
    struct llmx_ceilings ceilings;
    struct llmx_gradient_load load;
    struct llmx_metrics metrics;
    struct llmx_feedback_log feedback;
    struct llmx_study_made study;
    struct llmx_study_results results;
    struct llmx_evidence_test evidence_test;
    struct llmx_comparison comparison;
    struct llmx_bootstrap bootstrap;
    struct llmx_t_test t_test;
    struct llmx_correlation correlation;
    struct llmx_agreement agreement;
    struct llmx_text_metrics text_metrics;
    struct llmx_bias *bias;
    struct llmx_pairs *pairs;
    struct llmx_preferences preferences;
    struct llmx_audit audit;
    struct llmx_rerank rerank;
    int skipped;
    struct llmx_judge *judge;
    struct llmx_judge_report judged;
    struct llmx_sanity sanity;
    struct llmx_ratings *ratings;
    struct llmx_attributes *attributes;
    struct llmx_faithfulness faithfulness;
    struct llmx_grounding grounding;
    struct llmx_lint lint;
    struct llmx_search_report search;
    struct llmx_recommend_report recommend;
    struct llmx_similar similar[2];
    struct llmx_recommendation top[2];
    struct llmx_standing standing;
    struct llmx_verdict verdict;
    struct llmx_facts *facts;
    struct llmx_fact fact[LLMX_FACTS_MAX];
    struct llmx_gate *gate;
    struct llmx_checker *checker;
    struct llmx_generator *generator;
    struct llmx_explainer *explainer;
    struct llmx_explanation explanation;
    struct llmx_viewer *viewer;
    struct llmx_view view;
    struct llmx_views *views;
    unsigned char left_out[64];
    int32_t *ids;
    char *text;
    size_t sizes[2];
    float numbers[64];
    double seconds[2];
    char name[64];
} out;

static struct llmx_train_options train(const char *name)
{
    struct llmx_train_options options = llmx_train_defaults(name);
    options.threads = MANY;
    return options;
}

static struct llmx_question *one_question(void *context)
{
    static struct llmx_question question = {.prompt = "why?", .max_tokens = 1};
    return (*(int *)context)++ ? NULL : &question;
}

static int no_question(void *context, struct llmx_question *question)
{
    (void)context, (void)question;
    return 0;
}

static struct llmx_group *one_group(void *context)
{
    static int32_t token;
    static struct llmx_generation generation = {
        .prompt = strange, .n_prompt = 1 << 20, .max_tokens = 1, .tokens = &token};
    static struct llmx_group group = {.generations = &generation, .n = 1};
    return (*(int *)context)++ ? NULL : &group;
}

static int no_text(void *context, struct llmx_group *group, struct llmx_generation *generation)
{
    (void)context, (void)group, (void)generation;
    return 0;
}

/* name, how it is called: all fail by themselves, those of ALLOCATING when memory runs out. */
#define FAILING(X)                                                                                 \
    X(llmx_adapter_open, (&out.adapter, model, NOWHERE, NULL))                                     \
    X(llmx_adapter_template, (test_path("notes"), out.name, sizeof out.name, NULL))                \
    X(llmx_adapter_merge, (NOWHERE, NOWHERE, NULL, test_path("merged"), NULL))                     \
    X(llmx_adapter_export, (NOWHERE, NOWHERE, test_path("a.gguf"), NULL))                          \
    X(llmx_answers,                                                                                \
      (model, &(struct llmx_answers_group){strange, 2, NULL, 0, NULL}, 1, NULL, NULL))             \
    X(llmx_attributes_check, (data, &(struct llmx_attributes_options){.names = "colour"}, NULL))   \
    X(llmx_attributes_of_data,                                                                     \
      (&out.attributes, data, &(struct llmx_attributes_options){.names = "colour"}, NULL, NULL))   \
    X(llmx_attributes_of_texts, (&out.attributes, NOWHERE, NOWHERE, data, &guesses, NULL, NULL))   \
    X(llmx_attributes_print, (attributes, full, 1, NULL))                                          \
    X(llmx_ceilings, (&out.ceilings, MANY, NULL))                                                  \
    X(llmx_feedback_log, (NOWHERE, NOWHERE, "-", &out.feedback, NULL))                             \
    X(llmx_serve, (&(struct llmx_serve_options){.run_dir = NOWHERE}, NULL))                        \
    X(llmx_study_new, (&(struct llmx_study_options){.db = NOWHERE}, "-", &out.study, NULL))        \
    X(llmx_study_results, (NOWHERE, NULL, "-", &out.results, NULL))                                \
    X(llmx_study_forget, (NOWHERE, NULL, "r1", NULL))                                              \
    X(llmx_bench_gradient, (model, 1, MANY, 1, out.seconds, &out.load, NULL))                      \
    X(llmx_data_open, (&out.data, NOWHERE, NULL, NULL))                                            \
    X(llmx_data_set, (&(struct llmx_data_options){0}, "colour", "red", NULL))                      \
    X(llmx_data_repeats, (data, LLMX_TRAIN, out.sizes, out.sizes + 1, NULL))                       \
    X(llmx_similar_items, (run, -1, 1, out.similar, NULL))                                         \
    X(llmx_embeddings_write, (run, "none", test_path("none"), NULL))                               \
    X(llmx_evaluate, (run, LLMX_TEST, ten, 1, MANY, &out.metrics, NULL))                           \
    X(llmx_evaluate_sampled, (run, LLMX_TEST, ten, 1, "odd", 1, 1, &out.metrics, NULL))            \
    X(llmx_evaluate_as, (run, &(struct llmx_evaluate_options){0}, &out.metrics, NULL))             \
    X(llmx_evidence_test,                                                                          \
      (run, &(struct llmx_evidence_test_options){.deleted = 0}, &out.evidence_test, NULL))         \
    X(llmx_compare,                                                                                \
      (run, run, &(struct llmx_compare_options){.resamples = 1}, &out.comparison, NULL))           \
    X(llmx_resampling_check, (&(struct llmx_resampling){0}, NULL))                                 \
    X(llmx_bootstrap, (infinite, NULL, 1, &resampling, &out.bootstrap, NULL))                      \
    X(llmx_permutation, (infinite, NULL, 1, &resampling, out.seconds, NULL))                       \
    X(llmx_permutation_between, (infinite, 1, infinite, 1, &resampling, out.seconds, NULL))        \
    X(llmx_t_paired, (infinite, 2, &out.t_test, NULL))                                             \
    X(llmx_t_welch, (infinite, 2, infinite, 2, &out.t_test, NULL))                                 \
    X(llmx_adjust_holm, (infinite, 1, out.seconds, NULL))                                          \
    X(llmx_adjust_hochberg, (infinite, 1, out.seconds, NULL))                                      \
    X(llmx_correlate, (infinite, infinite, 2, &out.correlation, NULL))                             \
    X(llmx_agree, (infinite, 1, 2, &out.agreement, NULL))                                          \
    X(llmx_text_metrics, (NULL, 0, &texts, NULL, &out.text_metrics, NULL))                         \
    X(llmx_text_metrics_file, (NOWHERE, &texts, NULL, &out.text_metrics, NULL))                    \
    X(llmx_faithfulness_file, (NOWHERE, NOWHERE, run, &faithful, NULL, &out.faithfulness, NULL))   \
    X(llmx_grounding_file, (NOWHERE, NOWHERE, data, &grounding, NULL, &out.grounding, NULL))       \
    X(llmx_rerank_check, (&(struct llmx_rerank_options){0}, NULL))                                 \
    X(llmx_rerank, (run, model, &(struct llmx_rerank_options){0}, &out.rerank, NULL))              \
    X(llmx_rerank_input_check, (run, NOWHERE, NULL))                                               \
    X(llmx_rerank_file, (NOWHERE, run, model, &(struct llmx_rerank_options){0}, &out.rerank,       \
                         NOWHERE, &out.skipped, NULL))                                             \
    X(llmx_bias_check, (data, &bias_how, NULL))                                                    \
    X(llmx_bias_flip, (&out.bias, NOWHERE, data, model, &bias_how, test_path("flip"), NULL, NULL)) \
    X(llmx_bias_groups, (&out.bias, NOWHERE, NOWHERE, data, &bias_how, NULL, NULL))                \
    X(llmx_pairs_read, (&out.pairs, NOWHERE, NULL))                                                \
    X(llmx_pairs_match, (&out.pairs, (const char *[]){NOWHERE}, (const char *[]){"a"}, 1, NULL))   \
    X(llmx_pairs_write, (pairs, NOWHERE, NULL))                                                    \
    X(llmx_audit_judge, (pairs, &resampling, &out.audit, NULL))                                    \
    X(llmx_judge_check, (&blank_judge, NULL))                                                      \
    X(llmx_judge_open, (&out.judge, model, &blank_judge, NULL))                                    \
    X(llmx_judge_open_remote, (&out.judge, remote, &blank_judge, NULL))                            \
    X(llmx_judge_pairs, (judge, pairs, NOWHERE, 0, &out.judged, NULL))                             \
    X(llmx_judge_training_check, (pairs, &blank_training, NOWHERE, NULL))                          \
    X(llmx_judge_train, (model, pairs, &blank_training, test_path("j"), NULL))                     \
    X(llmx_sanity_pairs, (&out.pairs, NOWHERE, NOWHERE, data, &sanity, (int *)out.sizes, NULL))    \
    X(llmx_sanity_measure, (pairs, &resampling, &out.sanity, NULL))                                \
    X(llmx_preferences_measure, (pairs, &resampling, &out.preferences, NULL))                      \
    X(llmx_ratings_open, (&out.ratings, NOWHERE, &ratings_how, NULL))                              \
    X(llmx_ratings_figures, (ratings, NOWHERE, NULL))                                              \
    X(llmx_ratings_write, (ratings, NOWHERE, NULL))                                                \
    X(llmx_explain_check, (data, &(struct llmx_explain_options){0}, NULL))                         \
    X(llmx_explain, (NOWHERE, data, model, &explain, test_path("x"), NULL, NULL))                  \
    X(llmx_explainer_open, (&out.explainer, data, NULL, &unlimited, NULL))                         \
    X(llmx_explainer_check, (explainer, &nobody, &recommendation, "", &out.explanation, NULL))     \
    X(llmx_explainer_explain, (explainer, &unexplained, &out.explanation, NULL))                   \
    X(llmx_viewer_open, (&out.viewer, gate, &unlimited, NULL))                                     \
    X(llmx_view_make,                                                                              \
      (&out.view, viewer, &nobody, &recommendation, &(struct llmx_explanation){0}, NULL))          \
    X(llmx_views_open, (&out.views, NOWHERE, NOWHERE, data, NULL, NULL))                           \
    X(llmx_views_next, (views, &out.view, NULL))                                                   \
    X(llmx_facts_of, (facts, &nobody, &recommendation, out.fact, NULL, NULL))                      \
    X(llmx_facts_file, (NOWHERE, data, NULL, test_path("x"), NULL, NULL))                          \
    X(llmx_explain_curve, (NOWHERE, data, model, &explain, ten, 1, test_path("c"), NULL))          \
    X(llmx_gate_check, (checker, &(struct llmx_given){.item = -1}, "a", 1, &out.verdict, NULL))    \
    X(llmx_gate_file, (NOWHERE, NOWHERE, data, &explain, test_path("x"), NULL, NULL))              \
    X(llmx_examples_make, (NOWHERE, data, &explain, test_path("x"), NULL, NULL))                   \
    X(llmx_examples_draft, (NOWHERE, data, &draft, test_path("x"), NULL, NULL))                    \
    X(llmx_examples_build, (NOWHERE, data, &explain, test_path("x"), NULL, NULL))                  \
    X(llmx_show, (NOWHERE, NOWHERE, data, 0, 0, full, NULL))                                       \
    X(llmx_model_open, (&out.model, NOWHERE, NULL, NULL))                                          \
    X(llmx_model_describe, (NOWHERE, full, 0, NULL))                                               \
    X(llmx_tokenizer_open, (&out.tokenizer, NOWHERE, NULL))                                        \
    X(llmx_tokenize_lines, (tokenizer, NOWHERE, 0, test_path("x"), NULL))                          \
    X(llmx_score, (model, NULL, strange, 2, out.numbers, NULL))                                    \
    X(llmx_score_lines, (model, NOWHERE, test_path("x"), NULL))                                    \
    X(llmx_generate,                                                                               \
      (model, &(struct llmx_generate_job){one_group, no_text, &(int){0}, 0, NULL}, NULL))          \
    X(llmx_generator_open, (&out.generator, model, &(struct llmx_generator_options){-1}, NULL))    \
    X(llmx_generator_submit, (generator, &hopeless, NULL))                                         \
    X(llmx_generator_wait, (generator, &failed, NULL))                                             \
    X(llmx_generate_lines_check, (&(struct llmx_lines_options){0}, NULL))                          \
    X(llmx_generate_lines, (model, NOWHERE, &lines, test_path("x"), NULL))                         \
    X(llmx_train_set, (&(struct llmx_train_options){.model = "bpr"}, "heads", "2", NULL))          \
    X(llmx_train, (data, (struct llmx_train_options[]){train("bpr")}, test_path("t"), NULL))       \
    X(llmx_train_final, (NOWHERE, NULL, NULL, test_path("f"), NULL, NULL))                         \
    X(llmx_search, (data, (struct llmx_train_options[]){train("bpr")},                             \
                    &(struct llmx_search_options){NOWHERE, 1}, test_path("s"), NULL, NULL))        \
    X(llmx_search_print, (NOWHERE, 0, full, NULL))                                                 \
    X(llmx_run_open, (&out.run, NOWHERE, data, NULL))                                              \
    X(llmx_run_source, (&out.source, NOWHERE, NULL))                                               \
    X(llmx_run_source_set, (&(struct llmx_run_source){0}, "min-user", "few", NULL))                \
    X(llmx_run_data_open, (&out.data, &(struct llmx_run_source){.run_dir = NOWHERE}, NULL))        \
    X(llmx_item_filter, (data, NOWHERE, NULL, out.left_out, NULL))                                 \
    X(llmx_recommend, (run, &nobody, NULL, 1, 0, out.top, NULL, NULL))                             \
    X(llmx_recommend_popular, (run, LLMX_AS_OF_NOW, NULL, 0, out.top, NULL))                       \
    X(llmx_rank_item, (run, &nobody, NULL, 0, 1, 0, &out.standing, NULL, NULL))                    \
    X(llmx_score_without, (run, &nobody, 0, NULL, 0, out.numbers, out.numbers + 1, NULL))          \
    X(llmx_score_people, (run, &nobody, 1, out.numbers, NULL))                                     \
    X(llmx_recommend_write,                                                                        \
      (run, &(struct llmx_recommend_options){.top = 0}, test_path("x"), NULL, NULL))               \
    X(llmx_remote_open, (&out.remote, "http://127.0.0.1:1/v1", NULL, NULL))                        \
    X(llmx_remote_ask,                                                                             \
      (remote, &(struct llmx_remote_job){one_question, no_question, &(int){0}, NULL}, NULL))       \
    X(llmx_remote_submit, (remote, &(struct llmx_question){.prompt = NULL}, NULL))                 \
    X(llmx_remote_wait, (remote, &refused, NULL))                                                  \
    X(llmx_remote_lines, (remote, NOWHERE, &lines, test_path("x"), NULL))                          \
    X(llmx_tune_check, (&(struct llmx_tune_options){0}, NOWHERE, NULL))                            \
    X(llmx_tune_curve_check, (&(struct llmx_tune_options){0}, ten, 1, NULL))                       \
    X(llmx_tune, (model, NOWHERE, &(struct llmx_tune_options){0}, test_path("u"), NULL))           \
    X(llmx_tune_curve,                                                                             \
      (model, NOWHERE, &(struct llmx_tune_options){0}, ten, 1, test_path("v"), NULL))              \
    X(llmx_data_describe, (data, full, 0, NULL))                                                   \
    X(llmx_evidence_test_print, (&out.evidence_test, full, 1, NULL))                               \
    X(llmx_comparison_print, (&out.comparison, "a", "b", full, 1, NULL))                           \
    X(llmx_text_metrics_print, (&out.text_metrics, full, 1, NULL))                                 \
    X(llmx_faithfulness_print, (&out.faithfulness, full, 1, NULL))                                 \
    X(llmx_rerank_print, (&out.rerank, full, 1, NULL))                                             \
    X(llmx_grounding_print, (&out.grounding, full, 1, NULL))                                       \
    X(llmx_lint, (&(struct llmx_lint_options){0}, NULL, &out.lint, NULL))                          \
    X(llmx_reproduce, (&(struct llmx_reproduce_options){.experiment = NOWHERE}, NULL, NULL))       \
    X(llmx_reproduce_print, (NOWHERE, full, 1, NULL))                                              \
    X(llmx_lint_print, (&out.lint, full, 1, NULL))                                                 \
    X(llmx_audit_print, (&out.audit, full, 1, NULL))                                               \
    X(llmx_sanity_print, (&out.sanity, full, 1, NULL))                                             \
    X(llmx_preferences_write, (pairs, NOWHERE, NULL))                                              \
    X(llmx_preferences_print, (&out.preferences, full, 1, NULL))                                   \
    X(llmx_report_write, (NOWHERE, &unreported, NULL, NULL))                                       \
    X(llmx_bias_print, (bias, full, 1, NULL))                                                      \
    X(llmx_ratings_print, (ratings, full, 1, NULL))                                                \
    X(llmx_metrics_print, (&out.metrics, full, 1, NULL))
#define ALLOCATING(X)                                                                              \
    X(llmx_facts_open, (&out.facts, data, NULL))                                                   \
    X(llmx_gate_open, (&out.gate, data, NULL))                                                     \
    X(llmx_checker_create, (&out.checker, gate, NULL))                                             \
    X(llmx_tokenize, (tokenizer, "one", 3, 0, 0, &out.ids, NULL))                                  \
    X(llmx_detokenize, (tokenizer, ten, 1, &out.text, NULL))                                       \
    X(llmx_chat_prompt, (model, NULL, "one", 3, &out.ids, NULL))                                   \
    X(llmx_chat_ids, (model, NULL, NULL, 0, "one", 3, &out.ids, NULL))

#define CALL(NAME, ARGUMENTS)                                                                      \
    static int call_##NAME(void)                                                                   \
    {                                                                                              \
        memset(&out, 0, sizeof out);                                                               \
        return NAME ARGUMENTS;                                                                     \
    }
FAILING(CALL)
ALLOCATING(CALL)

#define ROW(NAME, ARGUMENTS) {#NAME, call_##NAME},
static const struct {
    const char *name;
    int (*call)(void);
} functions[] = {FAILING(ROW) ALLOCATING(ROW)}, allocating[] = {ALLOCATING(ROW)};
#define FUNCTIONS  (sizeof functions / sizeof *functions)
#define ALLOCATORS (sizeof allocating / sizeof *allocating)

static void test_null_error__every_function_fails_quietly(void **state)
{
    (void)state;
    for (size_t i = 0; i < FUNCTIONS - ALLOCATORS; i++)
        if (functions[i].call() >= 0)
            fail_msg("%s did not fail", functions[i].name);
}

/* What a call that succeeded has allocated. */
static void release(const char *name)
{
    if (strcmp(name, "llmx_facts_open") == 0)
        llmx_facts_close(out.facts);
    else if (strcmp(name, "llmx_gate_open") == 0)
        llmx_gate_destroy(out.gate);
    else if (strcmp(name, "llmx_checker_create") == 0)
        llmx_checker_destroy(out.checker);
    else
        free(out.ids);
}

static void test_null_error__nor_does_memory_that_runs_out_crash(void **state)
{
    (void)state;
    for (size_t i = 0; i < FUNCTIONS; i++) {
        int failures = 0;
        if (functions[i].call == call_llmx_remote_ask)
            continue; /* the server, a thread here, would fail instead */
        for (long n = 1; n <= SHORT_MAX; n++) {
            failing_alloc_at(n);
            const int status = functions[i].call();
            if (!failing_alloc_happened()) {
                if (i >= FUNCTIONS - ALLOCATORS)
                    release(functions[i].name);
                break;
            }
            failures += status < 0;
        }
        if (i >= FUNCTIONS - ALLOCATORS && failures == 0)
            fail_msg("%s did not fail", functions[i].name);
    }
}

/* Is the function that is declared at `at` in the table? */
static void check_listed(const char *header, const char *at)
{
    const size_t n = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789_");
    for (size_t i = 0; i < FUNCTIONS; i++)
        if (strlen(functions[i].name) == n && memcmp(functions[i].name, at, n) == 0)
            return;
    fail_msg("%s: %.*s is not called with a NULL error", header, (int)n, at);
}

static void test_null_error__the_table_is_whole(void **state)
{
    (void)state;
    DIR *directory = opendir("include/llmxrec");
    size_t found = 0;
    assert_non_null(directory);
    for (const struct dirent *entry; (entry = readdir(directory));) {
        char path[300];
        if (*entry->d_name == '.')
            continue;
        snprintf(path, sizeof path, "include/llmxrec/%s", entry->d_name);
        char *text = test_read(path);
        for (char *at = strstr(text, "\nLLMX_API "); at; at = strstr(at + 1, "\nLLMX_API ")) {
            char *end = strchr(at, ';'), *error = strstr(at, "struct llmx_error *"),
                 *name = strstr(at, "llmx_");
            while (name && name < end &&
                   name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] != '(')
                name = strstr(name + 1, "llmx_");
            if (error && error < end) {
                check_listed(path, name);
                found++;
            }
        }
        free(text);
    }
    closedir(directory);
    assert_int_equal(found, FUNCTIONS);
}

/* A server that has a model and no answers. */
static void answer(void *context, int number, const char *request, char *response,
                   unsigned long size)
{
    (void)context, (void)number;
    if (strncmp(request, "GET", 3) == 0)
        snprintf(response, size,
                 "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
                 "{\"data\":[{\"id\":\"m\"}]}");
    else
        snprintf(response, size, "HTTP/1.1 404 No\r\nConnection: close\r\n\r\n");
}

/* Of one text. */
static int make_bias(struct llmx_error *err)
{
    struct llmx_data *films;
    char recs[200];
    snprintf(recs, sizeof recs, "%s",
             test_file("bias.recs", "{\"user\":\"tom\",\"item\":\"casino\"}\n"));
    bias_how = llmx_bias_defaults();
    if (llmx_data_open(&films, "tests/golden/gate/movies", NULL, err) != 0)
        return -1;
    const int status = llmx_bias_groups(
        &bias,
        test_file("bias.texts", "{\"user\":\"tom\",\"item\":\"casino\",\"explanation\":\"\"}\n"),
        recs, films, &bias_how, NULL, err);
    llmx_data_destroy(films);
    return status;
}

static int set_up(void **state)
{
    (void)state;
    struct llmx_error err;
    char url[128];
    server = http_server_start(answer, NULL);
    snprintf(url, sizeof url, "%s/v1", http_server_url(server));
    struct llmx_train_options options = llmx_train_defaults("ease");
    const struct llmx_model_options how = {.threads = 1, .chat_template = "chatml"};
    data = test_data("null.inter", 20, 20, 6, 1);
    if (llmx_train(data, &options, test_path("run"), &err) != 0 ||
        llmx_run_open(&run, test_path("run"), data, &err) != 0 ||
        llmx_model_open(&model, MODEL, &how, &err) != 0 ||
        llmx_remote_open(&remote, url, NULL, &err) != 0 ||
        llmx_facts_open(&facts, data, &err) != 0 || llmx_gate_open(&gate, data, &err) != 0 ||
        llmx_checker_create(&checker, gate, &err) != 0 ||
        llmx_generator_open(&generator, model, NULL, &err) != 0 ||
        llmx_explainer_open(&explainer, data, generator, NULL, &err) != 0 ||
        llmx_viewer_open(&viewer, gate, NULL, &err) != 0 || make_bias(&err) != 0 ||
        llmx_pairs_read(&pairs,
                        test_file("pairs.jsonl", "{\"prompt\":\"\",\"a\":\"\",\"b\":\"\"}\n"),
                        &err) != 0 ||
        llmx_judge_open(&judge, model, &(struct llmx_judge_options){0}, &err) != 0 ||
        llmx_ratings_open(&ratings,
                          test_file("ratings.csv", "rater,item,system,aspect,value\nr,1,s,c,4\n"),
                          &ratings_how, &err) != 0 ||
        llmx_attributes_of_data(&attributes, data, &guesses, NULL, &err) != 0 ||
        llmx_views_open(&views, test_file("line", "{}\n"), test_file("none", ""), data, NULL,
                        &err) != 0)
        fail_msg("%s", err.message);
    tokenizer = llmx_model_tokenizer(model);
    explain = draft = llmx_explain_defaults();
    draft.remote = remote;
    unlimited = explain;
    unlimited.history_max = -1;
    full = fopen("/dev/full", "w");
    assert_non_null(full);
    setvbuf(full, NULL, _IONBF, 0);
    test_command("mkdir -p $T/notes && echo nonsense >$T/notes/llmxrec.json", 0, "");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fclose(full);
    llmx_remote_destroy(remote);
    http_server_stop(server);
    llmx_views_close(views);
    llmx_ratings_destroy(ratings);
    llmx_bias_destroy(bias);
    llmx_judge_close(judge);
    llmx_pairs_close(pairs);
    llmx_attributes_destroy(attributes);
    llmx_viewer_close(viewer);
    llmx_explainer_close(explainer);
    llmx_generator_close(generator);
    llmx_checker_destroy(checker);
    llmx_facts_close(facts);
    llmx_gate_destroy(gate);
    llmx_model_destroy(model);
    llmx_run_destroy(run);
    llmx_data_destroy(data);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_null_error__every_function_fails_quietly),
        cmocka_unit_test(test_null_error__nor_does_memory_that_runs_out_crash),
        cmocka_unit_test(test_null_error__the_table_is_whole),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
