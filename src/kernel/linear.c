#include "kernel/dense_layers.h"
#include "kernel/layers.h"

#include <cblas.h>
#include <string.h>

void linear_forward(float *y, const float *x, const float *w, const float *b, int rows, int in,
                    int out)
{
    for (int t = 0; b && t < rows; t++)
        memcpy(y + (size_t)t * (size_t)out, b, (size_t)out * sizeof *y);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, out, in, 1, x, in, w, in,
                b ? 1.0f : 0.0f, y, out);
}

void linear_backward_input(float *dx, const float *dy, const float *w, int rows, int in, int out)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, in, out, 1, dy, out, w, in, 0, dx,
                in);
}

void linear_backward(float *dx, float *dw, float *db, const float *dy, const float *x,
                     const float *w, int rows, int in, int out)
{
    if (dx)
        linear_backward_input(dx, dy, w, rows, in, out);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, out, in, rows, 1, dy, out, x, in, 1, dw,
                in);
    for (int t = 0; db && t < rows; t++)
        add_forward(db, dy + (size_t)t * (size_t)out, out);
}
