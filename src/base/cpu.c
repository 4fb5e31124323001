#include "base/cpu.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct cpu found;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static bool is_capped_at(const char *level)
{
    const char *cap = getenv("LLMX_CPU");
    return cap && strcmp(cap, level) == 0;
}

#ifdef __x86_64__

#include <cpuid.h>

static void read_name(char name[static 64])
{
    unsigned words[12] = {0};
    for (unsigned i = 0; i < 3; i++)
        __get_cpuid(0x80000002u + i, &words[i * 4], &words[i * 4 + 1], &words[i * 4 + 2],
                    &words[i * 4 + 3]);
    memcpy(name, words, sizeof words);
    for (size_t n = strnlen(name, 48); n > 0 && name[n - 1] == ' '; n--)
        name[n - 1] = '\0';
}

/* A bit of a leaf's registers a, b, c, d: compilers know features by name long after processors have them. */
static bool has_bit(unsigned leaf, unsigned subleaf, char which, int bit)
{
    unsigned r[4] = {0};
    return __get_cpuid_count(leaf, subleaf, &r[0], &r[1], &r[2], &r[3]) &&
           (r[which - 'a'] >> bit & 1);
}

static void ask(void)
{
    read_name(found.name);
    if (is_capped_at("sse2") || is_capped_at("scalar"))
        return;
    found.has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                     has_bit(1, 0, 'c', 29); /* F16C */
    if (is_capped_at("avx2"))
        return;
    found.has_avx_vnni = found.has_avx2 && has_bit(7, 1, 'a', 4);
    if (is_capped_at("avxvnni"))
        return;
    found.has_avx512 = found.has_avx2 && __builtin_cpu_supports("avx512f") &&
                       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512vl");
    if (is_capped_at("avx512"))
        return;
    found.has_avx512_vnni = found.has_avx512 && has_bit(7, 0, 'c', 11);
    if (is_capped_at("avx512vnni"))
        return;
    found.has_avx512_bf16 = found.has_avx512 && has_bit(7, 1, 'a', 5);
    found.has_amx_bf16 = found.has_avx512_bf16 && has_bit(7, 0, 'd', 22);
    found.has_amx_int8 = found.has_amx_bf16 && has_bit(7, 0, 'd', 25);
}

#else

#include <sys/auxv.h>

#define HWCAP_DOT (1ul << 20) /* asimddp of arm64's <asm/hwcap.h> */

static void ask(void)
{
    snprintf(found.name, sizeof found.name, "arm64");
    found.has_neon_dot = !is_capped_at("neon") && (getauxval(AT_HWCAP) & HWCAP_DOT);
}

#endif

const struct cpu *cpu(void)
{
    pthread_once(&once, ask);
    return &found;
}
