/* A filter that multiplies bytes: four times as many in an instruction as floats, and a quarter of the memory.
 *
 * A row x is sketched by codes c of a byte each: x is near step * c. What that loses is known: the length of x - step * c
 * over that of x is the row's `error`. A query q of length 1 is sketched in the same way. Then the cosine of both is within
 * error(x) + error(q) * (1 + error(x)) of the sketches' product (Cauchy-Schwarz), and no error exceeds sqrt(size) / 254:
 * half a step in each number, where 127 steps are at most the length. So the filter lets through all that may rank.
 *
 * Only processors that have AVX-512 VNNI gain by it: the instruction adds four products of an unsigned and a signed byte.
 * A query's codes are the unsigned ones, 128 more than they mean, so that 128 times the sum of a row's codes is taken off.
 */
#ifndef FASTW2V_BYTES_H
#define FASTW2V_BYTES_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "kernels/_cpu.h"
#include "kernels/_simd.h"
#include "query/_scale.h"

#define LARGEST_CODE 127
#define CODE_OFFSET 128
#define MOST_BYTES 65536 /* of a row: 255 * 127 for each still fit into an int */

/* Rows as bytes.  The instruction adds up groups of four, so a vector holds the same group of 16 rows, and its sums are
 * those of 16 rows, with nothing to be added across.  Zeros fill up the last group of a row, and the last 16 rows. */
typedef struct {
    signed char *codes; /* (n / 16 rounded up, groups, 16, 4) */
    ptrdiff_t groups;   /* of four codes in each row */
    float *factors;     /* step / length, so that factor * code is near the unit vector; NaN where the filter cannot tell */
    float *errors;      /* |x - step * c| / |x| */
    int32_t *sums;      /* of the codes */
} Sketch;

#define SKETCH_ROWS 16

static ptrdiff_t sketch_groups(ptrdiff_t size) { return (size + 3) / 4; }

/* FASTW2V_EMULATE has no such instruction. */
#if defined(__AVX512BW__) && !defined(FASTW2V_EMULATED_IMMINTRIN_H)
#define HAS_BYTES 1
#define MASK16(n) ((__mmask16)((1u << (n)) - 1u))
#define MASK64(n) ((n) < 64 ? ((__mmask64)1 << (n)) - 1 : ~(__mmask64)0)

/* sum += the four products of each lane. (As an intrinsic it would need the target in all that it is inlined into, and GCC
 * copies and spills the sums of a tile.) */
#if defined(_MSC_VER)
#define ADD_FOURS(sum, unsigned_codes, codes) ((sum) = _mm512_dpbusd_epi32(sum, unsigned_codes, codes))
#else
#define ADD_FOURS(sum, unsigned_codes, codes) \
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(unsigned_codes), "v"(codes))
#endif

/* Asked once, when the module is imported: within a virtual machine a question takes longer than a search of few rows. */
static int multiplies_bytes(void) {
    static int known = -1;
    if (known < 0) known = (cpu_features() & CPU_VNNI) != 0;
    return known;
}

/* Where the codes of a row are: those of its first group; the next group is 4 * SKETCH_ROWS bytes behind. */
SIMD_INLINE signed char *codes_of(const Sketch *sketch, ptrdiff_t row) {
    return sketch->codes + (row / SKETCH_ROWS * sketch->groups * SKETCH_ROWS + row % SKETCH_ROWS) * 4;
}

/* 16 codes, of which the first `n` are a row's, into four of its groups. */
SIMD_INLINE void put_codes(signed char *codes, ptrdiff_t i, __m128i code, ptrdiff_t n) {
    int four[4];
    _mm_storeu_si128((__m128i *)four, code);
    for (int group = 0; 4 * group < n; group++) memcpy(codes + (i / 4 + group) * 4 * SKETCH_ROWS, four + group, 4);
}

/* Sketch one row of floats; returns the factor. */
static float sketch_floats(const float *row, ptrdiff_t size, signed char *codes, float *error, int32_t *sum) {
    __m512 largest = _mm512_setzero_ps(), squares = largest, lost = largest;
    __m512i total = _mm512_setzero_si512();
    for (ptrdiff_t i = 0; i < size; i += 16) {
        const __mmask16 mask = size - i < 16 ? MASK16(size - i) : MASK16(16);
        const __m512 x = _mm512_maskz_loadu_ps(mask, row + i);
        squares = _mm512_fmadd_ps(x, x, squares);
        largest = _mm512_max_ps(largest, _mm512_abs_ps(x));
    }
    const float square = _mm512_reduce_add_ps(squares), most = _mm512_reduce_max_ps(largest);
    const int tells = square > SAFE_LOW && square < SAFE_HIGH; /* not for NaN */
    const float step = tells ? most / LARGEST_CODE : 0.0f, scale = tells ? LARGEST_CODE / most : 0.0f;
    for (ptrdiff_t i = 0; i < size; i += 16) {
        const __mmask16 mask = size - i < 16 ? MASK16(size - i) : MASK16(16);
        const __m512 x = tells ? _mm512_maskz_loadu_ps(mask, row + i) : _mm512_setzero_ps();
        const __m512i code = _mm512_cvtps_epi32(_mm512_mul_ps(x, _mm512_set1_ps(scale)));
        const __m512 left = _mm512_fnmadd_ps(_mm512_cvtepi32_ps(code), _mm512_set1_ps(step), x);
        lost = _mm512_fmadd_ps(left, left, lost);
        total = _mm512_add_epi32(total, code);
        put_codes(codes, i, _mm512_cvtsepi32_epi8(code), size - i < 16 ? size - i : 16);
    }
    *sum = _mm512_reduce_add_epi32(total);
    *error = tells ? sqrtf(_mm512_reduce_add_ps(lost) / square) : 0.0f;
    return tells ? step / sqrtf(square) : NAN;
}

/* Sums of a row's codes that a table holds, of their squares, and of their products with a query's codes. */
typedef struct {
    __m512i with_query, shifted_square, sum;
} byte_sums;

SIMD_INLINE void add_bytes(byte_sums *s, __m512i codes, __m512i query) {
    ADD_FOURS(s->with_query, query, codes);
    ADD_FOURS(s->shifted_square, _mm512_xor_si512(codes, _mm512_set1_epi8((char)0x80)), codes);
    ADD_FOURS(s->sum, _mm512_set1_epi8(1), codes);
}

/* Sketch a row that is bytes already: nothing is lost. */
static void sketch_bytes(const signed char *row, ptrdiff_t size, signed char *codes, float *factor, int32_t *sum) {
    byte_sums sums = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()};
    for (ptrdiff_t i = 0; i < size; i += 64) {
        signed char some[64];
        const __m512i x = _mm512_maskz_loadu_epi8(MASK64(size - i), row + i);
        add_bytes(&sums, x, x);
        _mm512_storeu_si512(some, x);
        for (ptrdiff_t k = 0; k < 64 && i + k < size; k += 16)
            put_codes(codes, i + k, _mm_loadu_si128((const __m128i *)(some + k)), size - i - k < 16 ? size - i - k : 16);
    }
    *sum = _mm512_reduce_add_epi32(sums.sum);
    const float square = (float)((int64_t)_mm512_reduce_add_epi32(sums.shifted_square) - (int64_t)CODE_OFFSET * *sum);
    *factor = square > 0.0f ? 1.0f / sqrtf(square) : NAN;
}

/* sum += the products of four codes of a query with those of 16 rows. */
SIMD_INLINE void add_group(__m512i *sum, const uint8_t *query, const signed char *codes) {
    int four;
    memcpy(&four, query, sizeof(four));
    const __m512i x = _mm512_set1_epi32(four);
    ADD_FOURS(*sum, x, _mm512_loadu_si512(codes));
}

#define CHAINS 4 /* of sums that do not wait for each other */

/* The products of a query's codes with those of 16 sketched rows, which lie one after the other in memory: several blocks
 * at a time would be fewer loads, but what is not in a cache would come more slowly. */
SIMD_INLINE __m512i sums_of_sketch(const Sketch *rows, ptrdiff_t block, const uint8_t *query) {
    const signed char *codes = codes_of(rows, block * SKETCH_ROWS);
    __m512i sum[CHAINS];
    ptrdiff_t group = 0;
    SIMD_UNROLL
    for (int c = 0; c < CHAINS; c++) sum[c] = _mm512_setzero_si512();
    for (; group + CHAINS <= rows->groups; group += CHAINS, query += 4 * CHAINS, codes += 4 * CHAINS * SKETCH_ROWS) {
        SIMD_UNROLL
        for (int c = 0; c < CHAINS; c++) add_group(&sum[c], query + 4 * c, codes + c * 4 * SKETCH_ROWS);
    }
    for (; group < rows->groups; group++, query += 4, codes += 4 * SKETCH_ROWS) add_group(&sum[0], query, codes);
    return _mm512_add_epi32(_mm512_add_epi32(sum[0], sum[1]), _mm512_add_epi32(sum[2], sum[3]));
}

/* What sums of products say of 16 rows: a bound of their scores.  `some` are those that there are. */
SIMD_INLINE __m512 bound_of_sketch(const Sketch *rows, ptrdiff_t first, __m512i products, float step, __mmask16 some) {
    const __m512i offset = _mm512_slli_epi32(_mm512_maskz_loadu_epi32(some, rows->sums + first), 7); /* CODE_OFFSET */
    const __m512 dot = _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_sub_epi32(products, offset)), _mm512_set1_ps(step));
    return _mm512_fmadd_ps(dot, _mm512_maskz_loadu_ps(some, rows->factors + first),
                           _mm512_maskz_loadu_ps(some, rows->errors + first));
}

/* The scores of n <= 16 rows of bytes of a table, which have no sketch: `query` holds its codes, zeros behind them. */
static __m512 scores_of_bytes(const signed char *codes, ptrdiff_t stride, int n, const uint8_t *query,
                                        ptrdiff_t size) {
    const ptrdiff_t whole = size - size % 64;
    __m512 dots[16], squares[16];
    for (int k = 0; k < n; k++, codes += stride) {
        byte_sums s = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512()};
        for (ptrdiff_t i = 0; i < whole; i += 64)
            add_bytes(&s, _mm512_loadu_si512(codes + i), _mm512_loadu_si512(query + i));
        if (whole < size)
            add_bytes(&s, _mm512_maskz_loadu_epi8(MASK64(size - whole), codes + whole), _mm512_loadu_si512(query + whole));
        const __m512i offset = _mm512_slli_epi32(s.sum, 7); /* CODE_OFFSET */
        dots[k] = _mm512_cvtepi32_ps(_mm512_sub_epi32(s.with_query, offset));
        squares[k] = _mm512_cvtepi32_ps(_mm512_sub_epi32(s.shifted_square, offset));
    }
    for (int k = n; k < 16; k++) dots[k] = squares[k] = _mm512_setzero_ps();
    /* A row of zeros gives 0 / 0, a NaN. */
    return _mm512_div_ps(reduce_f32(dots), _mm512_sqrt_ps(reduce_f32(squares)));
}

/* Bound of the errors of all rows. */
static float most_error(ptrdiff_t size) { return sqrtf((float)size) / (2 * LARGEST_CODE); }

/* A query of length 1 as unsigned codes, `gap` bytes from each group of four to the next; returns the step between numbers,
 * and what that loses. */
static float sketch_query(const float *query, ptrdiff_t size, uint8_t *codes, ptrdiff_t gap, float *error) {
    float largest = 0.0f;
    double lost = 0.0;
    for (ptrdiff_t i = 0; i < size; i++)
        if (fabsf(query[i]) > largest) largest = fabsf(query[i]);
    const float step = largest / LARGEST_CODE;
    for (ptrdiff_t i = 0; i < size; i++) {
        const long code = largest > 0.0f ? lrintf(query[i] / step) : 0;
        const double left = (double)query[i] - (double)step * (double)code;
        lost += left * left;
        codes[i / 4 * gap + i % 4] = (uint8_t)(code + CODE_OFFSET);
    }
    *error = (float)sqrt(lost);
    return step;
}
/* A tile of rows and vectors of 16 queries: 24 sums, 3 vectors of queries; the rows' groups of four are taken from memory. */
#define BYTE_ROWS 8
#define BYTE_VECTORS 3

/* The rows lie in the same 16.  What each query and each row asks of a score: bit k of found[r][v] is set if query k of vector v may be answered with row r. */
SIMD_INLINE unsigned byte_tile(const Sketch *rows, ptrdiff_t first, const int n_rows, const uint8_t *panel,
                                         const float *steps, const float *bars, ptrdiff_t groups,
                                         unsigned found[BYTE_ROWS][BYTE_VECTORS]) {
    const signed char *codes = codes_of(rows, first);
    __m512i sum[BYTE_ROWS][BYTE_VECTORS];
    unsigned any = 0;
    SIMD_UNROLL
    for (int r = 0; r < n_rows; r++) {
        SIMD_UNROLL
        for (int v = 0; v < BYTE_VECTORS; v++) sum[r][v] = _mm512_set1_epi32(-CODE_OFFSET * rows->sums[first + r]);
    }
    for (ptrdiff_t group = 0; group < groups; group++, panel += BYTE_VECTORS * 64, codes += 4 * SKETCH_ROWS) {
        __m512i x[BYTE_VECTORS];
        SIMD_UNROLL
        for (int v = 0; v < BYTE_VECTORS; v++) {
            x[v] = _mm512_loadu_si512(panel + v * 64);
            LOAD_ONCE(x[v]);
        }
        SIMD_UNROLL
        for (int r = 0; r < n_rows; r++) {
            int four;
            memcpy(&four, codes + 4 * r, sizeof(four));
            const __m512i y = _mm512_set1_epi32(four);
            SIMD_UNROLL
            for (int v = 0; v < BYTE_VECTORS; v++) ADD_FOURS(sum[r][v], x[v], y);
        }
    }
    SIMD_UNROLL
    for (int r = 0; r < n_rows; r++) {
        const __m512 factor = _mm512_set1_ps(rows->factors[first + r]), error = _mm512_set1_ps(rows->errors[first + r]);
        SIMD_UNROLL
        for (int v = 0; v < BYTE_VECTORS; v++) {
            const __m512 score = _mm512_mul_ps(_mm512_cvtepi32_ps(sum[r][v]), _mm512_loadu_ps(steps + 16 * v));
            any |= found[r][v] = not_below_f32(_mm512_fmadd_ps(score, factor, error), _mm512_loadu_ps(bars + 16 * v));
        }
    }
    return any;
}

#else
#define HAS_BYTES 0
static int multiplies_bytes(void) { return (void)cpu_features, 0; }
#endif

#endif
