/* Products of rows with one vector, and with themselves, in one pass over the rows: memory is what they wait for.
 *
 * Include with SUFFIX f32.
 */
#ifndef FASTW2V_SUMS_H
#define FASTW2V_SUMS_H

#include <stddef.h>

#include "kernels/_simd.h"

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

#endif
