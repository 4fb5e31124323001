#include "product/peak.h"

#include "base/cpu.h"

#include <stddef.h>
#include <stdint.h>

/* Enough independent sums to hide an instruction's latency: two a cycle, five cycles long. */
#define SUMS 12

#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 12")
#endif

typedef float f32x4 __attribute__((vector_size(16)));
typedef float f32x8 __attribute__((vector_size(32)));
typedef float f32x16 __attribute__((vector_size(64)));

/* A loop of twelve sums, each followed by STEP; `x` stands for any operand. */
#define PEAK(NAME, TARGET, VECTOR, CONSTRAINT, STEP)                                               \
    TARGET static void NAME(long n_rounds)                                                         \
    {                                                                                              \
        VECTOR sum[SUMS] = {{0}}, x = {0};                                                         \
        __asm__ volatile("" : "+" CONSTRAINT(x));                                                  \
        for (long round = 0; round < n_rounds; round++)                                            \
            UNROLL                                                                                 \
        for (int i = 0; i < SUMS; i++)                                                             \
            STEP;                                                                                  \
        UNROLL                                                                                     \
        for (int i = 0; i < SUMS; i++)                                                             \
            __asm__ volatile("" : : CONSTRAINT(sum[i]));                                           \
    }

#define STEP3(INSTRUCTION, CONSTRAINT)                                                             \
    __asm__ volatile(INSTRUCTION " %1, %1, %0" : "+" CONSTRAINT(sum[i]) : CONSTRAINT(x))

#ifdef __x86_64__

#include <sys/syscall.h>
#include <unistd.h>

#define AVX2   __attribute__((target("avx2,fma")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl")))

PEAK(f32_sse2, , f32x4, "x", (sum[i] = sum[i] * x + x))
PEAK(f32_avx2, AVX2, f32x8, "x", STEP3("vfmadd231ps", "x"))
PEAK(f32_avx512, AVX512, f32x16, "v", STEP3("vfmadd231ps", "v"))
PEAK(bf16_avx512, AVX512, f32x16, "v", STEP3("vdpbf16ps", "v"))
PEAK(int8_avx512, AVX512, f32x16, "v", STEP3("vpdpbusd", "v"))
PEAK(int8_avx_vnni, AVX2, f32x8, "x", STEP3("%{vex%} vpdpbusd", "x"))

/* Without dot products of bytes: pairs of products as 16 bits, pairs of those as 32, added. */
PEAK(int8_avx2, AVX2, f32x8, "x",
     __asm__ volatile("vpmaddubsw %1, %1, %%ymm15\n\t"
                      "vpmaddwd %1, %%ymm15, %%ymm15\n\t"
                      "vpaddd %%ymm15, %0, %0"
                      : "+x"(sum[i])
                      : "x"(x)
                      : "xmm15"))

/* SSE2 has no products of bytes; of 16 bits it has. */
PEAK(int8_sse2, , f32x4, "x",
     __asm__ volatile("movdqa %1, %%xmm15\n\t"
                      "pmaddwd %1, %%xmm15\n\t"
                      "paddd %%xmm15, %0"
                      : "+x"(sum[i])
                      : "x"(x)
                      : "xmm15"))

/* ---- AMX: four tiles of sums from two by two tiles of operands ---- */

#define ARCH_REQ_XCOMP_PERM 0x1023 /* of <asm/prctl.h>: asks the kernel to keep a thread's tiles */
#define XFEATURE_TILE_DATA  18

static int tiles_allowed(void)
{
    return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_TILE_DATA) == 0;
}

struct tile_config {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
};

static void tiles_open(void)
{
    struct tile_config config = {.palette = 1};
    for (int i = 0; i < 8; i++) {
        config.row_bytes[i] = 64;
        config.rows[i] = 16;
    }
    __asm__ volatile("ldtilecfg %0\n\t"
                     "tilezero %%tmm0\n\ttilezero %%tmm1\n\ttilezero %%tmm2\n\ttilezero %%tmm3\n\t"
                     "tilezero %%tmm4\n\ttilezero %%tmm5\n\ttilezero %%tmm6\n\ttilezero %%tmm7"
                     :
                     : "m"(config));
}

#define TILE_STEPS(INSTRUCTION)                                                                    \
    INSTRUCTION " %%tmm6, %%tmm4, %%tmm0\n\t" INSTRUCTION                                          \
                " %%tmm7, %%tmm4, %%tmm1\n\t" INSTRUCTION                                          \
                " %%tmm6, %%tmm5, %%tmm2\n\t" INSTRUCTION " %%tmm7, %%tmm5, %%tmm3"

static void bf16_amx(long n_rounds)
{
    tiles_open();
    for (long round = 0; round < n_rounds; round++)
        __asm__ volatile(TILE_STEPS("tdpbf16ps") :);
    __asm__ volatile("tilerelease");
}

static void int8_amx(long n_rounds)
{
    tiles_open();
    for (long round = 0; round < n_rounds; round++)
        __asm__ volatile(TILE_STEPS("tdpbusd") :);
    __asm__ volatile("tilerelease");
}

#define TILE_BYTES                                                                                 \
    (4 * 2 * 16 * 16 * 64.0) /* operations of a round on bytes; half as many bf16 fit */

static struct peak peak_f32(void)
{
    if (cpu()->has_avx512)
        return (struct peak){"AVX-512 fused multiply-add", SUMS * 16 * 2, f32_avx512};
    if (cpu()->has_avx2)
        return (struct peak){"AVX2 fused multiply-add", SUMS * 8 * 2, f32_avx2};
    return (struct peak){"SSE2 multiply and add", SUMS * 4 * 2, f32_sse2};
}

static struct peak peak_bf16(void)
{
    if (cpu()->has_amx_bf16 && tiles_allowed())
        return (struct peak){"AMX bf16 tiles", TILE_BYTES / 2, bf16_amx};
    if (cpu()->has_avx512_bf16)
        return (struct peak){"AVX-512 bf16 dot products", SUMS * 16 * 4, bf16_avx512};
    return (struct peak){NULL, 0, NULL};
}

static struct peak peak_int8(void)
{
    if (cpu()->has_amx_int8 && tiles_allowed())
        return (struct peak){"AMX int8 tiles", TILE_BYTES, int8_amx};
    if (cpu()->has_avx512_vnni)
        return (struct peak){"AVX-512 VNNI", SUMS * 16 * 8, int8_avx512};
    if (cpu()->has_avx_vnni)
        return (struct peak){"AVX-VNNI", SUMS * 8 * 8, int8_avx_vnni};
    if (cpu()->has_avx2)
        return (struct peak){"AVX2 maddubs, madd, add", SUMS * 8 * 8, int8_avx2};
    return (struct peak){"SSE2 madd of 16 bits", SUMS * 4 * 4, int8_sse2};
}

#else

PEAK(f32_neon, , f32x4, "w", __asm__ volatile("fmla %0.4s, %1.4s, %1.4s" : "+w"(sum[i]) : "w"(x)))
PEAK(int8_neon, , f32x4, "w",
     __asm__ volatile("smull v31.8h, %1.8b, %1.8b\n\t"
                      "sadalp %0.4s, v31.8h"
                      : "+w"(sum[i])
                      : "w"(x)
                      : "v31"))
PEAK(int8_dot, NEON_DOT, f32x4, "w",
     __asm__ volatile("sdot %0.4s, %1.16b, %1.16b"
                      : "+w"(sum[i])
                      : "w"(x)))

static struct peak peak_f32(void)
{
    return (struct peak){"NEON fused multiply-add", SUMS * 4 * 2, f32_neon};
}

static struct peak peak_bf16(void)
{
    return (struct peak){NULL, 0, NULL};
}

static struct peak peak_int8(void)
{
    if (cpu()->has_neon_dot)
        return (struct peak){"NEON dot products", SUMS * 4 * 8, int8_dot};
    return (struct peak){"NEON multiply, add pairs", SUMS * 4 * 4, int8_neon};
}

#endif

struct peak peak_of(enum peak_type type)
{
    return type == PEAK_F32 ? peak_f32() : type == PEAK_BF16 ? peak_bf16() : peak_int8();
}
