/* The rows with the highest cosines to each of many queries.
 *
 * A filter runs over the rows: in float, in any order of its sums, or over sketches of a byte for each number (_bytes.h).
 * It lets through all that may rank: its error is below `margins`. What it lets through gets its exact cosine (_ranking.h),
 * and only those numbers rank. So answers have the same bits whatever the filter, the instruction set, the number of
 * threads, and what else is asked in the same call.
 */
#ifndef FASTW2V_SEARCH_H
#define FASTW2V_SEARCH_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernels/_simd.h"
#include "query/_bytes.h"
#include "query/_codes.h"
#include "query/_half.h"
#include "query/_ranking.h"

#define SUFFIX f32
#include "query/_sums.h"

/* A tile of rows and vectors of queries whose sums stay in registers, beside what they multiply: 8 * 3 + 4 of 32,
 * 6 * 2 + 3 of 16. */
#define TILE_ROWS (SIMD_REGISTERS >= 32 ? 8 : 6)
#define TILE_VECTORS (SIMD_REGISTERS >= 32 ? 3 : 2)
#define PANEL (TILE_VECTORS * W)    /* queries beside each other in memory */
#define FEW_QUERIES 5               /* fewer are faster one by one */
#define BLOCK_BYTES (128 * 1024)    /* rows as floats stay in the second-level cache */
#define MOST_CODES 100000           /* of a row: their squares fit into an int */

/* ------------------------------------------------------------------------------------------ filters ---- */

/* What a thread works with. */
typedef struct {
    float *rows;      /* a block of rows as floats, if they are none */
    float *factors;   /* 1 / length of each row of a block; NaN where the filter cannot tell */
    float *panels;    /* queries, PANEL beside each other */
    float *bars;      /* what a filtered score must reach, for each query; +inf for those that fill up a panel */
    float *steps;     /* numbers of a query are its codes times its step */
    float *margins;   /* what a filtered score may be off by, and a rounding */
    float *row;       /* one row */
    int16_t *codes;   /* (n_queries, size): queries for rows of codes */
    uint8_t *bytes;   /* the same of a byte each, PANEL or one beside each other */
    Sketch sketch;    /* of a block of rows */
} Work;

static float bar_of(const Work *w, ptrdiff_t query, double worst) {
    return isnan(worst) ? INFINITY : (float)worst - w->margins[query];
}

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
    if (offer(best, s->best_rows + query * s->k, s->k, score, s->first + row)) w->bars[query] = bar_of(w, query, best[0]);
}

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

/* ------------------------------------------------------------------------------------------ blocks ---- */

static ptrdiff_t rows_of_block(ptrdiff_t size) {
    const ptrdiff_t n = BLOCK_BYTES / (ptrdiff_t)sizeof(float) / (size ? size : 1);
    return n < TILE_ROWS ? TILE_ROWS : n - n % TILE_ROWS;
}

static ptrdiff_t padded_queries(const Search *s) { return (s->n_queries + PANEL - 1) / PANEL * PANEL; }

static void set_bars(const Search *s, Work *w) {
    for (ptrdiff_t query = 0; query < padded_queries(s); query++)
        w->bars[query] = query < s->n_queries ? bar_of(w, query, s->best[query * s->k]) : INFINITY;
}

/* ----------------------------------------------------------------------------- filters of bytes ---- */

#if HAS_BYTES
#if PANEL != 16 * BYTE_VECTORS
#error "panels of queries are the same for floats and for bytes"
#endif

/* Of one query's codes, for a search of few: whole vectors of them. */
static ptrdiff_t query_bytes(ptrdiff_t size) { return (size + 63) / 64 * 64; }

/* Rows of bytes from `start` on against one query. */
static void filter_one_by_bytes(const Search *s, Work *w, ptrdiff_t query, ptrdiff_t start, ptrdiff_t n) {
    const uint8_t *codes = w->bytes + query * query_bytes(s->size);
    for (ptrdiff_t k = start; k < start + n; k += 16) {
        const int some = start + n - k < 16 ? (int)(start + n - k) : 16;
        __m512 scores = scores_of_bytes((const signed char *)s->rows + k * s->stride, s->stride, some, codes, s->size);
        scores = _mm512_mul_ps(scores, _mm512_set1_ps(w->steps[query]));
        unsigned found = not_below_f32(scores, _mm512_set1_ps(w->bars[query]));
        for (int lane = 0; found && lane < some; lane++, found >>= 1)
            if (found & 1) consider(s, w, query, k + lane);
    }
}

/* Sketched rows from `start` on against one query.  Their numbers in the sketch, which is of the whole table, are those in
 * the table. */
static void filter_one_by_sketch(const Search *s, Work *w, ptrdiff_t query, ptrdiff_t start, ptrdiff_t n) {
    const uint8_t *codes = w->bytes + query * query_bytes(s->size);
    const ptrdiff_t first = s->first + start, end = first + n, blocks = (end + SKETCH_ROWS - 1) / SKETCH_ROWS;
    for (ptrdiff_t block = first / SKETCH_ROWS; block < blocks; block++) {
        const ptrdiff_t row = block * SKETCH_ROWS, before = first > row ? first - row : 0;
        const __mmask16 there = end - row < SKETCH_ROWS ? MASK16(end - row) : MASK16(16);
        const __m512i sums = sums_of_sketch(s->sketch, block, codes);
        const __m512 bounds = bound_of_sketch(s->sketch, row, sums, w->steps[query], there);
        unsigned found = not_below_f32(bounds, _mm512_set1_ps(w->bars[query])) & there & ~MASK16(before);
        for (int lane = 0; found; lane++, found >>= 1)
            if (found & 1) consider(s, w, query, row + lane - s->first);
    }
}

/* Sketch the rows from `start` on. */
static void sketch_rows(const Search *s, float *work, ptrdiff_t start, ptrdiff_t n, Sketch *sketch) {
    for (ptrdiff_t k = 0; k < n; k++) {
        const char *row = s->rows + (start + k) * s->stride;
        signed char *codes = codes_of(sketch, k);
        if (s->stored == STORED_I8) {
            sketch->errors[k] = 0.0f;
            sketch_bytes((const signed char *)row, s->size, codes, sketch->factors + k, sketch->sums + k);
            continue;
        }
        if (s->stored != STORED_F32) floats_of(s, row, work);
        sketch->factors[k] = sketch_floats(s->stored == STORED_F32 ? (const float *)row : work, s->size, codes,
                                           sketch->errors + k, sketch->sums + k);
    }
}

/* The rows from `start` on, whose sketches begin at `place`, against all queries.  The rows of a tile lie in the same 16. */
static void filter_panels_by_bytes(const Search *s, Work *w, const Sketch *sketch, ptrdiff_t place, ptrdiff_t start,
                                   ptrdiff_t n) {
    unsigned found[BYTE_ROWS][BYTE_VECTORS];
    for (ptrdiff_t panel = 0; panel < s->n_queries; panel += PANEL)
        for (ptrdiff_t k = 0; k < n;) {
            const uint8_t *bytes = w->bytes + panel * sketch->groups * 4;
            const float *steps = w->steps + panel, *bars = w->bars + panel;
            const int whole = k + BYTE_ROWS <= n && (place + k) % BYTE_ROWS == 0, n_rows = whole ? BYTE_ROWS : 1;
            const unsigned any = whole ? byte_tile(sketch, place + k, BYTE_ROWS, bytes, steps, bars, sketch->groups, found)
                                       : byte_tile(sketch, place + k, 1, bytes, steps, bars, sketch->groups, found);
            for (int r = 0; any && r < n_rows; r++)
                for (int v = 0; v < BYTE_VECTORS; v++)
                    for (unsigned lane = 0, left = found[r][v]; left; lane++, left >>= 1) {
                        const ptrdiff_t query = panel + v * 16 + lane;
                        if ((left & 1) && query < s->n_queries) consider(s, w, query, start + k + r);
                    }
            k += n_rows;
        }
}

/* Put what ranks into the heaps; -1 if there is no memory. */
static int search_by_bytes(const Search *s, Work *w) {
    const int few = s->n_queries < FEW_QUERIES, made = !few && !s->sketch;
    const ptrdiff_t block = rows_of_block(s->size), groups = sketch_groups(s->size);
    const ptrdiff_t n_padded = padded_queries(s), n_bytes = few ? s->n_queries * query_bytes(s->size) : n_padded * 4 * groups;
    const ptrdiff_t n_codes = (block + SKETCH_ROWS - 1) / SKETCH_ROWS * SKETCH_ROWS * 4 * groups;
    w->bytes = calloc((size_t)(n_bytes + (made ? 12 * block + n_codes : 0)), 1);
    if (!w->bytes) return -1;
    if (made)
        w->sketch = (Sketch){
            (signed char *)(w->bytes + n_bytes + 12 * block), groups, (float *)(w->bytes + n_bytes),
            (float *)(w->bytes + n_bytes) + block, (int32_t *)(w->bytes + n_bytes) + 2 * block,
        };
    for (ptrdiff_t query = 0; query < s->n_queries; query++) {
        uint8_t *codes = few ? w->bytes + query * query_bytes(s->size)
                             : w->bytes + query / PANEL * PANEL * 4 * groups + query % PANEL * 4;
        float error;
        w->steps[query] = sketch_query(s->queries + query * s->size, s->size, codes, few ? 4 : 4 * PANEL, &error);
        w->margins[query] += error * (1.0f + most_error(s->size));
    }
    set_bars(s, w);
    for (ptrdiff_t start = 0; start < s->n; start += block) {
        const ptrdiff_t n = s->n - start < block ? s->n - start : block;
        if (made) sketch_rows(s, w->row, start, n, &w->sketch);
        for (ptrdiff_t query = 0; few && query < s->n_queries; query++) {
            if (s->sketch) filter_one_by_sketch(s, w, query, start, n);
            else filter_one_by_bytes(s, w, query, start, n);
        }
        if (!few) filter_panels_by_bytes(s, w, made ? &w->sketch : s->sketch, made ? 0 : s->first + start, start, n);
    }
    free(w->bytes);
    return 0;
}
#else
static void sketch_rows(const Search *s, float *work, ptrdiff_t start, ptrdiff_t n, Sketch *sketch) {
    (void)s, (void)work, (void)start, (void)n, (void)sketch;
}
static int search_by_bytes(const Search *s, Work *w) { return (void)s, (void)w, -1; }
#endif

/* ------------------------------------------------------------------------------------------- search ---- */

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

/* The filter of floats, and of codes of 16 bits; -1 if there is no memory. */
static int search_by_floats(const Search *s, Work *w) {
    const int few = s->n_queries < FEW_QUERIES, copied = needs_floats(s), coded = by_codes(s);
    const ptrdiff_t block = rows_of_block(s->size), n_rows = copied ? block * s->size : 0;
    const ptrdiff_t n_panels = few ? 0 : padded_queries(s) * s->size, n_codes = coded ? s->n_queries * s->size : 0;
    float *memory = calloc((size_t)(n_panels + n_rows + block + (n_codes + 1) / 2), sizeof(float));
    if (!memory) return -1;
    w->panels = memory;
    w->rows = w->panels + n_panels;
    w->factors = w->rows + n_rows;
    w->codes = coded ? (int16_t *)(w->factors + block) : NULL;
    for (ptrdiff_t query = 0; coded && query < s->n_queries; query++) {
        const ptrdiff_t at = query * s->size;
        w->margins[query] += set_codes(s->queries + at, s->size, w->codes + at, w->steps + query);
    }
    set_bars(s, w);
    if (!few) set_panels(s, w);
    for (ptrdiff_t start = 0; start < s->n; start += block) {
        const ptrdiff_t n = s->n - start < block ? s->n - start : block;
        const char *stored = s->rows + start * s->stride;
        for (ptrdiff_t k = 0; copied && k < n; k++) floats_of(s, stored + k * s->stride, w->rows + k * s->size);
        if (few)
            for (ptrdiff_t query = 0; query < s->n_queries; query++) filter_one(s, w, query, start, n);
        else if (copied)
            filter_panels(s, w, w->rows, s->size, start, n);
        else
            filter_panels(s, w, (const float *)stored, s->stride / (ptrdiff_t)sizeof(float), start, n);
    }
    free(memory);
    return 0;
}

/* To sketch rows of floats pays for many queries; for few, reading them is what takes the time. */
static int by_bytes(const Search *s) {
    if (s->by_floats || !multiplies_bytes() || s->size > MOST_BYTES) return 0;
    return s->sketch || s->n_queries >= FEW_QUERIES || s->stored == STORED_I8;
}

/* Put what ranks into the heaps, which hold what ranked before; -1 if there is no memory. */
static int search_rows(const Search *s) {
    const ptrdiff_t n_padded = padded_queries(s);
    Work w = {0};
    w.bars = calloc((size_t)(3 * n_padded + s->size), sizeof(float));
    if (!w.bars) return -1;
    w.steps = w.bars + n_padded;
    w.margins = w.steps + n_padded;
    w.row = w.margins + n_padded;
    for (ptrdiff_t query = 0; query < n_padded; query++) w.margins[query] = (float)(s->size + 32) * 0x1p-23f;
    const int failed = by_bytes(s) ? search_by_bytes(s, &w) : search_by_floats(s, &w);
    free(w.bars);
    return failed;
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
