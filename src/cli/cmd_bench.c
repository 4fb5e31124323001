/* cmd_bench.c - how close each hot path comes to what this machine can do, both measured in the same run. */
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/plain.h"
#include "base/rng.h"
#include "cli/bench_answers.h"
#include "cli/bench_texts.h"
#include "cli/model_options.h"
#include "cli/opt.h"
#include "llmxrec/llmxrec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    const char *data, *base, *precision, *only;
    int lines, rounds;
} o;

static const struct option_spec options[] = {
    OPT_ARG("PART", &o.only, NULL, "one of: read, train, rank, gate, llm, tune (none: all)"),
    OPT_PATH("data", &o.data, "build/assets/ml-100k", "interactions to train on"),
    OPT_PATH("base", &o.base, "build/assets/smollm2-135m-instruct-q4_1.gguf", "language model"),
    OPT_TEXT("precision", &o.precision, "auto", "of the parts llm and tune: auto, f32, bf16, int8"),
    OPT_INT("lines", &o.lines, "5000000", "interactions of the file to read"),
    OPT_INT("rounds", &o.rounds, "3", "times each is measured; the median counts"),
    OPT_END,
};

#define ROUNDS_MAX    99
#define TRAIN_EPOCHS  40
#define GRAPH_EPOCHS  5
#define PROMPT_TOKENS 512
#define DECODE_TOKENS 129

/* What all parts need. */
struct bench {
    const struct common *common;
    struct llmx_ceilings ceilings;
    char directory[32]; /* scratch, removed at the end */
    struct llmx_error *err;
};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof *values, compare);
    return values[n / 2];
}

static void print_row(const char *what, double value, const char *unit, double share,
                      const char *of)
{
    plain_fprintf(stdout, "%-44s %10.*f %-16s", what, value < 100 ? 2 : 0, value, unit);
    if (share > 0)
        plain_fprintf(stdout, "%4.0f %% of %s", 100 * share, of);
    putchar('\n');
    fflush(stdout);
}

static double peak_mb(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

/* Bytes that reading a log adds to a process at its peak, the file's mapped pages included: a child does it. */
static double read_memory_bytes(const char *path, const struct llmx_data_options *how)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f) {
        if (fscanf(f, "%*d %ld", &pages) != 1)
            pages = 0;
        fclose(f);
    }
    pid_t child = fork();
    if (child == 0) {
        struct llmx_data *data;
        _exit(llmx_data_open(&data, path, how, NULL) != 0);
    }
    struct rusage usage;
    waitpid(child, NULL, 0);
    getrusage(RUSAGE_CHILDREN, &usage);
    return (double)usage.ru_maxrss * 1024 - (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* A form that logs come in: how its lines look, and how it is read. */
static const struct form {
    const char *what, *file, *head, *columns;
} forms[] = {
    {"read interactions, ids, split", "log.inter",
     "user_id:token\titem_id:token\ttimestamp:float\n", NULL},
    {"  the same as CSV with quotes and dates", "log.csv", "user,item,title,time\n",
     "user=user,item=item,time=time"},
    {"  the same as JSON Lines", "log.json", "", "user=user_id,item=item_id,time=date"},
};

static void write_line(FILE *f, const struct form *form, uint32_t user, uint32_t item, int i)
{
    const int second = i % 60, minute = i / 60 % 60, hour = i / 3600 % 24;
    char date[64];
    snprintf(date, sizeof date, "%04d-%02d-%02d %02d:%02d:%02d", 2000 + i / 86400 / 336,
             1 + i / 86400 / 28 % 12, 1 + i / 86400 % 28, hour, minute, second);
    if (form == &forms[0])
        fprintf(f, "%u\t%u\t%d\n", user, item, i);
    else if (form == &forms[1])
        fprintf(f, "\"%u\",\"%u\",\"Film, number \"\"%u\"\"\",%s\n", user, item, item, date);
    else
        fprintf(f,
                "{\"review_id\":\"%d\",\"user_id\":\"%u\",\"item_id\":\"%u\",\"stars\":4.0,"
                "\"text\":\"Nothing \\\"much\\\",\\nto say\",\"date\":\"%s\"}\n",
                i, user, item, date);
}

static int write_log(const char *path, const struct form *form, struct llmx_error *err)
{
    struct output out;
    struct rng rng = rng_stream(1, RNG_INIT, 0);
    if (output_open(&out, path, err) != 0)
        return -1;
    fputs(form->head, out.stream);
    for (int i = 0; i < o.lines; i++) {
        const uint32_t user = rng_below(&rng, 100000), item = rng_below(&rng, 20000);
        write_line(out.stream, form, user, item, i);
    }
    return output_commit(&out, err);
}

/* Reads a log in one form, and says how fast. */
static int bench_form(struct bench *b, const struct form *form)
{
    char path[64];
    double times[ROUNDS_MAX];
    const struct llmx_data_options how = {.columns = form->columns, .threads = b->common->threads};
    snprintf(path, sizeof path, "%s/%s", b->directory, form->file);
    if (write_log(path, form, b->err) != 0)
        return -1;
    for (int i = 0; i < o.rounds; i++) {
        struct llmx_data *data;
        double start = clock_now_s();
        if (llmx_data_open(&data, path, &how, b->err) != 0)
            return -1;
        times[i] = clock_now_s() - start;
        llmx_data_destroy(data);
    }
    struct mapping file;
    if (mapping_open(&file, path, b->err) != 0)
        return -1;
    double s = median(times, o.rounds), bytes = (double)file.size;
    mapping_release(&file);
    print_row(form->what, 1e-6 * o.lines / s, "M lines/s", 1e-9 * bytes / s / b->ceilings.read_gb_s,
              "memory read");
    if (form == &forms[0])
        print_row("  memory at most, the file's pages included",
                  read_memory_bytes(path, &how) / o.lines, "bytes/line", 0, "");
    else
        print_row("", 1e-6 * bytes / s, "MB/s", 0, "");
    remove(path);
    return 0;
}

static int bench_read(struct bench *b)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (bench_form(b, &forms[i]) != 0)
            return -1;
    return 0;
}

/* A triple reads and writes three rows of parameters and both of Adam's moments. */
static double train_gb_s(double triples_per_s, int dim)
{
    return 1e-9 * triples_per_s * 3 * 3 * 2 * (double)sizeof(float) * dim;
}

/* Examples a second of a model with its defaults, the median of the rounds; its options into *train. */
static int train_rate(struct bench *b, const struct llmx_data *data, const char *model, int epochs,
                      struct llmx_train_options *train, double *rate)
{
    char path[64];
    double rates[ROUNDS_MAX];
    struct llmx_train_report report;
    *train = llmx_train_defaults(model);
    snprintf(path, sizeof path, "%s/%s", b->directory, model);
    train->epochs = epochs;
    train->force = 1;
    train->report = &report;
    train->threads = b->common->threads;
    for (int i = 0; i < o.rounds; i++) {
        if (llmx_train(data, train, path, b->err) != 0)
            return -1;
        rates[i] = report.examples_per_s;
    }
    *rate = median(rates, o.rounds);
    return 0;
}

/* Bytes that LightGCN's sparse products read for an example: each of a step's 2 * layers products gathers a row for every
 * training interaction twice, from its user's side and its item's; an epoch's examples are as many as the interactions. */
static double gathered_bytes(const struct llmx_train_options *train, double interactions)
{
    double steps = ceil(interactions / train->batch);
    steps = steps < train->steps ? steps : train->steps;
    return steps * 2 * train->layers * 2 * (double)sizeof(float) * train->dim;
}

static int bench_train(struct bench *b, const struct llmx_data *data)
{
    struct llmx_train_options train;
    double rate;
    if (train_rate(b, data, "bpr", TRAIN_EPOCHS, &train, &rate) != 0)
        return -1;
    double gb = train_gb_s(rate, train.dim);
    print_row("train bpr, dimension 64", 1e-6 * rate, "M triples/s", 0, "");
    print_row("  rows and moments read and written", gb, "GB/s", gb / b->ceilings.read_gb_s,
              "memory read");
    if (train_rate(b, data, "lightgcn", GRAPH_EPOCHS, &train, &rate) != 0)
        return -1;
    double learnt = (double)llmx_data_interactions(data) - 2.0 * llmx_data_users(data);
    gb = 1e-9 * rate * gathered_bytes(&train, learnt);
    print_row("train lightgcn, dimension 64, 2 layers", 1e-6 * rate, "M triples/s", 0, "");
    print_row("  rows gathered by sparse products", gb, "GB/s", gb / b->ceilings.read_gb_s,
              "memory read");
    return 0;
}

static int bench_rank(struct bench *b, const struct llmx_data *data)
{
    static const int cutoffs[] = {10};
    char path[64], recs[64];
    double ranking[ROUNDS_MAX], recommending[ROUNDS_MAX];
    struct llmx_run *run;
    struct llmx_metrics metrics;
    struct llmx_recommend_options recommend = {
        .top = 10, .n_evidence = 5, .threads = b->common->threads};
    snprintf(path, sizeof path, "%s/bpr", b->directory);
    snprintf(recs, sizeof recs, "%s/recs.jsonl", b->directory);
    if (llmx_run_open(&run, path, data, b->err) != 0)
        return -1;
    int status = 0;
    for (int i = 0; i < o.rounds && status == 0; i++) {
        struct llmx_recommend_report report;
        double start = clock_now_s();
        status = llmx_evaluate(run, LLMX_TEST, cutoffs, 1, b->common->threads, &metrics, b->err);
        ranking[i] = clock_now_s() - start;
        start = clock_now_s();
        if (status == 0)
            status = llmx_recommend_write(run, &recommend, recs, &report, b->err);
        recommending[i] = clock_now_s() - start;
    }
    llmx_run_destroy(run);
    if (status != 0)
        return -1;
    double users = llmx_data_users(data), s = median(ranking, o.rounds);
    double gflops = 1e-9 * 2 * users * llmx_data_items(data) * llmx_train_defaults("bpr").dim / s;
    print_row("rank all items, masked, metrics", users / s, "users/s",
              gflops / b->ceilings.f32.giga_per_s, "f32");
    print_row("top 10 with evidence, all users", median(recommending, o.rounds), "s", 0, "");
    return 0;
}

static int texts_s(const struct llmx_model *model, struct bench_load load, double *seconds,
                   struct bench_texts *result, struct llmx_error *err)
{
    double times[ROUNDS_MAX];
    for (int i = 0; i < o.rounds; i++) {
        if (bench_texts(model, load, result, err) != 0)
            return -1;
        times[i] = result->elapsed_s;
    }
    *seconds = median(times, o.rounds);
    return 0;
}

/* What a model's products can reach at best, and its name. */
static double products_peak(const struct bench *b, const struct llmx_model_cost *cost,
                            const char **name)
{
    *name = cost->is_int8 ? "int8" : cost->is_bf16 ? "bf16" : "f32";
    return (cost->is_int8   ? b->ceilings.int8
            : cost->is_bf16 ? b->ceilings.bf16
                            : b->ceilings.f32)
        .giga_per_s;
}

/* Explanations a second of a load. */
static int measure_texts(struct bench *b, const struct llmx_model *model, struct bench_load load,
                         const struct llmx_model_cost *cost)
{
    const double n = load.users * load.items;
    struct bench_texts result;
    const char *products;
    const double peak = products_peak(b, cost, &products);
    double s;
    char what[64];
    if (texts_s(model, load, &s, &result, b->err) != 0)
        return -1;
    const double flops = result.tokens * cost->token_flops + n * load.n_new * cost->head_flops;
    snprintf(what, sizeof what, "explanations: %d x %d, %d + %d -> %d", load.users, load.items,
             load.n_shared, load.n_own, load.n_new);
    print_row(what, n / s, "explanations/s", 1e-9 * flops / s / peak, products);
    return 0;
}

/* Questions a second of a load; its time against a prefill of as many tokens at that speed. */
static int measure_answers(struct bench *b, const struct llmx_model *model, struct bench_asked load,
                           const struct llmx_model_cost *cost, double prefill_tokens_s)
{
    const double tokens = bench_asked_tokens(load);
    const double flops = tokens * cost->token_flops + bench_asked_scores(load) * cost->head_flops;
    double times[ROUNDS_MAX];
    const char *products;
    const double peak = products_peak(b, cost, &products);
    char what[64];
    for (int i = 0; i < o.rounds; i++)
        if (bench_answers(model, load, &times[i], b->err) != 0)
            return -1;
    const double s = median(times, o.rounds);
    snprintf(what, sizeof what, "answers: %d x %d, %d + %d", load.questions, load.answers,
             load.n_prompt, load.n_answer);
    print_row(what, load.questions / s, "questions/s", 1e-9 * flops / s / peak, products);
    print_row("  prefills of the same tokens", s * prefill_tokens_s / tokens, "times", 0, "");
    return 0;
}

static int measure_llm(struct bench *b, const struct llmx_model *model)
{
    struct bench_texts result;
    struct llmx_model_cost cost;
    double prompt_s, first_s, all_s;
    llmx_model_cost(model, &cost);
    const char *products;
    double peak = products_peak(b, &cost, &products);
    if (texts_s(model, (struct bench_load){1, 1, 0, PROMPT_TOKENS, 1}, &prompt_s, &result,
                b->err) != 0 ||
        texts_s(model, (struct bench_load){1, 1, 0, 16, 1}, &first_s, &result, b->err) != 0 ||
        texts_s(model, (struct bench_load){1, 1, 0, 16, DECODE_TOKENS}, &all_s, &result, b->err) !=
            0)
        return -1;
    double prefill = PROMPT_TOKENS / prompt_s, decode = (DECODE_TOKENS - 1) / (all_s - first_s);
    print_row("prefill, 512 tokens", prefill, "tokens/s", 1e-9 * prefill * cost.token_flops / peak,
              products);
    print_row("decode, one sequence", decode, "tokens/s",
              1e-9 * decode * cost.weight_bytes / b->ceilings.read_gb_s, "memory read");
    if (measure_texts(b, model, BENCH_LOAD_HISTORY, &cost) != 0 ||
        measure_texts(b, model, BENCH_LOAD_FACTS, &cost) != 0 ||
        measure_answers(b, model, BENCH_ASKED_PAIRS, &cost, prefill) != 0 ||
        measure_answers(b, model, BENCH_ASKED_TITLES, &cost, prefill) != 0)
        return -1;
    print_row("  memory at most, this process", peak_mb(), "MB", 0, "");
    return 0;
}

static int open_model(struct llmx_model **model, struct bench *b)
{
    struct llmx_model_options load;
    const struct model_flags flags = {.precision = o.precision};
    return model_options(&flags, b->common, &load, b->err) == 0
               ? llmx_model_open(model, o.base, &load, b->err)
               : -1;
}

static int bench_llm(struct bench *b)
{
    struct llmx_model *model;
    double start = clock_now_s();
    if (open_model(&model, b) != 0)
        return -1;
    print_row("load the language model", clock_now_s() - start, "s", 0, "");
    int status = measure_llm(b, model);
    llmx_model_destroy(model);
    return status;
}

static int measure_tune(struct bench *b, const struct llmx_model *model, int sequences)
{
    struct llmx_gradient_load load;
    struct llmx_model_cost cost;
    double seconds[ROUNDS_MAX];
    char what[64];
    llmx_model_cost(model, &cost);
    if (llmx_bench_gradient(model, sequences, b->common->threads, o.rounds, seconds, &load,
                            b->err) != 0)
        return -1;
    double s = median(seconds, o.rounds), gflops = 1e-9 * load.flops / s;
    const char *products;
    cost.is_bf16 |= cost.is_int8 && b->ceilings.bf16.giga_per_s > 0;
    cost.is_int8 = 0; /* the way back is in floats whatever the way there */
    double peak = products_peak(b, &cost, &products);
    snprintf(what, sizeof what, "tune, rank 8, batch %d", sequences);
    print_row(what, load.tokens / s, "tokens/s", 0, "");
    print_row("  products it needs", gflops, "GFLOP/s", gflops / peak, products);
    return 0;
}

static int bench_tune(struct bench *b)
{
    struct llmx_model *model;
    if (open_model(&model, b) != 0)
        return -1;
    int status = measure_tune(b, model, 1);
    if (status == 0)
        status = measure_tune(b, model, 8);
    if (status == 0)
        print_row("  memory at most, this process", peak_mb(), "MB", 0, "");
    llmx_model_destroy(model);
    return status;
}

/* A recommendation and a text for every user: what was taken last, because of what was taken before. */
static int write_texts(const struct llmx_data *data, FILE *recs, FILE *texts)
{
    int title = llmx_data_title_column(data), n_texts = 0;
    for (llmx_id user = 0; user < llmx_data_users(data); user++) {
        int n;
        const llmx_id *history = llmx_data_history(data, user, LLMX_ALL, &n);
        const char *item = n > 2 ? llmx_data_item_token(data, history[n - 1]) : "";
        const char *known =
            n > 2 && title >= 0 ? llmx_data_feature(data, LLMX_ITEMS, history[0], title) : "";
        if (!*known || strpbrk(known, "\"\\") || strpbrk(item, "\"\\"))
            continue;
        const char *token = llmx_data_user_token(data, user);
        fprintf(recs,
                "{\"user\":\"%s\",\"item\":\"%s\",\"rank\":1,\"evidence\":[{\"item\":\"%s\"}]}\n",
                token, item, llmx_data_item_token(data, history[0]));
        fprintf(texts,
                "{\"user\":\"%s\",\"item\":\"%s\",\"explanation\":\"Because you enjoyed '%s', this "
                "one is for you: it has "
                "the same mood, and its story should hold your attention from the first scene to "
                "the last.\"}\n",
                token, item, known);
        n_texts++;
    }
    return n_texts;
}

/* The gate over a text for every user, the reading of the lines and the making of the prompts included. */
static int bench_gate(struct bench *b, const struct llmx_data *data)
{
    struct llmx_explain_options how = llmx_explain_defaults();
    struct llmx_explain_report report;
    char recs_path[64], texts_path[64];
    double seconds[ROUNDS_MAX];
    snprintf(recs_path, sizeof recs_path, "%s/recs", b->directory);
    snprintf(texts_path, sizeof texts_path, "%s/texts", b->directory);
    FILE *recs = fopen(recs_path, "w"), *texts = fopen(texts_path, "w");
    int n = recs && texts ? write_texts(data, recs, texts) : 0;
    bool failed = !recs || !texts;
    if (recs && fclose(recs) != 0)
        failed = true;
    if (texts && fclose(texts) != 0)
        failed = true;
    if (failed)
        return err_system(b->err, "cannot write in %s", b->directory);
    for (int i = 0; i < o.rounds && n > 0; i++) {
        if (llmx_gate_file(texts_path, recs_path, data, &how, "/dev/null", &report, b->err) != 0)
            return -1;
        seconds[i] = report.elapsed_s;
    }
    if (n > 0)
        print_row("gate, with prompts and JSON", 1e6 * median(seconds, o.rounds) / n, "us a text",
                  0, "");
    return 0;
}

static bool wanted(const char *part)
{
    return !o.only || strcmp(o.only, part) == 0;
}

/* The language model comes first: the peak of memory is then its own. */
static int bench_all(struct bench *b)
{
    struct llmx_data *data = NULL;
    int status = wanted("llm") ? bench_llm(b) : 0;
    if (status == 0 && wanted("tune"))
        status = bench_tune(b);
    if (status == 0 && (wanted("train") || wanted("rank") || wanted("gate")))
        status = llmx_data_open(&data, o.data,
                                &(struct llmx_data_options){.threads = b->common->threads}, b->err);
    if (status == 0 && wanted("gate"))
        status = bench_gate(b, data);
    if (status == 0 && (wanted("train") || wanted("rank")))
        status = bench_train(b, data);
    if (status == 0 && wanted("rank"))
        status = bench_rank(b, data);
    llmx_data_destroy(data);
    return status == 0 && wanted("read") ? bench_read(b) : status;
}

static void print_ceiling(const char *type, const struct llmx_ceiling *c, const char *unit)
{
    char what[80];
    snprintf(what, sizeof what, "ceiling: %s, %s", type, c->instructions);
    if (c->giga_per_s > 0)
        print_row(what, c->giga_per_s, unit, 0, "");
}

static void print_ceilings(const struct llmx_ceilings *c)
{
    printf("%s, %d thread%s\n", c->processor, c->threads, c->threads == 1 ? "" : "s");
    print_ceiling("f32", &c->f32, "GFLOP/s");
    print_ceiling("bf16", &c->bf16, "GFLOP/s");
    print_ceiling("int8", &c->int8, "GOP/s");
    print_row("ceiling: memory read, 256 MiB", c->read_gb_s, "GB/s", 0, "");
}

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct bench b = {.common = common, .directory = "/tmp/llmxrec-bench-XXXXXX", .err = &err};
    static const char *const parts[] = {"read", "train", "rank", "gate", "llm", "tune", NULL};
    if (o.only && opt_choose("PART", o.only, parts, &err) < 0)
        return opt_fail(&err);
    if (o.rounds < 1 || o.rounds > ROUNDS_MAX || o.lines < 1)
        err_set(&err, LLMX_BAD_OPTION, "--rounds is 1 to %d and --lines at least 1", ROUNDS_MAX);
    else if (!mkdtemp(b.directory))
        err_system(&err, "cannot make the directory %s", b.directory);
    if (err.code != LLMX_OK)
        return opt_fail(&err);
    int status = llmx_ceilings(&b.ceilings, common->threads, &err);
    if (status == 0) {
        print_ceilings(&b.ceilings);
        status = bench_all(&b);
    }
    directory_remove(b.directory);
    return status == 0 ? 0 : opt_fail(&err);
}

const struct command cmd_bench = {
    "bench",
    "measure this machine's ceilings and how close each hot path comes to them",
    "Measures what the processor does in registers alone, in each type it multiplies, and how fast "
    "it reads memory;\n"
    "then every hot path, in the same run, with its share of that. On a shared machine run it "
    "twice; docs/benchmarks.md\n"
    "has figures of other programs.",
    "  llmxrec bench\n"
    "  llmxrec bench llm --threads 1",
    options,
    run,
};
