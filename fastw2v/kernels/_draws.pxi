# Random draws of a chunk: which words are kept, how wide windows are, what the noise words are.


cdef void subsample(const Settings* s, Walk* w, const int32_t* ids, const int64_t* offsets, int64_t n_sentences,
                    uint64_t key) noexcept nogil:
    """Keep each word with its probability (math.md section 6); unknown and dropped words leave no gap."""
    cdef RandomStream stream
    cdef int64_t sentence, i, n = 0, drawn = 0
    cdef int32_t word_id
    rng_seed(&stream, key)
    w.border[0] = w.reach = 0
    for sentence in range(n_sentences):
        for i in range(offsets[sentence], offsets[sentence + 1]):
            word_id = ids[i]
            if s.keep != NULL:
                if drawn % DRAW == 0:
                    rng_fill(&stream, w.draw, DRAW)
                w.kept[n] = word_id
                n += w.draw[drawn % DRAW] <= s.keep[word_id]
                drawn += 1
            else:
                w.kept[n] = word_id
                n += 1
        w.border[sentence + 1] = n
        w.reach = max(w.reach, n - w.border[sentence])
    w.n_kept = n
    w.reach = min(w.reach, <int64_t>s.window)


cdef void look_back(const Settings* s, Walk* w) noexcept nogil:
    """For each word of the chunk, how far back it stood last."""
    cdef int64_t i, slot
    cdef int32_t word_id
    memset(w.last, 0xFF, (w.last_mask + 1) * sizeof(int32_t))
    for i in range(w.n_kept):
        word_id = w.kept[i]
        # a multiplicative hash; the table is never more than half full, so that a free place is near
        slot = ((<uint64_t>word_id * 0x9E3779B97F4A7C15ULL) >> 32) & w.last_mask
        while w.last[slot] >= 0 and w.kept[w.last[slot]] != word_id:
            slot = (slot + 1) & w.last_mask
        w.back[i] = <int32_t>(i - w.last[slot]) if w.last[slot] >= 0 else FAR
        w.last[slot] = <int32_t>i


cdef void renew_noise(const Settings* s, Walk* w, int64_t half) noexcept nogil:
    """Draw one half of the pool from the noise distribution (math.md section 5)."""
    cdef int32_t* pool = w.pool + half * BLOCK
    cdef uint32_t word_id, threshold, alternative
    cdef int64_t i
    rng_fill(&w.noise_stream, w.draw, 2 * BLOCK)
    for i in range(BLOCK):
        word_id = rng_bounded(w.draw[i], <uint32_t>s.n_words)
        threshold, alternative = s.noise[2 * <size_t>word_id], s.noise[2 * <size_t>word_id + 1]
        # a select without a branch, which would be guessed wrong in one draw of four
        pool[i] = <int32_t>(alternative ^ ((alternative ^ word_id) & -<uint32_t>(w.draw[BLOCK + i] < threshold)))


cdef void draw_block(const Settings* s, Walk* w, int64_t first) noexcept nogil:
    """Windows and noise words of the positions first .. first + BLOCK (math.md sections 5 and 7).

    Windows draw their noise words from a pool, of which each block renews the older half: a word is
    then drawn a few times in quick succession, while its row is in this core's cache and in no
    other's, and not again for long.
    """
    cdef int64_t slot = first % RING
    cdef int32_t* noise
    cdef int32_t* other
    cdef const int32_t* target = w.kept + first
    cdef uint8_t* clash = w.clash + slot
    cdef int64_t n = min(<int64_t>BLOCK, w.n_kept - first)
    cdef int64_t i
    cdef int k, j
    cdef bint crowded = s.negative > POOL  # then two are from one place, and comparing all pairs would take long
    if n <= 0:
        return
    if s.shrink:
        rng_fill(&w.shrink_stream, w.draw, BLOCK)
        for i in range(BLOCK):
            w.left[slot + i] = s.left - <int32_t>rng_bounded(w.draw[i], s.left)
            w.right[slot + i] = s.right - <int32_t>rng_bounded(w.draw[i], s.right)
    else:
        for i in range(BLOCK):
            w.left[slot + i], w.right[slot + i] = s.left, s.right
    if s.w_ns == NULL:
        return
    memset(clash, crowded, BLOCK)
    renew_noise(s, w, first // BLOCK % 2)
    for k in range(s.negative):
        noise = w.noise + k * RING + slot
        rng_fill(&w.noise_stream, w.draw, BLOCK)
        for i in range(BLOCK):
            noise[i] = w.pool[rng_bounded(w.draw[i], POOL)]
        if crowded:
            continue
        for i in range(n):
            clash[i] |= noise[i] == target[i]
        for j in range(k):
            other = w.noise + j * RING + slot
            for i in range(n):
                clash[i] |= noise[i] == other[i]
