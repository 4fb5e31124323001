#include "product/product.h"

#include "base/cpu.h"
#include "base/memory.h"
#include "product/product_backend.h"
#include "product/product_onednn.h"
#include "product/product_panels.h"
#include "product/product_quantised.h"

#include <assert.h>
#include <stdlib.h>

#define PACK_COLUMNS_MAX 2048 /* bounds the f32 copy that packing takes */

static const struct product_backend *backend_for(enum dtype type)
{
    assert(type == DTYPE_F32 || type == DTYPE_BF16 || type == DTYPE_I8);
    if (type == DTYPE_I8)
        return &product_quantised;
    return type == DTYPE_F32 && !cpu()->has_avx512 ? &product_panels : &product_onednn;
}

int products_create(struct products **products, enum dtype type, struct llmx_error *err)
{
    const struct product_backend *backend = backend_for(type);
    if (backend->create)
        return backend->create(products, type, err);
    struct products *p = mem_array(1, sizeof *p, err);
    if (!p)
        return -1;
    *p = (struct products){backend, type};
    *products = p;
    return 0;
}

void products_destroy(struct products *products)
{
    if (products && products->backend->destroy)
        products->backend->destroy(products);
    else
        free(products);
}

int products_prepare(struct products *products, int rows_max, struct llmx_error *err)
{
    const int rows = rows_max < PRODUCT_ROWS_MAX ? rows_max : PRODUCT_ROWS_MAX;
    return products->backend->prepare ? products->backend->prepare(products, rows, err) : 0;
}

/* ---- matrices ---- */

static int count_panels(int units, int unit, int wanted)
{
    int widest = PACK_COLUMNS_MAX / unit > 0 ? PACK_COLUMNS_MAX / unit : 1;
    int needed = (units + widest - 1) / widest;
    int n = (needed + wanted - 1) / wanted * wanted; /* every team member gets as many */
    return n < units ? n : units;
}

static int init(struct matrix *matrix, struct products *products, enum dtype type, int inner,
                int columns, int unit, int n_panels, struct llmx_error *err)
{
    int units = (columns + unit - 1) / unit;
    *matrix = (struct matrix){.products = products, .inner = inner, .columns = columns};
    matrix->n_panels = count_panels(units, unit, n_panels);
    matrix->panels = mem_array((size_t)matrix->n_panels, sizeof *matrix->panels, err);
    if (!matrix->panels)
        return -1;
    for (int p = 0; p < matrix->n_panels; p++) {
        struct panel *panel = &matrix->panels[p];
        int first = (int)((int64_t)units * p / matrix->n_panels) * unit;
        int end = (int)((int64_t)units * (p + 1) / matrix->n_panels) * unit;
        end = end < columns ? end : columns;
        *panel =
            (struct panel){.first = first, .columns = end - first, .inner = inner, .type = type};
        if (products->backend->panel_init(panel, products, err) != 0) {
            matrix_release(matrix);
            return -1;
        }
    }
    return 0;
}

int matrix_init(struct matrix *matrix, struct products *products, int inner, int columns, int unit,
                int n_panels, struct llmx_error *err)
{
    const enum dtype type = products->type == DTYPE_I8 ? DTYPE_Q8_0 : products->type;
    return init(matrix, products, type, inner, columns, unit, n_panels, err);
}

int matrix_init_quantised(struct matrix *matrix, struct products *products, enum dtype type,
                          int inner, int columns, int unit, int n_panels, struct llmx_error *err)
{
    assert(products->type == DTYPE_I8);
    return init(matrix, products, type, inner, columns, unit, n_panels, err);
}

void matrix_release(struct matrix *matrix)
{
    for (int p = 0; matrix->panels && p < matrix->n_panels; p++)
        if (matrix->products->backend->panel_release)
            matrix->products->backend->panel_release(&matrix->panels[p]);
    free(matrix->panels);
    *matrix = (struct matrix){0};
}

static size_t room(const struct panel *panel)
{
    return (panel->bytes + 63) / 64 * 64;
}

size_t matrix_bytes(const struct matrix *matrix)
{
    size_t bytes = 0;
    for (int p = 0; p < matrix->n_panels; p++)
        bytes += room(&matrix->panels[p]);
    return bytes;
}

static int place_panel(struct panel *panel, const struct products *products, void *memory,
                       struct llmx_error *err)
{
    panel->data = memory;
    return products->backend->panel_place ? products->backend->panel_place(panel, products, err)
                                          : 0;
}

int matrix_place(struct matrix *matrix, void *memory, struct llmx_error *err)
{
    char *place = memory;
    for (int p = 0; p < matrix->n_panels; p++) {
        if (place_panel(&matrix->panels[p], matrix->products, place, err) != 0)
            return -1;
        place += room(&matrix->panels[p]);
    }
    return 0;
}

void matrix_point(struct matrix *matrix, void *memory)
{
    assert(matrix->n_panels == 1);
    place_panel(&matrix->panels[0], matrix->products, memory, NULL);
}

int matrix_pack(struct matrix *matrix, int panel, const float *values, struct llmx_error *err)
{
    return matrix->products->backend->panel_pack(&matrix->panels[panel], matrix->products, values,
                                                 err);
}

void matrix_pack_rows(const struct matrix *matrix, int panel, int first, int n, const void *values,
                      enum dtype type)
{
    matrix->products->backend->panel_pack_rows(&matrix->panels[panel], first, n, values, type);
}

/* ---- running ---- */

int product_worker_create(struct product_worker **worker, struct products *products,
                          struct llmx_error *err)
{
    if (products->backend->worker_create)
        return products->backend->worker_create(worker, products, err);
    struct product_worker *w = mem_array(1, sizeof *w, err);
    if (!w)
        return -1;
    w->backend = products->backend;
    *worker = w;
    return 0;
}

void product_worker_destroy(struct product_worker *worker)
{
    if (worker && worker->backend->worker_destroy)
        worker->backend->worker_destroy(worker);
    else
        free(worker);
}

void product_worker_few_rows(struct product_worker *worker, int may)
{
    if (worker->backend->worker_few_rows)
        worker->backend->worker_few_rows(worker, may);
}

void product_pack(struct product_worker *worker, const struct matrix *matrix, int panel,
                  const float *values)
{
    const struct panel *to = &matrix->panels[panel];
    if (worker->backend->worker_pack)
        worker->backend->worker_pack(worker, to, matrix->products, values);
    else
        worker->backend->panel_pack(to, matrix->products, values, NULL);
}

void product_run(struct product_worker *worker, const struct matrix *matrix, int panel,
                 const void *x, float *y, int rows)
{
    worker->backend->run(worker, matrix, &matrix->panels[panel], x, y, rows);
}
