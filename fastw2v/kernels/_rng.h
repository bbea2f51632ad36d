/* Random numbers for the kernels: sixteen interleaved xoshiro128++ generators
 * (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021).
 *
 * The lanes are advanced together by plain loops of constant length, which every compiler turns
 * into vector code; the sequence is the same on every instruction set.  A stream is keyed by
 * (seed, epoch, chunk, purpose) and never by the thread that happens to use it.
 */
#ifndef FASTW2V_RNG_H
#define FASTW2V_RNG_H

#include <stdint.h>

#define RNG_LANES 16

typedef struct {
    uint32_t s0[RNG_LANES], s1[RNG_LANES], s2[RNG_LANES], s3[RNG_LANES];
} RandomStream;

/* splitmix64 (Steele, Lea and Flood, 2014): spreads one 64-bit key over the whole state. */
static inline uint64_t rng_mix(uint64_t *key) {
    uint64_t z = (*key += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static inline uint64_t rng_key(uint64_t seed, uint64_t epoch, uint64_t chunk, uint64_t purpose) {
    uint64_t key = seed;
    key = rng_mix(&key) ^ epoch;
    key = rng_mix(&key) ^ chunk;
    key = rng_mix(&key) ^ purpose;
    return rng_mix(&key);
}

static inline void rng_seed(RandomStream *stream, uint64_t key) {
    for (int lane = 0; lane < RNG_LANES; lane++) {
        uint64_t a = rng_mix(&key), b = rng_mix(&key);
        stream->s0[lane] = (uint32_t)a;
        stream->s1[lane] = (uint32_t)(a >> 32);
        stream->s2[lane] = (uint32_t)b;
        stream->s3[lane] = (uint32_t)(b >> 32) | 1u; /* the all-zero state is the one forbidden */
    }
}

static inline uint32_t rng_rotate(uint32_t x, int k) { return (x << k) | (x >> (32 - k)); }

/* Fill out[0 .. n) with uniform 32-bit numbers; n is a multiple of RNG_LANES. */
static inline void rng_fill(RandomStream *stream, uint32_t *out, int64_t n) {
    RandomStream s = *stream;
    for (int64_t start = 0; start < n; start += RNG_LANES) {
        for (int lane = 0; lane < RNG_LANES; lane++) {
            uint32_t shifted = s.s1[lane] << 9;
            out[start + lane] = rng_rotate(s.s0[lane] + s.s3[lane], 7) + s.s0[lane];
            s.s2[lane] ^= s.s0[lane];
            s.s3[lane] ^= s.s1[lane];
            s.s1[lane] ^= s.s2[lane];
            s.s0[lane] ^= s.s3[lane];
            s.s2[lane] ^= shifted;
            s.s3[lane] = rng_rotate(s.s3[lane], 11);
        }
    }
    *stream = s;
}

/* Uniform integer in [0, bound) from one 32-bit draw (Lemire 2019, without the rejection step:
 * the bias is below bound / 2^32). */
static inline uint32_t rng_bounded(uint32_t draw, uint32_t bound) {
    return (uint32_t)(((uint64_t)draw * bound) >> 32);
}

#endif
