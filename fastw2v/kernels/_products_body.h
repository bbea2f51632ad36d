/* The routines of _products.h for one number type. */

#define NAME(name) SIMD_JOIN(name, SUFFIX)

/* out[j * out_stride + i] = a_i . b_j for n_a <= PAIRS / n_b rows a and n_b rows b: both are constants where
 * this is inlined. */
SIMD_INLINE void NAME(dots_tile)(REAL *out, int64_t out_stride, const REAL *a, int64_t a_stride, const REAL *b,
                                 int64_t b_stride, int64_t n_vectors, const int n_a, const int n_b) {
    V sum[PAIRS + W], x[PAIRS];
    REAL found[PAIRS + W];
    SIMD_UNROLL
    for (int pair = 0; pair < PAIRS + W; pair++) sum[pair] = VZERO();
    for (int64_t k = 0; k < n_vectors * W; k += W) {
        SIMD_UNROLL
        for (int j = 0; j < n_b; j++) x[j] = VLOAD(b + j * b_stride + k);
        SIMD_UNROLL
        for (int i = 0; i < n_a; i++) {
            V y = VLOAD(a + i * a_stride + k);
            LOAD_ONCE(y);
            SIMD_UNROLL
            for (int j = 0; j < n_b; j++) sum[j * n_a + i] = VFMA(y, x[j], sum[j * n_a + i]);
        }
    }
    SIMD_UNROLL
    for (int pair = 0; pair < n_a * n_b; pair += W) VSTORE(found + pair, VREDUCE(sum + pair));
    SIMD_UNROLL
    for (int j = 0; j < n_b; j++) memcpy(out + j * out_stride, found + j * n_a, n_a * sizeof(REAL));
}

/* All rows a against n_b rows b. */
SIMD_INLINE void NAME(dots_columns)(REAL *out, int64_t out_stride, const REAL *a, int64_t a_stride, int64_t n_a,
                                    const REAL *b, int64_t b_stride, int64_t n_vectors, const int n_b) {
    const int height = PAIRS / n_b;
    int64_t i = 0;
    for (; i + height <= n_a; i += height)
        NAME(dots_tile)(out + i, out_stride, a + i * a_stride, a_stride, b, b_stride, n_vectors, height, n_b);
    for (; i < n_a; i++)
        NAME(dots_tile)(out + i, out_stride, a + i * a_stride, a_stride, b, b_stride, n_vectors, 1, n_b);
}

/* out[j * out_stride + i] = a_i . b_j; a is read from memory once if it fits into the nearest cache. */
static inline void NAME(dots)(REAL *out, int64_t out_stride, const REAL *a, int64_t a_stride, int64_t n_a,
                              const REAL *b, int64_t b_stride, int n_b, int64_t n_vectors) {
    int j = 0;
    for (; j + 4 <= n_b; j += 4)
        NAME(dots_columns)(out + j * out_stride, out_stride, a, a_stride, n_a, b + j * b_stride, b_stride, n_vectors, 4);
    for (; j + 2 <= n_b; j += 2)
        NAME(dots_columns)(out + j * out_stride, out_stride, a, a_stride, n_a, b + j * b_stride, b_stride, n_vectors, 2);
    for (; j < n_b; j++)
        NAME(dots_columns)(out + j * out_stride, out_stride, a, a_stride, n_a, b + j * b_stride, b_stride, n_vectors, 1);
}

/* A sum of rows: out_t += sum over s of coefficient[t * by_out + s * by_source] * source_s. */
typedef struct {
    REAL *out;
    int64_t out_stride;
    const REAL *coefficient;
    int64_t by_out, by_source;
    const REAL *source;
    int64_t source_stride;
    int n_sources;
} NAME(Sum);

/* Numbers k .. k + width * W of n_out <= TARGETS rows out from row t on; n_out and width are constants where this
 * is inlined. */
SIMD_INLINE void NAME(add_tile)(const NAME(Sum) *s, int64_t t, int64_t k, const int n_out, const int width) {
    V sum[TARGETS][SPAN], factor[TARGETS];
    REAL *out = s->out + t * s->out_stride + k;
    const REAL *coefficient = s->coefficient + t * s->by_out, *source = s->source + k;
    const int64_t out_stride = s->out_stride, by_out = s->by_out, by_source = s->by_source;
    const int64_t source_stride = s->source_stride;
    const int n_sources = s->n_sources;
    SIMD_UNROLL
    for (int i = 0; i < n_out; i++) {
        SIMD_UNROLL
        for (int v = 0; v < width; v++) sum[i][v] = VLOAD(out + i * out_stride + v * W);
    }
    for (int j = 0; j < n_sources; j++, coefficient += by_source, source += source_stride) {
        SIMD_UNROLL
        for (int i = 0; i < n_out; i++) factor[i] = VSET1(coefficient[i * by_out]);
        SIMD_UNROLL
        for (int v = 0; v < width; v++) {
            V x = VLOAD(source + v * W);
            LOAD_ONCE(x);
            SIMD_UNROLL
            for (int i = 0; i < n_out; i++) sum[i][v] = VFMA(factor[i], x, sum[i][v]);
        }
    }
    SIMD_UNROLL
    for (int i = 0; i < n_out; i++) {
        SIMD_UNROLL
        for (int v = 0; v < width; v++) VSTORE(out + i * out_stride + v * W, sum[i][v]);
    }
}

/* All vectors of n_out rows, in nearly equal spans. */
SIMD_INLINE void NAME(add_rows)(const NAME(Sum) *s, int64_t t, int64_t n_vectors, const int n_out) {
    const int64_t n_spans = (n_vectors + SPAN - 1) / SPAN;
    for (int64_t span = 0; span < n_spans; span++) {
        const int64_t first = n_vectors * span / n_spans, k = first * W;
        switch (n_vectors * (span + 1) / n_spans - first) {
            case 1: NAME(add_tile)(s, t, k, n_out, 1); break;
            case 2: NAME(add_tile)(s, t, k, n_out, 2); break;
#if SPAN > 2
            case 3: NAME(add_tile)(s, t, k, n_out, 3); break;
            case 4: NAME(add_tile)(s, t, k, n_out, 4); break;
#endif
#if SPAN > 4
            case 5: NAME(add_tile)(s, t, k, n_out, 5); break;
            case 6: NAME(add_tile)(s, t, k, n_out, 6); break;
            case 7: NAME(add_tile)(s, t, k, n_out, 7); break;
            case 8: NAME(add_tile)(s, t, k, n_out, 8); break;
#endif
        }
    }
}

static inline void NAME(add_products)(const NAME(Sum) *s, int64_t n_out, int64_t n_vectors) {
    int64_t t = 0;
    for (; t + TARGETS <= n_out; t += TARGETS) NAME(add_rows)(s, t, n_vectors, TARGETS);
    for (; t < n_out; t++) NAME(add_rows)(s, t, n_vectors, 1);
}

#undef NAME
