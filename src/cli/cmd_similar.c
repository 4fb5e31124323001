/* cmd_similar.c - the items most alike to one. */
#include "base/err.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/plain.h"
#include "base/plain_json.h"
#include "cli/opt.h"
#include "cli/run_data.h"
#include "llmxrec/embeddings.h"

#include <jansson.h>
#include <stdlib.h>

#define TOP_MAX 10000

static struct {
    const char *run, *item, *data, *out;
    int top;
    bool json;
} o;

static const struct option_spec options[] = {
    OPT_ARG("RUN", &o.run, REQUIRED, "run directory that `train` wrote"),
    OPT_ARG("ITEM", &o.item, REQUIRED, "the item's id, as in the data"),
    OPT_PATH("data", &o.data, NULL, "where the run's data lie now, when not where they lay"),
    OPT_INT("top", &o.top, "10", "how many"),
    OPT_FLAG("json", &o.json, "print JSON"),
    OPT_OUT("out", &o.out, "-", "where to write it"),
    OPT_END,
};

/* "" when the item has none. */
static const char *title_of(const struct llmx_data *data, llmx_id item)
{
    const int column = llmx_data_title_column(data);
    return column < 0 ? "" : llmx_data_feature(data, LLMX_ITEMS, item, column);
}

static json_t *item_json(const struct llmx_data *data, llmx_id item)
{
    json_t *object = json_pack("{s:s}", "item", llmx_data_item_token(data, item));
    const char *title = title_of(data, item);
    if (*title)
        json_object_set_new(object, "title", json_string(title));
    return object;
}

static int print_json(FILE *f, const struct llmx_data *data, llmx_id item,
                      const struct llmx_similar *top, int n, struct llmx_error *err)
{
    json_t *object = item_json(data, item), *list = json_array();
    for (int i = 0; i < n; i++) {
        json_t *entry = item_json(data, top[i].item);
        json_object_set_new(entry, "similarity", json_real((double)top[i].similarity));
        json_array_append_new(list, entry);
    }
    json_object_set_new(object, "similar", list);
    const int failed = plain_json_dumpf(object, f, JSON_INDENT(2) | JSON_REAL_PRECISION(7)) != 0;
    fputc('\n', f);
    json_decref(object);
    return failed ? err_set(err, LLMX_NO_MEMORY, "cannot write JSON: out of memory") : 0;
}

static void print_item(FILE *f, const struct llmx_data *data, llmx_id item)
{
    const char *title = title_of(data, item), *token = llmx_data_item_token(data, item);
    fprintf(f, *title ? "%s (%s)\n" : "%s%s\n", *title ? title : token, *title ? token : "");
}

static void print_text(FILE *f, const struct llmx_data *data, llmx_id item,
                       const struct llmx_similar *top, int n)
{
    fputs("Most alike to ", f);
    print_item(f, data, item);
    for (int i = 0; i < n; i++) {
        plain_fprintf(f, "  %8.4f  ", (double)top[i].similarity);
        print_item(f, data, top[i].item);
    }
}

static int find_item(const struct llmx_data *data, llmx_id *item, struct llmx_error *err)
{
    *item = llmx_data_item(data, o.item);
    return *item >= 0 ? 0 : err_set(err, LLMX_NOT_FOUND, "item '%s' is not in the data", o.item);
}

static int write_similar(const struct run_data *opened, struct llmx_error *err)
{
    struct output out = {0};
    struct llmx_similar *top = NULL;
    llmx_id item;
    int n = -1, result = -1;
    if (o.top > TOP_MAX)
        return err_set(err, LLMX_BAD_OPTION, "--top %d: choose 1 to %d", o.top, TOP_MAX);
    if (find_item(opened->data, &item, err) != 0)
        return -1;
    top = mem_array(o.top > 0 ? (size_t)o.top : 1, sizeof *top, err);
    if (!top)
        return -1;
    n = llmx_similar_items(opened->run, item, o.top, top, err);
    if (n >= 0 && output_open(&out, o.out, err) == 0) {
        if (!o.json)
            print_text(out.stream, opened->data, item, top, n);
        if (!o.json || print_json(out.stream, opened->data, item, top, n, err) == 0)
            result = output_commit(&out, err);
    }
    output_discard(&out);
    free(top);
    return result;
}

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct run_data opened = {0};
    int status = 0;
    if (run_data_open(&opened, o.run, o.data, common->threads, &err) != 0 ||
        write_similar(&opened, &err) != 0)
        status = opt_fail(&err);
    run_data_close(&opened);
    return status;
}

const struct command cmd_similar = {
    "similar",
    "list the items most alike to one, by what a run has learnt",
    "How alike two items are is said in the model's own terms: the cosine of their embeddings, or "
    "the weight between them.\n"
    "Models that learn nothing of the kind (popularity) say so. Titles come from .item or "
    "--item-file.",
    "  llmxrec similar build/demo/sasrec 50\n"
    "  llmxrec similar build/demo/sasrec 50 --top 3 --json",
    options,
    run,
};
