"""``KeyedVectors``: vectors by key, the queries on them, and their files.

The class is read from top to bottom. What a method does stands in a function of ``vectors/`` or ``query/``, which gets
what it needs as arguments. Programs override methods: those that need a vector, a row or a cosine of a key ask
``self`` for it.
"""

from __future__ import annotations

import copy
import functools
import logging
import warnings
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

import numpy as np
from numpy import float32 as REAL
from numpy.typing import ArrayLike, NDArray

from fastw2v._events import note_event
from fastw2v._undo import changes_all_or_nothing
from fastw2v.checks import checked_integer, truth
from fastw2v.compat.old_names import CompatVocab, DeprecatedKeyedVectorsNames
from fastw2v.query.batch import cosmul_rows, paired_cosines
from fastw2v.query.graph import neighbour_graph
from fastw2v.query.questions import Source
from fastw2v.query.search import nearest_rows, one_list
from fastw2v.query.similarity import (
    cosine,
    cosine_scores,
    cosines_of_pairs,
    cosmul_scores,
    row_norms,
    scores_of_all,
    unit,
    unit_rows,
)
from fastw2v.query.wmd import word_movers_distance
from fastw2v.table import VectorTable
from fastw2v.vectors import (
    alignment,
    batches,
    clusters,
    copies,
    evaluation,
    frames,
    groups,
    html,
    hub,
    loading,
    neighbours,
    ngrams,
    sketched,
)
from fastw2v.vectors import confidence as sure
from fastw2v.vectors import documents as told
from fastw2v.vectors.attributes import allocated
from fastw2v.vectors.growth import addition, checked_vectors, prep_vectors
from fastw2v.vectors.loading import PathOrFile
from fastw2v.vectors.missing import MissingKeyError
from fastw2v.vectors.rows import KEYS, checked_size, is_key, numbered_row, reject_string, take_rows
from fastw2v.vectors.state import State, index_of, note_loaded, own_of, restore, state_of, take_own
from fastw2v.vectors.whitening import top_axes, whitened, without_axes

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow
    import scipy.sparse
    import spacy.vectors
    import spacy.vocab
    import torch
    from typing_extensions import Self

__all__ = [
    "REAL",
    "CompatVocab",
    "Doc2VecKeyedVectors",
    "EuclideanKeyedVectors",
    "FastTextKeyedVectors",
    "KeyedVectors",
    "Vocab",
    "Word2VecKeyedVectors",
    "load_word2vec_format",
    "prep_vectors",
    "pseudorandom_weak_vector",
]

logger = logging.getLogger(__name__)
Key = TypeVar("Key", bound=Hashable)

_RAISE: Any = object()


class KeyedVectors(DeprecatedKeyedVectorsNames):
    """Vectors by key, and everything that can be asked of them.

    A key is any hashable value; words are strings. A row whose numbers are not all finite has no cosine: its similarity
    is NaN, it is no key's neighbour, and it has none.

    Parameters
    ----------
    vector_size : int
        Numbers in a vector.
    count : int
        Rows to prepare: filled by :meth:`add_vector`, without growing the table each time.
    dtype : dtype
        How vectors are stored: float32 by default; float16 and float64 answer all queries too.
    mapfile_path : str, optional
        Kept as an attribute, without effect.

    Attributes
    ----------
    vectors : ndarray, shape (n, vector_size)
        May be written to and replaced: the next query sees it. C-contiguous, but for a model in training.
    index_to_key : list
        Key of each row, usually by falling frequency.
    key_to_index : dict
        Row of each key.
    expandos : dict of str to ndarray
        Attributes of the keys, such as ``count``.
    norms : ndarray or None
        Only what :meth:`fill_norms` left there; no query reads it.
    sketch_bytes : int
        Memory that :meth:`most_similar` may keep to answer sooner, in bytes: 48 MB. A larger table than that has use
        for ``len(wv) * (wv.vector_size + 16)``.

    Raises
    ------
    ConfigError
        If ``vector_size`` is not an integer of 0 or more.

    Examples
    --------
    >>> kv = KeyedVectors(2)
    >>> kv.add_vectors(["north", "east", "both"], [[0, 2], [1, 0], [1, 1]])
    >>> kv["north"], "south" in kv
    (array([0., 2.], dtype=float32), False)
    >>> kv.most_similar(positive=["north", "east"], topn=1)[0][0]
    'both'
    """

    vectors = sketched.VectorsAttribute()
    sketch_bytes: int = sketched.MOST_BYTES

    def __init__(
        self, vector_size: int, count: int = 0, dtype: Any = np.float32, mapfile_path: str | None = None
    ) -> None:
        self.vector_size = checked_size(vector_size)
        self.index_to_key: list[Any] = [None] * count  # rows made beforehand have no key yet
        self.next_index = 0
        self.key_to_index = {}
        self.vectors = np.zeros((count, self.vector_size), dtype=dtype)
        self.norms: NDArray[Any] | None = None
        self.expandos: dict[str, NDArray[Any]] = {}
        self.mapfile_path = mapfile_path

    @functools.cached_property
    def key_to_index(self) -> dict[Any, int]:
        """Row of each key. That of a mapped file is made when it is first asked for: it takes longer than opening.

        Raises
        ------
        FormatError
            If a key occurs twice.
        """
        return index_of(self.index_to_key, "the file that was mapped")

    def __str__(self) -> str:
        return f"{type(self).__name__}<vector_size={self.vector_size}, {len(self)} keys>"

    __repr__ = __str__

    def __len__(self) -> int:
        return len(self.index_to_key)

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the keys, in the order of their rows."""
        return iter(self.index_to_key)

    def __contains__(self, key: Hashable) -> bool:
        return self.has_index_for(key)

    # -------------------------------------------------------------------------------- vectors by key ----

    def get_index(self, key: Hashable, default: int | None = None) -> int:
        """Return the row of a key.

        An integer that is not a key means the row itself, unless that row belongs to an integer key: in
        a table of item ids an unknown id is missing, it is not another item.

        Parameters
        ----------
        key : hashable
        default : int, optional
            What to return for a missing key, instead of raising.

        Returns
        -------
        int

        Raises
        ------
        KeyError
            If the key is missing and there is no default; the message names the closest keys.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east"], [[0, 2], [1, 0]])
        >>> kv.get_index("east"), kv.get_index("south", -1), kv.get_index(1)
        (1, -1, 1)
        """
        row = self.key_to_index.get(key)
        if row is None:
            row = numbered_row(key, self.index_to_key)
        if row >= 0:
            return row
        if default is None:
            raise self._missing(key)
        return default

    def has_index_for(self, key: Hashable) -> bool:
        """Return whether a key has a row; ``key in kv`` asks for it.

        Parameters
        ----------
        key : hashable

        Returns
        -------
        bool

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north"], [[0, 2]])
        >>> kv.has_index_for("north"), "south" in kv
        (True, False)
        """
        return self.get_index(key, -1) >= 0

    def get_vector(self, key: Hashable, norm: bool = False, *, default: Any = _RAISE) -> NDArray[Any]:
        """Return the vector of a key.

        Parameters
        ----------
        key : hashable
        norm : bool
            Scale to length 1 (a vector of zeros stays as it is).
        default : array, None or callable, keyword-only
            For a missing key: returned as it is, or called with the key if it is callable.

        Returns
        -------
        ndarray, shape (vector_size,)
            Read-only: ``kv[key] = vector`` changes it.

        Raises
        ------
        KeyError
            If the key is missing and no default was given.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["a"], [[3.0, 4.0]])
        >>> kv.get_vector("a", norm=True)
        array([0.6, 0.8], dtype=float32)
        >>> kv.get_vector("b", default=None) is None
        True
        """
        names = self.__dict__  # as sketched.rows(): a call would take as long as the row itself
        try:
            row = names["key_to_index"][key]  # first: another thread that adds a key makes its vector before
            vector: NDArray[Any] = names["vectors"][row]
        except KeyError:
            if (row := self.get_index(key, -1)) < 0:
                if default is _RAISE:
                    raise self._missing(key) from None
                made: NDArray[Any] = default(key) if callable(default) else default
                return made
            vector = sketched.rows(self)[row]
        if norm and truth("norm", norm):
            vector = unit(vector)
        vector.setflags(False)  # type: ignore[call-arg]  # not writable: by keyword it would take three times as long
        return vector

    def __getitem__(self, key_or_keys: Any) -> NDArray[Any]:
        """Return the vector of one key (read-only view), or a new matrix with one row for each of several keys."""
        if isinstance(key_or_keys, KEYS) or is_key(key_or_keys, self.key_to_index):
            return self.get_vector(key_or_keys)
        if isinstance(key_or_keys, slice):
            raise TypeError("vectors are looked up by key: use kv.vectors[...] for a range of rows")
        keys = list(key_or_keys)
        if not keys:
            raise ValueError("need at least one key, got none")
        return self._vectors_of(keys)

    def _missing(self, key: object, where: str = "") -> MissingKeyError:
        return MissingKeyError(f"Key '{key}' not present{where}", key, self.index_to_key)

    def _changed(self, method: str) -> bool:
        """Return whether a subclass, or this object, has a method of its own in the place of ours."""
        return getattr(getattr(self, method), "__func__", None) is not getattr(KeyedVectors, method)

    def _vectors_of(self, keys: list[Any], norm: bool = False) -> NDArray[Any]:
        """Return the vectors of keys, shape (n_keys, vector_size), as :meth:`get_vector` gives them."""
        if keys and self._changed("get_vector"):
            return np.stack([self.get_vector(key, norm=norm) for key in keys])
        norm = truth("norm", norm)
        rows: list[Any] = list(map(self.key_to_index.get, keys))
        if None in rows:
            rows = [self.get_index(key) for key in keys]
        vectors = np.asarray(sketched.rows(self)[np.array(rows, dtype=np.int64)])
        return unit_rows(vectors) if norm else vectors

    def get_mean_vector(
        self,
        keys: Iterable[Any] | NDArray[Any],
        weights: Iterable[float] | None = None,
        pre_normalize: bool = True,
        post_normalize: bool = False,
        ignore_missing: bool = True,
    ) -> NDArray[Any]:
        """Return the weighted mean of vectors: sum of weight times vector, over the sum of absolute weights.

        Parameters
        ----------
        keys : iterable of keys and vectors
            Vectors may be mixed with keys.
        weights : iterable of float, optional
            One for each key; all 1 by default.
        pre_normalize : bool
            Scale the vectors of keys (not the vectors given as such) to length 1 first.
        post_normalize : bool
            Scale the mean to length 1.
        ignore_missing : bool
            Leave keys without a vector out; with False they raise.

        Returns
        -------
        ndarray, shape (vector_size,)
            Zeros if none of the keys has a vector.

        Raises
        ------
        ValueError
            If there are no keys, or another number of weights.
        KeyError
            If a key is missing and ``ignore_missing`` is False.
        TypeError
            If ``keys`` is one string.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east"], [[0, 2], [1, 0]])
        >>> kv.get_mean_vector(["north", "east"])
        array([0.5, 0.5], dtype=float32)
        """
        pre_normalize, post_normalize = truth("pre_normalize", pre_normalize), truth("post_normalize", post_normalize)
        ignore_missing = truth("ignore_missing", ignore_missing)
        items, factors = neighbours.mean_terms(keys, weights)
        has_row = [not isinstance(item, np.ndarray) and item in self for item in items]
        found = items if all(has_row) else [item for item, has in zip(items, has_row, strict=True) if has]
        if not ignore_missing and (lost := neighbours.without_vector(items, has_row)):
            raise self._missing(lost[0], " in vocabulary")
        mean = neighbours.mean_of(items, factors, self._vectors_of(found, norm=pre_normalize), has_row)
        return unit(mean).astype(np.float32, copy=False) if post_normalize else mean

    def document_vectors(
        self,
        documents: Iterable[Iterable[Any]],
        weighting: str | Mapping[Any, float] = "mean",
        *,
        sif_a: float = 1e-3,
        remove_components: int = 0,
        pre_normalize: bool = False,
        missing: str = "zero",
    ) -> NDArray[np.float32]:
        """Return a vector for each document: the mean of its words' vectors, each times a weight.

        Parameters
        ----------
        documents : iterable of lists of keys
            Words without a vector are left out.
        weighting : {"mean", "sif", "tfidf"} or mapping of key to number
            ``"sif"``: ``sif_a / (sif_a + share)``, so that frequent words count less (Arora et al. 2017; needs
            counts). ``"tfidf"``: by the inverse document frequency in *these* documents. A mapping: weights of your
            own, 0 for keys that it lacks.
        sif_a : float
            Of ``"sif"``.
        remove_components : int
            Take so many directions out that the documents have in common; 1 is the second half of SIF. Needs more
            documents than that.
        pre_normalize : bool
            Scale the vectors of words to length 1 first.
        missing : {"zero", "nan", "raise"}
            What a document without any known word gets.

        Returns
        -------
        float32 array, shape (n_documents, vector_size)

        Raises
        ------
        TypeError
            If a document is a string instead of a list of words.
        KeyError
            If a document has no known word and ``missing="raise"``; or the words have no counts for ``"sif"``.
        ValueError
            If a parameter is out of range.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east"], [[0, 2], [1, 0]])
        >>> kv.document_vectors([["north", "east"], ["east", "unknown"]]).tolist()
        [[0.5, 1.0], [1.0, 0.0]]
        """
        told.check_options(weighting, missing)
        given = told.read(documents)
        known = given.known(np.fromiter((word in self for word in given.words), np.bool_, len(given.words)))
        told.check_empty(known, missing)
        weights = told.weights_of(known, weighting, sif_a, self.key_to_index, self.expandos.get("count"))
        made = told.pooled(known, weights, self.vector_size, functools.partial(self._vectors_of, norm=pre_normalize))
        if remove_components:
            made = told.without_components(made, told.common_components(made, remove_components))
        if missing == "nan":
            made[np.diff(known.borders) == 0] = np.nan
        return made

    # ----------------------------------------------------------------------------------- new vectors ----

    def add_vector(self, key: Hashable, vector: ArrayLike) -> int:
        """Add one vector: to the next prepared row, or to a new one at the end.

        A key that is present already keeps its row and gets the new vector.

        Parameters
        ----------
        key : hashable
        vector : array-like, shape (vector_size,)

        Returns
        -------
        int
            The row.

        Raises
        ------
        ValueError
            If the vector does not have ``vector_size`` numbers; nothing is changed then.

        Examples
        --------
        >>> kv = KeyedVectors(2, count=1)
        >>> kv.add_vector("north", [0, 2])
        0
        """
        row, slot = self.key_to_index.get(key), self.next_index
        value = checked_vectors(vector, 1, self.vectors, self.vector_size)
        if row is None and (slot >= len(self.index_to_key) or self.index_to_key[slot] is not None):
            warnings.warn(
                "Adding single vectors to a KeyedVectors which grows by one each time can be costly. "
                "Consider adding in batches or preallocating to the required size.",
                UserWarning,
                stacklevel=2,
            )
            self.add_vectors([key], value)
            self.next_index = len(self.index_to_key)
            return self.key_to_index[key]
        if row is not None:
            self.vectors[row], self.norms = value[0], None
            return row
        self.vectors[slot], self.norms = value[0], None
        self.index_to_key[slot], self.key_to_index[key], self.next_index = key, slot, slot + 1
        return slot

    def add_vectors(
        self,
        keys: Any,
        weights: ArrayLike,
        extras: Mapping[str, Any] | None = None,
        replace: bool = False,
    ) -> None:
        """Append vectors for new keys; keys that are present keep their vectors unless ``replace``.

        Either everything is added or, on an error, nothing. Attributes of the keys grow along.

        Parameters
        ----------
        keys : str, int or iterable of hashable
            One key, or several; of keys that occur twice the first vector counts (with ``replace`` the last).
        weights : array-like, shape (vector_size,) or (n_keys, vector_size)
            Cast to the dtype of the table.
        extras : dict of str to array-like, optional
            Attributes of the keys, see :meth:`set_vecattr`: ``{"count": [7, 3]}``.
        replace : bool
            Overwrite the vectors (and extras) of keys that are present.

        Raises
        ------
        ValueError
            If shapes or lengths do not fit.
        TypeError
            If the table is quantized.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["a", "b"], [[1, 0], [0, 1]], extras={"count": [7, 3]})
        >>> print(kv.get_vecattr("b", "count"))
        3
        """
        added = addition(
            [keys] if isinstance(keys, KEYS) else list(keys), weights, extras, truth("replace", replace),
            n_rows=len(self.index_to_key), key_to_index=self.key_to_index, vectors=self.vectors,
            vector_size=self.vector_size, attrs=self.expandos,
        )  # fmt: skip
        n_rows, before = len(self.index_to_key), (self.vectors, self.norms, self.expandos)
        try:  # in an order in which other threads find the name of each row that they can find
            self.index_to_key.extend(added.keys)
            self.vectors, self.norms = added.vectors, None
            self.expandos = {**self.expandos, **added.attrs}
            self.key_to_index.update(zip(added.keys, range(n_rows, len(added.vectors)), strict=True))
        except BaseException:  # no memory for a longer list, or Ctrl-C
            for key in added.keys:
                self.key_to_index.pop(key, None)
            self.vectors, self.norms, self.expandos = before
            del self.index_to_key[n_rows:]
            raise

    def __setitem__(self, keys: Any, weights: ArrayLike) -> None:
        """Set the vector of one key or of a list of keys; new keys are added."""
        if not isinstance(keys, (list, np.ndarray)):
            keys, weights = [keys], np.reshape(np.asarray(weights), (1, -1))
        self.add_vectors(keys, weights, replace=True)

    # --------------------------------------------------------------------------- attributes of keys ----

    def allocate_vecattrs(self, attrs: Iterable[str] | None = None, types: Iterable[Any] | None = None) -> None:
        """Make columns for attributes, one place per key; without arguments, grow all columns that exist.

        Parameters
        ----------
        attrs : iterable of str, optional
        types : iterable of type, optional
            One for each attribute; ints become int64, what is no number becomes object.

        Raises
        ------
        TypeError
            If an attribute exists with a type that cannot hold the new one.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east"], [[0, 2], [1, 0]])
        >>> kv.allocate_vecattrs(["count"], [int])
        >>> kv.expandos["count"]
        array([0, 0])
        """
        self.expandos.update(allocated(self.expandos, len(self), attrs, types))

    def set_vecattr(self, key: Hashable, attr: str, val: Any) -> None:
        """Set an attribute of a key; the first value of an attribute fixes its type.

        Parameters
        ----------
        key : hashable
        attr : str
            Name of the attribute, such as ``"count"``.
        val : object

        Raises
        ------
        KeyError
            If the key is missing.
        TypeError
            If the attribute cannot hold the value.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east"], [[0, 2], [1, 0]])
        >>> kv.set_vecattr("east", "sea", "Baltic")
        >>> kv.get_vecattr("east", "sea"), kv.get_vecattr("north", "sea")
        ('Baltic', 0)
        """
        row, before = self.get_index(key), self.expandos.get(attr)
        try:
            self.allocate_vecattrs([attr], [type(val)])
            self.expandos[attr][row] = val
        except BaseException:  # a value that the column cannot hold leaves no column of zeros
            if before is None:
                self.expandos.pop(attr, None)
            raise

    def get_vecattr(self, key: Hashable, attr: str) -> Any:
        """Return an attribute of a key.

        Parameters
        ----------
        key : hashable
        attr : str

        Returns
        -------
        object
            A NumPy scalar if the attribute holds numbers.

        Raises
        ------
        KeyError
            If the key or the attribute does not exist.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east"], [[0, 2], [1, 0]], extras={"count": [7, 3]})
        >>> print(kv.get_vecattr("north", "count"))
        7
        """
        row = self.get_index(key)
        return self.expandos[attr][row]

    @changes_all_or_nothing
    def sort_by_descending_frequency(self) -> None:
        """Order keys, vectors and attributes by falling ``count``; equal counts change places.

        Raises
        ------
        KeyError
            If the keys have no counts.

        Examples
        --------
        >>> kv = KeyedVectors(2, dtype=np.float32)
        >>> kv.index_to_key, kv.expandos = ["rare", "usual"], {"count": np.array([1, 9])}
        >>> kv.sort_by_descending_frequency()
        >>> kv.index_to_key
        ['usual', 'rare']
        """
        if not len(self):
            return
        order = copies.order_by_count(self.expandos)
        self.allocate_vecattrs()
        if len(self.vectors):
            logger.warning("sorting after vectors have been allocated is expensive & error-prone")
            self.vectors = take_rows(self.vectors, order)
        self.index_to_key = [self.index_to_key[row] for row in order]
        self.key_to_index = {key: row for row, key in enumerate(self.index_to_key)}
        self.expandos, self.norms = {name: column[order] for name, column in self.expandos.items()}, None

    # --------------------------------------------------------------------------------------- lengths ----

    def fill_norms(self, force: bool = False) -> None:
        """Set ``norms`` to the lengths of the vectors as they are now, shape (n,).

        Kept for programs that read ``norms``. The queries never do: they see every change of a vector.

        Parameters
        ----------
        force : bool
            Without effect: the lengths are always computed afresh.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "far"], [[0, 2], [3, 4]])
        >>> kv.fill_norms()
        >>> kv.norms
        array([2., 5.], dtype=float32)
        """
        del force
        self.norms = row_norms(self.vectors)

    def get_normed_vectors(self) -> NDArray[Any]:
        """Return all vectors scaled to length 1; vectors of zeros stay zeros.

        Returns
        -------
        ndarray, shape (n, vector_size)
            A new matrix, float64 for float64 vectors, else float32.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "far"], [[0, 2], [3, 4]])
        >>> kv.get_normed_vectors().tolist()[0]
        [0.0, 1.0]
        """
        return unit_rows(self.vectors)

    def unit_normalize_all(self) -> None:
        """Scale every vector to length 1, in place; the original lengths are lost.

        Raises
        ------
        TypeError
            If the table is quantized.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north"], [[0, 2]])
        >>> kv.unit_normalize_all()
        >>> kv["north"]
        array([0., 1.], dtype=float32)
        """
        normed = unit_rows(self.vectors)
        norms = row_norms(normed)
        self.vectors[:], self.norms = normed, norms

    @changes_all_or_nothing
    def resize_vectors(self, seed: int = 0) -> None:
        """Make ``vectors`` (and the attributes) as long as the list of keys; new rows are small and random.

        Parameters
        ----------
        seed : int
            Of the new rows, uniform in -1/vector_size .. 1/vector_size.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.index_to_key = ["north", "east"]
        >>> kv.resize_vectors()
        >>> kv.vectors.shape
        (2, 2)
        """
        self.vectors = prep_vectors((len(self.index_to_key), self.vector_size), prior_vectors=self.vectors, seed=seed)
        self.allocate_vecattrs()
        self.norms = None

    # ------------------------------------------------------------------------------------ neighbours ----

    @overload
    def most_similar(
        self,
        positive: Any = ...,
        negative: Any = ...,
        topn: int = ...,
        clip_start: int = ...,
        clip_end: int | None = ...,
        restrict_vocab: int | None = ...,
        indexer: Any = ...,
        *,
        threads: int | None = ...,
    ) -> list[tuple[Any, float]]: ...

    @overload
    def most_similar(
        self,
        positive: Any = ...,
        negative: Any = ...,
        *,
        topn: None,
        clip_start: int = ...,
        clip_end: int | None = ...,
        restrict_vocab: int | None = ...,
        indexer: Any = ...,
        threads: int | None = ...,
    ) -> NDArray[Any]: ...

    @overload
    def most_similar(
        self,
        positive: Any,
        negative: Any,
        topn: None,
        clip_start: int = ...,
        clip_end: int | None = ...,
        restrict_vocab: int | None = ...,
        indexer: Any = ...,
        *,
        threads: int | None = ...,
    ) -> NDArray[Any]: ...

    def most_similar(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int | None = 10,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        indexer: Any = None,
        *,
        threads: int | None = None,
    ) -> Any:
        """Return the keys whose vectors have the highest cosine with the mean of the given ones.

        Parameters
        ----------
        positive, negative : key, vector, matrix, or list of keys, vectors and (key or vector, weight)
            Contribute with weight 1 and -1 unless a weight is given.
        topn : int or None
            How many; with None, the cosines of all rows as an array.
        clip_start, clip_end : int, optional
            Only the rows clip_start .. clip_end - 1.
        restrict_vocab : int, optional
            Only the first so many rows (the most frequent words); wins over the clips.
        indexer : object, optional
            An approximate index with ``most_similar(vector, topn)``; its answer is returned as it is.
        threads : int, optional, keyword-only
            By default as many as there are processors, if the table is large.

        Returns
        -------
        list of (key, float), or ndarray of shape (n,) if ``topn`` is None
            The keys that were asked with are left out. Equal cosines come in the order of rows. A row without a
            cosine (NaN, as one of its numbers is not finite) is never named, and a query without one gets no names.

        Raises
        ------
        KeyError
            If a key is missing.
        ValueError
            If there is nothing to compare with.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east", "both"], [[0, 2], [1, 0], [1, 1]])
        >>> kv.most_similar("north", topn=1)
        [('both', 0.7071067690849304)]
        >>> [key for key, cosine in kv.most_similar(["both"], negative=["north"])]
        ['east']
        """
        topn = neighbours.checked_topn(topn)
        if topn is not None and topn < 1:
            return []
        items, weights = neighbours.terms(positive, negative, self.key_to_index)
        query = self.get_mean_vector(items, weights, pre_normalize=True, post_normalize=True, ignore_missing=False)
        if indexer is not None and topn is not None:
            return indexer.most_similar(query, topn)
        sketch, vectors = sketched.sketch(self), sketched.rows(self)
        part = neighbours.row_range(len(vectors), clip_start, clip_end, restrict_vocab)
        if topn is None:
            return cosine_scores(vectors[part], query)
        asked = self._rows_asked_with(items)
        scores, rows = nearest_rows(
            vectors, query[None], topn, part=part, left_out=one_list(asked), sketch=sketch,
            threads=batches.checked_threads(threads),
        )  # fmt: skip
        return neighbours.named(scores[0], rows[0], self.index_to_key)

    def _rows_asked_with(self, items: list[Any]) -> set[int]:
        """Return the rows of the keys among keys and vectors, which an answer leaves out."""
        return {self.get_index(item, -1) for item in items if not isinstance(item, np.ndarray)}

    @overload
    def most_similar_batch(
        self,
        positive: Iterable[Any] | NDArray[Any] | None = ...,
        topn: int = ...,
        *,
        negative: Iterable[Any] | NDArray[Any] | None = ...,
        clip_start: int = ...,
        clip_end: int | None = ...,
        restrict_vocab: int | None = ...,
        exclude: Any = ...,
        among: Any = ...,
        as_arrays: Literal[False] = ...,
        threads: int | None = ...,
    ) -> list[list[tuple[Any, float]]]: ...

    @overload
    def most_similar_batch(
        self,
        positive: Iterable[Any] | NDArray[Any] | None = ...,
        topn: int = ...,
        *,
        negative: Iterable[Any] | NDArray[Any] | None = ...,
        clip_start: int = ...,
        clip_end: int | None = ...,
        restrict_vocab: int | None = ...,
        exclude: Any = ...,
        among: Any = ...,
        as_arrays: Literal[True],
        threads: int | None = ...,
    ) -> batches.Answers: ...

    @overload
    def most_similar_batch(
        self,
        positive: Iterable[Any] | NDArray[Any] | None = ...,
        *,
        topn: None,
        negative: Iterable[Any] | NDArray[Any] | None = ...,
        clip_start: int = ...,
        clip_end: int | None = ...,
        restrict_vocab: int | None = ...,
        exclude: Any = ...,
        among: Any = ...,
        as_arrays: bool = ...,
        threads: int | None = ...,
    ) -> NDArray[Any]: ...

    def most_similar_batch(
        self,
        positive: Iterable[Any] | NDArray[Any] | None = None,
        topn: int | None = 10,
        *,
        negative: Iterable[Any] | NDArray[Any] | None = None,
        clip_start: int = 0,
        clip_end: int | None = None,
        restrict_vocab: int | None = None,
        exclude: Any = None,
        among: Any = None,
        as_arrays: bool = False,
        threads: int | None = None,
    ) -> Any:
        """Answer many :meth:`most_similar` questions at once: the table is read once for hundreds of them.

        Parameters
        ----------
        positive : iterable, or array of shape (n_questions, vector_size)
            For each question what :meth:`most_similar` takes: a key, a vector, or a list of keys, vectors and
            (key or vector, weight).
        topn : int or None
            How many answers to each question; with None, the cosines of all rows as an array.
        negative : iterable, optional
            The same for what is to be subtracted, one for each question; None for nothing.
        clip_start, clip_end, restrict_vocab : int, optional
            As in :meth:`most_similar`.
        exclude, among : optional
            Keys that no answer names, and keys that answers must be of: a collection of keys or an array of bool, shape
            (n,), for all questions; a list of collections (lists, sets, arrays, None), or an array of bool of shape
            (n_questions, n), for each. Keys without a row are ignored.
        as_arrays : bool
            Give two arrays instead of lists.
        threads : int, optional
            By default as many as there are processors, if there is enough to do.

        Returns
        -------
        list of list of (key, float), or (keys, scores), or ndarray of shape (n_questions, n) if ``topn`` is None
            In the order of the questions, best first, equal cosines in the order of rows; the keys that were asked with
            are left out. As arrays, ``keys`` (objects) and ``scores`` have shape (n_questions, topn); where there are
            fewer answers, None and NaN.

        Raises
        ------
        KeyError
            If a key is missing.
        ValueError
            If a vector has another size, or lengths do not fit.
        TypeError
            If ``positive`` or ``negative`` is one string.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east", "both"], [[0, 2], [1, 0], [1, 1]])
        >>> [best[0][0] for best in kv.most_similar_batch(["north", "both"], topn=1)]
        ['both', 'north']
        >>> keys, scores = kv.most_similar_batch([["north", "east"], "both"], topn=1, exclude=["north"], as_arrays=True)
        >>> keys.tolist()
        [['both'], ['east']]
        """
        topn = neighbours.checked_topn(topn)
        asked = batches.questions(positive, negative, self.key_to_index)
        queries = batches.directions(asked, self._units_of(asked.items))
        vectors = sketched.rows(self)  # another thread may put a longer table in its place
        part = neighbours.row_range(len(vectors), clip_start, clip_end, restrict_vocab)
        if topn is None:
            return scores_of_all(vectors[part], queries)
        left_out, allowed = batches.limits(asked, exclude, among, len(vectors), self._row_or_none)
        scores, rows = nearest_rows(
            vectors, queries, topn, part=part, left_out=left_out, allowed=allowed,
            threads=batches.checked_threads(threads),
        )  # fmt: skip
        return batches.answers(scores, rows, self.index_to_key, truth("as_arrays", as_arrays))

    def _row_or_none(self, key: Any) -> int:
        """Return the row of a key, or -1."""
        return self.get_index(key, -1)

    def _units_of(self, items: list[Any]) -> NDArray[Any]:
        """Return the vectors of the keys among keys and vectors, at length 1, shape (n_keys, vector_size)."""
        return self._vectors_of([item for item in items if not isinstance(item, np.ndarray)], norm=True)

    def nearest_neighbours_graph(
        self,
        k: int = 10,
        *,
        restrict_vocab: int | None = None,
        threads: int | None = None,
        progress: bool = False,
    ) -> scipy.sparse.csr_array:
        """Return the cosines of every key with its ``k`` nearest, as a sparse matrix.

        Takes ``8 * k`` bytes for each key, and less than 64 MB beside them, whatever the number of keys.

        Parameters
        ----------
        k : int
            Neighbours of each key.
        restrict_vocab : int, optional
            Only the first so many rows have neighbours, and are neighbours.
        threads : int, optional
            By default as many as there are processors.
        progress : bool
            Show a bar.

        Returns
        -------
        scipy.sparse.csr_array, shape (n, n)
            Row ``i`` has the cosines of the key of row ``i``, best first. A row without a cosine (NaN) has no entries.

        Raises
        ------
        ValueError
            If ``k`` is below 0, or ``threads`` below 1.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east", "both"], [[0, 2], [1, 0], [1, 1]])
        >>> graph = kv.nearest_neighbours_graph(1)
        >>> [kv.index_to_key[column] for column in graph.indices]
        ['both', 'both', 'north']
        """
        vectors = sketched.rows(self)
        part = neighbours.row_range(len(vectors), 0, None, restrict_vocab)
        return neighbour_graph(vectors, batches.checked_k(k), part, batches.checked_threads(threads), progress)

    @overload
    def similar_by_word(
        self, word: Hashable, topn: int = ..., restrict_vocab: int | None = ...
    ) -> list[tuple[Any, float]]: ...

    @overload
    def similar_by_word(self, word: Hashable, topn: None, restrict_vocab: int | None = ...) -> NDArray[Any]: ...

    def similar_by_word(self, word: Hashable, topn: int | None = 10, restrict_vocab: int | None = None) -> Any:
        """Return the keys most similar to a word.

        Parameters
        ----------
        word : hashable
        topn, restrict_vocab
            As in :meth:`most_similar`.

        Returns
        -------
        list of (key, float), or ndarray of shape (n,) if ``topn`` is None

        Raises
        ------
        KeyError
            If the word is missing.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east", "both"], [[0, 2], [1, 0], [1, 1]])
        >>> kv.similar_by_word("north", topn=1)
        [('both', 0.7071067690849304)]
        """
        return self.similar_by_key(word, topn, restrict_vocab)

    @overload
    def similar_by_key(
        self, key: Hashable, topn: int = ..., restrict_vocab: int | None = ...
    ) -> list[tuple[Any, float]]: ...

    @overload
    def similar_by_key(self, key: Hashable, topn: None, restrict_vocab: int | None = ...) -> NDArray[Any]: ...

    def similar_by_key(self, key: Hashable, topn: int | None = 10, restrict_vocab: int | None = None) -> Any:
        """Return the keys most similar to a key.

        Parameters
        ----------
        key : hashable
        topn, restrict_vocab
            As in :meth:`most_similar`.

        Returns
        -------
        list of (key, float), or ndarray of shape (n,) if ``topn`` is None

        Raises
        ------
        KeyError
            If the key is missing.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors([17, 4, 99], [[0, 2], [1, 0], [1, 1]])
        >>> kv.similar_by_key(17, topn=1)
        [(99, 0.7071067690849304)]
        """
        return self.most_similar(positive=[key], topn=topn, restrict_vocab=restrict_vocab)

    @overload
    def similar_by_vector(
        self, vector: ArrayLike, topn: int = ..., restrict_vocab: int | None = ...
    ) -> list[tuple[Any, float]]: ...

    @overload
    def similar_by_vector(self, vector: ArrayLike, topn: None, restrict_vocab: int | None = ...) -> NDArray[Any]: ...

    def similar_by_vector(self, vector: ArrayLike, topn: int | None = 10, restrict_vocab: int | None = None) -> Any:
        """Return the keys most similar to a vector.

        Parameters
        ----------
        vector : array-like, shape (vector_size,)
        topn, restrict_vocab
            As in :meth:`most_similar`.

        Returns
        -------
        list of (key, float), or ndarray of shape (n,) if ``topn`` is None

        Raises
        ------
        ValueError
            If the vector has another size.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east", "both"], [[0, 2], [1, 0], [1, 1]])
        >>> kv.similar_by_vector([0, 9], topn=1)
        [('north', 1.0)]
        """
        return self.most_similar(positive=[np.asarray(vector)], topn=topn, restrict_vocab=restrict_vocab)

    @overload
    def most_similar_cosmul(
        self, positive: Any = ..., negative: Any = ..., topn: int = ..., restrict_vocab: int | None = ...
    ) -> list[tuple[Any, float]]: ...

    @overload
    def most_similar_cosmul(
        self, positive: Any = ..., negative: Any = ..., *, topn: None, restrict_vocab: int | None = ...
    ) -> NDArray[np.float64]: ...

    @overload
    def most_similar_cosmul(
        self, positive: Any, negative: Any, topn: None, restrict_vocab: int | None = ...
    ) -> NDArray[np.float64]: ...

    def most_similar_cosmul(
        self,
        positive: Any = None,
        negative: Any = None,
        topn: int | None = 10,
        restrict_vocab: int | None = None,
    ) -> Any:
        """Return the keys with the highest product of cosines to ``positive`` over that to ``negative`` (3CosMul).

        Levy and Goldberg, "Linguistic regularities in sparse and explicit word representations" (2014):
        no single large term can decide, as it can in :meth:`most_similar`. Cosines are shifted to 0 .. 1.

        Parameters
        ----------
        positive, negative : key, vector, matrix, or list of keys and vectors
            As in :meth:`most_similar`, without weights; at least one is positive.
        topn, restrict_vocab
            As in :meth:`most_similar`.

        Returns
        -------
        list of (key, float), or ndarray of float64, shape (n,), if ``topn`` is None

        Raises
        ------
        KeyError
            If a key is missing.
        ValueError
            If nothing is positive, or something has a weight.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east", "both"], [[0, 2], [1, 0], [1, 1]])
        >>> [key for key, score in kv.most_similar_cosmul(["both"], negative=["north"])]
        ['east']
        """
        topn = neighbours.checked_topn(topn)
        if topn is not None and topn < 1:
            return []
        plus, minus = neighbours.cosmul_terms(positive, negative, self.key_to_index)
        vectors, part = sketched.rows(self), slice(restrict_vocab or None)
        sides = list(map(self._unit_of, plus)), list(map(self._unit_of, minus))
        if topn is None:
            return cosmul_scores(vectors[part], *sides)
        left_out = one_list(self._rows_asked_with(plus + minus))
        scores, rows = cosmul_rows(vectors, [sides], topn, part=part, left_out=left_out)
        return neighbours.named(scores[0], rows[0], self.index_to_key)

    @overload
    def most_similar_cosmul_batch(
        self,
        positive: Iterable[Any] | NDArray[Any],
        topn: int = ...,
        *,
        negative: Iterable[Any] | NDArray[Any] | None = ...,
        restrict_vocab: int | None = ...,
        exclude: Any = ...,
        among: Any = ...,
        as_arrays: Literal[False] = ...,
    ) -> list[list[tuple[Any, float]]]: ...

    @overload
    def most_similar_cosmul_batch(
        self,
        positive: Iterable[Any] | NDArray[Any],
        topn: int = ...,
        *,
        negative: Iterable[Any] | NDArray[Any] | None = ...,
        restrict_vocab: int | None = ...,
        exclude: Any = ...,
        among: Any = ...,
        as_arrays: Literal[True],
    ) -> batches.Answers: ...

    @overload
    def most_similar_cosmul_batch(
        self,
        positive: Iterable[Any] | NDArray[Any],
        *,
        topn: None,
        negative: Iterable[Any] | NDArray[Any] | None = ...,
        restrict_vocab: int | None = ...,
        exclude: Any = ...,
        among: Any = ...,
        as_arrays: bool = ...,
    ) -> NDArray[Any]: ...

    def most_similar_cosmul_batch(
        self,
        positive: Iterable[Any] | NDArray[Any],
        topn: int | None = 10,
        *,
        negative: Iterable[Any] | NDArray[Any] | None = None,
        restrict_vocab: int | None = None,
        exclude: Any = None,
        among: Any = None,
        as_arrays: bool = False,
    ) -> Any:
        """Answer many :meth:`most_similar_cosmul` questions at once.

        Parameters
        ----------
        positive, negative : iterable, or array of shape (n_questions, vector_size)
            For each question what :meth:`most_similar_cosmul` takes: a key, a vector, or a list of them.
        topn, restrict_vocab, exclude, among, as_arrays
            As in :meth:`most_similar_batch`.

        Returns
        -------
        list of list of (key, float), or (keys, scores), or ndarray of shape (n_questions, n) if ``topn`` is None
            As from :meth:`most_similar_batch`.

        Raises
        ------
        KeyError
            If a key is missing.
        ValueError
            If a question has nothing positive, something has a weight, or lengths do not fit.
        TypeError
            If ``positive`` or ``negative`` is one string.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east", "both"], [[0, 2], [1, 0], [1, 1]])
        >>> [best[0][0] for best in kv.most_similar_cosmul_batch(["both", "north"], 1, negative=["north", "both"])]
        ['east', 'east']
        """
        topn = neighbours.checked_topn(topn)
        asked = batches.cosmul_questions(positive, negative, self.key_to_index)
        terms = batches.cosmul_directions(asked, self._units_of(asked.items))
        vectors = sketched.rows(self)
        part = neighbours.row_range(len(vectors), 0, None, restrict_vocab)
        if topn is None:
            return np.array([cosmul_scores(vectors[part], *term) for term in terms])
        left_out, allowed = batches.limits(asked, exclude, among, len(vectors), self._row_or_none)
        scores, rows = cosmul_rows(vectors, terms, topn, part=part, left_out=left_out, allowed=allowed)
        return batches.answers(scores, rows, self.index_to_key, truth("as_arrays", as_arrays))

    def _unit_of(self, item: Any) -> NDArray[Any]:
        """Return the vector of a key at length 1; a vector given as such is returned as it is."""
        return item if isinstance(item, np.ndarray) else self.get_vector(item, norm=True)

    def most_similar_to_given(self, key1: Hashable, keys_list: Sequence[Key]) -> Key:
        """Return the key of a list that is most similar to a key.

        Parameters
        ----------
        key1 : hashable
        keys_list : sequence of keys

        Returns
        -------
        hashable

        Raises
        ------
        KeyError
            If a key is missing.
        TypeError
            If ``keys_list`` is one string.
        ValueError
            If the list is empty, or no key of it has a cosine with ``key1``.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east", "both"], [[0, 2], [1, 0], [1, 1]])
        >>> kv.most_similar_to_given("north", ["east", "both"])
        'both'
        """
        reject_string("keys_list", keys_list)
        return keys_list[neighbours.best_place([self.similarity(key1, key) for key in keys_list])]

    def closer_than(self, key1: Hashable, key2: Hashable) -> list[Any]:
        """Return the keys that are strictly closer to ``key1`` than ``key2`` is.

        Parameters
        ----------
        key1, key2 : hashable

        Returns
        -------
        list of keys
            In the order of rows. A key without a distance (NaN) is never among them; if ``key2`` has none, they are
            all the keys that have one.

        Raises
        ------
        KeyError
            If a key is missing.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east", "both"], [[0, 2], [1, 0], [1, 1]])
        >>> kv.closer_than("north", "east")
        ['both']
        """
        closer = neighbours.closer_rows(self.distances(key1), self.get_index(key1), self.get_index(key2))
        return [self.index_to_key[row] for row in np.flatnonzero(closer)]

    def rank(self, key1: Hashable, key2: Hashable) -> int:
        """Return the rank of ``key2`` among the neighbours of ``key1``.

        Parameters
        ----------
        key1, key2 : hashable

        Returns
        -------
        int
            From 1, the nearest. A pair without a distance (NaN) has the last rank, the number of the other keys.

        Raises
        ------
        KeyError
            If a key is missing.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east", "both"], [[0, 2], [1, 0], [1, 1]])
        >>> kv.rank("north", "east")
        2
        """
        return neighbours.rank_of(self.distances(key1), self.get_index(key1), self.get_index(key2))

    # ---------------------------------------------------------------------------------------- cosines ----

    def similarity(self, w1: Hashable, w2: Hashable) -> float:
        """Return the cosine of the vectors of two keys.

        Parameters
        ----------
        w1, w2 : hashable

        Returns
        -------
        NumPy scalar
            Float64 for float64 vectors, else float32; exactly 1 for a key with itself, 0 for a vector of zeros, NaN for
            a vector with a number that is not finite.

        Raises
        ------
        KeyError
            If a key is missing.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "both", "lost"], [[0, 2], [1, 1], [np.nan, 1]])
        >>> print(kv.similarity("north", "both"), kv.similarity("north", "lost"))
        0.70710677 nan
        """
        return cosine(self.get_vector(w1), self.get_vector(w2))

    def distance(self, w1: Hashable, w2: Hashable) -> float:
        """Return 1 - cosine of the vectors of two keys.

        Parameters
        ----------
        w1, w2 : hashable

        Returns
        -------
        NumPy scalar
            0 for the same direction, 1 for a right angle, 2 for opposite directions.

        Raises
        ------
        KeyError
            If a key is missing.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east"], [[0, 2], [1, 0]])
        >>> print(kv.distance("north", "east"))
        1.0
        """
        return 1 - self.similarity(w1, w2)

    def similarity_batch(self, keys1: Iterable[Any], keys2: Iterable[Any]) -> NDArray[Any]:
        """Return the cosines of many pairs of keys.

        Parameters
        ----------
        keys1, keys2 : iterable of keys
            The first keys and the second keys of the pairs.

        Returns
        -------
        ndarray, shape (n_pairs,)
            Float64 for float64 vectors, else float32; as :meth:`similarity` gives them.

        Raises
        ------
        KeyError
            If a key is missing.
        ValueError
            If there are more of one than of the other.
        TypeError
            If one is a string.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east", "both"], [[0, 2], [1, 0], [1, 1]])
        >>> kv.similarity_batch(["north", "north"], ["east", "both"])
        array([0.        , 0.70710677], dtype=float32)
        """
        lefts, rights = batches.pairs_of(keys1, keys2)
        if self._changed("similarity"):
            return np.array([self.similarity(*pair) for pair in zip(lefts, rights, strict=True)])
        return cosines_of_pairs(self._vectors_of(lefts), self._vectors_of(rights))

    def distances(self, word_or_vector: Any, other_words: Iterable[Any] = ()) -> NDArray[Any]:
        """Return 1 - cosine of a key or vector with each of some keys, or with all rows.

        Parameters
        ----------
        word_or_vector : hashable, or array-like of shape (vector_size,)
        other_words : iterable of keys
            All rows if there are none.

        Returns
        -------
        ndarray, shape (number of other_words,) or (n,)

        Raises
        ------
        KeyError
            If a key is missing.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east", "south"], [[0, 2], [1, 0], [0, -1]])
        >>> kv.distances("north", ["south", "east"])
        array([2., 1.], dtype=float32)
        """
        one = isinstance(word_or_vector, KEYS) or is_key(word_or_vector, self.key_to_index)
        vector = self.get_vector(word_or_vector) if one else np.asarray(word_or_vector)
        others = groups.checked_group("other_words", other_words)
        return np.asarray(1 - cosine_scores(self._vectors_of(others) if others else sketched.rows(self), vector))

    @staticmethod
    def cosine_similarities(vector_1: ArrayLike, vectors_all: ArrayLike) -> NDArray[Any]:
        """Return the cosine of one vector with each row of a matrix.

        Parameters
        ----------
        vector_1 : array-like, shape (d,)
        vectors_all : array-like, shape (n, d)

        Returns
        -------
        ndarray, shape (n,)
            0 for rows of zeros, NaN for rows with a number that is not finite.

        Raises
        ------
        ValueError
            If the sizes differ.

        Examples
        --------
        >>> KeyedVectors.cosine_similarities([0.0, 2.0], [[0.0, 1.0], [1.0, 0.0]])
        array([1., 0.])
        """
        return cosine_scores(np.asarray(vectors_all), np.asarray(vector_1))

    def relative_cosine_similarity(self, wa: Hashable, wb: Hashable, topn: int = 10) -> float:
        """Return the cosine of two keys over the sum of those of ``wa`` with its nearest (Leeuwenberg, 2016).

        Parameters
        ----------
        wa, wb : hashable
        topn : int
            How many neighbours of ``wa``.

        Returns
        -------
        float
            More than 1 / topn for a key that is closer than the neighbours are on average.

        Raises
        ------
        KeyError
            If a key is missing.
        ValueError
            If ``wa`` has no neighbours to compare with.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east", "both"], [[0, 2], [1, 0], [1, 1]])
        >>> kv.relative_cosine_similarity("north", "both", topn=2)
        1.0
        """
        nearest = self.similar_by_key(wa, topn)
        if not nearest:
            raise ValueError("Cannot calculate relative cosine similarity without any similar words.")
        return float(self.similarity(wa, wb)) / float(sum(score for _, score in nearest))

    # ------------------------------------------------------------------------------- groups of words ----

    def n_similarity(self, ws1: Iterable[Any], ws2: Iterable[Any]) -> float:
        """Return the cosine of the mean vectors of two collections of keys.

        Parameters
        ----------
        ws1, ws2 : iterable of keys
            Keys without a vector are left out.

        Returns
        -------
        NumPy scalar
            0 if none of the keys of a collection has a vector.

        Raises
        ------
        ZeroDivisionError
            If a collection is empty.
        TypeError
            If one is a string.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east", "both"], [[0, 2], [2, 0], [1, 1]])
        >>> print(kv.n_similarity(["north", "east"], ["both"]))
        1.0
        """
        left, right = groups.checked_group("ws1", ws1), groups.checked_group("ws2", ws2)
        if not left or not right:
            raise ZeroDivisionError("at least one of the passed lists is empty")
        means = [self.get_mean_vector(words, pre_normalize=False) for words in (left, right)]
        return cosine(*means)

    def rank_by_centrality(self, words: Iterable[Key], use_norm: bool = True) -> list[tuple[float, Key]]:
        """Return the words by their cosine with the mean of all.

        Parameters
        ----------
        words : iterable of keys
            Words without a vector are left out, with a warning.
        use_norm : bool
            Take the mean of vectors of length 1.

        Returns
        -------
        list of (NumPy scalar, key)
            Best first. A word whose vector has a number that is not finite is no part of the mean; it comes last, with
            NaN.

        Raises
        ------
        ValueError
            If no word has a vector.
        TypeError
            If the words are one string.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east", "both"], [[0, 2], [1, 0], [1, 1]])
        >>> [word for cosine, word in kv.rank_by_centrality(["north", "east", "both"])]
        ['both', 'north', 'east']
        """
        words = groups.checked_group("words", words)
        used = [word for word in words if word in self]
        if len(used) < len(words):
            missing = {word for word in words if word not in self}
            logger.warning("vectors for words %s are not present in the model, ignoring these words", missing)
        if not used:
            raise ValueError("cannot select a word from an empty list")
        return groups.by_score(used, groups.centrality(self._vectors_of(used, norm=use_norm)))

    def doesnt_match(self, words: Iterable[Key]) -> Key:
        """Return the word that is least like the others.

        Parameters
        ----------
        words : iterable of keys
            Words without a vector are left out, with a warning.

        Returns
        -------
        hashable

        Raises
        ------
        ValueError
            If no word has a vector.
        TypeError
            If the words are one string.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "arctic", "east"], [[0, 2], [0.1, 1], [1, 0]])
        >>> kv.doesnt_match(["north", "arctic", "east"])
        'east'
        """
        return self.rank_by_centrality(words)[-1][1]

    def wmdistance(self, document1: Iterable[Any], document2: Iterable[Any], norm: bool = True) -> float:
        """Return the Word Mover's Distance between two lists of words (Kusner et al., 2015).

        Parameters
        ----------
        document1, document2 : iterable of keys
            Words without a vector are left out.
        norm : bool
            Move between vectors of length 1.

        Returns
        -------
        float
            ``inf`` if nothing is left of a document, NaN if a vector has a number that is not finite.

        Raises
        ------
        ImportError
            Without the package POT.
        TypeError
            If a document is one string.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east"], [[0, 2], [1, 0]])
        >>> kv.wmdistance(["north"], ["south"])
        inf
        """
        texts = [groups.checked_group("document1", document1), groups.checked_group("document2", document2)]
        kept = [[word for word in text if word in self] for text in texts]
        removed = [len(text) - len(words) for text, words in zip(texts, kept, strict=True)]
        if any(removed):
            logger.info("Removed %d and %d OOV words from document 1 and 2 (respectively).", *removed)
        if not all(kept):
            logger.warning("At least one of the documents had no words that were in the vocabulary.")
            return float("inf")
        (words1, weights1), (words2, weights2) = map(groups.word_weights, kept)
        return word_movers_distance(self._vectors_of(words1, norm), weights1, self._vectors_of(words2, norm), weights2)

    # ----------------------------------------------------------------------------------- evaluation ----

    @overload
    def evaluate_word_analogies(
        self,
        analogies: Source,
        restrict_vocab: int | None = ...,
        case_insensitive: bool = ...,
        dummy4unknown: bool = ...,
        similarity_function: str = ...,
        *,
        confidence: None = ...,
        compare_to: None = ...,
    ) -> tuple[float, list[evaluation.Section]]: ...

    @overload
    def evaluate_word_analogies(
        self,
        analogies: Source,
        restrict_vocab: int | None = ...,
        case_insensitive: bool = ...,
        dummy4unknown: bool = ...,
        similarity_function: str = ...,
        *,
        confidence: float | None = ...,
        compare_to: KeyedVectors | None = ...,
    ) -> tuple[Any, ...]: ...

    def evaluate_word_analogies(
        self,
        analogies: Source,
        restrict_vocab: int | None = 300000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
        similarity_function: str = "most_similar",
        *,
        confidence: float | None = None,
        compare_to: KeyedVectors | None = None,
    ) -> Any:
        r"""Return the share of the analogies "a is to b as c is to d" in a file that the vectors solve.

        Parameters
        ----------
        analogies : path or open file
            Sections that begin with ``: name``; lines of four words.
        restrict_vocab : int
            Only the first so many words are candidates; lines with other words are left out.
        case_insensitive : bool
            Compare upper-case forms; the first (most frequent) of several spellings counts.
        dummy4unknown : bool
            Count lines with unknown words as wrong, instead of leaving them out.
        similarity_function : str
            ``"most_similar"`` (3CosAdd), ``"most_similar_cosmul"`` (3CosMul) or another method of the
            object that takes ``positive``, ``negative``, ``topn`` and ``restrict_vocab``.
        confidence : float, optional
            Add the interval in which the accuracy lies with this confidence, such as 0.95.
        compare_to : KeyedVectors, optional
            Add a comparison with another table, on the questions that both can be asked.

        Returns
        -------
        accuracy : float
            0 .. 1.
        sections : list of dict
            ``section``, and lists of quadruples ``correct`` and ``incorrect``; the last one has them all.
        interval : (value, low, high)
            Only with ``confidence``.
        comparison : (value, other, difference, n, p_value)
            Only with ``compare_to``; ``difference`` is an interval, too (of ``confidence``, or 0.95).

        Raises
        ------
        ValueError
            If the file has no analogies at all, or some before the first section; if there is no such method.

        Examples
        --------
        >>> import io
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["man", "king", "woman", "queen"], [[1, 0], [2, 1], [-1, 0], [0.1, 1]])
        >>> accuracy, sections = kv.evaluate_word_analogies(io.StringIO(": royals\nman king woman queen\n"))
        >>> accuracy, sections[0]["correct"]
        (1.0, [('MAN', 'KING', 'WOMAN', 'QUEEN')])
        """
        sure.check(confidence)
        dummy4unknown = truth("dummy4unknown", dummy4unknown)
        again, options = evaluation.reread(analogies), (restrict_vocab, case_insensitive, dummy4unknown)
        sections = self._asked_analogies(again(), *options, similarity_function)
        total = evaluation.total_of(sections)
        report: tuple[Any, ...] = (self._log_evaluate_word_analogies(total), [*sections, total])
        if confidence is None and compare_to is None:
            return report
        theirs = None
        if compare_to is not None:
            answered = compare_to._asked_analogies(again(), *options, similarity_function)
            theirs = evaluation.outcomes(evaluation.total_of(answered))
        return report + sure.added(evaluation.outcomes(total), theirs, sure.mean, confidence)

    def _asked_analogies(
        self, analogies: Source, restrict_vocab: int | None, case_insensitive: bool, dummy4unknown: bool, function: str
    ) -> list[evaluation.Section]:
        """Return the sections of a file of analogies with their answers, each logged."""
        method, fold = evaluation.checked_method(self, function), evaluation.folding(case_insensitive)
        known = evaluation.folded_rows(self.index_to_key[:restrict_vocab], fold)
        logger.info(
            "Evaluating word analogies for top %i words in the model on %s", restrict_vocab or len(self), analogies
        )
        asked = evaluation.questions_of(analogies, known, fold, dummy4unknown)
        questions, keys = asked.rows(known), self.index_to_key
        if function in evaluation.BATCH_METHODS and not self._changed(function):
            cosmul = function == "most_similar_cosmul"
            answers = evaluation.answers_of_table(self.vectors[: restrict_vocab or None], questions, keys, fold, cosmul)
        else:
            answers = evaluation.answers_of_method(method, questions, keys, fold, restrict_vocab)
        sections = evaluation.marked(asked, answers, dummy4unknown)
        for section in sections:
            self._log_evaluate_word_analogies(section)
        evaluation.log_unknown(asked, dummy4unknown)
        return sections

    @staticmethod
    def _log_evaluate_word_analogies(section: evaluation.Section) -> float:
        """Log the accuracy of a section and return it; 0.0 for an empty one."""
        return evaluation.logged_accuracy(section)

    @staticmethod
    def log_accuracy(section: evaluation.Section) -> None:
        """Log the accuracy of a section of :meth:`evaluate_word_analogies`.

        Parameters
        ----------
        section : dict
            With lists ``correct`` and ``incorrect``.

        Examples
        --------
        >>> KeyedVectors.log_accuracy({"section": "royals", "correct": [1, 2], "incorrect": [3]})
        """
        evaluation.logged_accuracy(section)

    @overload
    def evaluate_word_pairs(
        self,
        pairs: Source,
        delimiter: str = ...,
        encoding: str = ...,
        restrict_vocab: int | None = ...,
        case_insensitive: bool = ...,
        dummy4unknown: bool = ...,
        *,
        confidence: None = ...,
        compare_to: None = ...,
    ) -> tuple[evaluation.Correlation, evaluation.Correlation, float]: ...

    @overload
    def evaluate_word_pairs(
        self,
        pairs: Source,
        delimiter: str = ...,
        encoding: str = ...,
        restrict_vocab: int | None = ...,
        case_insensitive: bool = ...,
        dummy4unknown: bool = ...,
        *,
        confidence: float | None = ...,
        compare_to: KeyedVectors | None = ...,
    ) -> tuple[Any, ...]: ...

    def evaluate_word_pairs(
        self,
        pairs: Source,
        delimiter: str = "\t",
        encoding: str = "utf8",
        restrict_vocab: int | None = 300000,
        case_insensitive: bool = True,
        dummy4unknown: bool = False,
        *,
        confidence: float | None = None,
        compare_to: KeyedVectors | None = None,
    ) -> Any:
        r"""Return the correlation of cosines with human judgements of similarity in a file.

        Parameters
        ----------
        pairs : path or open file
            Lines of two words and a score; lines that begin with ``#`` are comments.
        delimiter, encoding : str
        restrict_vocab : int
            Only the first so many words; pairs with others are left out.
        case_insensitive : bool
            Compare upper-case forms; the first (most frequent) of several spellings counts.
        dummy4unknown : bool
            Give pairs with unknown words the similarity 0, instead of leaving them out.
        confidence : float, optional
            Add the interval in which the rank correlation lies with this confidence, such as 0.95: by the
            bootstrap over the pairs.
        compare_to : KeyedVectors, optional
            Add a comparison with another table, on the pairs that both know.

        Returns
        -------
        pearson, spearman : SciPy results, (statistic, pvalue)
            NaN, with a warning in the log, if a pair has no cosine as one of its numbers is not finite.
        oov_ratio : float
            Percentage of pairs with unknown words.
        interval : (value, low, high)
            Only with ``confidence``, of Spearman's correlation.
        comparison : (value, other, difference, n, p_value)
            Only with ``compare_to``, of the same; ``difference`` is an interval, too (with ``confidence``, or 0.95).

        Raises
        ------
        ValueError
            If no pair can be used.

        Examples
        --------
        >>> import io
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east", "both"], [[0, 2], [1, 0], [1, 1.1]])
        >>> judged = io.StringIO("north\tboth\t8\nnorth\teast\t1\neast\tboth\t7\n")
        >>> pearson, spearman, oov_ratio = kv.evaluate_word_pairs(judged)
        >>> print(round(spearman[0], 3), oov_ratio)
        1.0 0.0
        """
        sure.check(confidence)
        again = evaluation.reread(pairs)
        options = (delimiter, encoding, restrict_vocab, case_insensitive, truth("dummy4unknown", dummy4unknown))
        judged, similarities = self._judged(again(), *options)
        pearson, spearman = evaluation.correlations(judged, similarities)
        self.log_evaluate_word_pairs(pearson, spearman, judged.oov_ratio, pairs)
        report: tuple[Any, ...] = (pearson, spearman, judged.oov_ratio)
        if confidence is None and compare_to is None:
            return report
        mine = sure.by_line(judged.lines, judged.gold, similarities)
        theirs = None
        if compare_to is not None:
            other, cosines = compare_to._judged(again(), *options)
            theirs = sure.by_line(other.lines, other.gold, cosines)
        return report + sure.added(mine, theirs, sure.rank_correlation, confidence)

    def _judged(
        self, pairs: Source, delimiter: str, encoding: str, restrict_vocab: int | None, case_insensitive: bool,
        dummy4unknown: bool,
    ) -> tuple[evaluation.Judgements, NDArray[np.float64]]:  # fmt: skip
        """Return the pairs of a file that can be used, and the similarity of each, shape (n_pairs,)."""
        fold = evaluation.folding(case_insensitive)
        known = evaluation.folded_rows(self.index_to_key[:restrict_vocab], fold)
        judged = evaluation.judgements_of(pairs, delimiter, encoding, known, fold, dummy4unknown)
        rows = judged.rows[judged.inside]
        if self._changed("similarity"):
            cosines = np.array([self.similarity(self.index_to_key[a], self.index_to_key[b]) for a, b in rows])
        else:
            cosines = paired_cosines(self.vectors, rows)
        return judged, evaluation.similarities_of(judged, cosines, pairs)

    @staticmethod
    def log_evaluate_word_pairs(pearson: Any, spearman: Any, oov: float, pairs: Any) -> None:
        """Log the result of :meth:`evaluate_word_pairs`.

        Parameters
        ----------
        pearson, spearman : sequence
            Of which the first number is logged.
        oov : float
            Percentage of pairs with unknown words.
        pairs : object
            What was evaluated.

        Examples
        --------
        >>> KeyedVectors.log_evaluate_word_pairs((0.7, 0.0), (0.8, 0.0), 12.5, "wordsim.tsv")
        """
        evaluation.log_correlations(pearson, spearman, oov, pairs)

    # ---------------------------------------------------------------------------------- other tables ----

    def vectors_for_all(
        self, keys: Iterable[Any], allow_inference: bool = True, copy_vecattrs: bool = False
    ) -> KeyedVectors:
        """Return a new table with the vectors of some keys, in their order, without those that have no vector.

        Parameters
        ----------
        keys : iterable of hashable
            A key that comes twice is taken once.
        allow_inference : bool
            Also take vectors that a subclass makes up for keys without a row.
        copy_vecattrs : bool
            Copy the attributes too. Without, or if there is no ``count`` to copy, the keys get counts in
            falling order, so that the order survives being saved.

        Returns
        -------
        KeyedVectors

        Raises
        ------
        TypeError
            If the keys are one string.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east", "both"], [[0, 2], [1, 0], [1, 1]])
        >>> kv.vectors_for_all(["both", "south", "north"]).index_to_key
        ['both', 'north']
        """
        reject_string("keys", keys)
        allow_inference = truth("allow_inference", allow_inference)
        unique = dict.fromkeys(keys)
        known = [key for key in unique if (key in self if allow_inference else self.get_index(key, -1) >= 0)]
        rows = np.array([self.get_index(key, -1) for key in known], dtype=np.int64)
        vectors = take_rows(self.vectors, rows) if (rows >= 0).all() else self._vectors_of(known)
        if (rows < 0).any():
            vectors = vectors.astype(self.vectors.dtype, copy=False)
        made = KeyedVectors(self.vector_size, 0, dtype=self.vectors.dtype)
        columns = self.expandos if truth("copy_vecattrs", copy_vecattrs) else {}
        made._hold(copies.table_of_keys(known, rows, vectors, columns))
        return made

    def vectors_for(self, words: Iterable[Any], missing: str = "raise") -> NDArray[np.float32]:
        """Return the vectors of words as one array, and what ``missing`` says for words without one.

        Parameters
        ----------
        words : iterable of keys
        missing : {"raise", "skip", "zero", "mean"}
            Raise a KeyError, leave the word out, give it zeros, or the mean vector of the table.

        Returns
        -------
        float32 array, shape (n_words, vector_size)
            Fewer rows with ``"skip"``.

        Raises
        ------
        KeyError
            If a word has no vector and ``missing="raise"``.
        TypeError
            If the words are one string.
        ValueError
            For another ``missing``.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east"], [[0, 2], [1, 0]])
        >>> kv.vectors_for(["east", "west"], missing="mean").tolist()
        [[1.0, 0.0], [0.5, 1.0]]
        """
        reject_string("words", words)
        copies.check_missing(missing)
        asked = list(words)
        known = np.fromiter((word in self for word in asked), np.bool_, len(asked))
        if missing == "raise" and not known.all():
            raise self._missing(asked[int(np.argmin(known))])
        found = [word for word, has in zip(asked, known, strict=True) if has]
        vectors = self._vectors_of(found) if found else np.empty((0, self.vector_size))
        if missing == "skip":
            return vectors.astype(np.float32, copy=False)
        made = np.zeros((len(asked), self.vector_size), dtype=np.float32)
        made[known] = vectors
        if missing == "mean" and not known.all():
            made[~known] = copies.mean_row(self.vectors)
        return made

    def align_to(self, other: KeyedVectors, pairs: Iterable[tuple[Any, Any]] | None = None) -> Self:
        """Return the table turned onto another one, so that vectors of both can be compared.

        Two trainings put the same words at other places: their tables differ by a turn, which the words of both tell
        (orthogonal Procrustes). Cosines within the table stay as they are. For two years of a newspaper, two corpora,
        or, with ``pairs`` of a dictionary, two languages.

        Parameters
        ----------
        other : KeyedVectors
            Of the same ``vector_size``.
        pairs : iterable of (key of this table, key of the other), optional
            By default each key of both tables with itself.

        Returns
        -------
        KeyedVectors
            Of the same class, float32.

        Raises
        ------
        ValueError
            If sizes differ, no key is in both, or a vector of a pair is not finite.
        KeyError
            If a key of a pair is missing.

        Examples
        --------
        >>> north_up, east_up = KeyedVectors(2), KeyedVectors(2)
        >>> north_up.add_vectors(["north", "east"], [[0, 2], [1, 0]])
        >>> east_up.add_vectors(["north", "east", "south"], [[-1, 0], [0, 1], [1, 0]])
        >>> east_up.align_to(north_up)["south"].round(6).tolist()
        [0.0, -1.0]
        """
        both = alignment.checked_pairs(pairs, (key for key in self.index_to_key if key in other.key_to_index))
        mine, theirs = (list(side) for side in zip(*both, strict=True))
        return self._turned(alignment.turn_between(self._vectors_of(mine), other._vectors_of(theirs)))

    def _turned(self, turn: NDArray[np.float32]) -> Self:
        """Return the table times an orthogonal matrix."""
        return self._copy(copies.with_vectors(self._table(), alignment.turned(self.vectors, turn)))

    def merged_with(self, other: KeyedVectors, duplicates: str = "first") -> KeyedVectors:
        """Return one table with the rows of both; align them first (:meth:`align_to`) if they were trained apart.

        Parameters
        ----------
        other : KeyedVectors
            Of the same ``vector_size``.
        duplicates : {"first", "second", "mean", "raise"}
            Whose vector a key of both tables gets. Its counts are added up.

        Returns
        -------
        KeyedVectors
            The keys of this table, then the new ones of the other; attributes that both have.

        Raises
        ------
        ValueError
            If sizes differ, or a key is in both and ``duplicates="raise"``.

        Examples
        --------
        >>> first, second = KeyedVectors(1), KeyedVectors(1)
        >>> first.add_vectors(["a", "b"], [[1], [2]])
        >>> second.add_vectors(["b", "c"], [[4], [5]])
        >>> both = first.merged_with(second, duplicates="mean")
        >>> both.index_to_key, both.vectors[:, 0].tolist()
        (['a', 'b', 'c'], [1.0, 3.0, 5.0])
        """
        return KeyedVectors.from_table(alignment.merged(self.to_table(), other.to_table(), duplicates))

    def clusters(
        self, n_clusters: int, *, restrict_vocab: int | None = None, normalize: bool = True, seed: int | None = 1
    ) -> NDArray[np.int32]:
        """Return which of so many groups each key belongs to, by k-means; needs scikit-learn.

        Parameters
        ----------
        n_clusters : int
        restrict_vocab : int, optional
            Only the first so many rows (the most frequent words).
        normalize : bool
            Compare directions: vectors at length 1.
        seed : int, optional
            Equal seeds give equal groups.

        Returns
        -------
        int32 array, shape (n,)
            In the order of rows, the largest group is 0; -1 for a row that is not finite.

        Raises
        ------
        ValueError
            If there are fewer vectors than groups.
        ImportError
            Without scikit-learn.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "up", "east"], [[0, 2], [0.1, 3], [1, 0]])
        >>> kv.clusters(2).tolist()  # doctest: +SKIP
        [0, 0, 1]
        """
        vectors = np.asarray(self.vectors[: restrict_vocab or None])
        return clusters.grouped(vectors, n_clusters, seed, unit=truth("normalize", normalize))

    def subset(self, words: Iterable[Any], *, ignore_missing: bool = True) -> Self:
        """Return the table of some words alone, in the order of this table (most frequent first).

        Parameters
        ----------
        words : iterable of keys
        ignore_missing : bool
            With False, a word without a vector raises a KeyError.

        Returns
        -------
        KeyedVectors
            Of the same class.

        Raises
        ------
        KeyError
            If a word is missing and ``ignore_missing`` is False.
        TypeError
            If the words are one string.

        Examples
        --------
        >>> kv = KeyedVectors(1)
        >>> kv.add_vectors(["a", "b", "c"], [[1], [2], [3]])
        >>> kv.subset(["c", "a", "z"]).index_to_key
        ['a', 'c']
        """
        reject_string("words", words)
        ignore_missing = truth("ignore_missing", ignore_missing)
        wanted = (self.get_index(word, -1 if ignore_missing else None) for word in words)
        rows = np.unique(np.fromiter((row for row in wanted if row >= 0), dtype=np.int64))
        made = self._copy(copies.with_rows(self._table(), rows))
        if "vectors_lockf" in self.__dict__:
            made.vectors_lockf = copies.chosen_factors(self.vectors_lockf, rows, len(self))
        return made

    def truncate(self, dim: int) -> Self:
        """Return the table with the first numbers of each vector.

        Of use for vectors whose dimensions are in order of importance, such as those of :meth:`whiten`.

        Parameters
        ----------
        dim : int
            How many numbers, 1 .. vector_size.

        Returns
        -------
        KeyedVectors
            Of the same class.

        Raises
        ------
        ValueError
            If ``dim`` is not in 1 .. vector_size.

        Examples
        --------
        >>> kv = KeyedVectors(3)
        >>> kv.add_vectors(["a"], [[3, 2, 1]])
        >>> kv.truncate(2)["a"]
        array([3., 2.], dtype=float32)
        """
        return self._copy(copies.with_vectors(self._table(), copies.first_dimensions(self.vectors, dim)))

    def whiten(self, gamma: float = 0.5, n_components: int | None = None) -> Self:
        """Return the table with its principal axes scaled towards equal variance: word pairs and analogies gain.

        Each word counts as often as it occurs ("Zipfian whitening", Yokoi et al., NeurIPS 2024). What was measured
        is in docs/better-vectors.md: half of it wins two points and more nearly for nothing, all of it loses some.
        The axes come by falling variance, so that :meth:`truncate` loses least afterwards. For queries: do not go
        on training with whitened vectors.

        Parameters
        ----------
        gamma : float
            0 turns the axes only, 1 gives all axes the same variance; each is divided by its deviation to this power.
        n_components : int, optional
            How many axes are kept, 1 .. vector_size; default: all.

        Returns
        -------
        KeyedVectors
            Of the same class, float32; keys and attributes as here.

        Raises
        ------
        KeyError
            If the words have no counts.
        ValueError
            If a parameter is out of range, or vectors are not finite.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["a", "b", "c"], [[4, 1], [-4, 1], [0, 3]], extras={"count": np.array([1, 1, 2])})
        >>> white = kv.whiten(gamma=1.0).vectors
        >>> [round(float(np.average(axis**2, weights=[1, 1, 2])), 3) for axis in white.T]  # variances, by the counts
        [1.0, 1.0]
        >>> kv.whiten(n_components=1).vector_size
        1
        """
        if "count" not in self.expandos:
            raise KeyError(
                "the words have no counts, by which whitening weighs them: set them with "
                "set_vecattr(word, 'count', n), or load a format that keeps them (the native one)"
            )
        self.allocate_vecattrs()
        made = whitened(self.vectors, self.expandos["count"], gamma, n_components)
        return self._copy(copies.with_vectors(self._table(), made))

    def all_but_the_top(self, n_axes: int = 1) -> Self:
        """Return the table about its mean, without the axes in which the vectors differ most: word pairs gain.

        Each key counts the same (Mu and Viswanath, "All-but-the-Top", ICLR 2018). Those axes tell frequent words from
        rare ones more than anything else. What was measured is in docs/better-vectors.md: without one axis relatedness
        and rare words gain, and hardly anything is lost; two cost similarity. For queries: do not go on training with
        such vectors.

        Parameters
        ----------
        n_axes : int
            0 subtracts the mean alone.

        Returns
        -------
        KeyedVectors
            Of the same class and size, float32; keys and attributes as here.

        Raises
        ------
        ValueError
            If no axis would be left, the table is empty, or vectors are not finite.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["a", "b", "c"], [[9, 1], [1, 1], [2, 4]])
        >>> kv.all_but_the_top().vectors.sum(axis=0).round(3).tolist()
        [0.0, 0.0]
        >>> int(np.linalg.matrix_rank(kv.all_but_the_top().vectors))
        1
        """
        return self._without_axes(*top_axes(self.vectors, checked_integer("n_axes", n_axes, 0, "1 is best for most")))

    def _without_axes(self, mean: NDArray[np.float64], axes: NDArray[np.float64]) -> Self:
        return self._copy(copies.with_vectors(self._table(), without_axes(self.vectors, mean, axes)))

    def astype(self, dtype: Any) -> Self:
        """Return the table with its vectors stored as float16, float32 or float64.

        All queries work on float16, and compute in float32 block by block.

        Parameters
        ----------
        dtype : dtype

        Returns
        -------
        KeyedVectors
            Of the same class.

        Raises
        ------
        ValueError
            For any other dtype; see :meth:`quantize` for int8.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["a"], [[3, 4]])
        >>> kv.astype("float16")["a"]
        array([3., 4.], dtype=float16)
        """
        return self._copy(copies.with_vectors(self._table(), copies.as_floats(self.vectors, dtype)))

    def quantize(self, kind: str = "int8") -> Self:
        """Return the table with its vectors stored as bytes: int8 codes and one scale for each row.

        It answers all queries, with an error of about 0.005 in a cosine, and cannot be changed or trained.

        Parameters
        ----------
        kind : {"int8"}

        Returns
        -------
        KeyedVectors
            Of the same class.

        Raises
        ------
        ValueError
            For another kind, and for vectors with NaN or infinite numbers.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["a"], [[127, 64]])
        >>> kv.quantize()["a"]
        array([127.,  64.], dtype=float32)
        """
        return self._copy(copies.with_vectors(self._table(), copies.as_bytes(self.vectors, kind)))

    def _table(self) -> VectorTable:
        """Return keys, vectors and attributes as they are: nothing is copied."""
        self.allocate_vecattrs()  # attributes may be shorter than the table, after words were added to a model
        return VectorTable(self.index_to_key, self.vectors, self.expandos, own=own_of(self))

    def _hold(self, table: VectorTable) -> None:
        """Hold the keys, vectors and attributes of a table, in the place of what was there."""
        self.index_to_key = table.keys
        self.key_to_index = {key: row for row, key in enumerate(table.keys)}
        self.next_index = len(table.keys)
        self.vectors, self.vector_size, self.norms = table.vectors, table.vector_size, None
        self.expandos = table.attrs

    def _copy(self, table: VectorTable) -> Self:
        """Return a copy of this object that holds another table."""
        made = copy.copy(self)
        made._hold(table)
        if "vectors_lockf" in self.__dict__:
            made.vectors_lockf = self.vectors_lockf.copy()
        return made

    # ----------------------------------------------------------------------------------------- files ----

    def to_table(self) -> VectorTable:
        """Return keys, vectors and attributes as the table that file formats exchange.

        Returns
        -------
        fastw2v.table.VectorTable
            Nothing is copied; only int8 vectors become float32 ones. Huffman paths, which follow from the counts, are
            left out.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north"], [[0, 2]])
        >>> kv.to_table().keys
        ['north']
        """
        return loading.exchanged(self._table())

    @classmethod
    def from_table(cls, table: VectorTable) -> Self:
        """Return vectors by key made from a table; arrays are taken over, not copied.

        Parameters
        ----------
        table : fastw2v.table.VectorTable

        Returns
        -------
        KeyedVectors
            For a table of fastText a :class:`FastTextKeyedVectors`.

        Examples
        --------
        >>> table = VectorTable(["north"], np.array([[0.0, 2.0]]))
        >>> KeyedVectors.from_table(table)["north"]
        array([0., 2.])
        """
        if ngrams.has_ngrams(table) and (other := cls._with_ngrams()) is not cls:
            return other.from_table(table)
        made = cls(table.vector_size, 0, dtype=table.vectors.dtype)
        made._hold(VectorTable(list(table.keys), table.vectors, dict(table.attrs)))
        take_own(made, table.own)
        return made

    @classmethod
    def _with_ngrams(cls) -> type[Self]:
        """Return the class for vectors with n-grams; a program's own class stays as it is."""
        return FastTextKeyedVectors if cls is KeyedVectors else cls  # type: ignore[return-value]

    def _check_restored(self, name: Any) -> None:
        """Raise a FormatError if what a file gave beside the table does not fit it."""

    def save(
        self,
        fname_or_handle: PathOrFile,
        separately: Any = None,
        sep_limit: int = 10 * 1024**2,
        ignore: Any = frozenset(),
        pickle_protocol: int = 4,
    ) -> None:
        """Save keys, vectors and attributes to one file in the native format (safetensors), atomically.

        Parameters
        ----------
        fname_or_handle : path or binary file object
        separately, sep_limit, ignore, pickle_protocol
            Accepted for programs written for gensim, without effect: it is always one file, never a pickle.

        Raises
        ------
        FormatError
            If a key or an attribute has a type that no file can hold.

        Examples
        --------
        >>> import io
        >>> kv, file = KeyedVectors(2), io.BytesIO()
        >>> kv.add_vectors(["north"], [[0, 2]])
        >>> kv.save(file)
        >>> KeyedVectors.load(io.BytesIO(file.getvalue()))["north"]
        array([0., 2.], dtype=float32)
        """
        from fastw2v.formats import native

        del separately, sep_limit, ignore, pickle_protocol
        self.allocate_vecattrs()
        native.save_arrays(fname_or_handle, *state_of(self), kind="vectors")

    @classmethod
    def load(cls, fname: PathOrFile, mmap: str | None = None) -> Self:
        r"""Return the vectors of a file of any known format, recognised by its content.

        Parameters
        ----------
        fname : path or binary file object
        mmap : {None, "r", "c"}
            "r" maps the vectors: read-only, shared between processes; of native files, and of gensim's where
            they stand in a file of their own. "c" reads them, as None does: what is written to them stays in
            memory. Files of other formats are always read.

        Returns
        -------
        KeyedVectors
            For a file with n-grams a :class:`FastTextKeyedVectors`.

        Raises
        ------
        FormatError
            If the file is damaged or of no known format.

        Examples
        --------
        >>> import io
        >>> KeyedVectors.load(io.BytesIO(b"1 2\nnorth 0 2\n"))["north"]
        array([0., 2.], dtype=float32)
        """
        loading.check_mmap(mmap)
        kind = loading.format_of(fname)
        if kind != "native":
            return note_loaded(cls.from_table(loading.read_table(fname, kind, mmap)))
        return cls._of_state(*loading.read_native(fname, mmap), mapped=mmap == "r")

    @classmethod
    def _of_state(cls, state: State, name: Any, *, mapped: bool = False) -> Self:
        """Return what a native file holds; of a mapped one, the index is made when it is first asked for."""
        arrays, keys, metadata = state
        made = (cls._with_ngrams() if "own.ngram_vectors" in arrays else cls)(0)
        made.index_to_key = keys
        if mapped and "next_index" not in metadata:
            del made.key_to_index
        else:
            made.key_to_index = index_of(keys, name, prepared="next_index" in metadata)
        restore(made, arrays, metadata, name)
        made._check_restored(name)
        return note_loaded(made)

    @classmethod
    def load_word2vec_format(
        cls,
        fname: PathOrFile,
        fvocab: PathOrFile | None = None,
        binary: bool = False,
        encoding: str = "utf8",
        unicode_errors: str = "strict",
        limit: int | None = None,
        datatype: Any = np.float32,
        no_header: bool = False,
    ) -> Self:
        r"""Return the vectors of a text or binary file in the format of word2vec.c.

        Parameters
        ----------
        fname : path, URL or binary file object
            Compressed or not.
        fvocab : path, optional
            File of lines ``word count``; without it, counts in falling order are made up.
        binary : bool
        encoding, unicode_errors : str
            Of the words; ``unicode_errors`` is "strict", "ignore" or "replace".
        limit : int, optional
            Read only the first so many rows.
        datatype : dtype
            Of the vectors in memory.
        no_header : bool
            Text file without the line "rows size", as GloVe writes it.

        Returns
        -------
        KeyedVectors

        Raises
        ------
        FormatError
            If the file is damaged (a ``TruncatedFileError``, also an ``EOFError``, if it ends early).
        UnicodeDecodeError
            If a word cannot be decoded and ``unicode_errors`` is "strict".

        Examples
        --------
        >>> import io
        >>> KeyedVectors.load_word2vec_format(io.BytesIO(b"2 2\nnorth 0 2\neast 1 0\n"), limit=1).index_to_key
        ['north']
        """
        from fastw2v import formats

        logger.info("loading projection weights from %s", fname)
        table = formats.load(
            fname, "word2vec", binary=binary, fvocab=fvocab, encoding=encoding, unicode_errors=unicode_errors,
            limit=limit, datatype=datatype, no_header=no_header,
        )  # fmt: skip
        return cls.from_table(table)

    def save_word2vec_format(
        self,
        fname: PathOrFile,
        fvocab: PathOrFile | None = None,
        binary: bool = False,
        total_vec: int | None = None,
        write_header: bool = True,
        prefix: str = "",
        append: bool = False,
        sort_attr: str = "count",
    ) -> None:
        r"""Save a text or binary file in the format of word2vec.c.

        Parameters
        ----------
        fname : path or binary file object
        fvocab : path, optional
            Also write lines ``word count`` there.
        binary : bool
        total_vec : int, optional
            Number of rows for the header, if other rows will be appended.
        write_header : bool
        prefix : str
            Written before each key.
        append : bool
            Append to the file instead of replacing it.
        sort_attr : str
            Rows in falling order of this attribute; in their own order if there is no such attribute.

        Raises
        ------
        ValueError
            If ``fvocab`` is wanted and there are no counts, or a key holds white space.

        Examples
        --------
        >>> import io
        >>> kv, file = KeyedVectors(2), io.BytesIO()
        >>> kv.add_vectors(["north", "east"], [[0, 2], [1, 0.5]])
        >>> kv.save_word2vec_format(file)
        >>> file.getvalue()
        b'2 2\nnorth 0.0 2.0\neast 1.0 0.5\n'
        """
        from fastw2v.formats import word2vec

        logger.info("storing %sx%s projection weights into %s", len(self), self.vector_size, fname)
        word2vec.save(
            self.to_table(), fname, binary=binary, fvocab=fvocab, total_vec=total_vec, write_header=write_header,
            prefix=prefix, append=append, sort_attr=sort_attr,
        )  # fmt: skip

    def intersect_word2vec_format(
        self,
        fname: PathOrFile,
        lockf: float = 0.0,
        binary: bool = False,
        encoding: str = "utf8",
        unicode_errors: str = "strict",
    ) -> None:
        r"""Overwrite the vectors of the words that a file in word2vec format has too; no words are added.

        Parameters
        ----------
        fname : path or binary file object
        lockf : float
            Factor for later training of these words: 0.0 keeps them as they are, 1.0 trains them as usual. Is
            noted in ``vectors_lockf``, which grows to one number per word if need be.
        binary, encoding, unicode_errors
            As in :meth:`load_word2vec_format`.

        Raises
        ------
        ValueError
            If the vectors of the file have another size; nothing is changed then.

        Examples
        --------
        >>> import io
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north", "east"], [[0, 2], [1, 0]])
        >>> kv.intersect_word2vec_format(io.BytesIO(b"2 2\nnorth 0 7\nsouth 0 -7\n"))
        >>> kv["north"], kv.vectors_lockf
        (array([0., 7.], dtype=float32), array([0., 1.], dtype=float32))
        """
        from fastw2v import formats

        table = formats.load(
            fname, "word2vec", binary=binary, encoding=encoding, unicode_errors=unicode_errors,
            words=self.key_to_index.keys(),
        )  # fmt: skip
        if table.vector_size != self.vector_size:
            raise ValueError(
                f"incompatible vector size {table.vector_size} in file {fname}: expected {self.vector_size}"
            )
        rows = np.array([self.key_to_index[key] for key in table.keys], dtype=np.int64)
        factors = getattr(self, "vectors_lockf", np.ones(1, dtype=np.float32))
        factors = loading.merged_factors(factors, rows, lockf, len(self))
        self.vectors[rows], self.norms = table.vectors, None
        self.vectors_lockf = factors
        logger.info("merged %d vectors into %s matrix from %s", len(rows), self.vectors.shape, fname)

    # --------------------------------------------------------------------------- other libraries ----

    def to_pandas(self) -> pandas.DataFrame:
        """Return a pandas DataFrame: a row for each key, a column for each dimension, over the same memory.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        ImportError
            Without pandas.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north"], [[0, 2]])
        >>> kv.to_pandas().loc["north"].tolist()  # doctest: +SKIP
        [0.0, 2.0]
        """
        return frames.pandas_frame(self.to_table())

    def to_polars(self) -> polars.DataFrame:
        """Return a polars DataFrame with the columns ``key``, ``vector`` and the attributes, such as ``count``.

        Returns
        -------
        polars.DataFrame

        Raises
        ------
        ImportError
            Without polars.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north"], [[0, 2]])
        >>> kv.to_polars()["key"].to_list()  # doctest: +SKIP
        ['north']
        """
        return frames.polars_frame(self.to_table())

    def to_arrow(self) -> pyarrow.Table:
        """Return an Arrow table with the columns ``key``, ``vector`` (over the same memory) and the attributes.

        Returns
        -------
        pyarrow.Table

        Raises
        ------
        ImportError
            Without pyarrow.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north"], [[0, 2]])
        >>> kv.to_arrow()["vector"].to_pylist()  # doctest: +SKIP
        [[0.0, 2.0]]
        """
        return frames.arrow_table(self.to_table())

    def to_parquet(self, path: Any, *, coordinates: str | bool | None = None, n_points: int | None = None) -> None:
        """Write a Parquet file with the columns of :meth:`to_arrow`, and those of a map.

        ``embedding-atlas words.parquet --x x --y y --text key`` shows such a map.

        Parameters
        ----------
        path : path
        coordinates : {"umap", "tsne", "pca"} or bool, optional
            Also write the columns ``x`` and ``y``, made by this method; True: by the best that is installed.
        n_points : int, optional
            Only the first so many words; a map has up to 50,000.

        Raises
        ------
        ConfigError
            If there are more words than a map has.
        ImportError
            Without pyarrow, or the package of the method.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north"], [[0, 2]])
        >>> kv.to_parquet("words.parquet", coordinates="pca")  # doctest: +SKIP
        """
        frames.write_parquet(self, path, coordinates, n_points)

    def to_torch(self) -> torch.Tensor:
        """Return a torch tensor over the same memory, for ``torch.nn.Embedding.from_pretrained``.

        Returns
        -------
        torch.Tensor, shape (n, vector_size)

        Raises
        ------
        ImportError
            Without torch.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north"], [[0, 2]])
        >>> kv.to_torch().shape  # doctest: +SKIP
        torch.Size([1, 2])
        """
        return frames.tensor(self.to_table())

    def to_spacy(self, vocab: spacy.vocab.Vocab | None = None) -> spacy.vectors.Vectors:
        """Return vectors of spaCy; ``kv.to_spacy(nlp.vocab)`` gives a pipeline these vectors.

        Parameters
        ----------
        vocab : spacy.vocab.Vocab, optional
            Learns the words, and gets the vectors.

        Returns
        -------
        spacy.vectors.Vectors

        Raises
        ------
        ImportError
            Without spaCy.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north"], [[0, 2]])
        >>> kv.to_spacy().shape  # doctest: +SKIP
        (1, 2)
        """
        return frames.spacy_vectors(self.to_table(), vocab)

    def save_pretrained(
        self,
        folder: Any,
        *,
        lowercase: bool = False,
        parameters: Mapping[str, Any] | None = None,
        scores: Mapping[str, Any] | None = None,
    ) -> None:
        """Write a folder for the Hugging Face Hub, which ``model2vec`` and ``sentence-transformers`` load too.

        Parameters
        ----------
        folder : path
        lowercase : bool
            Other programs fold the case of texts before they look words up.
        parameters : mapping, optional
            For the model card, such as ``{"window": 5}``.
        scores : mapping, optional
            For the model card, such as ``{"WordSim-353": 0.66}``.

        Raises
        ------
        ConfigError
            If the keys are neither all str nor all int.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors(["north"], [[0, 2]])
        >>> kv.save_pretrained("compass", scores={"directions": 1.0})
        >>> KeyedVectors.from_pretrained("compass")["north"]
        array([0., 2.], dtype=float32)
        """
        hub.write_folder(self.to_table(), folder, lowercase=lowercase, card=parameters or {}, scores=scores or {})

    @classmethod
    def from_pretrained(cls, source: Any, *, revision: str | None = None, token: Any = None) -> Self:
        """Return the vectors of a folder that :meth:`save_pretrained` wrote, or of a repository of the Hub.

        Parameters
        ----------
        source : path or str
            A folder, or ``"user/repository"``; static models of model2vec load too (the rows of their tokens).
        revision, token : optional
            Of ``huggingface_hub``.

        Returns
        -------
        KeyedVectors

        Raises
        ------
        FormatError
            If it is something else.
        ImportError
            Without ``huggingface_hub``, for a repository.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_vectors([7], [[0, 2]])
        >>> kv.save_pretrained("items")
        >>> KeyedVectors.from_pretrained("items").index_to_key
        [7]
        """
        return cls.from_table(hub.read_folder(source, revision, token))

    def push_to_hub(
        self,
        repo_id: str,
        *,
        private: bool = False,
        token: Any = None,
        lowercase: bool = False,
        parameters: Mapping[str, Any] | None = None,
        scores: Mapping[str, Any] | None = None,
    ) -> str:
        """Upload what :meth:`save_pretrained` writes to a repository of the Hugging Face Hub.

        Parameters
        ----------
        repo_id : str
            ``"user/repository"``; made if there is none.
        private : bool
            Of a new repository.
        token : str, optional
            By default that of ``hf auth login``.
        lowercase, parameters, scores
            As in :meth:`save_pretrained`.

        Returns
        -------
        str
            The address.

        Raises
        ------
        ImportError
            Without ``huggingface_hub``: ``pip install 'fastw2v[hub]'``.

        Examples
        --------
        >>> kv.push_to_hub("me/word-vectors", scores={"MEN": 0.7})  # doctest: +SKIP
        """
        writing = {"lowercase": lowercase, "card": parameters or {}, "scores": scores or {}}
        return hub.push(self.to_table(), repo_id, private, token, **writing)

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the size, and the first keys with their vectors."""
        return html.of_vectors(self)

    def add_lifecycle_event(self, event_name: str, log_level: int = logging.INFO, **event: Any) -> None:
        """Note an event in ``lifecycle_events`` (set that to None to keep none) and log it.

        Unlike gensim's, an entry does not tell which machine or path it happened on.

        Parameters
        ----------
        event_name : str
        log_level : int
            0 to log nothing.
        **event
            What else to note.

        Examples
        --------
        >>> kv = KeyedVectors(2)
        >>> kv.add_lifecycle_event("made", note="by hand")
        >>> kv.lifecycle_events[0]["event"], kv.lifecycle_events[0]["note"]
        ('made', 'by hand')
        """
        note_event(self, logger, event_name, log_level, event)


class FastTextKeyedVectors(KeyedVectors):
    """Vectors by key, with a vector for every other text too: the mean of the vectors of its n-grams.

    What ``fastw2v.load`` and ``KeyedVectors.load`` give for a fastText ``.bin`` model. ``word in kv`` is true of every
    text, and all queries take unknown words; ``key_to_index``, ``index_to_key`` and ``get_index`` know the words of the
    table alone, and answers name no others. A text without any n-gram has a vector of zeros.

    Only the native format keeps the n-grams; :meth:`to_table`, and so every other format, loses them, with a warning.

    Attributes
    ----------
    ngram_vectors : ndarray of float32, shape (bucket, vector_size)
        One row for each bucket of n-grams; empty if the model has none.
    min_n, max_n : int
        Shortest and longest n-gram, in characters.

    Examples
    --------
    >>> kv = FastTextKeyedVectors(2)
    >>> kv.ngram_vectors, kv.min_n, kv.max_n = np.ones((10, 2), dtype=np.float32), 3, 4
    >>> "anything" in kv, kv["anything"], len(kv)
    (True, array([1., 1.], dtype=float32), 0)
    """

    def __init__(
        self, vector_size: int, count: int = 0, dtype: Any = np.float32, mapfile_path: str | None = None
    ) -> None:
        super().__init__(vector_size, count, dtype, mapfile_path)
        self.ngram_vectors: NDArray[Any] = np.empty((0, self.vector_size), dtype=np.float32)
        self.min_n = 0
        self.max_n = 0

    def _composes(self, key: Any) -> bool:
        """Return whether a key has no row, but n-grams."""
        return isinstance(key, str) and len(self.ngram_vectors) > 0 and self.max_n > 0 and self.get_index(key, -1) < 0

    def __contains__(self, key: Hashable) -> bool:
        return self._composes(key) or super().__contains__(key)

    def get_vector(self, key: Hashable, norm: bool = False, *, default: Any = _RAISE) -> NDArray[Any]:
        """Return the vector of a key, composed of n-grams if it has no row; see :meth:`KeyedVectors.get_vector`."""
        if not self._composes(key):
            return super().get_vector(key, norm, default=default)
        vector = ngrams.composed(str(key), self.ngram_vectors, self.min_n, self.max_n)
        vector = unit(vector) if norm and truth("norm", norm) else vector
        vector.setflags(write=False)
        return vector

    def truncate(self, dim: int) -> Self:
        """Return the table, and its n-grams, with the first ``dim`` numbers of each vector."""
        made = super().truncate(dim)
        made.ngram_vectors = self.ngram_vectors[:, :dim].copy()
        return made

    def _turned(self, turn: NDArray[np.float32]) -> Self:
        made = super()._turned(turn)
        made.ngram_vectors = alignment.turned(self.ngram_vectors, turn)
        return made

    def _without_axes(self, mean: NDArray[np.float64], axes: NDArray[np.float64]) -> Self:
        made = super()._without_axes(mean, axes)
        made.ngram_vectors = without_axes(self.ngram_vectors, mean, axes)  # of whose means words are made
        return made

    def whiten(self, gamma: float = 0.5, n_components: int | None = None) -> Self:
        """Refuse: the vectors of n-grams have no counts, so that unknown words would not fit the whitened ones.

        Raises
        ------
        NotImplementedError
            Always; ``KeyedVectors.from_table(kv.to_table()).whiten()`` gives the words without n-grams.
        """
        raise NotImplementedError(
            "vectors of n-grams have no counts to whiten them by; leave them out: "
            "KeyedVectors.from_table(kv.to_table()).whiten()"
        )

    def to_table(self) -> VectorTable:
        """Return keys, vectors and attributes as a table, which has no n-grams: a warning says so."""
        if len(self.ngram_vectors):
            logger.warning(
                "the vectors of n-grams, which give unknown words a vector, are lost in this format; the native one "
                "keeps them: save(path)"
            )
        return super().to_table()

    @classmethod
    def from_table(cls, table: VectorTable) -> Self:
        """Return vectors by key made from a table; arrays are taken over, unless rows were dropped from them."""
        made = super().from_table(table)
        if ngrams.has_ngrams(table):
            made.vectors, made.ngram_vectors, made.min_n, made.max_n = ngrams.parts_of(table)
        return made

    def _check_restored(self, name: Any) -> None:
        ngrams.check_parts(self.ngram_vectors, self.min_n, self.max_n, self.vector_size, name)


Word2VecKeyedVectors = KeyedVectors
Doc2VecKeyedVectors = KeyedVectors
EuclideanKeyedVectors = KeyedVectors
Vocab = CompatVocab
load_word2vec_format = KeyedVectors.load_word2vec_format


def pseudorandom_weak_vector(
    size: int, seed_string: Any = None, hashfxn: Callable[[Any], int] = hash
) -> NDArray[np.float32]:
    """Return a small random vector, uniform in -0.5/size .. 0.5/size.

    Parameters
    ----------
    size : int
    seed_string : hashable, optional
        Equal seeds (and hash functions) give equal vectors.
    hashfxn : callable
        From ``seed_string`` to an integer; ``hash`` differs between processes for strings.

    Returns
    -------
    ndarray of float32, shape (size,)

    Examples
    --------
    >>> bool((abs(pseudorandom_weak_vector(4, 1)) <= 0.5 / 4).all())
    True
    """
    seed = hashfxn(seed_string) & 0xFFFFFFFF if seed_string else None
    source = np.random.Generator(np.random.SFC64(seed))
    return np.asarray((source.random(size).astype(REAL) - REAL(0.5)) / REAL(size), dtype=REAL)
