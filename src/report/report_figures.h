/* report_figures.h - of a view the figures that a reader should see first: which they are, and what they are called. */
#ifndef REPORT_REPORT_FIGURES_H
#define REPORT_REPORT_FIGURES_H

#include "report/report.h"

enum figure_unit { UNIT_SHARE, UNIT_NUMBER, UNIT_COUNT }; /* a share is from 0 to 1 */

/* Which figure of a kind it is; in a path * stands for each of several. */
struct headline {
    const char *kind;
    const char *question;     /* that the figure answers */
    const char *path;         /* "systems.*.win_score" */
    const char *said;         /* behind the number */
    const char *of, *of_what; /* the way to how many it is of: "users", "people" */
    enum figure_unit unit;
    const char *but,
        *but_said; /* the key of a list that takes it back, and how that is said; NULL: none */
};

struct figure {
    const char *name;        /* of its view, and of the parts that * stood for */
    double value, low, high; /* low NAN: no interval */
    double n;                /* that it is of; NAN: not told */
    const char *of_what;     /* "people" */
    const json_t *but;       /* the view's list; NULL: none */
};

struct figures {
    struct figure *figure; /* (n) */
    size_t n, capacity;
};

/* All headlines of views, in the order of the page; NULL behind the last. */
const struct headline *figures_headline(int i);

/* The figures of all views of a kind, their names in the arena; release them also after a failure. */
int figures_find(struct figures *figures, const struct headline *headline,
                 const struct report_group *group, struct arena *arena, struct llmx_error *err);
int figures_add(struct figures *figures, const struct figure *figure, struct llmx_error *err);
void figures_release(struct figures *figures);

/* Ends of a scale on which all of them stand with their intervals, and 0: 0 to 1 for shares (and differences of shares) of
 * which none is below 0; all else have only some room. */
void figures_scale(const struct figures *figures, enum figure_unit unit, double *from, double *to);

/* "76 %", "0.489", "1,203" */
void figures_put_number(FILE *f, enum figure_unit unit, double value);

/* "37 % to 100 %"; in words where it has no width, which is no certainty: all that was drawn from is alike. */
void figures_put_interval(FILE *f, enum figure_unit unit, const struct figure *figure);
bool figures_has_interval(const struct figure *figure);

#endif
