#include "kernel/product_panels.h"

#include "base/memory.h"
#include "kernel/f32_panels.h"

#include <stdlib.h>

struct panels_worker {
    struct product_worker base;
    float *scratch;
};

static int create(struct products **products, enum dtype type, struct llmx_error *err)
{
    struct products *p = mem_array(1, sizeof *p, err);
    if (!p)
        return -1;
    *p = (struct products){&product_panels, type};
    *products = p;
    return 0;
}

static void destroy(struct products *products)
{
    free(products);
}

/* Nothing is compiled. */
static int prepare(struct products *products, int rows_max, struct llmx_error *err)
{
    (void)products;
    (void)rows_max;
    (void)err;
    return 0;
}

/* ---- panels ---- */

static int panel_init(struct panel *panel, struct products *products, struct llmx_error *err)
{
    (void)products;
    (void)err;
    panel->bytes = f32_panels_bytes(panel->inner, panel->columns);
    return 0;
}

static void panel_release(struct panel *panel)
{
    (void)panel;
}

static int panel_place(struct panel *panel, const struct products *products, struct llmx_error *err)
{
    (void)panel;
    (void)products;
    (void)err;
    return 0;
}

static int panel_pack(const struct panel *panel, const struct products *products,
                      const float *values, struct llmx_error *err)
{
    (void)products;
    (void)err;
    f32_panels_pack(panel->data, values, panel->inner, panel->columns);
    return 0;
}

/* ---- running ---- */

static int worker_create(struct product_worker **worker, struct products *products,
                         struct llmx_error *err)
{
    struct panels_worker *w = mem_array(1, sizeof *w, err);
    if (!w)
        return -1;
    w->base.backend = products->backend;
    w->scratch = mem_tensor(F32_PANELS_SCRATCH, sizeof *w->scratch, err);
    if (!w->scratch) {
        free(w);
        return -1;
    }
    *worker = &w->base;
    return 0;
}

static void worker_destroy(struct product_worker *worker)
{
    free(((struct panels_worker *)worker)->scratch);
    free(worker);
}

/* They are no case of their own. */
static void worker_few_rows(struct product_worker *worker, int may)
{
    (void)worker;
    (void)may;
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
    (void)matrix;
    f32_panels_product(y, x, panel->data, rows, panel->inner, panel->columns,
                       ((struct panels_worker *)worker)->scratch);
}

const struct product_backend product_panels = {
    .create = create,
    .destroy = destroy,
    .prepare = prepare,
    .panel_init = panel_init,
    .panel_release = panel_release,
    .panel_place = panel_place,
    .panel_pack = panel_pack,
    .worker_create = worker_create,
    .worker_destroy = worker_destroy,
    .worker_few_rows = worker_few_rows,
    .worker_pack = worker_pack,
    .run = run,
};
