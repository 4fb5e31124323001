/* peak.h - loops that do nothing but multiply and add in registers: what a processor reaches at best, whatever the
 * library. Each instruction set that this processor has (and LLMX_CPU leaves it) offers its own. */
#ifndef PRODUCT_PEAK_H
#define PRODUCT_PEAK_H

enum peak_type {
    PEAK_F32,  /* multiply and add, fused where there is such an instruction */
    PEAK_BF16, /* dot products of bf16, summed in f32 */
    PEAK_INT8, /* dot products of bytes, summed in 32 bits */
    PEAK_TYPES
};

struct peak {
    const char *name;  /* of the instructions: "AVX-512 VNNI"; NULL: none for this type here */
    double operations; /* a round: multiplications and additions */
    void (*run)(long n_rounds); /* all in registers; any thread */
};

/* The fastest that this processor has. */
struct peak peak_of(enum peak_type type);

#endif
