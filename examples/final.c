/* final.c - after a run was measured: learns once more from everything, and serves from that a user and a stranger.
 *
 *     cc final.c $(pkg-config --cflags --libs llmxrec) -o final && ./final ml-100k runs/bpr */
#include <llmxrec/llmxrec.h>

static int fail(const struct llmx_error *err)
{
    fprintf(stderr, "%s\n", err->message);
    return 1;
}

static void print(const struct llmx_data *data, const char *who,
                  const struct llmx_recommendation *top, int n)
{
    printf("%s:", who);
    for (int i = 0; i < n; i++)
        printf(" %s", llmx_data_item_token(data, top[i].item));
    printf("\n");
}

int main(int argc, char **argv)
{
    const struct llmx_data_options everything = {.split_by = "none"};
    const struct llmx_person user = {.user = 0};
    struct llmx_final_report report;
    struct llmx_error err;
    struct llmx_data *data;
    struct llmx_run *run;
    struct llmx_recommendation top[3], popular[3];
    char final_dir[4096];

    if (argc != 3)
        return fprintf(stderr, "usage: final DATA RUN\n"), 2;
    snprintf(final_dir, sizeof final_dir, "%s-final", argv[2]);
    if (llmx_train_final(argv[2], argv[1], NULL, final_dir, &report, &err) != 0 ||
        llmx_data_open(&data, argv[1], &everything, &err) != 0 ||
        llmx_run_open(&run, final_dir, data, &err) != 0)
        return fail(&err);
    printf("learnt from %zu interactions in %d epochs\n", report.interactions, report.epochs);
    const int n = llmx_recommend(run, &user, NULL, 3, 0, top, NULL, &err),
              n_popular = llmx_recommend_popular(run, LLMX_AS_OF_NOW, NULL, 3, popular, &err);
    print(data, llmx_data_user_token(data, 0), top, n);
    print(data, "somebody new", popular, n_popular);
    llmx_run_destroy(run);
    llmx_data_destroy(data);
    return n < 0 || n_popular < 0 ? fail(&err) : 0;
}
