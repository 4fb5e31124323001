#include "data/opinions.h"

#include <math.h>

#define LIKED_RANGE .25

double ratings_liked_from(const float *rating, size_t n)
{
    float low = INFINITY, high = -INFINITY;
    for (size_t i = 0; rating && i < n; i++) { /* of NAN neither is true */
        low = rating[i] < low ? rating[i] : low;
        high = rating[i] > high ? rating[i] : high;
    }
    return low < high ? (double)high - LIKED_RANGE * ((double)high - (double)low) : INFINITY;
}

enum opinion rating_opinion(float rating, double liked_from)
{
    return isnan(rating)                  ? OPINION_NONE
           : (double)rating >= liked_from ? OPINION_LIKED
                                          : OPINION_RATED;
}
