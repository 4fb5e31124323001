#include "data/item_order.h"

#include "base/memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct item_order {
    pthread_mutex_t lock;
    int32_t *place; /* (items); NULL: nobody has asked */
};

struct item_order *item_order_create(struct llmx_error *err)
{
    struct item_order *order = mem_array(1, sizeof *order, err);
    if (order)
        pthread_mutex_init(&order->lock, NULL);
    return order;
}

void item_order_destroy(struct item_order *order)
{
    if (!order)
        return;
    pthread_mutex_destroy(&order->lock);
    free(order->place);
    free(order);
}

struct named_item {
    const char *id;
    uint32_t item;
};

static int compare_ids(const void *a, const void *b)
{
    return strcmp(((const struct named_item *)a)->id, ((const struct named_item *)b)->id);
}

static int32_t *sort_ids(const struct names *ids, struct llmx_error *err)
{
    int32_t *place = mem_array(ids->count, sizeof *place, err);
    struct named_item *sorted = mem_array(ids->count, sizeof *sorted, err);
    if (!place || !sorted) {
        free(place);
        free(sorted);
        return NULL;
    }
    for (uint32_t i = 0; i < ids->count; i++)
        sorted[i] = (struct named_item){names_get(ids, i, NULL), i};
    qsort(sorted, ids->count, sizeof *sorted, compare_ids);
    for (uint32_t i = 0; i < ids->count; i++)
        place[sorted[i].item] = (int32_t)i;
    free(sorted);
    return place;
}

const int32_t *item_order_places(struct item_order *order, const struct names *ids,
                                 struct llmx_error *err)
{
    pthread_mutex_lock(&order->lock);
    if (!order->place)
        order->place = sort_ids(ids, err);
    const int32_t *place = order->place;
    pthread_mutex_unlock(&order->lock);
    return place;
}
