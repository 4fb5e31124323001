/* t_test.c - Student's and Welch's t tests, by the regularised incomplete beta function. */
#include "base/err.h"
#include "llmxrec/statistics.h"

#include <math.h>

#define STEPS_MAX 10000 /* of the fraction: some sqrt(degrees) are needed */
#define TINY      1e-300

/* The continued fraction of the incomplete beta function (Abramowitz & Stegun 26.5.8), by Lentz's method. */
static double beta_fraction(double a, double b, double x)
{
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < TINY ? TINY : d);
    double value = d;
    for (int m = 1; m <= STEPS_MAX; m++) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                     odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
                     terms[] = {even, odd};
        double step = 1;
        for (int t = 0; t < 2; t++) {
            d = 1 + terms[t] * d;
            c = 1 + terms[t] / c;
            d = 1 / (fabs(d) < TINY ? TINY : d);
            c = fabs(c) < TINY ? TINY : c;
            step = c * d;
            value *= step;
        }
        if (fabs(step - 1) < 1e-16)
            break;
    }
    return value;
}

/* I_x(a, b); y = 1 - x, given apart lest a small one vanish. */
static double beta_share(double a, double b, double x, double y)
{
    if (x <= 0 || y <= 0)
        return x <= 0 ? 0 : 1;
    const double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(y));
    return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a
                                     : 1 - front * beta_fraction(b, a, y) / b;
}

static double two_sided(double t, double degrees)
{
    const double whole = degrees + t * t;
    return beta_share(degrees / 2, 0.5, degrees / whole, t * t / whole);
}

/* The t beyond which, on both sides together, 5 % lie: by halving. */
static double critical(double degrees)
{
    double low = 0, high = 1;
    while (two_sided(high, degrees) > 0.05)
        high *= 2;
    for (int i = 0; i < 100; i++) {
        const double middle = (low + high) / 2;
        *(two_sided(middle, degrees) > 0.05 ? &low : &high) = middle;
    }
    return high;
}

struct moments {
    double mean, variance; /* by n - 1 */
};

static int measure(struct moments *moments, const double *values, size_t n, struct llmx_error *err)
{
    if (n < 2)
        return err_set(err, LLMX_BAD_INPUT, "a t test needs two values at least, not %zu", n);
    *moments = (struct moments){0};
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(values[i]))
            return err_set(err, LLMX_BAD_INPUT, "value %zu is no finite number", i + 1);
        moments->mean += values[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        const double off = values[i] - moments->mean;
        moments->variance += off * off / (double)(n - 1);
    }
    return 0;
}

static struct llmx_t_test t_test(double difference, double error, double degrees)
{
    if (error == 0)
        return (struct llmx_t_test){difference, NAN, NAN, NAN, NAN, NAN};
    const double t = difference / error, half = critical(degrees) * error;
    return (struct llmx_t_test){
        difference, t, degrees, two_sided(t, degrees), difference - half, difference + half};
}

int llmx_t_paired(const double *differences, size_t n, struct llmx_t_test *result,
                  struct llmx_error *err)
{
    struct moments d;
    if (measure(&d, differences, n, err) != 0)
        return -1;
    *result = t_test(d.mean, sqrt(d.variance / (double)n), (double)(n - 1));
    return 0;
}

int llmx_t_welch(const double *a, size_t n_a, const double *b, size_t n_b,
                 struct llmx_t_test *result, struct llmx_error *err)
{
    struct moments in_a, in_b;
    if (measure(&in_a, a, n_a, err) != 0 || measure(&in_b, b, n_b, err) != 0)
        return -1;
    const double of_a = in_a.variance / (double)n_a, of_b = in_b.variance / (double)n_b,
                 all = of_a + of_b;
    const double degrees =
        all * all / (of_a * of_a / (double)(n_a - 1) + of_b * of_b / (double)(n_b - 1));
    *result = t_test(in_b.mean - in_a.mean, sqrt(all), degrees);
    return 0;
}
