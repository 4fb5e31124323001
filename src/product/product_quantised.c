#include "product/product_quantised.h"

#include "product/quantised.h"
#include "product/quantised_product.h"

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

static void run(struct product_worker *worker, const struct matrix *matrix,
                const struct panel *panel, const void *x, float *y, int rows)
{
    (void)worker, (void)matrix;
    const struct quantised w = weights_of(panel);
    quantised_product(y, &w, x, rows);
}

const struct product_backend product_quantised = {
    .panel_init = panel_init,
    .panel_pack = panel_pack,
    .panel_pack_rows = panel_pack_rows,
    .run = run,
};
