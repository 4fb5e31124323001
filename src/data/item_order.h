/* item_order.h - a fixed order of items for equal scores: that of their ids, so that no list hangs on the order of lines. */
#ifndef DATA_ITEM_ORDER_H
#define DATA_ITEM_ORDER_H

#include "base/names.h"

struct item_order;

/* NULL when memory is out. */
struct item_order *item_order_create(struct llmx_error *err);
void item_order_destroy(struct item_order *order);

/* (ids->count) the place of each id when they are sorted by bytes; owned by `order`. Sorted when they are first asked for, by
 * any of several threads. NULL when memory is out. */
const int32_t *item_order_places(struct item_order *order, const struct names *ids,
                                 struct llmx_error *err);

#endif
