/* Exact softmax in batches of windows that equal one window after the other (docs/math.md section 2).
 *
 * The output matrix is not touched until a batch is complete; what earlier windows of the batch would have
 * done to it is added to the scores, and to the steps of the input rows, of the later ones. Windows whose
 * input rows differ go through together, as one run; the next run sees what this one did to them.
 *
 * The threads of a team share the vocabulary: each has a range of output rows, and all scores, errors and
 * updates of these. So no two threads write to one row, and the result does not depend on who is faster.
 */
#ifndef FASTW2V_SOFTMAX_H
#define FASTW2V_SOFTMAX_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "_exp.h"
#include "_products.h"
#include "_simd.h"
#include "_team.h"

#define SOFTMAX_LANES 16 /* the widths of tiles are a multiple */
#define SOFTMAX_ROWS 32  /* output rows that stay in the nearest cache while all windows of a run use them */

/* The word at a position of the chunk, and the words around it: positions low .. high without its own. */
typedef struct {
    int64_t position, low, high;
    int n_targets;  /* the words around it in skip-gram, 1 in CBOW */
    int is_rest;    /* of a window whose first targets had a step of their own: its loss is counted */
    double alpha;
    double share;   /* of the update of the hidden layer, for each of the rows that made it */
    double squared_length; /* of the hidden layer */
} SoftmaxWindow;

/* The range of output rows that is one thread's, and what it finds there. */
typedef struct {
    int64_t first_row, n_rows;
    int64_t width;       /* numbers in a row of errors; those beyond n_rows stay 0 */
    void *errors;        /* (capacity, width) scores, then errors n y - t */
    void *hidden_errors; /* (capacity, stride) sum of errors times output rows */
    void *overlaps;      /* (capacity, capacity) dot products of the errors of two windows */
    double *highest;     /* (capacity) highest score */
    double *total;       /* (capacity) sum of exp(score - highest) */
    void *squares;       /* (width) squared lengths of the output rows, as windows move them; skip-gram in order only */
    void *scores;        /* (width) of the latest window */
    double *spread;      /* (capacity) sum of squares weighted with exp(score - highest) */
    double *target_squares; /* (capacity) sum of squares of the targets */
    double target_scores; /* sum of the scores of all targets */
    int64_t n_met;       /* how often this thread has met the others */
    int n_done;          /* windows of the batch that have their errors */
    int64_t rest;        /* where the targets begin that the last of them left over; -1: there are none */
    char other_lines[64]; /* no two parts on one cache line */
} SoftmaxPart;

typedef struct {
    /* the model */
    void *w_in, *w_out;  /* (n_words, stride) */
    int64_t n_words, stride;
    int64_t n_vectors;   /* of a row */
    const float *lock;   /* (n_lock) factors of the input updates; NULL: all 1 */
    int64_t n_lock;
    int skip_gram, cbow_mean;
    int in_order;        /* 0: all windows of a batch step from the same old values */
    /* the chunk */
    const int32_t *ids;
    /* the batch */
    int capacity, n_windows;
    int first;           /* window of the run: it ends with the batch so far */
    SoftmaxWindow *window; /* (capacity) */
    void *hidden;        /* (capacity, stride) h of each window */
    void *steps;         /* (capacity, stride) -alpha h */
    void *moves;         /* (capacity, capacity) steps_k . h_i: what window k did to each score of i, by its error */
    double loss;
    /* the team */
    int n_parts;
    SoftmaxPart *part;   /* (n_parts) */
    TeamCounter *met;
} SoftmaxBatch;

#define SUFFIX f32
#define REAL float
#define REAL_EXP_FLOOR EXP_FLOOR_f32
#include "_softmax_body.h"
#undef SUFFIX
#undef REAL
#undef REAL_EXP_FLOOR

#define SUFFIX f64
#define REAL double
#define REAL_EXP_FLOOR EXP_FLOOR_f64
#include "_softmax_body.h"
#undef SUFFIX
#undef REAL
#undef REAL_EXP_FLOOR

#undef V
#undef W

#endif
