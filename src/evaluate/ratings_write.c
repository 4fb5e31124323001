/* ratings_write.c - one line for each aspect of each thing that was rated. */
#include "base/file.h"
#include "base/memory.h"
#include "evaluate/ratings.h"
#include "format/jsonl.h"

#include <stdlib.h>

/* Of one aspect of one thing. */
struct opinion {
    const struct rating *first; /* NULL: nobody rated it */
    int n;
    double sum, least, most;
};

static void add(struct opinion *opinion, const struct rating *row)
{
    if (!opinion->first)
        *opinion = (struct opinion){row, 0, 0, row->value, row->value};
    opinion->n++;
    opinion->sum += row->value;
    opinion->least = row->value < opinion->least ? row->value : opinion->least;
    opinion->most = row->value > opinion->most ? row->value : opinion->most;
}

static int write_line(const struct llmx_ratings *r, const struct opinion *opinion, FILE *f,
                      struct llmx_error *err)
{
    const struct rating *row = opinion->first;
    json_t *line = json_object();
    if (r->user_column)
        json_object_set_new(line, r->user_column,
                            json_string(names_get(&r->users, row->user, NULL)));
    json_object_set_new(line, "item", json_string(names_get(&r->items, row->item, NULL)));
    json_object_set_new(line, "system", json_string(names_get(&r->systems, row->system, NULL)));
    json_object_set_new(line, "aspect", json_string(names_get(&r->aspects, row->aspect, NULL)));
    json_object_set_new(line, "n", json_integer(opinion->n));
    json_object_set_new(line, "mean", json_real(opinion->sum / opinion->n));
    json_object_set_new(line, "least", json_real(opinion->least));
    json_object_set_new(line, "most", json_real(opinion->most));
    const int status = jsonl_write(f, line, err);
    json_decref(line);
    return status;
}

int llmx_ratings_write(const struct llmx_ratings *ratings, const char *path, struct llmx_error *err)
{
    const size_t n = (size_t)ratings->units.count * ratings->aspects.count;
    struct output out = {0};
    struct opinion *opinions = mem_array(n, sizeof *opinions, err);
    int status = opinions ? output_open(&out, path, err) : -1;
    for (size_t i = 0; i < ratings->n && status == 0; i++) {
        const struct rating *row = &ratings->rows[i];
        add(&opinions[(size_t)row->unit * ratings->aspects.count + row->aspect], row);
    }
    for (size_t i = 0; i < n && status == 0; i++)
        if (opinions[i].first)
            status = write_line(ratings, &opinions[i], out.stream, err);
    if (status == 0)
        status = output_commit(&out, err);
    output_discard(&out);
    free(opinions);
    return status;
}
