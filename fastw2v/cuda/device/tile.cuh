/* One training window: the tile of kernels/_tile_body.h, for a warp.
 *
 * n_in input rows x_i step one after the other against n_out output rows o_j with labels y_j:
 *
 *     for i:  g_ij = alpha * (y_j - sigmoid(x_i . o_j))     x_i += sum_j g_ij o_j     o_j += g_ij x_i (the old one)
 *
 * The output rows stay in registers while the input rows go by, so that this order costs nothing here.  More than TILE_OUT
 * of them come in slices, each opened and closed again; an input row sees none of its steps before the last slice.
 * A row is written by adding its change to memory, where other warps may have added theirs since it was read.
 *
 * VECTOR_SIZE, TILE_OUT and JOINT_CONTEXT are given to the compiler.
 */
#ifndef FASTW2V_TILE_CUH
#define FASTW2V_TILE_CUH

#include "structs.cuh"

#define ROW ((VECTOR_SIZE + 3) / 4 * 4)        /* numbers of a row that count; those after VECTOR_SIZE are 0 and stay 0 */
#define STRIDE ((VECTOR_SIZE + 31) / 32 * 32)  /* numbers from one row to the next: whole cache lines */
#ifndef VECTORS /* which must be a constant; the play has any number of sizes in one build */
#define VECTORS ((VECTOR_SIZE + 127) / 128)
#endif
#define TILE_IN 8                              /* input rows of a block, where a block has a limit */

/* scores of a tile, rounded up to a power of two; score j is in the lanes from j * SPREAD on */
#define SCORES (TILE_OUT <= 1 ? 1 : TILE_OUT <= 2 ? 2 : TILE_OUT <= 4 ? 4 : 8)
#define SPREAD (32 / SCORES)

struct Row { V v[VECTORS]; };

DEVICE Row row_of(const REAL *numbers) {
    Row row;
    UNROLL for (int k = 0; k < VECTORS; k++) row.v[k] = v_load(numbers, 128 * k, ROW);
    return row;
}

DEVICE Row row_zero() {
    Row row;
    UNROLL for (int k = 0; k < VECTORS; k++) row.v[k] = v_zero();
    return row;
}

/* row += scale * other */
DEVICE void row_add(Row *row, REAL scale, const Row *other) {
    UNROLL for (int k = 0; k < VECTORS; k++) row->v[k] = v_fma(scale, other->v[k], row->v[k]);
}

DEVICE void row_add_to(REAL *numbers, const Row *change) {
    UNROLL for (int k = 0; k < VECTORS; k++) v_add_to(numbers, 128 * k, ROW, change->v[k]);
}

DEVICE Lanes<REAL> row_dot(const Row *a, const Row *b) {
    Lanes<REAL> sum = every((REAL)0);
    UNROLL for (int k = 0; k < VECTORS; k++) sum = v_dot(a->v[k], b->v[k], sum);
    return sum;
}

/* The output rows of a slice. */
struct Tile {
    int n;                  /* of them */
    int row[TILE_OUT];      /* numbers of the rows; of those beyond n, that of the first */
    Row now[TILE_OUT];      /* as this window has changed them; zeros beyond n */
    Row before[TILE_OUT];   /* as they were read */
    Lanes<REAL> label;      /* where the score of a row is; 0 or 1 */
    Lanes<bool> counts;     /* one lane for each row */
};

/* Sums over all lanes of SCORES numbers, each in a lane of its own: each exchange sums two numbers, half of them here. */
DEVICE Lanes<REAL> totals(Lanes<REAL> *part) {
    int mask = 16;
    UNROLL for (int half = SCORES / 2; half; half /= 2, mask /= 2) {
        const Lanes<bool> upper = (lane_number() & mask) != 0;
        UNROLL for (int j = 0; j < half; j++)
            part[j] = select<REAL>(upper, part[j + half], part[j]) +
                      exchanged<REAL>(select<REAL>(upper, part[j], part[j + half]), mask);
    }
    UNROLL for (; mask; mask /= 2) part[0] = part[0] + exchanged<REAL>(part[0], mask);
    return part[0];
}

/* Products of a row with the rows of the tile; score j is in the lanes from j * SPREAD on. */
DEVICE Lanes<REAL> scores_of(const Row *x, const Row *rows) {
    Lanes<REAL> part[SCORES];
    UNROLL for (int j = 0; j < SCORES; j++) part[j] = j < TILE_OUT ? row_dot(x, &rows[j < TILE_OUT ? j : 0]) : every((REAL)0);
    return totals(part);
}

/* Read the output rows: `first` and so on of a list that the lanes hold. */
DEVICE void open_tile(Tile *t, const REAL *w_out, Lanes<int> list, uint32_t labels, int first, int n) {
    uint32_t bits = 0;
    t->n = n;
    UNROLL for (int j = 0; j < TILE_OUT; j++) {
        t->row[j] = of_lane(list, first + (j < n ? j : 0));
        t->before[j] = t->now[j] = j < n ? row_of(w_out + (int64_t)t->row[j] * STRIDE) : row_zero();
        if (j < n && labels >> (first + j) & 1) bits |= 1u << j;
    }
    const Lanes<int> j = lane_number() / SPREAD;
    t->label = select<REAL>((every(bits) >> j & 1u) != 0u, every((REAL)1), every((REAL)0));
    t->counts = (lane_number() % SPREAD == 0) & (j < n);
    pause();
}

/* One input row steps: returns its change; the output rows change.  `loss`, if any, grows by what was lost before. */
DEVICE Row step_of(Tile *t, const Row *x, REAL alpha, Lanes<REAL> *loss) {
    const Lanes<REAL> score = scores_of(x, t->now);
    const Lanes<REAL> e = exp_of(select<REAL>(score < (REAL)0, score, -score)); /* exp(-|score|) cannot overflow */
    const Lanes<REAL> p = select<REAL>(score < (REAL)0, e, every((REAL)1)) / (e + (REAL)1);
    const Lanes<REAL> g = (t->label - p) * alpha;
    Row change = row_zero();
    UNROLL for (int j = 0; j < TILE_OUT; j++) {
        const REAL step = of_lane(g, j * SPREAD);
        row_add(&change, step, JOINT_CONTEXT ? &t->before[j] : &t->now[j]);
        if (j < t->n) row_add(&t->now[j], step, x);
    }
    if (loss) { /* softplus(-score) for a yes, softplus(score) for a no; a NaN stays one */
        const Lanes<REAL> wrong = select<REAL>(t->label > (REAL)0, -score, score);
        const Lanes<REAL> lost = select<REAL>(wrong < (REAL)0, every((REAL)0), wrong) + log_of(e + (REAL)1);
        *loss = *loss + select<REAL>(t->counts, lost, every((REAL)0));
    }
    return change;
}

/* Add the changes of the output rows to what they are by now: other windows may have changed them meanwhile. */
DEVICE void close_tile(Tile *t, REAL *w_out) {
    UNROLL for (int j = 0; j < TILE_OUT; j++) {
        if (j >= t->n) continue;
        row_add(&t->now[j], -1, &t->before[j]);
        row_add_to(w_out + (int64_t)t->row[j] * STRIDE, &t->now[j]);
    }
}

#endif
