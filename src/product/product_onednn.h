/* product_onednn.h - products by oneDNN: f32, and bf16 where the processor multiplies it. */
#ifndef PRODUCT_PRODUCT_ONEDNN_H
#define PRODUCT_PRODUCT_ONEDNN_H

#include "product/product_backend.h"

extern const struct product_backend product_onednn;

/* Until the end of its block oneDNN keeps to the calling thread; then that thread's OpenMP setting, which is the
 * host's, is as it was. The products do so by themselves. */
#define PRODUCT_ALONE                                                                              \
    __attribute__((cleanup(product_not_alone), unused)) const int alone = product_alone()
int product_alone(void);
void product_not_alone(const int *threads);

#endif
