#include "support/data.h"

#include "base/rng.h"
#include "support/test.h"

#include <unistd.h>

#define ML100K "build/assets/ml-100k"

const char *test_interactions(const char *name, int users, int items, int each, unsigned seed)
{
    const char *path = test_path(name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    char *taken = calloc((size_t)items, 1);
    assert_non_null(taken);
    fputs("user_id:token\titem_id:token\ttimestamp:float\n", f);
    for (int u = 0; u < users; u++) {
        struct rng rng = rng_stream(seed, RNG_SAMPLING, (uint64_t)u);
        memset(taken, 0, (size_t)items);
        for (int n = 0; n < each;) {
            const int half = (u % 2) ^ (rng_uniform(&rng) < 0.1), size = items / 2;
            const int item = half * size + (int)(size * rng_uniform(&rng) * rng_uniform(&rng));
            if (taken[item])
                continue;
            taken[item] = 1;
            fprintf(f, "u%d\ti%d\t%d\n", u, item, n++);
        }
    }
    free(taken);
    assert_int_equal(fclose(f), 0);
    return path;
}

struct llmx_data *test_data(const char *name, int users, int items, int each, unsigned seed)
{
    struct llmx_data *data = NULL;
    struct llmx_error err = {0};
    if (llmx_data_open(&data, test_interactions(name, users, items, each, seed), NULL, &err) != 0)
        fail_msg("%s", err.message);
    return data;
}

struct llmx_data *test_ml100k(enum llmx_timestamps timestamps)
{
    struct llmx_data *data = NULL;
    struct llmx_error err = {0};
    const struct llmx_data_options options = {.timestamps = timestamps};
    if (access(ML100K, R_OK) != 0)
        skip();
    if (llmx_data_open(&data, ML100K, &options, &err) != 0)
        fail_msg("%s", err.message);
    return data;
}

void test_titled_run(int top)
{
    char command[1000];
    test_needs_program();
    snprintf(command, sizeof command,
             "for i in $(seq 0 29); do printf 'i%%s\\tZanzibar %%s\\n' $i $i; done | "
             "sed '1i item_id:token\\tmovie_title:token_seq' >$T/made.item; "
             "for i in $(seq 0 39); do printf 'u%%s\\t%%s\\t%%s\\n' $i $((15 + i)) "
             "$(test $((i %% 3)) = 0 && echo F || echo M); done | "
             "sed '1i user_id:token\\tage:float\\tgender:token' >$T/made.user; "
             "$LLMXREC train --data %s --model itemknn --out $T/run --quiet && "
             "$LLMXREC recommend $T/run --top %d --out $T/recs.jsonl --quiet",
             test_interactions("made.inter", 40, 30, 12, 5), top);
    test_command(command, 0, "");
}
