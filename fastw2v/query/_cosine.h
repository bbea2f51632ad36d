/* Cosines of the rows of a matrix with a unit vector (dot product and sum of squares in one pass), lengths of rows.
 *
 * Float tables use the vectors of the instruction set being compiled; float64 and int8 tables, which are
 * rare, go through plain C that the compiler may vectorise as it can.
 */
#ifndef FASTW2V_COSINE_H
#define FASTW2V_COSINE_H

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "kernels/_exp.h"
#include "kernels/_simd.h"
#include "query/_scale.h"

#define SUFFIX f32
#include "query/_sums.h"

/* Cosine in float64, for tables that the vector code does not serve and for rows of extreme length:
 * 0 for a row of zeros, NaN for a row with a number that is not finite. Every number is multiplied by `scale`
 * first. It is a power of two where there can be no overflow, so that it costs no digit. */
#define DEFINE_PLAIN_COSINE(NAME, ROW, QUERY)                                                      \
    static double NAME(const ROW *row, const QUERY *query, ptrdiff_t size, double scale, double *square) { \
        double dot[4] = {0}, squares[4] = {0};                                                     \
        ptrdiff_t i = 0;                                                                           \
        for (; i + 4 <= size; i += 4)                                                              \
            for (int lane = 0; lane < 4; lane++) {                                                 \
                double x = (double)row[i + lane] * scale;                                          \
                dot[lane] += x * (double)query[i + lane];                                          \
                squares[lane] += x * x;                                                            \
            }                                                                                      \
        for (int lane = 0; i < size; i++, lane++) {                                                \
            double x = (double)row[i] * scale;                                                     \
            dot[lane] += x * (double)query[i];                                                     \
            squares[lane] += x * x;                                                                \
        }                                                                                          \
        *square = (squares[0] + squares[1]) + (squares[2] + squares[3]);                           \
        return *square == 0.0 ? 0.0 : ((dot[0] + dot[1]) + (dot[2] + dot[3])) / sqrt(*square);     \
    }
DEFINE_PLAIN_COSINE(plain_cosine_f32, float, float)
DEFINE_PLAIN_COSINE(plain_cosine_f64, double, double)

/* What a row must be multiplied by so that its squares do not overflow, and the length that it then has: 0 for a row of
 * zeros, NaN for a row with a number that is not finite. */
typedef struct {
    double scale, length;
} scaled_length;

#define DEFINE_SUM_OF_SQUARES(NAME, ROW)                                                           \
    static double NAME(const ROW *row, ptrdiff_t size, double scale) {                             \
        double squares[4] = {0};                                                                   \
        ptrdiff_t i = 0;                                                                           \
        for (; i + 4 <= size; i += 4)                                                              \
            for (int lane = 0; lane < 4; lane++) {                                                 \
                double x = (double)row[i + lane] * scale;                                          \
                squares[lane] += x * x;                                                            \
            }                                                                                      \
        for (int lane = 0; i < size; i++, lane++) {                                                \
            double x = (double)row[i] * scale;                                                     \
            squares[lane] += x * x;                                                                \
        }                                                                                          \
        return (squares[0] + squares[1]) + (squares[2] + squares[3]);                              \
    }
DEFINE_SUM_OF_SQUARES(squares_f32, float)
DEFINE_SUM_OF_SQUARES(squares_f64, double)

static scaled_length length_f32(const float *row, ptrdiff_t size) {
    const double squares = squares_f32(row, size, 1.0); /* those of floats do not overflow a double */
    scaled_length found = {1.0, isfinite(squares) ? sqrt(squares) : NAN};
    return found;
}

static scaled_length length_f64(const double *row, ptrdiff_t size) {
    const double squares = squares_f64(row, size, 1.0);
    scaled_length found = {1.0, sqrt(squares)};
    if (!(squares > SAFE_LOW_F64 && squares < SAFE_HIGH_F64)) {
        found.scale = scale_of(row, size);
        found.length = sqrt(squares_f64(row, size, found.scale));
    }
    return found;
}

/* A row of length 1, as far as its numbers can tell, is left as it is: doing it twice then changes no bit. */
#define DEFINE_UNIT_ROWS(NAME, ROW, LENGTH, TOLERANCE)                                             \
    static void NAME(const ROW *rows, ptrdiff_t n, ptrdiff_t stride, ptrdiff_t size, ROW *out) {   \
        for (ptrdiff_t k = 0; k < n; k++, out += size) {                                           \
            const ROW *row = rows + k * stride;                                                    \
            const scaled_length found = LENGTH(row, size);                                         \
            if (found.length == 0.0 || (found.scale == 1.0 && fabs(found.length - 1.0) < TOLERANCE)) { \
                memcpy(out, row, (size_t)size * sizeof(ROW));                                      \
                continue;                                                                          \
            }                                                                                      \
            const double factor = 1.0 / found.length;                                              \
            for (ptrdiff_t i = 0; i < size; i++) out[i] = (ROW)((double)row[i] * found.scale * factor); \
        }                                                                                          \
    }
DEFINE_UNIT_ROWS(unit_rows_f32, float, length_f32, 1.0 / (1 << 21))
DEFINE_UNIT_ROWS(unit_rows_f64, double, length_f64, 1.0 / (1LL << 50))

/* The Euclidean length of each row. */
#define DEFINE_LENGTHS(NAME, ROW, LENGTH)                                                          \
    static void NAME(const ROW *rows, ptrdiff_t n, ptrdiff_t stride, ptrdiff_t size, double *out) { \
        for (ptrdiff_t k = 0; k < n; k++) {                                                        \
            const scaled_length found = LENGTH(rows + k * stride, size);                           \
            out[k] = found.length == 0.0 ? 0.0 : found.length / found.scale;                       \
        }                                                                                          \
    }
DEFINE_LENGTHS(lengths_f32, float, length_f32)
DEFINE_LENGTHS(lengths_f64, double, length_f64)

/* The product of each row with the mean of all at length 1. A row with a number that is not finite takes no part in the
 * mean, and gets NaN; `mean` has `size` places. */
#define DEFINE_CENTRALITIES(NAME, ROW)                                                             \
    static void NAME(const ROW *rows, ptrdiff_t n, ptrdiff_t size, double *mean, ROW *out) {       \
        double squares = 0.0, largest = 0.0;                                                       \
        memset(mean, 0, (size_t)size * sizeof *mean);                                              \
        for (ptrdiff_t k = 0; k < n; k++) {                                                        \
            const ROW *row = rows + k * size;                                                      \
            ROW nothing = 0;                                                                       \
            for (ptrdiff_t i = 0; i < size; i++) nothing += row[i] * (ROW)0;                       \
            out[k] = nothing;                                                                      \
            for (ptrdiff_t i = 0; nothing == 0 && i < size; i++) mean[i] += row[i];                \
        }                                                                                          \
        for (ptrdiff_t i = 0; i < size; i++) largest = fabs(mean[i]) > largest ? fabs(mean[i]) : largest; \
        for (ptrdiff_t i = 0; largest > 0.0 && i < size; i++) {                                    \
            mean[i] /= largest; /* so that no square overflows */                                  \
            squares += mean[i] * mean[i];                                                          \
        }                                                                                          \
        const double factor = squares > 0.0 ? 1.0 / sqrt(squares) : 0.0;                           \
        for (ptrdiff_t k = 0; k < n; k++) {                                                        \
            double dot = 0.0;                                                                      \
            if (out[k] != 0) continue;                                                             \
            for (ptrdiff_t i = 0; i < size; i++) dot += rows[k * size + i] * mean[i];              \
            out[k] = (ROW)(dot * factor);                                                          \
        }                                                                                          \
    }
DEFINE_CENTRALITIES(centralities_f32, float)
DEFINE_CENTRALITIES(centralities_f64, double)

static void cosines_f64(const double *rows, ptrdiff_t n, ptrdiff_t stride, ptrdiff_t size,
                        const double *query, double *out) {
    for (ptrdiff_t k = 0; k < n; k++) {
        const double *row = rows + k * stride;
        double square;
        out[k] = plain_cosine_f64(row, query, size, 1.0, &square);
        if (!(square > SAFE_LOW_F64 && square < SAFE_HIGH_F64))
            out[k] = plain_cosine_f64(row, query, size, scale_of(row, size), &square);
    }
}

static float cosine_from_sums(float dot, float squares, const float *row, const float *query, ptrdiff_t size) {
    if (squares > SAFE_LOW && squares < SAFE_HIGH) return dot / sqrtf(squares);
    double square;
    return (float)plain_cosine_f32(row, query, size, 1.0, &square);
}

static void cosines_f32(const float *rows, ptrdiff_t n, ptrdiff_t stride, ptrdiff_t size, const float *query, float *out) {
    SIMD_ALIGNED float dots[W], squares[W];
    for (ptrdiff_t k = 0; k < n; k += W) {
        const int some = n - k < W ? (int)(n - k) : W;
        sums_of_floats(rows + k * stride, stride, some, query, size, dots, squares);
        for (int lane = 0; lane < some; lane++)
            out[k + lane] = cosine_from_sums(dots[lane], squares[lane], rows + (k + lane) * stride, query, size);
    }
}

/* The products themselves, and the logarithm of the sum of their exponentials: the sum is that of exp(product - highest),
 * made less whenever a product is the highest so far. NaN if a product is not finite. */
static double logits_f32(const float *rows, ptrdiff_t n, ptrdiff_t stride, ptrdiff_t size, const float *vector, float *out) {
    SIMD_ALIGNED float dots[W], squares[W];
    float highest = -INFINITY;
    double sum = 0.0;
    for (ptrdiff_t k = 0; k < n; k += W) {
        const int some = n - k < W ? (int)(n - k) : W;
        float before = highest, part[W];
        sums_of_floats(rows + k * stride, stride, some, vector, size, dots, squares);
        memcpy(out + k, dots, (size_t)some * sizeof *out);
        for (int lane = 0; lane < some; lane++) highest = dots[lane] > highest ? dots[lane] : highest;
        for (int lane = some; lane < W; lane++) dots[lane] = -FLT_MAX;
        if (highest > before) sum *= exp((double)before - (double)highest);
        for (int lane = 0; lane < W; lane++) {
            const float x = dots[lane] - highest, e = exp_minus_abs_f32(x);
            part[lane] = (x > EXP_FLOOR_f32 ? e : 0.0f) + 0.0f * dots[lane];
        }
        for (int lane = 0; lane < W; lane++) sum += (double)part[lane];
    }
    return (double)highest + log(sum);
}

/* The scale of an int8 row falls out of its cosine. */
static void cosines_i8(const signed char *rows, ptrdiff_t n, ptrdiff_t stride, ptrdiff_t size,
                       const float *query, float *out) {
    for (ptrdiff_t k = 0; k < n; k++) {
        const signed char *row = rows + k * stride;
        float dot[16] = {0}, dot_sum = 0.0f;
        int squares[16] = {0}, square_sum = 0; /* at most 2^14 each: exact up to 10^5 dimensions */
        ptrdiff_t i = 0;
        for (; i + 16 <= size; i += 16)
            for (int lane = 0; lane < 16; lane++) {
                int x = row[i + lane];
                dot[lane] += (float)x * query[i + lane];
                squares[lane] += x * x;
            }
        for (; i < size; i++) {
            dot_sum += (float)row[i] * query[i];
            square_sum += row[i] * row[i];
        }
        for (int lane = 0; lane < 16; lane++) {
            dot_sum += dot[lane];
            square_sum += squares[lane];
        }
        out[k] = square_sum ? dot_sum / sqrtf((float)square_sum) : 0.0f;
    }
}

#undef V
#undef W
#undef SUFFIX
#endif
