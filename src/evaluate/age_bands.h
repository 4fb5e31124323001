/* age_bands.h - ages as bands: those of MovieLens, by which the paper tells people's ages apart. */
#ifndef EVALUATE_AGE_BANDS_H
#define EVALUATE_AGE_BANDS_H

#define AGE_BANDS 7

struct age_band {
    double least; /* years; the band ends where the next begins */
    const char *name;
};
extern const struct age_band age_bands[AGE_BANDS];

/* The band of an age in years, from 0 to AGE_BANDS - 1; -1: none, below 0 or NaN. */
int age_band(double years);

#endif
