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

static const char *implementation(const struct products *products)
{
    (void)products;
    return f32_panels_name();
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

static int panel_init(struct panel *panel, struct products *products, int inner,
                      struct llmx_error *err)
{
    (void)products;
    (void)err;
    panel->bytes = f32_panels_bytes(inner, panel->columns);
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
