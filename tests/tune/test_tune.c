/* Whole tunings of the tiny models: step losses and the adapter after ten steps as PEFT's; an interrupted one ends in
 * the bytes of an undisturbed one; the best epoch is kept; what goes wrong is said and loses nothing. */
#include "support/test.h"

#include "base/file.h"
#include "base/folder.h"
#include "format/safetensors.h"
#include "llm/adapter_file.h"
#include "llm/model.h"
#include "llmxrec/adapter.h"
#include "llmxrec/tune.h"
#include "tune/examples.h"

#include <jansson.h>

#define GOLDEN "tests/golden/llm/"

static struct llmx_model *qwen2; /* in f32 on two threads, with ChatML */

static struct llmx_model *open_model(const char *folder, int threads)
{
    struct llmx_error err;
    struct llmx_model *model = NULL;
    const struct llmx_model_options options = {
        .precision = LLMX_PRECISION_F32, .threads = threads, .chat_template = "chatml"};
    if (llmx_model_open(&model, folder, &options, &err) != 0)
        fail_msg("%s", err.message);
    return model;
}

static int set_up(void **state)
{
    (void)state;
    qwen2 = open_model(GOLDEN "qwen2", 2);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    llmx_model_destroy(qwen2);
    return 0;
}

static void tune(const struct llmx_model *model, const char *examples,
                 const struct llmx_tune_options *options, const char *out)
{
    struct llmx_error err = {0};
    if (llmx_tune(model, examples, options, test_path(out), &err) != 0)
        fail_msg("%s", err.message);
}

/* The value of `key` in line i (from 0) of a file of JSON Lines. */
static double value_in(const char *file, int line, const char *key)
{
    char *text = test_read(test_path(file)), *at = text;
    for (int i = 0; i < line; i++) {
        at = strchr(at, '\n');
        assert_non_null(at);
        at++;
    }
    *strchr(at, '\n') = '\0';
    json_t *object = json_loads(at, 0, NULL);
    const json_t *value = json_object_get(object, key);
    const double number = json_is_null(value) ? NAN : json_number_value(value);
    assert_non_null(value);
    json_decref(object);
    free(text);
    return number;
}

/* ---- PEFT's ten steps ---- */

/* The documented start of lora_A: a hash of its name and place, as the golden files were made from. */
static void fill_documented(float *values, size_t n, const char *name)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * 0x100000001b3u;
    for (size_t i = 0; i < n; i++) {
        uint64_t z = h + (i + 1) * 0x9e3779b97f4a7c15u;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        z = z ^ z >> 31;
        values[i] = (float)(((double)(z >> 40) / 0x1p24 - 0.5) * 0.08);
    }
}

static void write_documented(const struct config *config, const char *path)
{
    struct lora *lora;
    assert_int_equal(lora_create(&lora, config, 4, (1u << LINEARS) - 1, NULL), 0);
    lora->alpha = 8;
    for (int i = 0; i < lora->layers * LINEARS; i++) {
        const struct lora_pair *pair = &lora->pairs[i];
        char name[ADAPTER_NAME_MAX];
        adapter_tensor_name(name, i / LINEARS, (enum linear)(i % LINEARS), 'A');
        fill_documented(lora->values + pair->a, (size_t)(pair->rank * pair->in), name);
    }
    assert_int_equal(adapter_write(lora, path, NULL, NULL), 0);
    lora_destroy(lora);
}

/* The golden batches as lines of ids, in the order in which they were taken. */
static const char *write_batches(const json_t *golden)
{
    const json_t *batches = json_object_get(golden, "batches");
    FILE *f = fopen(test_path("batches.jsonl"), "w");
    for (size_t b = 0; b < json_array_size(batches); b++) {
        const json_t *batch = json_array_get(batches, b);
        for (size_t i = 0; i < json_array_size(batch); i++) {
            const json_t *one = json_array_get(batch, i);
            fputs("{\"ids\":", f);
            json_dumpf(json_array_get(one, 0), f, 0);
            fprintf(f, ",\"start\":%d}\n", (int)json_integer_value(json_array_get(one, 1)));
        }
    }
    fclose(f);
    return test_path("batches.jsonl");
}

/* Relative to each tensor's norm. */
static void check_adapter(const char *ours, const char *theirs)
{
    struct safetensors a = {0}, b = {0};
    assert_int_equal(safetensors_open(&a, ours, NULL), 0);
    assert_int_equal(safetensors_open(&b, theirs, NULL), 0);
    for (uint32_t i = 0; i < b.names.count; i++) {
        const char *name = names_get(&b.names, i, NULL);
        const struct st_tensor *x = safetensors_find(&a, name), *y = safetensors_find(&b, name);
        double apart = 0, norm = 0;
        assert_non_null(x);
        for (size_t k = 0; k < y->size / sizeof(float); k++) {
            float p, q;
            memcpy(&p, x->data + k * sizeof p, sizeof p);
            memcpy(&q, y->data + k * sizeof q, sizeof q);
            apart += (double)(p - q) * (double)(p - q);
            norm += (double)q * (double)q;
        }
        if (sqrt(apart) > 5e-3 * sqrt(norm))
            fail_msg("%s: %g apart", name, sqrt(apart / norm));
    }
    safetensors_release(&a);
    safetensors_release(&b);
}

static void check_golden(const char *name)
{
    char path[200];
    snprintf(path, sizeof path, GOLDEN "%s/lora.json", name);
    json_t *golden = json_load_file(path, 0, NULL);
    const json_t *losses = json_object_get(golden, "losses");
    snprintf(path, sizeof path, GOLDEN "%s", name);
    struct llmx_model *model = open_model(path, 1);
    struct llmx_tune_options options = llmx_tune_defaults();
    options.init = "documented";
    write_documented(&model->config, test_path("documented"));
    char init[200];
    snprintf(init, sizeof init, "%s", test_path("documented"));
    options.init = init, options.keeps_order = 1, options.force = 1, options.samples = 0;
    options.batch = 2, options.epochs = 5, options.learning_rate = 1e-2;
    tune(model, write_batches(golden), &options, "golden");
    for (int step = 0; step < 10; step++) {
        const double wanted = json_real_value(json_array_get(losses, (size_t)step));
        assert_near(value_in("golden/log.jsonl", step, "loss"), wanted, 1e-4 * wanted);
    }
    snprintf(path, sizeof path, GOLDEN "%s/adapter/adapter_model.safetensors", name);
    check_adapter(test_path("golden/adapter_model.safetensors"), path);
    llmx_model_destroy(model);
    json_decref(golden);
}

static void test_tune__ten_steps_as_peft_takes_them(void **state)
{
    (void)state;
    static const char *const models[] = {"llama-tied", "llama2-spm", "llama3-scaled",
                                         "mistral",    "qwen2",      "qwen3"};
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        check_golden(models[i]);
}

/* ---- a task of our own: 12 learnt, 4 held out ---- */

static const char *write_task(const char *name, int first, int n)
{
    static char paths[4][300]; /* in turn: test_path's own are soon used again */
    static int next;
    char text[8000], *path = paths[next++ % 4];
    size_t at = 0;
    for (int i = first; i < first + n; i++)
        at += (size_t)snprintf(text + at, sizeof text - at,
                               "{\"instruction\":\"name %d%c\",\"input\":\"\",\"output\":\"it is "
                               "%c%d\",\"user\":\"u%d\"}\n",
                               i, 'a' + i % 7, 'a' + i % 5, i, i / 2);
    snprintf(path, sizeof paths[0], "%s", test_file(name, text));
    return path;
}

static struct llmx_tune_options task_options(void)
{
    struct llmx_tune_options options = llmx_tune_defaults();
    options.rank = 2, options.batch = 4, options.epochs = 3, options.learning_rate = 5e-3;
    options.validate_share = 0.25, options.samples = 1, options.checkpoint_seconds = 0;
    options.dropout = 0.1;
    return options;
}

static const char *const same_files =
    "cd $T && for f in adapter_model.safetensors "
    "adapter_config.json epochs.jsonl samples.jsonl curve.svg "
    "config.yaml; do cmp $A/$f $B/$f || exit 1; done; "
    "for d in $A $B; do sed 's/,\"tokens_per_s.*//' $d/log.jsonl "
    ">$d.log; done; cmp $A.log $B.log; ls $A >a; ls $B >b; cmp a b";

static void check_same(const char *a, const char *b)
{
    char command[1000];
    snprintf(command, sizeof command, "A=%s B=%s; %s", a, b, same_files);
    test_command(command, 0, "");
}

/* Asks to stop at every call whose number is a multiple of `every`. */
struct stopper {
    int calls, every;
};

static int stop_now_and_then(void *context, const char *stage, double done, double total,
                             const char *note)
{
    struct stopper *stopper = context;
    (void)stage, (void)done, (void)total, (void)note;
    return ++stopper->calls % stopper->every == 0;
}

static void test_tune__interrupted_and_resumed_ends_in_the_same_bytes(void **state)
{
    (void)state;
    struct llmx_tune_options options = task_options();
    const char *examples = write_task("task.jsonl", 0, 16);
    tune(qwen2, examples, &options, "whole");
    for (int every = 2; every < 5; every++) {
        struct stopper stopper = {.every = every};
        struct llmx_error err = {0};
        int stops = 0;
        options.progress = (struct llmx_progress){stop_now_and_then, &stopper};
        options.resume = 1;
        directory_remove(test_path("parts"));
        while (llmx_tune(qwen2, write_task("task.jsonl", 0, 16), &options, test_path("parts"),
                         &err) != 0) {
            assert_int_equal(err.code, LLMX_INTERRUPTED);
            assert_contains(err.message, "--resume goes on from there");
            assert_true(stops++ < 40);
        }
        assert_true(stops > 1);
        check_same("whole", "parts");
    }
}

/* Weights are packed for the threads that a model is opened with, and sums over panels differ in their last bits. */
static void test_tune__threads_hardly_matter(void **state)
{
    (void)state;
    struct llmx_tune_options options = task_options();
    struct llmx_model *alone = open_model(GOLDEN "qwen2", 1);
    tune(qwen2, write_task("task.jsonl", 0, 16), &options, "two");
    tune(alone, write_task("task.jsonl", 0, 16), &options, "one");
    for (int step = 0; step < 9; step++) {
        const double loss = value_in("two/log.jsonl", step, "loss");
        assert_near(value_in("one/log.jsonl", step, "loss"), loss, 1e-5 * loss);
    }
    llmx_model_destroy(alone);
}

static void test_tune__learns_and_keeps_the_best_epoch(void **state)
{
    (void)state;
    struct llmx_tune_report report;
    struct llmx_tune_options options = task_options();
    options.report = &report, options.epochs = 8;
    tune(qwen2, write_task("task.jsonl", 0, 16), &options, "best");
    assert_int_equal(report.learnt, 12);
    assert_int_equal(report.held, 4);
    assert_true(report.loss < 0.8 * value_in("best/log.jsonl", 0, "loss"));
    assert_true(report.held_loss < 0.9 * report.held_loss_before);
    for (int i = 0; i <= report.epochs; i++)
        assert_true(value_in("best/epochs.jsonl", i, "held_loss") >= report.held_loss - 1e-6);
    char line[16];
    snprintf(line, sizeof line, "%d\n", report.best_epoch + 1);
    test_command("grep -n '\"kept\":true' $T/best/epochs.jsonl | cut -d: -f1", 0, line);
    const double best_loss = report.held_loss;
    options.init = test_path("best"), options.rank = 0, options.force = 1;
    char init[300];
    snprintf(init, sizeof init, "%s", options.init);
    options.init = init;
    tune(qwen2, write_task("task.jsonl", 0, 16), &options, "on");
    /* what was written is what is read again; but for the order of sums of one thread and another */
    assert_near(report.held_loss_before, best_loss, 1e-6);
    assert_near(value_in("on/epochs.jsonl", 0, "held_loss"), report.held_loss_before, 1e-6);
}

static void test_tune__stops_early_with_the_best_epoch(void **state)
{
    (void)state;
    struct llmx_tune_report report;
    struct llmx_tune_options options = task_options();
    options.report = &report, options.epochs = 50, options.learning_rate = 0.05;
    tune(qwen2, write_task("task.jsonl", 0, 16), &options, "early");
    assert_true(report.best_epoch > 0 && report.best_epoch < 48);
    assert_int_equal(report.epochs, report.best_epoch + options.patience);
    options.epochs = report.best_epoch;
    tune(qwen2, write_task("task.jsonl", 0, 16), &options, "short");
    test_command("cmp $T/early/adapter_model.safetensors $T/short/adapter_model.safetensors", 0,
                 "");
}

/* 16 examples of 250 tokens do not fit in one pack: the loss is still the mean over all tokens of the batch. */
static void test_tune__a_batch_of_several_packs(void **state)
{
    (void)state;
    char text[40000];
    size_t at = 0;
    double sum = 0;
    for (int i = 0; i < 16; i++) {
        int32_t ids[250];
        float logprob[249];
        const int start = 100 + 9 * i;
        at += (size_t)snprintf(text + at, sizeof text - at, "{\"start\":%d,\"ids\":[", start);
        for (int t = 0; t < 250; t++) {
            ids[t] = (7 * t + i * t + 13) % 400;
            at += (size_t)snprintf(text + at, sizeof text - at, t ? ",%d" : "%d", ids[t]);
        }
        at += (size_t)snprintf(text + at, sizeof text - at, "]}\n");
        assert_int_equal(llmx_score(qwen2, NULL, ids, 250, logprob, NULL), 0);
        for (int t = start; t < 250; t++)
            sum -= (double)logprob[t - 1];
    }
    struct llmx_tune_options options = llmx_tune_defaults();
    options.batch = 16, options.epochs = 1, options.samples = 0;
    tune(qwen2, test_file("long.jsonl", text), &options, "packs");
    const double outputs = 16 * 250 - (16 * 100 + 9 * 120);
    assert_near(value_in("packs/log.jsonl", 0, "loss"), sum / outputs, 1e-5 * sum / outputs);
}

/* The forward pass of `score --adapter` and that of tuning are two programs. */
static void test_tune__held_loss_is_that_of_scoring_with_the_adapter(void **state)
{
    (void)state;
    struct llmx_tune_report report;
    struct llmx_tune_options options = task_options();
    struct llmx_adapter *adapter;
    struct examples held = {0};
    double sum = 0, outputs = 0;
    options.validate_share = 0, options.validate = write_task("held.jsonl", 40, 4);
    options.report = &report, options.is_rank_stabilised = 1;
    tune(qwen2, write_task("task.jsonl", 0, 16), &options, "scored");
    assert_true(report.best_epoch > 0);
    assert_int_equal(examples_read(&held, qwen2, options.validate, 256, false, NULL), 0);
    assert_int_equal(llmx_adapter_open(&adapter, qwen2, test_path("scored"), NULL), 0);
    for (int i = 0; i < held.n; i++) {
        const struct example *e = &held.items[i];
        float logprob[256];
        assert_int_equal(llmx_score(qwen2, adapter, e->ids, e->n, logprob, NULL), 0);
        for (int t = e->start; t < e->n; t++, outputs++)
            sum -= (double)logprob[t - 1];
    }
    assert_near(sum / outputs, report.held_loss, 1e-4);
    llmx_adapter_destroy(adapter);
    examples_release(&held);
}

static void test_curve__of_nested_sets_of_examples(void **state)
{
    (void)state;
    static const int sizes[] = {0, 3, 12};
    struct llmx_error err = {0};
    struct llmx_tune_options options = task_options();
    const char *examples = write_task("task.jsonl", 0, 16);
    options.samples = 0;
    if (llmx_tune_curve(qwen2, examples, &options, sizes, 3, test_path("curve"), &err) != 0)
        fail_msg("%s", err.message);
    for (int i = 0; i < 3; i++)
        assert_near(value_in("curve/curve.jsonl", i, "examples"), sizes[i], 0);
    assert_near(value_in("curve/curve.jsonl", 0, "held_loss"),
                value_in("curve/12/epochs.jsonl", 0, "held_loss"), 0);
    assert_true(value_in("curve/curve.jsonl", 2, "held_loss") <
                value_in("curve/curve.jsonl", 0, "held_loss"));
    test_command("wc -l <$T/curve/3/log.jsonl; head -c 4 $T/curve/curve.svg", 0, "3\n<svg");
    options.validate_share = 0;
    assert_int_equal(llmx_tune_curve(qwen2, examples, &options, sizes, 3, "x", &err), -1);
    assert_contains(err.message, "give --validate or --validate-share");
    options.validate_share = 0.25;
    static const int too_many[] = {3, 40};
    assert_int_equal(
        llmx_tune_curve(qwen2, examples, &options, too_many, 2, test_path("many"), &err), -1);
    assert_contains(err.message, "40 examples are wanted; ");
}

/* ---- what goes wrong ---- */

static void check_fails(const struct llmx_tune_options *options, const char *examples,
                        const char *out, enum llmx_code code, const char *says)
{
    struct llmx_error err = {0};
    assert_int_equal(llmx_tune(qwen2, examples, options, test_path(out), &err), -1);
    assert_contains(err.message, says);
    assert_int_equal(err.code, code);
}

static void test_tune__a_loss_that_is_no_number_keeps_the_last_good_checkpoint(void **state)
{
    (void)state;
    struct llmx_tune_options options = task_options();
    options.validate_share = 0, options.samples = 0, options.learning_rate = 1e25;
    const char *examples = write_task("task.jsonl", 0, 16);
    check_fails(&options, examples, "nan", LLMX_BAD_INPUT, "the last good checkpoint is kept");
    assert_true(folder_has(test_path("nan"), "checkpoint"));
    assert_false(folder_has(test_path("nan"), ADAPTER_MODEL));
    check_fails(&options, examples, "nan", LLMX_BAD_OPTION, "--resume goes on with it");
    options.learning_rate = 1e-3;
    options.force = 1;
    tune(qwen2, examples, &options, "nan");
}

static void test_tune__resume_needs_the_same_options_and_examples(void **state)
{
    (void)state;
    struct stopper stopper = {.every = 4};
    struct llmx_tune_options options = task_options();
    options.samples = 0;
    options.progress = (struct llmx_progress){stop_now_and_then, &stopper};
    const char *examples = write_task("task.jsonl", 0, 16);
    check_fails(&options, examples, "other", LLMX_INTERRUPTED, "stopped after step");
    options.progress.report = NULL, options.resume = 1, options.batch = 2;
    check_fails(&options, examples, "other", LLMX_MISMATCH,
                "was begun with batch: 4 (now batch: 2)");
    options.batch = 4;
    check_fails(&options, write_task("task2.jsonl", 1, 16), "other", LLMX_MISMATCH,
                "checkpoint was begun with other examples");
    test_file("other/checkpoint", "no checkpoint");
    check_fails(&options, examples, "other", LLMX_BAD_INPUT, "checkpoint");
}

static void test_tune__options_out_of_range_are_named(void **state)
{
    (void)state;
    const char *examples = write_task("task.jsonl", 0, 16);
    struct llmx_tune_options options = task_options();
    options.dropout = 1;
    check_fails(&options, examples, "bad", LLMX_BAD_OPTION, "dropout 1: choose 0 to 0.99");
    options = task_options(), options.epochs = 0;
    check_fails(&options, examples, "bad", LLMX_BAD_OPTION, "epochs 0: choose");
    options = task_options(), options.target = "q,w";
    check_fails(&options, examples, "bad", LLMX_BAD_OPTION, "target 'w': not one of q, k, v");
    options = task_options(), options.validate = examples;
    check_fails(&options, examples, "bad", LLMX_BAD_OPTION, "choose one of --validate");
    options = task_options(), options.init = GOLDEN "qwen2/adapter";
    check_fails(&options, examples, "bad", LLMX_MISMATCH, "has another rank (its rank is 4");
    options = task_options(), options.memory_bytes = 1000;
    check_fails(&options, examples, "bad", LLMX_TOO_LARGE, "");
    options = task_options(), options.validate_share = 0;
    options.validate = write_task("held.jsonl", 15, 3);
    check_fails(&options, examples, "bad", LLMX_BAD_INPUT, "held.jsonl:1: this prompt is also in ");
}

static void test_tune__target_decides_what_is_adapted(void **state)
{
    (void)state;
    struct llmx_tune_options options = task_options();
    struct lora *lora;
    options.target = "q,down", options.epochs = 1, options.is_rank_stabilised = 1;
    tune(qwen2, write_task("task.jsonl", 0, 16), &options, "target");
    assert_int_equal(adapter_read(&lora, test_path("target"), &qwen2->config, NULL), 0);
    assert_int_equal(lora->targets, 1u << LINEAR_Q | 1u << LINEAR_DOWN);
    assert_true(lora->is_rank_stabilised);
    lora_destroy(lora);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tune__ten_steps_as_peft_takes_them),
        cmocka_unit_test(test_tune__interrupted_and_resumed_ends_in_the_same_bytes),
        cmocka_unit_test(test_tune__threads_hardly_matter),
        cmocka_unit_test(test_tune__learns_and_keeps_the_best_epoch),
        cmocka_unit_test(test_tune__stops_early_with_the_best_epoch),
        cmocka_unit_test(test_tune__a_batch_of_several_packs),
        cmocka_unit_test(test_tune__held_loss_is_that_of_scoring_with_the_adapter),
        cmocka_unit_test(test_curve__of_nested_sets_of_examples),
        cmocka_unit_test(test_tune__a_loss_that_is_no_number_keeps_the_last_good_checkpoint),
        cmocka_unit_test(test_tune__resume_needs_the_same_options_and_examples),
        cmocka_unit_test(test_tune__options_out_of_range_are_named),
        cmocka_unit_test(test_tune__target_decides_what_is_adapted),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
