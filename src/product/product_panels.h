/* product_panels.h - f32 products by our own panels (product/f32_panels.h), where oneDNN has no packed ones. */
#ifndef PRODUCT_PRODUCT_PANELS_H
#define PRODUCT_PRODUCT_PANELS_H

#include "product/product_backend.h"

extern const struct product_backend product_panels;

#endif
