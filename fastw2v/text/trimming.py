"""Which words stay in a vocabulary: ``min_count``, and rules that programs give.

Public as ``fastw2v.utils``.
"""

from __future__ import annotations

import heapq
import logging
from collections.abc import Callable, Hashable, MutableMapping
from typing import Any, TypeVar

import numpy as np

from fastw2v.errors import ConfigError

logger = logging.getLogger("fastw2v.utils")

RULE_DEFAULT = 0
RULE_DISCARD = 1
RULE_KEEP = 2
RULES = (RULE_DEFAULT, RULE_DISCARD, RULE_KEEP)

K = TypeVar("K", bound=Hashable)
TrimRule = Callable[[Any, int, int], int]


def keep_vocab_item(word: Hashable, count: int, min_count: float, trim_rule: TrimRule | None = None) -> bool:
    """Tell whether a word stays in a vocabulary.

    Parameters
    ----------
    word : hashable
    count : int
    min_count : float
        Without a rule, or where it gives ``RULE_DEFAULT``: keep if ``count >= min_count``.
    trim_rule : callable, optional
        ``trim_rule(word, count, min_count)`` gives ``RULE_KEEP``, ``RULE_DISCARD`` or ``RULE_DEFAULT``.

    Returns
    -------
    bool

    Raises
    ------
    ConfigError
        If the rule gives something else, such as True.

    Examples
    --------
    >>> keep_vocab_item("rare", 1, 5), keep_vocab_item("rare", 1, 5, lambda word, count, least: RULE_KEEP)
    (False, True)
    """
    decision: Any = RULE_DEFAULT if trim_rule is None else trim_rule(word, count, min_count)  # type: ignore[arg-type]
    if decision is None or isinstance(decision, (bool, np.bool_)) or decision not in RULES:
        if decision is not None:  # the answer of a rule that only returns where it has something to say
            raise ConfigError(
                f"trim_rule gave {decision!r:.60} for {word!r:.60}: it must give RULE_KEEP, RULE_DISCARD or "
                "RULE_DEFAULT of fastw2v.utils (2, 1, 0), or None for the default; True and False are none of them, "
                "since True == 1 would discard the word"
            )
        decision = RULE_DEFAULT
    if decision == RULE_KEEP:
        return True
    return False if decision == RULE_DISCARD else bool(count >= min_count)


def prune_vocab(vocab: MutableMapping[K, int], min_reduce: float, trim_rule: TrimRule | None = None) -> int:
    """Delete the words that :func:`keep_vocab_item` does not keep.

    Parameters
    ----------
    vocab : dict of word to count
        Changed in place.
    min_reduce : float
        The least count that stays.
    trim_rule : callable, optional

    Returns
    -------
    int
        Sum of the counts that were deleted.

    Examples
    --------
    >>> vocab = {"often": 7, "once": 1, "twice": 2}
    >>> prune_vocab(vocab, 3), vocab
    (3, {'often': 7})
    """
    lost = {word: count for word, count in vocab.items() if not keep_vocab_item(word, count, min_reduce, trim_rule)}
    for word in lost:
        del vocab[word]
    logger.info("pruned %i tokens with count below %s, %i remain", len(lost), min_reduce, len(vocab))
    return sum(lost.values())


def trim_vocab_by_freq(vocab: MutableMapping[K, int], topk: int, trim_rule: TrimRule | None = None) -> None:
    """Keep the `topk` most frequent words, and those as frequent as the last of them.

    Parameters
    ----------
    vocab : dict of word to count
        Changed in place.
    topk : int
    trim_rule : callable, optional

    Examples
    --------
    >>> vocab = {"a": 9, "b": 4, "c": 4, "d": 1}
    >>> trim_vocab_by_freq(vocab, 2)
    >>> vocab
    {'a': 9, 'b': 4, 'c': 4}
    """
    if topk < len(vocab):
        prune_vocab(vocab, heapq.nlargest(topk, vocab.values())[-1], trim_rule=trim_rule)
