/* The commands train, evaluate and recommend, as a user sees them. */
#include "support/data.h"
#include "support/test.h"

#include "llmxrec/train.h"

#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRAM "$LLMXREC"

/* Runs the program with `arguments`, in which every %s is the test's directory; free() the output. */
static char *run(const char *arguments, int status)
{
    char words[1024], command[1200], *out;
    const char *d = test_directory();
    test_needs_program();
    snprintf(words, sizeof words, arguments, d, d, d);
    snprintf(command, sizeof command, PROGRAM " %s", words);
    const int got = test_shell(command, &out);
    if (got != status)
        fail_msg("%s: exit status %d, expected %d\n%s", command, got, status, out);
    return out;
}

static void expect(const char *arguments, int status, const char *part)
{
    char *out = run(arguments, status);
    assert_contains(out, part);
    free(out);
}

static void train_once(void)
{
    if (access(test_path("cmd-run/metrics.json"), F_OK) == 0)
        return;
    test_interactions("cmd.inter", 40, 30, 10, 1);
    free(run("train --data %s/cmd.inter --out %s/cmd-run --epochs 4 --dim 16 --quiet", 0));
}

static void test_cmd_train__says_what_came_of_it(void **state)
{
    (void)state;
    test_interactions("say.inter", 40, 30, 10, 1);
    expect("train --data %s/say.inter --out %s/say --epochs 3 --dim 16", 0, "kept epoch ");
    expect("train --data %s/say.inter --out %s/say --epochs 3 --dim 16", 2,
           "holds a finished run; --force replaces it");
    expect("train --data %s/say.inter --out %s/say --resume", 0, "holds the finished run already");
    expect("train --data %s/say.inter --out %s/x --model bqr", 2, "there is no model 'bqr'");
    expect("train --data %s/missing --out %s/x", 1, "missing");
    expect("train --data %s/say.inter --out %s/x --seed 2 --learning-rate 1e25 --epochs 9 --quiet",
           2, "the loss is no number");
}

static void test_cmd_train__config_of_a_run_makes_it_again(void **state)
{
    (void)state;
    train_once();
    char *out = run("train --config %s/cmd-run/config.yaml --out %s/cmd-again --quiet", 0), *a, *b;
    assert_string_equal(out, "");
    free(out);
    a = test_read(test_path("cmd-run/log.jsonl"));
    b = test_read(test_path("cmd-again/log.jsonl"));
    assert_string_equal(a, b);
    free(a);
    free(b);
}

/* A run knows how its data were split: nothing has to be said again. */
static void test_cmd_train__notes_the_split(void **state)
{
    (void)state;
    test_interactions("split.inter", 40, 30, 10, 1);
    free(run("train --data %s/split.inter --split-by ratio:0.6,0.2,0.2 --out %s/split --epochs 2 "
             "--dim 8 --quiet",
             0));
    expect("evaluate %s/split", 0, "\nusers                         40\n");
    char *config = test_read(test_path("split/config.yaml"));
    assert_contains(config, "\nsplit_by: \"ratio:0.6,0.2,0.2\"\n");
    free(config);
}

/* Benchmark files of LightGCN's form, from training to lists: nothing is watched, the last epoch is kept. */
static void test_cmd_train__reads_files_of_lists(void **state)
{
    (void)state;
    assert_int_equal(mkdir(test_path("lists"), 0700), 0);
    FILE *train = fopen(test_path("lists/train.txt"), "w"),
         *test = fopen(test_path("lists/test.txt"), "w");
    assert_true(train && test);
    for (int u = 0; u < 40; u++) {
        fprintf(train, "%d %d %d %d %d\n", u, u % 4, 4 + u % 4, 8 + u % 4, 12 + u % 8);
        fprintf(test, "%d %d %d\n", u, 12 + (u + 4) % 8, 20 + u % 4);
    }
    fclose(train);
    fclose(test);
    expect("train --data %s/lists --out %s/on-lists --epochs 7 --dim 8", 0, "kept epoch 7 of 7");
    expect("evaluate %s/on-lists --at 20", 0, "\nusers                         40\n");
    expect("evaluate %s/on-lists --split valid", 1, "validation part of the data holds nothing");
    expect("recommend %s/on-lists --users 3 --top 1 --quiet", 0, "{\"user\":\"3\",\"item\":\"");
}

/* The table of options and the library agree on the defaults. */
static void test_cmd_train__has_the_defaults_of_the_library(void **state)
{
    (void)state;
    struct llmx_data *data = test_data("defaults.inter", 20, 20, 6, 1);
    struct llmx_train_options options = llmx_train_defaults("bpr");
    const struct llmx_data_options how = {0};
    options.epochs = 1;
    options.data_path = test_path("defaults.inter");
    options.data_options = &how;
    assert_int_equal(llmx_train(data, &options, test_path("by-library"), NULL), 0);
    free(run("train --data %s/defaults.inter --out %s/by-command --epochs 1 --quiet", 0));
    char *a = test_read(test_path("by-library/config.yaml")),
         *b = test_read(test_path("by-command/config.yaml"));
    assert_string_equal(a, b);
    free(a);
    free(b);
    llmx_data_destroy(data);
}

static void test_cmd_evaluate__prints_a_table_or_json(void **state)
{
    (void)state;
    train_once();
    expect("evaluate %s/cmd-run --at 1,3", 0,
           "                           @1          @3  \nrecall ");
    expect("evaluate %s/cmd-run --split valid", 0, "\nusers                         40\n");
    char *out = run("evaluate %s/cmd-run --at 5 --json", 0);
    json_t *json = json_loads(out, 0, NULL);
    assert_int_equal(json_integer_value(json_object_get(json, "users")), 40);
    assert_int_equal(json_object_size(json_object_get(json_object_get(json, "at"), "5")), 11);
    json_decref(json);
    free(out);
    expect("evaluate %s/cmd-run --candidates uniform:5 --seed 3", 0,
           "\ncandidates             uniform:5  (seed 3; not to be compared with ranking among all "
           "items)\n");
    expect("evaluate %s/cmd-run --candidates popularity:5 --json --at 3", 0,
           "{\"view\":\"evaluate\",\"candidates\":\"popularity:5\",\"seed\":42,\"users\":40,");
    expect("evaluate %s/cmd-run --candidates 100", 2, "is not uniform:N or popularity:N");
    expect("evaluate %s/cmd-run --split train", 2, "--split: there is no 'train'");
    expect("evaluate %s/nowhere", 1, "is no run directory");
}

static void test_cmd_recommend__writes_lines_and_lists_strangers(void **state)
{
    (void)state;
    train_once();
    expect("recommend %s/cmd-run --users u1 --top 1 --quiet", 0, "{\"user\":\"u1\",\"item\":\"i");
    expect("recommend %s/cmd-run --users u1,zoe --top 1 --quiet", 3,
           "user 'zoe' is not in the data");
    expect("recommend %s/cmd-run --users %s/absent", 1, "cannot open");
    expect("recommend %s/cmd-run --top 0", 2, "0 recommendations");
    test_file("people.tsv", "me\ti1\nme\ti2\n");
    expect("recommend %s/cmd-run --history - --top 1 --quiet < %s/people.tsv", 0,
           "{\"user\":\"me\",\"item\":\"i");
    remove(test_path("cmd.inter"));
    expect("recommend %s/cmd-run --users u1", 1, "--data says where they are now");
    test_interactions("moved.inter", 40, 30, 10, 1);
    expect("recommend %s/cmd-run --users u1 --data %s/moved.inter --quiet", 0, "\"user\":\"u1\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cmd_train__says_what_came_of_it),
        cmocka_unit_test(test_cmd_train__config_of_a_run_makes_it_again),
        cmocka_unit_test(test_cmd_train__notes_the_split),
        cmocka_unit_test(test_cmd_train__reads_files_of_lists),
        cmocka_unit_test(test_cmd_train__has_the_defaults_of_the_library),
        cmocka_unit_test(test_cmd_evaluate__prints_a_table_or_json),
        cmocka_unit_test(test_cmd_recommend__writes_lines_and_lists_strangers),
    };
    return cmocka_run_group_tests_name("cmd_recommend", tests, NULL, NULL);
}
