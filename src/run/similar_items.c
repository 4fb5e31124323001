#include "base/err.h"
#include "base/memory.h"
#include "kernel/topk.h"
#include "llmxrec/embeddings.h"
#include "run/run.h"

#include <math.h>
#include <stdlib.h>

int llmx_similar_items(const struct llmx_run *run, llmx_id item, int k, struct llmx_similar *top,
                       struct llmx_error *err)
{
    const llmx_id items = llmx_data_items(run->data);
    if (!run->row->similar)
        return err_set(err, LLMX_UNSUPPORTED,
                       "the model %s learns nothing that would say how alike items are",
                       run->row->name);
    if (run_check_item(run, item, err) != 0)
        return -1;
    if (k < 1)
        return err_set(err, LLMX_BAD_OPTION, "%d similar items: choose 1 or more", k);
    int n = -1;
    const int wanted = k < items ? k : items;
    float *scores = mem_tensor((size_t)items, sizeof *scores, err);
    int32_t *place = mem_array((size_t)wanted, sizeof *place, err);
    if (scores && place && run->row->similar(run->model, item, scores, err) == 0) {
        scores[item] = -INFINITY;
        n = topk(scores, items, wanted, place);
        for (int i = 0; i < n; i++)
            top[i] = (struct llmx_similar){place[i], scores[place[i]]};
    }
    free(scores);
    free(place);
    return n;
}
