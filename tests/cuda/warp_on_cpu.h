/* Plays a warp on a processor: what fastw2v/cuda/device/warp.cuh names, for arrays of 32 values.
 *
 * Each warp of a round runs as a fiber, and pause() lets the next one go on, so that as many windows are in flight as there
 * are warps, in turns whose order does not depend on the machine: the lockstep of train/lockstep.py, for a card.
 */
#ifndef WARP_ON_CPU_H
#define WARP_ON_CPU_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#ifndef REAL
#define REAL float
#endif
#define DEVICE static inline __attribute__((unused))
#define UNROLL
#define EACH for (int l = 0; l < 32; l++)

template <class T> struct Lanes {
    T at[32];
    Lanes() = default;
    template <class U> explicit Lanes(const Lanes<U> &other) { EACH at[l] = (T)other.at[l]; }
};

#define PLAIN template <class T> static inline
#define OPERATOR(op, RESULT)                                                                                          \
    PLAIN Lanes<RESULT> operator op(const Lanes<T> &a, const Lanes<T> &b) {                                           \
        Lanes<RESULT> c;                                                                                              \
        EACH c.at[l] = (RESULT)(a.at[l] op b.at[l]);                                                                  \
        return c;                                                                                                     \
    }                                                                                                                 \
    template <class T, class U> static inline Lanes<RESULT> operator op(const Lanes<T> &a, U b) {                     \
        Lanes<RESULT> c;                                                                                              \
        EACH c.at[l] = (RESULT)(a.at[l] op(T) b);                                                                     \
        return c;                                                                                                     \
    }
OPERATOR(+, T) OPERATOR(-, T) OPERATOR(*, T) OPERATOR(/, T) OPERATOR(%, T) OPERATOR(&, T) OPERATOR(|, T) OPERATOR(^, T)
OPERATOR(<<, T) OPERATOR(>>, T)
OPERATOR(<, bool) OPERATOR(<=, bool) OPERATOR(>, bool) OPERATOR(>=, bool) OPERATOR(==, bool) OPERATOR(!=, bool)
#undef OPERATOR
PLAIN Lanes<T> operator>>(const Lanes<T> &a, const Lanes<int> &b) {
    Lanes<T> c;
    EACH c.at[l] = a.at[l] >> b.at[l];
    return c;
}
PLAIN Lanes<T> operator-(const Lanes<T> &a) {
    Lanes<T> c;
    EACH c.at[l] = -a.at[l];
    return c;
}

/* ---- one value in each lane ---- */

template <class T> struct Same { typedef T type; }; /* so that the other arguments choose T */

PLAIN Lanes<T> every(T value) {
    Lanes<T> c;
    EACH c.at[l] = value;
    return c;
}
DEVICE Lanes<int> lane_number() {
    Lanes<int> c;
    EACH c.at[l] = l;
    return c;
}
PLAIN Lanes<T> select(const Lanes<bool> &condition, const Lanes<typename Same<T>::type> &yes, const Lanes<typename Same<T>::type> &no) {
    Lanes<T> c;
    EACH c.at[l] = condition.at[l] ? yes.at[l] : no.at[l];
    return c;
}
PLAIN Lanes<T> exchanged(const Lanes<T> &value, int mask) {
    Lanes<T> c;
    EACH c.at[l] = value.at[l ^ mask];
    return c;
}
PLAIN T of_lane(const Lanes<T> &value, int lane) { return value.at[lane & 31]; }
DEVICE uint32_t lanes_where(const Lanes<bool> &condition) {
    uint32_t bits = 0;
    EACH bits |= (uint32_t)condition.at[l] << l;
    return bits;
}
DEVICE int n_bits(uint32_t bits) { return __builtin_popcount(bits); }
DEVICE int lowest(uint32_t bits) { return __builtin_ffs((int)bits) - 1; }
DEVICE Lanes<int> count_below(uint32_t bits) {
    Lanes<int> c;
    EACH c.at[l] = n_bits(bits & ((1u << l) - 1));
    return c;
}
DEVICE Lanes<int> first_alike(const Lanes<int> &value) {
    Lanes<int> c;
    EACH for (c.at[l] = 0; value.at[c.at[l]] != value.at[l];) c.at[l]++;
    return c;
}
DEVICE Lanes<int> times_alike(const Lanes<int> &value) {
    Lanes<int> c = every(0);
    EACH for (int k = 0; k < 32; k++) c.at[l] += value.at[k] == value.at[l];
    return c;
}
DEVICE Lanes<REAL> exp_of(const Lanes<REAL> &x) {
    Lanes<REAL> c;
    EACH c.at[l] = (REAL)(sizeof(REAL) == 8 ? exp(x.at[l]) : expf((float)x.at[l]));
    return c;
}
DEVICE Lanes<REAL> log_of(const Lanes<REAL> &x) {
    Lanes<REAL> c;
    EACH c.at[l] = (REAL)(sizeof(REAL) == 8 ? log(x.at[l]) : logf((float)x.at[l]));
    return c;
}
PLAIN Lanes<T> load_if(const Lanes<bool> &condition, const T *array, const Lanes<int64_t> &index) {
    Lanes<T> c;
    EACH c.at[l] = condition.at[l] ? array[index.at[l]] : (T)0;
    return c;
}
PLAIN void store_if(const Lanes<bool> &condition, T *array, const Lanes<int64_t> &index, const Lanes<typename Same<T>::type> &value) {
    EACH if (condition.at[l]) array[index.at[l]] = value.at[l];
}
DEVICE void lanes_meet() {}
void pause();

/* ---- counters in memory ---- */

DEVICE int take_next(int *counter) { return (*counter)++; }
DEVICE void add_to(double *sum, double value) { *sum += value; }
DEVICE void add_to(uint64_t *sum, int64_t value) { *sum += (uint64_t)value; }
DEVICE double sum_of(const Lanes<REAL> &value) {
    REAL sum = 0;
    EACH sum += value.at[l];
    return sum;
}

/* ---- rows ---- */

#define NUMBERS for (int k = 0; k < 128; k++)
struct V { REAL at[128]; };

DEVICE V v_zero() {
    V c;
    NUMBERS c.at[k] = 0;
    return c;
}
DEVICE V v_fma(REAL a, const V &b, const V &c) {
    V d;
    NUMBERS d.at[k] = a * b.at[k] + c.at[k];
    return d;
}
DEVICE Lanes<REAL> v_dot(const V &a, const V &b, const Lanes<REAL> &sum) {
    Lanes<REAL> c = sum;
    EACH for (int k = 4 * l; k < 4 * l + 4; k++) c.at[l] += a.at[k] * b.at[k];
    return c;
}
DEVICE V v_load(const REAL *row, int first, int end) {
    V c = v_zero();
    for (int k = 0; k < 128 && first + k < end; k++) c.at[k] = row[first + k];
    return c;
}
DEVICE void v_add_to(REAL *row, int first, int end, const V &change) {
    for (int k = 0; k < 128 && first + k < end; k++) row[first + k] += change.at[k];
}
DEVICE V v_recall(const REAL *memory, int first) {
    V c;
    NUMBERS c.at[k] = memory[first + k];
    return c;
}
DEVICE void v_keep(REAL *memory, int first, const V &value) { NUMBERS memory[first + k] = value.at[k]; }

#endif
