/* blas.h - OpenBLAS's number of threads, which is one for the whole process. */
#ifndef PRODUCT_BLAS_H
#define PRODUCT_BLAS_H

/* Sets it to one, unless llmx_keep_blas_threads (llmxrec/recommend.h) asked to leave it: our threads each run products
 * of their own. */
void blas_one_thread(void);

#endif
