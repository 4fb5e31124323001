#include "product/product_panels.h"

#include "base/memory.h"
#include "product/f32_panels.h"

#include <stdlib.h>

struct panels_worker {
    struct product_worker base;
    float *scratch;
};

static int panel_init(struct panel *panel, struct products *products, struct llmx_error *err)
{
    (void)products;
    (void)err;
    panel->bytes = f32_panels_bytes(panel->inner, panel->columns);
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

static void run(struct product_worker *worker, const struct matrix *matrix,
                const struct panel *panel, const void *x, float *y, int rows)
{
    (void)matrix;
    f32_panels_product(y, x, panel->data, rows, panel->inner, panel->columns,
                       ((struct panels_worker *)worker)->scratch);
}

const struct product_backend product_panels = {
    .panel_init = panel_init,
    .panel_pack = panel_pack,
    .worker_create = worker_create,
    .worker_destroy = worker_destroy,
    .run = run,
};
