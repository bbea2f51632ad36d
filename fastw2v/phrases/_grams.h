/* Counts of token sequences: a trie kept in one open-addressing hash table.
 *
 * A node is a sequence of atoms. A one-atom sequence is made by gram_new_atom; a longer one is the
 * child of its prefix, found under the key (node of the prefix, id of the last atom). So two adjacent
 * words cost one look-up, and "lack of interest" two. A node with count 0 is only a prefix; a node
 * with a count is an entry, and `entries` holds them in the order in which they were first counted.
 *
 * A table that learns no more may be given a filter, which answers most look-ups of what is not there.
 *
 * One owner (a cdef class) calls gram_init and gram_free. Functions that allocate return -1 or
 * GRAM_NONE when memory or ids run out, and leave the table as it was.
 */
#ifndef FASTW2V_GRAMS_H
#define FASTW2V_GRAMS_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(_MSC_VER) && !defined(__clang__)
#if defined(_M_X64) || defined(_M_IX86)
#include <xmmintrin.h>
#define GRAM_PREFETCH(address) _mm_prefetch((const char *)(address), _MM_HINT_T0)
#else
#define GRAM_PREFETCH(address) ((void)(address))
#endif
#else
#define GRAM_PREFETCH(address) __builtin_prefetch(address)
#endif

#define GRAM_NONE UINT32_MAX
#define GRAM_CONNECTOR 1u /* may stand inside a phrase, never at its ends; is not counted alone */
#define GRAM_SEAM 2u      /* ends like the beginning of the delimiter: joined text splits elsewhere */
#define GRAM_EMPTY 4u     /* the empty string */
#define GRAM_LOCAL 8u     /* the atoms are in the caller's pool, not in the table's */
#define GRAM_PREFIX 16u   /* in a sealed table: some sequence begins with this word */
#define GRAM_INNER 32u    /* in a sealed table: some sequence goes on with this word */
#define GRAM_SMALL 50000  /* nodes that fit the cache anyway */
#define GRAM_AHEAD 12     /* words between the request for a cache line and its use */

typedef struct {
    uint64_t key; /* prefix node << 32 | last atom; the prefix of an atom is GRAM_NONE */
    int64_t count;
} gram_node;

/* A word: its own node, and the atoms into which the delimiter cuts it (most words: themselves). */
typedef struct {
    uint32_t node;
    uint32_t first_atom; /* the atom if n_atoms == 1, else a position in the atom pool */
    uint32_t n_atoms;
    uint32_t flags;
} gram_token;

typedef struct {
    gram_node *nodes;
    uint64_t *slots; /* high half of the hash << 32 | node + 1; 0 is free */
    uint32_t *entries;
    uint64_t mask;
    uint8_t *filter; /* of a sealed table: a bit for each hash of a sequence, or NULL */
    uint64_t filter_mask;
    size_t n_nodes, node_capacity, n_slots_used, n_entries, entry_capacity;
} gram_table;

static inline uint64_t gram_key(uint32_t prefix, uint32_t atom) { return (uint64_t)prefix << 32 | atom; }

/* Finaliser of MurmurHash3 (public domain): node and atom ids are small and consecutive. */
static inline uint64_t gram_hash(uint64_t key) {
    key ^= key >> 33;
    key *= UINT64_C(0xff51afd7ed558ccd);
    key ^= key >> 33;
    key *= UINT64_C(0xc4ceb9fe1a85ec53);
    return key ^ key >> 33;
}

static inline int gram_init(gram_table *table) {
    memset(table, 0, sizeof *table);
    table->mask = 1023;
    table->node_capacity = table->entry_capacity = 512;
    table->slots = (uint64_t *)calloc(1024, sizeof(uint64_t));
    table->nodes = (gram_node *)malloc(512 * sizeof(gram_node));
    table->entries = (uint32_t *)malloc(512 * sizeof(uint32_t));
    return table->slots && table->nodes && table->entries ? 0 : -1;
}

static inline void gram_free(gram_table *table) {
    free(table->slots);
    free(table->nodes);
    free(table->entries);
    free(table->filter);
    memset(table, 0, sizeof *table);
}

static inline void gram_place(uint64_t *slots, uint64_t mask, uint64_t hash, uint32_t node) {
    uint64_t at = hash & mask;
    while (slots[at]) at = (at + 1) & mask;
    slots[at] = (hash >> 32) << 32 | ((uint64_t)node + 1);
}

static inline int gram_grow_slots(gram_table *table) {
    uint64_t mask = table->mask * 2 + 1;
    if (mask > SIZE_MAX / sizeof(uint64_t) - 1) return -1;
    uint64_t *slots = (uint64_t *)calloc((size_t)mask + 1, sizeof(uint64_t));
    if (!slots) return -1;
    for (size_t node = 0; node < table->n_nodes; node++) {
        uint64_t key = table->nodes[node].key;
        if (key >> 32 != GRAM_NONE) gram_place(slots, mask, gram_hash(key), (uint32_t)node);
    }
    free(table->slots);
    table->slots = slots;
    table->mask = mask;
    return 0;
}

static inline uint32_t gram_new_node(gram_table *table, uint64_t key) {
    if (table->n_nodes == table->node_capacity) {
        size_t capacity = table->node_capacity * 2;
        if (capacity > UINT32_MAX - 1u || capacity > SIZE_MAX / sizeof(gram_node)) return GRAM_NONE;
        gram_node *nodes = (gram_node *)realloc(table->nodes, capacity * sizeof(gram_node));
        if (!nodes) return GRAM_NONE;
        table->nodes = nodes;
        table->node_capacity = capacity;
    }
    table->nodes[table->n_nodes].key = key;
    table->nodes[table->n_nodes].count = 0;
    return (uint32_t)table->n_nodes++;
}

static inline uint32_t gram_new_atom(gram_table *table, uint32_t atom) {
    return gram_new_node(table, gram_key(GRAM_NONE, atom));
}

/* Most pairs that a table of phrases is asked for are none: a bit that stays in the cache tells. */
static inline int gram_make_filter(gram_table *table) {
    uint64_t n_bits = 1024;
    while (n_bits < 16 * (uint64_t)table->n_nodes) n_bits *= 2;
    if (n_bits / 8 > SIZE_MAX) return -1;
    free(table->filter);
    table->filter = (uint8_t *)calloc((size_t)(n_bits / 8), 1);
    if (!table->filter) return -1;
    table->filter_mask = n_bits - 1;
    for (size_t node = 0; node < table->n_nodes; node++) {
        uint64_t bit = gram_hash(table->nodes[node].key) & table->filter_mask;
        table->filter[bit >> 3] |= (uint8_t)(1u << (bit & 7));
    }
    return 0;
}

static inline uint32_t gram_find(const gram_table *table, uint64_t key, uint64_t hash) {
    if (table->filter) {
        uint64_t bit = hash & table->filter_mask;
        if (!(table->filter[bit >> 3] >> (bit & 7) & 1)) return GRAM_NONE;
    }
    for (uint64_t at = hash & table->mask;; at = (at + 1) & table->mask) {
        uint64_t slot = table->slots[at];
        if (!slot) return GRAM_NONE;
        uint32_t node = (uint32_t)slot - 1;
        if (slot >> 32 == hash >> 32 && table->nodes[node].key == key) return node;
    }
}

static inline uint32_t gram_intern(gram_table *table, uint64_t key, uint64_t hash) {
    uint32_t node = gram_find(table, key, hash);
    if (node != GRAM_NONE) return node;
    if ((table->n_slots_used + 1) * 3 > ((size_t)table->mask + 1) * 2 && gram_grow_slots(table)) return GRAM_NONE;
    node = gram_new_node(table, key);
    if (node == GRAM_NONE) return GRAM_NONE;
    gram_place(table->slots, table->mask, hash, node);
    table->n_slots_used++;
    return node;
}

/* The sequence `node` followed by the atoms of a word; GRAM_NONE if absent (or, interning, no memory). */
static inline uint32_t gram_extend(gram_table *table, uint32_t node, const gram_token *word,
                                   const uint32_t *atom_pool, int intern) {
    for (uint32_t a = 0; a < word->n_atoms && node != GRAM_NONE; a++) {
        uint32_t atom = word->n_atoms == 1 ? word->first_atom : atom_pool[word->first_atom + a];
        uint64_t key = gram_key(node, atom), hash = gram_hash(key);
        node = intern ? gram_intern(table, key, hash) : gram_find(table, key, hash);
    }
    return node;
}

static inline int gram_add(gram_table *table, uint32_t node, int64_t count) {
    if (table->nodes[node].count == 0) {
        if (table->n_entries == table->entry_capacity) {
            size_t capacity = table->entry_capacity * 2;
            uint32_t *entries = (uint32_t *)realloc(table->entries, capacity * sizeof(uint32_t));
            if (!entries) return -1;
            table->entries = entries;
            table->entry_capacity = capacity;
        }
        table->entries[table->n_entries++] = node;
    }
    table->nodes[node].count += count;
    return 0;
}

/* Counts below min_count fall to 0; what stays keeps its order. Returns the number of lost entries. */
static inline size_t gram_prune(gram_table *table, int64_t min_count) {
    size_t kept = 0, before = table->n_entries;
    for (size_t e = 0; e < before; e++) {
        uint32_t node = table->entries[e];
        if (table->nodes[node].count >= min_count) table->entries[kept++] = node;
        else table->nodes[node].count = 0;
    }
    table->n_entries = kept;
    return before - kept;
}

/* hashes[i]: where the sequence (word i-1, word i) lives, if word i is a single atom; 0 for the first. */
static inline void gram_hash_pairs(const gram_token *tokens, const uint32_t *ids, size_t begin, size_t n,
                                   uint64_t *hashes) {
    if (begin < n) hashes[begin] = 0;
    for (size_t i = begin + 1; i < n; i++)
        hashes[i] = gram_hash(gram_key(tokens[ids[i - 1]].node, tokens[ids[i]].first_atom));
}

/* Two steps ahead: first the slot of a pair, then the node that the slot names. */
static inline void gram_prefetch_pair(const gram_table *table, const uint64_t *hashes, size_t i, size_t n) {
    if (i + 2 * GRAM_AHEAD < n) GRAM_PREFETCH(&table->slots[hashes[i + 2 * GRAM_AHEAD] & table->mask]);
    if (i + GRAM_AHEAD < n) {
        uint64_t slot = table->slots[hashes[i + GRAM_AHEAD] & table->mask];
        if (slot) GRAM_PREFETCH(&table->nodes[(uint32_t)slot - 1]);
    }
}

/* While words are looked up one by one: the slot of the newest pair, the node of an earlier one. */
static inline void gram_prefetch_word(const gram_table *table, const gram_token *words, size_t i) {
    if (i < 1 || table->n_nodes < GRAM_SMALL) return;
    GRAM_PREFETCH(&table->slots[gram_hash(gram_key(words[i - 1].node, words[i].first_atom)) & table->mask]);
    if (i <= GRAM_AHEAD) return;
    words += i - GRAM_AHEAD;
    uint64_t slot = table->slots[gram_hash(gram_key(words[-1].node, words[0].first_atom)) & table->mask];
    if (slot) GRAM_PREFETCH(&table->nodes[(uint32_t)slot - 1]);
}

/* Counts the words begin..end-1 of a batch, one sentence, and each pair of them, over connector words too. */
static inline int gram_count_sentence(gram_table *table, const gram_token *tokens, const uint32_t *atom_pool,
                                      const uint32_t *ids, size_t begin, size_t end, size_t n_batch,
                                      const uint64_t *hashes) {
    uint32_t sequence = GRAM_NONE; /* the last word that is no connector, and the connectors since */
    for (size_t i = begin; i < end; i++) {
        const gram_token *word = &tokens[ids[i]];
        gram_prefetch_pair(table, hashes, i, n_batch);
        if (word->flags & GRAM_CONNECTOR) {
            if (sequence == GRAM_NONE) continue;
            sequence = gram_extend(table, sequence, word, atom_pool, 1);
            if (sequence == GRAM_NONE) return -1;
            continue;
        }
        if (gram_add(table, word->node, 1)) return -1;
        if (sequence != GRAM_NONE) {
            sequence = gram_extend(table, sequence, word, atom_pool, 1);
            if (sequence == GRAM_NONE || gram_add(table, sequence, 1)) return -1;
        }
        sequence = word->node;
    }
    return 0;
}

/* Counts the sentences first..n_sentences-1 of a batch until there are more than `limit` entries.
 * Gives the number of the next sentence, -1 if there is no memory. */
static inline int64_t gram_count_batch(gram_table *table, const gram_token *tokens, const uint32_t *atom_pool,
                                       const uint32_t *ids, const int64_t *offsets, int64_t first,
                                       int64_t n_sentences, double limit, uint64_t *hashes) {
    size_t n = (size_t)offsets[n_sentences];
    gram_hash_pairs(tokens, ids, (size_t)offsets[first], n, hashes);
    while (first < n_sentences) {
        size_t begin = (size_t)offsets[first], end = (size_t)offsets[first + 1];
        if (gram_count_sentence(table, tokens, atom_pool, ids, begin, end, n, hashes)) return -1;
        first++;
        if ((double)table->n_entries > limit) break;
    }
    return first;
}

#endif
