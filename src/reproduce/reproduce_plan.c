/* reproduce_plan.c - fits an experiment to the time: measures how fast this machine writes and tunes, and says what is cut. */
#include "base/clock.h"
#include "base/file.h"
#include "base/folder.h"
#include "base/names.h"
#include "base/number.h"
#include "base/plain_json.h"
#include "base/text.h"
#include "format/json_file.h"
#include "format/jsonl.h"
#include "llmxrec/bench.h"
#include "reproduce/reproduce.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PROBED         4    /* texts by which the speed of a data set and system is measured */
#define SHARE_VIEWS    0.25 /* of what is left after training, for views and what was misjudged */
#define SHARE_TUNING   0.25 /* at most, all systems together */
#define SHARE_JUDGE    0.2  /* at most, for its tuning */
#define PAIRS_MIN      8
#define PAIR_TOKENS    700 /* of the two texts of a pair, as the judge learns them */
#define USERS_MIN      4
#define EXAMPLES_MIN   8
#define BENCH_EXAMPLES 2 /* in the batch by which tuning is timed */

struct speeds {
    double text_s;   /* of one user: all recommenders, data sets and systems */
    double told_s;   /* of one user, told as one and as the other, wherever that is asked */
    double pair_s;   /* judged */
    double tokens_s; /* learnt a second */
    double example_tokens;
};

/* ---- the file ---- */

/* The plan's file: of another experiment or budget it is another. */
static int plan_path(const struct reproduce *r, char path[static PATH_MAX], struct llmx_error *err)
{
    struct text text = {0};
    text_printf(&text, "%016" PRIx64 " %.9g %d %d %llu\n", r->base_hash, r->options->budget_s,
                r->x.users, r->x.epochs, (unsigned long long)r->x.seed);
    text_printf(&text, "%016" PRIx64 " %d\n", r->judge_hash, r->x.pairs);
    for (int d = 0; d < r->x.n_data; d++)
        text_printf(&text, "%016" PRIx64 "\n", r->data[d] ? r->data_hash[d] : 0);
    for (int m = 0; m < r->x.n_recommenders; m++)
        text_printf(&text, "%s %s\n", r->x.recommender[m].name, r->x.recommender[m].settings);
    for (int s = 0; s < r->x.n_systems; s++)
        text_printf(&text, "%d %016" PRIx64 "\n", r->x.system[s].is_plain, r->system_hash[s]);
    int status = text_check(&text, err);
    if (status == 0 && snprintf(path, PATH_MAX, "%s/plan-%012" PRIx64 ".json", r->options->out,
                                hash_bytes(text.s, text.n) >> 16) >= PATH_MAX)
        status = err_set(err, LLMX_TOO_LARGE, "%s: path is too long", r->options->out);
    text_release(&text);
    return status;
}

static int read_plan(struct plan *plan, const char *path, struct llmx_error *err)
{
    const char *const keys[] = {"users", "examples", "epochs", "pairs"};
    int *const to[] = {&plan->users, &plan->examples, &plan->epochs, &plan->pairs};
    json_t *note = json_file_read(path, err);
    for (int i = 0; note && i < 4; i++) {
        const json_t *value = json_object_get(note, keys[i]);
        if (!json_is_number(value) || !number_whole(json_number_value(value), 0, INT_MAX, to[i])) {
            json_decref(note);
            return err_set(err, LLMX_BAD_INPUT, "%s has no \"%s\"; remove it to measure again",
                           path, keys[i]);
        }
    }
    plan->note = note;
    return note ? 0 : -1;
}

static int write_plan(const struct reproduce *r, const char *path, struct llmx_error *err)
{
    struct output out;
    if (output_open(&out, path, err) != 0)
        return -1;
    int status = plain_json_dumpf(r->plan.note, out.stream, JSON_INDENT(1)) == 0
                     ? 0
                     : err_set(err, LLMX_NO_MEMORY, "out of memory");
    fputc('\n', out.stream);
    if (status == 0)
        status = output_commit(&out, err);
    output_discard(&out);
    return status;
}

/* ---- measuring ---- */

/* Seconds that one text takes here. The probe's files go, before it as well, where it was killed: texts that are there are not
 * written again, and take no time. */
static int time_texts(struct reproduce *r, struct place at, double *seconds, struct llmx_error *err)
{
    char folder[PATH_MAX], recs[PATH_MAX], out[PATH_MAX];
    struct experiment_system *system = &r->x.system[at.system];
    const struct experiment_system whole = *system;
    if (path_join(folder, sizeof folder, r->options->out, "probe", err) != 0)
        return -1;
    directory_remove(folder);
    if (directory_make(folder, err) != 0 ||
        path_join(recs, sizeof recs, folder, "recs.jsonl", err) != 0 ||
        path_join(out, sizeof out, folder, "texts.jsonl", err) != 0)
        return -1;
    system->examples = NULL; /* not tuned yet, and about as fast */
    int status = reproduce_choose(r, at, PROBED, recs, err);
    if (status == 0 && !whole.is_plain)
        status = reproduce_model(r, err);
    const double start = clock_now_s();
    if (status == 0)
        status = reproduce_explain(r, at, recs, out, err);
    *seconds = (clock_now_s() - start) / PROBED;
    *system = whole;
    directory_remove(folder);
    return status;
}

/* Which measured system is as fast as this one: the first that is made alike. */
static int alike(const struct reproduce *r, int system)
{
    for (int s = 0; s < system; s++)
        if (!r->x.system[s].is_plain == !r->x.system[system].is_plain &&
            !r->x.system[s].adapter == !r->x.system[system].adapter)
            return s;
    return system;
}

static int time_all_texts(struct reproduce *r, struct speeds *speeds, struct llmx_error *err)
{
    double one[EXPERIMENT_MAX];
    for (int d = 0; d < r->x.n_data; d++)
        for (int s = 0; r->data[d] && s < r->x.n_systems; s++) {
            const int same = alike(r, s);
            one[s] = one[same < s ? same : 0];
            if (same == s && time_texts(r, (struct place){d, 0, s}, &one[s], err) != 0)
                return -1;
            if (same == s)
                reproduce_tell(r, "measured: %s %s takes %.2f s a text", r->x.data[d].name,
                               r->x.system[s].name, one[s]);
            speeds->text_s += one[s] * r->x.n_recommenders;
            speeds->told_s += r->is_told[d][s] ? 2 * one[s] * r->x.n_recommenders : 0;
        }
    return 0;
}

static int time_tuning(const struct reproduce *r, struct speeds *speeds, struct llmx_error *err)
{
    struct llmx_model *model = NULL;
    struct llmx_gradient_load load;
    double seconds[2]; /* the first is slower: memory is new */
    const struct llmx_model_options how = reproduce_model_options(r, LLMX_PRECISION_FLOAT);
    int status = llmx_model_open(&model, r->x.base, &how, err);
    if (status == 0)
        status =
            llmx_bench_gradient(model, BENCH_EXAMPLES, r->options->threads, 2, seconds, &load, err);
    llmx_model_destroy(model);
    if (status != 0)
        return -1;
    speeds->tokens_s = load.tokens / seconds[1];
    speeds->example_tokens = (double)load.tokens / BENCH_EXAMPLES;
    reproduce_tell(r, "measured: tuning learns %.0f tokens a second", speeds->tokens_s);
    return 0;
}

static int count_lines(const char *path, int *n, struct llmx_error *err)
{
    struct jsonl file;
    json_t *line;
    int more = jsonl_open(&file, path, err) == 0 ? 1 : -1;
    for (*n = 0; more == 1 && (more = jsonl_read(&file, &line, err)) == 1; ++*n)
        json_decref(line);
    jsonl_close(&file);
    return more;
}

/* ---- fitting ---- */

static void note_cut(struct reproduce *r, json_t *cut, const char *what, int is, int asked)
{
    if (is >= asked)
        return;
    json_array_append_new(
        cut, json_pack("{s:s, s:i, s:i}", "what", what, "planned", is, "asked", asked));
    reproduce_tell(r, "cut to fit the budget: %d of %d %s", is, asked, what);
}

static int at_least(double value, int least, int most)
{
    const double kept = value < least ? least : value;
    return kept > most ? most : (int)kept;
}

/* Whole epochs of all examples, or one of some. returns the seconds that it takes */
static double fit_tuning(struct reproduce *r, const struct speeds *speeds, int examples,
                         int systems, double seconds, json_t *cut)
{
    const double fit = seconds / systems * speeds->tokens_s / speeds->example_tokens;
    r->plan.epochs = at_least(fit / examples, 1, r->x.epochs);
    const int few = examples < EXAMPLES_MIN ? examples : EXAMPLES_MIN,
              learnt = at_least(fit / r->plan.epochs, few, examples);
    r->plan.examples = learnt < examples ? learnt : 0;
    note_cut(r, cut, "epochs of tuning", r->plan.epochs, r->x.epochs);
    note_cut(r, cut, "examples of tuning", learnt, examples);
    return systems * learnt * r->plan.epochs * speeds->example_tokens / speeds->tokens_s;
}

/* returns the seconds that learning to judge takes */
static double fit_judge(struct reproduce *r, const struct speeds *speeds, int pairs, double seconds,
                        json_t *cut)
{
    const double pair = PAIR_TOKENS * JUDGE_EPOCHS / speeds->tokens_s;
    const int few = pairs < PAIRS_MIN ? pairs : PAIRS_MIN,
              learnt = at_least(seconds / pair, few, pairs);
    r->plan.pairs = learnt < pairs ? learnt : r->x.pairs;
    note_cut(r, cut, "pairs that the judge learns from", learnt, pairs);
    return learnt * pair;
}

/* Judged pairs of one user: every two systems, for each recommender and data set. */
static int pairs_of_user(const struct reproduce *r)
{
    int cells = 0;
    for (int d = 0; d < r->x.n_data; d++)
        cells += r->data[d] ? r->x.n_recommenders : 0;
    return r->x.judge ? cells * r->x.n_systems * (r->x.n_systems - 1) / 2 : 0;
}

/* Only the first of them are told as one and as the other. */
static void fit_users(struct reproduce *r, const struct speeds *speeds, double seconds, json_t *cut)
{
    const double told_s = speeds->told_s,
                 user_s = speeds->text_s + speeds->pair_s * pairs_of_user(r),
                 all_told = seconds / (user_s + told_s),
                 fit = all_told < TOLD_USERS ? all_told : (seconds - TOLD_USERS * told_s) / user_s;
    const int few = r->x.users < USERS_MIN ? r->x.users : USERS_MIN;
    r->plan.users = at_least(fit, few, r->x.users);
    note_cut(r, cut, "users", r->plan.users, r->x.users);
    json_object_set_new(r->plan.note, "seconds_per_user", json_real(user_s));
    json_object_set_new(r->plan.note, "told_seconds_per_user", json_real(told_s));
}

static int measure(struct reproduce *r, bool is_tuned, struct speeds *speeds,
                   struct llmx_error *err)
{
    if (time_all_texts(r, speeds, err) != 0 || (is_tuned && time_tuning(r, speeds, err) != 0) ||
        (r->x.judge && reproduce_time_pairs(r, PROBED, &speeds->pair_s, err) != 0))
        return -1;
    if (r->x.judge)
        reproduce_tell(r, "measured: judging takes %.2f s a pair", speeds->pair_s);
    return 0;
}

static int fit(struct reproduce *r, json_t *cut, struct llmx_error *err)
{
    struct speeds speeds = {0};
    int systems = 0, examples = 0, pairs = 0; /* examples: of the system that has most */
    for (int s = 0; s < r->x.n_systems; s++) {
        int n = 0;
        if (r->x.system[s].examples && count_lines(r->x.system[s].examples, &n, err) != 0)
            return -1;
        systems += r->x.system[s].examples != NULL;
        examples = n > examples ? n : examples;
    }
    if ((r->x.judge && count_lines(r->x.judge, &pairs, err) != 0) ||
        measure(r, systems > 0 || r->x.judge, &speeds, err) != 0)
        return -1;
    const double gone = clock_now_s() - r->start_s;
    double left = (r->options->budget_s - gone) * (1 - SHARE_VIEWS);
    if (left < 0)
        reproduce_tell(r,
                       "the budget of %.0f s was spent before the first text, after %.0f s: "
                       "the least is done",
                       r->options->budget_s, gone);
    const double tuning = left > 0 ? SHARE_TUNING * left : 0,
                 judging = left > 0 ? SHARE_JUDGE * left : 0;
    if (systems > 0 && examples > 0)
        left -= fit_tuning(r, &speeds, examples, systems, tuning, cut);
    left -= JUDGE_HELD * pairs * speeds.pair_s;
    if (r->x.pairs > 0 && r->x.pairs < pairs)
        pairs = r->x.pairs;
    if (pairs > 0)
        left -= fit_judge(r, &speeds, pairs, judging, cut);
    json_object_set_new(r->plan.note, "before_s", json_real(gone));
    fit_users(r, &speeds, left, cut);
    json_object_set_new(r->plan.note, "tuned_tokens_per_s",
                        speeds.tokens_s > 0 ? json_real(speeds.tokens_s) : json_null());
    return 0;
}

int plan_open(struct reproduce *r, struct llmx_error *err)
{
    char path[PATH_MAX];
    const char *slash;
    if (plan_path(r, path, err) != 0)
        return -1;
    slash = strrchr(path, '/');
    if (folder_has(r->options->out, slash + 1))
        return read_plan(&r->plan, path, err);
    json_t *cut = json_array();
    r->plan = (struct plan){
        .users = r->x.users, .epochs = r->x.epochs, .pairs = r->x.pairs, .note = json_object()};
    if (r->options->budget_s > 0 && fit(r, cut, err) != 0) {
        json_decref(cut);
        return -1;
    }
    json_object_set_new(r->plan.note, "budget_s",
                        r->options->budget_s > 0 ? json_real(r->options->budget_s) : json_null());
    json_object_set_new(r->plan.note, "users", json_integer(r->plan.users));
    json_object_set_new(r->plan.note, "examples", json_integer(r->plan.examples));
    json_object_set_new(r->plan.note, "epochs", json_integer(r->plan.epochs));
    json_object_set_new(r->plan.note, "pairs", json_integer(r->plan.pairs));
    json_object_set_new(r->plan.note, "cut", cut);
    return write_plan(r, path, err);
}
