#include "generate/adapt.h"

#include "kernel/low_rank.h"
#include "llm/adapter.h"
#include "product/small_product.h"

/* Rows of a tile that follow one another with the same adapter. */
struct adapter_stretch {
    const struct adapter_pair *pair; /* NULL: not adapted */
    int first, n;
};

static const struct llmx_adapter *adapter_of(const struct row *row)
{
    return row->span->sequence->adapter;
}

/* The stretch that begins at row `first` of the tile rows[0 .. n-1]. */
static struct adapter_stretch stretch_at(const struct row *rows, int first, int n, int layer,
                                         enum linear linear)
{
    const struct llmx_adapter *adapter = adapter_of(&rows[first]);
    struct adapter_stretch stretch = {NULL, first, 1};
    while (first + stretch.n < n && adapter_of(&rows[first + stretch.n]) == adapter)
        stretch.n++;
    if (adapter && adapter->pairs[layer * LINEARS + (int)linear].rank)
        stretch.pair = &adapter->pairs[layer * LINEARS + (int)linear];
    return stretch;
}

/* Where u of a row stands: (ADAPT_TOGETHER, tile, rank_max). */
static float *u_of(const struct workspace *w, const struct team_lane *lane, int nth, int row)
{
    return lane->u + ((size_t)nth * PRODUCT_ROWS_MAX + (size_t)row) * (size_t)w->rank_max;
}

void adapt_in(const struct workspace *w, struct team_lane *lane, const void *x, enum dtype type,
              int row, int n, int layer, enum linear first, int n_linears)
{
    if (w->rank_max == 0)
        return;
    struct adapter_stretch s;
    for (int nth = 0; nth < n_linears; nth++) {
        for (int i = 0; i < n; i += s.n) {
            s = stretch_at(w->rows + row, i, n, layer, (enum linear)((int)first + nth));
            if (!s.pair)
                continue;
            const char *from =
                (const char *)x + (size_t)i * (size_t)s.pair->in * dtype_block_bytes(type);
            low_rank_in(u_of(w, lane, nth, i), w->rank_max, from, type, s.pair->a, s.n, s.pair->in,
                        s.pair->rank);
        }
    }
}

void adapt_out(const struct workspace *w, const struct team_lane *lane, float *y, int y_stride,
               int row, int n, int layer, enum linear first, int nth, int column, int columns)
{
    if (w->rank_max == 0)
        return;
    struct adapter_stretch s;
    for (int i = 0; i < n; i += s.n) {
        s = stretch_at(w->rows + row, i, n, layer, (enum linear)((int)first + nth));
        if (s.pair)
            small_product_add(y + (size_t)i * (size_t)y_stride, (size_t)y_stride,
                              u_of(w, lane, nth, i), (size_t)w->rank_max, 1, s.pair->b + column,
                              (size_t)s.pair->out, s.n, s.pair->rank, columns);
    }
}
