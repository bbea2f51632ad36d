"""``Word2VecTransformer``: documents to vectors in a scikit-learn pipeline.

Needs scikit-learn: ``pip install 'fastw2v[sklearn]'``.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fastw2v.errors import CorpusError
from fastw2v.keyedvectors import KeyedVectors
from fastw2v.vectors import documents as told
from fastw2v.word2vec import Word2Vec

try:
    from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.validation import check_is_fitted
except ImportError as error:
    raise ImportError("fastw2v.sklearn needs scikit-learn: pip install 'fastw2v[sklearn]'") from error

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Word2VecTransformer"]

# Parameters that go to Word2Vec where they are not None.
OF_WORD2VEC = ("preset", "vector_size", "window", "min_count", "epochs", "sg", "negative", "alpha", "sample", "workers")


class Word2VecTransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Documents to vectors: word vectors trained on them, and the weighted mean of those of each document.

    Parameters
    ----------
    preset : str, optional
    vector_size, window, min_count, epochs, sg, negative, alpha, sample, workers : number, optional
        Those of :class:`~fastw2v.Word2Vec`; None: its defaults, or those of the preset.
    model_params : dict, optional
        Any other parameters of :class:`~fastw2v.Word2Vec`, by name.
    tokenizer : callable, optional
        Makes a list of tokens of a document, such as ``str.split``; None: documents are lists of tokens already.
    weighting : {"mean", "sif", "tfidf"}
        See :meth:`KeyedVectors.document_vectors`; the frequencies are those of the documents of :meth:`fit`.
    sif_a : float
        Of ``"sif"``.
    remove_components : int
        How many directions that the documents of :meth:`fit` have in common are taken out; 1 is usual with ``"sif"``.
    vectors : KeyedVectors, optional
        Use these, and train none.
    random_state : int, RandomState or None
        Of the training; equal ones give equal vectors where ``workers=1``, which is the default here.

    Attributes
    ----------
    vectors_ : KeyedVectors
        The vectors of words.
    weights_ : dict of token to float, or None
        Inverse document frequencies, where ``weighting="tfidf"``.
    components_ : float64 array, (remove_components, vector_size)
    loss_history_ : list of float
        Mean loss of each epoch; empty where ``vectors`` were given.

    Examples
    --------
    >>> from fastw2v.sklearn import Word2VecTransformer
    >>> documents = ["the king rules", "the queen rules", "a cat sleeps", "a dog sleeps"] * 25
    >>> transformer = Word2VecTransformer(vector_size=8, tokenizer=str.split, random_state=1)
    >>> transformer.fit_transform(documents).shape
    (100, 8)
    """

    def __init__(
        self,
        *,
        preset: str | None = None,
        vector_size: int | None = None,
        window: int | None = None,
        min_count: int | None = None,
        epochs: int | None = None,
        sg: int | None = None,
        negative: int | None = None,
        alpha: float | None = None,
        sample: float | None = None,
        workers: int | None = 1,
        model_params: dict[str, Any] | None = None,
        tokenizer: Callable[[Any], Sequence[Any]] | None = None,
        weighting: str = "mean",
        sif_a: float = 1e-3,
        remove_components: int = 0,
        vectors: KeyedVectors | None = None,
        random_state: Any = None,
    ) -> None:
        self.preset = preset
        self.vector_size = vector_size
        self.window = window
        self.min_count = min_count
        self.epochs = epochs
        self.sg = sg
        self.negative = negative
        self.alpha = alpha
        self.sample = sample
        self.workers = workers
        self.model_params = model_params
        self.tokenizer = tokenizer
        self.weighting = weighting
        self.sif_a = sif_a
        self.remove_components = remove_components
        self.vectors = vectors
        self.random_state = random_state

    def fit(self, X: Iterable[Any], y: Any = None) -> Self:
        """Train the word vectors, and measure how often each word is used.

        Parameters
        ----------
        X : iterable of documents
            Token lists; with a ``tokenizer``, whatever it takes.
        y : ignored

        Returns
        -------
        Word2VecTransformer
            Itself.

        Raises
        ------
        TypeError
            If the documents are none.
        RuntimeError
            If no word occurs ``min_count`` times.
        """
        del y
        told.check_options(self.weighting, "zero")
        documents = self._tokens(X)
        self.vectors_, self.loss_history_ = self._trained(documents)
        self._n_features_out = self.vectors_.vector_size
        self.weights_ = told.fitted_frequencies(documents) if self.weighting == "tfidf" else None
        made = self._means(documents)
        self.components_ = told.common_components(made, self.remove_components)
        return self

    def transform(self, X: Iterable[Any]) -> NDArray[np.float32]:
        """Return the vectors of documents.

        Parameters
        ----------
        X : iterable of documents
            As in :meth:`fit`.

        Returns
        -------
        float32 array, shape (n_documents, vector_size)
            Zeros, and a line of the log, for documents without a known word.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            Before :meth:`fit`.
        """
        check_is_fitted(self)
        return told.without_components(self._means(self._tokens(X)), self.components_)

    def _trained(self, documents: list[Any]) -> tuple[KeyedVectors, list[float]]:
        """Return the vectors of words, and the losses of their training."""
        if self.vectors is not None:
            return self.vectors, []
        chosen = {name: getattr(self, name) for name in OF_WORD2VEC if getattr(self, name) is not None}
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        model = Word2Vec(documents, **{"seed": seed, "progress": False, **chosen, **(self.model_params or {})})
        return model.wv, list(model.loss_history)

    def _means(self, documents: list[Any]) -> NDArray[np.float32]:
        weighting = self.weighting if self.weights_ is None else self.weights_
        return self.vectors_.document_vectors(documents, weighting, sif_a=self.sif_a)

    def _tokens(self, X: Any) -> list[Any]:
        if hasattr(X, "columns"):
            raise CorpusError(f"X is a table with columns {list(X.columns)[:5]}: pass one of them, such as X['text']")
        return [*X] if self.tokenizer is None else [self.tokenizer(document) for document in X]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = self.tokenizer is not None
        tags.transformer_tags.preserves_dtype = []
        return tags

    def __getstate__(self) -> dict[str, Any]:
        """Return what a pickle holds: the vectors as a native file, whose form outlives versions."""
        state = dict(super().__getstate__())
        for name in ("vectors", "vectors_"):
            if isinstance(state.get(name), KeyedVectors):
                file = io.BytesIO()
                state[name].save(file)
                state[name] = file.getvalue()
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        restored = dict(state)
        for name in ("vectors", "vectors_"):
            if isinstance(restored.get(name), bytes):
                restored[name] = KeyedVectors.load(io.BytesIO(restored[name]))
        super().__setstate__(restored)
