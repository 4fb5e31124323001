#include "tune/adamw.h"

#include <math.h>

#define BETA1   0.9
#define BETA2   0.999
#define EPSILON 1e-8f
#define PI      3.14159265358979323846

void adamw_step(float *restrict values, float *restrict first, float *restrict second,
                const float *restrict gradient, size_t n, double rate, double decay, uint64_t t)
{
    const float beta1 = (float)BETA1, rest1 = (float)(1 - BETA1);
    const float beta2 = (float)BETA2, rest2 = (float)(1 - BETA2);
    const float kept = (float)(1 - rate * decay);
    const float step = (float)(rate / (1 - pow(BETA1, (double)t)));
    const float scale = (float)(1 / sqrt(1 - pow(BETA2, (double)t)));
    for (size_t i = 0; i < n; i++) {
        const float g = gradient[i];
        const float m = beta1 * first[i] + rest1 * g;
        const float v = beta2 * second[i] + rest2 * g * g;
        first[i] = m;
        second[i] = v;
        values[i] = kept * values[i] - step * m / (sqrtf(v) * scale + EPSILON);
    }
}

double gradient_clip(float *gradient, size_t n, double most)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)gradient[i] * (double)gradient[i];
    const double norm = sqrt(sum);
    if (most > 0 && norm > most) {
        const float scale = (float)(most / norm);
        for (size_t i = 0; i < n; i++)
            gradient[i] *= scale;
    }
    return norm;
}

double schedule_rate(enum llmx_schedule schedule, double peak, int warmup, int step, int steps)
{
    if (step < warmup)
        return peak * (step + 1) / warmup;
    const double done = steps > warmup ? (double)(step - warmup) / (steps - warmup) : 0;
    switch (schedule) {
    case LLMX_SCHEDULE_COSINE:
        return peak * 0.5 * (1 + cos(PI * done));
    case LLMX_SCHEDULE_LINEAR:
        return peak * (1 - done);
    case LLMX_SCHEDULE_CONSTANT:
        break;
    }
    return peak;
}
