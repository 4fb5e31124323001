/* product.h - products with weight matrices that are packed once: Y = X W^T. A front:
 * what multiplies stands behind product_backend.h.
 *
 *     struct products *products;                        the shapes of one model and their compiled kernels
 *     struct matrix w;
 *     products_create(&products, DTYPE_BF16, &err);
 *     matrix_init(&w, products, 576, 1536, 64, 2, &err);            two panels of columns
 *     matrix_place(&w, memory);                                     matrix_bytes(&w) of it
 *     for (int p = 0; p < w.n_panels; p++)
 *         matrix_pack(&w, p, values, &err);                         (columns of the panel, 576) as files hold them
 *     products_prepare(products, 64, &err);
 *     product_worker_create(&worker, products, &err);               one a thread
 *     product_run(worker, &w, p, x, y, 30);                         y (30, columns of panel p)
 *
 * Threads never meet in here: each runs its own panels or its own rows. In f32 and in whole numbers a row's result is bit
 * for bit the same whatever rows stand beside it. */
#ifndef PRODUCT_PRODUCT_H
#define PRODUCT_PRODUCT_H

#include "base/dtype.h"
#include "base/err.h"

#define PRODUCT_ROWS_MAX                                                                           \
    64 /* one call; the outputs of a tile of rows stay in a core's second-level cache */

struct products;
struct product_worker;

/* type: what the inputs X and the packed weights hold, DTYPE_F32 or DTYPE_BF16; or DTYPE_I8 for rows and weights in
 * groups of whole numbers (quantised.h: X is made by quantised_row). Outputs are f32. */
int products_create(struct products **products, enum dtype type, struct llmx_error *err);
void products_destroy(struct products *products); /* after the matrices and workers */

/* Compiles what calls with up to rows_max rows (at most PRODUCT_ROWS_MAX) need. Any thread, also while
 * others run products: theirs stay as they were. */
int products_prepare(struct products *products, int rows_max, struct llmx_error *err);

struct panel {
    int first, columns; /* of the matrix: first .. first + columns - 1 */
    int inner;
    enum dtype type; /* of the packed weights */
    size_t bytes;
    void *data;   /* packed; the caller's memory */
    int shape;    /* the back end's: number among its shapes */
    void *handle; /* the back end's */
};

struct matrix {
    struct products *products;
    int inner, columns; /* W is (columns, inner) in a file's layout */
    int n_panels;
    struct panel *panels;
};

/* Splits the columns into n_panels (fewer when there are not so many units; more where one would be too wide
 * to pack in small steps), whose widths are multiples of `unit` but for the last. */
int matrix_init(struct matrix *matrix, struct products *products, int inner, int columns, int unit,
                int n_panels, struct llmx_error *err);

/* The same for products of DTYPE_I8, of DTYPE_Q4_0, DTYPE_Q4_1 or DTYPE_Q8_0; matrix_init makes the last of these. */
int matrix_init_quantised(struct matrix *matrix, struct products *products, enum dtype type,
                          int inner, int columns, int unit, int n_panels, struct llmx_error *err);
void matrix_release(struct matrix *matrix);
size_t matrix_bytes(const struct matrix *matrix); /* a multiple of 64 */
int matrix_place(struct matrix *matrix, void *memory, struct llmx_error *err);

/* Moves a placed matrix of one panel to other memory, packed there or yet to be. Not while others use it. */
void matrix_point(struct matrix *matrix, void *memory);

/* Any thread; different panels may be packed at the same time. */
int matrix_pack(struct matrix *matrix, int panel, const float *values, struct llmx_error *err);

/* Columns first .. first + n - 1 of a panel of DTYPE_I8, from values (n, inner) as files hold them: of the panel's own type,
 * kept exactly, or DTYPE_F32 for DTYPE_Q8_0. */
void matrix_pack_rows(const struct matrix *matrix, int panel, int first, int n, const void *values,
                      enum dtype type);

int product_worker_create(struct product_worker **worker, struct products *products,
                          struct llmx_error *err);
void product_worker_destroy(struct product_worker *worker);

/* Whether calls with one or two rows may take the kernel made for them (bf16; the default): it is faster and sums in
 * another order, so that a row's result then depends on how many stand beside it. */
void product_worker_few_rows(struct product_worker *worker, int may);

/* As matrix_pack, but nothing is allocated and nothing can fail. */
void product_pack(struct product_worker *worker, const struct matrix *matrix, int panel,
                  const float *values);

/* y (rows, columns of the panel) = x (rows, inner) times the panel, rows <= PRODUCT_ROWS_MAX as prepared.
 * y must have room for PRODUCT_ROWS_MAX rows, and x for up to seven more: some past `rows` are read and overwritten. */
void product_run(struct product_worker *worker, const struct matrix *matrix, int panel,
                 const void *x, float *y, int rows);

#endif
