"""Helpers that programs take from ``gensim.utils``: trimming rules, tokenising, text conversion, corpora.

Left out on purpose: ``pickle`` and ``unpickle`` (reading a pickle runs whatever code it holds) and the
parts of gensim.utils that serve other models. Asking for them says so.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Hashable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, TypeVar

from fastw2v._progress import progress_bars
from fastw2v.compat.authors import (
    call_on_class_only,
    deprecated,
    get_random_state,
    ignore_deprecation_warning,
)
from fastw2v.compat.corpora import (
    ClippedCorpus,
    RepeatCorpus,
    RepeatCorpusNTimes,
    SaveLoad,
    SlicedCorpus,
    chunkize_serial,
    flatten,
    grouper,
    lazy_flatten,
)
from fastw2v.text.trimming import (
    RULE_DEFAULT,
    RULE_DISCARD,
    RULE_KEEP,
    keep_vocab_item,
    prune_vocab,
    trim_vocab_by_freq,
)

__all__ = [
    "RULE_DEFAULT",
    "RULE_DISCARD",
    "RULE_KEEP",
    "ClippedCorpus",
    "RepeatCorpus",
    "RepeatCorpusNTimes",
    "SaveLoad",
    "SlicedCorpus",
    "any2unicode",
    "any2utf8",
    "call_on_class_only",
    "chunkize_serial",
    "deaccent",
    "deprecated",
    "file_or_filename",
    "flatten",
    "get_random_state",
    "grouper",
    "ignore_deprecation_warning",
    "keep_vocab_item",
    "lazy_flatten",
    "merge_counts",
    "open",
    "open_file",
    "progress_bars",
    "prune_vocab",
    "save_as_line_sentence",
    "simple_preprocess",
    "simple_tokenize",
    "to_unicode",
    "to_utf8",
    "tokenize",
    "trim_vocab_by_freq",
]

PAT_ALPHABETIC = re.compile(r"[^\W\d]+")
"""Runs of letters; combining marks and digits end a run, the underscore does not."""

K = TypeVar("K", bound=Hashable)

# ---------------------------------------------------------------- text


def any2unicode(text: str | bytes, encoding: str = "utf8", errors: str = "strict") -> str:
    r"""Return text as str; bytes are decoded.

    Parameters
    ----------
    text : str or bytes
    encoding, errors : str
        As for ``bytes.decode``.

    Returns
    -------
    str

    Raises
    ------
    UnicodeDecodeError
        If bytes are not in `encoding`, with ``errors="strict"``.

    Examples
    --------
    >>> any2unicode("é".encode()), any2unicode(b"\xe9", encoding="latin1")
    ('é', 'é')
    """
    return text if isinstance(text, str) else str(text, encoding, errors=errors)


def any2utf8(text: str | bytes, errors: str = "strict", encoding: str = "utf8") -> bytes:
    r"""Return text as UTF-8 bytes; bytes in another encoding are recoded.

    Parameters
    ----------
    text : str or bytes
    errors, encoding : str
        How to decode `text` if it is bytes.

    Returns
    -------
    bytes

    Examples
    --------
    >>> any2utf8("é"), any2utf8(b"\xe9", encoding="latin1")
    (b'\xc3\xa9', b'\xc3\xa9')
    """
    return any2unicode(text, encoding, errors).encode("utf8")


to_unicode = any2unicode
to_utf8 = any2utf8


def deaccent(text: str | bytes) -> str:
    """Remove the accents: "é" becomes "e".

    Parameters
    ----------
    text : str or UTF-8 bytes

    Returns
    -------
    str
        In the composed form NFC, without nonspacing marks.

    Examples
    --------
    >>> deaccent("Šéf chomutovských komunistů")
    'Sef chomutovskych komunistu'
    """
    decomposed = unicodedata.normalize("NFD", any2unicode(text))
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if unicodedata.category(c) != "Mn"))


def simple_tokenize(text: str) -> Iterator[str]:
    """Return the runs of letters (no digits) of a text.

    Parameters
    ----------
    text : str

    Returns
    -------
    iterator of str

    Examples
    --------
    >>> list(simple_tokenize("Nic nemůže letět rychlostí 300 tisíc km/s"))
    ['Nic', 'nemůže', 'letět', 'rychlostí', 'tisíc', 'km', 's']
    """
    return (match.group() for match in PAT_ALPHABETIC.finditer(text))


def tokenize(
    text: str | bytes,
    lowercase: bool = False,
    deacc: bool = False,
    encoding: str = "utf8",
    errors: str = "strict",
    to_lower: bool = False,
    lower: bool = False,
) -> Iterator[str]:
    """Return the runs of letters (no digits) of a text, as they are read.

    Parameters
    ----------
    text : str or bytes
    lowercase, to_lower, lower : bool
        Any of them: lower the case first.
    deacc : bool
        Remove the accents (after lowering).
    encoding, errors : str
        How to decode bytes.

    Returns
    -------
    iterator of str

    Examples
    --------
    >>> list(tokenize("Nic nemůže letět rychlostí 300", deacc=True))
    ['Nic', 'nemuze', 'letet', 'rychlosti']
    """
    text = any2unicode(text, encoding, errors=errors)
    if lowercase or to_lower or lower:
        text = text.lower()
    return simple_tokenize(deaccent(text) if deacc else text)


def simple_preprocess(doc: str | bytes, deacc: bool = False, min_len: int = 2, max_len: int = 15) -> list[str]:
    """Turn a document into lower-case words.

    Parameters
    ----------
    doc : str or bytes
        Bytes are UTF-8; what is not, is left out.
    deacc : bool
        Remove the accents.
    min_len, max_len : int
        Words outside these lengths are left out, and so are words that begin with "_".

    Returns
    -------
    list of str

    Examples
    --------
    >>> simple_preprocess("It is 9 o'clock, Émile!", deacc=True)
    ['it', 'is', 'clock', 'emile']
    """
    return [
        token
        for token in tokenize(doc, lower=True, deacc=deacc, errors="ignore")
        if min_len <= len(token) <= max_len and not token.startswith("_")
    ]


# ---------------------------------------------------------------- vocabularies


def merge_counts(dict1: dict[K, int], dict2: dict[K, int]) -> dict[K, int]:
    """Add the counts of `dict2` to those of `dict1`, in place.

    Parameters
    ----------
    dict1 : dict of word to count
        Changed in place.
    dict2 : dict of word to count

    Returns
    -------
    dict of word to count
        `dict1`.

    Examples
    --------
    >>> merge_counts({"a": 1, "b": 2}, {"b": 3, "c": 4})
    {'a': 1, 'b': 5, 'c': 4}
    """
    for word, count in dict2.items():
        dict1[word] = dict1.get(word, 0) + count
    return dict1


# ---------------------------------------------------------------- files


def open(uri: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
    """Open a file, compressed or remote too: ``smart_open.open`` with all its arguments.

    Parameters
    ----------
    uri : path, URL or file object
    mode : str
        As for the builtin ``open``.
    *args, **kwargs
        Of ``smart_open.open``.

    Returns
    -------
    file object

    Examples
    --------
    >>> with open("text.txt.gz", "w") as file:
    ...     n_letters = file.write("hello")
    >>> with open("text.txt.gz") as file:
    ...     file.read()
    'hello'
    """
    import smart_open

    if isinstance(uri, bytes | os.PathLike):
        uri = os.fsdecode(uri)
    return smart_open.open(uri, mode, *args, **kwargs)


def file_or_filename(input: Any) -> IO[bytes]:
    """Return a readable binary file for a name, or the given file, rewound.

    Parameters
    ----------
    input : path or seekable file

    Returns
    -------
    file object

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO(b"some text")
    >>> file.read()
    b'some text'
    >>> file_or_filename(file).read()
    b'some text'
    """
    if isinstance(input, (str, bytes)) or hasattr(input, "__fspath__"):
        return open(input, "rb")  # type: ignore[no-any-return]
    input.seek(0)
    return input  # type: ignore[no-any-return]


@contextmanager
def open_file(input: Any) -> Iterator[IO[bytes]]:
    """Open what :func:`file_or_filename` takes, for use in ``with``; only what was opened here is closed.

    Parameters
    ----------
    input : path or seekable file

    Yields
    ------
    file object

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO(b"some text")
    >>> with open_file(file) as opened:
    ...     opened.read()
    b'some text'
    >>> file.closed
    False
    """
    opened = file_or_filename(input)
    try:
        yield opened
    finally:
        if opened is not input:
            opened.close()


def save_as_line_sentence(corpus: Iterable[Iterable[str]], filename: Any) -> None:
    """Write a corpus in the form that ``LineSentence`` reads: a sentence per line, words between spaces.

    Parameters
    ----------
    corpus : iterable of iterable of str
    filename : path
        A name that ends in .gz, .bz2, .xz or .zst is compressed. A local file is replaced when the last sentence
        is written, and stays what it was if the corpus raises; so it may be the one that the corpus reads.

    Examples
    --------
    >>> from fastw2v import LineSentence
    >>> save_as_line_sentence([["one", "line"], ["and", "another"]], "corpus.txt.gz")
    >>> list(LineSentence("corpus.txt.gz"))
    [['one', 'line'], ['and', 'another']]
    """
    from fastw2v.formats._io import open_write

    with open_write(filename) as out:
        for sentence in corpus:
            out.write((" ".join(sentence) + "\n").encode("utf8"))


if not TYPE_CHECKING:  # a type checker that saw it would take any name for one that exists

    def __getattr__(name: str) -> Any:
        if name in ("pickle", "unpickle"):
            raise AttributeError(
                f"fastw2v.utils has no {name!r}: reading a pickle runs the code that it holds. For files that "
                "nobody else can write, use the pickle module yourself; models have safe save() and load()"
            )
        raise AttributeError(f"module 'fastw2v.utils' has no attribute {name!r}")
