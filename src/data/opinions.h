/* opinions.h - which ratings are good ones, by the data's own scale. */
#ifndef DATA_OPINIONS_H
#define DATA_OPINIONS_H

#include <stddef.h>

/* What somebody thought of something they took. */
enum opinion { OPINION_NONE, OPINION_RATED, OPINION_LIKED };

/* The least rating that says "liked": the highest of all less a quarter of the range (4 of 1 to 5). Infinite where there are
 * no ratings (NULL, or all NAN) or where all are equal. */
double ratings_liked_from(const float *rating, size_t n);

/* NAN: not rated. */
enum opinion rating_opinion(float rating, double liked_from);

#endif
