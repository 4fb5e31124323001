/* facts_file.c - the facts of every recommendation of a file, each with its sentence. */
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/plain_json.h"
#include "base/threads.h"
#include "explain/fact_json.h"
#include "explain/recs.h"
#include "explain/wording.h"
#include "llmxrec/explain_file.h"

#include <stdlib.h>
#include <string.h>

#define SHARE  64  /* recommendations that a thread takes at a time */
#define SHARES 128 /* between two reports of progress */

/* The lines of some recommendations, one after the other. */
struct share {
    struct text lines, sentences; /* those of one */
    struct llmx_error err;
    int status;
};

struct writing {
    const struct llmx_facts_options *options;
    const struct llmx_data *data;
    struct llmx_facts *facts;
    struct catalogue *catalogue;
    struct domain domain;
    struct recs recs;
    struct output out;
    int first; /* recommendation of the first share */
    struct share share[SHARES];
};

static int put_line(const struct writing *w, const struct rec *rec, const struct llmx_fact *fact,
                    int n, struct text *out, struct llmx_error *err)
{
    json_t *list = json_array();
    int status = list ? 0 : -1;
    for (int i = 0; i < n && status == 0; i++) {
        json_t *object = fact_json(&fact[i], w->catalogue, &w->domain);
        status = json_object_set_new(object, "chosen", json_boolean(fact[i].place > 0)) |
                 json_array_append_new(list, object);
    }
    json_t *line = json_pack("{s:s, s:s, s:o}", "user", rec->user_token, "item", rec->item_token,
                             "facts", list);
    char *dump = line && status == 0 ? plain_json_dumps(line, JSON_COMPACT) : NULL;
    json_decref(line);
    if (!dump)
        return err_set(err, LLMX_NO_MEMORY, "out of memory for facts");
    text_puts(out, dump);
    text_puts(out, "\n");
    free(dump);
    return text_check(out, err);
}

static int put_facts(const struct writing *w, const struct rec *rec, struct share *share,
                     struct llmx_error *err)
{
    struct llmx_fact fact[LLMX_FACTS_MAX];
    struct llmx_evidence *evidence = mem_array((size_t)rec->n_evidence, sizeof *evidence, err);
    if (!evidence)
        return -1;
    for (int i = 0; i < rec->n_evidence; i++)
        evidence[i] = (struct llmx_evidence){rec->evidence[i], rec->contribution[i]};
    const struct llmx_recommendation recommendation = {
        .item = rec->item, .n_evidence = rec->n_evidence, .evidence = evidence};
    const struct llmx_person person = {.user = rec->user,
                                       .history = rec->history,
                                       .n = rec->n_history,
                                       .as_of =
                                           rec->is_as_of_train ? LLMX_AS_OF_TRAIN : LLMX_AS_OF_NOW};
    const int n = llmx_facts_of(w->facts, &person, &recommendation, fact, NULL, err);
    free(evidence);
    if (n < 0)
        return -1;
    const int chosen = wording_choose(&share->sentences, fact, n, w->catalogue, &w->domain);
    return text_check(&share->sentences, err) != 0
               ? -1
               : put_line(w, rec, fact, w->options->all ? n : chosen, &share->lines, err);
}

static void put_share(void *context, size_t number, int thread)
{
    (void)thread;
    struct writing *w = context;
    struct share *share = &w->share[number];
    const int begin = w->first + (int)number * SHARE,
              end = begin + SHARE < w->recs.n ? begin + SHARE : w->recs.n;
    text_clear(&share->lines);
    share->status = 0;
    for (int i = begin; i < end && share->status == 0; i++)
        share->status = put_facts(w, &w->recs.rec[i], share, &share->err);
}

static int write_share(struct writing *w, struct share *share, struct llmx_error *err)
{
    if (share->status != 0)
        return err_set(err, share->err.code, "%s", share->err.message);
    fwrite(share->lines.s, 1, share->lines.n, w->out.stream);
    return ferror(w->out.stream) ? err_system(err, "cannot write %s", w->out.path) : 0;
}

static int write_all(struct writing *w, struct threads *pool, struct llmx_error *err)
{
    const struct llmx_progress *progress = &w->options->progress;
    for (; w->first < w->recs.n; w->first += SHARE * SHARES) {
        const int left = (w->recs.n - w->first + SHARE - 1) / SHARE,
                  n = left < SHARES ? left : SHARES;
        const int done = w->first + n * SHARE < w->recs.n ? w->first + n * SHARE : w->recs.n;
        threads_for(pool, (size_t)n, put_share, w);
        for (int i = 0; i < n; i++)
            if (write_share(w, &w->share[i], err) != 0)
                return -1;
        if (progress->report && progress->report(progress->context, "counting facts", (double)done,
                                                 (double)w->recs.n, NULL))
            return err_set(err, LLMX_INTERRUPTED, "interrupted after %d of %d recommendations",
                           done, w->recs.n);
    }
    return output_commit(&w->out, err);
}

int llmx_facts_file(const char *recs_path, const struct llmx_data *data,
                    const struct llmx_facts_options *options, const char *out_path,
                    struct llmx_facts_report *report, struct llmx_error *err)
{
    static const struct llmx_facts_options defaults;
    const double start = clock_now_s();
    struct llmx_explain_options reading = llmx_explain_defaults();
    struct writing *w = mem_array(1, sizeof *w, err);
    struct threads *pool = NULL;
    int status = -1;
    if (!w)
        return -1;
    w->options = options ? options : &defaults;
    w->data = data;
    reading.notice = w->options->notice;
    reading.notice_context = w->options->notice_context;
    if ((pool = threads_create(w->options->threads, err)) != NULL &&
        (w->catalogue = catalogue_create(data, err)) != NULL &&
        domain_find(&w->domain, w->options->domain, data, err) == 0 &&
        llmx_facts_open(&w->facts, data, err) == 0 &&
        recs_open(&w->recs, recs_path, data, &reading, err) == 0 &&
        output_open(&w->out, out_path, err) == 0)
        status = write_all(w, pool, err);
    if (report)
        *report = (struct llmx_facts_report){w->recs.n, w->recs.n_skipped, clock_now_s() - start};
    output_discard(&w->out);
    for (int i = 0; i < SHARES; i++) {
        text_release(&w->share[i].lines);
        text_release(&w->share[i].sentences);
    }
    recs_release(&w->recs);
    llmx_facts_close(w->facts);
    catalogue_destroy(w->catalogue);
    threads_destroy(pool);
    free(w);
    return status;
}
