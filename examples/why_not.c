/* why_not.c - where one item stands for one user, why, and what its score would be without its strongest evidence.
 *
 *     cc why_not.c $(pkg-config --cflags --libs llmxrec) -o why_not && ./why_not ml-100k runs/bpr USER ITEM */
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
    struct llmx_standing s;
    struct llmx_evidence evidence[3];
    float whole, rest;

    if (argc != 5)
        return fprintf(stderr, "usage: why_not DATA RUN USER ITEM\n"), 2;
    if (llmx_data_open(&data, argv[1], NULL, &err) != 0 ||
        llmx_run_open(&run, argv[2], data, &err) != 0)
        return fail(&err);
    const struct llmx_person person = {.user = llmx_data_user(data, argv[3])};
    const llmx_id item = llmx_data_item(data, argv[4]);
    if (person.user < 0 || item < 0)
        return fprintf(stderr, "%s and %s are not both in the data\n", argv[3], argv[4]), 1;
    if (llmx_rank_item(run, &person, NULL, item, 10, 3, &s, evidence, &err) != 0)
        return fail(&err);
    printf("%s: rank %d among %d, score %.3f, %.3f short of the best ten\n", argv[4], s.item.rank,
           s.n_ranked, s.item.score, s.missing > 0 ? s.missing : 0);
    for (int i = 0; i < s.item.n_evidence; i++)
        printf("   %+.3f for %s\n", evidence[i].contribution,
               llmx_data_item_token(data, evidence[i].item));
    if (s.item.n_evidence > 0) {
        if (llmx_score_without(run, &person, item, &evidence[0].item, 1, &whole, &rest, &err) != 0)
            return fail(&err);
        printf("   by history alone %.3f, without %s %.3f\n", whole,
               llmx_data_item_token(data, evidence[0].item), rest);
    }
    llmx_run_destroy(run);
    llmx_data_destroy(data);
    return 0;
}
