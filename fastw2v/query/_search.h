/* The rows with the highest cosines to each of many queries.
 *
 * A filter runs over the rows in float, in any order of its sums. What it lets through gets its cosine by `exact_cosine`,
 * and only those numbers rank. Its sums of doubles have one order, and products of floats are exact in double: answers
 * have the same bits whatever the instruction set, the number of threads, and what else is asked in the same call.
 * The filter lets through all that may rank: its error is below `margin`.
 */
#ifndef FASTW2V_SEARCH_H
#define FASTW2V_SEARCH_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/_simd.h"
#include "query/_codes.h"
#include "query/_half.h"

#if defined(__clang__) || defined(_MSC_VER)
#pragma STDC FP_CONTRACT OFF
#endif

#define SUFFIX f32

/* A tile of rows and vectors of queries whose sums stay in registers, beside what they multiply: 8 * 3 + 4 of 32,
 * 6 * 2 + 3 of 16. */
#define TILE_ROWS (SIMD_REGISTERS >= 32 ? 8 : 6)
#define TILE_VECTORS (SIMD_REGISTERS >= 32 ? 3 : 2)
#define PANEL (TILE_VECTORS * W)    /* queries beside each other in memory */
#define FEW_QUERIES 5               /* fewer are faster one by one */
#define BLOCK_BYTES (128 * 1024)    /* rows as floats stay in the second-level cache */
#define MOST_CODES 100000            /* of a row: their squares fit into an int */
#define SAFE_LOW 1e-30f             /* a sum of squares outside has lost digits, or everything */
#define SAFE_HIGH 1e30f

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

/* The power of two that brings the numbers of a row to the size of 1: 0 for a row of zeros, NaN for a row with
 * a number that is not finite. */
static double scale_of(const double *row, ptrdiff_t size) {
    double largest = 0.0;
    int exponent;
    for (ptrdiff_t i = 0; i < size; i++) {
        const double x = fabs(row[i]);
        if (!isfinite(x)) return NAN;
        if (x > largest) largest = x;
    }
    if (largest == 0.0) return 0.0;
    frexp(largest, &exponent);
    return ldexp(1.0, exponent < -1000 ? 1000 : -exponent);
}

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
        if (!(square > 1e-290 && square < 1e290))
            found = exact_f64(doubles, query, s->size, scale_of(doubles, s->size), &square);
        return found;
    }
    if (s->stored == STORED_F32) return (float)exact_f32((const float *)numbers, query, s->size, 1.0, &square);
    floats_of(s, numbers, work);
    return (float)exact_f32(work, query, s->size, 1.0, &square);
}

/* ------------------------------------------------------------------------------------------ filters ---- */

/* What a thread works with. */
typedef struct {
    float *rows;    /* a block of rows as floats, if they are none */
    float *factors; /* 1 / length of each row of a block; NaN where the filter cannot tell */
    float *panels;  /* queries, PANEL beside each other */
    float *bars;    /* what a filtered score must reach, for each query; +inf for those that fill up a panel */
    float *row;     /* one row */
    int16_t *codes; /* (n_queries, size): queries for rows of codes */
    float *steps;   /* numbers of a query are its codes times its step */
    float margin;   /* what a filtered score may be off by, and a rounding */
} Work;

static float bar_of(const Work *w, double worst) { return isnan(worst) ? INFINITY : (float)worst - w->margin; }

/* Whether a query may be answered with a row, which the filter let through. */
static int may_answer(const Search *s, ptrdiff_t query, int64_t number) {
    if (s->allowed && !s->allowed[number]) return 0;
    if (!s->offsets) return 1;
    ptrdiff_t low = s->offsets[query], high = s->offsets[query + 1];
    while (low < high) {
        const ptrdiff_t middle = low + (high - low) / 2;
        if (s->left_out[middle] == number) return 0;
        if (s->left_out[middle] < number) low = middle + 1;
        else high = middle;
    }
    return 1;
}

static void consider(const Search *s, Work *w, ptrdiff_t query, ptrdiff_t row) {
    double *best = s->best + query * s->k;
    if (!may_answer(s, query, s->first + row)) return;
    const double score = exact_cosine(s, row, s->exact + query * s->size, w->row);
    if (offer(best, s->best_rows + query * s->k, s->k, score, s->first + row)) w->bars[query] = bar_of(w, best[0]);
}

/* Sums for n <= W rows against one query, and against themselves. Memory is read in order, which is what the hardware
 * fetches ahead best. */
#define DEFINE_SUMS(NAME, ROW, READ, READ_PART)                                                    \
    static void NAME(const ROW *row, ptrdiff_t stride, int n, const float *query, ptrdiff_t size, float *dots, \
                     float *squares) {                                                             \
        SIMD_ALIGNED float tails[2 * W] = {0};                                                     \
        const ptrdiff_t whole = size - size % W;                                                   \
        const int part = (int)(size - whole);                                                      \
        for (int lane = whole ? W - part : 0, i = 0; i < part; lane++, i++) {                      \
            tails[lane] = query[whole + i];                                                        \
            tails[W + lane] = 1.0f;                                                                \
        }                                                                                          \
        const V query_tail = VLOAD(tails), in_tail = VLOAD(tails + W);                             \
        V dot[W], square[W];                                                                       \
        for (int k = 0; k < n; k++, row += stride) {                                               \
            V dot0 = VZERO(), dot1 = VZERO(), square0 = VZERO(), square1 = VZERO();                \
            ptrdiff_t i = 0;                                                                       \
            for (; i + 2 * W <= whole; i += 2 * W) {                                               \
                const V x0 = READ(row + i), x1 = READ(row + i + W);                                \
                dot0 = VFMA(x0, VLOAD(query + i), dot0);                                           \
                square0 = VFMA(x0, x0, square0);                                                   \
                dot1 = VFMA(x1, VLOAD(query + i + W), dot1);                                       \
                square1 = VFMA(x1, x1, square1);                                                   \
            }                                                                                      \
            if (i < whole) {                                                                       \
                const V x = READ(row + i);                                                         \
                dot0 = VFMA(x, VLOAD(query + i), dot0);                                            \
                square0 = VFMA(x, x, square0);                                                     \
            }                                                                                      \
            if (part && whole) { /* a part alone would have to wait for a store */                 \
                const V x = READ(row + size - W);                                                  \
                dot1 = VFMA(x, query_tail, dot1);                                                  \
                square1 = VFMA(VFMA(x, in_tail, VZERO()), x, square1);                             \
            } else if (part) {                                                                     \
                const V x = READ_PART(row, part);                                                  \
                dot1 = VFMA(x, query_tail, dot1);                                                  \
                square1 = VFMA(x, x, square1);                                                     \
            }                                                                                      \
            dot[k] = VADD(dot0, dot1);                                                             \
            square[k] = VADD(square0, square1);                                                    \
        }                                                                                          \
        for (int k = n; k < W; k++) dot[k] = square[k] = VZERO();                                  \
        VSTORE(dots, VREDUCE(dot));                                                                \
        VSTORE(squares, VREDUCE(square));                                                          \
    }
DEFINE_SUMS(sums_of_floats, float, VLOAD, load_part_f32)
DEFINE_SUMS(sums_of_halves, uint16_t, vector_of_halves, part_of_halves)

/* The same for codes: integers, whose sums are exact. */
static void sums_of_codes(const signed char *row, ptrdiff_t stride, int n, const int16_t *query, float step, ptrdiff_t size,
                          float *dots, float *squares) {
    const ptrdiff_t whole = size - size % CODES;
    int16_t tails[2 * CODES] = {0};
    for (ptrdiff_t lane = whole ? CODES - (size - whole) : 0, i = whole; i < size; lane++, i++) {
        tails[lane] = query[i];
        tails[CODES + lane] = -1;
    }
    for (int k = 0; k < W; k++) dots[k] = squares[k] = 0.0f;
    for (int k = 0; k < n; k++, row += stride) {
        code_sums sums = no_codes();
        for (ptrdiff_t i = 0; i < whole; i += CODES) sums = add_codes(sums, row + i, query + i);
        if (whole < size && whole) {
            sums = add_some_codes(sums, row + size - CODES, tails, tails + CODES);
        } else if (whole < size) {
            signed char part[CODES] = {0};
            memcpy(part, row, (size_t)size);
            sums = add_some_codes(sums, part, tails, tails + CODES);
        }
        dots[k] = (float)dot_of_codes(sums) * step;
        squares[k] = (float)square_of_codes(sums);
    }
}

/* A query as codes of 16 bits, so fine that what they are off by is of no account, and so small that no sum overflows.
 * Returns a bound of what a cosine is off by. */
static float set_codes(const float *query, ptrdiff_t size, int16_t *codes, float *step) {
    double largest = 0.0, sum = 0.0;
    for (ptrdiff_t i = 0; i < size; i++) {
        const double x = fabs((double)query[i]);
        sum += x;
        if (x > largest) largest = x;
    }
    if (largest == 0.0) return 0.0f;
    const double by_sum = (2147483647.0 / 128 - (double)size) / sum, by_code = 32767.0 / largest;
    const double factor = by_sum < by_code ? by_sum : by_code;
    for (ptrdiff_t i = 0; i < size; i++) codes[i] = (int16_t)lrint(query[i] * factor);
    *step = (float)(1.0 / factor);
    return (float)(0.5 * sqrt((double)size) / factor) * 1.001f;
}

static float factor_of(float square) { return square > SAFE_LOW && square < SAFE_HIGH ? 1.0f / sqrtf(square) : NAN; }

/* A vector of cosines, NaN where the filter cannot tell. */
SIMD_INLINE void scores_of(const float *dots, const float *squares, float *scores) {
    for (int lane = 0; lane < W; lane++) {
        const float square = squares[lane], score = dots[lane] / sqrtf(square);
        scores[lane] = (square > SAFE_LOW) & (square < SAFE_HIGH) ? score : NAN;
    }
}

/* Rows from `start` on against one query; `rows` are those of doubles as floats. */
static void filter_one(const Search *s, Work *w, ptrdiff_t query, ptrdiff_t start, ptrdiff_t n) {
    SIMD_ALIGNED float dots[W], squares[W], scores[W];
    const float *numbers = s->queries + query * s->size;
    for (ptrdiff_t k = 0; k < n; k += W) {
        const int some = n - k < W ? (int)(n - k) : W;
        const char *row = s->rows + (start + k) * s->stride;
        if (s->stored == STORED_F32)
            sums_of_floats((const float *)row, s->stride / (ptrdiff_t)sizeof(float), some, numbers, s->size, dots, squares);
        else if (s->stored == STORED_F16)
            sums_of_halves((const uint16_t *)row, s->stride / 2, some, numbers, s->size, dots, squares);
        else if (w->codes)
            sums_of_codes((const signed char *)row, s->stride, some, w->codes + query * s->size, w->steps[query], s->size,
                          dots, squares);
        else
            sums_of_floats(w->rows + k * s->size, s->size, some, numbers, s->size, dots, squares);
        scores_of(dots, squares, scores);
        unsigned found = not_below_f32(VLOAD(scores), VSET1(w->bars[query]));
        for (int lane = 0; found && lane < some; lane++, found >>= 1)
            if (found & 1) consider(s, w, query, start + k + lane);
    }
}

/* n_rows <= TILE_ROWS rows against a panel of queries; n_rows is constant where this is inlined. */
SIMD_INLINE void filter_tile(const Search *s, Work *w, ptrdiff_t panel, const float *rows, ptrdiff_t stride,
                             const float *factors, ptrdiff_t start, const int n_rows) {
    const float *queries = w->panels + panel * s->size, *bars = w->bars + panel;
    V sum[TILE_ROWS][TILE_VECTORS];
    unsigned found[TILE_ROWS][TILE_VECTORS], any = 0;
    SIMD_UNROLL
    for (int r = 0; r < n_rows; r++) {
        SIMD_UNROLL
        for (int v = 0; v < TILE_VECTORS; v++) sum[r][v] = VZERO();
    }
    for (ptrdiff_t i = 0; i < s->size; i++, queries += PANEL) {
        V x[TILE_VECTORS];
        SIMD_UNROLL
        for (int v = 0; v < TILE_VECTORS; v++) {
            x[v] = VLOAD(queries + v * W);
            LOAD_ONCE(x[v]);
        }
        SIMD_UNROLL
        for (int r = 0; r < n_rows; r++) {
            const V y = VSET1(rows[r * stride + i]);
            SIMD_UNROLL
            for (int v = 0; v < TILE_VECTORS; v++) sum[r][v] = VFMA(y, x[v], sum[r][v]);
        }
    }
    SIMD_UNROLL
    for (int r = 0; r < n_rows; r++) {
        const V factor = VSET1(factors[r]);
        SIMD_UNROLL
        for (int v = 0; v < TILE_VECTORS; v++)
            any |= found[r][v] = not_below_f32(VFMA(sum[r][v], factor, VZERO()), VLOAD(bars + v * W));
    }
    if (!any) return;
    for (int r = 0; r < n_rows; r++)
        for (int v = 0; v < TILE_VECTORS; v++)
            for (unsigned lane = 0, left = found[r][v]; left; lane++, left >>= 1) {
                const ptrdiff_t query = panel + v * W + lane;
                if ((left & 1) && query < s->n_queries) consider(s, w, query, start + r);
            }
}

static void filter_panels(const Search *s, Work *w, const float *rows, ptrdiff_t stride, ptrdiff_t start, ptrdiff_t n) {
    SIMD_ALIGNED float dots[W], squares[W];
    for (ptrdiff_t k = 0; k < n; k += W) {
        const int some = n - k < W ? (int)(n - k) : W;
        sums_of_floats(rows + k * stride, stride, some, s->queries, s->size, dots, squares);
        for (int lane = 0; lane < some; lane++) w->factors[k + lane] = factor_of(squares[lane]);
    }
    for (ptrdiff_t panel = 0; panel < s->n_queries; panel += PANEL) {
        ptrdiff_t k = 0;
        for (; k + TILE_ROWS <= n; k += TILE_ROWS)
            filter_tile(s, w, panel, rows + k * stride, stride, w->factors + k, start + k, TILE_ROWS);
        for (; k < n; k++) filter_tile(s, w, panel, rows + k * stride, stride, w->factors + k, start + k, 1);
    }
}

/* ------------------------------------------------------------------------------------------- search ---- */

static ptrdiff_t rows_of_block(ptrdiff_t size) {
    const ptrdiff_t n = BLOCK_BYTES / (ptrdiff_t)sizeof(float) / (size ? size : 1);
    return n < TILE_ROWS ? TILE_ROWS : n - n % TILE_ROWS;
}

static void set_panels(const Search *s, Work *w) {
    for (ptrdiff_t query = 0; query < s->n_queries; query++) {
        float *panel = w->panels + query / PANEL * PANEL * s->size + query % PANEL;
        for (ptrdiff_t i = 0; i < s->size; i++) panel[i * PANEL] = s->queries[query * s->size + i];
    }
}

/* Codes of bytes are multiplied as such by few queries; a matrix of floats is what many queries pay for. */
static int by_codes(const Search *s) { return s->stored == STORED_I8 && s->n_queries < FEW_QUERIES && s->size < MOST_CODES; }

static int needs_floats(const Search *s) {
    if (s->stored == STORED_F32) return 0;
    return s->stored == STORED_F64 || s->n_queries >= FEW_QUERIES || (s->stored == STORED_I8 && !by_codes(s));
}

/* Put what ranks into the heaps, which hold what ranked before; -1 if there is no memory. */
static int search_rows(const Search *s) {
    const int few = s->n_queries < FEW_QUERIES, copied = needs_floats(s), coded = by_codes(s);
    const ptrdiff_t n_padded = (s->n_queries + PANEL - 1) / PANEL * PANEL, block = rows_of_block(s->size);
    const ptrdiff_t n_rows = copied ? block * s->size : 0, n_panels = few ? 0 : n_padded * s->size;
    const ptrdiff_t n_codes = coded ? s->n_queries * s->size : 0;
    const ptrdiff_t n_floats = n_panels + 2 * n_padded + n_rows + block + s->size;
    float *memory = calloc((size_t)(n_floats + (n_codes + 1) / 2), sizeof(float));
    if (!memory) return -1;
    Work w;
    w.panels = memory;
    w.bars = w.panels + n_panels;
    w.steps = w.bars + n_padded;
    w.rows = w.steps + n_padded;
    w.factors = w.rows + n_rows;
    w.row = w.factors + block;
    w.codes = coded ? (int16_t *)(w.row + s->size) : NULL;
    w.margin = 0.0f;
    for (ptrdiff_t query = 0; coded && query < s->n_queries; query++) {
        const ptrdiff_t at = query * s->size;
        const float off = set_codes(s->queries + at, s->size, w.codes + at, w.steps + query);
        if (off > w.margin) w.margin = off;
    }
    w.margin += (float)(s->size + 32) * 0x1p-23f;
    for (ptrdiff_t query = 0; query < n_padded; query++)
        w.bars[query] = query < s->n_queries ? bar_of(&w, s->best[query * s->k]) : INFINITY;
    if (!few) set_panels(s, &w);
    for (ptrdiff_t start = 0; start < s->n; start += block) {
        const ptrdiff_t n = s->n - start < block ? s->n - start : block;
        const char *stored = s->rows + start * s->stride;
        for (ptrdiff_t k = 0; copied && k < n; k++) floats_of(s, stored + k * s->stride, w.rows + k * s->size);
        if (few)
            for (ptrdiff_t query = 0; query < s->n_queries; query++) filter_one(s, &w, query, start, n);
        else if (copied)
            filter_panels(s, &w, w.rows, s->size, start, n);
        else
            filter_panels(s, &w, (const float *)stored, s->stride / (ptrdiff_t)sizeof(float), start, n);
    }
    free(memory);
    return 0;
}

/* The same, for the rows of a list for each query: no filter pays. */
static int search_listed(const Search *s, const int64_t *offsets, const int64_t *listed) {
    float *work = malloc((size_t)(s->size + 1) * sizeof(float));
    if (!work) return -1;
    for (ptrdiff_t query = 0; query < s->n_queries; query++)
        for (ptrdiff_t place = offsets[query]; place < offsets[query + 1]; place++) {
            const int64_t row = listed[place] - s->first;
            if (row < 0 || row >= s->n || !may_answer(s, query, listed[place])) continue;
            const double score = exact_cosine(s, (ptrdiff_t)row, s->exact + query * s->size, work);
            offer(s->best + query * s->k, s->best_rows + query * s->k, s->k, score, listed[place]);
        }
    free(work);
    return 0;
}

#undef V
#undef W
#undef SUFFIX
#endif
