/* reproduce_key.c - the steps as data, and the keys by which their folders are known again. */
#include "base/file.h"
#include "base/names.h"
#include "base/text.h"
#include "data/source_files.h"
#include "llmxrec/llmxrec.h"
#include "reproduce/reproduce.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What a step depends on beside the place it is done at. */
enum reads {
    READS_BASE = 1,       /* the language model */
    READS_USERS = 2,      /* how many the plan has */
    READS_TUNING = 4,     /* how much of it the plan has */
    READS_LEARNT = 8,     /* examples of the data set */
    READS_RESAMPLES = 16, /* of a view */
    READS_PAIRS = 32      /* of the judge, and how many of them the plan has */
};

#define VIEW READS_RESAMPLES, 1, 1
#define TEXT PER_DATA | PER_RECOMMENDER | PER_SYSTEM

/* clang-format off */
const struct stage stages[STAGES] = {
    [STAGE_TRAIN] = {"train", "run", PER_DATA | PER_RECOMMENDER, 0, 0, 0, 0, {0}},
    [STAGE_RECOMMEND] = {"recommend", "recs.jsonl", PER_DATA | PER_RECOMMENDER, 0, 0, 0, 1, {STAGE_TRAIN}},
    [STAGE_CHOOSE] = {"choose", "chosen.jsonl", PER_DATA | PER_RECOMMENDER, READS_USERS | READS_LEARNT, 1, 0, 1,
                      {STAGE_TRAIN}},
    [STAGE_FACTS] = {"facts", "facts.jsonl", PER_DATA | PER_RECOMMENDER, 0, 1, 0, 1, {STAGE_CHOOSE}},
    [STAGE_TUNE] = {"tune", "adapter", PER_SYSTEM, READS_BASE | READS_TUNING, 1, 0, 0, {0}},
    [STAGE_JUDGE] = {"judge-train", "judge", 0, READS_BASE | READS_PAIRS, 1, 0, 0, {0}},
    [STAGE_EXPLAIN] = {"explain", "explanations.jsonl", TEXT, READS_BASE, 1, 0, 2, {STAGE_CHOOSE, STAGE_TUNE}},
    [STAGE_LINT] = {"lint", "lint.json", TEXT, READS_LEARNT, 1, 1, 2, {STAGE_RECOMMEND, STAGE_EXPLAIN}},
    [STAGE_GROUNDING] = {"grounding", "grounding.json", TEXT, VIEW, 1, {STAGE_EXPLAIN}},
    [STAGE_FAITHFULNESS] = {"faithfulness", "faithfulness.json", TEXT, VIEW, 1, {STAGE_EXPLAIN}},
    [STAGE_TEXT_METRICS] = {"text-metrics", "text-metrics.json", TEXT, VIEW, 1, {STAGE_EXPLAIN}},
    [STAGE_BIAS] = {"bias", "bias.json", TEXT, VIEW, 1, {STAGE_EXPLAIN}},
    [STAGE_BIAS_TOLD] = {"bias-told", "bias-told.json", TEXT, READS_BASE | READS_RESAMPLES, 1, 1, 2,
                         {STAGE_CHOOSE, STAGE_TUNE}},
    [STAGE_COMPARE] = {"judge-compare", "judge-compare.json", PER_DATA | PER_RECOMMENDER, VIEW, 2,
                       {STAGE_JUDGE, STAGE_EXPLAIN}},
    [STAGE_AUDIT] = {"judge-audit", "judge-audit.json", 0, VIEW, 1, {STAGE_JUDGE}},
    [STAGE_RERANK] = {"rerank", "rerank.json", PER_DATA | PER_RECOMMENDER,
                      READS_BASE | READS_USERS | READS_RESAMPLES, 1, 1, 1, {STAGE_TRAIN}},
    [STAGE_ATTRIBUTES] = {"attributes", "attributes.json", PER_DATA | PER_RECOMMENDER,
                          READS_BASE | READS_USERS | READS_RESAMPLES, 1, 1, 1, {STAGE_TRAIN}},
};
/* clang-format on */

static struct place place_for(const struct stage *stage, struct place at)
{
    return (struct place){stage->per & PER_DATA ? at.data : -1,
                          stage->per & PER_RECOMMENDER ? at.recommender : -1,
                          stage->per & PER_SYSTEM ? at.system : -1};
}

/* Does any system write with the language model? */
static bool has_model(const struct reproduce *r)
{
    for (int s = 0; s < r->x.n_systems; s++)
        if (!r->x.system[s].is_plain)
            return true;
    return false;
}

/* Is it known who a user is? */
static bool has_profile(const struct llmx_data *data)
{
    return llmx_data_column(data, LLMX_USERS, "gender") >= 0 ||
           llmx_data_column(data, LLMX_USERS, "age") >= 0;
}

bool reproduce_has(const struct reproduce *r, enum stage_id stage, struct place at)
{
    if (stages[stage].per & PER_DATA && !r->data[at.data])
        return false;
    switch (stage) {
    case STAGE_TUNE:
        return r->x.system[at.system].examples;
    case STAGE_BIAS:
        return has_profile(r->data[at.data]);
    case STAGE_BIAS_TOLD:
        return r->is_told[at.data][at.system];
    case STAGE_JUDGE:
    case STAGE_AUDIT:
        return r->x.judge;
    case STAGE_COMPARE:
        return r->x.judge && r->x.n_systems > 1;
    case STAGE_RERANK:
        return llmx_data_title_column(r->data[at.data]) >= 0 && has_model(r);
    case STAGE_ATTRIBUTES:
        return has_model(r);
    default:
        return true;
    }
}

static int number_of(unsigned per, enum per what, int n)
{
    return per & what ? n : 1;
}

bool reproduce_next(const struct reproduce *r, enum stage_id id, struct place *at)
{
    const unsigned per = stages[id].per;
    const int n_data = number_of(per, PER_DATA, r->x.n_data),
              n_recommenders = number_of(per, PER_RECOMMENDER, r->x.n_recommenders),
              n_systems = number_of(per, PER_SYSTEM, r->x.n_systems);
    do {
        if (at->data < 0)
            *at = (struct place){0, 0, 0};
        else if (++at->system == n_systems) {
            at->system = 0;
            if (++at->recommender == n_recommenders) {
                at->recommender = 0;
                at->data++;
            }
        }
        if (at->data == n_data)
            return false;
    } while (!reproduce_has(r, id, *at));
    return true;
}

/* ---- keys ---- */

static void put_place(struct text *out, const struct reproduce *r, struct place at)
{
    if (at.data >= 0)
        text_printf(out, "data %016" PRIx64 " %s\n", r->data_hash[at.data],
                    r->x.data[at.data].domain ? r->x.data[at.data].domain : "");
    if (at.recommender >= 0)
        text_printf(out, "recommender %s %s\n", r->x.recommender[at.recommender].name,
                    r->x.recommender[at.recommender].settings);
    if (at.system >= 0)
        text_printf(out, "system %d %016" PRIx64 "\n", r->x.system[at.system].is_plain,
                    r->system_hash[at.system]);
}

static void put_reads(struct text *out, const struct reproduce *r, unsigned reads, struct place at)
{
    const bool is_plain = at.system >= 0 && r->x.system[at.system].is_plain;
    if (reads & READS_BASE && !is_plain)
        text_printf(out, "base %016" PRIx64 " %s\n", r->base_hash,
                    r->x.chat_template ? r->x.chat_template : "");
    if (reads & READS_USERS)
        text_printf(out, "users %d\n", r->plan.users);
    if (reads & READS_TUNING)
        text_printf(out, "examples %d epochs %d\n", r->plan.examples, r->plan.epochs);
    if (reads & READS_PAIRS)
        text_printf(out, "judge %016" PRIx64 " pairs %d\n", r->judge_hash, r->plan.pairs);
    if (reads & READS_LEARNT)
        text_printf(out, "learnt %016" PRIx64 "\n", r->learnt_hash[at.data]);
    if (reads & READS_RESAMPLES)
        text_printf(out, "resamples %d\n", r->options->resamples);
}

static int find_key(const struct reproduce *r, enum stage_id id, struct place at, uint64_t *key,
                    struct llmx_error *err);

/* The keys of the steps that a step comes after: where it is of no single system, of all of them, whose names its product holds. */
static int put_before(struct text *out, const struct reproduce *r, enum stage_id before,
                      struct place at, struct llmx_error *err)
{
    const bool is_of_all = stages[before].per & PER_SYSTEM && at.system < 0;
    for (int s = is_of_all ? 0 : at.system; s < (is_of_all ? r->x.n_systems : at.system + 1); s++) {
        const struct place one = {at.data, at.recommender, s};
        uint64_t key = 0;
        if (reproduce_has(r, before, one) && find_key(r, before, one, &key, err) != 0)
            return -1;
        text_printf(out, "after %016" PRIx64 "\n", key);
        if (is_of_all)
            text_printf(out, "named %s\n", r->x.system[s].name);
    }
    return 0;
}

static int find_key(const struct reproduce *r, enum stage_id id, struct place at, uint64_t *key,
                    struct llmx_error *err)
{
    const struct stage *stage = &stages[id];
    struct text text = {0};
    int status = 0;
    at = place_for(stage, at);
    text_printf(&text, "llmxrec %s\n%s\nseed %llu\n", LLMX_VERSION, stage->name,
                (unsigned long long)r->x.seed);
    put_place(&text, r, at);
    put_reads(&text, r, stage->reads, at);
    for (int i = 0; status == 0 && i < stage->n_after; i++)
        status = put_before(&text, r, stage->after[i], at, err);
    if (status == 0)
        status = text_check(&text, err);
    if (status == 0)
        *key = hash_bytes(text.s, text.n);
    text_release(&text);
    return status;
}

int reproduce_name(const struct reproduce *r, enum stage_id stage, struct place at,
                   const char *between, char *name, size_t size, struct llmx_error *err)
{
    at = place_for(&stages[stage], at);
    const char *const parts[] = {stages[stage].name, at.data >= 0 ? r->x.data[at.data].name : NULL,
                                 at.recommender >= 0 ? r->x.recommender[at.recommender].name : NULL,
                                 at.system >= 0 ? r->x.system[at.system].name : NULL};
    size_t n = 0;
    name[0] = '\0';
    for (size_t i = 0; i < sizeof parts / sizeof *parts && n < size; i++)
        if (parts[i])
            n += (size_t)snprintf(name + n, size - n, "%s%s", i ? between : "", parts[i]);
    for (char *c = name; *c; c++)
        if (*c == '/')
            *c = '_';
    return n < size ? 0 : err_set(err, LLMX_TOO_LARGE, "the names of %s are too long", name);
}

int reproduce_folder(const struct reproduce *r, enum stage_id stage, struct place at,
                     char path[static PATH_MAX], struct llmx_error *err)
{
    char name[NAME_MAX - 20];
    uint64_t key;
    if (reproduce_name(r, stage, at, "-", name, sizeof name, err) != 0 ||
        find_key(r, stage, at, &key, err) != 0)
        return -1;
    const int n =
        snprintf(path, PATH_MAX, "%s/steps/%s-%012" PRIx64, r->options->out, name, key >> 16);
    return n < PATH_MAX ? 0 : err_set(err, LLMX_TOO_LARGE, "%s: path is too long", r->options->out);
}

int reproduce_path(const struct reproduce *r, enum stage_id stage, struct place at,
                   char path[static PATH_MAX], struct llmx_error *err)
{
    char folder[PATH_MAX];
    return reproduce_folder(r, stage, at, folder, err) != 0
               ? -1
               : path_join(path, PATH_MAX, folder, stages[stage].product, err);
}

/* ---- bytes ---- */

static int hash_file(const char *path, uint64_t *hash, struct llmx_error *err)
{
    struct stat file;
    if (stat(path, &file) != 0 || source_file_hash(path, file.st_size, hash) != 0)
        return err_set(err, LLMX_NOT_FOUND, "%s: there is no such file, or it cannot be read",
                       path);
    return 0;
}

static int hash_folder(const char *path, struct dirent **entries, int n, uint64_t *hash,
                       struct llmx_error *err)
{
    for (int i = 0; i < n; i++) {
        char file[PATH_MAX];
        struct stat about;
        uint64_t pair[2] = {*hash, 0};
        if (path_join(file, sizeof file, path, entries[i]->d_name, err) != 0)
            return -1;
        if (stat(file, &about) != 0 || !S_ISREG(about.st_mode))
            continue;
        if (hash_file(file, &pair[1], err) != 0)
            return -1;
        *hash = hash_bytes(pair, sizeof pair);
    }
    return 0;
}

int reproduce_hash(const char *path, uint64_t *hash, struct llmx_error *err)
{
    struct stat about;
    struct dirent **entries = NULL;
    *hash = 0;
    if (!path)
        return 0;
    if (stat(path, &about) != 0 || !S_ISDIR(about.st_mode))
        return hash_file(path, hash, err);
    const int n = scandir(path, &entries, NULL, alphasort);
    if (n < 0)
        return err_system(err, "cannot read %s", path);
    const int status = hash_folder(path, entries, n, hash, err);
    for (int i = 0; i < n; i++)
        free(entries[i]);
    free(entries);
    return status;
}

void reproduce_tell(const struct reproduce *r, const char *format, ...)
{
    char line[1024];
    va_list arguments;
    if (!r->options->told)
        return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    r->options->told(r->options->told_context, line);
}
