/* marginal.h - what a history item contributed to a score that is no sum over the history. */
#ifndef RECOMMEND_MARGINAL_H
#define RECOMMEND_MARGINAL_H

/* An item's contribution is its last marginal effect on the score (the whole history less all but it) and this share
 * of its first one (it alone), the latter against the mean of the history's items:
 *
 *     c_i = [s(H) - s(H \ i)]  +  FIRST_SHARE [s({i}) - mean over j in H of s({j})]
 *
 * The last effect alone overlooks items that could stand in for each other, the first alone overlooks that an item may
 * add nothing to the others. But for a factor and a number that is the same for a whole history this is a semivalue
 * (Dubey, Neyman & Weber 1981) of the game whose coalitions are parts of the history, with weight 4/5 on the largest
 * ones and 1/5 on the empty one. A history of one item has s(H) - s(nothing), and the contributions of a history add up
 * to its last effects. The share was chosen for evidence that beats other deletions with and without it, on users that
 * are not among those whose figures are reported (docs/recommenders.md). */
#define FIRST_SHARE 0.25f

/* contributions (n): the last effects, which become contributions; first (n): the scores of each item alone. */
static inline void add_first_effects(float *contributions, const float *first, int n)
{
    double mean = 0;
    for (int j = 0; j < n; j++)
        mean += (double)first[j] / n;
    for (int j = 0; j < n; j++)
        contributions[j] += FIRST_SHARE * (first[j] - (float)mean);
}

#endif
