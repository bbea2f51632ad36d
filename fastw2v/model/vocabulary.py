"""``Word2Vec``'s vocabulary: scan, trim, sort, and the arrays that depend on it."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Hashable
from math import log2
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from fastw2v.compat.old_names import rename_old_keywords
from fastw2v.config import check_trim_rule, check_vocabulary_bounds
from fastw2v.errors import ConfigError, VocabularyError
from fastw2v.model import hooks
from fastw2v.text.chunks import Source
from fastw2v.text.scan import Scan
from fastw2v.text.source import open_source
from fastw2v.text.vocab import NULL_WORD, Vocab, select_words
from fastw2v.train import noise
from fastw2v.train.huffman import Huffman, build_huffman, extend_huffman
from fastw2v.train.weights import grow_rows, init_input, padded_rows
from fastw2v.vectors.counts import vocabulary_of
from fastw2v.vectors.ragged import RaggedColumn

if TYPE_CHECKING:
    from fastw2v.keyedvectors import KeyedVectors

logger = logging.getLogger("fastw2v.word2vec")

TrimRule = Callable[[Any, int, int], int]


class Vocabulary:
    """Mixin of ``Word2Vec``: everything before the first training step."""

    if TYPE_CHECKING:
        wv: KeyedVectors
        vector_size: int
        min_count: int
        max_vocab_size: int | None
        max_final_vocab: int | None
        sample: float
        sorted_vocab: int
        null_word: int
        hs: int
        negative: int
        softmax: bool
        ns_exponent: float
        seed: int
        workers: int

        def add_lifecycle_event(self, event_name: str, log_level: int = ..., **event: Any) -> None: ...
        def _check_corpus_sanity(
            self, corpus_iterable: Any = ..., corpus_file: Any = ..., passes: int = ...
        ) -> None: ...

    corpus_count: int
    corpus_total_words: int
    effective_min_count: int
    syn1: NDArray[np.float32]
    syn1neg: NDArray[np.float32]
    cum_table: NDArray[np.uint32] | None
    _raw: Scan | None
    _raw_vocab: dict[Hashable, int] | None
    _tree: Huffman | None
    _grafted = False  # whether the tree is another one than that of the counts

    # ------------------------------------------------------------------------------- counting ----

    @property
    def raw_vocab(self) -> dict[Hashable, int] | None:
        """Counts of all words of the last scan, until :meth:`prepare_vocab` has used them."""
        if isinstance(self._raw, Scan):
            counts: dict[Hashable, int] = defaultdict(int)
            counts.update(zip(self._raw.keys, self._raw.counts.tolist(), strict=True))
            self._raw_vocab, self._raw = counts, None
        return self._raw_vocab

    @raw_vocab.setter
    def raw_vocab(self, counts: dict[Hashable, int] | None) -> None:
        self._raw_vocab, self._raw = counts, None

    def _raw_scan(self) -> Scan:
        """The counts of the last scan as arrays, whatever the user did to :attr:`raw_vocab`."""
        if self._raw is not None:
            return self._raw
        counts = self._raw_vocab or {}
        values = np.fromiter(counts.values(), dtype=np.int64, count=len(counts))
        return Scan(list(counts), values, int(values.sum()), self.corpus_count)

    def scan_vocab(
        self,
        corpus_iterable: Any = None,
        corpus_file: Any = None,
        progress_per: int = 10000,
        workers: int | None = None,
        trim_rule: TrimRule | None = None,
        **old_names: Any,
    ) -> tuple[int, int]:
        """Count the words of a corpus into :attr:`raw_vocab`.

        Parameters
        ----------
        corpus_iterable, corpus_file
            As in the constructor; one pass, so a generator will do.
        progress_per : ignored
            Accepted for gensim's sake; progress is logged by time.
        workers : int, optional
            Threads that read a file, default as in the constructor.
        trim_rule : callable, optional
            Asked when ``max_vocab_size`` forces pruning.

        Returns
        -------
        (int, int)
            Raw words and sentences.
        """
        if old_names:
            present = rename_old_keywords("scan_vocab", old_names)
            corpus_iterable = present.pop("corpus_iterable", corpus_iterable)
            if present:
                raise TypeError(f"scan_vocab() got an unexpected keyword argument {next(iter(present))!r}")
        self._check_corpus_sanity(corpus_iterable=corpus_iterable, corpus_file=corpus_file, passes=1)
        self._check_vocabulary_parameters(trim_rule)
        if corpus_file is None and hooks.overrides(self, "_scan_vocab"):
            return self._scan_vocab(corpus_iterable, progress_per, trim_rule)
        return self._scan_source(self._open(corpus_iterable, corpus_file, trim_rule, workers))

    def _scan_vocab(self, sentences: Any, progress_per: int, trim_rule: TrimRule | None) -> tuple[int, int]:
        """Count the words of an iterable: what :meth:`scan_vocab` does, for subclasses that call it."""
        del progress_per
        return self._scan_source(self._open(sentences, None, trim_rule))

    def _open(
        self, corpus_iterable: Any, corpus_file: Any, trim_rule: TrimRule | None, workers: int | None = None
    ) -> Source:
        return open_source(
            corpus_iterable,
            corpus_file,
            max_vocab_size=self.max_vocab_size,
            trim_rule=trim_rule,
            workers=workers or self.workers,
        )

    def _scan_source(self, source: Source) -> tuple[int, int]:
        logger.info("collecting all words and their counts")

        def report(n_sentences: int, n_words: int, n_distinct: int) -> None:
            logger.info(
                "PROGRESS: at sentence #%i, processed %i words, keeping %i word types", n_sentences, n_words, n_distinct
            )

        scan = source.scan(report)
        logger.info(
            "collected %i word types from a corpus of %i raw words and %i sentences",
            len(scan.keys),
            scan.n_words,
            scan.n_sentences,
        )
        self.raw_vocab = None
        self._raw = scan
        return scan.n_words, scan.n_sentences

    # ------------------------------------------------------------------------------- building ----

    def build_vocab(
        self,
        corpus_iterable: Any = None,
        corpus_file: Any = None,
        update: bool = False,
        progress_per: int = 10000,
        keep_raw_vocab: bool = False,
        trim_rule: TrimRule | None = None,
        **kwargs: Any,
    ) -> None:
        """Build the vocabulary from a corpus, and the weights with it.

        Parameters
        ----------
        corpus_iterable, corpus_file
            As in the constructor; one pass, so a generator will do.
        update : bool
            Add the corpus' new words to an existing vocabulary; known words add to their counts.
        progress_per : ignored
            Accepted for gensim's sake.
        keep_raw_vocab : bool
            Keep the counts of all words in :attr:`raw_vocab`.
        trim_rule : callable, optional
            ``trim_rule(word, count, min_count)`` gives ``RULE_KEEP``, ``RULE_DISCARD`` or ``RULE_DEFAULT``.
        **kwargs
            ``min_count``, ``sample``, ``dry_run``, for :meth:`prepare_vocab`.
        """
        if kwargs:
            kwargs = rename_old_keywords("build_vocab", kwargs)
            corpus_iterable = kwargs.pop("corpus_iterable", corpus_iterable)
        self._check_corpus_sanity(corpus_iterable=corpus_iterable, corpus_file=corpus_file, passes=1)
        self._check_vocabulary_parameters(trim_rule, kwargs.get("min_count"))
        self._refuse_update_of_nothing(update)
        if hooks.overrides_any(self, ("scan_vocab", "_scan_vocab")):
            counted = self.scan_vocab(
                corpus_iterable=corpus_iterable, corpus_file=corpus_file, progress_per=progress_per, trim_rule=trim_rule
            )
        else:
            counted = self._scan_source(self._open(corpus_iterable, corpus_file, trim_rule))
        self._build_counted(counted, update=update, keep_raw_vocab=keep_raw_vocab, trim_rule=trim_rule, **kwargs)

    def _build_from_source(self, source: Source, *, trim_rule: TrimRule | None = None) -> None:
        self._build_counted(self._scan_source(source), settle=source.settle, trim_rule=trim_rule)

    def _build_counted(
        self, counted: tuple[int, int], *, settle: Callable[[Vocab], None] = lambda vocab: None,
        update: bool = False, keep_raw_vocab: bool = False, trim_rule: TrimRule | None = None, **kwargs: Any
    ) -> None:  # fmt: skip
        self.corpus_total_words, self.corpus_count = counted
        report = self.prepare_vocab(update=update, keep_raw_vocab=keep_raw_vocab, trim_rule=trim_rule, **kwargs)
        settle(vocabulary_of(self.wv))
        self._finish_vocabulary(report, update, kwargs.get("dry_run", False))

    def _check_vocabulary_parameters(self, trim_rule: Any, min_count: Any = None) -> None:
        """Raise now what would otherwise show after the whole text was counted."""
        check_vocabulary_bounds(
            self.min_count if min_count is None else min_count, self.max_vocab_size, self.max_final_vocab
        )
        check_trim_rule(trim_rule)

    def _refuse_update_of_nothing(self, update: bool) -> None:
        if update and not len(self.wv):
            raise VocabularyError(
                "update=True, but there is no vocabulary yet that could be updated: "
                "call build_vocab() without update first"
            )

    def _finish_vocabulary(self, report: dict[str, Any], update: bool, dry_run: bool) -> None:
        shown: dict[str, Any] = {name: str(value) for name, value in report.items()}
        self.add_lifecycle_event("build_vocab", update=update, **shown)
        if not dry_run:
            report["memory"] = self.estimate_memory(vocab_size=report["num_retained_words"])
            self.prepare_weights(update=update)

    def build_vocab_from_freq(
        self,
        word_freq: dict[Any, int],
        keep_raw_vocab: bool = False,
        corpus_count: int | None = None,
        trim_rule: TrimRule | None = None,
        update: bool = False,
    ) -> None:
        """Build the vocabulary from word counts, e.g. counted elsewhere.

        Parameters
        ----------
        word_freq : dict of word to int
            Not changed.
        keep_raw_vocab, trim_rule, update
            As in :meth:`build_vocab`.
        corpus_count : int, optional
            Sentences in the corpus.
        """
        self._refuse_update_of_nothing(update)
        bad = next((item for item in word_freq.items() if item[1] < 0 or int(item[1]) != item[1]), None)
        if bad is not None:
            raise ConfigError(f"word_freq[{bad[0]!r}]={bad[1]!r}: counts must be integers >= 0")
        logger.info("Processing provided word frequencies")
        self.raw_vocab = dict(word_freq)
        self.corpus_count = corpus_count or 0
        report = self.prepare_vocab(keep_raw_vocab=keep_raw_vocab, trim_rule=trim_rule, update=update)
        self._finish_vocabulary(report, update, dry_run=False)

    def prepare_vocab(
        self,
        update: bool = False,
        keep_raw_vocab: bool = False,
        trim_rule: TrimRule | None = None,
        min_count: int | None = None,
        sample: float | None = None,
        dry_run: bool = False,
    ) -> dict[str, int]:
        """Turn the counts of the last scan into the vocabulary.

        Parameters
        ----------
        update, keep_raw_vocab, trim_rule
            As in :meth:`build_vocab`.
        min_count, sample : optional
            Instead of the model's values, which they replace unless ``dry_run``.
        dry_run : bool
            Only report; the model stays as it is.

        Returns
        -------
        dict
            ``drop_unique``, ``retain_total``, ``downsample_unique``, ``downsample_total``,
            ``num_retained_words``.

        Raises
        ------
        RuntimeError
            If there are no counts: nothing was scanned, or they have been used up.
        """
        if self._raw is None and not self._raw_vocab:
            if len(self.wv):
                raise VocabularyError(
                    "there are no word counts to prepare: they are used up by the first prepare_vocab(), unless "
                    "keep_raw_vocab=True; call scan_vocab() or build_vocab() again"
                )
            self._raw_vocab = self._raw_vocab or {}
        self._check_vocabulary_parameters(trim_rule, min_count)
        scan = self._raw_scan()
        min_count = self.min_count if min_count is None else min_count
        sample = (self.sample if sample is None else sample) or 0.0
        add_null = bool(self.null_word) and not update and NULL_WORD not in scan.keys
        chosen = select_words(
            scan, min_count=min_count, max_final_vocab=self.max_final_vocab, trim_rule=trim_rule,
            sort=bool(self.sorted_vocab) and not update, null_word=add_null,
        )  # fmt: skip
        words = chosen.counts  # of the corpus, without the pseudo-word
        if add_null:
            words = np.delete(words, chosen.keys.index(NULL_WORD))
            if not len(words):  # padding alone is no vocabulary
                chosen = chosen._replace(keys=[], counts=words)
        n_chosen, n_retained = len(words), int(words.sum())
        grown = vocabulary_of(self.wv).grow(chosen, scan) if update else chosen.vocab()
        keys, counts = grown.keys, grown.counts
        total = int(counts.sum())
        thresholds = noise.keep_thresholds(counts, total, sample)
        downsampled = noise.downsampling(words, n_retained, sample)
        report = {
            "drop_unique": len(scan.keys) - n_chosen,
            "retain_total": n_retained,
            "downsample_unique": downsampled[0],
            "downsample_total": downsampled[1],
            "num_retained_words": n_chosen,
        }
        logger.info(
            "effective_min_count=%d retains %i unique words (%.2f%% of original %i, drops %i)",
            chosen.effective_min_count, len(chosen.keys), 100 * len(chosen.keys) / max(len(scan.keys), 1),
            len(scan.keys), report["drop_unique"],
        )  # fmt: skip
        if dry_run:
            return report
        self.min_count, self.sample, self.effective_min_count = min_count, sample, chosen.effective_min_count
        self._set_words(keys, counts, thresholds, grow=update)
        if not keep_raw_vocab:
            self.raw_vocab = defaultdict(int)
        return report

    def _set_words(
        self, keys: list[Hashable], counts: NDArray[np.int64], thresholds: NDArray[np.uint32], grow: bool
    ) -> None:
        wv = self.wv
        wv.index_to_key = keys
        wv.key_to_index = {key: row for row, key in enumerate(keys)}
        ours = ("count", "sample_int", "code", "point")
        others = {name: values for name, values in wv.expandos.items() if name not in ours}
        wv.expandos = {"count": counts, "sample_int": thresholds, **others}
        if not keys:
            self._tree = None
        elif self.hs:
            trained = getattr(self, "syn1", None)
            if grow and self._tree is not None and trained is not None and trained.any():
                self._set_tree(extend_huffman(self._tree, counts))
                self._grafted = True
            else:
                self.create_binary_tree()
        if self.negative and len(keys):
            self.make_cum_table()

    def add_null_word(self) -> None:
        r"""Add the pseudo-word ``"\0"`` with count 1, for padding."""
        wv = self.wv
        counts = np.append(wv.expandos["count"], 1)
        thresholds = np.append(wv.expandos["sample_int"], np.uint32(2**32 - 1))
        self._set_words([*wv.index_to_key, "\0"], counts, thresholds, grow=True)

    def create_binary_tree(self) -> None:
        """Build the Huffman tree of the word counts, for hierarchical softmax.

        ``build_vocab(update=True)`` does not call this on a trained model, since the rows of ``syn1``
        belong to the nodes of its tree: it adds the new words to that tree.
        """
        self._grafted = False
        self._set_tree(build_huffman(np.asarray(self.wv.expandos["count"], dtype=np.int64)))

    def _set_tree(self, tree: Huffman) -> None:
        self._tree = tree
        for name, flat in (("code", tree.codes), ("point", tree.points)):
            self.wv.expandos[name] = cast("NDArray[Any]", RaggedColumn(flat, tree.offsets))

    def _huffman(self) -> Huffman:
        if self._tree is None or len(self._tree.offsets) != len(self.wv.index_to_key) + 1:
            self.create_binary_tree()
        assert self._tree is not None
        return self._tree

    def make_cum_table(self, domain: int = 2**31 - 1) -> None:
        """Build gensim's cumulative noise table; training itself draws from an alias table."""
        self.cum_table = noise.cum_table(self.wv.expandos["count"], self.ns_exponent, domain)

    # -------------------------------------------------------------------------------- weights ----

    def prepare_weights(self, update: bool = False) -> None:
        """Make the weights for the vocabulary; with ``update``, keep those of known words."""
        if update:
            self.update_weights()
        else:
            self.init_weights()

    def init_weights(self) -> None:
        """Start all weights anew: input vectors random by ``seed``, output vectors zero."""
        n_words = len(self.wv.index_to_key)
        self.wv.vectors = init_input(n_words, self.vector_size, self.seed)
        self.wv.vectors_lockf = np.ones(1, dtype=np.float32)
        self.wv.norms = None
        if self.hs:
            self.syn1 = padded_rows(n_words, self.vector_size)
        if self.negative or self.softmax:
            self.syn1neg = padded_rows(n_words, self.vector_size)

    def update_weights(self) -> None:
        """Grow all weights to the vocabulary; the rows of known words stay."""
        n_words, n_known = len(self.wv.index_to_key), len(self.wv.vectors)
        if not n_known:
            raise VocabularyError("there are no weights to update: build a vocabulary without update first")
        vectors = init_input(n_words, self.vector_size, self.seed)
        vectors[:n_known] = self.wv.vectors
        self.wv.vectors = vectors
        self.wv.norms = None
        lockf = getattr(self.wv, "vectors_lockf", np.ones(1, dtype=np.float32))
        if 1 < len(lockf) < n_words:
            self.wv.vectors_lockf = np.concatenate([lockf, np.ones(n_words - len(lockf), dtype=np.float32)])
        if self.hs:
            self.syn1 = grow_rows(self.syn1, n_words)
        if self.negative or self.softmax:
            self.syn1neg = grow_rows(self.syn1neg, n_words)

    def estimate_memory(self, vocab_size: int | None = None, report: dict[str, int] | None = None) -> dict[str, int]:
        """Estimate the memory of the model in bytes.

        Parameters
        ----------
        vocab_size : int, optional
            Words, default: those of the model.
        report : dict, optional
            Filled in and returned.

        Returns
        -------
        dict
            ``vocab`` (keys, index, counts, tree), ``vectors``, ``syn1``, ``syn1neg`` (row padding
            included) and ``total``.
        """
        vocab_size = vocab_size or len(self.wv)
        report = report or {}
        row = -(-self.vector_size * 4 // 64) * 64
        path = log2(vocab_size + 1) + 3  # steps from the root to a word, in the mean over the vocabularies of texts
        report["vocab"] = int(vocab_size * (130 + (8 + 5 * path if self.hs else 0)))
        report["vectors"] = vocab_size * row
        if self.hs:
            report["syn1"] = vocab_size * row
        if self.negative or self.softmax:
            report["syn1neg"] = vocab_size * row
        report["total"] = sum(report.values())
        logger.info(
            "estimated required memory for %i words and %i dimensions: %i bytes",
            vocab_size, self.vector_size, report["total"],
        )  # fmt: skip
        return report
