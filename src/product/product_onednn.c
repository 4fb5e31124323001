#include "product/product_onednn.h"

#include "base/cpu.h"
#include "base/memory.h"
#include "product/few_rows.h"
#include "product/product_backend.h"

#include <assert.h>
#include <oneapi/dnnl/dnnl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The OpenMP build of oneDNN asks this for how many threads to fork; while it compiles or runs
 * kernels we keep it at one and share out the work ourselves. (Declared here: clang has no omp.h by itself.) */
void omp_set_num_threads(int n);
int omp_get_max_threads(void);

#define SHAPES_MAX 64
#define EXACT_ROWS 4 /* fixed tile where oneDNN's sums depend on the number of rows (no AVX-512) */

/* Calls are rounded up to the next of these numbers of rows, each with its own compiled kernel. */
static const int row_steps[] = {1, 2, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 56, 64};
#define N_STEPS ((int)(sizeof row_steps / sizeof row_steps[0]))

/* ---- what differs between the C APIs of oneDNN 2 and 3 ---- */

#if DNNL_VERSION_MAJOR >= 3

/* A single row of more than 1024 is summed in another order than two or more. */
#define ROWS_MIN 2

typedef dnnl_memory_desc_t layout;
#define LAYOUT(l) (l)

static dnnl_status_t layout_make(layout *l, int rows, int columns, dnnl_data_type_t type,
                                 dnnl_format_tag_t tag)
{
    return dnnl_memory_desc_create_with_tag(l, 2, (dnnl_dims_t){rows, columns}, type, tag);
}

static dnnl_status_t layout_query(layout *l, const_dnnl_primitive_desc_t desc, dnnl_query_t what)
{
    return dnnl_memory_desc_clone(l, dnnl_primitive_desc_query_md(desc, what, 0));
}

static void layout_release(layout *l)
{
    if (*l)
        dnnl_memory_desc_destroy(*l);
    *l = NULL;
}

static dnnl_status_t matmul_desc(dnnl_primitive_desc_t *desc, dnnl_engine_t engine, const layout *x,
                                 const layout *w, const layout *y, dnnl_primitive_attr_t attr)
{
    return dnnl_matmul_primitive_desc_create(desc, engine, *x, *w, NULL, *y, attr);
}

#else

#define ROWS_MIN  1

typedef dnnl_memory_desc_t layout;
#define LAYOUT(l) (&(l))

static dnnl_status_t layout_make(layout *l, int rows, int columns, dnnl_data_type_t type,
                                 dnnl_format_tag_t tag)
{
    return dnnl_memory_desc_init_by_tag(l, 2, (dnnl_dims_t){rows, columns}, type, tag);
}

static dnnl_status_t layout_query(layout *l, const_dnnl_primitive_desc_t desc, dnnl_query_t what)
{
    *l = *dnnl_primitive_desc_query_md(desc, what, 0);
    return dnnl_success;
}

static void layout_release(layout *l)
{
    (void)l;
}

static dnnl_status_t matmul_desc(dnnl_primitive_desc_t *desc, dnnl_engine_t engine, const layout *x,
                                 const layout *w, const layout *y, dnnl_primitive_attr_t attr)
{
    dnnl_matmul_desc_t matmul;
    dnnl_status_t status = dnnl_matmul_desc_init(&matmul, x, w, NULL, y);
    return status ? status : dnnl_primitive_desc_create(desc, &matmul, attr, engine, NULL);
}

#endif

/* ---- shapes: the packed layout of a (inner, columns) panel and the kernels that multiply by it ---- */

struct kernel {
    dnnl_primitive_t primitive; /* NULL: not compiled */
    layout x, y, scratch;
    size_t scratch_bytes;
};

struct shape {
    int inner, columns;
    bool has_few_rows; /* the packed layout is the one that product_few_rows takes */
    layout packed, plain;
    size_t bytes;
    dnnl_primitive_t reorder;
    struct kernel kernels[N_STEPS];
};

struct onednn {
    struct products products; /* first: what the front sees */
    dnnl_data_type_t element;
    dnnl_engine_t engine;
    dnnl_primitive_attr_t attr; /* scratch memory comes from the caller */
    bool is_exact;              /* only EXACT_ROWS is used */
    pthread_mutex_t
        lock; /* over compiling: threads that share a model may ask for more kernels at any time */
    int n_shapes;
    struct shape shapes[SHAPES_MAX];
};

int product_alone(void)
{
    const int threads = omp_get_max_threads();
    omp_set_num_threads(1);
    return threads;
}

void product_not_alone(const int *threads)
{
    omp_set_num_threads(*threads);
}

static int fail(struct llmx_error *err, dnnl_status_t status, const char *what)
{
    if (status == dnnl_out_of_memory)
        return err_set(err, LLMX_NO_MEMORY, "out of memory (oneDNN: %s)", what);
    return err_set(err, LLMX_UNSUPPORTED, "oneDNN failed to %s (status %d)", what, (int)status);
}

static void destroy(struct products *products);

static int create(struct products **products, enum dtype type, struct llmx_error *err)
{
    PRODUCT_ALONE;
    struct onednn *o = mem_array(1, sizeof *o, err);
    if (!o)
        return -1;
    o->products = (struct products){&product_onednn, type};
    pthread_mutex_init(&o->lock, NULL);
    o->element = type == DTYPE_BF16 ? dnnl_bf16 : dnnl_f32;
    dnnl_status_t status = dnnl_engine_create(&o->engine, dnnl_cpu, 0);
    if (!status)
        status = dnnl_primitive_attr_create(&o->attr);
    if (!status)
        status = dnnl_primitive_attr_set_scratchpad_mode(o->attr, dnnl_scratchpad_mode_user);
    if (status) {
        destroy(&o->products);
        return fail(err, status, "start");
    }
    *products = &o->products;
    return 0;
}

static void shape_release(struct shape *shape)
{
    for (int i = 0; i < N_STEPS; i++) {
        struct kernel *kernel = &shape->kernels[i];
        if (kernel->primitive)
            dnnl_primitive_destroy(kernel->primitive);
        layout_release(&kernel->x);
        layout_release(&kernel->y);
        layout_release(&kernel->scratch);
    }
    if (shape->reorder)
        dnnl_primitive_destroy(shape->reorder);
    layout_release(&shape->packed);
    layout_release(&shape->plain);
}

static void destroy(struct products *products)
{
    struct onednn *o = (struct onednn *)products;
    for (int i = 0; i < o->n_shapes; i++)
        shape_release(&o->shapes[i]);
    if (o->attr)
        dnnl_primitive_attr_destroy(o->attr);
    if (o->engine)
        dnnl_engine_destroy(o->engine);
    pthread_mutex_destroy(&o->lock);
    free(o);
}

/* Describes rows x shape; *w is the packed layout, or "any" to let oneDNN choose. */
static dnnl_status_t describe(dnnl_primitive_desc_t *desc, const struct onednn *o,
                              const struct shape *shape, int rows, const layout *w, layout *x,
                              layout *y)
{
    dnnl_status_t status = layout_make(x, rows, shape->inner, o->element, dnnl_ab);
    if (!status)
        status = layout_make(y, rows, shape->columns, dnnl_f32, dnnl_ab);
    return status ? status : matmul_desc(desc, o->engine, x, w, y, o->attr);
}

/* Lets oneDNN choose the packed layout for many rows. */
static dnnl_status_t choose_layout(struct onednn *o, struct shape *shape)
{
    layout any = {0}, x = {0}, y = {0};
    dnnl_primitive_desc_t desc = NULL;
    dnnl_status_t status =
        layout_make(&any, shape->inner, shape->columns, o->element, dnnl_format_tag_any);
    if (!status)
        status = describe(&desc, o, shape, PRODUCT_ROWS_MAX, &any, &x, &y);
    if (!status)
        status = layout_query(&shape->packed, desc, dnnl_query_weights_md);
    const char *name = NULL;
    if (!status)
        status = dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, &name);
    if (!status && o->products.type == DTYPE_F32 && strncmp(name, "brg", 3) != 0)
        o->is_exact = true;
    if (desc)
        dnnl_primitive_desc_destroy(desc);
    layout_release(&any);
    layout_release(&x);
    layout_release(&y);
    return status;
}

static bool is_for_few_rows(const struct onednn *o, const struct shape *shape)
{
    layout blocked = {0};
    bool result = cpu()->has_avx512_bf16 && o->products.type == DTYPE_BF16 &&
                  shape->columns % FEW_ROWS_COLUMNS == 0 && shape->inner % 2 == 0 &&
                  layout_make(&blocked, shape->inner, shape->columns, dnnl_bf16, dnnl_BA16a64b2a) ==
                      dnnl_success &&
                  dnnl_memory_desc_equal(LAYOUT(blocked), LAYOUT(shape->packed));
    layout_release(&blocked);
    return result;
}

static dnnl_status_t make_reorder(const struct onednn *o, struct shape *shape)
{
    dnnl_primitive_desc_t desc = NULL;
    dnnl_status_t status =
        layout_make(&shape->plain, shape->inner, shape->columns, dnnl_f32, dnnl_ba);
    if (!status)
        status = dnnl_reorder_primitive_desc_create(&desc, LAYOUT(shape->plain), o->engine,
                                                    LAYOUT(shape->packed), o->engine, NULL);
    if (!status)
        status = dnnl_primitive_create(&shape->reorder, desc);
    if (desc)
        dnnl_primitive_desc_destroy(desc);
    return status;
}

/* The number of the shape, added when it is new; -1 on failure. */
static int shape_of(struct onednn *o, int inner, int columns, struct llmx_error *err)
{
    for (int i = 0; i < o->n_shapes; i++)
        if (o->shapes[i].inner == inner && o->shapes[i].columns == columns)
            return i;
    if (o->n_shapes == SHAPES_MAX)
        return err_set(err, LLMX_UNSUPPORTED, "weight matrices of more than %d shapes", SHAPES_MAX);
    PRODUCT_ALONE;
    struct shape *shape = &o->shapes[o->n_shapes];
    *shape = (struct shape){.inner = inner, .columns = columns};
    dnnl_status_t status = choose_layout(o, shape);
    if (!status)
        status = make_reorder(o, shape);
    if (status) {
        shape_release(shape);
        return fail(err, status, "lay out a weight matrix");
    }
    shape->bytes = dnnl_memory_desc_get_size(LAYOUT(shape->packed));
    shape->has_few_rows = is_for_few_rows(o, shape);
    return o->n_shapes++;
}

static int step_of(const struct onednn *o, int rows)
{
    const int least = o->is_exact ? EXACT_ROWS : ROWS_MIN;
    int step = 0;
    while (row_steps[step] < rows || row_steps[step] < least)
        step++;
    return step;
}

static dnnl_status_t compile(const struct onednn *o, struct shape *shape, int step)
{
    struct kernel *kernel = &shape->kernels[step];
    dnnl_primitive_desc_t desc = NULL;
    dnnl_status_t status =
        describe(&desc, o, shape, row_steps[step], &shape->packed, &kernel->x, &kernel->y);
    if (!status)
        status = layout_query(&kernel->scratch, desc, dnnl_query_scratchpad_md);
    if (!status) {
        kernel->scratch_bytes = dnnl_memory_desc_get_size(LAYOUT(kernel->scratch));
        status = dnnl_primitive_create(&kernel->primitive, desc);
    }
    if (desc)
        dnnl_primitive_desc_destroy(desc);
    return status;
}

static dnnl_status_t compile_to(struct onednn *o, int rows_max)
{
    int first = step_of(o, 1);
    int last = o->is_exact ? first : step_of(o, rows_max);
    for (int s = 0; s < o->n_shapes; s++) {
        for (int step = first; step <= last; step++) {
            if (o->shapes[s].kernels[step].primitive)
                continue;
            dnnl_status_t status = compile(o, &o->shapes[s], step);
            if (status)
                return status;
        }
    }
    return dnnl_success;
}

static int prepare(struct products *products, int rows_max, struct llmx_error *err)
{
    struct onednn *o = (struct onednn *)products;
    PRODUCT_ALONE;
    pthread_mutex_lock(&o->lock);
    dnnl_status_t status = compile_to(o, rows_max);
    pthread_mutex_unlock(&o->lock);
    return status ? fail(err, status, "compile a matrix product") : 0;
}

/* ---- panels ---- */

static const struct shape *shape_at(const struct onednn *o, const struct panel *panel)
{
    return &o->shapes[panel->shape];
}

static int panel_init(struct panel *panel, struct products *products, struct llmx_error *err)
{
    struct onednn *o = (struct onednn *)products;
    panel->shape = shape_of(o, panel->inner, panel->columns, err);
    if (panel->shape < 0)
        return -1;
    panel->bytes = o->shapes[panel->shape].bytes;
    return 0;
}

static void panel_release(struct panel *panel)
{
    if (panel->handle)
        dnnl_memory_destroy(panel->handle);
}

static int panel_place(struct panel *panel, const struct products *products, struct llmx_error *err)
{
    const struct onednn *o = (const struct onednn *)products;
    PRODUCT_ALONE;
    dnnl_memory_t handle = panel->handle;
    dnnl_status_t status = handle ? dnnl_memory_set_data_handle(handle, panel->data)
                                  : dnnl_memory_create(&handle, LAYOUT(shape_at(o, panel)->packed),
                                                       o->engine, panel->data);
    if (status)
        return fail(err, status, "place a weight matrix");
    panel->handle = handle;
    return 0;
}

static int panel_pack(const struct panel *panel, const struct products *products,
                      const float *values, struct llmx_error *err)
{
    PRODUCT_ALONE;
    const struct onednn *o = (const struct onednn *)products;
    const struct shape *shape = shape_at(o, panel);
    dnnl_memory_t from = NULL;
    dnnl_stream_t stream = NULL;
    dnnl_status_t status = dnnl_stream_create(&stream, o->engine, dnnl_stream_default_flags);
    if (!status)
        status = dnnl_memory_create(&from, LAYOUT(shape->plain), o->engine, (void *)(size_t)values);
    if (!status)
        status = dnnl_primitive_execute(
            shape->reorder, stream, 2,
            (dnnl_exec_arg_t[]){{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, panel->handle}});
    if (!status)
        status = dnnl_stream_wait(stream);
    if (from)
        dnnl_memory_destroy(from);
    if (stream)
        dnnl_stream_destroy(stream);
    return status ? fail(err, status, "pack a weight matrix") : 0;
}

/* ---- running ---- */

struct call {
    dnnl_primitive_t primitive; /* NULL: not compiled when the worker was made */
    dnnl_memory_t x, y, scratch;
};

struct onednn_worker {
    struct product_worker worker; /* first: what the front sees */
    dnnl_stream_t stream;
    void *scratch;
    int n_calls, n_shapes;
    bool may_few_rows;
    struct call *calls;   /* (shapes, N_STEPS) */
    dnnl_memory_t *plain; /* (shapes) what is packed */
};

static dnnl_status_t make_call(struct call *call, const struct kernel *kernel, dnnl_engine_t engine,
                               void *scratch)
{
    call->primitive = kernel->primitive;
    dnnl_status_t status =
        dnnl_memory_create(&call->x, LAYOUT(kernel->x), engine, DNNL_MEMORY_NONE);
    if (!status)
        status = dnnl_memory_create(&call->y, LAYOUT(kernel->y), engine, DNNL_MEMORY_NONE);
    if (!status)
        status = dnnl_memory_create(&call->scratch, LAYOUT(kernel->scratch), engine, scratch);
    return status;
}

/* One call for every kernel that is compiled by now. */
static int make_calls(struct onednn_worker *w, const struct onednn *o, struct llmx_error *err)
{
    PRODUCT_ALONE;
    const struct shape *shapes = o->shapes;
    size_t scratch_bytes = 64;
    for (int i = 0; i < w->n_calls; i++) {
        const struct kernel *kernel = &shapes[i / N_STEPS].kernels[i % N_STEPS];
        if (kernel->primitive && kernel->scratch_bytes > scratch_bytes)
            scratch_bytes = kernel->scratch_bytes;
    }
    w->scratch = mem_tensor(scratch_bytes, 1, err);
    if (!w->scratch)
        return -1;
    dnnl_status_t status = dnnl_stream_create(&w->stream, o->engine, dnnl_stream_default_flags);
    for (int i = 0; i < w->n_calls && !status; i++) {
        const struct kernel *kernel = &shapes[i / N_STEPS].kernels[i % N_STEPS];
        if (kernel->primitive)
            status = make_call(&w->calls[i], kernel, o->engine, w->scratch);
    }
    for (int i = 0; i < w->n_shapes && !status; i++)
        status =
            dnnl_memory_create(&w->plain[i], LAYOUT(shapes[i].plain), o->engine, DNNL_MEMORY_NONE);
    return status ? fail(err, status, "prepare a thread") : 0;
}

static void worker_destroy(struct product_worker *worker)
{
    struct onednn_worker *w = (struct onednn_worker *)worker;
    for (int i = 0; w->calls && i < w->n_calls; i++) {
        dnnl_memory_t memories[] = {w->calls[i].x, w->calls[i].y, w->calls[i].scratch};
        for (int m = 0; m < 3; m++)
            if (memories[m])
                dnnl_memory_destroy(memories[m]);
    }
    for (int i = 0; w->plain && i < w->n_shapes; i++)
        if (w->plain[i])
            dnnl_memory_destroy(w->plain[i]);
    if (w->stream)
        dnnl_stream_destroy(w->stream);
    free(w->plain);
    free(w->scratch);
    free(w->calls);
    free(w);
}

static int worker_create(struct product_worker **worker, struct products *products,
                         struct llmx_error *err)
{
    struct onednn *o = (struct onednn *)products;
    struct onednn_worker *w = mem_array(1, sizeof *w, err);
    if (!w)
        return -1;
    w->worker.backend = &product_onednn;
    w->n_calls = o->n_shapes * N_STEPS;
    w->n_shapes = o->n_shapes;
    w->may_few_rows = true;
    w->calls = mem_array((size_t)w->n_calls, sizeof *w->calls, err);
    w->plain = mem_array((size_t)w->n_shapes, sizeof(dnnl_memory_t), err);
    pthread_mutex_lock(&o->lock);
    int result = w->calls && w->plain ? make_calls(w, o, err) : -1;
    pthread_mutex_unlock(&o->lock);
    if (result != 0)
        worker_destroy(&w->worker);
    else
        *worker = &w->worker;
    return result;
}

/* What is compiled can only fail here by a programming error. */
static void execute(struct onednn_worker *w, const struct panel *panel, int step, const void *x,
                    float *y)
{
    const struct call *call = &w->calls[panel->shape * N_STEPS + step];
    assert(call->primitive && "products_prepare was not asked for this many rows");
    dnnl_memory_set_data_handle(call->x, (void *)(size_t)x);
    dnnl_memory_set_data_handle(call->y, y);
    dnnl_status_t status =
        dnnl_primitive_execute(call->primitive, w->stream, 4,
                               (dnnl_exec_arg_t[]){{DNNL_ARG_SRC, call->x},
                                                   {DNNL_ARG_WEIGHTS, panel->handle},
                                                   {DNNL_ARG_DST, call->y},
                                                   {DNNL_ARG_SCRATCHPAD, call->scratch}});
    assert(status == dnnl_success);
    (void)status;
}

static void worker_pack(struct product_worker *worker, const struct panel *panel,
                        const struct products *products, const float *values)
{
    PRODUCT_ALONE;
    const struct onednn_worker *w = (struct onednn_worker *)worker;
    dnnl_memory_t from = w->plain[panel->shape];
    dnnl_memory_set_data_handle(from, (void *)(size_t)values);
    dnnl_status_t status = dnnl_primitive_execute(
        shape_at((const struct onednn *)products, panel)->reorder, w->stream, 2,
        (dnnl_exec_arg_t[]){{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, panel->handle}});
    assert(status == dnnl_success);
    (void)status;
}

static void worker_few_rows(struct product_worker *worker, int may)
{
    ((struct onednn_worker *)worker)->may_few_rows = may;
}

static void run(struct product_worker *worker, const struct matrix *matrix,
                const struct panel *panel, const void *x, float *y, int rows)
{
    struct onednn_worker *w = (struct onednn_worker *)worker;
    const struct onednn *o = (const struct onednn *)matrix->products;
    if (rows <= FEW_ROWS_MAX && w->may_few_rows && shape_at(o, panel)->has_few_rows) {
        size_t blocks = (size_t)panel->columns / FEW_ROWS_COLUMNS;
        product_few_rows(y, x, panel->data, rows, matrix->inner, panel->columns,
                         (long)(panel->bytes / sizeof(uint16_t) / blocks));
        return;
    }
    PRODUCT_ALONE;
    int step = step_of(o, o->is_exact ? EXACT_ROWS : rows);
    size_t row_bytes = (size_t)matrix->inner * dtype_block_bytes(o->products.type);
    for (int row = 0; row < rows; row += row_steps[step])
        execute(w, panel, step, (const char *)x + (size_t)row * row_bytes,
                y + (size_t)row * (size_t)panel->columns);
}

const struct product_backend product_onednn = {
    .create = create,
    .destroy = destroy,
    .prepare = prepare,
    .panel_init = panel_init,
    .panel_release = panel_release,
    .panel_place = panel_place,
    .panel_pack = panel_pack,
    .worker_create = worker_create,
    .worker_destroy = worker_destroy,
    .worker_pack = worker_pack,
    .worker_few_rows = worker_few_rows,
    .run = run,
};
