/* Products of small sets of rows, for float and double: the dense arithmetic of the exact softmax,
 * and of what ranks measure and exchange.
 *
 *     dots          every dot product of some rows a with some rows b
 *     add_products  out rows += sums of source rows, each with its coefficient
 *
 * They are matrix products whose rows may lie apart by any stride. Rows are whole vectors: the caller pads
 * them with zeros. What a pass keeps in registers has a constant shape, so that compilers unroll it.
 */
#ifndef FASTW2V_PRODUCTS_H
#define FASTW2V_PRODUCTS_H

#include <stdint.h>
#include <string.h>

#include "_simd.h"

/* PAIRS sums of dots, and TARGETS x SPAN vectors of add_products, leave registers for what they multiply:
 * 16 + 5 and 3 * 8 + 4 of 32, 8 + 5 and 3 * 4 + 4 of 16. */
#define PAIRS (SIMD_REGISTERS / 2)
#define TARGETS 3
#define SPAN (SIMD_REGISTERS / 4)

#define SUFFIX f32
#define REAL float
#include "_products_body.h"
#undef SUFFIX
#undef REAL

#define SUFFIX f64
#define REAL double
#include "_products_body.h"
#undef SUFFIX
#undef REAL

#endif
