/* Halves (float16) as floats. */
#ifndef FASTW2V_HALF_H
#define FASTW2V_HALF_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernels/_simd.h"

/* Exact for all of them: the exponent is moved by 112 in a product, which makes subnormal halves right too. */
SIMD_INLINE float float_of_half(uint16_t half) {
    const uint32_t magnitude = (uint32_t)(half & 0x7fffu) << 13;
    float value;
    uint32_t bits;
    memcpy(&value, &magnitude, sizeof value);
    value *= 0x1p112f;
    memcpy(&bits, &value, sizeof bits);
    if (magnitude >= 0x0f800000u) bits |= 0x7f800000u; /* infinite, or NaN */
    bits |= (uint32_t)(half & 0x8000u) << 16;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void floats_of_halves(const uint16_t *halves, float *out, ptrdiff_t n) {
    ptrdiff_t i = 0;
#if defined(__AVX2__)
    for (; i + 8 <= n; i += 8)
        _mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(halves + i))));
#elif defined(__aarch64__)
    for (; i + 4 <= n; i += 4) vst1q_f32(out + i, vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(halves + i))));
#endif
    for (; i < n; i++) out[i] = float_of_half(halves[i]);
}

/* As many halves as a vector has lanes; n of them, and zeros. */
SIMD_INLINE vector_f32 vector_of_halves(const uint16_t *halves) {
#if defined(__AVX512F__) && !defined(FASTW2V_EMULATED_IMMINTRIN_H)
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)halves));
#elif defined(__AVX2__) && !defined(FASTW2V_EMULATED_IMMINTRIN_H)
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)halves));
#elif defined(__aarch64__)
    return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(halves)));
#else
    float lanes[LANES_f32];
    for (int lane = 0; lane < LANES_f32; lane++) lanes[lane] = float_of_half(halves[lane]);
    return VLOAD_f32(lanes);
#endif
}
SIMD_INLINE vector_f32 part_of_halves(const uint16_t *halves, int n) {
    uint16_t lanes[LANES_f32] = {0};
    memcpy(lanes, halves, (size_t)n * sizeof lanes[0]);
    return vector_of_halves(lanes);
}

#endif
