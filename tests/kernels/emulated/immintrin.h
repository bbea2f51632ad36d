/* Lets a processor with AVX2 run what is written for AVX-512, by SIMDe (Debian: libsimde-dev).
 *
 * A compiler for AVX2 that finds this file before its own takes the AVX-512 branch of our headers: it is chosen
 * by __AVX512F__, which is defined at the end.  Only the operations that those headers use have names here; any
 * other would not compile.  Used by `make emulate` and by test_tile_targets.py. */
#ifndef FASTW2V_EMULATED_IMMINTRIN_H
#define FASTW2V_EMULATED_IMMINTRIN_H

#include_next <immintrin.h>
#include <simde/x86/avx512.h>
#include <simde/x86/fma.h>

#define __m512 simde__m512
#define __m512d simde__m512d
#define __m512i simde__m512i
#define _mm512_setzero_ps simde_mm512_setzero_ps
#define _mm512_set1_ps simde_mm512_set1_ps
#define _mm512_loadu_ps simde_mm512_loadu_ps
#define _mm512_storeu_ps simde_mm512_storeu_ps
#define _mm512_add_ps simde_mm512_add_ps
#define _mm512_fmadd_ps simde_mm512_fmadd_ps
#undef _mm512_cmp_ps_mask
#define _mm512_cmp_ps_mask simde_mm512_cmp_ps_mask
#undef _mm512_setr_epi32
#define _mm512_setr_epi32 simde_mm512_setr_epi32
#define _mm512_unpacklo_ps simde_mm512_unpacklo_ps
#define _mm512_unpackhi_ps simde_mm512_unpackhi_ps
#define _mm512_shuffle_ps simde_mm512_shuffle_ps
#define _mm512_shuffle_f32x4 simde_mm512_shuffle_f32x4
#define _mm512_permutexvar_ps simde_mm512_permutexvar_ps
#define _mm512_setzero_pd simde_mm512_setzero_pd
#define _mm512_set1_pd simde_mm512_set1_pd
#define _mm512_loadu_pd simde_mm512_loadu_pd
#define _mm512_storeu_pd simde_mm512_storeu_pd
#define _mm512_add_pd simde_mm512_add_pd
#define _mm512_fmadd_pd simde_mm512_fmadd_pd

/* not in SIMDe */
static inline float emulated_reduce_add_ps(simde__m512 v) {
    float lanes[16], sum = 0;
    simde_mm512_storeu_ps(lanes, v);
    for (int k = 0; k < 16; k++) sum += lanes[k];
    return sum;
}
static inline simde__m512 emulated_maskz_loadu_ps(unsigned mask, const float *p) {
    float lanes[16];
    for (int k = 0; k < 16; k++) lanes[k] = mask >> k & 1 ? p[k] : 0;
    return simde_mm512_loadu_ps(lanes);
}
#define _mm512_reduce_add_ps emulated_reduce_add_ps
#define _mm512_maskz_loadu_ps emulated_maskz_loadu_ps

#define __AVX512F__ 1

#endif
