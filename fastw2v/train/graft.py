r"""Add words to a Huffman tree that has been trained, so that its nodes keep their meaning.

Each inner node owns a row of ``syn1``, which has learnt to tell the words on its left from those on its
right.  A new tree of all counts would hand these rows to other nodes.  So the new words get a Huffman tree
of their own, and it is put beside one node of the old tree, below one more node that joins the two:

    old tree        the same, with the new words (n)

       r                  r
      / \                / \
     a   x              a   j         j: the node that joins, row n_words - 2
        / \                / \
       b   c              x   n
                         / \
                        b   c

All old rows stay where they were.  The place is the one for which the expected length of a path grows least.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fastw2v.train.huffman import Huffman, build_huffman


def graft(old: Huffman, counts: NDArray[np.int64]) -> Huffman:
    """Give the tree of ``counts`` whose first words are those of ``old``, in its order.

    Parameters
    ----------
    old : Huffman
    counts : int64 array, shape (n_words,)
        Of all words, old ones first.

    Returns
    -------
    Huffman
        ``old`` itself if there are no new words.

    Examples
    --------
    >>> old = build_huffman(np.array([5, 4]))
    >>> tree = graft(old, np.array([5, 4, 1]))
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
