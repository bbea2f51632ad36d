"""fastText's dictionary and sub-words: entries, n-gram hashes, mean of word row and n-gram rows."""

from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memchr, memcpy


def scan_entries(
    const unsigned char[::1] block, Py_ssize_t start, Py_ssize_t end,
    int64_t[::1] starts, int64_t[::1] ends, int64_t[::1] counts, signed char[::1] kinds,
):
    """Read dictionary entries (text, NUL, int64 count, int8 kind); how many are whole and where the next begins."""
    cdef Py_ssize_t n = starts.shape[0], row = 0
    cdef const unsigned char *base
    cdef const unsigned char *p
    cdef const unsigned char *stop
    cdef const unsigned char *nul
    if start < 0 or start > end or end > block.shape[0]:
        raise ValueError("the range lies outside the block")
    if ends.shape[0] != n or counts.shape[0] != n or kinds.shape[0] != n:
        raise ValueError("the outputs differ in length")
    if start == end or n == 0:
        return 0, start
    base = &block[0]
    p, stop = base + start, base + end
    with nogil:
        while row < n and p < stop:
            nul = <const unsigned char *>memchr(p, 0, stop - p)
            if nul == NULL or stop - nul < 10:
                break
            starts[row] = p - base
            ends[row] = nul - base
            memcpy(&counts[row], nul + 1, 8)
            kinds[row] = <signed char>nul[9]
            row += 1
            p = nul + 10
    return row, p - base


cdef inline uint32_t hashed(uint32_t h, const unsigned char *p, const unsigned char *end) noexcept nogil:
    """FNV-1a as fastText computes it, gone on with: each byte is sign-extended before the exclusive or."""
    while p < end:
        h = (h ^ <uint32_t><signed char>p[0]) * 16777619
        p += 1
    return h


cdef inline const unsigned char *next_character(const unsigned char *p, const unsigned char *end) noexcept nogil:
    p += 1
    while p < end and (p[0] & 0xC0) == 0x80:
        p += 1
    return p


cdef enum:
    EMPTY_HASH = 2166136261  # FNV's offset basis


cdef Py_ssize_t add_ngrams(
    const unsigned char *word, const unsigned char *end, int minn, int maxn, uint32_t bucket,
    const float *buckets, Py_ssize_t stride, Py_ssize_t dim, float *total,
) noexcept nogil:
    """Add the rows of all n-grams of a word (with its "<" and ">") to ``total``; how many."""
    cdef const unsigned char *first = word
    cdef const unsigned char *last
    cdef const unsigned char *before
    cdef const float *row
    cdef Py_ssize_t found = 0, i
    cdef uint32_t h
    cdef int n
    while first < end:
        last = first
        h = EMPTY_HASH
        n = 1
        while last < end and n <= maxn:
            before = last
            last = next_character(last, end)
            h = hashed(h, before, last)
            # a border sign alone is no n-gram
            if n >= minn and not (n == 1 and (first == word or last == end)):
                row = buckets + <Py_ssize_t>(h % bucket) * stride
                for i in range(dim):
                    total[i] += row[i]
                found += 1
            n += 1
        first = next_character(first, end)
    return found


def ngram_rows(const unsigned char[::1] word, int minn, int maxn, uint32_t bucket):
    """Bucket of each n-gram of a word given with its "<" and ">"."""
    cdef const unsigned char *begin
    cdef const unsigned char *end
    cdef const unsigned char *first
    cdef const unsigned char *last
    cdef const unsigned char *before
    cdef uint32_t h
    cdef int n
    rows = []
    if word.shape[0] == 0 or bucket == 0:
        return rows
    begin = first = &word[0]
    end = begin + word.shape[0]
    while first < end:
        last = first
        h = EMPTY_HASH
        n = 1
        while last < end and n <= maxn:
            before = last
            last = next_character(last, end)
            h = hashed(h, before, last)
            if n >= minn and not (n == 1 and (first == begin or last == end)):
                rows.append(h % bucket)
            n += 1
        first = next_character(first, end)
    return rows


def compose(
    const unsigned char[::1] blob, const int64_t[::1] offsets, Py_ssize_t begin, Py_ssize_t end,
    int minn, int maxn, const float[:, ::1] buckets, float[:, ::1] words, bint divide=False,
):
    """Replace ``words[begin:end]`` by the mean of each row and the rows of its n-grams.

    ``blob[offsets[i]:offsets[i + 1]]`` is the word with its "<" and ">", or empty: that row stays as it is.
    fastText multiplies the sum by the reciprocal of its number of rows, gensim divides it: the last bits differ.
    """
    cdef Py_ssize_t dim = words.shape[1], row, i, n, length = blob.shape[0]
    cdef float scale
    if not 0 <= begin <= end <= words.shape[0] or offsets.shape[0] != words.shape[0] + 1:
        raise ValueError("the range lies outside the words")
    if buckets.shape[1] != dim or dim == 0 or maxn < minn:
        raise ValueError("buckets and words differ in dimension")
    if buckets.shape[0] == 0 or begin == end or length == 0:
        return
    for row in range(begin, end):
        if offsets[row] < 0 or offsets[row] > offsets[row + 1] or offsets[row + 1] > length:
            raise ValueError("a word lies outside the blob")
    with nogil:
        for row in range(begin, end):
            if offsets[row] == offsets[row + 1]:
                continue
            n = add_ngrams(
                &blob[0] + offsets[row], &blob[0] + offsets[row + 1], minn, maxn, <uint32_t>buckets.shape[0],
                &buckets[0, 0], dim, dim, &words[row, 0],
            )
            scale = <float>(1.0 / (1 + n))
            for i in range(dim):
                words[row, i] = words[row, i] / <float>(1 + n) if divide else words[row, i] * scale
