/* faithfulness_file.c - what the texts of a file cite, the figures of each, and what is printed of all. */
#include "base/file.h"
#include "base/memory.h"
#include "base/plain.h"
#include "base/plain_json.h"
#include "evaluate/faithfulness.h"
#include "explain/pairing.h"
#include "statistics/ratios.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const cut_keys[LLMX_CUTS] = {"cited", "evidence", "recent", "popular", "random"};

struct reading {
    const struct llmx_run *run;
    struct llmx_explain_options options; /* for the notice alone */
    struct llmx_gate *gate;
    struct llmx_checker *checker;
    struct pairing pairing;
    struct names users;
    struct arena arena;
    struct citation *citations; /* (n) */
    size_t n, capacity;
};

static void reading_release(struct reading *r)
{
    pairing_close(&r->pairing);
    llmx_checker_destroy(r->checker);
    llmx_gate_destroy(r->gate);
    names_release(&r->users);
    arena_release(&r->arena);
    free(r->citations);
}

static bool has(const llmx_id *items, int n, llmx_id item)
{
    for (int i = 0; i < n; i++)
        if (items[i] == item)
            return true;
    return false;
}

/* What the line says that it cites. `cited` has room for all of it. */
static int take_cites(struct reading *r, const json_t *list, const struct llmx_person *whole,
                      struct citation *c, llmx_id *cited, struct llmx_error *err)
{
    const struct jsonl *in = &r->pairing.in;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        const json_int_t number = json_integer_value(entry);
        const char *token = json_is_integer(entry)
                                ? arena_printf(&r->arena, err, "%lld", (long long)number)
                                : json_string_value(entry);
        if (!token)
            return err_set(err, LLMX_BAD_INPUT, "%s:%ld: \"cites\" holds what is no item",
                           in->lines.path, in->lines.number);
        const llmx_id item = llmx_data_item(r->run->data, token);
        if (item < 0 || !has(whole->history, whole->n, item))
            c->n_foreign++;
        else if (!has(cited, c->n_cited, item))
            cited[c->n_cited++] = item;
    }
    return 0;
}

/* What of the history the text names. */
static int find_cited(struct reading *r, const struct llmx_person *whole, struct citation *c,
                      llmx_id *cited, struct llmx_error *err)
{
    const struct llmx_given given = {.user = c->given.user,
                                     .item = c->item,
                                     .history = whole->history,
                                     .n_history = whole->n,
                                     .prompt = ""};
    const char *text = r->pairing.text;
    struct llmx_verdict verdict;
    if (llmx_gate_check(r->checker, &given, text, strlen(text), &verdict, err) != 0)
        return -1;
    for (int i = 0; i < verdict.n_cited; i++)
        cited[c->n_cited++] = verdict.cited[i].item;
    return 0;
}

static int take_line(struct reading *r, struct llmx_error *err)
{
    const struct pairing *p = &r->pairing;
    const struct rec *rec = p->rec;
    const json_t *list = json_object_get(p->line, "cites");
    struct llmx_person whole;
    struct citation c = {
        .given = {.user = rec->history ? -1 : rec->user,
                  .history = rec->history,
                  .n = rec->n_history,
                  .as_of = rec->is_as_of_train ? LLMX_AS_OF_TRAIN : LLMX_AS_OF_NOW},
        .item = rec->item,
        .told = rec->n_evidence > 0 ? rec->evidence[0] : -1,
        .user = rec->user_token};
    if (list && !json_is_null(list) && !json_is_array(list))
        return err_set(err, LLMX_BAD_INPUT, "%s:%ld: \"cites\" is not a list", p->in.lines.path,
                       p->in.lines.number);
    const int64_t group = names_add(&r->users, rec->user_token, strlen(rec->user_token), err);
    const size_t room = json_array_size(list) + LLMX_MENTIONS_MAX;
    llmx_id *cited = arena_array(&r->arena, room, sizeof *cited, err);
    if (group < 0 || !cited || run_resolve(r->run, &c.given, &whole, err) != 0 ||
        (json_is_array(list) ? take_cites(r, list, &whole, &c, cited, err)
                             : find_cited(r, &whole, &c, cited, err)) != 0)
        return -1;
    c.group = (int32_t)group;
    c.cited = cited;
    c.evidence = arena_array(&r->arena, (size_t)citation_evidence_max(&c), sizeof *c.evidence, err);
    if (!c.evidence ||
        mem_grow(&r->citations, &r->capacity, r->n + 1, sizeof *r->citations, err) != 0)
        return -1;
    r->citations[r->n++] = c;
    return 0;
}

static int read_all(struct reading *r, const char *explanations_path, const char *recs_path,
                    struct llmx_error *err)
{
    int more;
    if (llmx_gate_open(&r->gate, r->run->data, err) != 0 ||
        llmx_checker_create(&r->checker, r->gate, err) != 0 ||
        pairing_open(&r->pairing, explanations_path, recs_path, r->run->data, &r->options, err) !=
            0)
        return -1;
    while ((more = pairing_next(&r->pairing, err)) == 1)
        if (r->pairing.rec && take_line(r, err) != 0)
            return -1;
    return more == 0 ? pairing_check(&r->pairing, r->n, err) : -1;
}

/* ---- rows ---- */

static json_t *item_list(const struct llmx_data *data, const llmx_id *items, int n)
{
    json_t *list = json_array();
    for (int i = 0; i < n; i++)
        json_array_append_new(list, json_string(llmx_data_item_token(data, items[i])));
    return list;
}

static json_t *cut_object(const struct citation *c, const double *figures)
{
    json_t *object = json_object();
    for (int d = 0; d < LLMX_CUTS; d++)
        json_object_set_new(object, cut_keys[d], json_figure(c->is_measured ? figures[d] : NAN));
    return object;
}

static int write_row(const struct reading *r, const struct citation *c, FILE *stream,
                     struct llmx_error *err)
{
    const struct llmx_data *data = r->run->data;
    json_t *row = json_pack(
        "{s:s, s:s, s:o, s:i, s:o, s:o, s:o, s:o, s:o}", "user", c->user, "item",
        llmx_data_item_token(data, c->item), "cites", item_list(data, c->cited, c->n_cited),
        "foreign", c->n_foreign, "evidence", item_list(data, c->evidence, c->n_evidence), "rank",
        c->is_measured ? json_integer(c->rank) : json_null(), "score", cut_object(c, c->score),
        "places", cut_object(c, c->places), "precision", json_figure(c->precision));
    char key[32];
    for (int k = 0; k < LLMX_RECALLS; k++) {
        plain_snprintf(key, sizeof key, "recall_at_%d", citation_recalls[k]);
        json_object_set_new(row, key, json_figure(c->recall[k]));
    }
    const int status =
        row ? jsonl_write(stream, row, err) : err_set(err, LLMX_NO_MEMORY, "out of memory");
    json_decref(row);
    return status;
}

static int write_rows(const struct reading *r, const char *path, struct llmx_error *err)
{
    struct output out = {0};
    int status = output_open(&out, path, err);
    for (size_t i = 0; i < r->n && status == 0; i++)
        status = write_row(r, &r->citations[i], out.stream, err);
    if (status == 0)
        status = output_commit(&out, err);
    output_discard(&out);
    return status;
}

int llmx_faithfulness_file(const char *explanations_path, const char *recs_path,
                           const struct llmx_run *run,
                           const struct llmx_faithfulness_options *options, const char *out_path,
                           struct llmx_faithfulness *result, struct llmx_error *err)
{
    struct llmx_faithfulness found;
    struct reading r = {.run = run, .options = llmx_explain_defaults()};
    r.options.notice = options->notice;
    r.options.notice_context = options->notice_context;
    int status = -1;
    if (read_all(&r, explanations_path, recs_path, err) == 0 &&
        citations_measure(r.citations, r.n, run, options, err) == 0 &&
        citations_summarise(r.citations, r.n, r.users.count, options, &found, err) == 0 &&
        (!out_path || write_rows(&r, out_path, err) == 0)) {
        found.model = run->row->name;
        found.skipped = r.pairing.n_skipped;
        *result = found;
        status = 0;
    }
    reading_release(&r);
    return status;
}
