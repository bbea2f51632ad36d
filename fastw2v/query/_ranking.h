/* What ranks rows: the exact cosine with a query, and a heap of the best so far.
 *
 * Sums of doubles have one order, and products of floats are exact in double: a cosine has the same bits whatever the
 * instruction set.
 */
#ifndef FASTW2V_RANKING_H
#define FASTW2V_RANKING_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "query/_bytes.h"
#include "query/_half.h"
#include "query/_scale.h"

#if defined(__clang__) || defined(_MSC_VER)
#pragma STDC FP_CONTRACT OFF
#endif

enum { STORED_F32, STORED_F64, STORED_F16, STORED_I8 };

/* Rows of a table, and what is asked of them. */
typedef struct {
    const char *rows; /* n of `size` numbers each, `stride` bytes apart */
    ptrdiff_t n, stride, size;
    int stored;
    ptrdiff_t first;        /* number of the first row in the whole table */
    ptrdiff_t n_queries;
    const float *queries;   /* (n_queries, size): what the filter multiplies with; zeros for a query of NaN */
    const double *exact;    /* (n_queries, size): the queries themselves */
    const uint8_t *allowed; /* of the whole table: rows that may answer; or NULL */
    const int64_t *offsets; /* rows that may not answer query q, rising: left_out[offsets[q] .. offsets[q + 1]] */
    const int64_t *left_out;
    const Sketch *sketch;   /* of these rows; or NULL */
    int by_floats;          /* do not multiply bytes, even where that is faster */
    ptrdiff_t k;
    double *best;           /* (n_queries, k): heaps, whose roots are the worst */
    int64_t *best_rows;
} Search;

/* ------------------------------------------------------------------------------------------- heaps ---- */

static int ranks_behind(double score, int64_t row, double other, int64_t other_row) {
    return score < other || (score == other && row > other_row);
}

static void sift_down(double *scores, int64_t *rows, ptrdiff_t size, double score, int64_t row) {
    ptrdiff_t parent = 0;
    for (ptrdiff_t child; (child = 2 * parent + 1) < size; parent = child) {
        if (child + 1 < size && ranks_behind(scores[child + 1], rows[child + 1], scores[child], rows[child])) child++;
        if (!ranks_behind(scores[child], rows[child], score, row)) break;
        scores[parent] = scores[child];
        rows[parent] = rows[child];
    }
    scores[parent] = score;
    rows[parent] = row;
}

/* NaN never ranks. */
static int offer(double *scores, int64_t *rows, ptrdiff_t k, double score, int64_t row) {
    if (!(score >= scores[0]) || ranks_behind(score, row, scores[0], rows[0])) return 0;
    sift_down(scores, rows, k, score, row);
    return 1;
}

/* Best first. */
static void sort_heap(double *scores, int64_t *rows, ptrdiff_t k) {
    for (ptrdiff_t last = k - 1; last > 0; last--) {
        const double score = scores[last];
        const int64_t row = rows[last];
        scores[last] = scores[0];
        rows[last] = rows[0];
        sift_down(scores, rows, last, score, row);
    }
}

/* --------------------------------------------------------------------------------- one exact cosine ---- */

#define EXACT_LANES 8

/* 0 for a row of zeros, NaN if a number is not finite. `scale` brings the squares of doubles into their range: it is a
 * power of two. */
#define DEFINE_EXACT(NAME, ROW)                                                                    \
    static double NAME(const ROW *row, const double *query, ptrdiff_t size, double scale, double *square) { \
        double dot[EXACT_LANES] = {0}, squares[EXACT_LANES] = {0};                                 \
        ptrdiff_t i = 0;                                                                           \
        for (; i + EXACT_LANES <= size; i += EXACT_LANES)                                          \
            for (int lane = 0; lane < EXACT_LANES; lane++) {                                       \
                const double x = (double)row[i + lane] * scale;                                    \
                dot[lane] += x * query[i + lane];                                                  \
                squares[lane] += x * x;                                                            \
            }                                                                                      \
        for (int lane = 0; i < size; i++, lane++) {                                                \
            const double x = (double)row[i] * scale;                                               \
            dot[lane] += x * query[i];                                                             \
            squares[lane] += x * x;                                                                \
        }                                                                                          \
        for (int half = EXACT_LANES / 2; half; half /= 2)                                          \
            for (int lane = 0; lane < half; lane++) {                                              \
                dot[lane] += dot[lane + half];                                                     \
                squares[lane] += squares[lane + half];                                             \
            }                                                                                      \
        *square = squares[0];                                                                      \
        return squares[0] == 0.0 ? 0.0 * dot[0] + 0.0 : dot[0] / sqrt(squares[0]);                 \
    }
DEFINE_EXACT(exact_f32, float)
DEFINE_EXACT(exact_f64, double)

static void floats_of(const Search *s, const char *row, float *out) {
    if (s->stored == STORED_F16) {
        floats_of_halves((const uint16_t *)row, out, s->size);
    } else if (s->stored == STORED_I8) {
        for (ptrdiff_t i = 0; i < s->size; i++) out[i] = (float)((const signed char *)row)[i];
    } else {
        for (ptrdiff_t i = 0; i < s->size; i++) out[i] = (float)((const double *)row)[i];
    }
}

/* The cosine by which a row ranks: rounded to a float unless rows are doubles. `work` has `size` places. */
static double exact_cosine(const Search *s, ptrdiff_t row, const double *query, float *work) {
    const char *numbers = s->rows + row * s->stride;
    double square, found;
    if (s->stored == STORED_F64) {
        const double *doubles = (const double *)numbers;
        found = exact_f64(doubles, query, s->size, 1.0, &square);
        if (!(square > SAFE_LOW_F64 && square < SAFE_HIGH_F64))
            found = exact_f64(doubles, query, s->size, scale_of(doubles, s->size), &square);
        return found;
    }
    if (s->stored == STORED_F32) return (float)exact_f32((const float *)numbers, query, s->size, 1.0, &square);
    floats_of(s, numbers, work);
    return (float)exact_f32(work, query, s->size, 1.0, &square);
}
#endif
