/* The two kernels: what is drawn for a round of chunks, and its training.  WARPS and BLOCKS are given to the compiler. */
#include "draws.cuh"
#include "walk.cuh"

/* One warp, and one block, for each chunk. */
KERNEL draw_chunks(const __grid_constant__ Settings s, const __grid_constant__ Round r) {
    SHARED int32_t pool[POOL];
    draw_chunk(&s, &r, blockIdx.x, pool);
}

/* As many warps as may be in flight; each has its part of the shared memory. */
extern SHARED REAL steps[];
KERNEL __launch_bounds__(32 * WARPS, BLOCKS) train_round(const __grid_constant__ Settings s, const __grid_constant__ Round r) {
    walk(&s, &r, steps + warp_number() * TILE_IN * 128 * VECTORS);
}
