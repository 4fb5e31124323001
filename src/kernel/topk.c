#include "kernel/topk.h"

#include <math.h>
#include <stdbool.h>

/* Is place a worth less than place b? */
static inline bool is_worse(const float *scores, int32_t a, int32_t b)
{
    return scores[a] < scores[b] || (scores[a] == scores[b] && a > b);
}

/* Puts `place` into the heap `top` (the worst of it on top) at `hole` or below. */
static void sift_down(const float *scores, int32_t *top, int size, int hole, int32_t place)
{
    for (int child; (child = 2 * hole + 1) < size; hole = child) {
        if (child + 1 < size && is_worse(scores, top[child + 1], top[child]))
            child++;
        if (!is_worse(scores, top[child], place))
            break;
        top[hole] = top[child];
    }
    top[hole] = place;
}

int topk(const float *scores, int32_t n, int k, int32_t *top)
{
    int size = 0;
    int32_t i = 0;
    for (; i < n && size < k; i++)
        if (scores[i] > -INFINITY)
            top[size++] = i;
    if (size == 0)
        return 0;
    for (int hole = size / 2; hole-- > 0;)
        sift_down(scores, top, size, hole, top[hole]);
    float worst = scores[top[0]];
    for (; i < n; i++) {
        if (scores[i] > worst) {
            sift_down(scores, top, size, 0, i);
            worst = scores[top[0]];
        }
    }
    for (int left = size; left > 1; left--) {
        int32_t out = top[0];
        sift_down(scores, top, left - 1, 0, top[left - 1]);
        top[left - 1] = out;
    }
    return size;
}
