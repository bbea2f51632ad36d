"""``fastw2v similar``, ``analogy`` and ``odd-one-out``: ask vectors, once, line by line, or in a conversation."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from fastw2v.cli import messages, vectors
from fastw2v.cli.conversation import questions
from fastw2v.errors import ConfigError

if TYPE_CHECKING:
    from fastw2v import KeyedVectors

Answer = Callable[["KeyedVectors", list[str], argparse.Namespace], Any]


class Query(NamedTuple):
    """A subcommand that asks the same question of one line of words after another."""

    HELP: str
    DESCRIPTION: str
    least: int  # words of a question
    most: int | None  # None: any number
    answer: Answer
    ranks: bool = True  # the answer is a list of words

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the flags."""
        vectors.add_arguments(parser)
        parser.add_argument("words", metavar="WORD", nargs="*", help="the question; without, lines of stdin are asked")
        if self.ranks:
            parser.add_argument(
                "-n", "--topn", type=int, default=10, metavar="N", help="number of answers (default 10)"
            )
            parser.add_argument("--restrict-vocab", type=int, metavar="N", help="answer with the first N words only")
        if self.ranks and self.most is None:
            parser.add_argument("--negative", action="append", default=[], metavar="WORD", help="a word to subtract")
        messages.add_json(parser)

    def run(self, args: argparse.Namespace) -> int:
        """Answer all questions; 1 if a word was not known."""
        if args.words and args.words != ["-"]:
            self.check(args.words)
            show(self.answer(vectors.load(args.vectors, args), args.words, args), args.words, args)
            return 0
        if sys.stdin is None or args.vectors == "-":
            raise ConfigError(
                "stdin gives no question (it is closed, or gives the vectors); give the words as arguments"
            )
        return self.converse(vectors.load(args.vectors, args), args)

    def converse(self, loaded: KeyedVectors, args: argparse.Namespace) -> int:
        """Answer each line of stdin; 1 if a word was not known."""
        code = 0
        for words in questions(loaded):
            try:
                self.check(words)
                show(self.answer(loaded, words, args), words, args)
            except (KeyError, ConfigError) as error:
                print(messages.message_of(error), file=sys.stderr)
                code = 1
            if not args.json:
                print()
            sys.stdout.flush()
        return code

    def check(self, words: list[str]) -> None:
        """Raise ConfigError for a question with too few or too many words."""
        if len(words) < self.least or (self.most is not None and len(words) > self.most):
            wanted = f"{self.least} words" if self.least == self.most else f"at least {self.least} words"
            raise ConfigError(f"give {wanted}, not {len(words)}: {' '.join(words)}")


def show(answer: Any, words: list[str], args: argparse.Namespace) -> None:
    """Print lines "word TAB similarity", or the word that is the answer; or both as JSON."""
    if isinstance(answer, str):
        print(messages.as_json({"words": words, "answer": answer}) if args.json else answer)
    elif args.json:
        found = [{"word": word, "similarity": round(float(similarity), 6)} for word, similarity in answer]
        print(messages.as_json({"words": words, "neighbours": found}))
    else:
        show_neighbours(answer)


def show_neighbours(neighbours: Iterable[tuple[Any, float]]) -> None:
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


def odd_one_out(loaded: KeyedVectors, words: list[str], args: argparse.Namespace) -> Any:
    """Give the word that is farthest from the mean of all."""
    del args
    for word in words:
        loaded.get_index(word)  # an unknown word is an error here, and not left out
    return str(loaded.doesnt_match(words))


SIMILAR = Query(
    "list the words nearest to a word, or to the sum of some",
    """List the words nearest to a word, or to the sum of some, with their cosine similarity. Without words, each line
of stdin is a question; in a terminal with line editing, history and completion (Tab):

  fastw2v similar vectors.txt king
  fastw2v similar vectors.txt -n 3 king woman --negative man
  fastw2v similar vectors.txt < words.txt
""",
    1,
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
    3,
    analogy,
)
ODD_ONE_OUT = Query(
    "name the word that does not go with the others",
    """Name the word that is farthest from the mean of all:

  fastw2v odd-one-out vectors.txt king queen woman the
""",
    2,
    None,
    odd_one_out,
    ranks=False,
)
