#include "recommend/bpr_step.h"

#include "recommend/bpr_loss.h"

#include <string.h>

void bpr_users_reference(const struct bpr_step *s, int first, int last, float *gradient)
{
    const struct batch *b = s->batch;
    const size_t dim = (size_t)s->dim;
    for (int g = first; g < last; g++) {
        const size_t u = (size_t)b->user[g] * dim;
        const float *user =
            memcpy(s->old_user + (size_t)g * dim, s->users.row + u, dim * sizeof(float));
        const int begin = b->user_start[g], end = b->user_start[g + 1];
        for (size_t i = 0; i < dim; i++)
            gradient[i] = s->l2 / (float)b->n * (float)(end - begin) * user[i];
        for (int t = begin; t < end; t++) {
            const float *positive = s->items.row + (size_t)b->positive[t] * dim;
            const float *negative = s->items.row + (size_t)b->negative[t] * dim;
            float x = 0;
            for (size_t i = 0; i < dim; i++)
                x += user[i] * (positive[i] - negative[i]);
            s->loss[t] = bpr_loss_at(x, &s->slope[t]);
            s->slope[t] /= (float)b->n;
            for (size_t i = 0; i < dim; i++)
                gradient[i] += s->slope[t] * (positive[i] - negative[i]);
        }
        adam_row(&s->adam, s->users.row + u, s->users.first + u, s->users.second + u, gradient,
                 s->dim);
    }
}

void bpr_items_reference(const struct bpr_step *s, int first, int last, float *gradient)
{
    const struct batch *b = s->batch;
    const size_t dim = (size_t)s->dim;
    for (int g = first; g < last; g++) {
        const size_t item = (size_t)b->item[g] * dim;
        const int begin = b->item_start[g], end = b->item_start[g + 1];
        for (size_t i = 0; i < dim; i++)
            gradient[i] = s->l2 / (float)b->n * (float)(end - begin) * s->items.row[item + i];
        for (int e = begin; e < end; e++) {
            const uint32_t t = b->touch[e] >> 1;
            const float slope = b->touch[e] & 1 ? -s->slope[t] : s->slope[t];
            const float *user = s->old_user + (size_t)b->slot[t] * dim;
            for (size_t i = 0; i < dim; i++)
                gradient[i] += slope * user[i];
        }
        adam_row(&s->adam, s->items.row + item, s->items.first + item, s->items.second + item,
                 gradient, s->dim);
    }
}

void bpr_passes(int dim, bpr_pass **users, bpr_pass **items)
{
    const int fits = dim % BPR_ROW_UNIT == 0 && dim <= BPR_ROW_MAX;
    *users = fits ? bpr_users_vectors : bpr_users_reference;
    *items = fits ? bpr_items_vectors : bpr_items_reference;
}
