/* A hash table from words (UTF-8 bytes) to int32 ids with counts.
 *
 * Three ideas carry the speed:
 *  - a key of up to 15 bytes lives inside its slot, right-aligned in 16 bytes, so that a look-up
 *    touches one cache line and compares two integers;
 *  - the 16 bytes that end at a word's last byte are always readable (text buffers have room in
 *    front, a str has its object header there), so that no word needs a byte-wise copy;
 *  - words are looked up in batches: hash and prefetch all, then compare.
 *
 * Nothing here touches a Python object; every function may run without the GIL.
 */
#ifndef FASTW2V_WORDS_H
#define FASTW2V_WORDS_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(_MSC_VER)
#include <intrin.h>
#endif

enum { FW_INLINE = 15, FW_BATCH = 64, FW_GROUP = 64 };
enum { FW_OK = 0, FW_NO_MEMORY = -1, FW_TOO_MANY_WORDS = -2 };
enum { FW_COUNT = 0, FW_SCAN = 1, FW_ENCODE = 2 }; /* count words | learn new ones | only find known ones */

/* ---------------------------------------------------------------- small portable pieces */

#if defined(__GNUC__) || defined(__clang__)
#define fw_prefetch(p) __builtin_prefetch(p)
#define fw_ctz64(x) ((int)__builtin_ctzll(x))
#define fw_likely(x) __builtin_expect(!!(x), 1)
#else
#define fw_likely(x) (x)
#if defined(_M_X64)
#define fw_prefetch(p) _mm_prefetch((const char *)(p), _MM_HINT_T0)
#else
#define fw_prefetch(p) ((void)(p))
#endif
static inline int fw_ctz64(uint64_t x)
{
#if defined(_M_X64) || defined(_M_ARM64)
    unsigned long at;
    _BitScanForward64(&at, x);
    return (int)at;
#else
    int at = 0;
    while (!(x & 1)) {
        x >>= 1;
        at++;
    }
    return at;
#endif
}
#endif

static inline int fw_popcount64(uint64_t x)
{
    x -= (x >> 1) & UINT64_C(0x5555555555555555);
    x = (x & UINT64_C(0x3333333333333333)) + ((x >> 2) & UINT64_C(0x3333333333333333));
    x = (x + (x >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (int)((x * UINT64_C(0x0101010101010101)) >> 56);
}

static inline uint64_t fw_load64(const uint8_t *p)
{
    uint64_t x;
    memcpy(&x, p, 8);
    return x;
}

/* High and low half of the 128-bit product, xor-ed: one multiplication mixes every bit. */
static inline uint64_t fw_fold(uint64_t a, uint64_t b)
{
#if defined(__SIZEOF_INT128__)
    unsigned __int128 r = (unsigned __int128)a * b;
    return (uint64_t)r ^ (uint64_t)(r >> 64);
#elif defined(_M_X64)
    uint64_t high, low = _umul128(a, b, &high);
    return low ^ high;
#elif defined(_M_ARM64)
    return (a * b) ^ __umulh(a, b);
#else
    uint64_t ah = a >> 32, al = (uint32_t)a, bh = b >> 32, bl = (uint32_t)b;
    uint64_t mid = ah * bl + ((al * bl) >> 32), mid2 = al * bh + (uint32_t)mid;
    return (a * b) ^ (ah * bh + (mid >> 32) + (mid2 >> 32));
#endif
}

/* ---------------------------------------------------------------- keys */

typedef struct {
    uint64_t a, b; /* byte 0: length + 1, FW_LONG or FW_INTEGER; short words: bytes 16-length..15 */
} fw_key;

typedef struct {
    uint64_t a, b; /* secret of this process, so that no corpus can be built to collide */
} fw_seed;

enum { FW_LONG = 0xff, FW_INTEGER = 0xfe };

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define FW_BYTE0(x) ((uint64_t)(x) << 56)
#else
#define FW_BYTE0(x) ((uint64_t)(x))
#endif

static const uint8_t fw_keep_last[32] = {0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
                                         0,    0,    0,    0,    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

/* Key of a word of at most FW_INLINE bytes that ends at `end`; reads the 16 bytes before `end`. */
static inline fw_key fw_short_key(const uint8_t *end, size_t length)
{
    fw_key key;
    key.a = (fw_load64(end - 16) & fw_load64(fw_keep_last + length)) | FW_BYTE0(length + 1);
    key.b = fw_load64(end - 8) & fw_load64(fw_keep_last + length + 8);
    return key;
}

static inline fw_key fw_long_key(const uint8_t *word, size_t length, fw_seed seed)
{
    uint64_t h = seed.a ^ ((uint64_t)length * UINT64_C(0x9e3779b97f4a7c15));
    size_t i;
    fw_key key;
    for (i = 0; i + 16 < length; i += 16)
        h = fw_fold(fw_load64(word + i) ^ seed.b, fw_load64(word + i + 8) ^ h);
    h = fw_fold(fw_load64(word + length - 16) ^ seed.b, fw_load64(word + length - 8) ^ h);
    key.a = (h & ~FW_BYTE0(0xff)) | FW_BYTE0(FW_LONG);
    key.b = (uint64_t)length;
    return key;
}

static inline int fw_is_long(fw_key key)
{
    return (key.a & FW_BYTE0(0xff)) == FW_BYTE0(FW_LONG);
}

static inline fw_key fw_integer_key(int64_t value)
{
    fw_key key;
    key.a = FW_BYTE0(FW_INTEGER);
    key.b = (uint64_t)value;
    return key;
}

static inline int fw_is_integer(fw_key key)
{
    return key.a == FW_BYTE0(FW_INTEGER);
}

static inline uint64_t fw_hash(fw_key key, fw_seed seed)
{
    return fw_fold(key.a ^ seed.a, key.b ^ seed.b);
}

/* ---------------------------------------------------------------- the table of words */

typedef struct {
    fw_key key;       /* a == 0: the slot is free (byte 0 of a key is never 0) */
    int64_t count;
    int32_t id;
    uint32_t long_no; /* which long word, for keys of more than FW_INLINE bytes */
} fw_slot; /* 32 bytes: two slots in a cache line */

typedef struct {
    size_t start, length; /* in the arena */
} fw_span;

typedef struct {
    void *memory; /* what malloc gave; `slots` is aligned inside it */
    fw_slot *slots;
    uint64_t mask; /* number of slots - 1, a power of two */
    uint64_t n_used;
    int64_t next_id; /* id of the next new word; the owner may take ids from here for other keys */
    fw_seed seed;
    uint8_t *arena; /* bytes of the long words; FW_FRONT unused bytes in front */
    size_t arena_used, arena_size;
    fw_span *longs;
    size_t n_longs, longs_size;
} fw_table;

static inline int fw_table_allocate(fw_table *t, uint64_t n_slots)
{
    size_t address;
    if (n_slots > (SIZE_MAX - 64) / sizeof(fw_slot))
        return FW_NO_MEMORY;
    t->memory = calloc(1, (size_t)n_slots * sizeof(fw_slot) + 64);
    if (!t->memory)
        return FW_NO_MEMORY;
    address = (size_t)t->memory;
    t->slots = (fw_slot *)((uint8_t *)t->memory + (64 - address % 64) % 64);
    t->mask = n_slots - 1;
    return FW_OK;
}

static inline int fw_table_init(fw_table *t, fw_seed seed, uint64_t n_slots)
{
    memset(t, 0, sizeof *t);
    t->seed = seed;
    return fw_table_allocate(t, n_slots);
}

static inline void fw_table_free(fw_table *t)
{
    free(t->memory);
    free(t->arena);
    free(t->longs);
    memset(t, 0, sizeof *t);
}

/* Make room for `extra` more words, so that a batch never grows the table half way. */
static inline int fw_table_reserve(fw_table *t, uint64_t extra)
{
    uint64_t n_slots = t->mask + 1, i;
    fw_slot *old_slots = t->slots;
    void *old_memory = t->memory;
    while (t->n_used + extra > n_slots / 2)
        n_slots *= 2;
    if (n_slots == t->mask + 1)
        return FW_OK;
    i = t->mask + 1;
    if (fw_table_allocate(t, n_slots) != FW_OK) {
        t->memory = old_memory;
        return FW_NO_MEMORY;
    }
    while (i-- > 0) {
        if (old_slots[i].key.a) {
            uint64_t at = fw_hash(old_slots[i].key, t->seed) & t->mask;
            while (t->slots[at].key.a)
                at = (at + 1) & t->mask;
            t->slots[at] = old_slots[i];
        }
    }
    free(old_memory);
    return FW_OK;
}

static inline int fw_remember_long(fw_table *t, const uint8_t *word, size_t length, uint32_t *long_no)
{
    if (t->n_longs == t->longs_size) {
        size_t size = t->longs_size ? 2 * t->longs_size : 256;
        fw_span *grown;
        if (size > UINT32_MAX || !(grown = (fw_span *)realloc(t->longs, size * sizeof(fw_span))))
            return FW_NO_MEMORY;
        t->longs = grown;
        t->longs_size = size;
    }
    if (t->arena_size - t->arena_used < length) {
        size_t size = t->arena_size + t->arena_size / 2 + length + 4096;
        uint8_t *grown;
        if (size < length || !(grown = (uint8_t *)realloc(t->arena, size)))
            return FW_NO_MEMORY;
        t->arena = grown;
        t->arena_size = size;
    }
    memcpy(t->arena + t->arena_used, word, length);
    t->longs[t->n_longs].start = t->arena_used;
    t->longs[t->n_longs].length = length;
    t->arena_used += length;
    *long_no = (uint32_t)t->n_longs++;
    return FW_OK;
}

/* Slot of a key, or the free slot where it belongs. `word` is read for long words only. */
static inline fw_slot *fw_find(const fw_table *t, fw_key key, uint64_t hash, const uint8_t *word)
{
    uint64_t at = hash & t->mask;
    for (;;) {
        fw_slot *slot = t->slots + at;
        if (fw_likely(slot->key.a == key.a && slot->key.b == key.b)) {
            if (fw_likely(!fw_is_long(key)) ||
                memcmp(t->arena + t->longs[slot->long_no].start, word, (size_t)key.b) == 0)
                return slot;
        } else if (!slot->key.a) {
            return slot;
        }
        at = (at + 1) & t->mask;
    }
}

/* Give a free slot to a new key; room must have been reserved. */
static inline int fw_claim(fw_table *t, fw_slot *slot, fw_key key, const uint8_t *word)
{
    if (t->next_id >= INT32_MAX)
        return FW_TOO_MANY_WORDS;
    if (fw_is_long(key) && fw_remember_long(t, word, (size_t)key.b, &slot->long_no) != FW_OK)
        return FW_NO_MEMORY;
    slot->key = key;
    slot->count = 0;
    slot->id = (int32_t)t->next_id++;
    t->n_used++;
    return FW_OK;
}

/* The bytes of a slot's word; `scratch` (16 bytes) takes those of a short one. */
static inline const uint8_t *fw_word(const fw_table *t, const fw_slot *slot, uint8_t *scratch, size_t *length)
{
    if (fw_is_long(slot->key)) {
        *length = t->longs[slot->long_no].length;
        return t->arena + t->longs[slot->long_no].start;
    }
    memcpy(scratch, &slot->key.a, 8);
    memcpy(scratch + 8, &slot->key.b, 8);
    *length = (size_t)scratch[0] - 1;
    return scratch + 16 - *length;
}

/* order[id] = the slot of that id (NULL for ids that the owner gave to other keys). */
static inline void fw_order(const fw_table *t, fw_slot **order)
{
    uint64_t i;
    memset(order, 0, (size_t)t->next_id * sizeof *order);
    for (i = 0; i <= t->mask; i++)
        if (t->slots[i].key.a)
            order[t->slots[i].id] = t->slots + i;
}

/* ---------------------------------------------------------------- batches of words */

typedef struct {
    int n;
    fw_key key[FW_BATCH + FW_GROUP];
    uint64_t hash[FW_BATCH + FW_GROUP];
    const uint8_t *word[FW_BATCH + FW_GROUP];
} fw_batch;

static inline void fw_push_key(fw_batch *batch, const fw_table *t, fw_key key, const uint8_t *word)
{
    uint64_t hash = fw_hash(key, t->seed);
    fw_prefetch(t->slots + (hash & t->mask));
    batch->key[batch->n] = key;
    batch->hash[batch->n] = hash;
    batch->word[batch->n] = word;
    batch->n++;
}

/* A word of any length; the 16 bytes before its end must be readable. */
static inline void fw_push(fw_batch *batch, const fw_table *t, const uint8_t *word, size_t length)
{
    fw_push_key(batch, t, fw_likely(length <= FW_INLINE) ? fw_short_key(word + length, length)
                                                         : fw_long_key(word, length, t->seed), word);
}

/* Ids of a batch into `ids`, new words learnt and counted (FW_SCAN) or given -1 (FW_ENCODE). */
static inline int fw_flush(fw_batch *batch, fw_table *t, int mode, int32_t *ids)
{
    int i, n = batch->n;
    batch->n = 0;
    if (mode == FW_ENCODE) {
        for (i = 0; i < n; i++) {
            fw_slot *slot = fw_find(t, batch->key[i], batch->hash[i], batch->word[i]);
            ids[i] = slot->key.a ? slot->id : -1;
        }
        return FW_OK;
    }
    if (fw_table_reserve(t, (uint64_t)n) != FW_OK)
        return FW_NO_MEMORY;
    for (i = 0; i < n; i++) {
        fw_slot *slot = fw_find(t, batch->key[i], batch->hash[i], batch->word[i]);
        if (!slot->key.a) {
            int status = fw_claim(t, slot, batch->key[i], batch->word[i]);
            if (status != FW_OK)
                return status;
        }
        slot->count++;
        ids[i] = slot->id;
    }
    return FW_OK;
}

/* Ids of n integers, as fw_flush gives those of words. */
static inline int fw_put_integers(fw_table *t, const int64_t *values, int64_t n, int mode, int32_t *ids)
{
    fw_batch batch;
    int64_t at;
    batch.n = 0;
    for (at = 0; at < n;) {
        int64_t first = at, end = n - at < FW_BATCH ? n : at + FW_BATCH;
        int status;
        for (; at < end; at++)
            fw_push_key(&batch, t, fw_integer_key(values[at]), NULL);
        if ((status = fw_flush(&batch, t, mode, ids + first)) != FW_OK)
            return status;
    }
    return FW_OK;
}

/* Learn other's words lo..hi-1 (by `order`) with their counts; mapping[their id] = id here. */
static inline int fw_absorb(fw_table *t, const fw_table *other, fw_slot *const *order, int32_t lo, int32_t hi,
                            int32_t *mapping)
{
    fw_batch batch;
    uint8_t scratch[FW_BATCH][16];
    int32_t at, i;
    batch.n = 0;
    for (at = lo; at < hi; at += i) {
        int32_t n = hi - at < FW_BATCH ? hi - at : FW_BATCH;
        for (i = 0; i < n; i++) {
            size_t length;
            const uint8_t *word = fw_word(other, order[at + i], scratch[i], &length);
            fw_push_key(&batch, t, order[at + i]->key, word);
        }
        i = fw_flush(&batch, t, FW_SCAN, mapping + at);
        if (i != FW_OK)
            return i;
        for (i = 0; i < n; i++) { /* fw_flush counted 1 for each */
            fw_slot *slot = fw_find(t, batch.key[i], batch.hash[i], batch.word[i]);
            slot->count += order[at + i]->count - 1;
        }
    }
    return FW_OK;
}

#endif
