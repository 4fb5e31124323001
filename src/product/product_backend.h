/* product_backend.h - what stands behind product.h: one table for every way of multiplying. A back end's own products and
 * workers begin with the structs below; products.c splits matrices into panels and chooses the table. */
#ifndef PRODUCT_PRODUCT_BACKEND_H
#define PRODUCT_PRODUCT_BACKEND_H

#include "product/product.h"

struct products {
    const struct product_backend *backend;
    enum dtype type;
};

struct product_worker {
    const struct product_backend *backend;
};

/* As product.h says of the function of that name; matrices panel by panel. What a back end has no need of is NULL: its
 * products and workers are then the structs above and nothing else, and there is nothing to prepare, to place or to
 * release. */
struct product_backend {
    int (*create)(struct products **products, enum dtype type, struct llmx_error *err);
    void (*destroy)(struct products *products);
    int (*prepare)(struct products *products, int rows_max, struct llmx_error *err);

    /* All but what comes after type is set; sets bytes, and what is the back end's. */
    int (*panel_init)(struct panel *panel, struct products *products, struct llmx_error *err);
    void (*panel_release)(struct panel *panel);
    /* data is new: memory of 64-byte alignment. Cannot fail the second time. */
    int (*panel_place)(struct panel *panel, const struct products *products,
                       struct llmx_error *err);
    int (*panel_pack)(const struct panel *panel, const struct products *products,
                      const float *values, struct llmx_error *err);
    /* Of DTYPE_I8 alone. */
    void (*panel_pack_rows)(const struct panel *panel, int first, int n, const void *values,
                            enum dtype type);

    int (*worker_create)(struct product_worker **worker, struct products *products,
                         struct llmx_error *err);
    void (*worker_destroy)(struct product_worker *worker);
    void (*worker_few_rows)(struct product_worker *worker, int may);
    /* NULL: panel_pack neither allocates nor fails. */
    void (*worker_pack)(struct product_worker *worker, const struct panel *panel,
                        const struct products *products, const float *values);
    void (*run)(struct product_worker *worker, const struct matrix *matrix,
                const struct panel *panel, const void *x, float *y, int rows);
};

#endif
