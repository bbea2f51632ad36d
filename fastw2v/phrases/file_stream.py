"""The text of files seen through phrase models, as arrays of word numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fastw2v.phrases._counts import PhraseTable
from fastw2v.phrases._segment import PHRASES, TOKENS, Rule
from fastw2v.phrases._text import Joiner
from fastw2v.phrases.lexicon import Lexicon, Numbered, read_files


class Joins(Protocol):
    """What is asked of a phrase model that joins natively."""

    def __getitem__(self, sentence: Any) -> Any:
        """Join the phrases of a sentence."""

    def _native(self) -> tuple[PhraseTable, Rule] | None:
        """Return the table and the rule that judge pairs."""

    def _whole(self, n_words: int) -> tuple[PhraseTable, Rule] | None:
        """Return a smaller table, for words without the delimiter, if there is one."""

    def _segment(self, sentences: list[list[Any]], form: int = TOKENS) -> list[list[Any]]:
        """Join the phrases of sentences."""


class Stage:
    """One phrase model, for arrays of word numbers; what a program changes in it counts from the next block on.

    Parameters
    ----------
    model : Joins
    """

    def __init__(self, model: Joins) -> None:
        self._model = model
        self._made_for: tuple[Any, ...] = ()
        self._joiner: Joiner | None = None

    def join(self, lexicon: Lexicon, ids: NDArray[np.int32], offsets: NDArray[np.int64]) -> Numbered:
        """Join the phrases of sentences."""
        return self._joiner_of(lexicon, ids).join(ids, offsets)

    def find(self, lexicon: Lexicon, ids: NDArray[np.int32], offsets: NDArray[np.int64]) -> list[tuple[str, Any]]:
        """Return the (phrase, score) pairs of sentences, most of them only the first time."""
        return self._joiner_of(lexicon, ids).find(ids, offsets, self._pairs_of)

    def _pairs_of(self, words: list[str]) -> list[tuple[str, Any]]:
        return self._model._segment([words], PHRASES)[0]

    def _joiner_of(self, lexicon: Lexicon, ids: NDArray[np.int32]) -> Joiner:
        native, whole = self._model._native(), self._model._whole(len(ids))
        assert native is not None  # or the model would have no Stage
        made_for = lexicon, *native, native[0].connectors, whole
        if list(map(id, made_for)) != list(map(id, self._made_for)):
            self._made_for = made_for
            self._joiner = Joiner(*native, lexicon.strings, lexicon.put, self._model.__getitem__, whole)
        assert self._joiner is not None
        return self._joiner


class FileStream:
    """Files, seen through phrase models.

    Parameters
    ----------
    files : dict
        Arguments of `read_files`.
    models : list of Joins
        Applied in this order.
    """

    def __init__(self, files: dict[str, Any], models: list[Joins]) -> None:
        self._files = files
        self._models = models

    def __iter__(self) -> Iterator[tuple[Lexicon, NDArray[np.int32], NDArray[np.int64]]]:
        """Yield the text as `read_files` does, phrases joined."""
        stages = [Stage(model) for model in self._models]
        for lexicon, ids, offsets in read_files(**self._files):
            for stage in stages:
                ids, offsets = stage.join(lexicon, ids, offsets)
            yield lexicon, ids, offsets
