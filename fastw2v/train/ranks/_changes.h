/* Changes of rows between ranks: formed, made one of many, taken over; each in one pass over memory.
 *
 * A message says which of its rows have changed, one bit each (the first row is the lowest bit; padded to 8 bytes), and
 * then, row after row, the changes of these, in 32 or 16 bits a number.
 */
#ifndef FASTW2V_CHANGES_H
#define FASTW2V_CHANGES_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernels/_products.h"
#define SUFFIX f32
#include "query/_half.h"

/* ------------------------------------------------------------------------------------ the wire ---- */

enum { WIRE_FLOAT32, WIRE_FLOAT16, WIRE_BFLOAT16 };

/* To the nearest, ties to even; what is too large becomes infinite, and NaN stays NaN: such weights have diverged,
 * which is found. */
SIMD_INLINE uint16_t half_of_float(float value) {
    uint32_t bits, sign;
    memcpy(&bits, &value, sizeof bits);
    sign = bits & 0x80000000u;
    bits ^= sign;
    if (bits >= 0x477ff000u) {
        bits = bits > 0x7f800000u ? 0x7e00u : 0x7c00u;
    } else if (bits < 0x38800000u) { /* a subnormal half: in this sum its last bit is that of the float */
        float sum;
        memcpy(&sum, &bits, sizeof sum);
        sum += 0.5f;
        memcpy(&bits, &sum, sizeof bits);
        bits -= 0x3f000000u;
    } else {
        bits = (bits + 0xc8000fffu + (bits >> 13 & 1)) >> 13;
    }
    return (uint16_t)(bits | sign >> 16);
}

SIMD_INLINE uint16_t bfloat_of_float(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint32_t rounded = (bits + 0x7fffu + (bits >> 16 & 1)) >> 16;
    return (uint16_t)((bits & 0x7fffffffu) > 0x7f800000u ? bits >> 16 | 0x40u : rounded);
}

SIMD_INLINE int64_t wire_bytes(int wire, int64_t size) { return wire == WIRE_FLOAT32 ? 4 * size : 2 * size; }

/* How much a number is rounded by, over itself, at most. */
SIMD_INLINE float wire_rounding(int wire) {
    return wire == WIRE_FLOAT32 ? 0x1p-24f : wire == WIRE_FLOAT16 ? 0x1p-11f : 0x1p-8f;
}

SIMD_INLINE void to_wire(int wire, const float *row, char *out, int64_t size) {
    int64_t k = 0;
    uint16_t *numbers = (uint16_t *)out;
    if (wire == WIRE_FLOAT32) {
        memcpy(out, row, (size_t)size * sizeof(float));
    } else if (wire == WIRE_BFLOAT16) {
        for (; k < size; k++) numbers[k] = bfloat_of_float(row[k]);
    } else {
#if defined(__AVX2__) && !defined(FASTW2V_EMULATED_IMMINTRIN_H)
        for (; k + 8 <= size; k += 8)
            _mm_storeu_si128((__m128i *)(numbers + k), _mm256_cvtps_ph(_mm256_loadu_ps(row + k), 0));
#endif
        for (; k < size; k++) numbers[k] = half_of_float(row[k]);
    }
}

SIMD_INLINE void from_wire(int wire, const char *from, float *row, int64_t size) {
    if (wire == WIRE_FLOAT32) {
        memcpy(row, from, (size_t)size * sizeof(float));
    } else if (wire == WIRE_FLOAT16) {
        floats_of_halves((const uint16_t *)from, row, size);
    } else {
        const uint16_t *numbers = (const uint16_t *)from;
        for (int64_t k = 0; k < size; k++) {
            const uint32_t bits = (uint32_t)numbers[k] << 16;
            memcpy(row + k, &bits, sizeof bits);
        }
    }
}

/* Where a reader of a message stands. */
typedef struct {
    const uint8_t *bits;
    const char *next;
} Message;

SIMD_INLINE int has_row(const Message *message, int64_t i) { return message->bits[i >> 3] >> (i & 7) & 1; }

/* ----------------------------------------------------------------------------- forming and taking over ---- */

#define GLANCE 16 /* numbers of a cache line */
enum { AHEAD = 4 }; /* rows that memory is asked for before they are needed: half of the time, where all have changed */

SIMD_INLINE void fetch(const float *row, const float *base, int64_t size) {
    for (int64_t k = 0; k < size; k += GLANCE) {
        PREFETCH(row + k);
        PREFETCH(base + k);
    }
}

/* At a glance, that is by its first numbers, a row has not changed if it has moved by less than the wire would round it
 * itself.  Of the rows of a large vocabulary most have not, and to read them would take longer than all else; others
 * differ by what rounding has left of a change that went before, and would travel a second time for that.  What escapes
 * the glance stays in the row, grows, and is found at the latest when all is compared. */
SIMD_INLINE int is_same_at_a_glance(const float *row, const float *base, int64_t size, int wire) {
    const float rounding = wire_rounding(wire);
    const int64_t n = size < GLANCE ? size : GLANCE;
    const V minus = VSET1(-1);
    V moved = VZERO(), squares = VZERO();
    float by, length;
    int64_t k = 0;
    for (; k + W <= n; k += W) {
        const V was = VLOAD(base + k), step = VFMA(minus, was, VLOAD(row + k));
        moved = VFMA(step, step, moved);
        squares = VFMA(was, was, squares);
    }
    by = sum_lanes_f32(moved), length = sum_lanes_f32(squares);
    for (; k < n; k++) {
        by += (row[k] - base[k]) * (row[k] - base[k]);
        length += base[k] * base[k];
    }
    return by <= rounding * rounding * length; /* not if one of them is no number */
}

/* Write what a row has changed by behind `out`, unless that is nothing; return the bytes written. */
SIMD_INLINE int64_t form_change(const float *row, const float *base, float *change, char *out, int wire, int64_t size) {
    uint32_t any = 0;
    for (int64_t k = 0; k < size; k++) {
        uint32_t bits;
        change[k] = row[k] - base[k];
        memcpy(&bits, change + k, sizeof bits);
        any |= bits << 1; /* but for the sign of a zero; what is no number counts as change */
    }
    if (!any) return 0;
    to_wire(wire, change, out, size);
    return wire_bytes(wire, size);
}

/* The row gets what the others did, made - sent, and what rounding has left over; the base gets what all did.  What
 * there is none of is a row of zeros: a condition in the loop becomes loads under a mask, and of an address that is none
 * each of these is a fault that the processor clears away, for hundreds of cycles. */
SIMD_INLINE void take_over_change(float *restrict row, float *restrict base, const float *restrict made,
                                  const float *sent, const float *left, int64_t size) {
    for (int64_t k = 0; k < size; k++) {
        row[k] += made[k] - sent[k] + left[k];
        base[k] += made[k];
    }
}

/* ------------------------------------------------------------------------------------------ the rule ---- */

SIMD_INLINE float product(const float *a, const float *b, int64_t n) {
    V sum = VZERO();
    for (int64_t k = 0; k < n; k += W) sum = VFMA(VLOAD(a + k), VLOAD(b + k), sum);
    return sum_lanes_f32(sum);
}

/* What the rule of rules.py makes of a row's changes, after the closed part of the error and the number of ranks:
 * along some axes a factor each, along all others one for all of them. */
typedef struct {
    double closed;   /* for which it was computed, rounded */
    int first, last; /* the axes from first up to last are those that share */
    float shared;
    float *factors; /* (n_axes,) */
} Factors;

/* Most axes are close to each other, at one end or the other: steep ones, along which each rank has closed its error,
 * or flat ones.  They share one factor if theirs differ by no more than this: the curvature is known to a third. */
#define ALIKE 0.05

static void compute_factors(Factors *f, const double *along, int n_axes, double closed, int n_ranks) {
    int begin, end = 0;
    f->closed = closed;
    f->first = f->last = 0;
    for (int a = 0; a < n_axes; a++) {
        const double own = -expm1(-closed * along[a] / n_ranks), open = 1 - own; /* of the error: what each rank closes */
        double together = 1; /* times that: what all close one by one, each a part of what those before have left open */
        for (int rank = 1; rank < n_ranks; rank++) together = 1 + open * together;
        const double damped = own > 0 ? 1 + open * open / (4 * own) : together;
        f->factors[a] = (float)((together < damped ? together : damped) / n_ranks);
    }
    for (begin = 0; begin < n_axes; begin++) { /* they go up or down as the axes do */
        while (end < n_axes && fabs(f->factors[end] - f->factors[begin]) <= ALIKE) end++;
        if (end - begin > f->last - f->first) f->first = begin, f->last = end;
    }
    f->shared = n_axes ? 0.5f * (f->factors[f->first] + f->factors[f->last - 1]) : 1;
}

/* Multiply n rows by the factors, along the axes: all are (n, stride) rows, padded with zeros.  scores: room for n_axes
 * numbers for each row. */
SIMD_INLINE void apply_factors(const Factors *f, const float *axes, int64_t stride, int n_axes, const float *rows, int n,
                               float *scores, float *out) {
    const int64_t n_vectors = stride / W;
    const int borders[2][2] = {{0, f->first}, {f->last, n_axes}};
    const V shared = VSET1(f->shared);
    for (int64_t k = 0; k < n * stride; k += W) VSTORE(out + k, VFMA(shared, VLOAD(rows + k), VZERO()));
    for (int side = 0; side < 2; side++) {
        const int begin = borders[side][0], n_some = borders[side][1] - begin;
        const float *some = axes + begin * stride;
        const Sum_f32 sum = {out, stride, scores, n_axes, 1, some, stride, n_some};
        dots_f32(scores, n_axes, some, stride, n_some, rows, stride, n, n_vectors);
        for (int i = 0; i < n; i++)
            for (int a = 0; a < n_some; a++) scores[i * n_axes + a] *= f->factors[begin + a] - f->shared;
        add_products_f32(&sum, n, n_vectors);
    }
}

/* Changes that wait to be written: rows one after the other that have the same factors, or none. */
enum { RUN = 12 }; /* so many at a time read the axes from memory once, instead of each */
typedef struct {
    int n;
    const Factors *factors;
    int64_t rows[RUN];
    float *totals;  /* (RUN, stride) */
    float *changes; /* (RUN, stride) */
    float *scores;  /* (RUN, n_axes) */
    float *arrived; /* (stride,) */
} Run;

/* Write the changes of a run from `out` on, and what rounding leaves of each row into its place; return where they end. */
SIMD_INLINE char *write_run(Run *run, const float *axes, int64_t stride, int n_axes, int wire, int64_t size, char *out,
                            float *left) {
    const float *change = run->totals;
    if (run->factors) {
        apply_factors(run->factors, axes, stride, n_axes, run->totals, run->n, run->scores, run->changes);
        change = run->changes;
    }
    for (int i = 0; i < run->n; i++, change += stride, out += wire_bytes(wire, size)) {
        float *row = left + run->rows[i] * size;
        to_wire(wire, change, out, size);
        from_wire(wire, out, run->arrived, size);
        for (int64_t k = 0; k < size; k++) row[k] = change[k] - run->arrived[k];
    }
    run->n = 0;
    return out;
}

/* ---------------------------------------------------------------------------------------- the axes ---- */

/* Eigenvectors and eigenvalues of a symmetric matrix without negative eigenvalues: one-sided Jacobi.  Rows of the
 * matrix, (n, stride), turned by the axes, are rotated in pairs until each is orthogonal to all others, to a hundredth;
 * the rule is exact to some percent.  The axes are rotated with them, from where they are to the eigenvectors.  No BLAS:
 * its threads would go on turning for a tenth of a second after each call. */
static void find_axes(const float *matrix, float *axes, float *turned, double *along, int n, int64_t stride) {
    const Sum_f32 product_of_both = {turned, stride, axes, stride, 1, matrix, stride, n};
    add_products_f32(&product_of_both, n, stride / W);
    for (int sweep = 0; sweep < 30; sweep++) {
        int n_rotated = 0;
        for (int i = 0; i < n; i++) along[i] = product(turned + i * stride, turned + i * stride, stride);
        for (int i = 0; i + 1 < n; i++) {
            for (int j = i + 1; j < n; j++) {
                float *a = turned + i * stride, *b = turned + j * stride;
                const double both = product(a, b, stride);
                if (!(fabs(both) > 1e-2 * sqrt(along[i] * along[j])) || both == 0) continue;
                const double half = (along[j] - along[i]) / (2 * both);
                const double t = (half < 0 ? -1 : 1) / (fabs(half) + sqrt(1 + half * half));
                const float c = (float)(1 / sqrt(1 + t * t)), s = (float)(c * t);
                const V cosine = VSET1(c), sine = VSET1(s), minus = VSET1(-s);
                for (int pass = 0; pass < 2; pass++) {
                    for (int64_t k = 0; k < stride; k += W) {
                        const V x = VLOAD(a + k), y = VLOAD(b + k);
                        VSTORE(a + k, VFMA(cosine, x, VFMA(minus, y, VZERO())));
                        VSTORE(b + k, VFMA(sine, x, VFMA(cosine, y, VZERO())));
                    }
                    a = axes + i * stride, b = axes + j * stride;
                }
                along[i] -= t * both;
                along[j] += t * both;
                if (along[i] < 0) along[i] = 0;
                n_rotated++;
            }
        }
        if (!n_rotated) break;
    }
    for (int i = 0; i < n; i++) along[i] = sqrt(product(turned + i * stride, turned + i * stride, stride));
}

#undef V
#undef W
#endif
