/* product_quantised.h - products of rows and weights in groups of whole numbers, by quantised.h. */
#ifndef PRODUCT_PRODUCT_QUANTISED_H
#define PRODUCT_PRODUCT_QUANTISED_H

#include "product/product_backend.h"

extern const struct product_backend product_quantised;

#endif
