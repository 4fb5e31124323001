/* reproduce_told.c - the same people told as men and as women: which systems could write otherwise of them, and whether they do. */
#include "base/file.h"
#include "evaluate/bias.h"
#include "format/jsonl.h"
#include "llmxrec/adapter.h"
#include "reproduce/reproduce.h"

#include <string.h>

#define ATTRIBUTE "gender"
#define FOLDER    "texts"

/* ---- who tells it ---- */

/* The layout that all examples of a file name, as an adapter that is tuned on them will; "": none, or several. */
static int read_layout(const char *path, char name[static PATH_MAX], struct llmx_error *err)
{
    struct jsonl file;
    json_t *line;
    bool is_first = true;
    int more = jsonl_open(&file, path, err) == 0 ? 1 : -1;
    while (more == 1 && (more = jsonl_read(&file, &line, err)) == 1) {
        const char *its = json_string_value(json_object_get(line, "template"));
        if (!its || strlen(its) >= PATH_MAX || (!is_first && strcmp(its, name) != 0))
            *name = '\0';
        else if (is_first)
            memcpy(name, its, strlen(its) + 1);
        is_first = false;
        json_decref(line);
    }
    jsonl_close(&file);
    return more;
}

static int layout_of(const struct experiment_system *system, char name[static PATH_MAX],
                     struct llmx_error *err)
{
    *name = '\0';
    if (system->examples)
        return read_layout(system->examples, name, err);
    return system->adapter ? llmx_adapter_template(system->adapter, name, PATH_MAX, err) : 0;
}

/* A data set of which it cannot be asked has no such step: it says nothing of it, or the same of everybody. */
static int find_told(struct reproduce *r, int d, const char *layout, bool *is_told,
                     struct llmx_error *err)
{
    struct llmx_error why = {0};
    struct llmx_bias_options how = llmx_bias_defaults();
    how.attribute = ATTRIBUTE;
    how.explain.domain = r->x.data[d].domain;
    how.explain.template_path = *layout ? layout : NULL;
    if (bias_tells(r->data[d], &how, is_told, &why) == 0)
        return 0;
    *is_told = false;
    return why.code == LLMX_NO_MEMORY ? err_set(err, why.code, "%s", why.message) : 0;
}

int reproduce_find_told(struct reproduce *r, struct llmx_error *err)
{
    char layout[PATH_MAX];
    for (int s = 0; s < r->x.n_systems; s++) {
        if (layout_of(&r->x.system[s], layout, err) != 0)
            return -1;
        for (int d = 0; d < r->x.n_data; d++)
            if (r->data[d] && !r->x.system[s].is_plain &&
                find_told(r, d, layout, &r->is_told[d][s], err) != 0)
                return -1;
    }
    return 0;
}

/* ---- the step ---- */

static int write_bias(struct reproduce *r, struct place at, const struct llmx_bias_options *how,
                      struct llmx_bias **found, struct llmx_error *err)
{
    char recs[PATH_MAX], folder[PATH_MAX], texts[PATH_MAX];
    return reproduce_path(r, STAGE_CHOOSE, at, recs, err) != 0 ||
                   reproduce_folder(r, STAGE_BIAS_TOLD, at, folder, err) != 0 ||
                   path_join(texts, sizeof texts, folder, FOLDER, err) != 0
               ? -1
               : llmx_bias_flip(found, recs, r->data[at.data], r->model, how, texts, NULL, err);
}

static int print_bias(const struct llmx_bias *found, const char *product, struct llmx_error *err)
{
    struct output out;
    if (output_open(&out, product, err) != 0)
        return -1;
    int status = llmx_bias_print(found, out.stream, 1, err);
    if (status == 0)
        status = output_commit(&out, err);
    output_discard(&out);
    return status;
}

int work_bias_told(struct reproduce *r, struct place at, const char *product,
                   struct llmx_error *err)
{
    struct writing w = {0};
    struct llmx_bias *found = NULL;
    struct llmx_bias_options how = llmx_bias_defaults();
    int status = writing_open(r, at, &w, err);
    how.attribute = ATTRIBUTE;
    how.drafts = 1;
    how.explain = w.how;
    how.explain.users_max = TOLD_USERS;
    how.resampling =
        (struct llmx_resampling){r->options->resamples, r->x.seed, r->options->threads};
    if (status == 0)
        status = write_bias(r, at, &how, &found, err);
    if (status == 0)
        status = print_bias(found, product, err);
    llmx_bias_destroy(found);
    writing_close(&w);
    return status;
}
