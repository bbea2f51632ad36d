"""From counted words to a vocabulary: what is kept, its thresholds of sub-sampling, and what it will cost."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping
from math import log2
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastw2v._progress import step
from fastw2v.errors import ConfigError, VocabularyError
from fastw2v.formats._key_json import WAY_OUT, unstorable
from fastw2v.keyedvectors import KeyedVectors
from fastw2v.parameters import Parameters
from fastw2v.table import HUFFMAN_PATHS
from fastw2v.text.chunks import Source
from fastw2v.text.scan import Scan
from fastw2v.text.trimming import TrimRule
from fastw2v.text.vocab import NULL_WORD, Vocab, scan_of, select_words
from fastw2v.train import noise
from fastw2v.train.huffman import MAX_TOTAL

logger = logging.getLogger("fastw2v.word2vec")

Counts = dict[Hashable, int]


class Prepared(NamedTuple):
    """A vocabulary that a model may take over."""

    keys: list[Hashable]
    counts: NDArray[np.int64]  # (n_words,)
    thresholds: NDArray[np.uint32]  # (n_words,) of sub-sampling
    effective_min_count: int
    report: dict[str, int]


# ------------------------------------------------------------------------------- counting ----


def count_words(source: Source) -> Scan:
    """Count all words of a corpus, in one pass that is logged."""
    logger.info("collecting all words and their counts")

    with step("counting words", None, "word") as counting:

        def report(n_sentences: int, n_words: int, n_distinct: int, share: float) -> None:
            counting.at(n_words, n_words / share if share else None)
            logger.info(
                "PROGRESS: at sentence #%i, processed %i words, keeping %i word types", n_sentences, n_words, n_distinct
            )

        scan = source.scan(report)
    logger.info(
        "collected %i word types from a corpus of %i raw words and %i sentences",
        len(scan.keys), scan.n_words, scan.n_sentences,
    )  # fmt: skip
    return scan


def as_counts(scan: Scan) -> Counts:
    """Return what was counted as a dictionary."""
    counts: Counts = defaultdict(int)
    counts.update(zip(scan.keys, scan.counts.tolist(), strict=True))
    return counts


def as_scan(raw: Scan | Counts | None, n_sentences: int, n_known: int) -> Scan:
    """Return the counts of the last scan as arrays, whatever the program did to them.

    Raises
    ------
    VocabularyError
        If they are used up: a vocabulary of ``n_known`` words was made of them.
    """
    if isinstance(raw, Scan):
        return raw
    if not raw and n_known:
        raise VocabularyError(
            "there are no word counts to prepare: they are used up by the first prepare_vocab(), unless "
            "keep_raw_vocab=True; call scan_vocab() or build_vocab() again"
        )
    return scan_of(raw or {}, n_sentences)


def checked_counts(word_freq: Mapping[Any, Any]) -> Counts:
    """Return a copy of counts that a program gives; raise ConfigError for one that is no count."""
    for key, count in word_freq.items():
        if not (isinstance(count, (int, float, np.number)) and 0 <= count < MAX_TOTAL and int(count) == count):
            raise ConfigError(f"word_freq[{key!r:.60}]={count!r:.60}: counts must be integers >= 0, below 2**62")
    counts = {key: int(count) for key, count in word_freq.items()}
    if sum(counts.values()) >= MAX_TOTAL:
        raise ConfigError(f"word_freq: the counts add up to {sum(counts.values())}; their sum must be below 2**62")
    return counts


def refuse_update_of_nothing(update: bool, n_words: int) -> None:
    """Raise VocabularyError if there is nothing to update."""
    if update and not n_words:
        raise VocabularyError(
            "update=True, but there is no vocabulary yet that could be updated: call build_vocab() without update first"
        )


def why_none(
    n_words: float | None, n_sentences: float, min_count: Any, raised_to: Any = None, max_final_vocab: int | None = None
) -> str:
    """Say why there is no vocabulary; the start of the message is gensim's, which programs match on."""
    message = "you must first build vocabulary before training the model: "
    if n_words and max_final_vocab is not None and raised_to is not None and raised_to > min_count:
        return message + (
            f"max_final_vocab={max_final_vocab} leaves no word: words of one count stay or go together, and more than "
            f"so many occur {raised_to - 1} times, none more often (or trim_rule discards all); raise max_final_vocab"
        )
    if n_words:
        return message + (
            f"none of the {n_words} words of the corpus occurs min_count={min_count} times "
            "(or trim_rule discards all); lower min_count, 1 keeps every word"
        )
    if n_sentences:
        return message + f"there are no words in the {n_sentences} sentences of the corpus: all are empty"
    return message + "call build_vocab() on a corpus (if you did: it was empty, or an iterator that was used up)"


# -------------------------------------------------------------------------------- choosing ----


def prepare(scan: Scan, known: Vocab | None, parameters: Parameters, trim_rule: TrimRule | None) -> Prepared:
    """Choose the words of a vocabulary from counts; nothing is changed.

    Parameters
    ----------
    scan : Scan
        Words and counts.
    known : Vocab or None
        The words that new ones are added to, whose counts grow; None starts anew.
    parameters : Parameters
        ``min_count``, ``max_final_vocab``, ``sample``, ``sorted_vocab`` and ``null_word`` count.
    trim_rule : callable or None

    Returns
    -------
    Prepared
    """
    add_null = bool(parameters.null_word) and known is None and NULL_WORD not in scan.keys
    chosen = select_words(
        scan, min_count=parameters.min_count, max_final_vocab=parameters.max_final_vocab,
        trim_rule=trim_rule, sort=bool(parameters.sorted_vocab) and known is None, null_word=add_null,
    )  # fmt: skip
    words = chosen.counts  # of the corpus, without the pseudo-word
    if add_null:
        words = np.delete(words, chosen.keys.index(NULL_WORD))
        if not len(words):  # padding alone is no vocabulary
            chosen = chosen._replace(keys=[], counts=words)
    most = parameters.max_final_vocab
    if most is not None and chosen.effective_min_count > parameters.min_count and 0 < 2 * len(words) < most:
        logger.warning(
            "max_final_vocab=%i leaves %i words only: words of one count stay or go together, and too many occur %i "
            "times; a higher max_final_vocab keeps them", most, len(words), chosen.effective_min_count - 1,
        )  # fmt: skip
    grown = chosen.vocab() if known is None else known.grow(chosen, scan)
    n_retained = int(words.sum())
    n_downsampled, total_downsampled = noise.downsampling(words, n_retained, parameters.sample or 0.0)
    report = {
        "drop_unique": len(scan.keys) - len(words),
        "retain_total": n_retained,
        "downsample_unique": n_downsampled,
        "downsample_total": total_downsampled,
        "num_retained_words": len(words),
    }
    logger.info(
        "effective_min_count=%d retains %i unique words (%.2f%% of original %i, drops %i)",
        chosen.effective_min_count, len(chosen.keys), 100 * len(chosen.keys) / max(len(scan.keys), 1),
        len(scan.keys), report["drop_unique"],
    )  # fmt: skip
    thresholds = noise.keep_thresholds(grown.counts, int(grown.counts.sum()), parameters.sample or 0.0)
    return Prepared(grown.keys, grown.counts, thresholds, chosen.effective_min_count, report)


def with_rare(scan: Scan, rare: Mapping[Hashable, int]) -> Scan:
    """Return what was counted now together with the counts of words that were too rare before."""
    left = dict(rare)
    before = np.fromiter((left.pop(key, 0) for key in scan.keys), np.int64, len(scan.keys))
    counts = np.concatenate([scan.counts + before, np.fromiter(left.values(), np.int64, len(left))])
    return Scan([*scan.keys, *left], counts, scan.n_words + sum(rare.values()), scan.n_sentences)


def rare_of(scan: Scan, keys: list[Hashable], most: float | None) -> dict[Hashable, int]:
    """Return the counts of words that are none of a vocabulary, of at most so many: the most frequent."""
    known = set(keys)
    places = np.array([place for place, key in enumerate(scan.keys) if key not in known], np.intp)
    if most is not None and len(places) > most:
        order = np.argsort(-scan.counts[places], kind="stable")[: int(most)]
        places = places[np.sort(order)]
    counts = scan.counts[places].tolist()
    return {scan.keys[place]: count for place, count in zip(places.tolist(), counts, strict=True)}


def set_words(
    wv: KeyedVectors, keys: list[Hashable], counts: NDArray[np.int64], thresholds: NDArray[np.uint32]
) -> None:
    """Give a vector table its words; attributes that are not ours stay, Huffman paths go."""
    wv.index_to_key = keys
    wv.key_to_index = {key: row for row, key in enumerate(keys)}
    ours = ("count", "sample_int", *HUFFMAN_PATHS)
    others = {name: values for name, values in wv.expandos.items() if name not in ours}
    wv.expandos = {"count": counts, "sample_int": thresholds, **others}


def warn_of_keys(keys: list[Hashable]) -> None:
    """Warn, before anything is trained, of words that no file of ours can hold."""
    odd = unstorable(keys)
    if odd:
        logger.warning(
            "%s can be trained, but save() cannot hold it: train str(word) instead, or afterwards %s",
            ", ".join(odd), WAY_OUT,
        )  # fmt: skip


def memory_report(n_words: int, of: Callable[[str], Any], report: dict[str, int]) -> dict[str, int]:
    """Add to ``report`` the bytes of each part of a model of so many words, and their sum.

    ``of(name)`` is a parameter of the model.
    """
    row = -(-of("vector_size") * 4 // 64) * 64
    path = log2(n_words + 1) + 3  # steps from the root to a word, in the mean over the vocabularies of texts
    report["vocab"] = int(n_words * (130 + (8 + 5 * path if of("hs") else 0)))
    report["vectors"] = n_words * row
    if of("hs"):
        report["syn1"] = n_words * row
    if of("negative") or of("softmax"):
        report["syn1neg"] = n_words * row
    report["total"] = sum(report.values())
    logger.info(
        "estimated required memory for %i words and %i dimensions: %i bytes",
        n_words, of("vector_size"), report["total"],
    )  # fmt: skip
    return report
