/* What a warp does, by name.
 *
 * The code of this folder is written for a warp as a whole: 32 lanes that go the same way.  A plain variable holds the
 * same value in all lanes, a Lanes<T> one value in each, and a V the lanes' share of 128 consecutive numbers of a row,
 * four to a lane.  Conditions of if and for are plain; what depends on the lane is a select, or a load or store with a
 * condition.  So the same text can be compiled for a processor, where tests/cuda/warp_on_cpu.h plays the warp.
 */
#ifndef FASTW2V_WARP_CUH
#define FASTW2V_WARP_CUH

#ifdef FASTW2V_PLAY
#include "warp_on_cpu.h"
#else

#ifdef __CUDACC_RTC__ /* which has no headers */
typedef int int32_t;
typedef unsigned uint32_t;
typedef long long int64_t;
typedef unsigned long long uint64_t;
typedef unsigned char uint8_t;
#else
#include <stdint.h>
#endif
typedef float REAL;

#define DEVICE static __device__ __forceinline__
#define KERNEL extern "C" __global__ void
#define SHARED __shared__
#define UNROLL _Pragma("unroll")
#define ALL_LANES 0xffffffffu

template <class T> using Lanes = T;

DEVICE Lanes<int> lane_number() { return (int)(threadIdx.x & 31); }
DEVICE int warp_number() { return (int)(threadIdx.x >> 5); } /* in its block */

/* ---- one value in each lane ---- */

template <class T> DEVICE Lanes<T> every(T value) { return value; }
template <class T> DEVICE Lanes<T> select(Lanes<bool> condition, Lanes<T> yes, Lanes<T> no) { return condition ? yes : no; }
template <class T> DEVICE Lanes<T> exchanged(Lanes<T> value, int mask) { return __shfl_xor_sync(ALL_LANES, value, mask); }
template <class T> DEVICE T of_lane(Lanes<T> value, int lane) { return __shfl_sync(ALL_LANES, value, lane); }
DEVICE uint32_t lanes_where(Lanes<bool> condition) { return __ballot_sync(ALL_LANES, condition); }
DEVICE Lanes<int> count_below(uint32_t bits) { return __popc(bits & ((1u << lane_number()) - 1)); }
DEVICE Lanes<int> first_alike(Lanes<int> value) { return __ffs(__match_any_sync(ALL_LANES, value)) - 1; } /* the first lane with the same value */
DEVICE Lanes<int> times_alike(Lanes<int> value) { return __popc(__match_any_sync(ALL_LANES, value)); }
DEVICE int lowest(uint32_t bits) { return __ffs(bits) - 1; } /* -1: none */
DEVICE int n_bits(uint32_t bits) { return __popc(bits); }
DEVICE Lanes<REAL> exp_of(Lanes<REAL> x) { return __expf(x); }
DEVICE Lanes<REAL> log_of(Lanes<REAL> x) { return __logf(x); }

/* array[index] where the condition holds, otherwise 0 */
template <class T> DEVICE Lanes<T> load_if(Lanes<bool> condition, const T *array, Lanes<int64_t> index) { return condition ? array[index] : T(0); }
template <class T> DEVICE void store_if(Lanes<bool> condition, T *array, Lanes<int64_t> index, Lanes<T> value) {
    if (condition) array[index] = value;
}
DEVICE void lanes_meet() { __syncwarp(); } /* what lanes stored in shared memory, all lanes may load after it */
DEVICE void pause() {}                     /* here other warps go on */

/* ---- counters in memory, for all warps ---- */

DEVICE int take_next(int *counter) { return of_lane(lane_number() == 0 ? atomicAdd(counter, 1) : 0, 0); }
DEVICE void add_to(double *sum, double value) { if (lane_number() == 0) atomicAdd(sum, value); }
DEVICE void add_to(uint64_t *sum, int64_t value) { if (lane_number() == 0) atomicAdd((unsigned long long *)sum, (unsigned long long)value); }
DEVICE double sum_of(Lanes<REAL> value) {
    UNROLL for (int mask = 16; mask; mask /= 2) value += exchanged<REAL>(value, mask);
    return value;
}

/* ---- rows ---- */

struct V { float x, y, z, w; };

DEVICE V v_zero() { return {0, 0, 0, 0}; }
DEVICE V v_fma(REAL a, V b, V c) { return {fmaf(a, b.x, c.x), fmaf(a, b.y, c.y), fmaf(a, b.z, c.z), fmaf(a, b.w, c.w)}; }
DEVICE V v_minus(V a, V b) { return {a.x - b.x, a.y - b.y, a.z - b.z, a.w - b.w}; }
DEVICE Lanes<REAL> v_dot(V a, V b, Lanes<REAL> sum) { return fmaf(a.x, b.x, fmaf(a.y, b.y, fmaf(a.z, b.z, fmaf(a.w, b.w, sum)))); }

/* The numbers from `first` on of a row; those that lie beyond its `end` are 0.  From the cache that all processors of
 * the card share: what lies in one's own may be old. */
DEVICE V v_load(const REAL *row, int first, int end) {
    const int place = first + 4 * lane_number();
    if (place >= end) return v_zero();
    V v; /* volatile: what this warp has added before is seen */
    asm volatile("ld.global.cg.v4.f32 {%0, %1, %2, %3}, [%4];"
                 : "=f"(v.x), "=f"(v.y), "=f"(v.z), "=f"(v.w) : "l"(__cvta_generic_to_global(row + place)) : "memory");
    return v;
}

/* Add to numbers of a row; nothing that others add at the same time is lost. */
DEVICE void v_add_to(REAL *row, int first, int end, V change) {
    const int place = first + 4 * lane_number();
    if (place >= end) return;
#if __CUDA_ARCH__ >= 900
    asm volatile("red.global.add.v4.f32 [%0], {%1, %2, %3, %4};"
                 :: "l"(__cvta_generic_to_global(row + place)), "f"(change.x), "f"(change.y), "f"(change.z), "f"(change.w) : "memory");
#else
    atomicAdd(row + place, change.x), atomicAdd(row + place + 1, change.y);
    atomicAdd(row + place + 2, change.z), atomicAdd(row + place + 3, change.w);
#endif
}

/* a warp's own memory for numbers of rows, in shared memory: only the lane that stored a number loads it */
DEVICE V v_recall(const REAL *memory, int first) {
    const float4 found = *(const float4 *)(memory + first + 4 * lane_number());
    return {found.x, found.y, found.z, found.w};
}
DEVICE void v_keep(REAL *memory, int first, V value) {
    *(float4 *)(memory + first + 4 * lane_number()) = make_float4(value.x, value.y, value.z, value.w);
}

#endif
#endif
