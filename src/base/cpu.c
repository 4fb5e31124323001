#include "base/cpu.h"

#include <cpuid.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static struct cpu found;
static pthread_once_t once = PTHREAD_ONCE_INIT;

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

/* Clang 14 does not know this one by name. */
static bool has_f16c(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c >> 29 & 1);
}

/* GCC 12 names neither bf16 nor AMX for __builtin_cpu_supports, so leaf 7 is read as it is. */
static void read_leaf7(void)
{
    unsigned a, b, c, d;
    if (__get_cpuid_count(7, 1, &a, &b, &c, &d))
        found.has_avx512_bf16 = found.has_avx512 && (a >> 5 & 1);
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d))
        found.has_amx_bf16 = found.has_avx512_bf16 && (d >> 22 & 1);
}

static void ask(void)
{
    const char *cap = getenv("LLMX_CPU");
    read_name(found.name);
    if (cap && strcmp(cap, "scalar") == 0)
        return;
    found.has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c();
    if (cap && strcmp(cap, "avx2") == 0)
        return;
    found.has_avx512 = found.has_avx2 && __builtin_cpu_supports("avx512f") &&
                       __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                       __builtin_cpu_supports("avx512vl");
    if (cap && strcmp(cap, "avx512") == 0)
        return;
    read_leaf7();
}

const struct cpu *cpu(void)
{
    pthread_once(&once, ask);
    return &found;
}
