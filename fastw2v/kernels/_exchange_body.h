/* How several threads, or ranks, change one row (docs/math.md section 8, "Several threads").
 *
 * A thread has made some updates of its copy `mine` of a row, the first of them at the old value `base`; meanwhile
 * the others have moved the shared row.  Had all updates come one by one, this thread's would have seen what the others
 * did, and would have taken a part K of it back.  K is the curvature of the loss, summed over the thread's updates:
 *
 *     shared += (mine - base) - K (shared - base)          K = rest + (first - rest) axis axis'
 *
 * Along one axis the curvature is far greater than along any other, for input rows have a large mean, and so have
 * output rows.  `first` is the curvature along it, `rest` what is safe in all other directions.
 *
 * This file is included by _tile.h for each number type, as _tile_body.h is.
 */
#ifndef FASTW2V_EXCHANGE_BODY_H
#define FASTW2V_EXCHANGE_BODY_H
/* The curvature that rows of one kind see: M, the mean over windows of sum_i slope_i x_i x_i' of the rows x_i
 * that stand against them, and its two greatest eigenvalues, by power iteration with one row after the other. */
typedef struct {
    void *mean[2]; /* rows: running means of M v, v being the direction of the first; of the second, what v leaves over */
    double along[2]; /* their lengths, which are the eigenvalues */
    void *spare;     /* a row of scratch memory */
} Curvature;
#endif

#define NAME(name) SIMD_JOIN(name, SUFFIX)

SIMD_INLINE double NAME(total)(V sum) {
    REAL lanes[W];
    double total = 0;
    VSTORE(lanes, sum);
    for (int lane = 0; lane < W; lane++) total += lanes[lane];
    return total;
}

SIMD_INLINE double NAME(dot)(const REAL *a, const REAL *b, int n_blocks) {
    V sum = VZERO();
    for (int64_t k = 0; k < (int64_t)n_blocks * W; k += W) sum = VFMA(VLOAD(a + k), VLOAD(b + k), sum);
    return NAME(total)(sum);
}

/* target = scale * target + step * row */
SIMD_INLINE void NAME(mix)(REAL *target, double scale, double step, const REAL *row, int n_blocks) {
    const V a = VSET1((REAL)scale), b = VSET1((REAL)step);
    for (int64_t k = 0; k < (int64_t)n_blocks * W; k += W)
        VSTORE(target + k, VFMA(a, VLOAD(target + k), VFMA(b, VLOAD(row + k), VZERO())));
}

/* See above; afterwards mine = base = shared.  Any row along the axis will do for it.
 *
 * `first` and `rest` are the curvature along the axis and the greatest across it, as measured where rows were before;
 * it goes with the square of their length, and so it is taken for as much greater as this row has grown meanwhile.
 * Across the axis, `n_threads` together close no more than the error up to 1 / n_threads each.  A half is enough,
 * whatever the curvature, and lets threads come together.  Where the others have moved the row by more than its own
 * length, what was measured says little, and what both did in the same direction counts once, as in the model combiner
 * of Gill et al. (2021).  In no direction is more taken back than this thread did there: what the others did stays.
 *
 * Load and store are not atomic: where two threads exchange the same row at the same moment, what one of them did
 * may be lost, and it takes notice when it comes back, as of any other change. */
static void NAME(exchange_row)(void *shared, void *mine, void *base, const void *axis, double first, double rest,
                               double n_threads, int n_blocks) {
    const V minus = VSET1((REAL)-1);
    V along = VZERO(), ours_along = VZERO(), square = VZERO(), now = VZERO(), before = VZERO(), moved = VZERO(), both = VZERO();
    for (int64_t k = 0; k < (int64_t)n_blocks * W; k += W) {
        V old = VLOAD((REAL *)base + k), row = VLOAD((REAL *)shared + k), a = VLOAD((const REAL *)axis + k);
        V theirs = VFMA(minus, old, row), ours = VFMA(minus, old, VLOAD((REAL *)mine + k));
        along = VFMA(theirs, a, along);
        ours_along = VFMA(ours, a, ours_along);
        moved = VFMA(theirs, theirs, moved);
        both = VFMA(theirs, ours, both);
        square = VFMA(a, a, square);
        now = VFMA(row, row, now);
        before = VFMA(old, old, before);
    }
    const double grown = NAME(total)(now), from = NAME(total)(before), axis_square = NAME(total)(square);
    if (grown > from && first > 0) {
        first *= from > 0 ? grown / from : grown > 0 ? HUGE_VAL : 1;
        rest = from > 0 ? rest * (grown / from) : first;
    }
    const double far = NAME(total)(moved), same = NAME(total)(both), common = far > from ? same / far * (1 - from / far) : 0;
    /* what the others did, and what both did, along the axis and across it */
    const double theirs_1 = NAME(total)(along), ours_1 = NAME(total)(ours_along), unit = axis_square > 0 ? axis_square : 1;
    const double theirs_2 = far - theirs_1 * theirs_1 / unit, same_2 = same - theirs_1 * ours_1 / unit;
    const double most_1 = theirs_1 * ours_1 > 0 ? ours_1 / theirs_1 : 0, most_2 = theirs_2 > 0 && same_2 > 0 ? same_2 / theirs_2 : 0;
    rest -= 1 / n_threads;
    if (rest < common) rest = common;
    rest = rest < 0 ? 0 : rest < 0.5 ? rest : 0.5;
    first = first < rest ? rest : first < 0.5 ? first : 0.5;
    first = first < most_1 ? first : most_1;
    rest = rest < most_2 ? rest : most_2;
    const V back = VSET1((REAL)-rest);
    const V step = VSET1((REAL)(axis_square > 0 ? (rest - first) * (theirs_1 / axis_square) : 0));
    for (int64_t k = 0; k < (int64_t)n_blocks * W; k += W) {
        V old = VLOAD((REAL *)base + k), row = VLOAD((REAL *)shared + k);
        V theirs = VFMA(minus, old, row), ours = VFMA(minus, old, VLOAD((REAL *)mine + k));
        row = VADD(row, VFMA(back, theirs, VFMA(step, VLOAD((const REAL *)axis + k), ours)));
        VSTORE((REAL *)shared + k, row);
        VSTORE((REAL *)mine + k, row);
        VSTORE((REAL *)base + k, row);
    }
}

/* M = (1 - part) M + part * weight * row row', as far as the two means tell of it. */
static void NAME(add_curvature)(Curvature *c, const void *from, double weight, double part, int n_blocks) {
    const REAL *row = (const REAL *)from;
    for (int a = 0; a < 2; a++) {
        REAL *mean = (REAL *)c->mean[a];
        const double length = c->along[a], product = NAME(dot)(row, mean, n_blocks);
        /* any start will do but zero, which stays zero: the row itself */
        const double along = length > 0 ? product / length : sqrt(NAME(dot)(row, row, n_blocks));
        if (a == 0) { /* what the first direction leaves over of the row: nothing, where it starts with it */
            memcpy(c->spare, row, (size_t)n_blocks * W * sizeof(REAL));
            NAME(mix)((REAL *)c->spare, length > 0, length > 0 ? -along / length : 0, mean, n_blocks);
        }
        NAME(mix)(mean, 1 - part, part * weight * along, row, n_blocks);
        c->along[a] = sqrt(NAME(dot)(mean, mean, n_blocks));
        row = (const REAL *)c->spare;
    }
}

/* Take one pair of a window as a sample of what its rows see: an output row slope * x x' of each of the n_in input
 * rows, an input row share * slope * o o' of each of the n_out output rows. */
static void NAME(measure_pair)(const void *x, const void *o, double n_in, double n_out, double share, double part,
                               Curvature *outputs, Curvature *inputs, int n_blocks) {
    const double e = exp(-fabs(NAME(dot)((const REAL *)x, (const REAL *)o, n_blocks)));
    const double slope = e / ((1 + e) * (1 + e)); /* of the sigmoid */
    NAME(add_curvature)(outputs, x, n_in * slope, part, n_blocks);
    NAME(add_curvature)(inputs, o, n_out * share * slope, part, n_blocks);
}

#undef NAME
