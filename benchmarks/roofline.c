/* What one core of this machine can do at most: fused multiply-adds in registers, and updates of memory in place.
 * roofline.py compiles this once for each instruction set and runs it.
 *
 *   roofline flops SECONDS            prints Gflop/s: of the best few milliseconds, and of all of them
 *   roofline bytes SECONDS N_BYTES    prints GB/s of y = y * a + b over N_BYTES (read and written)
 *   roofline handover SECONDS N_BYTES prints ns until a row that one core has changed is changed by another
 */
#if defined(__linux__)
#define _GNU_SOURCE
#include <sched.h>
#endif
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__AVX512F__)
#include <immintrin.h>
typedef __m512 vec;
#define FMA(a, b, c) _mm512_fmadd_ps(a, b, c)
#define SET(x) _mm512_set1_ps(x)
#define LOAD(p) _mm512_load_ps(p)
#define STORE(p, v) _mm512_store_ps(p, v)
#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
typedef __m256 vec;
#define FMA(a, b, c) _mm256_fmadd_ps(a, b, c)
#define SET(x) _mm256_set1_ps(x)
#define LOAD(p) _mm256_load_ps(p)
#define STORE(p, v) _mm256_store_ps(p, v)
#elif defined(__aarch64__)
#include <arm_neon.h>
typedef float32x4_t vec;
#define FMA(a, b, c) vfmaq_f32(c, a, b)
#define SET(x) vdupq_n_f32(x)
#define LOAD(p) vld1q_f32(p)
#define STORE(p, v) vst1q_f32(p, v)
#elif defined(__SSE2__)
#include <emmintrin.h>
typedef __m128 vec;
#define FMA(a, b, c) _mm_add_ps(_mm_mul_ps(a, b), c)
#define SET(x) _mm_set1_ps(x)
#define LOAD(p) _mm_load_ps(p)
#define STORE(p, v) _mm_store_ps(p, v)
#else
typedef float vec;
#define FMA(a, b, c) ((a) * (b) + (c))
#define SET(x) (x)
#define LOAD(p) (*(p))
#define STORE(p, v) (*(p) = (v))
#endif

enum { LANES = sizeof(vec) / sizeof(float), CHAINS = 12, ALIGNMENT = 64 };

static volatile float sink; /* so that nothing is optimised away */

static double now(void) {
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Twelve chains hide the latency of four cycles on up to three units; they stay in registers everywhere. */
static void flops_round(long n) {
    vec a = SET(0.999f + sink * 0), b = SET(0.001f), c[CHAINS];
    for (int i = 0; i < CHAINS; i++) c[i] = SET(0.1f * (float)i);
    vec c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3], c4 = c[4], c5 = c[5];
    vec c6 = c[6], c7 = c[7], c8 = c[8], c9 = c[9], c10 = c[10], c11 = c[11];
    for (long i = 0; i < n; i++) {
        c0 = FMA(c0, a, b); c1 = FMA(c1, a, b); c2 = FMA(c2, a, b); c3 = FMA(c3, a, b);
        c4 = FMA(c4, a, b); c5 = FMA(c5, a, b); c6 = FMA(c6, a, b); c7 = FMA(c7, a, b);
        c8 = FMA(c8, a, b); c9 = FMA(c9, a, b); c10 = FMA(c10, a, b); c11 = FMA(c11, a, b);
    }
    vec last[CHAINS] = {c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11};
    float out[CHAINS * LANES], sum = 0;
    memcpy(out, last, sizeof last);
    for (int i = 0; i < CHAINS * LANES; i++) sum += out[i];
    sink = sum;
}

static void bytes_round(float *y, size_t n_floats) {
    vec a = SET(0.999f), b = SET(0.001f);
    for (size_t i = 0; i < n_floats; i += 4 * LANES) {
        STORE(y + i, FMA(LOAD(y + i), a, b));
        STORE(y + i + LANES, FMA(LOAD(y + i + LANES), a, b));
        STORE(y + i + 2 * LANES, FMA(LOAD(y + i + 2 * LANES), a, b));
        STORE(y + i + 3 * LANES, FMA(LOAD(y + i + 3 * LANES), a, b));
    }
    sink = y[0];
}

/* Two threads change a row by turns; whose turn it is stands in a cache line of its own. */
typedef struct {
    _Alignas(64) atomic_long turn;
    _Alignas(64) float row[1024];
    size_t n_floats;
    long rounds;
} Handover;

/* Each thread on a core of its own, or they may share one for a while and wait for the scheduler. */
#if defined(__linux__)
static cpu_set_t allowed; /* a new thread inherits what its creator keeps to, so this is asked once */
static void keep_to_core(int which) {
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int core = 0; core < CPU_SETSIZE; core++)
        if (CPU_ISSET(core, &allowed) && which-- == 0) CPU_SET(core, &one);
    if (CPU_COUNT(&one)) sched_setaffinity(0, sizeof one, &one);
}
#else
static void keep_to_core(int which) { (void)which; }
#endif

static void take_turns(Handover *h, long parity) {
    for (long round = parity; round < h->rounds; round += 2) {
        while (atomic_load_explicit(&h->turn, memory_order_acquire) != round) {
        }
        for (size_t i = 0; i < h->n_floats; i += LANES)
            STORE(h->row + i, FMA(LOAD(h->row + i), SET(0.999f), SET(0.001f)));
        atomic_store_explicit(&h->turn, round + 1, memory_order_release);
    }
}

static void *second_thread(void *h) {
    keep_to_core(1);
    take_turns(h, 1);
    return NULL;
}

static double handover_ns(Handover *h) {
    pthread_t second;
    atomic_init(&h->turn, 0);
    h->rounds = 20000;
    double t = now();
    if (pthread_create(&second, NULL, second_thread, h)) exit(3);
    take_turns(h, 0);
    pthread_join(second, NULL);
    return (now() - t) / (double)h->rounds * 1e9;
}

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    double seconds = atof(argv[2]), best = 0, start = now(), rounds = 0;
    if (!strcmp(argv[1], "flops")) {
        const long n = 2000000;
        do {
            double t = now();
            flops_round(n);
            double rate = 2.0 * CHAINS * LANES * (double)n / (now() - t) / 1e9;
            if (rate > best) best = rate;
            rounds++;
        } while (now() - start < seconds);
        printf("%.3f %.3f\n", best, rounds * 2.0 * CHAINS * LANES * (double)n / (now() - start) / 1e9);
        return 0;
    } else if (argc == 4 && !strcmp(argv[1], "handover")) {
        static Handover h;
#if defined(__linux__)
        if (sched_getaffinity(0, sizeof allowed, &allowed)) return 3;
#endif
        keep_to_core(0);
        h.n_floats = (size_t)atoll(argv[3]) / sizeof(float) / LANES * LANES;
        if (h.n_floats > sizeof h.row / sizeof *h.row) return 2;
        best = 1e9;
        do {
            double ns = handover_ns(&h);
            if (ns < best) best = ns;
        } while (now() - start < seconds);
    } else if (argc == 4) {
        size_t n_bytes = (size_t)atoll(argv[3]) / (16 * ALIGNMENT) * (16 * ALIGNMENT);
        if (!n_bytes) return 2;
        char *block = malloc(n_bytes + ALIGNMENT);
        if (!block) return 3;
        float *y = (float *)(block + ALIGNMENT - (size_t)block % ALIGNMENT);
        for (size_t i = 0; i < n_bytes / sizeof *y; i++) y[i] = 1;
        long passes = 1 + (long)(64000000 / n_bytes); /* some milliseconds */
        do {
            double t = now();
            for (long i = 0; i < passes; i++) bytes_round(y, n_bytes / sizeof *y);
            double rate = 2.0 * (double)passes * (double)n_bytes / (now() - t) / 1e9;
            if (rate > best) best = rate;
        } while (now() - start < seconds);
        free(block);
    } else {
        return 2;
    }
    printf("%.3f\n", best);
    return 0;
}
