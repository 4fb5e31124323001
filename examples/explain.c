/* explain.c - recommends one item to one user and has a language model say why, as a program does that stays open.
 *
 *     cc explain.c $(pkg-config --cflags --libs llmxrec) -o explain && ./explain ml-100k runs/bpr USER smollm2.gguf */
#include <llmxrec/llmxrec.h>

static int fail(const struct llmx_error *err)
{
    fprintf(stderr, "%s\n", err->message);
    return 1;
}

int main(int argc, char **argv)
{
    struct llmx_error err = {LLMX_NOT_FOUND, "there is nothing left to recommend"};
    struct llmx_data *data;
    struct llmx_run *run;
    struct llmx_model *model;
    struct llmx_generator *generator;
    struct llmx_explainer *explainer;
    struct llmx_recommendation best;
    struct llmx_evidence evidence[3];
    struct llmx_explanation why;
    struct llmx_explain_options options = llmx_explain_defaults();

    if (argc < 5)
        return fprintf(stderr, "usage: explain DATA RUN USER MODEL [TEMPLATE]\n"), 2;
    options.template_path = argv[5];
    if (llmx_data_open(&data, argv[1], NULL, &err) != 0 ||
        llmx_run_open(&run, argv[2], data, &err) != 0 ||
        llmx_model_open(&model, argv[4], NULL, &err) != 0 ||
        llmx_generator_open(&generator, model, NULL, &err) != 0 ||
        llmx_explainer_open(&explainer, data, generator, &options, &err) != 0)
        return fail(&err);
    const struct llmx_explain_request request = {
        .person = {.user = llmx_data_user(data, argv[3])}, .recommendations = &best, .n = 1};
    if (llmx_recommend(run, &request.person, NULL, 1, 3, &best, evidence, &err) < 1 ||
        llmx_explainer_explain(explainer, &request, &why, &err) != 0)
        return fail(&err);
    printf("%s\n", why.text);
    for (int i = 0; i < why.verdict.n_cited; i++)
        printf("   cites %s\n", llmx_data_item_token(data, why.verdict.cited[i].item));
    printf("   %s\n", why.has_passed ? "passed the gate" : "a plain sentence: no text passed");
    llmx_explanation_release(&why);
    llmx_explainer_close(explainer);
    llmx_generator_close(generator);
    llmx_model_destroy(model);
    llmx_run_destroy(run);
    llmx_data_destroy(data);
    return 0;
}
