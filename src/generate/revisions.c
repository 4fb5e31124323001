#include "generate/revisions.h"

#include <assert.h>
#include <math.h>

/* Of a score below that of the best that is forbidden there: a token about e^3 = 20 times less likely, with which a text goes
 * nowhere that it learnt. Of 400 texts that were gone back in so and read, 26 % were untrue then (docs/benchmarks.md). */
#define FALL_MAX 3.0f

/* Of the first token: with another beginning most texts still go where others have gone. */
#define FIRST_FALL_MAX 7.0f

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
    float best = -INFINITY, least;
    bool is_any = false;
    for (int i = 0; i < r->n; i++) {
        if (r->forbidden[i].place != place)
            continue;
        best = fmaxf(best, logits[r->forbidden[i].id]);
        logits[r->forbidden[i].id] = -INFINITY;
        is_any = true;
    }
    best -= place == 0 ? FIRST_FALL_MAX : FALL_MAX;
    least = isfinite(best) ? best : -INFINITY; /* else the model is broken, which is said */
    for (int id = 0; is_any && id < vocabulary; id++)
        if (!(logits[id] < least) && logits[id] != -INFINITY)
            return true;
    return !is_any;
}
