#include "data/item_order.h"

#include "base/memory.h"
#include "data/dataset.h"

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
    const char *token;
    llmx_id item;
};

static int compare_tokens(const void *a, const void *b)
{
    return strcmp(((const struct named_item *)a)->token, ((const struct named_item *)b)->token);
}

static int32_t *sort_items(const struct llmx_data *data, struct llmx_error *err)
{
    const size_t items = (size_t)llmx_data_items(data);
    int32_t *place = mem_array(items, sizeof *place, err);
    struct named_item *sorted = mem_array(items, sizeof *sorted, err);
    if (!place || !sorted) {
        free(place);
        free(sorted);
        return NULL;
    }
    for (size_t i = 0; i < items; i++)
        sorted[i] =
            (struct named_item){llmx_data_item_token(data, (llmx_id)i), (llmx_id)i};
    qsort(sorted, items, sizeof *sorted, compare_tokens);
    for (size_t i = 0; i < items; i++)
        place[sorted[i].item] = (int32_t)i;
    free(sorted);
    return place;
}

const int32_t *item_order(const struct llmx_data *data, struct llmx_error *err)
{
    struct item_order *order = data->order;
    pthread_mutex_lock(&order->lock);
    if (!order->place)
        order->place = sort_items(data, err);
    const int32_t *place = order->place;
    pthread_mutex_unlock(&order->lock);
    return place;
}
