/* exp(-|x|) and log(1 + e) without the C library: exp_minus_abs_f32, log1p_unit_f32, and _f64. */
#ifndef FASTW2V_EXP_H
#define FASTW2V_EXP_H

#include <stdint.h>
#include <string.h>

#include "_simd.h"

/* ---------------------------------------------------------------------------------- float ---- */
#define SUFFIX f32
#define REAL float
#define UINT uint32_t
#define MANTISSA_BITS 23
#define ROUND_MAGIC 12582912.0f /* 1.5 * 2^23: adding it leaves the nearest integer in the low bits */
#define EXP_TERMS 7
#define LOG_TERMS 8
#define EXP_FLOOR EXP_FLOOR_f32
#define EXP_FLOOR_f32 -87.0f /* exp of anything below is subnormal */
#include "_exp_body.h"
#undef SUFFIX
#undef REAL
#undef UINT
#undef MANTISSA_BITS
#undef ROUND_MAGIC
#undef EXP_TERMS
#undef LOG_TERMS
#undef EXP_FLOOR

/* --------------------------------------------------------------------------------- double ---- */
#define SUFFIX f64
#define REAL double
#define UINT uint64_t
#define MANTISSA_BITS 52
#define ROUND_MAGIC 6755399441055744.0 /* 1.5 * 2^52 */
#define EXP_TERMS 14
#define LOG_TERMS 17
#define EXP_FLOOR EXP_FLOOR_f64
#define EXP_FLOOR_f64 -700.0
#include "_exp_body.h"
#undef SUFFIX
#undef REAL
#undef UINT
#undef MANTISSA_BITS
#undef ROUND_MAGIC
#undef EXP_TERMS
#undef LOG_TERMS
#undef EXP_FLOOR

#endif
