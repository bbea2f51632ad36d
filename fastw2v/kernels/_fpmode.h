/* Subnormal numbers count as zero while a kernel runs, in the thread that runs it: arithmetic with them can
 * take a hundred times as long, and no weight is so small that it would matter. */
#ifndef FASTW2V_FPMODE_H
#define FASTW2V_FPMODE_H

#include <stdint.h>

#if defined(__SSE2__) || defined(_M_X64)
#include <immintrin.h>
/* Returns the mode to restore. 0x8040: results (FTZ) and operands (DAZ). */
static inline uint64_t flush_subnormals(void) {
    const unsigned mode = _mm_getcsr();
    _mm_setcsr(mode | 0x8040u);
    return mode;
}
static inline void restore_fpmode(uint64_t mode) { _mm_setcsr((unsigned)mode); }
#elif defined(__aarch64__)
static inline uint64_t flush_subnormals(void) {
    uint64_t mode;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    __asm__ volatile("msr fpcr, %0" : : "r"(mode | (UINT64_C(1) << 24)));
    return mode;
}
static inline void restore_fpmode(uint64_t mode) { __asm__ volatile("msr fpcr, %0" : : "r"(mode)); }
#else
static inline uint64_t flush_subnormals(void) { return 0; }
static inline void restore_fpmode(uint64_t mode) { (void)mode; }
#endif

#endif
