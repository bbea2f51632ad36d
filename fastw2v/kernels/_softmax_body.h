/* The batch of _softmax.h for one number type, in the order in which things happen:
 *
 *     measure_part  every thread, before the first batch: lengths of its output rows
 *     begin_run     the first thread: hidden layers of the windows from batch->first on
 *     run_part      every thread, its output rows: scores, errors, what they want of the hidden layers
 *     end_run       the first thread: input rows move
 *     update_part   every thread, once for each batch: its output rows move
 */

#define NAME(name) SIMD_JOIN(name, SUFFIX)

/* ------------------------------------------------------------------------- a row of scores ---- */

SIMD_NOINLINE REAL NAME(highest_of)(const REAL *score, int64_t width) {
    REAL highest[SOFTMAX_LANES];
    for (int lane = 0; lane < SOFTMAX_LANES; lane++) highest[lane] = score[lane];
    for (int64_t k = SOFTMAX_LANES; k < width; k += SOFTMAX_LANES)
        for (int lane = 0; lane < SOFTMAX_LANES; lane++)
            highest[lane] = score[k + lane] > highest[lane] ? score[k + lane] : highest[lane];
    for (int lane = 1; lane < SOFTMAX_LANES; lane++)
        if (highest[lane] > highest[0]) highest[0] = highest[lane];
    return highest[0];
}

/* row = exp(row - highest), 0 where that is next to nothing; scores = row before. Returns the sum, and in `spread` that
 * of the squares weighted with it. */
SIMD_NOINLINE double NAME(exp_of)(REAL *row, int64_t width, REAL highest, REAL *scores, const REAL *squares,
                                  double *spread) {
    REAL sum[SOFTMAX_LANES] = {0}, weighted[SOFTMAX_LANES] = {0};
    double total = 0;
    for (int64_t k = 0; k < width; k += SOFTMAX_LANES)
        for (int lane = 0; lane < SOFTMAX_LANES; lane++) {
            REAL score = row[k + lane], x = score - highest;
            REAL e = NAME(exp_minus_abs)(x);
            e = x > REAL_EXP_FLOOR ? e : 0;
            scores[k + lane] = score;
            row[k + lane] = e;
            sum[lane] += e;
            weighted[lane] += e * squares[k + lane];
        }
    *spread = 0;
    for (int lane = 0; lane < SOFTMAX_LANES; lane++) {
        total += (double)sum[lane];
        *spread += (double)weighted[lane];
    }
    return total;
}

SIMD_NOINLINE void NAME(scale)(REAL *row, int64_t width, REAL factor) {
    for (int64_t k = 0; k < width; k += SOFTMAX_LANES)
        for (int lane = 0; lane < SOFTMAX_LANES; lane++) row[k + lane] *= factor;
}

/* Squared lengths of output rows after the step -alpha e h: their scores say how they lie to h. */
SIMD_NOINLINE void NAME(move_squares)(REAL *squares, const REAL *errors, const REAL *scores, int64_t width, REAL alpha,
                                      REAL squared_length) {
    for (int64_t k = 0; k < width; k += SOFTMAX_LANES)
        for (int lane = 0; lane < SOFTMAX_LANES; lane++) {
            const REAL step = alpha * errors[k + lane];
            squares[k + lane] += step * (step * squared_length - 2 * scores[k + lane]);
        }
}

/* ------------------------------------------------------------------------------ all parts ---- */

/* The targets of a window: ids[first .. end) without that at `skipped`. */
typedef struct {
    int64_t first, end, skipped;
} NAME(Targets);

static NAME(Targets) NAME(targets_of)(const SoftmaxBatch *b, const SoftmaxWindow *w) {
    const NAME(Targets) in_skip_gram = {w->low, w->high, w->position}, in_cbow = {w->position, w->position + 1, -1};
    return b->skip_gram ? in_skip_gram : in_cbow;
}

/* Adds `amount` to the numbers of a row that belong to targets within the part; returns their sum before. */
static double NAME(add_at_targets)(const SoftmaxBatch *b, const SoftmaxPart *p, NAME(Targets) targets, REAL *row,
                                   REAL amount) {
    double sum = 0;
    for (int64_t q = targets.first; q < targets.end; q++) {
        const int64_t at = b->ids[q] - p->first_row;
        if (at < 0 || at >= p->n_rows || q == targets.skipped) continue;
        sum += (double)row[at];
        row[at] += amount;
    }
    return sum;
}

/* How many targets of a window may share one step (math.md section 2): the step along its gradient cannot
 * overshoot while alpha * targets * curvature <= 2. */
static int NAME(targets_at_once)(const SoftmaxWindow *w, double spread, double target_spread) {
    const double curvature = w->squared_length / 2 + (spread > target_spread ? spread : target_spread);
    const double most = 2 / (w->alpha * curvature);
    return most < 1 ? 1 : most < w->n_targets ? (int)most : w->n_targets;
}

/* Scores of window i, as they are after the windows before it, become its errors. Returns whether targets are left. */
static int NAME(errors_of)(SoftmaxBatch *b, int rank, int i) {
    SoftmaxPart *p = &b->part[rank];
    const SoftmaxWindow *w = &b->window[i];
    NAME(Targets) targets = NAME(targets_of)(b, w);
    REAL *const errors = (REAL *)p->errors, *const row = errors + i * p->width;
    double highest, total = 0, spread = 0, target_squares = 0;
    int n_targets = w->n_targets;
    if (b->in_order && i > 0) {
        NAME(Sum) earlier = {row, 0, (const REAL *)b->moves + i * b->capacity, 0, 1, errors, p->width, i};
        NAME(add_products)(&earlier, 1, p->width / W);
    }
    for (int64_t k = p->n_rows; k < p->width; k++) row[k] = (REAL)-1e30;
    if (!w->is_rest) p->target_scores += NAME(add_at_targets)(b, p, targets, row, 0);
    p->target_squares[i] = NAME(add_at_targets)(b, p, targets, (REAL *)p->squares, 0);
    highest = (double)NAME(highest_of)(row, p->width);
    p->highest[i] = highest;
    p->total[i] = NAME(exp_of)(row, p->width, (REAL)highest, (REAL *)p->scores, (const REAL *)p->squares, &p->spread[i]);

    team_meet(b->met, b->n_parts, ++p->n_met);
    for (int k = 0; k < b->n_parts; k++)
        if (b->part[k].highest[i] > highest) highest = b->part[k].highest[i];
    for (int k = 0; k < b->n_parts; k++) {
        const SoftmaxPart *part = &b->part[k];
        const double share = exp(part->highest[i] - highest);
        total += part->total[i] * share;
        spread += part->spread[i] * share;
        target_squares += part->target_squares[i];
    }
    if (rank == 0 && !w->is_rest) b->loss += n_targets * (highest + log(total));
    p->rest = -1;
    if (b->in_order && n_targets > 1) {
        n_targets = NAME(targets_at_once)(w, spread / total, target_squares / n_targets);
        if (n_targets < w->n_targets) {
            const int holds_centre = targets.first <= w->position && w->position < targets.first + n_targets + 1;
            targets.end = p->rest = targets.first + n_targets + holds_centre;
        }
    }
    NAME(scale)(row, p->width, (REAL)(n_targets * exp(p->highest[i] - highest) / total));
    NAME(add_at_targets)(b, p, targets, row, -1);
    if (b->in_order && b->skip_gram)
        NAME(move_squares)((REAL *)p->squares, row, (const REAL *)p->scores, p->width, (REAL)w->alpha,
                           (REAL)w->squared_length);
    if (b->in_order && i > 0)
        NAME(dots)((REAL *)p->overlaps + i * b->capacity, b->capacity, errors, p->width, i, row, 0, 1, p->width / W);
    p->n_done = i + 1;
    return p->rest >= 0;
}

static void NAME(run_part)(SoftmaxBatch *b, int rank) {
    SoftmaxPart *p = &b->part[rank];
    const int64_t stride = b->stride, width = p->width;
    const REAL *const rows = (const REAL *)b->w_out + p->first_row * stride;
    const REAL *const hidden = (const REAL *)b->hidden + b->first * stride;
    REAL *const errors = (REAL *)p->errors + b->first * width;
    REAL *const hidden_errors = (REAL *)p->hidden_errors + b->first * stride;
    int64_t row, n_rows, n = b->n_windows - b->first;
    for (row = 0; row < p->n_rows; row += SOFTMAX_ROWS) {
        n_rows = p->n_rows - row < SOFTMAX_ROWS ? p->n_rows - row : SOFTMAX_ROWS;
        NAME(dots)(errors + row, width, rows + row * stride, stride, n_rows, hidden, stride, (int)n, b->n_vectors);
    }
    for (int i = b->first; i < b->n_windows; i++)
        if (NAME(errors_of)(b, rank, i)) break; /* what is left comes before the windows behind it */
    n = p->n_done - b->first;
    memset(hidden_errors, 0, n * stride * sizeof(REAL));
    /* backwards: the rows that were used last are still in the cache */
    for (row = (p->n_rows - 1) / SOFTMAX_ROWS * SOFTMAX_ROWS; row >= 0; row -= SOFTMAX_ROWS) {
        NAME(Sum) sum = {hidden_errors, stride, errors + row, width, 1, rows + row * stride, stride, 0};
        sum.n_sources = (int)(p->n_rows - row < SOFTMAX_ROWS ? p->n_rows - row : SOFTMAX_ROWS);
        NAME(add_products)(&sum, n, b->n_vectors);
    }
}

static void NAME(update_part)(SoftmaxBatch *b, int rank) {
    SoftmaxPart *p = &b->part[rank];
    REAL *const rows = (REAL *)b->w_out + p->first_row * b->stride;
    NAME(Sum) sum = {rows, b->stride, (const REAL *)p->errors, 1, p->width, (const REAL *)b->steps, b->stride, 0};
    sum.n_sources = b->n_windows;
    NAME(add_products)(&sum, p->n_rows, b->n_vectors);
}

static void NAME(measure_part)(SoftmaxBatch *b, int rank) {
    SoftmaxPart *p = &b->part[rank];
    const REAL *row = (const REAL *)b->w_out + p->first_row * b->stride;
    for (int64_t j = 0; j < p->n_rows; j++, row += b->stride)
        NAME(dots)((REAL *)p->squares + j, 0, row, 0, 1, row, 0, 1, b->n_vectors);
}

/* ------------------------------------------------------------------------ the first thread ---- */

/* row += factor * step, for each input row of a window. */
static void NAME(move_inputs)(SoftmaxBatch *b, const SoftmaxWindow *w, const REAL *step, double factor) {
    const int64_t low = b->skip_gram ? w->position : w->low, high = b->skip_gram ? w->position + 1 : w->high;
    for (int64_t q = low; q < high; q++) {
        const int64_t word = b->ids[q];
        REAL *row = (REAL *)b->w_in + word * b->stride;
        const REAL share = (REAL)(b->lock ? factor * (double)b->lock[word % b->n_lock] : factor);
        if (!b->skip_gram && q == w->position) continue;
        for (int64_t k = 0; k < b->n_vectors * W; k++) row[k] += share * step[k];
    }
}

static void NAME(begin_run)(SoftmaxBatch *b) {
    for (int i = b->first; i < b->n_windows; i++) {
        SoftmaxWindow *w = &b->window[i];
        const int64_t low = b->skip_gram ? w->position : w->low, high = b->skip_gram ? w->position + 1 : w->high;
        const REAL mean = (REAL)(b->skip_gram || !b->cbow_mean ? 1.0 : 1.0 / (double)(high - low - 1));
        REAL *const hidden = (REAL *)b->hidden + i * b->stride, *const step = (REAL *)b->steps + i * b->stride, square;
        memset(hidden, 0, b->stride * sizeof(REAL));
        for (int64_t q = low; q < high; q++) {
            const REAL *row = (const REAL *)b->w_in + b->ids[q] * b->stride;
            if (!b->skip_gram && q == w->position) continue;
            for (int64_t k = 0; k < b->n_vectors * W; k++) hidden[k] += row[k];
        }
        for (int64_t k = 0; k < b->n_vectors * W; k++) {
            hidden[k] *= mean;
            step[k] = (REAL)-w->alpha * hidden[k];
        }
        NAME(dots)(&square, 0, hidden, 0, 1, hidden, 0, 1, b->n_vectors);
        w->squared_length = (double)square;
        if (b->in_order && i > 0)
            NAME(dots)((REAL *)b->moves + i * b->capacity, b->capacity, (const REAL *)b->steps, b->stride, i, hidden, 0, 1,
                       b->n_vectors);
    }
}

static void NAME(end_run)(SoftmaxBatch *b) {
    REAL *const all_errors = (REAL *)b->part[0].hidden_errors, *const all_overlaps = (REAL *)b->part[0].overlaps;
    b->n_windows = b->part[0].n_done;
    for (int i = b->first; i < b->n_windows; i++) {
        const SoftmaxWindow *w = &b->window[i];
        REAL *const errors = all_errors + i * b->stride, *const overlaps = all_overlaps + i * b->capacity;
        for (int part = 1; part < b->n_parts; part++) {
            const REAL *more = (const REAL *)b->part[part].hidden_errors + i * b->stride;
            const REAL *common = (const REAL *)b->part[part].overlaps + i * b->capacity;
            for (int64_t k = 0; k < b->n_vectors * W; k++) errors[k] += more[k];
            for (int k = 0; b->in_order && k < i; k++) overlaps[k] += common[k];
        }
        if (b->in_order) {
            NAME(Sum) earlier = {errors, 0, overlaps, 0, 1, (const REAL *)b->steps, b->stride, i};
            NAME(add_products)(&earlier, 1, b->n_vectors);
        }
        NAME(move_inputs)(b, w, errors, -w->alpha * w->share);
    }
}

#undef NAME
