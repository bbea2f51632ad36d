/* One training window: scores, logistic step, update (docs/math.md section 8).
 *
 * A window has n_in input rows x_i and n_out output rows o_j with labels y_j and multiplicities m_j:
 *
 *     s_ij = x_i . o_j          g_ij = alpha * m_j * (y_j - sigmoid(s_ij))
 *     o_j += sum_i g_ij x_i     x_i += sum_j g_ij o_j          both from the old values
 *
 * Skip-gram, CBOW, negative sampling and hierarchical softmax differ only in which rows these are.
 * Output rows come in slices of at most TILE_OUT, each compiled with a constant number of rows so
 * that their sums stay in registers; slices are independent of each other because the old inputs
 * are kept in x_rows while the sums go to in_rows.
 *
 * Rows are padded with zeros to whole vectors (of the widest instruction set), so there are no
 * tails; zeros stay zeros under these updates.
 */

#define NAME(name) TILE_JOIN(name, SUFFIX)

/* grad holds n scores; turn them into g = alpha * times * (label - sigmoid(score)).
 * Plain loops of constant length: every compiler vectorises them. */
TILE_NOINLINE void NAME(logistic_step)(REAL *grad, const REAL *label, const REAL *times, int n,
                                       REAL alpha) {
    const int end = (n + LOGISTIC_LANES - 1) / LOGISTIC_LANES * LOGISTIC_LANES;
    for (int pair = 0; pair < end; pair++) {
        REAL score = grad[pair];
        REAL e = NAME(exp_minus_abs)(score);
        REAL sigmoid = (score < 0 ? e : (REAL)1) / ((REAL)1 + e);
        grad[pair] = alpha * times[pair] * (label[pair] - sigmoid);
    }
}

/* Adds -times * log sigmoid(+-score) to the partial sums: softplus(u) = max(u, 0) + log1p(exp(-|u|))
 * with u = score where the label is 0 and -score where it is 1.  (u < 0 ? 0 : u) keeps a NaN, by
 * which the training loop sees that weights are no longer finite. */
TILE_NOINLINE void NAME(logistic_loss)(const REAL *score, const REAL *label, const REAL *times, int n,
                                       double *loss) {
    for (int start = 0; start < n; start += LOGISTIC_LANES) {
        for (int lane = 0; lane < LOGISTIC_LANES; lane++) {
            REAL s = score[start + lane];
            REAL u = label[start + lane] > (REAL)0.5 ? -s : s;
            REAL softplus = (u < 0 ? (REAL)0 : u) + NAME(log1p_unit)(NAME(exp_minus_abs)(u));
            loss[lane] += (double)(times[start + lane] * softplus);
        }
    }
}

/* labels and counts = label and times of a slice, for each input row again; most windows of negative
 * sampling find them as the window before left them. */
TILE_INLINE void NAME(repeat_labels)(Window *w, int first, const int n_out) {
    REAL *label = (REAL *)w->labels, *times = (REAL *)w->counts;
    const int n_pairs = w->n_in * n_out;
    if (w->n_labelled < n_pairs) {
        for (int i = 0; i < n_pairs; i += n_out) {
            TILE_UNROLL
            for (int j = 0; j < n_out; j++) {
                label[i + j] = w->label[first + j];
                times[i + j] = w->times[first + j];
            }
        }
        w->n_labelled = w->n_out == n_out ? n_pairs : 0;
    }
    if (w->loss) { /* lanes past the last pair hold whatever the last vector store left */
        for (int i = n_pairs; i < n_pairs + LOGISTIC_LANES; i++) times[i] = 0;
        w->n_labelled = 0;
    }
}

/* acc[i][j] += products of vector k of `height` input rows x, y and the n_out output rows. */
TILE_INLINE void NAME(score_vector)(V *acc, const REAL *x, const REAL *y, REAL *const *out, int64_t k, const int height,
                                    const int n_out) {
    V a = VLOAD(x + k), b = height > 1 ? VLOAD(y + k) : VZERO();
    TILE_UNROLL
    for (int j = 0; j < n_out; j++) {
        V o = VLOAD(out[j] + k);
        if (height > 1) LOAD_ONCE(o);
        acc[j] = VFMA(a, o, acc[j]);
        if (height > 1) acc[n_out + j] = VFMA(b, o, acc[n_out + j]);
    }
}

/* Scores of `height` input rows against n_out output rows, written as (height, n_out). */
TILE_INLINE void NAME(score_rows)(const Window *w, REAL *const *out, int i, const int height,
                                  const int n_out) {
    V acc[2 * TILE_OUT + W];
    const REAL *x = (const REAL *)w->x_rows[i];
    const REAL *y = (const REAL *)w->x_rows[height > 1 ? i + 1 : i];
    REAL *score = (REAL *)w->grad + (int64_t)i * n_out;
    const int64_t end = (int64_t)w->n_blocks * W;
    int64_t k = 0;
    TILE_UNROLL
    for (int sum = 0; sum < 2 * TILE_OUT + W; sum++) acc[sum] = VZERO();
    for (; height > 1 && k + W < end; k += 2 * W) {
        NAME(score_vector)(acc, x, y, out, k, height, n_out);
        NAME(score_vector)(acc, x, y, out, k + W, height, n_out);
    }
    for (; k < end; k += W) NAME(score_vector)(acc, x, y, out, k, height, n_out);
    TILE_UNROLL
    for (int pair = 0; pair < height * n_out; pair += W) VSTORE(score + pair, VREDUCE(acc + pair));
}

/* One slice of output rows against all input rows; n_out is a constant where this is inlined. */
TILE_INLINE void NAME(tile_slice)(Window *w, int first, int n_next, const int n_out) {
    /* copies in locals: the compiler cannot know that the rows do not overlap the struct */
    REAL *out[TILE_OUT], *const grad = (REAL *)w->grad;
    REAL *const *in_rows = (REAL *const *)w->in_rows;
    const REAL *const *x_rows = (const REAL *const *)w->x_rows;
    void *const *next_rows = w->next_rows;
    const int n_in = w->n_in, n_pairs = n_in * n_out, to_write = w->fetch_to_write;
    const int64_t end = (int64_t)w->n_blocks * W, line = CACHE_LINE / sizeof(REAL);
    const int64_t all_lines = (end + line - 1) / line * line, fetch_step = w->fetch_step * line;
    int64_t later = 0;
    int i;
    TILE_UNROLL
    for (int j = 0; j < n_out; j++) out[j] = (REAL *)w->out_rows[first + j];

    for (i = 0; i + 1 < n_in; i += 2) NAME(score_rows)(w, out, i, 2, n_out);
    if (i < n_in) NAME(score_rows)(w, out, i, 1, n_out);

    NAME(repeat_labels)(w, first, n_out);
    if (w->loss) NAME(logistic_loss)(grad, w->labels, w->counts, n_pairs, w->loss);
    if (w->alpha == 0) return; /* scoring only */
    NAME(logistic_step)(grad, w->labels, w->counts, n_pairs, (REAL)w->alpha);

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
        TILE_UNROLL
        for (int j = 0; j < n_out; j++) sum[j] = old[j] = VLOAD(out[j] + k);
        for (i = 0; i < n_in; i++, g += n_out) {
            /* two sums of every other output row: one alone would be a chain in which each waits for the last */
            V a = VLOAD(x_rows[i] + k), even = VLOAD(in_rows[i] + k), odd = VZERO();
            TILE_UNROLL
            for (int j = 0; j < n_out; j++) {
                V step = VSET1(g[j]);
                sum[j] = VFMA(step, a, sum[j]);
                if (j % 2) odd = VFMA(step, old[j], odd);
                else even = VFMA(step, old[j], even);
            }
            VSTORE(in_rows[i] + k, n_out > 1 ? VADD(even, odd) : even);
        }
        TILE_UNROLL
        for (int j = 0; j < n_out; j++) VSTORE(out[j] + k, sum[j]);
    }
}

/* The whole window, its output rows in slices of nearly equal size. */
TILE_NOINLINE void NAME(tile_window)(Window *w) {
    const int n_slices = (w->n_out + TILE_OUT - 1) / TILE_OUT;
    for (int slice = 0; slice < n_slices; slice++) {
        /* one slice is the usual case: no division */
        const int first = n_slices == 1 ? 0 : w->n_out * slice / n_slices;
        const int end = n_slices == 1 ? w->n_out : w->n_out * (slice + 1) / n_slices;
        const int n_next = slice == 0 ? w->n_next : 0;
        switch (end - first) {
            case 1: NAME(tile_slice)(w, first, n_next, 1); break;
            case 2: NAME(tile_slice)(w, first, n_next, 2); break;
            case 3: NAME(tile_slice)(w, first, n_next, 3); break;
            case 4: NAME(tile_slice)(w, first, n_next, 4); break;
#if TILE_OUT > 4
            case 5: NAME(tile_slice)(w, first, n_next, 5); break;
            case 6: NAME(tile_slice)(w, first, n_next, 6); break;
#endif
#if TILE_OUT > 6
            case 7: NAME(tile_slice)(w, first, n_next, 7); break;
            case 8: NAME(tile_slice)(w, first, n_next, 8); break;
            case 9: NAME(tile_slice)(w, first, n_next, 9); break;
            case 10: NAME(tile_slice)(w, first, n_next, 10); break;
            case 11: NAME(tile_slice)(w, first, n_next, 11); break;
            case 12: NAME(tile_slice)(w, first, n_next, 12); break;
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

TILE_INLINE void NAME(sum_span)(REAL *target, void *const *rows, int n_rows, REAL scale, int k, const int width) {
    const V factor = VSET1(scale);
    V sum[8];
    TILE_UNROLL
    for (int v = 0; v < width; v++) sum[v] = VZERO();
    for (int i = 0; i < n_rows; i++) {
        const REAL *row = (const REAL *)rows[i] + (int64_t)k * W;
        TILE_UNROLL
        for (int v = 0; v < width; v++) sum[v] = VADD(sum[v], VLOAD(row + v * W));
    }
    target += (int64_t)k * W;
    TILE_UNROLL
    for (int v = 0; v < width; v++) VSTORE(target + v * W, VFMA(factor, sum[v], VZERO()));
}

/* target = scale * sum of the rows. */
static void NAME(sum_rows)(void *target, void *const *rows, int n_rows, double scale, int n_blocks) {
    OVER_SPANS(sum_span, (REAL *)target, rows, n_rows, (REAL)scale)
}

TILE_INLINE void NAME(add_span)(void *const *rows, int n_rows, const REAL *step, REAL scale, int k, const int width) {
    const V factor = VSET1(scale);
    V scaled[8];
    step += (int64_t)k * W;
    TILE_UNROLL
    for (int v = 0; v < width; v++) scaled[v] = VFMA(factor, VLOAD(step + v * W), VZERO());
    for (int i = 0; i < n_rows; i++) {
        REAL *row = (REAL *)rows[i] + (int64_t)k * W;
        TILE_UNROLL
        for (int v = 0; v < width; v++) VSTORE(row + v * W, VADD(scaled[v], VLOAD(row + v * W)));
    }
}

/* rows[i] += scale * step; a row may stand there several times. */
static void NAME(add_scaled)(void *const *rows, int n_rows, const void *step, double scale, int n_blocks) {
    OVER_SPANS(add_span, rows, n_rows, (const REAL *)step, (REAL)scale)
}

/* shared += share * (mine - base); mine = base = shared: what this thread did to its copy of a row
 * since the last exchange goes to the row that all threads share, and what they did comes back. */
static void NAME(exchange_row)(void *shared, void *mine, void *base, double share, int n_blocks) {
    const V factor = VSET1((REAL)share), minus = VSET1((REAL)-share);
    for (int64_t k = 0; k < (int64_t)n_blocks * W; k += W) {
        V row = VFMA(factor, VLOAD((REAL *)mine + k), VLOAD((REAL *)shared + k));
        row = VFMA(minus, VLOAD((REAL *)base + k), row);
        VSTORE((REAL *)shared + k, row);
        VSTORE((REAL *)mine + k, row);
        VSTORE((REAL *)base + k, row);
    }
}

#undef OVER_SPANS
#undef NAME
