"""The heap behind the Huffman tree: CPython's ``heapq``, step for step, on plain numbers.

gensim merges nodes with ``heapq``, whose order of equal counts follows from how it moves items and
from nothing else. So this is that binary heap, down to its way of taking out the root: the last
item first sinks all the way along the smaller children, then rises again.
"""

from libc.stdint cimport int32_t, int64_t

cdef struct Node:
    int64_t weight
    int64_t number


cdef void rise(Node* heap, int64_t start, int64_t place) noexcept nogil:
    """Move an item towards the root, past parents that are strictly heavier, not beyond ``start``."""
    cdef Node item = heap[place]
    cdef int64_t parent
    while place > start:
        parent = (place - 1) >> 1
        if item.weight >= heap[parent].weight:
            break
        heap[place] = heap[parent]
        place = parent
    heap[place] = item


cdef void sink(Node* heap, int64_t size, int64_t place) noexcept nogil:
    """Move an item down to a leaf, the right child going up where the left one is not lighter."""
    cdef Node item = heap[place]
    cdef int64_t start = place, child = 2 * place + 1
    while child < size:
        if child + 1 < size and heap[child].weight >= heap[child + 1].weight:
            child += 1
        heap[place] = heap[child]
        place = child
        child = 2 * place + 1
    heap[place] = item
    rise(heap, start, place)


cdef Node pop(Node* heap, int64_t size) noexcept nogil:
    """Take the root out of a heap of ``size`` items."""
    cdef Node root = heap[0]
    if size > 1:
        heap[0] = heap[size - 1]
        sink(heap, size - 1, 0)
    return root


def merge(int64_t[:, ::1] items, int32_t[:, ::1] children):
    """Merge the two lightest nodes until one is left; see ``_huffman.pyi``."""
    cdef int64_t n_words = items.shape[0], size = n_words, inner, place
    cdef Node* heap
    cdef Node left, right
    if items.shape[1] != 2 or children.shape[0] != n_words - 1 or children.shape[1] != 2:
        raise ValueError("items must be (n_words, 2) and children (n_words - 1, 2)")
    if n_words < 2:
        return
    heap = <Node*>&items[0, 0]
    with nogil:
        for place in range(n_words // 2 - 1, -1, -1):
            sink(heap, size, place)
        for inner in range(n_words - 1):
            left = pop(heap, size)
            right = pop(heap, size - 1)
            children[inner, 0], children[inner, 1] = <int32_t>left.number, <int32_t>right.number
            heap[size - 2].weight, heap[size - 2].number = left.weight + right.weight, n_words + inner
            size -= 1
            rise(heap, 0, size - 1)
