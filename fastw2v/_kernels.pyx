"""The training kernels: a walk over one chunk of word ids that never touches a Python object.

Top-down: objectives (which output rows), architectures (which input rows), the walk, the entry points.
Each mode is one objective and one architecture; the dense arithmetic in between is ``tile_window`` of
``kernels/_tile.h``.  What they need is in the files included first, which are part of this module: the plan and
the scratch memory, the random draws, the threads' copies of hot rows.

Hogwild, and why it is safe enough: threads share the weight matrices without locks (Niu et al.,
2011).  Rows are aligned to cache lines and only ever read and written as floats inside buffers
whose owner, the :class:`Plan`, outlives the call; a lost update costs a gradient step, never
memory safety.
"""

include "kernels/_plan.pxi"
include "kernels/_scratch.pxi"
include "kernels/_draws.pxi"
include "kernels/_hot_rows.pxi"


# ---------------------------------------------------------------------------- objectives ----

cdef int ns_outputs(const Settings* s, Walk* w) noexcept nogil:
    """Output rows of negative sampling: the word itself (label 1) and its noise words (label 0).

    The word itself is no noise (gensim skips it, too). What was drawn more than once is trained again by
    :func:`ns_drawn_again`.
    """
    cdef void** out_rows = w.listed[w.position % SLOTS].words
    cdef int k, j, n_out = 1
    w.window.out_rows, w.window.label = out_rows, w.ns_label
    w.n_drawn = 0
    if not w.clash[w.position % RING]:
        return s.negative + 1
    w.times[0] = 1
    for k in range(1, s.negative + 1):
        for j in range(n_out):
            if out_rows[k] == out_rows[j]:
                w.times[j] += j > 0
                break
        else:
            out_rows[n_out], w.times[n_out] = out_rows[k], 1
            n_out += 1
    w.n_drawn = n_out
    return n_out


cdef int ns_drawn_again(const Settings* s, Walk* w) noexcept nogil:
    """Noise words that were drawn once more than the window has been trained with them; 0 if there are none.

    A row may stand only once in a tile: its second step has to see the first.
    """
    cdef void** out_rows = w.listed[w.position % SLOTS].words
    cdef int j, n_out = 0
    for j in range(w.n_drawn):
        if w.times[j] > 1:
            out_rows[n_out], w.times[n_out] = out_rows[j], w.times[j] - 1
            n_out += 1
    w.n_drawn, w.window.label = n_out, w.ns_label + 1
    return n_out


cdef int hs_outputs(const Settings* s, Walk* w) noexcept nogil:
    """Output rows of hierarchical softmax: the inner nodes from the root to the word."""
    cdef Listed* listed = &w.listed[w.position % SLOTS]
    cdef const uint8_t* code = s.path_code + s.path_start[w.kept[w.position]]
    cdef int k, n_out = <int>(listed.words - listed.path)
    w.window.out_rows, w.window.label = listed.path, w.hs_label
    for k in range(n_out):
        w.hs_label[k] = 1 - code[k]
    return n_out


# ------------------------------------------------------------------------- architectures ----

cdef void tile(const Settings* s, Walk* w) noexcept nogil:
    if w.lock.factor == NULL:
        s.compute.tile_window(&w.window)
    else:
        locked_tile(s, w)
    w.window.n_next = 0  # fetched


cdef void locked_tile(const Settings* s, Walk* w) noexcept nogil:
    """The output rows make a part of their step each; their window has one input row, or its next would miss that."""
    cdef void** out_rows = <void**><uintptr_t>w.window.out_rows  # which C calls constant
    cdef int j
    s.compute.copy_rows(w.moved, out_rows, w.window.n_out, s.n_blocks)
    w.window.out_rows = w.moved
    s.compute.tile_window(&w.window)
    w.window.out_rows = out_rows
    for j in range(w.window.n_out):
        s.compute.move_towards(out_rows[j], w.moved[j], lock_of(s, w.lock, w.locked, out_rows[j]), s.n_blocks)


cdef double lock_of(const Settings* s, const Lock* lock, const void* matrix, const void* row) noexcept nogil:
    return lock.factor[((<const char*>row - <const char*>matrix) // s.row_bytes) % lock.n]


cdef void skip_gram_window(const Settings* s, Walk* w, int n_context) noexcept nogil:
    """Each context word is one input row (math.md section 3).

    A wide window is cut in nearly equal blocks, one after the other; a word that stands there twice ends a
    block before its second place, which has to see the step of the first.
    """
    cdef int first = 0, last, n_blocks, i
    cdef int most = TILE_IN if w.lock.factor == NULL else 1
    while first < n_context:
        n_blocks = 1 if n_context - first <= most else (n_context - first + most - 1) // most
        last = n_context if n_blocks == 1 else first + (n_context - first + n_blocks - 1) // n_blocks
        if w.repeats:
            for i in range(first + 1, last):
                if w.before[i] >= first:
                    last = i
                    break
        skip_gram_block(s, w, w.context + first, last - first)
        first = last


cdef void skip_gram_block(const Settings* s, Walk* w, void** context, int n_in) noexcept nogil:
    cdef int i
    w.window.n_in = n_in
    w.window.x_rows = w.window.in_rows = context
    if s.lock_in.factor != NULL:
        memset(w.step[0], 0, n_in * s.row_bytes)
        w.window.in_rows = w.step
    elif w.window.n_out > TILE_OUT:
        w.window.x_rows = w.old
        s.compute.copy_rows(w.old, context, n_in, s.n_blocks)
    tile(s, w)
    if s.lock_in.factor != NULL and w.window.alpha != 0:
        for i in range(n_in):
            s.compute.add_scaled(context + i, 1, w.step[i], lock_of(s, &s.lock_in, s.w_in, context[i]), s.n_blocks)


cdef void cbow_window(const Settings* s, Walk* w, int n_context) noexcept nogil:
    """The mean (or sum) of the context rows is the one input row (math.md section 4).

    word2vec.c and gensim add the gradient of the mean undivided, and that of the sum divided:
    the factor stands in the wrong one of the two; ``cbow_exact`` puts it right.
    """
    cdef int i
    cdef double share = 1.0 / n_context
    cdef double scale = share if s.cbow_exact == s.cbow_mean else 1.0
    s.compute.sum_rows(w.old[0], w.context, n_context, share if s.cbow_mean else 1.0, s.n_blocks)
    w.window.n_in = 1
    w.window.x_rows, w.window.in_rows = w.old, w.step
    memset(w.step[0], 0, s.row_bytes)
    tile(s, w)
    if w.window.alpha == 0:
        return
    if s.lock_in.factor == NULL:
        s.compute.add_scaled(w.context, n_context, w.step[0], scale, s.n_blocks)
        return
    for i in range(n_context):
        share = lock_of(s, &s.lock_in, s.w_in, w.context[i])
        s.compute.add_scaled(w.context + i, 1, w.step[0], scale * share, s.n_blocks)


# ---------------------------------------------------------------------------------- walk ----

cdef void update(const Settings* s, Walk* w, int n_context, int n_out) noexcept nogil:
    w.window.n_out = n_out
    if s.skip_gram:
        skip_gram_window(s, w, n_context)
    else:
        cbow_window(s, w, n_context)


cdef inline void list_ahead(const Settings* s, Walk* w, int64_t position) noexcept nogil:
    """List the rows that a later position will use; they are fetched while the window in hand is trained."""
    cdef Listed* listed = &w.listed[position & (SLOTS - 1)]
    cdef void** end = listed.path
    w.window.n_next = 0
    if position >= w.n_kept:
        return
    if s.w_hs != NULL:
        fetch_paths(s, w, position)
        end = list_path(s, w, w.kept[position], end)
    listed.words = end
    if s.w_ns != NULL:
        end = list_words(s, w, position, end)
    if position + w.reach < w.n_kept:
        end[0] = list_input(s, w, position + w.reach)
        end += 1
    # but for the nodes that are surely in a near cache
    w.window.next_rows = listed.path + min(<int64_t>(listed.words - listed.path), <int64_t>NEAR_ROOT)
    w.window.n_next = <int>(end - w.window.next_rows)


cdef inline void fetch_paths(const Settings* s, const Walk* w, int64_t position) noexcept nogil:
    """A path is looked up in two steps, each fetched ahead of the next."""
    cdef int64_t first
    if position + 2 * AHEAD < w.n_kept:
        PREFETCH(&s.path_start[w.kept[position + 2 * AHEAD]])
    if position + AHEAD < w.n_kept:
        first = s.path_start[w.kept[position + AHEAD]]
        PREFETCH(&s.path_code[first])
        PREFETCH(&s.path_point[first])
        # most paths reach into a second cache line
        PREFETCH(&s.path_point[s.path_start[w.kept[position + AHEAD] + 1] - 1])


cdef inline void** list_path(const Settings* s, const Walk* w, int64_t word_id, void** rows) noexcept nogil:
    """The nodes from the root to a word; returns the place behind them."""
    cdef Rows matrix = w.hs_rows  # a local, which the stores of pointers cannot change: so below
    cdef int64_t k
    for k in range(s.path_start[word_id], s.path_start[word_id + 1]):
        rows[0] = row_of(&matrix, s.path_point[k])
        rows += 1
    return rows


cdef inline void** list_words(const Settings* s, const Walk* w, int64_t position, void** rows) noexcept nogil:
    """The word of a position and its noise words; returns the place behind them."""
    cdef Rows matrix = w.ns_rows
    cdef const int32_t* noise = w.noise + (position & (RING - 1))
    cdef int64_t k, negative = s.negative
    rows[0] = row_of(&matrix, w.kept[position])
    for k in range(negative):
        rows[1 + k] = row_of(&matrix, noise[k * RING])
    return rows + 1 + negative


cdef void* list_input(const Settings* s, Walk* w, int64_t position) noexcept nogil:
    cdef void* row = row_of(&w.input_rows, w.kept[position])
    w.inputs[position & s.reach_mask] = row
    return row


cdef int list_context(const Settings* s, Walk* w, int64_t p, int64_t low, int64_t high) noexcept nogil:
    """Input rows of the words low .. high around p, without p; whether one stands there twice."""
    # in locals, which the stores of pointers cannot change
    cdef void** inputs = w.inputs
    cdef int64_t c, reach_mask = s.reach_mask
    cdef const int32_t* back = w.back
    cdef void** context = w.context
    cdef int n_context = 0, repeats = 0
    for c in range(low, high):
        context[n_context] = inputs[c & reach_mask]
        n_context += c != p
        repeats |= back[c] <= c - low
    w.repeats = repeats
    if repeats and s.skip_gram:
        list_repeats(w, p, low, high)
    return n_context


cdef void list_repeats(Walk* w, int64_t p, int64_t low, int64_t high) noexcept nogil:
    """For each context word, where in the window around p, without p, it stood last."""
    cdef int64_t c, last
    cdef int i = 0
    for c in range(low, high):
        last = c - w.back[c]
        if last == p:  # the centre word is no context word: the word may have stood before it
            last = p - w.back[p]
        if c != p:
            w.before[i] = <int32_t>max(last - low - (last > p), <int64_t>-1)
            i += 1


cdef void look_ahead(const Settings* s, Walk* w, int64_t first, int64_t until) noexcept nogil:
    """Draw and list what a walk from a position on, up to another, expects to find of the next ones."""
    cdef int64_t p = first // BLOCK * BLOCK
    draw_block(s, w, p)
    if first > p:
        draw_block(s, w, p + BLOCK)
    for p in range(first, min(first + w.reach, until)):
        list_input(s, w, p)
    for p in range(first, first + AHEAD):
        list_ahead(s, w, p)


cdef void start_walk(const Settings* s, Walk* w, int64_t sentence, int64_t last_sentence, double alpha,
                     double alpha_end, int64_t loss_every) noexcept nogil:
    """Put the walk before the first word of a sentence of the sub-sampled chunk; it will end with another."""
    w.sentence, w.position = sentence, w.border[sentence]
    w.alpha, w.slope = alpha, (alpha_end - alpha) / max(w.n_kept, 1)
    w.loss_every, w.next_loss = loss_every, (w.position + loss_every - 1) // loss_every * loss_every
    w.n_pairs = w.n_loss_pairs = 0
    memset(w.loss, 0, sizeof(w.loss))
    w.window.alpha = alpha
    look_ahead(s, w, w.position, w.border[last_sentence + 1])


cdef void walk(const Settings* s, Walk* w, int64_t until) noexcept nogil:
    """Train word by word, from where the walk stands up to a position of the chunk."""
    cdef int64_t first, last, low, high, p
    cdef bint sampled
    cdef int n_context, n_out
    while w.position < until and not w.stopped:
        while w.border[w.sentence + 1] <= w.position:
            w.sentence += 1
        first, last = w.border[w.sentence], w.border[w.sentence + 1]
        for p in range(w.position, min(last, until)):
            if w.stopped:
                return
            if p % BLOCK == 0:
                draw_block(s, w, p + BLOCK)
                w.window.alpha = w.alpha + w.slope * p
            if p % TICK == 0:
                exchange_due(s, w, &w.input_rows, p)
                exchange_due(s, w, &w.ns_rows, p)
                exchange_due(s, w, &w.hs_rows, p)
            sampled = p == w.next_loss
            w.next_loss += w.loss_every if sampled else 0
            list_ahead(s, w, p + AHEAD)
            low = max(first, p - w.left[p % RING])
            high = min(last, p + w.right[p % RING] + 1)
            n_context = list_context(s, w, p, low, high)
            if n_context == 0:
                continue
            w.position = p
            w.measuring = w.n_windows == w.next_measured and w.copies_rows
            w.next_measured += min(1 + w.n_windows // MEMORY, <int64_t>SELDOM) if w.measuring else 0
            w.n_windows += 1
            w.window.loss = NULL
            w.n_pairs += n_context if s.skip_gram else 1
            if sampled:
                w.window.loss = w.loss
                w.n_loss_pairs += n_context if s.skip_gram else 1
            if s.w_hs != NULL:
                w.lock, w.locked = &s.lock_hs, s.w_hs
                n_out = hs_outputs(s, w)
                if w.measuring:
                    measure(s, w, &w.hs_rows, n_context, n_out)
                update(s, w, n_context, n_out)
            if s.w_ns != NULL:
                w.lock, w.locked = &s.lock_ns, s.w_ns
                n_out = ns_outputs(s, w)
                if w.measuring:
                    measure(s, w, &w.ns_rows, n_context, n_out)
                while n_out:
                    update(s, w, n_context, n_out)
                    n_out = ns_drawn_again(s, w)
        w.position = min(last, until)


# -------------------------------------------------------------------------- entry points ----

def cpu_features():
    """Names of the instruction sets beyond the baseline that this machine can run, best last."""
    cdef int found = features_of_this_cpu()
    return [name for name, bit in (("avx2", CPU_AVX2), ("avx512", CPU_AVX512)) if found & bit]


cdef int start_chunk(Plan plan, Scratch scratch, const int32_t[::1] ids, const int64_t[::1] offsets, uint64_t seed,
                     uint64_t epoch, uint64_t chunk) except -1:
    cdef Settings* s = &plan.s
    cdef Walk* w = &scratch.w
    cdef int64_t n_ids = ids.shape[0], n_sentences = offsets.shape[0] - 1, i
    cdef int32_t lowest = 0, highest = -1
    if scratch.plan is not plan:
        raise ValueError("the scratch memory belongs to another plan")
    if n_sentences < 0 or offsets[0] != 0 or offsets[n_sentences] != n_ids:
        raise ValueError("offsets must run from 0 to len(ids)")
    scratch.reserve(n_ids + BLOCK, n_sentences)
    with nogil:
        for i in range(n_sentences):
            if offsets[i + 1] < offsets[i]:
                highest = 2147483647
        for i in range(n_ids):
            lowest = min(lowest, ids[i])
            highest = max(highest, ids[i])
    if lowest < 0 or highest >= s.n_words:
        raise ValueError(f"ids must lie in [0, {s.n_words}) and offsets must not decrease")
    with nogil:
        rng_seed(&w.shrink_stream, rng_key(seed, epoch, chunk, SHRINK))
        rng_seed(&w.noise_stream, rng_key(seed, epoch, chunk, NOISE))
        if s.w_ns != NULL:
            renew_noise(s, w, 1)  # the first block draws the other half
        subsample(s, w, &ids[0] if n_ids else NULL, &offsets[0], n_sentences, rng_key(seed, epoch, chunk, SUBSAMPLE))
        if s.skip_gram:
            look_back(s, w)
    return 0


cdef int start_training(Plan plan, Scratch scratch, const int32_t[::1] ids, const int64_t[::1] offsets, uint64_t seed,
                        uint64_t epoch, uint64_t chunk, double alpha, double alpha_end, int64_t loss_every) except -1:
    cdef Settings* s = &plan.s
    cdef Walk* w = &scratch.w
    start_chunk(plan, scratch, ids, offsets, seed, epoch, chunk)
    with nogil:
        if not w.copied:  # copies of zeros without an update are exchanged for the rows
            exchange_all(s, w, 0)
            w.copied = True
        start_walk(s, w, 0, offsets.shape[0] - 2, alpha, alpha_end, max(loss_every, <int64_t>1))
    return 0


cdef tuple end_training(Plan plan, Scratch scratch):
    cdef Walk* w = &scratch.w
    cdef double loss = 0
    cdef int k
    with nogil:
        exchange_all(&plan.s, w, w.position)
        w.n_before += w.position
    if w.stopped:
        raise InterruptedError("training was stopped within a chunk")
    for k in range(TILE_ROW):
        loss += w.loss[k]
    return w.n_kept, w.n_pairs, loss, w.n_loss_pairs


def train_chunk(Plan plan, Scratch scratch, const int32_t[::1] ids, const int64_t[::1] offsets, *, uint64_t seed,
                uint64_t epoch, uint64_t chunk, double alpha, double alpha_end, int64_t loss_every=1):
    """Train on one chunk; see ``_kernels.pyi``."""
    cdef uint64_t mode
    start_training(plan, scratch, ids, offsets, seed, epoch, chunk, alpha, alpha_end, loss_every)
    with nogil:
        mode = flush_subnormals()
        walk(&plan.s, &scratch.w, scratch.w.n_kept)
        restore_fpmode(mode)
    return end_training(plan, scratch)


include "kernels/_lanes.pxi"


def draw_chunk(Plan plan, Scratch scratch, const int32_t[::1] ids, const int64_t[::1] offsets, *, uint64_t seed,
               uint64_t epoch, uint64_t chunk):
    """The random choices that :func:`train_chunk` makes, without training; see ``_kernels.pyi``."""
    cdef Settings* s = &plan.s
    cdef Walk* w = &scratch.w
    cdef int64_t p, k
    start_chunk(plan, scratch, ids, offsets, seed, epoch, chunk)
    spans, noise = [], []
    for p in range(w.n_kept):
        if p % BLOCK == 0:
            draw_block(s, w, p)
        sides = (w.left[p % RING], w.right[p % RING])
        spans.append(sides[0] if s.left == s.right else sides)
        noise.append([w.noise[k * RING + p % RING] for k in range(s.negative if s.w_ns != NULL else 0)])
    kept = [w.kept[p] for p in range(w.n_kept)]
    border = [w.border[p] for p in range(offsets.shape[0])]
    return kept, border, spans, noise


def score_chunk(Plan plan, Scratch scratch, const int32_t[::1] ids, const int64_t[::1] offsets):
    """Log-likelihood of each sentence, over full windows; see ``_kernels.pyi``."""
    cdef Settings* s = &plan.s
    cdef Walk* w = &scratch.w
    cdef int64_t sentence, n_sentences = offsets.shape[0] - 1
    cdef double loss
    cdef int k
    if s.keep != NULL or s.shrink:
        raise ValueError("a plan for scoring neither sub-samples nor shrinks windows")
    start_chunk(plan, scratch, ids, offsets, 0, 0, 0)
    scores = []
    for sentence in range(n_sentences):
        with nogil:
            start_walk(s, w, sentence, sentence, 0.0, 0.0, 1)
            walk(s, w, w.border[sentence + 1])
        loss = 0
        for k in range(TILE_ROW):
            loss += w.loss[k]
        scores.append(-loss)
    return scores
