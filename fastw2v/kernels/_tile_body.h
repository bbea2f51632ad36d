/* One training window: scores, steps, update (docs/math.md section 8).
 *
 * A window has n_in input rows x_i and n_out output rows o_j with labels y_j. The rows step one after the other:
 *
 *     for i:  g_ij = alpha * (y_j - sigmoid(x_i . o_j))     x_i += sum_j g_ij o_j     o_j += g_ij x_i (the old one)
 *
 * Scores of all rows come from the old values; the products of the input rows among themselves tell what the
 * rows before i did to its scores. The update then goes through the rows in order, the outputs in registers.
 *
 * Skip-gram, CBOW, negative sampling and hierarchical softmax differ only in which rows these are.
 * Output rows come in slices of at most TILE_OUT, each compiled with a constant number of rows so
 * that their sums stay in registers; slices are independent of each other because the old inputs
 * are kept in x_rows while the sums go to in_rows.
 *
 * Rows are padded with zeros to whole vectors (of the widest instruction set), so there are no
 * tails; zeros stay zeros under these updates.
 */

#define NAME(name) SIMD_JOIN(name, SUFFIX)

/* p[pair] = sigmoid(score[pair]) for n pairs and what fills a vector; a plain loop: every compiler vectorises it. */
SIMD_NOINLINE void NAME(sigmoid)(REAL *p, const REAL *score, int n) {
    const int end = (n + LOGISTIC_LANES - 1) / LOGISTIC_LANES * LOGISTIC_LANES;
    for (int pair = 0; pair < end; pair++) {
        REAL e = NAME(exp_minus_abs)(score[pair]);
        p[pair] = (score[pair] < 0 ? e : (REAL)1) / ((REAL)1 + e);
    }
}

/* loss[lane] += -log sigmoid(+-score) of the pairs: softplus(u) = max(u, 0) + log1p(exp(-|u|))
 * with u = score where the label is 0 and -score where it is 1.  (u < 0 ? 0 : u) keeps a NaN, by
 * which the training loop sees that weights are no longer finite. */
SIMD_NOINLINE void NAME(logistic_loss)(const REAL *score, const REAL *label, int n_in, int n_out, int row,
                                       double *loss) {
    for (int i = 0; i < n_in; i++, score += row) {
        for (int j = 0; j < TILE_ROW; j++) {
            REAL u = label[j] > (REAL)0.5 ? -score[j] : score[j];
            REAL softplus = (u < 0 ? (REAL)0 : u) + NAME(log1p_unit)(NAME(exp_minus_abs)(u));
            loss[j] += j < n_out ? (double)softplus : 0.0;
        }
    }
}

/* ---- the window's input rows among themselves ---- */

/* gram[i (i - 1) / 2 + k] = x_i . x_k for k < i, of the rows from..to (constants), at most 28 products.
 * Returns the greatest sum_{k<i} |x_i . x_k| of these rows. */
SIMD_INLINE REAL NAME(gram_rows)(const REAL *const *x_rows, REAL *gram, int64_t end, const int from, const int to) {
    const int first = from * (from - 1) / 2, n = to * (to - 1) / 2 - first;
    V acc[TILE_GRAM];
    REAL most = 0;
    SIMD_UNROLL
    for (int pair = 0; pair < n + W - 1; pair++) acc[pair] = VZERO();
    for (int64_t k = 0; k < end; k += W) {
        int pair = 0;
        SIMD_UNROLL
        for (int i = from; i < to; i++) {
            V x = VLOAD(x_rows[i] + k);
            SIMD_UNROLL
            for (int j = 0; j < i; j++, pair++) acc[pair] = VFMA(x, VLOAD(x_rows[j] + k), acc[pair]);
        }
    }
    SIMD_UNROLL
    for (int pair = 0; pair < n; pair += W) VSTORE(gram + first + pair, NAME(reduce)(acc + pair));
    SIMD_UNROLL
    for (int i = from; i < to; i++) {
        REAL sum = 0;
        SIMD_UNROLL
        for (int k = 0; k < i; k++) sum += ABSOLUTE(gram[i * (i - 1) / 2 + k]);
        most = sum > most ? sum : most;
    }
    return most;
}

/* Products of all pairs of input rows; returns the greatest sum_{k<i} |x_i . x_k|. The rows come in parts whose
 * sums, and the rows that they need, stay in registers. */
SIMD_NOINLINE REAL NAME(gram)(const REAL *const *x_rows, REAL *gram, int64_t end, int n_in) {
    REAL most = 0, part;
#define GRAM_ROWS(FROM, TO)                                 \
    part = NAME(gram_rows)(x_rows, gram, end, FROM, TO);    \
    most = part > most ? part : most;
#if SIMD_REGISTERS >= 32
    switch (n_in) {
        case 2: GRAM_ROWS(1, 2) break;
        case 3: GRAM_ROWS(1, 3) break;
        case 4: GRAM_ROWS(1, 4) break;
        case 5: GRAM_ROWS(1, 5) break;
        case 6: GRAM_ROWS(1, 6) break;
        case 7: GRAM_ROWS(1, 7) break;
        case 8: GRAM_ROWS(1, 8) break;
    }
#else
    switch (n_in) {
        case 2: GRAM_ROWS(1, 2) break;
        case 3: GRAM_ROWS(1, 3) break;
        case 4: GRAM_ROWS(1, 4) break;
        case 5: GRAM_ROWS(1, 4) GRAM_ROWS(4, 5) break;
        case 6: GRAM_ROWS(1, 4) GRAM_ROWS(4, 6) break;
        case 7: GRAM_ROWS(1, 4) GRAM_ROWS(4, 6) GRAM_ROWS(6, 7) break;
        case 8: GRAM_ROWS(1, 4) GRAM_ROWS(4, 6) GRAM_ROWS(6, 8) break;
    }
#endif
#undef GRAM_ROWS
    return most;
}

/* Rounds of correction after which each step is within STEP_ERROR * alpha of the one-by-one loop's, where
 * rho = alpha / 4 * sum_{k<i} |x_i . x_k| at most (math.md section 8). n_in - 1 rounds are exact. */
SIMD_INLINE int NAME(rounds)(REAL rho, int n_in) {
    REAL error = (REAL)0.77 * rho * rho;
    int n = 0;
    for (; n + 1 < n_in && !(error <= (REAL)STEP_ERROR * (1 - rho)); n++) error *= rho;
    return n;
}

/* Row k steps, and the rows after it learn how that changes their scores; k and n_in are constants. */
SIMD_INLINE void NAME(step_of_row)(REAL (*change)[TILE_ROW], REAL *g, const REAL *p, const REAL *label, const REAL *gram,
                                   REAL alpha, const int k, const int n_in, const int row) {
    REAL step[TILE_ROW];
    if (k >= n_in) return;
    SIMD_LANES
    for (int lane = 0; lane < row; lane++) {
        const REAL q = p[k * row + lane], slope = k == 0 ? (REAL)0 : alpha * q * (1 - q);
        step[lane] = alpha * (label[lane] - q) - (k == 0 ? (REAL)0 : slope * change[k][lane]);
    }
    SIMD_LANES
    for (int lane = 0; lane < row; lane++) g[k * row + lane] = step[lane];
    SIMD_UNROLL
    for (int i = k + 1; i < n_in; i++) {
        const REAL inner = gram[i * (i - 1) / 2 + k];
        SIMD_LANES
        for (int lane = 0; lane < row; lane++)
            change[i][lane] = (k == 0 ? (REAL)0 : change[i][lane]) + inner * step[lane];
    }
}

/* The steps of the one-by-one loop from scores of old values, row after row, to first order:
 *     g_i = alpha (label - sigmoid(s_i + change_i)),   change_i = sum_{k<i} (x_i . x_k) g_k
 * with the sigmoid's tangent at s_i, which needs no second exponential.  All rows have `row` lanes. */
SIMD_INLINE void NAME(first_steps_of)(REAL *g, const REAL *p, const REAL *label, const REAL *gram, REAL alpha,
                                      const int n_in, const int row) {
    REAL change[TILE_IN][TILE_ROW];
#define STEP(k) NAME(step_of_row)(change, g, p, label, gram, alpha, k, n_in, row);
    STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5) STEP(6) STEP(7)
#undef STEP
}

/* The same, the shape known when compiled. */
SIMD_NOINLINE void NAME(first_steps)(REAL *g, const REAL *p, const REAL *label, const REAL *gram, REAL alpha, int n_in,
                                     int row) {
#define STEPS_CASE(N, ROW) \
    case N: NAME(first_steps_of)(g, p, label, gram, alpha, N, ROW); break;
#define STEPS_CASES(ROW)                                                                          \
    switch (n_in) {                                                                               \
        STEPS_CASE(1, ROW) STEPS_CASE(2, ROW) STEPS_CASE(3, ROW) STEPS_CASE(4, ROW)               \
        STEPS_CASE(5, ROW) STEPS_CASE(6, ROW) STEPS_CASE(7, ROW) STEPS_CASE(8, ROW)               \
    }
    if (row == 8) STEPS_CASES(8) else STEPS_CASES(TILE_ROW)
#undef STEPS_CASES
#undef STEPS_CASE
}

/* Scores as they were when the one-by-one loop came to them. */
SIMD_NOINLINE void NAME(correct_scores)(REAL *corrected, const REAL *score, const REAL *g, const REAL *gram, int n_in, int row) {
    SIMD_LANES
    for (int lane = 0; lane < n_in * row; lane++) corrected[lane] = score[lane];
    for (int i = 1; i < n_in; i++)
        for (int k = 0; k < i; k++, gram++)
            SIMD_LANES
            for (int lane = 0; lane < row; lane++) corrected[i * row + lane] += *gram * g[k * row + lane];
}

/* Each round makes one more row exact, and the error of the others smaller by rho. */
SIMD_NOINLINE void NAME(more_rounds)(REAL *g, REAL *p, const REAL *score, const REAL *label, const REAL *gram, int rounds,
                                     REAL alpha, int n_in, int row) {
    SIMD_ALIGNED REAL corrected[TILE_IN * TILE_ROW + LOGISTIC_LANES];
    memset(corrected, 0, sizeof corrected);
    for (; rounds > 0; rounds--) {
        NAME(correct_scores)(corrected, score, g, gram, n_in, row);
        NAME(sigmoid)(p, corrected, n_in * row);
        for (int i = 0; i < n_in; i++)
            SIMD_LANES
            for (int lane = 0; lane < row; lane++)
                g[i * row + lane] = alpha * (label[lane] - p[i * row + lane]);
    }
}

/* acc[.][j] += products of vector k of `height` input rows x, y and the n_out output rows; each has `row` sums. */
SIMD_INLINE void NAME(score_vector)(V *acc, const REAL *x, const REAL *y, REAL *const *out, int64_t k, const int height,
                                    const int n_out, const int row) {
    V a = VLOAD(x + k), b = height > 1 ? VLOAD(y + k) : VZERO();
    SIMD_UNROLL
    for (int j = 0; j < n_out; j++) {
        V o = VLOAD(out[j] + k);
        if (height > 1) LOAD_ONCE(o);
        acc[j] = VFMA(a, o, acc[j]);
        if (height > 1) acc[row + j] = VFMA(b, o, acc[row + j]);
    }
}

/* Scores of `height` input rows against n_out output rows, written as (height, row). */
SIMD_INLINE void NAME(score_rows)(REAL *score, const REAL *x, const REAL *y, REAL *const *out, int64_t end,
                                  const int height, const int n_out, const int row) {
    V acc[2 * TILE_ROW + W];
    int64_t k = 0;
    SIMD_UNROLL
    for (int sum = 0; sum < height * row + W; sum++) acc[sum] = VZERO();
    for (; height > 1 && k + W < end; k += 2 * W) {
        NAME(score_vector)(acc, x, y, out, k, height, n_out, row);
        NAME(score_vector)(acc, x, y, out, k + W, height, n_out, row);
    }
    for (; k < end; k += W) NAME(score_vector)(acc, x, y, out, k, height, n_out, row);
    SIMD_UNROLL
    for (int pair = 0; pair < height * row; pair += W) VSTORE(score + pair, NAME(reduce)(acc + pair));
}

/* One slice of output rows against all input rows; n_out and joint are constants where this is inlined. */
SIMD_INLINE void NAME(tile_slice)(Window *w, const REAL *gram, int rounds, int first, int n_next, const int n_out,
                                  const int joint) {
    /* copies in locals: the compiler cannot know that the rows do not overlap the struct */
    enum { ROOM = TILE_IN * TILE_ROW + LOGISTIC_LANES };
    SIMD_ALIGNED REAL score[ROOM], grad[ROOM], p[ROOM], label[TILE_ROW];
    REAL *out[TILE_OUT];
    REAL *const *in_rows = (REAL *const *)w->in_rows;
    const REAL *const *x_rows = (const REAL *const *)w->x_rows;
    void *const *next_rows = w->next_rows;
    const int row = n_out <= 8 ? 8 : TILE_ROW, n_in = w->n_in, to_write = w->fetch_to_write;
    const int64_t end = (int64_t)w->n_blocks * W, line = CACHE_LINE / sizeof(REAL);
    const int64_t all_lines = (end + line - 1) / line * line, fetch_step = w->fetch_step * line;
    int64_t later = 0;
    int i;
    SIMD_UNROLL
    for (int j = 0; j < n_out; j++) out[j] = (REAL *)w->out_rows[first + j];
    SIMD_LANES
    for (int lane = 0; lane < row; lane++) label[lane] = (REAL)w->label[first + lane];

    for (i = 0; i + 1 < n_in; i += 2)
        NAME(score_rows)(score + i * row, x_rows[i], x_rows[i + 1], out, end, 2, n_out, row);
    if (i < n_in) NAME(score_rows)(score + i * row, x_rows[i], x_rows[i], out, end, 1, n_out, row);

    if (w->alpha != 0) {
        NAME(sigmoid)(p, score, n_in * row);
        NAME(first_steps)(grad, p, label, gram, (REAL)w->alpha, n_in, row);
        if (rounds) NAME(more_rounds)(grad, p, score, label, gram, rounds, (REAL)w->alpha, n_in, row);
    }
    if (w->loss) {
        if (w->alpha != 0) {
            SIMD_LANES
            for (int lane = 0; lane < n_in * row; lane++) p[lane] = score[lane];
            NAME(correct_scores)(score, p, grad, gram, n_in, row);
        }
        NAME(logistic_loss)(score, label, n_in, n_out, row, w->loss);
    }
    if (w->alpha == 0) return; /* scoring only */

    for (int64_t k = 0; k < end; k += W) {
        V old[TILE_OUT], sum[TILE_OUT];
        const REAL *g = grad;
        /* one line of each later row at a time: a burst of them would stall the processor */
        if (k % line == 0) {
            if (to_write)
                for (int j = 0; j < n_next; j++) PREFETCH_TO_WRITE((const REAL *)next_rows[j] + later);
            else
                for (int j = 0; j < n_next; j++) PREFETCH((const REAL *)next_rows[j] + later);
            later += fetch_step;
            if (later >= all_lines) later -= all_lines;
        }
        SIMD_UNROLL
        for (int j = 0; j < n_out; j++) sum[j] = old[j] = VLOAD(out[j] + k);
        for (i = 0; i < n_in; i++, g += row) {
            /* two sums of every other output row: one alone would be a chain in which each waits for the last */
            V a = VLOAD(x_rows[i] + k), even = VLOAD(in_rows[i] + k), odd = VZERO();
            SIMD_UNROLL
            for (int j = 0; j < n_out; j++) {
                V step = VSET1(g[j]), o = joint ? old[j] : sum[j];
                if (j % 2) odd = VFMA(step, o, odd);
                else even = VFMA(step, o, even);
                sum[j] = VFMA(step, a, sum[j]);
            }
            VSTORE(in_rows[i] + k, n_out > 1 ? VADD(even, odd) : even);
        }
        SIMD_UNROLL
        for (int j = 0; j < n_out; j++) VSTORE(out[j] + k, sum[j]);
    }
}

#define SLICE_CASE(N) \
    case N: TILE_SLICE(w, gram, rounds, first, n_next, N) break;

/* The whole window, its output rows in slices of nearly equal size. */
SIMD_NOINLINE void NAME(tile_window)(Window *w) {
    const int n_slices = (w->n_out + TILE_OUT - 1) / TILE_OUT;
    REAL gram[TILE_GRAM];
    int rounds = 0;
    if (w->n_in > 1 && w->alpha != 0) {
        const REAL most = NAME(gram)((const REAL *const *)w->x_rows, gram, (int64_t)w->n_blocks * W, w->n_in);
        rounds = NAME(rounds)((REAL)w->alpha * most / 4, w->n_in);
    }
    for (int slice = 0; slice < n_slices; slice++) {
        /* one slice is the usual case: no division */
        const int first = n_slices == 1 ? 0 : w->n_out * slice / n_slices;
        const int end = n_slices == 1 ? w->n_out : w->n_out * (slice + 1) / n_slices;
        const int n_next = slice == 0 ? w->n_next : 0;
        switch (end - first) {
            SLICE_CASE(1)
            SLICE_CASE(2)
            SLICE_CASE(3)
            SLICE_CASE(4)
#if TILE_OUT > 4
            SLICE_CASE(5)
            SLICE_CASE(6)
#endif
#if TILE_OUT > 6
            SLICE_CASE(7)
            SLICE_CASE(8)
            SLICE_CASE(9)
            SLICE_CASE(10)
            SLICE_CASE(11)
            SLICE_CASE(12)
#endif
        }
    }
}

/* targets[i] = rows[i], so that updates see the values from before the window. */
static void NAME(copy_rows)(void *const *targets, void *const *rows, int n_rows, int n_blocks) {
    for (int i = 0; i < n_rows; i++) {
        REAL *to = (REAL *)targets[i];
        const REAL *from = (const REAL *)rows[i];
        for (int64_t k = 0; k < (int64_t)n_blocks * W; k += W) VSTORE(to + k, VLOAD(from + k));
    }
}

/* Calls step(..., k, width) for the vectors of a row from number k on, in nearly equal spans of a constant
 * width, at most 8: what a span holds then stays in registers while all rows go by. */
#define OVER_SPANS(step, ...)                                        \
    for (int span = 0, n_spans = (n_blocks + 7) / 8; span < n_spans; span++) { \
        const int k = n_blocks * span / n_spans;                     \
        switch (n_blocks * (span + 1) / n_spans - k) {               \
            case 1: NAME(step)(__VA_ARGS__, k, 1); break;            \
            case 2: NAME(step)(__VA_ARGS__, k, 2); break;            \
            case 3: NAME(step)(__VA_ARGS__, k, 3); break;            \
            case 4: NAME(step)(__VA_ARGS__, k, 4); break;            \
            case 5: NAME(step)(__VA_ARGS__, k, 5); break;            \
            case 6: NAME(step)(__VA_ARGS__, k, 6); break;            \
            case 7: NAME(step)(__VA_ARGS__, k, 7); break;            \
            case 8: NAME(step)(__VA_ARGS__, k, 8); break;            \
        }                                                            \
    }

SIMD_INLINE void NAME(sum_span)(REAL *target, void *const *rows, int n_rows, REAL scale, int k, const int width) {
    const V factor = VSET1(scale);
    V sum[8];
    SIMD_UNROLL
    for (int v = 0; v < width; v++) sum[v] = VZERO();
    for (int i = 0; i < n_rows; i++) {
        const REAL *row = (const REAL *)rows[i] + (int64_t)k * W;
        SIMD_UNROLL
        for (int v = 0; v < width; v++) sum[v] = VADD(sum[v], VLOAD(row + v * W));
    }
    target += (int64_t)k * W;
    SIMD_UNROLL
    for (int v = 0; v < width; v++) VSTORE(target + v * W, VFMA(factor, sum[v], VZERO()));
}

/* target = scale * sum of the rows. */
static void NAME(sum_rows)(void *target, void *const *rows, int n_rows, double scale, int n_blocks) {
    OVER_SPANS(sum_span, (REAL *)target, rows, n_rows, (REAL)scale)
}

SIMD_INLINE void NAME(add_span)(void *const *rows, int n_rows, const REAL *step, REAL scale, int k, const int width) {
    const V factor = VSET1(scale);
    V scaled[8];
    step += (int64_t)k * W;
    SIMD_UNROLL
    for (int v = 0; v < width; v++) scaled[v] = VFMA(factor, VLOAD(step + v * W), VZERO());
    for (int i = 0; i < n_rows; i++) {
        REAL *row = (REAL *)rows[i] + (int64_t)k * W;
        SIMD_UNROLL
        for (int v = 0; v < width; v++) VSTORE(row + v * W, VADD(scaled[v], VLOAD(row + v * W)));
    }
}

/* rows[i] += scale * step; a row may stand there several times. */
static void NAME(add_scaled)(void *const *rows, int n_rows, const void *step, double scale, int n_blocks) {
    OVER_SPANS(add_span, rows, n_rows, (const REAL *)step, (REAL)scale)
}

/* row += share * (target - row): not at all for a share of 0, whatever the target is. */
static void NAME(move_towards)(void *row, const void *target, double share, int n_blocks) {
    REAL *x = (REAL *)row;
    const REAL *y = (const REAL *)target;
    if (share == 0) return;
    SIMD_LANES
    for (int64_t k = 0; k < (int64_t)n_blocks * W; k++) x[k] += (REAL)share * (y[k] - x[k]);
}

#undef OVER_SPANS
#undef SLICE_CASE
#undef NAME
