"""The Huffman tree of hierarchical softmax, as flat arrays (math.md section 11).

The tree is gensim's to the last tie. Frequent words get short paths whatever happens to ties, but
``syn1`` rows of an existing model belong to the inner nodes of *its* tree, so a model that comes from
gensim can only go on training if equal counts give equal trees.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import VocabularyError
from fastw2v.train._huffman import merge

MAX_TOTAL = 2**62  # the weight of the root is an int64
MAX_WORDS = 2**30  # nodes are numbered in int32


class Huffman(NamedTuple):
    """Paths from the root to all words; word ``w`` owns ``[offsets[w], offsets[w + 1])`` of both arrays."""

    codes: NDArray[np.uint8]  # (offsets[-1],), 0: left, 1: right; the label of the node is 1 - code
    points: NDArray[np.uint32]  # (offsets[-1],), rows of syn1; the root is row n_words - 2
    offsets: NDArray[np.int64]  # (n_words + 1,)


def build_huffman(counts: NDArray[np.int64]) -> Huffman:
    """Build the Huffman tree of ``counts``.

    The two lightest nodes are merged until one is left; the lighter one becomes the left child.

    Parameters
    ----------
    counts : ndarray of int64, shape (n_words,)
        Word counts in vocabulary order, none negative.

    Returns
    -------
    Huffman
        Codes and inner nodes of all paths, root first. A vocabulary of one word has one empty path:
        there is nothing to predict.

    Raises
    ------
    VocabularyError
        If there is no word, a count is negative, or there are too many words or counts.

    Examples
    --------
    >>> import numpy as np
    >>> tree = build_huffman(np.array([5, 3, 2, 1]))
    >>> [tree.codes[a:b].tolist() for a, b in zip(tree.offsets, tree.offsets[1:])]
    [[0], [1, 0], [1, 1, 1], [1, 1, 0]]
    >>> [tree.points[a:b].tolist() for a, b in zip(tree.offsets, tree.offsets[1:])]
    [[2], [2, 1], [2, 1, 0], [2, 1, 0]]
    """
    counts = np.asarray(counts, dtype=np.int64)
    if counts.ndim != 1 or not len(counts):
        raise VocabularyError(f"counts of shape {counts.shape}: a Huffman tree needs one count for each word")
    if counts.min() < 0:
        worst = int(counts.argmin())
        raise VocabularyError(f"counts[{worst}]={counts[worst]}: a word count cannot be negative")
    if counts.sum(dtype=np.float64) >= MAX_TOTAL or len(counts) > MAX_WORDS:
        raise VocabularyError(
            f"{len(counts)} words of counts up to {counts.max()}: a Huffman tree holds at most 2**30 words "
            "whose counts sum to less than 2**62; raise min_count or divide the counts"
        )
    children = np.empty((len(counts) - 1, 2), dtype=np.int32)
    merge(np.stack([counts, np.arange(len(counts))], axis=1), children)
    return _paths(children)


def _paths(children: NDArray[np.int32]) -> Huffman:
    """Collect the paths of all words at once, one level of the tree for each turn of a loop."""
    n_words = len(children) + 1
    depths = np.zeros(2 * n_words - 1, dtype=np.int64)
    level, depth = np.array([2 * n_words - 2]), 0
    while len(level):
        depths[level] = depth
        level, depth = children[level[level >= n_words] - n_words].ravel(), depth + 1
    offsets = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(depths[:n_words])])

    parents = np.empty(2 * n_words - 1, dtype=np.int32)
    parents[children.ravel()] = np.repeat(np.arange(n_words, 2 * n_words - 1, dtype=np.int32), 2)
    is_right = np.zeros(2 * n_words - 1, dtype=np.uint8)
    is_right[children[:, 1]] = 1
    codes = np.empty(offsets[-1], dtype=np.uint8)
    points = np.empty(offsets[-1], dtype=np.uint32)
    root = 2 * n_words - 2
    nodes, last = np.arange(n_words, dtype=np.int32), offsets[1:] - 1  # words not yet at the root
    while len(nodes):
        below = nodes != root
        if not below.all():
            nodes, last = nodes[below], last[below]
        codes[last] = is_right[nodes]
        nodes = parents[nodes]
        points[last] = nodes - n_words
        last = last - 1
    return Huffman(codes, points, offsets)


def extend_huffman(old: Huffman, counts: NDArray[np.int64]) -> Huffman:
    r"""Add words to a Huffman tree that has been trained, so that its nodes keep their meaning.

    Each inner node owns a row of ``syn1``, which has learnt to tell the words on its left from those on its
    right. A new tree of all counts would give these rows to other nodes. So the new words get a Huffman tree
    of their own. It is put beside one node of the old tree, below one more node that joins the two:

        old tree        the same, with the new words (n)

           r                  r
          / \                / \
         a   x              a   j         j: the node that joins, row n_words - 2
            / \                / \
           b   c              x   n
                             / \
                            b   c

    All old rows stay where they were. The place is the one where the expected length of a path grows least.

    Parameters
    ----------
    old : Huffman
    counts : int64 array, shape (n_words,)
        Of all words, old ones first.

    Returns
    -------
    Huffman
        The tree of `counts`; its first words are those of `old`, in its order. `old` itself if there are no new words.

    Examples
    --------
    >>> old = build_huffman(np.array([5, 4]))
    >>> tree = extend_huffman(old, np.array([5, 4, 1]))
    >>> [tree.points[a:b].tolist() for a, b in zip(tree.offsets, tree.offsets[1:])]
    [[0], [0, 1], [0, 1]]
    """
    counts = np.asarray(counts, dtype=np.int64)
    n_words, n_old = len(counts), len(old.offsets) - 1
    n_new = n_words - n_old
    if not n_new:
        return old
    lengths = np.diff(old.offsets)
    owner = np.repeat(np.arange(n_old), lengths)  # the word of each entry of the flat arrays
    depth = np.arange(len(old.points)) - old.offsets[owner]
    new_weight = float(counts[n_old:].sum())

    # every node that the new words could be put beside: inner ones, then words
    inner_weight = np.bincount(old.points, weights=counts[owner], minlength=n_old - 1)
    inner_depth = np.zeros(len(inner_weight), dtype=np.int64)
    inner_depth[old.points] = depth
    weight = np.concatenate([inner_weight, counts[:n_old].astype(np.float64)])
    place_depth = np.concatenate([inner_depth, lengths])
    place = int(np.argmin(weight + new_weight * (place_depth + 1)))
    at = int(place_depth[place])
    below = owner[old.points == place] if place < n_old - 1 else np.array([place - (n_old - 1)])

    join = np.uint32(n_words - 2)
    old_side = np.uint8(weight[place] >= new_weight)  # the lighter side is the left one, as in the whole tree
    start = int(old.offsets[below[0]])
    new_codes = np.append(old.codes[start : start + at], np.uint8(1 - old_side))
    new_points = np.append(old.points[start : start + at], join)

    own = build_huffman(counts[n_old:])
    starts = np.repeat(own.offsets[:-1], at + 1)
    where = old.offsets[below] + at
    lengths[below] += 1
    return Huffman(
        np.concatenate([
            np.insert(old.codes, where, old_side),
            np.insert(own.codes, starts, np.tile(new_codes, n_new)),
        ]),
        np.concatenate([
            np.insert(old.points, where, join),
            np.insert(own.points + np.uint32(n_old - 1), starts, np.tile(new_points, n_new)),
        ]),
        np.concatenate([[0], np.cumsum(np.concatenate([lengths, np.diff(own.offsets) + at + 1]))]),
    )  # fmt: skip
