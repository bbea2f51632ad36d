/* What the host gives to the kernels; fastw2v/cuda/structs.py has the same, field by field. */
#ifndef FASTW2V_STRUCTS_CUH
#define FASTW2V_STRUCTS_CUH

#include "warp.cuh"

struct Settings {
    REAL *w_in;               /* (n_words, STRIDE) input vectors */
    REAL *w_ns;               /* (n_words, STRIDE) output vectors of negative sampling */
    REAL *w_hs;               /* (n_words, STRIDE) inner nodes of the Huffman tree */
    const uint32_t *keep;     /* (n_words) keep where a 32-bit draw is not above it; NULL keeps all */
    const uint32_t *noise;    /* (n_words, 2) alias table: threshold and alternative of each word */
    const int64_t *path_start; /* (n_words + 1) Huffman paths in CSR form */
    const uint8_t *path_code;
    const int32_t *path_point;
    const float *lock;        /* (n_lock) factor of each input row's update; NULL: all 1 */
    int64_t n_lock;
    int64_t n_words;
    uint64_t seed;
    uint64_t epoch;
    int64_t loss_every;       /* positions from one whose loss is counted to the next */
    int32_t window;
    int32_t negative;
    int32_t cbow_mean;
    int32_t cbow_exact;
    int32_t shrink;
    int32_t reserved;
};

struct Chunk {
    const int32_t *ids;  /* (n_ids) word ids, START added to the first of each sentence */
    int64_t n_ids;
    int64_t place;       /* of its first position in the arrays of the round */
    int64_t first_piece; /* of its positions, in the round */
    uint64_t number;     /* in the corpus: key of its random streams */
    double alpha;        /* learning rate at its first word ... */
    double alpha_end;    /* ... and after its last */
    int64_t n_kept;      /* positions that sub-sampling leaves: draw_chunks writes it */
};

/* Chunks that are trained together.  What is drawn for a position stands in arrays with a place for each word. */
struct Round {
    Chunk *chunks;      /* (n_chunks) */
    int32_t *kept;      /* word */
    int32_t *left;      /* words of its context before it ... */
    int32_t *right;     /* ... and after it */
    int32_t *border;    /* (n_words + n_chunks) where the sentences of a chunk begin */
    int32_t *noise;     /* (negative) noise words of each position */
    int32_t *next;      /* the next piece that nobody has taken */
    uint64_t *n_kept;   /* totals */
    uint64_t *n_pairs;
    uint64_t *n_loss_pairs;
    double *loss;
    int64_t n_chunks;
    int64_t n_pieces;
};

#define START ((int32_t)0x80000000) /* the first word of a sentence */
#define WORD 0x7fffffff
#define PIECE 32                   /* positions that a warp takes at a time */
#define ALPHA_BLOCK 256            /* positions that share a learning rate */

#endif
