/* The kernels of fastw2v/cuda/device, compiled for a processor: what kernels.cu is for a card. */
#include <setjmp.h>
#include <stdlib.h>
#include <ucontext.h>

/* One build for many trainings: what is a constant on a card is a variable here, but for TILE_OUT and VECTORS. */
static int vector_size, skip_gram, ns, hs, joint_context;
#define VECTOR_SIZE vector_size
#define SKIP_GRAM skip_gram
#define NS ns
#define HS hs
#define JOINT_CONTEXT joint_context

#define FASTW2V_PLAY
#include "draws.cuh"
#include "walk.cuh"

/* ---- warps take turns ---- */

#define STACK (1 << 17)
struct Warp { jmp_buf place; ucontext_t context; char *stack; bool started, done; };
static Warp *warps;
static int n_warps, turn, n_running;
static jmp_buf all_done;
static const Settings *the_settings;
static const Round *the_round;

static void go_on() { /* with the warp whose turn it is */
    Warp *w = warps + turn;
    if (w->started) _longjmp(w->place, 1);
    w->started = true;
    setcontext(&w->context);
}

void pause() {
    if (n_running == 1) return;
    if (_setjmp(warps[turn].place)) return;
    do turn = (turn + 1) % n_warps;
    while (warps[turn].done);
    go_on();
}

static void work() {
    REAL memory[TILE_IN * 128 * VECTORS];
    walk(the_settings, the_round, memory);
    warps[turn].done = true;
    if (--n_running == 0) _longjmp(all_done, 1);
    do turn = (turn + 1) % n_warps;
    while (warps[turn].done);
    go_on();
}

extern "C" {

void choose(int size, int sg, int with_ns, int with_hs, int joint) {
    vector_size = size, skip_gram = sg, ns = with_ns, hs = with_hs, joint_context = joint;
}

int size_of(int which) {
    const int sizes[] = {sizeof(Settings), sizeof(Chunk), sizeof(Round), PIECE};
    return sizes[which];
}

void draw_chunks(const Settings *s, const Round *r) {
    int32_t pool[POOL];
    for (int chunk = 0; chunk < r->n_chunks; chunk++) draw_chunk(s, r, chunk, pool);
}

int train_round(const Settings *s, const Round *r, int warps_in_flight) {
    const size_t stack = STACK + sizeof(REAL) * (TILE_IN * 128 * VECTORS + 64 * 128 * VECTORS * TILE_OUT);
    char *memory = (char *)malloc(stack * warps_in_flight);
    warps = (Warp *)calloc(warps_in_flight, sizeof(Warp));
    if (!memory || !warps) return 1;
    the_settings = s, the_round = r, n_warps = n_running = warps_in_flight, turn = 0;
    for (int i = 0; i < warps_in_flight; i++) {
        getcontext(&warps[i].context);
        warps[i].context.uc_stack.ss_sp = memory + stack * i;
        warps[i].context.uc_stack.ss_size = stack;
        makecontext(&warps[i].context, work, 0);
    }
    if (!_setjmp(all_done)) go_on();
    free(warps), free(memory);
    return 0;
}
}
