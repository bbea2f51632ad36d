/* Random draws of a chunk: which words are kept, how wide windows are, what the noise words are.
 *
 * The same streams as in kernels/_rng.h and the same order as in kernels/_draws.pxi, hence the same draws: one warp
 * draws for one chunk.  The 16 generators of a stream sit in lanes 0 to 15, and once more in lanes 16 to 31.
 */
#ifndef FASTW2V_DRAWS_CUH
#define FASTW2V_DRAWS_CUH

#include "structs.cuh"

#define BLOCK 256        /* positions whose windows and noise words are drawn together */
#define POOL (2 * BLOCK) /* noise words from which windows draw theirs: half of them are new in each block */
#define SUBSAMPLE 1
#define SHRINK 2
#define NOISE 3

struct Stream { Lanes<uint32_t> s0, s1, s2, s3; };

template <class T> DEVICE T rng_mixed(T z) {
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

#define GOLDEN 0x9E3779B97F4A7C15ull

DEVICE uint64_t rng_key(uint64_t seed, uint64_t epoch, uint64_t chunk, uint64_t purpose) {
    uint64_t key = rng_mixed<uint64_t>(seed + GOLDEN) ^ epoch;
    key = rng_mixed<uint64_t>(key + GOLDEN) ^ chunk;
    key = rng_mixed<uint64_t>(key + GOLDEN) ^ purpose;
    return rng_mixed<uint64_t>(key + GOLDEN);
}

DEVICE Lanes<uint32_t> rng_rotated(Lanes<uint32_t> x, int k) { return (x << k) | (x >> (32 - k)); }

DEVICE Stream rng_stream(uint64_t key) {
    const Lanes<uint64_t> number = Lanes<uint64_t>(lane_number() & 15) * 2;
    const Lanes<uint64_t> a = rng_mixed<Lanes<uint64_t>>((number + 1) * GOLDEN + key);
    const Lanes<uint64_t> b = rng_mixed<Lanes<uint64_t>>((number + 2) * GOLDEN + key);
    return {Lanes<uint32_t>(a), Lanes<uint32_t>(a >> 32), Lanes<uint32_t>(b), Lanes<uint32_t>(b >> 32) | 1u};
}

/* The next 16 numbers of a stream, in lanes 0 to 15 and again in lanes 16 to 31. */
DEVICE Lanes<uint32_t> rng_next_16(Stream *s) {
    const Lanes<uint32_t> found = rng_rotated(s->s0 + s->s3, 7) + s->s0, shifted = s->s1 << 9;
    s->s2 = s->s2 ^ s->s0;
    s->s3 = s->s3 ^ s->s1;
    s->s1 = s->s1 ^ s->s2;
    s->s0 = s->s0 ^ s->s3;
    s->s2 = s->s2 ^ shifted;
    s->s3 = rng_rotated(s->s3, 11);
    return found;
}

DEVICE Lanes<uint32_t> rng_next_32(Stream *s) {
    const Lanes<uint32_t> first = rng_next_16(s), second = rng_next_16(s);
    return select<uint32_t>(lane_number() < 16, first, second);
}

DEVICE Lanes<uint32_t> rng_bounded(Lanes<uint32_t> draw, uint32_t bound) {
    return Lanes<uint32_t>((Lanes<uint64_t>(draw) * (uint64_t)bound) >> 32);
}

/* Keep each word with its probability (math.md section 6); dropped words leave no gap.  Until the windows are drawn,
 * `left` holds the sentence of a position; `border` holds where the sentences begin, and where the last one ends. */
DEVICE int subsample(const Settings *s, const Round *r, const Chunk *c, int32_t *border) {
    Stream stream = rng_stream(rng_key(s->seed, s->epoch, c->number, SUBSAMPLE));
    int n = 0, n_sentences = 0;
    for (int64_t first = 0; first < c->n_ids; first += BLOCK) {
        Lanes<int> id[BLOCK / 32]; /* all loads of a block are on their way at the same time */
        Lanes<uint32_t> threshold[BLOCK / 32];
        UNROLL for (int k = 0; k < BLOCK / 32; k++) {
            const Lanes<int64_t> place = Lanes<int64_t>(lane_number()) + (first + 32 * k);
            id[k] = load_if(place < c->n_ids, c->ids, place);
        }
        UNROLL for (int k = 0; k < BLOCK / 32; k++)
            threshold[k] = s->keep ? load_if(every(true), s->keep, Lanes<int64_t>(id[k] & WORD)) : every(0xffffffffu);
        UNROLL for (int k = 0; k < BLOCK / 32; k++) {
            const Lanes<bool> there = Lanes<int64_t>(lane_number()) + (first + 32 * k) < c->n_ids;
            const Lanes<bool> keeps = there & ((s->keep ? rng_next_32(&stream) : every(0u)) <= threshold[k]);
            const Lanes<bool> starts = there & (id[k] < 0);
            const uint32_t kept = lanes_where(keeps), started = lanes_where(starts);
            const Lanes<int> sentence = count_below(started) + select<int>(starts, every(0), every(-1)) + n_sentences;
            const Lanes<int> position = count_below(kept) + n;
            store_if(starts, border, Lanes<int64_t>(sentence), position);
            store_if(keeps, r->kept + c->place, Lanes<int64_t>(position), id[k] & WORD);
            store_if(keeps, r->left + c->place, Lanes<int64_t>(position), sentence);
            n += n_bits(kept), n_sentences += n_bits(started);
        }
    }
    store_if(lane_number() == 0, border, every((int64_t)n_sentences), every(n));
    return n;
}

/* How far the window of each position reaches (math.md section 7). */
DEVICE void draw_windows(const Settings *s, const Round *r, const Chunk *c, const int32_t *border, int n_kept) {
    Stream stream = rng_stream(rng_key(s->seed, s->epoch, c->number, SHRINK));
    int32_t *left = r->left + c->place, *right = r->right + c->place;
    for (int first = 0; first < n_kept; first += 32) {
        const Lanes<int> position = lane_number() + first;
        const Lanes<int64_t> place = Lanes<int64_t>(position);
        const Lanes<bool> there = position < n_kept;
        const Lanes<int64_t> sentence = Lanes<int64_t>(load_if(there, (const int32_t *)left, place));
        const Lanes<int> before = position - load_if(there, border, sentence);
        const Lanes<int> after = load_if(there, border, sentence + 1) - position - 1;
        Lanes<int> span = every((int)s->window);
        if (s->shrink) span = span - Lanes<int>(rng_bounded(rng_next_32(&stream), s->window));
        store_if(there, left, place, select<int>(span < before, span, before));
        store_if(there, right, place, select<int>(span < after, span, after));
    }
}

/* Draw one half of the pool from the noise distribution (math.md section 5). */
DEVICE void renew_noise(const Settings *s, Stream *stream, int32_t *pool) {
    Lanes<int64_t> bucket[BLOCK / 32];
    UNROLL for (int k = 0; k < BLOCK / 32; k++)
        bucket[k] = Lanes<int64_t>(rng_bounded(rng_next_32(stream), (uint32_t)s->n_words));
    UNROLL for (int k = 0; k < BLOCK / 32; k++) {
        const Lanes<uint32_t> threshold = load_if(every(true), s->noise, bucket[k] * 2);
        const Lanes<uint32_t> alternative = load_if(every(true), s->noise, bucket[k] * 2 + 1);
        const Lanes<uint32_t> word = select<uint32_t>(rng_next_32(stream) < threshold, Lanes<uint32_t>(bucket[k]), alternative);
        store_if(every(true), pool, Lanes<int64_t>(lane_number()) + 32 * k, Lanes<int>(word));
    }
}

/* The noise words of each position, from a pool of which each block of positions renews the older half. */
DEVICE void draw_noise(const Settings *s, const Round *r, const Chunk *c, int n_kept, int32_t *pool) {
    Stream stream = rng_stream(rng_key(s->seed, s->epoch, c->number, NOISE));
    int32_t *noise = r->noise + c->place * s->negative;
    renew_noise(s, &stream, pool + BLOCK);
    for (int first = 0; first < n_kept; first += BLOCK) {
        lanes_meet();
        renew_noise(s, &stream, pool + first / BLOCK % 2 * BLOCK);
        lanes_meet();
        for (int word = 0; word < s->negative; word++)
            for (int k = 0; k < BLOCK; k += 32) {
                const Lanes<int64_t> drawn = Lanes<int64_t>(rng_bounded(rng_next_32(&stream), POOL));
                const Lanes<int> position = lane_number() + (first + k);
                store_if(position < n_kept, noise, Lanes<int64_t>(position) * s->negative + word,
                         load_if(every(true), (const int32_t *)pool, drawn));
            }
    }
}

DEVICE void draw_chunk(const Settings *s, const Round *r, int chunk, int32_t *pool) {
    Chunk *c = r->chunks + chunk;
    int32_t *border = r->border + c->place + chunk;
    const int n_kept = subsample(s, r, c, border);
    lanes_meet();
    draw_windows(s, r, c, border, n_kept);
    if (s->w_ns) draw_noise(s, r, c, n_kept, pool);
    store_if(lane_number() == 0, &c->n_kept, every((int64_t)0), every((int64_t)n_kept));
    add_to(r->n_kept, (int64_t)n_kept);
}

#endif
