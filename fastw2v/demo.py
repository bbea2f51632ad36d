"""A first look: train on real text and ask the vectors something; ``python -m fastw2v.demo [text file]``.

Without a file the text is the English help that ships inside Python (``pydoc_data.topics``).
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence

from fastw2v._dispatch import kernels
from fastw2v._parallel import usable_cpus
from fastw2v.cli.streams import ready_streams
from fastw2v.errors import CorpusError, VocabularyError
from fastw2v.word2vec import Word2Vec

SMALL_CORPUS_WORDS = 1_000_000  # below this, more and bolder passes make up for the little text
SMALL_CORPUS_EPOCHS, SMALL_CORPUS_ALPHA = 30, 0.05
EPOCHS, ALPHA = 5, 0.025

HELP_QUERIES = ["list", "exception", "string", "true", "import"]
HELP_ANALOGIES = [("tuple", "tuples", "list"), ("__getattr__", "__setattr__", "__getitem__")]
QUERIES = ["king", "france", "music", "water", "computer"]
ANALOGIES = [("man", "king", "woman"), ("germany", "berlin", "france"), ("good", "better", "large")]


def python_help_sentences() -> list[list[str]]:
    """Return the sentences of Python's help texts, lower case.

    Returns
    -------
    list of list of str

    Examples
    --------
    >>> from fastw2v.demo import python_help_sentences
    >>> len(python_help_sentences()) > 1000
    True
    """
    from pydoc_data.topics import topics

    pieces = re.split(r"\n\s*\n|(?<=[.:;])\s+", "\n\n".join(topics.values()).lower())
    return [words for piece in pieces if (words := re.findall(r"[^\W\d]+(?:'[^\W\d]+)?", piece))]


def frequent_words(model: Word2Vec, n: int) -> list[str]:
    """Return some words to ask about where the usual ones are missing: frequent, but not the most frequent.

    Parameters
    ----------
    model : Word2Vec
    n : int
        How many; fewer if the vocabulary is small.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from fastw2v import Word2Vec
    >>> model = Word2Vec([["one", "two"]] * 10, vector_size=4, min_count=1, workers=1)
    >>> len(frequent_words(model, 1))
    1
    """
    keys = [key for key in model.wv.index_to_key[len(model.wv) // 100 :] if len(key) > 1]
    return keys[: 20 * n : 20] or list(model.wv.index_to_key[:n])


def report(model: Word2Vec, queries: Sequence[str], analogies: Sequence[tuple[str, str, str]]) -> None:
    """Print speed, loss, the neighbours of some words, and analogies a : b :: c : ?

    Parameters
    ----------
    model : Word2Vec
        A trained one.
    queries : sequence of str
        Words that the model lacks are left out; if it lacks all, frequent words take their place.
    analogies : sequence of (str, str, str)
        a, b and c of each; those with unknown words are left out.

    Examples
    --------
    >>> from fastw2v import Word2Vec
    >>> model = Word2Vec([["one", "two"]] * 10, vector_size=4, min_count=1, workers=1)
    >>> report(model, ["one"], [("one", "two", "one")])  # doctest: +ELLIPSIS
    20 words of text, 2 of vocabulary; 5 epochs on 1 threads (...)
    speed ...
    """
    n_words = model.corpus_total_words * model.epochs
    print(
        f"{model.corpus_total_words:,} words of text, {len(model.wv):,} of vocabulary; {model.epochs} epochs on "
        f"{model.workers} threads ({kernels.ISA})"
    )
    print(f"speed  {n_words / model.total_train_time:,.0f} words/s, {model.total_train_time:.1f} s in all")
    print(f"loss   {model.loss_history[0]:.3f} in the first epoch, {model.loss_history[-1]:.3f} in the last")
    known = [word for word in queries if word in model.wv] or frequent_words(model, len(queries))
    print("\nneighbours")
    for word in known:
        print(f"  {word:12} {', '.join(key for key, _ in model.wv.most_similar(word, topn=5))}")
    print("\nanalogies")
    asked = [triple for triple in analogies if all(word in model.wv for word in triple)]
    for a, b, c in asked:
        found = [key for key, _ in model.wv.most_similar(positive=[b, c], negative=[a], topn=3)]
        print(f"  {a} is to {b} as {c} is to: {', '.join(found)}")
    if not asked:
        print(f"  none: the text lacks words of each of {analogies}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Train and print.

    Parameters
    ----------
    arguments : sequence of str, optional
        The path of a text, ``--workers``, ``--seed``; by default those of the process.

    Returns
    -------
    int
        The exit status, 0. A text that cannot be read ends the process with a message and status 2.

    Examples
    --------
    >>> from fastw2v.utils import save_as_line_sentence
    >>> save_as_line_sentence([["one", "two", "three"]] * 20, "text.txt")
    >>> main(["text.txt", "--workers", "1"])  # doctest: +ELLIPSIS
    60 words of text, 3 of vocabulary; 30 epochs on 1 threads (...)
    ...
    0
    """
    ready_streams()
    parser = argparse.ArgumentParser(prog="python -m fastw2v.demo", description="Train on a text and ask about it.")
    parser.add_argument("corpus", nargs="?", help="text file, one sentence per line (default: Python's help texts)")
    parser.add_argument("--workers", type=int, default=usable_cpus(), help="training threads")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)

    sentences = None if options.corpus else python_help_sentences()
    model = Word2Vec(sg=1, alpha=SMALL_CORPUS_ALPHA, workers=options.workers, seed=options.seed)
    try:
        model.build_vocab(sentences, corpus_file=options.corpus)
        small = model.corpus_total_words < SMALL_CORPUS_WORDS
        model.train(
            sentences,
            corpus_file=options.corpus,
            total_examples=model.corpus_count,
            total_words=model.corpus_total_words,
            epochs=SMALL_CORPUS_EPOCHS if small else EPOCHS,
            start_alpha=SMALL_CORPUS_ALPHA if small else ALPHA,
        )
    except (OSError, CorpusError, VocabularyError) as error:
        parser.error(str(error))
    if options.corpus:
        report(model, QUERIES, ANALOGIES)
    else:
        report(model, HELP_QUERIES, HELP_ANALOGIES)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
