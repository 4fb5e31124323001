#include "data/ratings.h"

#include <math.h>

#define LIKED_RANGE .25

double ratings_liked_from(const float *rating, size_t n)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t i = 0; rating && i < n; i++) {
        low = fmin(low, (double)rating[i]);
        high = fmax(high, (double)rating[i]);
    }
    return low < high ? high - LIKED_RANGE * (high - low) : INFINITY;
}

enum opinion rating_opinion(float rating, double liked_from)
{
    return isnan(rating)                  ? OPINION_NONE
           : (double)rating >= liked_from ? OPINION_LIKED
                                          : OPINION_RATED;
}
