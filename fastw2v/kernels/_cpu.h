/* Which instruction sets this processor and its operating system support. */
#ifndef FASTW2V_CPU_H
#define FASTW2V_CPU_H

enum { CPU_AVX2 = 1, CPU_AVX512 = 2, CPU_NEON = 4, CPU_PREFETCHW = 8, CPU_VNNI = 16 };

#if defined(__x86_64__) || defined(_M_X64)
#if defined(_MSC_VER)
#include <intrin.h>
static void cpu_id(int leaf, unsigned r[4]) { __cpuidex((int *)r, leaf, 0); }
static unsigned long long cpu_saved_state(void) { return _xgetbv(0); }
#else
#include <cpuid.h>
static void cpu_id(int leaf, unsigned r[4]) {
    if (!__get_cpuid_count((unsigned)leaf, 0, &r[0], &r[1], &r[2], &r[3])) r[0] = r[1] = r[2] = r[3] = 0;
}
static unsigned long long cpu_saved_state(void) {
    unsigned low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return ((unsigned long long)high << 32) | low;
}
#endif

static int cpu_features(void) {
    const unsigned xsave_fma = (1u << 27) | (1u << 12) | (1u << 28) | (1u << 29); /* OSXSAVE, FMA, AVX, F16C */
    const unsigned avx2_bmi2 = (1u << 5) | (1u << 8);
    const unsigned avx512 = (1u << 16) | (1u << 17) | (1u << 30) | (1u << 31); /* F, DQ, BW, VL */
    unsigned one[4], seven[4], extended[4];
    int features = 0;
    cpu_id(1, one);
    cpu_id(7, seven);
    cpu_id((int)0x80000001, extended);
    if (extended[2] & (1u << 8)) features |= CPU_PREFETCHW;
    if ((one[2] & xsave_fma) != xsave_fma) return features;
    if ((cpu_saved_state() & 0x06) == 0x06 && (seven[1] & avx2_bmi2) == avx2_bmi2) features |= CPU_AVX2;
    if ((features & CPU_AVX2) && (cpu_saved_state() & 0xE6) == 0xE6 && (seven[1] & avx512) == avx512) features |= CPU_AVX512;
    if ((features & CPU_AVX512) && (seven[2] & (1u << 11))) features |= CPU_VNNI;
#if defined(FASTW2V_EMULATE) /* its AVX-512 modules run anywhere: setup.py */
    features |= CPU_AVX512;
#endif
    return features;
}
#elif defined(__aarch64__) || defined(_M_ARM64)
static int cpu_features(void) { return CPU_NEON; }
#else
static int cpu_features(void) { return 0; }
#endif

#endif
