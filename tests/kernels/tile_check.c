/* Checks fastw2v/kernels/_tile.h against plain double arithmetic; built and run by test_tile_targets.py.
 *
 * It needs no Python, so that it also runs for a processor that is only emulated. Prints the
 * instruction set and the number of comparisons, or the first difference and exit status 1.
 */
#include <stdio.h>
#include <stdlib.h>

#include "kernels/_rng.h"
#include "kernels/_tile.h"

enum { MAX_OUT = 27, MAX_DIM = 67, STRIDE = 80 }; /* STRIDE: whole vectors of any width */

static uint64_t random_key = 1;
static long n_checked = 0;

static double uniform(void) { return (double)(rng_mix(&random_key) >> 11) / 4503599627370496.0 - 1.0; }

static void compare(const char *what, double found, double expected, double tolerance) {
    n_checked++;
    if (!(fabs(found - expected) <= tolerance * (1 + fabs(expected)))) {
        printf("%s %s: found %.17g, expected %.17g\n", SIMD_ISA, what, found, expected);
        exit(1);
    }
}

#define STEP_ERROR_f32 0x1p-6 /* of _tile.h: STEP_ERROR of either type */
#define STEP_ERROR_f64 1e-15

/* For one number type: a window of every shape, and the row helpers. Expected is what the one-by-one loop gives. */
#define CHECK_TYPE(SUFFIX, REAL, TOLERANCE)                                                                             \
    static void check_window_##SUFFIX(int n_in, int n_out, int dim, double scale, double alpha, int in_place, int joint) { \
        static SIMD_ALIGNED REAL rows[TILE_IN + MAX_OUT][STRIDE], x[TILE_IN][STRIDE];                                   \
        static double expected[TILE_IN + MAX_OUT][STRIDE], before[MAX_OUT][STRIDE];                                     \
        void *in_rows[TILE_IN], *x_rows[TILE_IN], *out_rows[MAX_OUT];                                                   \
        float label[MAX_OUT + TILE_ROW];                                                                                \
        double loss[TILE_ROW] = {0}, sum = 0, expected_loss = 0;                                                        \
        /* a step of pair (i, j) may be off by TOLERANCE + STEP_ERROR alpha, and moves rows by that times a row */      \
        const double off = TOLERANCE + (n_in > 1 ? STEP_ERROR_##SUFFIX * alpha * n_out * scale * 2 : 0);                \
        Window w = {.in_rows = in_rows, .out_rows = out_rows, .label = label, .joint = joint};                          \
        w.x_rows = in_place ? in_rows : x_rows;                                                                         \
        w.loss = loss, w.alpha = alpha;                                                                                 \
        w.n_blocks = (dim + LANES_##SUFFIX - 1) / LANES_##SUFFIX;                                                       \
        w.n_in = n_in, w.n_out = n_out, w.fetch_step = 1;                                                               \
        memset(rows, 0, sizeof rows);                                                                                   \
        for (int j = 0; j < MAX_OUT + TILE_ROW; j++) label[j] = j < n_out ? (float)(j % 3 == 0) : NAN;                  \
        for (int r = 0; r < n_in + n_out; r++)                                                                          \
            for (int k = 0; k < dim; k++) rows[r][k] = (REAL)(scale * uniform());                                       \
        for (int i = 0; i < n_in; i++) in_rows[i] = rows[i], x_rows[i] = x[i];                                          \
        for (int j = 0; j < n_out; j++) out_rows[j] = rows[n_in + j];                                                   \
        copy_rows_##SUFFIX(x_rows, in_rows, n_in, w.n_blocks);                                                          \
        for (int r = 0; r < n_in + n_out; r++)                                                                          \
            for (int k = 0; k < STRIDE; k++) expected[r][k] = rows[r][k];                                               \
        memcpy(before, expected + n_in, sizeof before);                                                                 \
        for (int i = 0; i < n_in; i++) {                                                                                \
            double step[STRIDE] = {0};                                                                                  \
            for (int j = 0; j < n_out; j++) {                                                                           \
                double *o = expected[n_in + j], score = 0, signed_score, g;                                             \
                for (int k = 0; k < dim; k++) score += expected[i][k] * o[k];                                           \
                signed_score = label[j] > 0.5f ? score : -score;                                                        \
                expected_loss += signed_score < 0 ? log1p(exp(signed_score)) - signed_score : log1p(exp(-signed_score)); \
                g = alpha * (label[j] - 1 / (1 + exp(-score)));                                                         \
                for (int k = 0; k < dim; k++) {                                                                         \
                    step[k] += g * (joint ? before[j] : o)[k];                                                          \
                    o[k] += g * expected[i][k];                                                                         \
                }                                                                                                       \
            }                                                                                                           \
            for (int k = 0; k < dim; k++) expected[i][k] += step[k];                                                    \
        }                                                                                                               \
        tile_window_##SUFFIX(&w);                                                                                       \
        for (int r = 0; r < n_in + n_out; r++)                                                                          \
            for (int k = 0; k < STRIDE; k++)                                                                            \
                compare(r < n_in ? #REAL " input row" : #REAL " output row", rows[r][k], expected[r][k], off);          \
        for (int lane = 0; lane < TILE_ROW; lane++) sum += loss[lane];                                                  \
        compare(#REAL " loss", sum, expected_loss, off);                                                                \
        if (n_in < 2) return;                                                                                           \
        for (int k = 0; k < dim; k++) expected[0][k] = (rows[0][k] + rows[1][k]) * 0.5;                                 \
        sum_rows_##SUFFIX(x[0], in_rows, 2, 0.5, w.n_blocks);                                                           \
        for (int k = 0; k < dim; k++) compare(#REAL " sum_rows", x[0][k], expected[0][k], TOLERANCE);                   \
        for (int k = 0; k < dim; k++) expected[0][k] = rows[0][k] + 0.5 * rows[1][k];                                   \
        x_rows[0] = x_rows[1] = rows[0]; /* twice the same row */                                                       \
        add_scaled_##SUFFIX(x_rows, 2, rows[1], 0.25, w.n_blocks);                                                      \
        for (int k = 0; k < dim; k++) compare(#REAL " add_scaled", rows[0][k], expected[0][k], TOLERANCE);              \
        /* a row that others have made shorter: of their change a half is taken back along the axis, else a quarter */  \
        memset(x[1], 0, sizeof x[1]);                                                                                   \
        x[1][0] = 2;                                                                                                    \
        for (int k = 0; k < dim; k++) {                                                                                 \
            rows[0][k] = (REAL)0.9 * x[0][k];                                                                           \
            const double moved = (double)rows[0][k] - x[0][k];                                                          \
            rows[1][k] = (REAL)0.8 * x[0][k]; /* twice as far in the same direction: nothing limits what is taken back */ \
            expected[0][k] = rows[1][k] + (k == 0 ? 0.5 : 0.75) * moved;                                                \
        }                                                                                                               \
        exchange_row_##SUFFIX(rows[0], rows[1], x[0], x[1], 0.5, 0.25, 1e18, w.n_blocks);                               \
        for (int k = 0; k < dim; k++) {                                                                                 \
            compare(#REAL " exchange_row, shared", rows[0][k], expected[0][k], TOLERANCE);                              \
            compare(#REAL " exchange_row, mine", rows[1][k], rows[0][k], 0);                                            \
            compare(#REAL " exchange_row, base", x[0][k], rows[0][k], 0);                                               \
        }                                                                                                               \
        /* the first pair that is measured: all curvature lies along its rows */                                        \
        static SIMD_ALIGNED REAL means[4][STRIDE], spare[STRIDE];                                                       \
        memset(means, 0, sizeof means);                                                                                 \
        Curvature outputs = {{means[0], means[1]}, {0, 0}, spare}, inputs = {{means[2], means[3]}, {0, 0}, spare};      \
        double product = 0, x_square = 0, o_square = 0;                                                                 \
        for (int k = 0; k < dim; k++) {                                                                                 \
            product += (double)rows[0][k] * rows[n_in][k];                                                              \
            x_square += (double)rows[0][k] * rows[0][k];                                                                \
            o_square += (double)rows[n_in][k] * rows[n_in][k];                                                          \
        }                                                                                                               \
        const double slope = 1 / (2 + exp(product) + exp(-product));                                                    \
        measure_pair_##SUFFIX(rows[0], rows[n_in], n_in, n_out, 0.5, 0.1, &outputs, &inputs, w.n_blocks);               \
        compare(#REAL " measure_pair, outputs", outputs.along[0], 0.1 * n_in * slope * x_square, 10 * TOLERANCE);       \
        compare(#REAL " measure_pair, inputs", inputs.along[0], 0.05 * n_out * slope * o_square, 10 * TOLERANCE);       \
    }

CHECK_TYPE(f32, float, 2e-5)
CHECK_TYPE(f64, double, 1e-12)

/* exp(-|x|) and log(1 + e) to the last bits: a term less in their series would not show in a window. */
static void check_exp(void) {
    for (double x = -80; x <= 80; x += 0.00917) {
        const double e = exp(-fabs((double)(float)x));
        /* |x| / ln 2 is rounded before its fraction is taken */
        compare("exp, float", exp_minus_abs_f32((float)x) / e, 1, 1.5e-7 + 6e-8 * fabs(x));
        compare("exp, double", exp_minus_abs_f64(x) / exp(-fabs(x)), 1, 4e-16 + 1.2e-16 * fabs(x));
        compare("log1p, float", log1p_unit_f32((float)e), log1p((double)(float)e), 1e-7);
        compare("log1p, double", log1p_unit_f64(e), log1p(e), 4e-16);
    }
}

/* Every line of a row is fetched, whatever its length. */
static void check_fetch_step(void) {
    for (int n_lines = 1; n_lines <= 200; n_lines++) {
        char met[200] = {0};
        const int step = tile_fetch_step(n_lines);
        for (int i = 0, line = 0; i < n_lines; i++, line = (line + step) % n_lines) met[line]++;
        for (int line = 0; line < n_lines; line++) compare("fetch step", met[line], 1, 0);
    }
}

/* The lanes of the random stream, one after the other, as the generator's authors write it. */
static void check_random_stream(void) {
    enum { N = 4 * RNG_LANES };
    RandomStream stream, start;
    uint32_t found[N];
    rng_seed(&stream, rng_key(1, 2, 3, 4));
    start = stream;
    rng_fill(&stream, found, N);
    for (int lane = 0; lane < RNG_LANES; lane++) {
        uint32_t s[4] = {start.s0[lane], start.s1[lane], start.s2[lane], start.s3[lane]};
        for (int k = lane; k < N; k += RNG_LANES) {
            const uint32_t t = s[1] << 9;
            compare("random stream", found[k], rng_rotate(s[0] + s[3], 7) + s[0], 0);
            s[2] ^= s[0], s[3] ^= s[1], s[1] ^= s[2], s[0] ^= s[3], s[2] ^= t, s[3] = rng_rotate(s[3], 11);
        }
    }
}

int main(void) {
    check_exp();
    check_fetch_step();
    static const int dims[] = {1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 50, 64, MAX_DIM};
    for (size_t d = 0; d < sizeof dims / sizeof dims[0]; d++)
        for (int n_in = 1; n_in <= TILE_IN; n_in++)
            for (int n_out = 1; n_out <= MAX_OUT; n_out++)
                for (double scale = 0.1; scale < 11; scale *= 10) /* 10: saturated pairs */
                    for (int how = 0; how < 3; how++) {
                        const double alpha = scale < 5 ? 0.05 : 0.002, unit = scale / sqrt(dims[d]);
                        const int in_place = how > 0, joint = how == 2;
                        if (in_place && n_out > TILE_OUT) continue;
                        check_window_f32(n_in, n_out, dims[d], unit, alpha, in_place, joint);
                        check_window_f64(n_in, n_out, dims[d], unit, alpha, in_place, joint);
                    }
    check_random_stream();
    printf("%s ok, %ld comparisons\n", SIMD_ISA, n_checked);
    return 0;
}
