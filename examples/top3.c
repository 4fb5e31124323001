/* top3.c - trains a recommender on a data set and says why its first user gets what.
 *
 *     cc top3.c $(pkg-config --cflags --libs llmxrec) -o top3 && ./top3 ml-100k runs/bpr */
#include <llmxrec/llmxrec.h>

static int fail(const struct llmx_error *err)
{
    fprintf(stderr, "%s\n", err->message);
    return 1;
}

int main(int argc, char **argv)
{
    struct llmx_error err;
    struct llmx_data *data;
    struct llmx_run *run;
    struct llmx_recommendation top[3];
    struct llmx_evidence evidence[3 * 2];
    struct llmx_train_options options = llmx_train_defaults("bpr");

    if (argc != 3)
        return fprintf(stderr, "usage: top3 DATA RUN\n"), 2;
    if (llmx_data_open(&data, argv[1], NULL, &err) != 0 ||
        llmx_train(data, &options, argv[2], &err) != 0 ||
        llmx_run_open(&run, argv[2], data, &err) != 0)
        return fail(&err);
    int n = llmx_recommend(run, &(struct llmx_person){.user = 0}, NULL, 3, 2, top, evidence, &err),
        title = llmx_data_title_column(data);
    for (int i = 0; i < n; i++) {
        printf("%d. %s\n", top[i].rank, llmx_data_feature(data, LLMX_ITEMS, top[i].item, title));
        for (int j = 0; j < top[i].n_evidence; j++)
            printf("   because of %s\n",
                   llmx_data_feature(data, LLMX_ITEMS, top[i].evidence[j].item, title));
    }
    llmx_run_destroy(run);
    llmx_data_destroy(data);
    return n < 0 ? fail(&err) : 0;
}
