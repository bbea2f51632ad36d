"""``fastw2v similar`` and ``fastw2v analogy``: ask vectors, once or line by line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from fastw2v.cli import vectors
from fastw2v.errors import ConfigError

if TYPE_CHECKING:
    from fastw2v import KeyedVectors

Answer = Callable[["KeyedVectors", list[str], argparse.Namespace], Any]


class Query(NamedTuple):
    """A subcommand that asks the same question of one line of words after another."""

    HELP: str
    DESCRIPTION: str
    n_words: int | None  # a question has so many words; None: any number but none
    answer: Answer

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the flags."""
        vectors.add_arguments(parser)
        parser.add_argument("words", metavar="WORD", nargs="*", help="the question; without, lines of stdin are asked")
        parser.add_argument("-n", "--topn", type=int, default=10, help="number of answers (default 10)")
        parser.add_argument("--restrict-vocab", type=int, metavar="N", help="answer with the first N words only")
        if self.n_words is None:
            parser.add_argument("--negative", action="append", default=[], metavar="WORD", help="a word to subtract")

    def run(self, args: argparse.Namespace) -> int:
        """Answer all questions; 1 if a word was not known."""
        if args.words and self.n_words not in (None, len(args.words)):
            raise ConfigError(f"give {self.n_words} words, not {len(args.words)}: {' '.join(args.words)}")
        loaded = vectors.load(args.vectors, args)
        if args.words:
            show(self.answer(loaded, args.words, args))
            return 0
        code = 0
        if sys.stdin is None:
            raise ConfigError("stdin is closed, so there is no question; give the words as arguments")
        for words in questions(sys.stdin):
            try:
                if self.n_words not in (None, len(words)):
                    raise ConfigError(f"give {self.n_words} words, not {len(words)}: {' '.join(words)}")
                show(self.answer(loaded, words, args))
            except (KeyError, ConfigError) as error:
                print(error.args[0], file=sys.stderr)
                code = 1
            print(flush=True)
        return code


def questions(lines: Iterable[str]) -> Iterator[list[str]]:
    """Give the words of each line that has any; ask a person for them."""
    prompt = sys.stdin.isatty()
    if prompt:
        print("words, or an empty line to end: ", end="", file=sys.stderr, flush=True)
    for line in lines:
        words = line.split()
        if not words and prompt:
            return
        if words:
            yield words
        if prompt:
            print("> ", end="", file=sys.stderr, flush=True)


def show(neighbours: Iterable[tuple[Any, float]]) -> None:
    """Print lines "word TAB similarity"."""
    for word, similarity in neighbours:
        print(f"{word}\t{similarity:.6f}")


def similar(loaded: KeyedVectors, words: list[str], args: argparse.Namespace) -> Any:
    """Give the words nearest to the sum of some."""
    return loaded.most_similar(
        positive=words, negative=args.negative, topn=args.topn, restrict_vocab=args.restrict_vocab
    )


def analogy(loaded: KeyedVectors, words: list[str], args: argparse.Namespace) -> Any:
    """Give what is to the third word as the second is to the first."""
    first, second, third = words
    return loaded.most_similar(
        positive=[second, third], negative=[first], topn=args.topn, restrict_vocab=args.restrict_vocab
    )


SIMILAR = Query(
    "list the words nearest to a word, or to the sum of some",
    """List the words nearest to a word, or to the sum of some, with their cosine similarity:

  fastw2v similar vectors.txt king
  fastw2v similar vectors.txt king woman --negative man
  fastw2v similar vectors.txt < words.txt
""",
    None,
    similar,
)
ANALOGY = Query(
    "man is to king as woman is to ...",
    """Complete an analogy, with the cosine similarity of each answer:

  fastw2v analogy vectors.txt man king woman
  fastw2v analogy vectors.txt < triples.txt
""",
    3,
    analogy,
)
