#include "kernel/product_quantised.h"

#include "base/memory.h"
#include "kernel/quantised.h"
#include "kernel/quantised_product.h"

#include <stdlib.h>

static int create(struct products **products, enum dtype type, struct llmx_error *err)
{
    struct products *p = mem_array(1, sizeof *p, err);
    if (!p)
        return -1;
    *p = (struct products){&product_quantised, type};
    *products = p;
    return 0;
}

static void destroy(struct products *products)
{
    free(products);
}

static int prepare(struct products *products, int rows_max, struct llmx_error *err)
{
    (void)products, (void)rows_max, (void)err;
    return 0;
}

static struct quantised weights_of(const struct panel *panel)
{
    return (struct quantised){panel->type, panel->inner, panel->columns, panel->data};
}

static int panel_init(struct panel *panel, struct products *products, struct llmx_error *err)
{
    (void)products, (void)err;
    const struct quantised w = weights_of(panel);
    panel->bytes = quantised_bytes(&w);
    return 0;
}

static void panel_release(struct panel *panel)
{
    (void)panel;
}

static int panel_place(struct panel *panel, const struct products *products, struct llmx_error *err)
{
    (void)panel, (void)products, (void)err;
    return 0;
}

static int panel_pack(const struct panel *panel, const struct products *products,
                      const float *values, struct llmx_error *err)
{
    (void)products, (void)err;
    const struct quantised w = weights_of(panel);
    quantised_pack(&w, 0, panel->columns, values, DTYPE_F32);
    return 0;
}

static void panel_pack_rows(const struct panel *panel, int first, int n, const void *values,
                            enum dtype type)
{
    const struct quantised w = weights_of(panel);
    quantised_pack(&w, first, n, values, type);
}

static int worker_create(struct product_worker **worker, struct products *products,
                         struct llmx_error *err)
{
    (void)products;
    struct product_worker *w = mem_array(1, sizeof *w, err);
    if (!w)
        return -1;
    w->backend = &product_quantised;
    *worker = w;
    return 0;
}

static void worker_destroy(struct product_worker *worker)
{
    free(worker);
}

/* One order of sums for any number of rows. */
static void worker_few_rows(struct product_worker *worker, int may)
{
    (void)worker, (void)may;
}

static void worker_pack(struct product_worker *worker, const struct panel *panel,
                        const struct products *products, const float *values)
{
    (void)worker;
    panel_pack(panel, products, values, NULL);
}

static void run(struct product_worker *worker, const struct matrix *matrix,
                const struct panel *panel, const void *x, float *y, int rows)
{
    (void)worker, (void)matrix;
    const struct quantised w = weights_of(panel);
    quantised_product(y, &w, x, rows);
}

const struct product_backend product_quantised = {
    .create = create,
    .destroy = destroy,
    .prepare = prepare,
    .panel_init = panel_init,
    .panel_release = panel_release,
    .panel_place = panel_place,
    .panel_pack = panel_pack,
    .panel_pack_rows = panel_pack_rows,
    .worker_create = worker_create,
    .worker_destroy = worker_destroy,
    .worker_few_rows = worker_few_rows,
    .worker_pack = worker_pack,
    .run = run,
};
