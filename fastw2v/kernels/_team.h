/* Threads that work on the same few microseconds at a time, and wait for each other in between.
 *
 * A wait spins, since what it waits for is nearly done; a thread that waits for long lets others have its
 * processor, so that more threads than processors only cost time.
 */
#ifndef FASTW2V_TEAM_H
#define FASTW2V_TEAM_H

#include <stdint.h>

#if defined(_MSC_VER)
#include <intrin.h>
__declspec(dllimport) int __stdcall SwitchToThread(void);
#define TEAM_ADD(counter, n) (_InterlockedExchangeAdd64(counter, n) + (n))
#define TEAM_LOAD(counter) _InterlockedExchangeAdd64((volatile __int64 *)(counter), 0)
#define TEAM_YIELD() SwitchToThread()
#define TEAM_SPIN() ((void)0)
#else
#include <sched.h>
#define TEAM_ADD(counter, n) __atomic_add_fetch(counter, n, __ATOMIC_ACQ_REL)
#define TEAM_LOAD(counter) __atomic_load_n(counter, __ATOMIC_ACQUIRE)
#define TEAM_YIELD() sched_yield()
#if defined(__x86_64__)
#define TEAM_SPIN() __builtin_ia32_pause()
#else
#define TEAM_SPIN() ((void)0)
#endif
#endif

#define TEAM_SPINS 2000 /* some ten microseconds */

/* Counts up from 0, on a cache line of its own. */
typedef struct {
    int64_t value;
    char rest[56];
} TeamCounter;

static inline void team_wait(TeamCounter *counter, int64_t value) {
    for (int spins = 0; TEAM_LOAD(&counter->value) < value; spins++) {
        if (spins < TEAM_SPINS) TEAM_SPIN();
        else TEAM_YIELD();
    }
}

/* Waits until all n_threads have come here for the round-th time, round counting from 1. */
static inline void team_meet(TeamCounter *met, int n_threads, int64_t round) {
    if (n_threads == 1) return;
    TEAM_ADD(&met->value, 1);
    team_wait(met, n_threads * round);
}

#endif
