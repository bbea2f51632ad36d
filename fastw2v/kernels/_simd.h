/* Vector operations of the instruction set being compiled, for float (f32) and double (f64).
 *
 * The one place that knows instruction sets.  Code that serves both number types is written once, in a
 * file that is included with SUFFIX f32 and again with SUFFIX f64: the names without a suffix at the end
 * (V, W, VLOAD ...) follow SUFFIX.  Nothing here depends on the compiler or on the C library beyond the
 * intrinsics.
 */
#ifndef FASTW2V_SIMD_H
#define FASTW2V_SIMD_H

#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__) || defined(__AVX2__) || defined(__SSE2__) || defined(_M_X64)
#include <immintrin.h>
#elif defined(__aarch64__) || defined(_M_ARM64)
#include <arm_neon.h>
#endif

/* ------------------------------------------------------------------------- words of the compiler ---- */

#if defined(_MSC_VER)
#define SIMD_INLINE static __forceinline
#define SIMD_NOINLINE static __declspec(noinline)
#define SIMD_ALIGNED __declspec(align(64))
#else
#define SIMD_INLINE static inline __attribute__((always_inline))
#define SIMD_NOINLINE static __attribute__((noinline))
#define SIMD_ALIGNED __attribute__((aligned(64)))
#endif

#if defined(__clang__)
#define SIMD_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define SIMD_UNROLL _Pragma("GCC unroll 64")
#else
#define SIMD_UNROLL
#endif

/* A loop over a few lanes stays a loop, until it becomes vectors: unrolled, it would become a heap of shuffles. */
#if defined(__GNUC__) && !defined(__clang__)
#define SIMD_LANES _Pragma("GCC unroll 1")
#else
#define SIMD_LANES
#endif

#define SIMD_JOIN_(name, suffix) name##_##suffix
#define SIMD_JOIN(name, suffix) SIMD_JOIN_(name, suffix)

/* -------------------------------------------------------------------------------------- caches ---- */

#define CACHE_LINE 64

#if defined(__SSE2__) || defined(_M_X64)
#define PREFETCH(address) _mm_prefetch((const char *)(address), _MM_HINT_T0)
#elif defined(__GNUC__)
#define PREFETCH(address) __builtin_prefetch(address, 1)
#else
#define PREFETCH(address) ((void)(address))
#endif
/* To fetch a row for writing at once spares asking its last owner a second time.  Not every processor with
 * AVX2 has the instruction, and one that lacks it would fetch nothing: see CPU_PREFETCHW. */
#if defined(__PRFCHW__)
#define PREFETCH_TO_WRITE(address) __builtin_prefetch(address, 1)
#else
#define PREFETCH_TO_WRITE(address) PREFETCH(address)
#endif

/* ------------------------------------------------------------------------- the instruction sets ----
 *
 * For each: its name, the number of vector registers, the type of a vector, its lanes, and
 *
 *     VZERO, VSET1, VLOAD, VSTORE, VADD, VFMA
 *     reduce(a)        lane k = sum of the lanes of a[k]: a transposing tree, no scalar sums
 *     sum_lanes(v)     sum of the lanes
 *     load_part(p, n)  the first n < lanes numbers, zeros after them
 *     not_below(a, b)  bit k is set unless a[k] < b[k], so also for NaN
 */

#if defined(__AVX512F__)
#define SIMD_ISA "avx512"
#define SIMD_REGISTERS 32
typedef __m512 vector_f32;
typedef __m512d vector_f64;
#define LANES_f32 16
#define LANES_f64 8
#define VZERO_f32() _mm512_setzero_ps()
#define VZERO_f64() _mm512_setzero_pd()
#define VSET1_f32(x) _mm512_set1_ps(x)
#define VSET1_f64(x) _mm512_set1_pd(x)
#define VLOAD_f32(p) _mm512_loadu_ps(p)
#define VLOAD_f64(p) _mm512_loadu_pd(p)
#define VSTORE_f32(p, v) _mm512_storeu_ps(p, v)
#define VSTORE_f64(p, v) _mm512_storeu_pd(p, v)
#define VADD_f32(a, b) _mm512_add_ps(a, b)
#define VADD_f64(a, b) _mm512_add_pd(a, b)
#define VFMA_f32(a, b, c) _mm512_fmadd_ps(a, b, c)
#define VFMA_f64(a, b, c) _mm512_fmadd_pd(a, b, c)
SIMD_INLINE vector_f32 reduce_f32(const vector_f32 *a) {
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
SIMD_INLINE float sum_lanes_f32(vector_f32 v) { return _mm512_reduce_add_ps(v); }
SIMD_INLINE vector_f32 load_part_f32(const float *p, int n) {
    return _mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1u), p);
}
SIMD_INLINE unsigned not_below_f32(vector_f32 a, vector_f32 b) {
    return (unsigned)_mm512_cmp_ps_mask(a, b, _CMP_NLT_UQ);
}

#elif defined(__AVX2__) && (defined(__FMA__) || defined(_MSC_VER))
#define SIMD_ISA "avx2"
#define SIMD_REGISTERS 16
typedef __m256 vector_f32;
typedef __m256d vector_f64;
#define LANES_f32 8
#define LANES_f64 4
#define VZERO_f32() _mm256_setzero_ps()
#define VZERO_f64() _mm256_setzero_pd()
#define VSET1_f32(x) _mm256_set1_ps(x)
#define VSET1_f64(x) _mm256_set1_pd(x)
#define VLOAD_f32(p) _mm256_loadu_ps(p)
#define VLOAD_f64(p) _mm256_loadu_pd(p)
#define VSTORE_f32(p, v) _mm256_storeu_ps(p, v)
#define VSTORE_f64(p, v) _mm256_storeu_pd(p, v)
#define VADD_f32(a, b) _mm256_add_ps(a, b)
#define VADD_f64(a, b) _mm256_add_pd(a, b)
#define VFMA_f32(a, b, c) _mm256_fmadd_ps(a, b, c)
#define VFMA_f64(a, b, c) _mm256_fmadd_pd(a, b, c)
SIMD_INLINE vector_f32 reduce_f32(const vector_f32 *a) {
#define PAIR(x, y) _mm256_add_ps(_mm256_unpacklo_ps(x, y), _mm256_unpackhi_ps(x, y))
#define QUAD(x, y) _mm256_add_ps(_mm256_shuffle_ps(x, y, 0x44), _mm256_shuffle_ps(x, y, 0xEE))
    __m256 low = QUAD(PAIR(a[0], a[1]), PAIR(a[2], a[3]));
    __m256 high = QUAD(PAIR(a[4], a[5]), PAIR(a[6], a[7]));
    return _mm256_add_ps(_mm256_permute2f128_ps(low, high, 0x20),
                         _mm256_permute2f128_ps(low, high, 0x31));
#undef PAIR
#undef QUAD
}
SIMD_INLINE float sum_lanes_f32(vector_f32 v) {
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    __m128 pair = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(pair, _mm_shuffle_ps(pair, pair, 1)));
}
SIMD_INLINE vector_f32 load_part_f32(const float *p, int n) {
    const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_maskload_ps(p, _mm256_cmpgt_epi32(_mm256_set1_epi32(n), lanes));
}
SIMD_INLINE unsigned not_below_f32(vector_f32 a, vector_f32 b) {
    return (unsigned)_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_NLT_UQ));
}

#elif defined(__aarch64__) || defined(_M_ARM64)
#define SIMD_ISA "neon"
#define SIMD_REGISTERS 32
typedef float32x4_t vector_f32;
typedef float64x2_t vector_f64;
#define LANES_f32 4
#define LANES_f64 2
#define VZERO_f32() vdupq_n_f32(0.0f)
#define VZERO_f64() vdupq_n_f64(0.0)
#define VSET1_f32(x) vdupq_n_f32(x)
#define VSET1_f64(x) vdupq_n_f64(x)
#define VLOAD_f32(p) vld1q_f32(p)
#define VLOAD_f64(p) vld1q_f64(p)
#define VSTORE_f32(p, v) vst1q_f32(p, v)
#define VSTORE_f64(p, v) vst1q_f64(p, v)
#define VADD_f32(a, b) vaddq_f32(a, b)
#define VADD_f64(a, b) vaddq_f64(a, b)
#define VFMA_f32(a, b, c) vfmaq_f32(c, a, b)
#define VFMA_f64(a, b, c) vfmaq_f64(c, a, b)
SIMD_INLINE vector_f32 reduce_f32(const vector_f32 *a) {
    return vpaddq_f32(vpaddq_f32(a[0], a[1]), vpaddq_f32(a[2], a[3]));
}
SIMD_INLINE float sum_lanes_f32(vector_f32 v) { return vaddvq_f32(v); }
SIMD_INLINE unsigned not_below_f32(vector_f32 a, vector_f32 b) {
    const uint32x4_t bits = {1, 2, 4, 8};
    return vaddvq_u32(vbicq_u32(bits, vcltq_f32(a, b)));
}

#elif defined(__SSE2__) || defined(_M_X64)
#define SIMD_ISA "baseline"
#define SIMD_REGISTERS 16
typedef __m128 vector_f32;
typedef __m128d vector_f64;
#define LANES_f32 4
#define LANES_f64 2
#define VZERO_f32() _mm_setzero_ps()
#define VZERO_f64() _mm_setzero_pd()
#define VSET1_f32(x) _mm_set1_ps(x)
#define VSET1_f64(x) _mm_set1_pd(x)
#define VLOAD_f32(p) _mm_loadu_ps(p)
#define VLOAD_f64(p) _mm_loadu_pd(p)
#define VSTORE_f32(p, v) _mm_storeu_ps(p, v)
#define VSTORE_f64(p, v) _mm_storeu_pd(p, v)
#define VADD_f32(a, b) _mm_add_ps(a, b)
#define VADD_f64(a, b) _mm_add_pd(a, b)
#define VFMA_f32(a, b, c) _mm_add_ps(_mm_mul_ps(a, b), c)
#define VFMA_f64(a, b, c) _mm_add_pd(_mm_mul_pd(a, b), c)
SIMD_INLINE vector_f32 reduce_f32(const vector_f32 *a) {
    __m128 low = _mm_add_ps(_mm_unpacklo_ps(a[0], a[1]), _mm_unpackhi_ps(a[0], a[1]));
    __m128 high = _mm_add_ps(_mm_unpacklo_ps(a[2], a[3]), _mm_unpackhi_ps(a[2], a[3]));
    return _mm_add_ps(_mm_shuffle_ps(low, high, 0x44), _mm_shuffle_ps(low, high, 0xEE));
}
SIMD_INLINE float sum_lanes_f32(vector_f32 v) {
    __m128 pair = _mm_add_ps(v, _mm_movehl_ps(v, v));
    return _mm_cvtss_f32(_mm_add_ss(pair, _mm_shuffle_ps(pair, pair, 1)));
}
SIMD_INLINE unsigned not_below_f32(vector_f32 a, vector_f32 b) {
    return (unsigned)_mm_movemask_ps(_mm_cmpnlt_ps(a, b));
}

#else
#define SIMD_ISA "baseline"
#define SIMD_REGISTERS 8
typedef float vector_f32;
typedef double vector_f64;
#define LANES_f32 1
#define LANES_f64 1
#define VZERO_f32() 0.0f
#define VZERO_f64() 0.0
#define VSET1_f32(x) (x)
#define VSET1_f64(x) (x)
#define VLOAD_f32(p) (*(p))
#define VLOAD_f64(p) (*(p))
#define VSTORE_f32(p, v) (*(p) = (v))
#define VSTORE_f64(p, v) (*(p) = (v))
#define VADD_f32(a, b) ((a) + (b))
#define VADD_f64(a, b) ((a) + (b))
#define VFMA_f32(a, b, c) ((a) * (b) + (c))
#define VFMA_f64(a, b, c) ((a) * (b) + (c))
SIMD_INLINE vector_f32 reduce_f32(const vector_f32 *a) { return a[0]; }
SIMD_INLINE float sum_lanes_f32(vector_f32 v) { return v; }
SIMD_INLINE unsigned not_below_f32(vector_f32 a, vector_f32 b) { return !(a < b); }
#endif

#if !defined(__AVX512F__) && !(defined(__AVX2__) && (defined(__FMA__) || defined(_MSC_VER)))
SIMD_INLINE vector_f32 load_part_f32(const float *p, int n) {
    float lanes[LANES_f32] = {0};
    memcpy(lanes, p, (size_t)n * sizeof(float));
    return VLOAD_f32(lanes);
}
#endif

/* Only gradient checks run in double: the obvious reduction will do. */
SIMD_INLINE vector_f64 reduce_f64(const vector_f64 *a) {
    double lanes[LANES_f64], sums[LANES_f64];
    for (int k = 0; k < LANES_f64; k++) {
        VSTORE_f64(lanes, a[k]);
        sums[k] = 0.0;
        for (int lane = 0; lane < LANES_f64; lane++) sums[k] += lanes[lane];
    }
    return VLOAD_f64(sums);
}

/* The compiler would take a vector that two sums use from memory twice; the loads are then what the scores
 * wait for. (Emulated vectors are no registers.) */
#if defined(__GNUC__) && defined(__AVX2__) && !defined(FASTW2V_EMULATED_IMMINTRIN_H)
#define LOAD_ONCE(vector) __asm__("" : "+v"(vector))
#else
#define LOAD_ONCE(vector) ((void)0)
#endif

/* --------------------------------------------------------------- names that follow SUFFIX ---- */

#define V SIMD_JOIN(vector, SUFFIX) /* a vector ... */
#define W SIMD_JOIN(LANES, SUFFIX)  /* ... and its lanes: undefine both behind the last use */
#define VZERO() SIMD_JOIN(VZERO, SUFFIX)()
#define VSET1(x) SIMD_JOIN(VSET1, SUFFIX)(x)
#define VLOAD(p) SIMD_JOIN(VLOAD, SUFFIX)(p)
#define VSTORE(p, v) SIMD_JOIN(VSTORE, SUFFIX)(p, v)
#define VADD(a, b) SIMD_JOIN(VADD, SUFFIX)(a, b)
#define VFMA(a, b, c) SIMD_JOIN(VFMA, SUFFIX)(a, b, c)
#define VREDUCE(a) SIMD_JOIN(reduce, SUFFIX)(a)

#endif
