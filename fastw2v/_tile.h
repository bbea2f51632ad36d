/* The dense arithmetic of one training window, for the instruction set being compiled.
 *
 * This file names the vector operations; _tile_body.h, included once for float (the shipped
 * kernels) and once for double (the same code, for gradient checks), holds the arithmetic.
 * No operation here depends on the compiler or on the C library beyond the intrinsics.
 */
#ifndef FASTW2V_TILE_H
#define FASTW2V_TILE_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__) || defined(__AVX2__) || defined(__SSE2__) || defined(_M_X64)
#include <immintrin.h>
#elif defined(__aarch64__) || defined(_M_ARM64)
#include <arm_neon.h>
#endif

#if defined(_MSC_VER)
#define TILE_INLINE static __forceinline
#define TILE_NOINLINE static __declspec(noinline)
#define TILE_ALIGNED __declspec(align(64))
#else
#define TILE_INLINE static inline __attribute__((always_inline))
#define TILE_NOINLINE static __attribute__((noinline))
#define TILE_ALIGNED __attribute__((aligned(64)))
#endif

#if defined(__SSE2__) || defined(_M_X64)
#define PREFETCH(address) _mm_prefetch((const char *)(address), _MM_HINT_T0)
#elif defined(__GNUC__)
#define PREFETCH(address) __builtin_prefetch(address, 1)
#else
#define PREFETCH(address) ((void)(address))
#endif
/* To fetch a row for writing at once spares asking its last owner a second time.  Not every processor with
 * AVX2 has the instruction, and one that lacks it would fetch nothing: see fetch_to_write. */
#if defined(__PRFCHW__)
#define PREFETCH_TO_WRITE(address) __builtin_prefetch(address, 1)
#else
#define PREFETCH_TO_WRITE(address) PREFETCH(address)
#endif

#define CACHE_LINE 64

/* TILE_OUT: how many output rows one pass keeps in registers.  The update needs, for each of them,
 * the old row and its sum, and three registers more: 2 * 6 + 3 <= 16, 2 * 12 + 3 <= 32. */
#if defined(__AVX512F__)
#define TILE_ISA "avx512"
#define TILE_OUT 12
#elif defined(__AVX2__) && (defined(__FMA__) || defined(_MSC_VER))
#define TILE_ISA "avx2"
#define TILE_OUT 6
#elif defined(__aarch64__) || defined(_M_ARM64)
#define TILE_ISA "neon"
#define TILE_OUT 12
#elif defined(__SSE2__) || defined(_M_X64)
#define TILE_ISA "baseline"
#define TILE_OUT 6
#else
#define TILE_ISA "baseline"
#define TILE_OUT 4
#endif

/* pairs are padded to this many, for vector loops without remainders */
#if defined(__AVX512F__)
#define LOGISTIC_LANES 16
#else
#define LOGISTIC_LANES 8
#endif

/* The lines of a later row are not fetched one after the other: hardware takes that for a stream and
 * fetches the lines beyond the row, too, which are another row and may be in use by another thread.
 * Steps near the golden section stay irregular for any length; they have no common divisor with the
 * number of lines, so that each is met. */
static inline int tile_fetch_step(int n_lines) {
    int step = (int)(0.618 * n_lines + 0.5), a, b;
    for (;; step--) {
        for (a = n_lines, b = step; b > 0;) {
            const int rest = a % b;
            a = b, b = rest;
        }
        if (a == 1 || step <= 1) return step > 1 ? step : 1;
    }
}

/* One window of training, for either number type (REAL in _tile_body.h). */
typedef struct {
    /* (n_in) REAL rows of old input values. They may be in_rows themselves where those are n_in
     * different rows and n_out <= TILE_OUT: then each number is read before it is changed. */
    void *const *x_rows;
    void *const *in_rows;  /* (n_in) REAL rows to which the input updates are added */
    void *const *out_rows; /* (n_out) REAL output rows, updated in place */
    const float *label;    /* (n_out) */
    const float *times;    /* (n_out) multiplicity of each output row; 0 leaves it untouched */
    void *const *next_rows; /* (n_next) rows of a later window, fetched into the cache meanwhile */
    void *grad;            /* REAL scratch, n_in * TILE_OUT + 4 * LOGISTIC_LANES numbers: s, then g */
    void *labels, *counts; /* as grad: label and times, repeated for each input row */
    double *loss;          /* (LOGISTIC_LANES) partial sums to add to; NULL: no loss wanted */
    double alpha;
    int n_blocks;   /* vectors in a row */
    int n_in, n_out, n_next;
    int fetch_step; /* cache lines from one that is fetched to the next: tile_fetch_step */
    int fetch_to_write; /* whether this processor has PREFETCHW */
    int n_labelled; /* pairs for which labels and counts repeat label and times already */
} Window;

#if defined(__clang__)
#define TILE_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define TILE_UNROLL _Pragma("GCC unroll 64")
#else
#define TILE_UNROLL
#endif

/* The compiler would take a vector that two sums use from memory twice; the loads are then what the scores
 * wait for. (Emulated vectors are no registers.) */
#if defined(__GNUC__) && defined(__AVX2__) && !defined(FASTW2V_EMULATED_IMMINTRIN_H)
#define LOAD_ONCE(vector) __asm__("" : "+v"(vector))
#else
#define LOAD_ONCE(vector) ((void)0)
#endif

#define TILE_JOIN_(name, suffix) name##_##suffix
#define TILE_JOIN(name, suffix) TILE_JOIN_(name, suffix)

/* ---------------------------------------------------------------------------------- float ---- */
#define SUFFIX f32
#define REAL float
#define UINT uint32_t
#define MANTISSA_BITS 23
#define ROUND_MAGIC 12582912.0f /* 1.5 * 2^23: adding it leaves the nearest integer in the low bits */
#define EXP_FLOOR -87.0f        /* exp of anything below is denormal */
#define EXP_TERMS 7
#define LOG_TERMS 8
#if defined(__AVX512F__)
#define V __m512
#define W 16
#define VZERO() _mm512_setzero_ps()
#define VSET1(x) _mm512_set1_ps(x)
#define VLOAD(p) _mm512_loadu_ps(p)
#define VSTORE(p, v) _mm512_storeu_ps(p, v)
#define VADD(a, b) _mm512_add_ps(a, b)
#define VFMA(a, b, c) _mm512_fmadd_ps(a, b, c)
/* sums[k] = sum of the lanes of acc[k]: a transposing tree of shuffles and adds, no scalar sums. */
TILE_INLINE __m512 tile_reduce_f32(const __m512 *a) {
#define HALVES(x, y) \
    _mm512_add_ps(_mm512_shuffle_f32x4(x, y, 0x44), _mm512_shuffle_f32x4(x, y, 0xEE))
#define QUARTERS(x, y) \
    _mm512_add_ps(_mm512_shuffle_f32x4(x, y, 0x88), _mm512_shuffle_f32x4(x, y, 0xDD))
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    __m512 u0 = QUARTERS(HALVES(a[0], a[1]), HALVES(a[2], a[3]));
    __m512 u1 = QUARTERS(HALVES(a[4], a[5]), HALVES(a[6], a[7]));
    __m512 u2 = QUARTERS(HALVES(a[8], a[9]), HALVES(a[10], a[11]));
    __m512 u3 = QUARTERS(HALVES(a[12], a[13]), HALVES(a[14], a[15]));
    __m512 v0 = _mm512_add_ps(_mm512_unpacklo_ps(u0, u1), _mm512_unpackhi_ps(u0, u1));
    __m512 v1 = _mm512_add_ps(_mm512_unpacklo_ps(u2, u3), _mm512_unpackhi_ps(u2, u3));
    __m512 sums = _mm512_add_ps(_mm512_shuffle_ps(v0, v1, 0x44), _mm512_shuffle_ps(v0, v1, 0xEE));
    return _mm512_permutexvar_ps(order, sums);
#undef HALVES
#undef QUARTERS
}
#elif defined(__AVX2__) && (defined(__FMA__) || defined(_MSC_VER))
#define V __m256
#define W 8
#define VZERO() _mm256_setzero_ps()
#define VSET1(x) _mm256_set1_ps(x)
#define VLOAD(p) _mm256_loadu_ps(p)
#define VSTORE(p, v) _mm256_storeu_ps(p, v)
#define VADD(a, b) _mm256_add_ps(a, b)
#define VFMA(a, b, c) _mm256_fmadd_ps(a, b, c)
TILE_INLINE __m256 tile_reduce_f32(const __m256 *a) {
#define PAIR(x, y) _mm256_add_ps(_mm256_unpacklo_ps(x, y), _mm256_unpackhi_ps(x, y))
#define QUAD(x, y) _mm256_add_ps(_mm256_shuffle_ps(x, y, 0x44), _mm256_shuffle_ps(x, y, 0xEE))
    __m256 low = QUAD(PAIR(a[0], a[1]), PAIR(a[2], a[3]));
    __m256 high = QUAD(PAIR(a[4], a[5]), PAIR(a[6], a[7]));
    return _mm256_add_ps(_mm256_permute2f128_ps(low, high, 0x20),
                         _mm256_permute2f128_ps(low, high, 0x31));
#undef PAIR
#undef QUAD
}
#elif defined(__aarch64__) || defined(_M_ARM64)
#define V float32x4_t
#define W 4
#define VZERO() vdupq_n_f32(0.0f)
#define VSET1(x) vdupq_n_f32(x)
#define VLOAD(p) vld1q_f32(p)
#define VSTORE(p, v) vst1q_f32(p, v)
#define VADD(a, b) vaddq_f32(a, b)
#define VFMA(a, b, c) vfmaq_f32(c, a, b)
TILE_INLINE float32x4_t tile_reduce_f32(const float32x4_t *a) {
    return vpaddq_f32(vpaddq_f32(a[0], a[1]), vpaddq_f32(a[2], a[3]));
}
#elif defined(__SSE2__) || defined(_M_X64)
#define V __m128
#define W 4
#define VZERO() _mm_setzero_ps()
#define VSET1(x) _mm_set1_ps(x)
#define VLOAD(p) _mm_loadu_ps(p)
#define VSTORE(p, v) _mm_storeu_ps(p, v)
#define VADD(a, b) _mm_add_ps(a, b)
#define VFMA(a, b, c) _mm_add_ps(_mm_mul_ps(a, b), c)
TILE_INLINE __m128 tile_reduce_f32(const __m128 *a) {
    __m128 low = _mm_add_ps(_mm_unpacklo_ps(a[0], a[1]), _mm_unpackhi_ps(a[0], a[1]));
    __m128 high = _mm_add_ps(_mm_unpacklo_ps(a[2], a[3]), _mm_unpackhi_ps(a[2], a[3]));
    return _mm_add_ps(_mm_shuffle_ps(low, high, 0x44), _mm_shuffle_ps(low, high, 0xEE));
}
#else
#define V float
#define W 1
#define VZERO() 0.0f
#define VSET1(x) (x)
#define VLOAD(p) (*(p))
#define VSTORE(p, v) (*(p) = (v))
#define VADD(a, b) ((a) + (b))
#define VFMA(a, b, c) ((a) * (b) + (c))
TILE_INLINE float tile_reduce_f32(const float *a) { return a[0]; }
#endif
#include "_tile_body.h"
enum { TILE_LANES_f32 = W };
#undef SUFFIX
#undef REAL
#undef UINT
#undef MANTISSA_BITS
#undef ROUND_MAGIC
#undef EXP_FLOOR
#undef EXP_TERMS
#undef LOG_TERMS
#undef V
#undef W
#undef VZERO
#undef VSET1
#undef VLOAD
#undef VSTORE
#undef VADD
#undef VFMA

/* --------------------------------------------------------------------------------- double ---- */
#define SUFFIX f64
#define REAL double
#define UINT uint64_t
#define MANTISSA_BITS 52
#define ROUND_MAGIC 6755399441055744.0 /* 1.5 * 2^52 */
#define EXP_FLOOR -700.0
#define EXP_TERMS 14
#define LOG_TERMS 17
#if defined(__AVX512F__)
#define V __m512d
#define W 8
#define VZERO() _mm512_setzero_pd()
#define VSET1(x) _mm512_set1_pd(x)
#define VLOAD(p) _mm512_loadu_pd(p)
#define VSTORE(p, v) _mm512_storeu_pd(p, v)
#define VADD(a, b) _mm512_add_pd(a, b)
#define VFMA(a, b, c) _mm512_fmadd_pd(a, b, c)
#elif defined(__AVX2__) && (defined(__FMA__) || defined(_MSC_VER))
#define V __m256d
#define W 4
#define VZERO() _mm256_setzero_pd()
#define VSET1(x) _mm256_set1_pd(x)
#define VLOAD(p) _mm256_loadu_pd(p)
#define VSTORE(p, v) _mm256_storeu_pd(p, v)
#define VADD(a, b) _mm256_add_pd(a, b)
#define VFMA(a, b, c) _mm256_fmadd_pd(a, b, c)
#elif defined(__aarch64__) || defined(_M_ARM64)
#define V float64x2_t
#define W 2
#define VZERO() vdupq_n_f64(0.0)
#define VSET1(x) vdupq_n_f64(x)
#define VLOAD(p) vld1q_f64(p)
#define VSTORE(p, v) vst1q_f64(p, v)
#define VADD(a, b) vaddq_f64(a, b)
#define VFMA(a, b, c) vfmaq_f64(c, a, b)
#elif defined(__SSE2__) || defined(_M_X64)
#define V __m128d
#define W 2
#define VZERO() _mm_setzero_pd()
#define VSET1(x) _mm_set1_pd(x)
#define VLOAD(p) _mm_loadu_pd(p)
#define VSTORE(p, v) _mm_storeu_pd(p, v)
#define VADD(a, b) _mm_add_pd(a, b)
#define VFMA(a, b, c) _mm_add_pd(_mm_mul_pd(a, b), c)
#else
#define V double
#define W 1
#define VZERO() 0.0
#define VSET1(x) (x)
#define VLOAD(p) (*(p))
#define VSTORE(p, v) (*(p) = (v))
#define VADD(a, b) ((a) + (b))
#define VFMA(a, b, c) ((a) * (b) + (c))
#endif
/* Only gradient checks run in double: the obvious reduction will do. */
TILE_INLINE V tile_reduce_f64(const V *a) {
    double lanes[W], sums[W];
    for (int k = 0; k < W; k++) {
        VSTORE(lanes, a[k]);
        sums[k] = 0.0;
        for (int lane = 0; lane < W; lane++) sums[k] += lanes[lane];
    }
    return VLOAD(sums);
}
#include "_tile_body.h"
enum { TILE_LANES_f64 = W };
#undef SUFFIX
#undef REAL
#undef UINT
#undef MANTISSA_BITS
#undef ROUND_MAGIC
#undef EXP_FLOOR
#undef EXP_TERMS
#undef LOG_TERMS
#undef V
#undef W
#undef VZERO
#undef VSET1
#undef VLOAD
#undef VSTORE
#undef VADD
#undef VFMA

#endif
