/* product_quantised.h - products of rows and weights in groups of whole numbers, by quantised.h. */
#ifndef KERNEL_PRODUCT_QUANTISED_H
#define KERNEL_PRODUCT_QUANTISED_H

#include "product/product_backend.h"

extern const struct product_backend product_quantised;

#endif
