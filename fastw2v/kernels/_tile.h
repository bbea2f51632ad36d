/* The dense arithmetic of one training window.
 *
 * _tile_body.h, included once for float (the shipped kernels) and once for double (the same code, for
 * gradient checks), holds the arithmetic; _simd.h names the vector operations.
 */
#ifndef FASTW2V_TILE_H
#define FASTW2V_TILE_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "_exp.h"
#include "_simd.h"

/* TILE_OUT: how many output rows one pass keeps in registers.  The update needs, for each of them,
 * the old row and its sum, and three registers more: 2 * 6 + 3 <= 16, 2 * 12 + 3 <= 32. */
#if SIMD_REGISTERS >= 32
#define TILE_OUT 12
#elif SIMD_REGISTERS >= 16
#define TILE_OUT 6
#else
#define TILE_OUT 4
#endif

#define TILE_IN 8   /* how many input rows take one step, at most: their scores see each other's steps by TILE_IN^2 / 2 products */
/* numbers from the scores of one input row to those of the next: 8 where a tile has at most 8 output rows, or TILE_ROW */
#if TILE_OUT > 8
#define TILE_ROW 16
#else
#define TILE_ROW 8
#endif
#define TILE_GRAM (TILE_IN * (TILE_IN - 1) / 2 + 16) /* room for products of all pairs of input rows, and a vector */
/* pairs are padded to this many, for vector loops without remainders */
#if defined(__AVX512F__)
#define LOGISTIC_LANES 16
#else
#define LOGISTIC_LANES 8
#endif

/* The lines of a later row are not fetched one after the other: hardware takes that for a stream and
 * fetches the lines beyond the row, too, which are another row and may be in use by another thread.
 * Steps near the golden section stay irregular for any length; they have no common divisor with the
 * number of lines, so that each is met. */
static inline int tile_fetch_step(int n_lines) {
    int step = (int)(0.618 * n_lines + 0.5), a, b;
    for (;; step--) {
        for (a = n_lines, b = step; b > 0;) {
            const int rest = a % b;
            a = b, b = rest;
        }
        if (a == 1 || step <= 1) return step > 1 ? step : 1;
    }
}

/* One window of training, for either number type (REAL in _tile_body.h). */
typedef struct {
    /* (n_in <= TILE_IN) REAL rows of old input values. They may be in_rows themselves where those are n_in
     * different rows and n_out <= TILE_OUT: then each number is read before it is changed. */
    void *const *x_rows;
    void *const *in_rows;  /* (n_in) REAL rows to which the input updates are added */
    void *const *out_rows; /* (n_out) REAL output rows, updated in place */
    const float *label;    /* (n_out), and as many readable numbers after them as fill TILE_ROW */
    void *const *next_rows; /* (n_next) rows of a later window, fetched into the cache meanwhile */
    double *loss;          /* (TILE_ROW) partial sums to add to; NULL: no loss wanted */
    double alpha;
    int n_blocks;   /* vectors in a row */
    int n_in, n_out, n_next;
    int fetch_step; /* cache lines from one that is fetched to the next: tile_fetch_step */
    int fetch_to_write; /* whether this processor has PREFETCHW */
    int joint; /* whether input rows move by the output rows as they were before the window */
} Window;

/* ---------------------------------------------------------------------------------- float ---- */
#define SUFFIX f32
#define REAL float
/* either order compiled on its own */
#define TILE_SLICE(w, gram, rounds, first, n_next, n_out)                                           \
    if (w->joint && w->n_in > 1) tile_slice_f32(w, gram, rounds, first, n_next, n_out, 1);          \
    else tile_slice_f32(w, gram, rounds, first, n_next, n_out, 0);
#define STEP_ERROR 0x1p-6f /* see rounds */
#define ABSOLUTE(x) fabsf(x)
#include "_tile_body.h"
#include "_exchange_body.h"
#undef SUFFIX
#undef REAL
#undef TILE_SLICE
#undef STEP_ERROR
#undef ABSOLUTE

/* --------------------------------------------------------------------------------- double ---- */
#define SUFFIX f64
#define REAL double
#define TILE_SLICE(w, gram, rounds, first, n_next, n_out) tile_slice_f64(w, gram, rounds, first, n_next, n_out, w->joint);
#define STEP_ERROR 1e-15
#define ABSOLUTE(x) fabs(x)
#include "_tile_body.h"
#include "_exchange_body.h"
#undef SUFFIX
#undef REAL
#undef TILE_SLICE
#undef STEP_ERROR
#undef ABSOLUTE

#undef V
#undef W

/* ------------------------------------------------------------------ what a plan calls ---- */

/* The functions above for one number type. */
typedef struct {
    void (*tile_window)(Window *window);
    void (*copy_rows)(void *const *targets, void *const *rows, int n_rows, int n_blocks);
    void (*sum_rows)(void *target, void *const *rows, int n_rows, double scale, int n_blocks);
    void (*add_scaled)(void *const *rows, int n_rows, const void *step, double scale, int n_blocks);
    void (*move_towards)(void *row, const void *target, double share, int n_blocks);
    void (*exchange_row)(void *shared, void *mine, void *base, const void *axis, double first, double rest,
                         double n_threads, int n_blocks);
    void (*measure_pair)(const void *x, const void *o, double n_in, double n_out, double share, double part,
                         Curvature *outputs, Curvature *inputs, int n_blocks);
} Arithmetic;

static inline Arithmetic arithmetic_of(int is_double) {
    const Arithmetic single = {tile_window_f32, copy_rows_f32, sum_rows_f32, add_scaled_f32, move_towards_f32, exchange_row_f32, measure_pair_f32};
    const Arithmetic double_ = {tile_window_f64, copy_rows_f64, sum_rows_f64, add_scaled_f64, move_towards_f64, exchange_row_f64, measure_pair_f64};
    return is_double ? double_ : single;
}

#endif
