#include "generate/revisions.h"

#include <assert.h>
#include <math.h>

void revisions_add(struct revisions *r, int place, int32_t id)
{
    while (r->n > 0 && r->forbidden[r->n - 1].place > place)
        r->n--;
    assert(r->n < LLMX_REVISIONS_MAX);
    r->forbidden[r->n].place = place;
    r->forbidden[r->n++].id = id;
}

bool revisions_forbid(const struct revisions *r, int place, float *logits, int vocabulary)
{
    bool is_any = false;
    for (int i = 0; i < r->n; i++) {
        if (r->forbidden[i].place != place)
            continue;
        logits[r->forbidden[i].id] = -INFINITY;
        is_any = true;
    }
    for (int id = 0; is_any && id < vocabulary; id++)
        if (logits[id] != -INFINITY) /* not a number is left: the model is broken, which is said */
            return true;
    return !is_any;
}
