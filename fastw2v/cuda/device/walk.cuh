/* Objectives, architectures and the walk over the positions of a round, as in _kernels.pyx: an objective chooses output
 * rows, an architecture input rows, the tile does the arithmetic.  SKIP_GRAM, NS and HS are given to
 * the compiler. */
#ifndef FASTW2V_WALK_CUH
#define FASTW2V_WALK_CUH

#include "tile.cuh"

/* Rows that a window asks, at most 32 at a time: more come in groups, each of which sees the steps of those before. */
struct Outputs {
    REAL *w_out;
    Lanes<int> list;
    uint32_t labels;              /* a bit for each */
    int n;
};

struct Window {
    int centre, left, right;
    Lanes<int> noise;             /* the first 32 noise words */
};

struct Walk {
    const int32_t *kept, *left_of, *right_of, *noise_of; /* of the chunk in hand */
    int position;
    Window window;
    REAL alpha;
    bool sampled;                 /* whether the loss of this window counts */
    REAL *memory;                 /* (TILE_IN, 128 * VECTORS) of this warp: steps of input rows between two slices */
    Lanes<REAL> loss;             /* of this piece */
};

/* ---- architectures ---- */

DEVICE REAL lock_of(const Settings *s, int word) { return s->lock ? (REAL)s->lock[word % s->n_lock] : (REAL)1; }

/* Words first .. first + n of the context, n at most 32; other lanes have numbers below 0, all different. */
DEVICE Lanes<int> context_of(const Walk *w, int first, int n) {
    const Lanes<int> i = lane_number() + first;
    const Lanes<int> place = i + (w->position - w->window.left) + select<int>(i >= w->window.left, every(1), every(0));
    const Lanes<int> word = load_if(lane_number() < n, w->kept, Lanes<int64_t>(place));
    return select<int>(lane_number() < n, word, -lane_number() - 1);
}

/* Context words of a block, from `first` on: no more than the steps between slices have room for, and none twice, for a
 * second place has to see the step of the first. */
DEVICE int end_of_block(const Walk *w, int first, int n_context) {
    const int left = n_context - first, n_blocks = (left + TILE_IN - 1) / TILE_IN, n = (left + n_blocks - 1) / n_blocks;
    const Lanes<int> word = context_of(w, first, n);
    const uint32_t again = lanes_where(first_alike(word) < lane_number());
    return first + (again ? lowest(again) : n);
}

/* Each context word is one input row (math.md section 3). */
DEVICE void skip_gram_window(const Settings *s, Walk *w, const Outputs *o) {
    const int n_context = w->window.left + w->window.right, n_slices = (o->n + TILE_OUT - 1) / TILE_OUT;
    Tile tile;
    for (int first = 0, last; first < n_context; first = last) {
        if (n_slices > 1 || JOINT_CONTEXT) last = end_of_block(w, first, n_context);
        else last = n_context - first > 32 ? first + 32 : n_context;
        const Lanes<int> word = context_of(w, first, last - first);
        for (int slice = 0; slice < n_slices; slice++) {
            const int begin = o->n * slice / n_slices, end = o->n * (slice + 1) / n_slices;
            open_tile(&tile, o->w_out, o->list, o->labels, begin, end - begin);
            for (int i = 0; i < last - first; i++) {
                const int row = of_lane(word, i);
                REAL *numbers = s->w_in + (int64_t)row * STRIDE, *step = w->memory + i * 128 * VECTORS;
                const Row x = row_of(numbers);
                Row change = step_of(&tile, &x, w->alpha, w->sampled ? &w->loss : NULL);
                pause();
                if (slice > 0)
                    UNROLL for (int k = 0; k < VECTORS; k++) change.v[k] = v_fma(1, v_recall(step, 128 * k), change.v[k]);
                if (slice < n_slices - 1) {
                    UNROLL for (int k = 0; k < VECTORS; k++) v_keep(step, 128 * k, change.v[k]);
                    continue;
                }
                Row locked = row_zero();
                row_add(&locked, lock_of(s, row), &change);
                row_add_to(numbers, &locked);
            }
            close_tile(&tile, o->w_out);
        }
    }
}

/* The mean (or sum) of the context rows is the one input row (math.md section 4). */
DEVICE void cbow_window(const Settings *s, Walk *w, const Outputs *o) {
    const int n_context = w->window.left + w->window.right, n_slices = (o->n + TILE_OUT - 1) / TILE_OUT;
    const REAL share = (REAL)1 / n_context, scale = s->cbow_exact == s->cbow_mean ? share : (REAL)1;
    Row x = row_zero(), change = row_zero();
    Tile tile;
    for (int first = 0; first < n_context; first += 32) {
        const int n = n_context - first > 32 ? 32 : n_context - first;
        const Lanes<int> word = context_of(w, first, n);
        for (int i = 0; i < n; i++) {
            const Row one = row_of(s->w_in + (int64_t)of_lane(word, i) * STRIDE);
            row_add(&x, s->cbow_mean ? share : (REAL)1, &one);
        }
    }
    for (int slice = 0; slice < n_slices; slice++) {
        const int begin = o->n * slice / n_slices, end = o->n * (slice + 1) / n_slices;
        open_tile(&tile, o->w_out, o->list, o->labels, begin, end - begin);
        const Row step = step_of(&tile, &x, w->alpha, w->sampled ? &w->loss : NULL);
        pause();
        row_add(&change, 1, &step);
        close_tile(&tile, o->w_out);
    }
    for (int first = 0; first < n_context; first += 32) {
        const int n = n_context - first > 32 ? 32 : n_context - first;
        const Lanes<int> word = context_of(w, first, n);
        for (int i = 0; i < n; i++) {
            const int row = of_lane(word, i);
            Row locked = row_zero();
            row_add(&locked, scale * lock_of(s, row), &change);
            row_add_to(s->w_in + (int64_t)row * STRIDE, &locked);
        }
    }
}

DEVICE void train_window(const Settings *s, Walk *w, const Outputs *o) {
    if (SKIP_GRAM) skip_gram_window(s, w, o);
    else cbow_window(s, w, o);
}

/* ---- objectives ---- */

/* Hierarchical softmax: the inner nodes from the root to the word. */
DEVICE void hs_outputs(const Settings *s, Walk *w) {
    const int64_t begin = s->path_start[w->window.centre], end = s->path_start[w->window.centre + 1];
    Outputs o = {s->w_hs, every(0), 0, 0};
    for (int64_t first = begin; first < end; first += 32) {
        const Lanes<int64_t> place = Lanes<int64_t>(lane_number()) + first;
        o.n = end - first > 32 ? 32 : (int)(end - first);
        o.list = load_if(place < end, s->path_point, place);
        o.labels = lanes_where((place < end) & (load_if(place < end, s->path_code, place) == (uint8_t)0));
        train_window(s, w, &o);
    }
}

/* Of the rows of a list, those with a bit: the k-th of them in lane k. */
DEVICE Lanes<int> chosen(Lanes<int> list, uint32_t bits) {
    Lanes<int> found = every(0);
    for (int k = 0; bits; bits &= bits - 1, k++) found = select<int>(lane_number() == k, every(of_lane(list, lowest(bits))), found);
    return found;
}

/* Negative sampling: the word itself, and its noise words.
 *
 * The word itself is no noise.  What was drawn m times is trained m times, each time after the step before: all rows
 * first, then those that were drawn twice, and so on. */
DEVICE void ns_outputs(const Settings *s, Walk *w) {
    Outputs o = {s->w_ns, every(0), 0, 0};
    for (int first = 0; first < s->negative + 1; first += 32) {
        const int n = s->negative + 1 - first > 32 ? 32 : s->negative + 1 - first;
        const Lanes<int64_t> place = Lanes<int64_t>(lane_number()) + (first - 1);
        const Lanes<bool> there = lane_number() < n, itself = (place < 0) & there;
        Lanes<int> word = first == 0 ? w->window.noise : load_if(there & (place >= 0), w->noise_of, Lanes<int64_t>(place) + (int64_t)w->position * s->negative);
        word = select<int>(itself, every(w->window.centre), select<int>(there, word, -lane_number() - 1));
        const Lanes<int> times = times_alike(word);
        const uint32_t distinct = lanes_where((first_alike(word) == lane_number()) & there);
        const uint32_t noise = lanes_where(there & (word != w->window.centre)), centre = lanes_where(itself);
        uint32_t rows = distinct & (noise | centre);
        for (int pass = 1; rows; pass++, rows &= noise & lanes_where(times >= pass)) {
            o.labels = pass == 1 ? centre : 0u;
            o.n = n_bits(rows);
            o.list = rows == (0xffffffffu >> (32 - o.n)) ? word : chosen(word, rows);
            train_window(s, w, &o);
        }
    }
}

/* ---- walk ---- */

DEVICE Window window_at(const Settings *s, const Walk *w, int position) {
    const Lanes<int64_t> place = Lanes<int64_t>(lane_number()) + (int64_t)position * s->negative - 1;
    Window window = {w->kept[position], w->left_of[position], w->right_of[position], every(0)};
    if (NS) window.noise = load_if((lane_number() > 0) & (lane_number() <= s->negative), w->noise_of, place);
    return window;
}

/* The chunk of a piece: the last that begins at or before it. */
DEVICE int chunk_of(const Round *r, int64_t piece) {
    int low = 0, high = (int)r->n_chunks;
    while (high - low > 1) {
        const int middle = (low + high) / 2;
        if (r->chunks[middle].first_piece <= piece) low = middle;
        else high = middle;
    }
    return low;
}

/* Train pieces of the round that nobody has taken, until there are none. */
DEVICE void walk(const Settings *s, const Round *r, REAL *memory) {
    int64_t n_pairs = 0, n_loss_pairs = 0;
    double loss = 0;
    Walk w;
    w.memory = memory;
    for (int piece; (piece = take_next(r->next)) < r->n_pieces;) {
        const Chunk *c = r->chunks + chunk_of(r, piece);
        const int n_kept = (int)c->n_kept, first = (int)(piece - c->first_piece) * PIECE;
        const int last = first + PIECE < n_kept ? first + PIECE : n_kept;
        if (first >= n_kept) continue;
        const double slope = (c->alpha_end - c->alpha) / n_kept;
        w.kept = r->kept + c->place, w.left_of = r->left + c->place, w.right_of = r->right + c->place;
        w.noise_of = r->noise + c->place * s->negative;
        w.alpha = (REAL)(c->alpha + slope * (first / ALPHA_BLOCK * ALPHA_BLOCK));
        w.loss = every((REAL)0);
        Window next = window_at(s, &w, first);
        for (int position = first; position < last; position++) {
            w.window = next, w.position = position;
            if (position + 1 < last) next = window_at(s, &w, position + 1); /* on its way meanwhile */
            const int n_context = w.window.left + w.window.right;
            w.sampled = position % s->loss_every == 0;
            n_pairs += SKIP_GRAM ? n_context : n_context > 0;
            if (w.sampled) n_loss_pairs += SKIP_GRAM ? n_context : n_context > 0;
            if (n_context == 0) continue;
            if (HS) hs_outputs(s, &w);
            if (NS) ns_outputs(s, &w);
        }
        loss += sum_of(w.loss);
    }
    add_to(r->n_pairs, n_pairs), add_to(r->n_loss_pairs, n_loss_pairs), add_to(r->loss, loss);
}

#endif
