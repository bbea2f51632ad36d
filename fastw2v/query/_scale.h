/* Which sums of squares can be trusted, and how to bring rows into their range. */
#ifndef FASTW2V_SCALE_H
#define FASTW2V_SCALE_H

#include <math.h>
#include <stddef.h>

/* A float32 sum of squares outside this range has lost digits, or everything ... */
#define SAFE_LOW 1e-30f
#define SAFE_HIGH 1e30f

/* ... and a float64 sum outside this one. */
#define SAFE_LOW_F64 1e-290
#define SAFE_HIGH_F64 1e290

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

#endif
