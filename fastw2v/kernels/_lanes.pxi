# A chunk that is trained in pieces: a lane stands somewhere in its chunk, and walks on when it is told to. Ranks
# exchange rows between two pieces (train/ranks/member.py); lanes in turns show many cores on one (train/lockstep.py).

def start_lane(Plan plan, Scratch lane, const int32_t[::1] ids, const int64_t[::1] offsets, *, uint64_t seed,
               uint64_t epoch, uint64_t chunk, double alpha, double alpha_end, int64_t loss_every=1):
    """Put a lane before the first word of a chunk; see ``_kernels.pyi``."""
    start_training(plan, lane, ids, offsets, seed, epoch, chunk, alpha, alpha_end, loss_every)


def walk_in_turns(Plan plan, list lanes, int64_t turn):
    """Let all lanes walk in turns until one has reached the end of its chunk; see ``_kernels.pyi``."""
    cdef Settings* s = &plan.s
    cdef Scratch lane
    cdef Walk* w
    cdef int64_t i, n = len(lanes)
    cdef Walk** walks
    cdef uint64_t mode
    if turn < 1 or n == 0:
        raise ValueError("lanes take turns of at least one position, and there is at least one")
    for lane in lanes:
        if lane.plan is not plan:
            raise ValueError("a lane belongs to another plan")
    walks = <Walk**>PyMem_RawCalloc(n, sizeof(Walk*))
    if walks == NULL:
        raise MemoryError(f"no memory for {n} lanes")
    for i in range(n):
        lane = lanes[i]
        walks[i] = &lane.w
    i = 0
    with nogil:
        mode = flush_subnormals()
        while walks[i].position < walks[i].n_kept and not walks[i].stopped:
            w = walks[i]
            walk(s, w, min(w.position + turn, w.n_kept))
            if w.position < w.n_kept:
                i = (i + 1) % n
        restore_fpmode(mode)
    PyMem_RawFree(walks)
    return i


def walk_lane(Plan plan, Scratch lane, double part):
    """Let one lane walk to some part of its chunk; see ``_kernels.pyi``."""
    cdef uint64_t mode
    if lane.plan is not plan:
        raise ValueError("a lane belongs to another plan")
    with nogil:
        mode = flush_subnormals()
        walk(&plan.s, &lane.w, <int64_t>(lane.w.n_kept * min(max(part, 0.0), 1.0)))
        restore_fpmode(mode)
    if lane.w.stopped:
        raise InterruptedError("training was stopped within a chunk")


def end_lane(Plan plan, Scratch lane):
    """End a chunk as ``train_chunk`` does; see ``_kernels.pyi``."""
    return end_training(plan, lane)
