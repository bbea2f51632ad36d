/* Sums of products of bytes: with codes of 16 bits, and with themselves. */
#ifndef FASTW2V_CODES_H
#define FASTW2V_CODES_H

#include <stddef.h>
#include <stdint.h>

#include "kernels/_simd.h"

/* CODES are taken at a time; `mask` is -1 where a code counts, and 0 where it does not. */
#if defined(__AVX512BW__) && !defined(FASTW2V_EMULATED_IMMINTRIN_H)
#define CODES 32
typedef struct {
    __m512i dot, square;
} code_sums;
SIMD_INLINE code_sums no_codes(void) { return (code_sums){_mm512_setzero_si512(), _mm512_setzero_si512()}; }
SIMD_INLINE code_sums add_words(code_sums s, __m512i x, const int16_t *query) {
    s.dot = _mm512_add_epi32(s.dot, _mm512_madd_epi16(x, _mm512_loadu_si512(query)));
    s.square = _mm512_add_epi32(s.square, _mm512_madd_epi16(x, x));
    return s;
}
SIMD_INLINE __m512i words_of(const signed char *row) {
    return _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)row));
}
SIMD_INLINE code_sums add_codes(code_sums s, const signed char *row, const int16_t *query) {
    return add_words(s, words_of(row), query);
}
SIMD_INLINE code_sums add_some_codes(code_sums s, const signed char *row, const int16_t *query, const int16_t *mask) {
    return add_words(s, _mm512_and_si512(words_of(row), _mm512_loadu_si512(mask)), query);
}
SIMD_INLINE int dot_of_codes(code_sums s) { return _mm512_reduce_add_epi32(s.dot); }
SIMD_INLINE int square_of_codes(code_sums s) { return _mm512_reduce_add_epi32(s.square); }

#elif defined(__AVX2__)
#define CODES 16
typedef struct {
    __m256i dot, square;
} code_sums;
SIMD_INLINE code_sums no_codes(void) { return (code_sums){_mm256_setzero_si256(), _mm256_setzero_si256()}; }
SIMD_INLINE code_sums add_words(code_sums s, __m256i x, const int16_t *query) {
    s.dot = _mm256_add_epi32(s.dot, _mm256_madd_epi16(x, _mm256_loadu_si256((const __m256i *)query)));
    s.square = _mm256_add_epi32(s.square, _mm256_madd_epi16(x, x));
    return s;
}
SIMD_INLINE __m256i words_of(const signed char *row) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)row));
}
SIMD_INLINE code_sums add_codes(code_sums s, const signed char *row, const int16_t *query) {
    return add_words(s, words_of(row), query);
}
SIMD_INLINE code_sums add_some_codes(code_sums s, const signed char *row, const int16_t *query, const int16_t *mask) {
    return add_words(s, _mm256_and_si256(words_of(row), _mm256_loadu_si256((const __m256i *)mask)), query);
}
SIMD_INLINE int sum_words(__m256i v) {
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4E));
    return _mm_cvtsi128_si32(_mm_add_epi32(half, _mm_shuffle_epi32(half, 0xB1)));
}
SIMD_INLINE int dot_of_codes(code_sums s) { return sum_words(s.dot); }
SIMD_INLINE int square_of_codes(code_sums s) { return sum_words(s.square); }

#else /* compilers know how to sum integers in any order */
#define CODES 16
typedef struct {
    int dot, square;
} code_sums;
SIMD_INLINE code_sums no_codes(void) {
    const code_sums none = {0, 0};
    return none;
}
SIMD_INLINE code_sums add_some_codes(code_sums s, const signed char *row, const int16_t *query, const int16_t *mask) {
    for (int i = 0; i < CODES; i++) {
        const short x = (short)(mask ? row[i] & mask[i] : row[i]);
        s.dot += x * query[i];
        s.square += x * x;
    }
    return s;
}
SIMD_INLINE code_sums add_codes(code_sums s, const signed char *row, const int16_t *query) {
    return add_some_codes(s, row, query, NULL);
}
SIMD_INLINE int dot_of_codes(code_sums s) { return s.dot; }
SIMD_INLINE int square_of_codes(code_sums s) { return s.square; }
#endif

#endif
