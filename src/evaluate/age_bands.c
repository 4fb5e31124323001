#include "evaluate/age_bands.h"

const struct age_band age_bands[AGE_BANDS] = {{0, "under 18"}, {18, "18-24"}, {25, "25-34"},
                                              {35, "35-44"},   {45, "45-49"}, {50, "50-55"},
                                              {56, "56+"}};

int age_band(double years)
{
    int band = -1;
    while (band + 1 < AGE_BANDS && years >= age_bands[band + 1].least)
        band++;
    return band;
}
