/* What a program that links the library set for itself: threads of OpenBLAS and of OpenMP. */
#include "llmxrec/embeddings.h"
#include "llmxrec/llm.h"
#include "llmxrec/recommend.h"
#include "llmxrec/train.h"
#include "support/data.h"
#include "support/test.h"

#include <cblas.h>

int omp_get_max_threads(void);
void omp_set_num_threads(int n);

/* Trains, opens and asks a recommender of every kind of arithmetic; reads a language model and scores with it. */
static void use_all(struct llmx_data *data, const char *folder)
{
    static const char *const models[] = {"ease", "ials", "bpr", "sasrec"};
    struct llmx_error err;
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        struct llmx_train_options options = llmx_train_defaults(models[i]);
        struct llmx_recommendation top[3];
        struct llmx_evidence evidence[9];
        struct llmx_run *run;
        char path[300];
        options.epochs = options.epochs > 2 ? 2 : options.epochs;
        options.threads = 2;
        snprintf(path, sizeof path, "%s-%s", test_path(folder), models[i]);
        if (llmx_train(data, &options, path, &err) != 0 ||
            llmx_run_open(&run, path, data, &err) != 0)
            fail_msg("%s", err.message);
        assert_int_equal(
            llmx_recommend(run, &(struct llmx_person){.user = 0}, NULL, 3, 3, top, evidence, &err),
            3);
        llmx_run_destroy(run);
    }
    const int32_t ids[] = {5, 6, 7, 8};
    float scores[4];
    const struct llmx_model_options how = {.threads = 2};
    struct llmx_model *model;
    if (llmx_model_open(&model, "tests/golden/llm/llama-tied", &how, &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(llmx_score(model, NULL, ids, 4, scores, &err), 0);
    llmx_model_destroy(model);
}

static void test_host__keeps_openmp_and_with_the_switch_openblas(void **state)
{
    (void)state;
    struct llmx_data *data = test_data("host.inter", 60, 40, 10, 2);
    omp_set_num_threads(3);
    openblas_set_num_threads(2);
    if (openblas_get_num_threads() == 2) { /* a machine with one core has but one */
        llmx_keep_blas_threads(1);
        use_all(data, "kept");
        assert_int_equal(openblas_get_num_threads(), 2);
        llmx_keep_blas_threads(0);
    }
    use_all(data, "set");
    assert_int_equal(openblas_get_num_threads(), 1); /* as llmxrec/recommend.h says */
    assert_int_equal(omp_get_max_threads(), 3);
    llmx_data_destroy(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_host__keeps_openmp_and_with_the_switch_openblas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
