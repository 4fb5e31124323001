/* What users ask of a run's items, on a run whose embeddings are set by hand: which may be recommended, which are alike,
 * the embeddings themselves, and whether another run is better. */
#include "run/checkpoint.h"
#include "support/test.h"

#include <sys/stat.h>

/* Train: a of u1, b of u2, c of the third, whose name needs quoting; one item has no line in .item. */
static const float user_rows[] = {1, 0, 0, 1, 1, 2};
static const float item_rows[] = {1, 0, 0, 1, 1, 1, 3, 4, 0, 0}; /* a b c d e */

static void write_data(void)
{
    mkdir(test_path("shop"), 0700);
    test_file("shop/shop.inter", "user_id:token\titem_id:token\ttimestamp:float\n"
                                 "u1\ta\t1\nu1\tb\t2\nu1\tc\t3\nu2\tb\t1\nu2\tc\t2\nu2\td\t3\n"
                                 "u\"3,x\tc\t1\nu\"3,x\td\t2\nu\"3,x\te\t3\n");
    test_file("shop/shop.item",
              "item_id:token\ttitle:token_seq\tclass:token_seq\n"
              "a\tApple\tfruit\nb\tBread\tfood baked\nc\tCake, small\tfood sweet\n"
              "d\tDate\tfruit sweet\n");
}

/* A run with those rows; the items' times `sign`. */
static void make_run(const struct llmx_data *data, const char *name, float sign)
{
    struct llmx_error err;
    struct llmx_train_options options = llmx_train_defaults("bpr");
    struct model_array arrays[MODEL_ARRAYS_MAX];
    const char *run_dir = test_path(name);
    void *model = NULL;
    options.dim = 2;
    options.epochs = 1;
    options.data_path = test_path("shop");
    if (llmx_train(data, &options, run_dir, &err) != 0 ||
        recommender_bpr.create(&model, 3, 5, &options, &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(recommender_bpr.arrays(model, arrays), 2);
    memcpy(arrays[0].data, user_rows, sizeof user_rows);
    for (int i = 0; i < 10; i++)
        ((float *)arrays[1].data)[i] = sign * item_rows[i];
    const uint64_t fingerprint = llmx_data_fingerprint(data);
    const struct training_state state = {.epoch = 1, .best_epoch = 1};
    if (model_write(&state, &recommender_bpr, model, fingerprint, run_dir, &err) != 0)
        fail_msg("%s", err.message);
    recommender_bpr.destroy(model);
}

static int set_up(void **state)
{
    (void)state;
    struct llmx_data *data = NULL;
    write_data();
    assert_int_equal(llmx_data_open(&data, test_path("shop"), NULL, NULL), 0);
    make_run(data, "run", 1);
    make_run(data, "turned", -1);
    llmx_data_destroy(data);
    return 0;
}

static void prints(const char *command, int status, const char *expected)
{
    char *out;
    test_needs_program();
    const int got = test_shell(command, &out);
    assert_string_equal(out, expected);
    assert_int_equal(got, status);
    free(out);
}

#define CSV "user,item,rank,score,model,evidence\n"
/* As of the training, when the rows set by hand are what users have. */
#define RECOMMEND                                                                                  \
    "$LLMXREC recommend $T/run --as-of train --users u1 --evidence 0 --quiet --format csv "

static void test_recommend__leaves_out_what_is_seen_unless_asked(void **state)
{
    (void)state;
    prints(RECOMMEND, 0, CSV "u1,d,1,3,bpr,\nu1,c,2,1,bpr,\nu1,e,3,0,bpr,\n");
    prints(RECOMMEND "--keep-seen --top 4", 0,
           CSV "u1,d,1,3,bpr,\nu1,a,2,1,bpr,\nu1,c,3,1,bpr,\nu1,b,4,0,bpr,\n");
    prints("printf 'me\\td\\n' | $LLMXREC recommend $T/run --history - --evidence 0 --quiet "
           "--format csv | cut -d, -f2 | sort | tr '\\n' ' '",
           0, "a b c e item ");
    prints("printf 'me\\td\\n' | $LLMXREC recommend $T/run --history - --evidence 0 --quiet "
           "--keep-seen --format csv | cut -d, -f2 | sort | tr '\\n' ' '",
           0, "a b c d e item ");
}

/* A file is meant only where @ or a slash says so, whatever it is called. */
static void test_recommend__takes_ids_before_files(void **state)
{
    (void)state;
    test_file("u1", "u2\n");
#define USERS(WHOM)                                                                                \
    "cd $T && $LLMXREC recommend run --data shop --users " WHOM                                    \
    " --top 1 --keep-seen --quiet --format csv | sed -n '2,$s/,.*//p' | tr '\\n' ' '"
    prints(USERS("u1"), 0, "u1 ");
    prints(USERS("u1,u2"), 0, "u1 u2 ");
    prints(USERS("./u1"), 0, "u2 ");
    prints(USERS("@u1"), 0, "u2 ");
    prints(USERS("@$T/u1"), 0, "u2 ");
    test_command("mkfifo $T/pipe && (echo u2 >$T/pipe & $LLMXREC recommend $T/run --users $T/pipe "
                 "--top 1 --quiet)",
                 0, "{\"user\":\"u2\"");
    test_command("$LLMXREC recommend $T/run --users @nowhere", 1, "cannot open nowhere");
    test_command("$LLMXREC explain x --data y --base z --users 5", 2,
                 "explain has no option 'users'; did you mean 'max-users'?");
}

static void test_recommend__allows_and_denies(void **state)
{
    (void)state;
    test_file("few", "e\r\n\nb\nc");
    test_file("odd", "c\nzebra\n");
    prints(RECOMMEND "--allow class=sweet", 0, CSV "u1,d,1,3,bpr,\nu1,c,2,1,bpr,\n");
    prints(RECOMMEND "--allow 'class=food sweet'", 0, CSV "u1,c,1,1,bpr,\n");
    prints(RECOMMEND "--allow class=sweet --deny class=fruit", 0, CSV "u1,c,1,1,bpr,\n");
    prints(RECOMMEND "--allow class=baked", 0, CSV); /* seen already */
    prints(RECOMMEND "--allow $T/few", 0, CSV "u1,c,1,1,bpr,\nu1,e,2,0,bpr,\n");
    prints(RECOMMEND "--allow @$T/few", 0, CSV "u1,c,1,1,bpr,\nu1,e,2,0,bpr,\n");
    prints(RECOMMEND "--deny $T/few", 0, CSV "u1,d,1,3,bpr,\n");
    prints(RECOMMEND "--deny $T/odd", 0, CSV "u1,d,1,3,bpr,\nu1,e,2,0,bpr,\n");
    prints(RECOMMEND "--allow $T/odd", 3,
           CSV "u1,c,1,1,bpr,\nitem 'zebra' is not in the data\n"
               "llmxrec: items of --allow that are not in the data: 1\n");
}

static void test_recommend__refuses_filters_that_name_nothing(void **state)
{
    (void)state;
    prints(RECOMMEND "--allow class=Sweet", 2,
           "llmxrec: --allow: no item has 'Sweet' in its column class\n");
    prints(RECOMMEND "--deny kind=sweet", 2,
           "llmxrec: --deny: 'kind=sweet' is neither a file of items, one a line, nor COLUMN=VALUE "
           "with a column of the item features (title, class)\n");
    test_command(RECOMMEND "--allow $T/missing", 2, "is neither a file of items");
    test_command(RECOMMEND "--allow $T", 1, "cannot read ");
    test_command(RECOMMEND "--allow class=baked --deny class=food", 1,
                 "leave none of the data's items to recommend");
    test_command("$LLMXREC recommend $T/run --format xml", 2, "there is no 'xml'");
}

/* The format follows the ending of --out; both hold the same. */
static void test_recommend__writes_both_formats(void **state)
{
    (void)state;
    prints(
        "$LLMXREC recommend $T/run --as-of train --top 1 --evidence 0 --quiet --out $T/recs.csv && "
        "cat $T/recs.csv",
        0, CSV "u1,d,1,3,bpr,\nu2,d,1,4,bpr,\n\"u\"\"3,x\",b,1,2,bpr,\n");
    prints("$LLMXREC recommend $T/run --as-of train --top 1 --evidence 0 --quiet --out "
           "$T/recs.jsonl && "
           "cat $T/recs.jsonl",
           0,
           "{\"user\":\"u1\",\"item\":\"d\",\"rank\":1,\"score\":3.0,\"model\":\"bpr\","
           "\"evidence\":[],\"as_of\":\"train\"}\n"
           "{\"user\":\"u2\",\"item\":\"d\",\"rank\":1,\"score\":4.0,\"model\":\"bpr\","
           "\"evidence\":[],\"as_of\":\"train\"}\n"
           "{\"user\":\"u\\\"3,x\",\"item\":\"b\",\"rank\":1,\"score\":2.0,\"model\":\"bpr\","
           "\"evidence\":[],\"as_of\":\"train\"}\n");
    prints("printf 'me\\td\\nme\\tc\\n' | $LLMXREC recommend $T/run --history - --allow "
           "class=fruit --quiet "
           "--format csv | tail -n 1 | sed 's/=[^ ]*/=/g; s/[0-9.]*,bpr/,bpr/'",
           0, "me,a,1,,bpr,c=\n");
}

static void test_similar__lists_with_titles(void **state)
{
    (void)state;
    prints("$LLMXREC similar $T/run c", 0,
           "Most alike to Cake, small (c)\n    0.9899  Date (d)\n    0.7071  Apple (a)\n"
           "    0.7071  Bread (b)\n    0.0000  e\n");
    prints("$LLMXREC similar $T/run e --top 1", 0, "Most alike to e\n    0.0000  Apple (a)\n");
    prints("$LLMXREC similar $T/run c --top 1 --json", 0,
           "{\n  \"item\": \"c\",\n  \"title\": \"Cake, small\",\n  \"similar\": [\n    {\n"
           "      \"item\": \"d\",\n      \"title\": \"Date\",\n      \"similarity\": 0.9899495\n"
           "    }\n  ]\n}\n");
    prints("$LLMXREC similar $T/run f", 1, "llmxrec: item 'f' is not in the data\n");
    prints("$LLMXREC similar $T/run c --top 0", 2, "llmxrec: 0 similar items: choose 1 or more\n");
    test_command("$LLMXREC similar $T/run", 2, "ITEM");
}

static void test_embeddings__go_where_they_are_sent(void **state)
{
    (void)state;
    prints("$LLMXREC embeddings $T/run --out $T/e && ls $T/e && cat $T/e/items.tsv && "
           "od -An -t f4 -j 128 $T/e/user_embedding.npy | tr -s ' \\n' '  '",
           0,
           "item_embedding.npy\nitems.tsv\nuser_embedding.npy\nusers.tsv\n"
           "0\ta\n1\tb\n2\tc\n3\td\n4\te\n 1 0 0 1 1 2 ");
    prints("$LLMXREC embeddings $T/run --array item_embedding --out $T/i.npy && ls $T/i.* | "
           "sed 's|.*/||'",
           0, "i.items.tsv\ni.npy\n");
    prints("$LLMXREC embeddings $T/run --out $T/all.safetensors && ls $T/all.* | sed 's|.*/||'", 0,
           "all.items.tsv\nall.safetensors\nall.users.tsv\n");
    prints("$LLMXREC embeddings $T/run --out $T/two.npy", 2,
           "llmxrec: a .npy file holds one array, and the model bpr has user_embedding, "
           "item_embedding; choose with --array, or write a folder or a .safetensors file\n");
    prints("$LLMXREC embeddings $T/run --array rows --out $T/x", 1,
           "llmxrec: the model bpr has no array 'rows'; it has user_embedding, item_embedding\n");
    test_command("$LLMXREC embeddings $T/run", 2, "--out");
    test_command("$LLMXREC embeddings $T/run --array item_embedding --out $T/none/x.npy", 1,
                 "No such file");
}

/* Held-out items stand at places 2, 1, 3 in one run and 2, 3, 1 in the other. */
static void test_compare__prints_a_table_or_json(void **state)
{
    (void)state;
    prints("cd $T && $LLMXREC compare run turned --metric hit@1,recall@2,mrr@3 --seed 1", 0,
           "first   run\nsecond  turned\n\n"
           "                   first    second  difference         95 % interval         p\n"
           "hit@1             0.3333    0.3333     +0.0000    -1.0000 .. +1.0000    1.0000\n"
           "recall@2          0.6667    0.6667     +0.0000    -1.0000 .. +1.0000    1.0000\n"
           "mrr@3             0.6111    0.6111     +0.0000    -0.6667 .. +0.6667    1.0000\n\n"
           "test part, 3 users, paired bootstrap of 10000 resamples, seed 1\n");
    prints("cd $T && $LLMXREC compare run turned --metric hit@1 --seed 1 --json", 0,
           "{\n  \"view\": \"compare\",\n  \"first\": \"run\",\n  \"second\": \"turned\",\n  "
           "\"split\": \"test\",\n"
           "  \"users\": 3,\n  \"resamples\": 10000,\n  \"seed\": 1,\n  \"metrics\": {\n"
           "    \"hit@1\": {\n      \"first\": 0.333333333,\n      \"second\": 0.333333333,\n"
           "      \"difference\": 0.0,\n      \"interval\": [\n        -1.0,\n        1.0\n"
           "      ],\n      \"p\": 1.0\n    }\n  }\n}\n");
    prints("$LLMXREC compare $T/run $T/turned --split train", 2,
           "llmxrec: --split: there is no 'train' (see --help)\n");
    prints("$LLMXREC compare $T/run $T/turned --metric gauc", 2,
           "llmxrec: gauc is no mean over users; compare recall, ndcg, hit, mrr, precision or map "
           "@K\n");
    prints("$LLMXREC compare $T/run $T/turned --resamples 5", 2,
           "llmxrec: 5 resamples: choose 100 to 10000000\n");
    test_command("$LLMXREC compare $T/run", 2, "RUN2");
    test_command("$LLMXREC train --data $T/shop --split-by ratio:1,0,1 --dim 2 --epochs 1 --quiet "
                 "--out $T/other && $LLMXREC compare $T/run $T/other",
                 1, "/other are not of the same data and split: ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recommend__leaves_out_what_is_seen_unless_asked),
        cmocka_unit_test(test_recommend__takes_ids_before_files),
        cmocka_unit_test(test_recommend__allows_and_denies),
        cmocka_unit_test(test_recommend__refuses_filters_that_name_nothing),
        cmocka_unit_test(test_recommend__writes_both_formats),
        cmocka_unit_test(test_similar__lists_with_titles),
        cmocka_unit_test(test_embeddings__go_where_they_are_sent),
        cmocka_unit_test(test_compare__prints_a_table_or_json),
    };
    return cmocka_run_group_tests_name("cmd_items", tests, set_up, NULL);
}
