"""Every parameter of training, one row each: default, check, advice, meaning, and where it is known.

Whatever has to know the parameters reads them here: the constructor of ``Word2Vec`` checks with the rows, files store
and check with them, ``fastw2v train`` has a flag for each, and ``python -m fastw2v.parameters`` writes the table of
``docs/parameters.md``.  A new parameter is one more row, and its use.
"""

from __future__ import annotations

import logging
import math
import numbers
import re
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar

import numpy as np

from fastw2v._parallel import usable_cpus
from fastw2v.checks import MAX_INT32, ParameterTypeError, checked_flag, checked_integer, checked_real
from fastw2v.errors import ConfigError

logger = logging.getLogger("fastw2v.word2vec")

MOST_THREADS = 10_000  # more than any machine starts
MOST_NOISE = 100_000  # words for a window: each thread keeps those of 512 windows
MOST_EXPONENT = 16  # the power of a count below 2**62 is a float then
LARGEST = 1e300  # of a number that stays an int where it is one

# ----------------------------------------------------------------------- kinds of values ----


@dataclass(frozen=True)
class Whole:
    """An integer; whole numbers of other types will do."""

    low: int | None = None
    high: int | None = None
    none: bool = False
    parse = int  # what makes a value of the text of a flag

    def checked(self, name: str, value: Any, advice: str) -> Any:
        """Give the value as an int, or raise ConfigError."""
        return None if value is None and self.none else checked_integer(name, value, self.low, advice, self.high)

    def __str__(self) -> str:
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high in (None, MAX_INT32) else self.high
        return _bounded("integer", low, high, self.none)


def sides(text: str) -> int | tuple[int, int]:
    """Read the window that a flag gives, ``5`` or ``5,0``."""
    found = [int(side) for side in text.split(",")]
    if len(found) > 2:
        raise ValueError(f"{text!r} is neither one number nor two")
    return found[0] if len(found) == 1 else (found[0], found[1])


def sides_of(window: int | tuple[int, int]) -> tuple[int, int]:
    """Return how far a window reaches before a word, and after it.

    Examples
    --------
    >>> sides_of(5), sides_of((5, 0))
    ((5, 5), (5, 0))
    """
    return window if isinstance(window, tuple) else (window, window)


@dataclass(frozen=True)
class Reach(Whole):
    """An integer of at least 1, or a pair of integers of at least 0, which are not both 0; a pair of equals is one."""

    parse = staticmethod(sides)  # type: ignore[assignment]

    def checked(self, name: str, value: Any, advice: str) -> Any:
        """Give the value as an int or a pair of ints, or raise ConfigError."""
        if not isinstance(value, tuple | list | np.ndarray) or len(np.shape(value)) != 1 or len(value) != 2:
            return super().checked(name, value, advice)
        left, right = (checked_integer(name, side, 0, advice, self.high) for side in value)
        return super().checked(name, left, advice) if left == right else (left, right)

    def __str__(self) -> str:
        return f"{super().__str__()}, or a pair of integers >= 0"


@dataclass(frozen=True)
class Threads(Whole):
    """A number of threads, at least 1; -1 becomes one for each processor that the process may use."""

    zero_is_one: ClassVar[bool] = False  # under the patch: what gensim takes is trained, with a warning

    def checked(self, name: str, value: Any, advice: str) -> Any:
        """Give the number of threads, or raise ConfigError."""
        if isinstance(value, numbers.Real) and value == -1:
            return usable_cpus()
        if self.zero_is_one and isinstance(value, numbers.Real) and value == 0:
            logger.warning("%s=0: training with one thread, where gensim would train nothing; %s", name, advice)
            return 1
        return super().checked(name, value, advice)

    def __str__(self) -> str:
        return f"{super().__str__()}, -1"


@dataclass(frozen=True)
class Real:
    """A finite number, which becomes a float."""

    low: float = -math.inf
    high: float = math.inf
    none: bool = False
    parse = float

    def checked(self, name: str, value: Any, advice: str) -> Any:
        """Give the value as a float, or raise ConfigError."""
        return None if value is None and self.none else checked_real(name, value, advice, self.low, self.high)

    def __str__(self) -> str:
        return _bounded("number", self.low, self.high, self.none)


@dataclass(frozen=True)
class Amount:
    """A finite number that stays what it is, int or float."""

    low: float = -LARGEST
    none: bool = False
    parse = int

    def checked(self, name: str, value: Any, advice: str) -> Any:
        """Give the value as it is, or raise ConfigError."""
        if value is None and self.none:
            return None
        if not isinstance(value, numbers.Real):
            raise ParameterTypeError(f"{name}={value!r:.60}: must be a number; {advice}")
        amount: Any = value
        if not self.low <= amount <= LARGEST:  # NaN neither
            bound = "a finite number" if self.low == -LARGEST else f"a finite number >= {self.low:g}"
            raise ConfigError(f"{name}={value!r:.60}: must be {bound}; {advice}")
        return value

    def __str__(self) -> str:
        return _bounded("number", -math.inf if self.low == -LARGEST else self.low, math.inf, self.none)


@dataclass(frozen=True)
class Flag:
    """A switch: 0 or 1 where gensim has these, False or True otherwise."""

    form: Callable[[Any], Any] = int
    none: bool = False
    parse = int

    def checked(self, name: str, value: Any, advice: str) -> Any:
        """Give the value in its form, or raise ConfigError."""
        return None if value is None and self.none else self.form(checked_flag(name, value, advice))

    def __str__(self) -> str:
        return ("0, 1" if self.form is int else "False, True") + ", None" * self.none


@dataclass(frozen=True)
class Truth(Flag):
    """What files hold of a switch: those of 0.1 and of gensim, whatever number or None the program had given."""

    def checked(self, name: str, value: Any, advice: str) -> Any:
        """Give the value in its form, or raise ConfigError."""
        if value is None or not isinstance(value, (int, float)):
            return super().checked(name, value, advice) if value is not None or self.none else self.form(0)
        return self.form(bool(value))


@dataclass(frozen=True)
class Anything:
    """A value that only others look at."""

    what: str = "anything"
    parse = str

    def checked(self, name: str, value: Any, advice: str) -> Any:
        """Give the value as it is."""
        del name, advice
        return value

    def __str__(self) -> str:
        return self.what


@dataclass(frozen=True)
class Device:
    """Where to train."""

    none: bool = True
    parse = str

    def checked(self, name: str, value: Any, advice: str) -> Any:
        """Give the value, or raise ConfigError."""
        if value is None or (isinstance(value, str) and re.fullmatch(r"cpu|cuda(:\d{1,3})?", value)):
            return value
        error = ConfigError if isinstance(value, str) else ParameterTypeError
        raise error(f"{name}={value!r:.60}: must be 'cpu', 'cuda' or 'cuda:' and the number of a card; {advice}")

    def __str__(self) -> str:
        return "cpu, cuda, cuda:1 ..., None"


Kind = Whole | Real | Amount | Flag | Anything | Device


def _bounded(what: str, low: float, high: float, none: bool) -> str:
    bounds = "" if low == -math.inf else f" >= {low:g}" if high == math.inf else f" from {low:g} to {high:g}"
    return what + bounds + ", None" * none


# ----------------------------------------------------------------------------- the table ----


@dataclass(frozen=True)
class Row:
    """What there is to know about one parameter.

    Parameters
    ----------
    name, default
        As in the signature of ``Word2Vec``.
    kind : Kind
        Which values it may have; its ``checked`` is the check.
    doc : str
        What it means, in sentences.
    advice : str
        What to do about a value that it cannot have; ends the message of the error.
    gensim : bool
        Whether gensim 4 has it.
    in_file : Kind or None
        Which values a file may hold, None: files do not store it.
    flags : tuple of str, or None
        Names of the flag of ``fastw2v train``, None: it has none.
    """

    name: str
    default: Any
    kind: Kind
    doc: str
    advice: str
    gensim: bool
    in_file: Kind | None
    flags: tuple[str, ...] | None

    def checked(self, value: Any) -> Any:
        """Give a value in the form that it is used in, or raise ConfigError."""
        return self.kind.checked(self.name, value, self.advice)


def row(
    default: Any,
    kind: Kind,
    doc: str,
    advice: str = "",
    *,
    gensim: bool = True,
    stored: bool = True,
    in_file: Kind | None = None,
    flags: str | None = "",
) -> Any:
    """Describe one field of :class:`Parameters`: see :class:`Row`.

    ``in_file`` says what files may hold where that is more than ``kind`` (older files, gensim's); ``flags`` are further
    names of the flag, beside the name itself; ``stored=False`` and ``flags=None`` mean: not in files, no flag.
    """
    if in_file is None and stored:
        in_file = Truth(kind.form, kind.none) if isinstance(kind, Flag) else kind
    details = {"kind": kind, "doc": doc, "advice": advice or f"{default!r} is usual", "gensim": gensim}
    return field(default=default, metadata={**details, "in_file": in_file, "flags": flags})


@dataclass(frozen=True)
class Parameters:
    """The parameters of a model, checked: what vocabulary, training loop and files see of it.

    The fields are the table, in the order of gensim's signature; what is new follows at the end.

    Raises
    ------
    ConfigError
        If a value is out of range; the message names the parameter, the value and what to do.

    Examples
    --------
    >>> Parameters(sg="1").sg
    1
    >>> Parameters(window=0)
    Traceback (most recent call last):
    fastw2v.errors.ConfigError: window=0: must be an integer from 1 to 2147483647; 5 is usual; a window of 0 has no context to learn from
    """  # noqa: E501

    vector_size: int = row(100, Whole(1, MAX_INT32), "Dimension of the vectors.", "100 is usual", flags="-size --size")
    alpha: float = row(
        0.025, Real(0), "Learning rate at the start; it falls linearly to `min_alpha`.", "0.025 is usual",
        flags="-alpha",
    )  # fmt: skip
    window: int | tuple[int, int] = row(
        5, Reach(1, MAX_INT32), "Largest distance between two words that count as context of each other; a pair: of "
        "the words before a word and of those after it, such as `(5, 0)`.",
        "5 is usual; a window of 0 has no context to learn from", flags="-window",
    )  # fmt: skip
    min_count: int = row(
        5, Amount(), "Words that occur less often are left out.", "5 is usual, 1 keeps every word",
        in_file=Amount(none=True), flags="-min-count -min_count",
    )  # fmt: skip
    max_vocab_size: int | None = row(
        None, Amount(0, none=True), "While counting, prune rare words whenever there are more distinct words than "
        "this.", "None, for no limit, is usual",
    )  # fmt: skip
    sample: float | None = row(
        1e-3, Real(0, none=True), "Threshold of sub-sampling: more of the words that are more frequent than this share "
        "of the text are left out; 0 turns it off.", "0.001 is usual, 0 turns sub-sampling off", flags="-sample",
    )  # fmt: skip
    seed: int | None = row(
        1, Whole(none=True), "Equal seeds give equal draws; with `workers=1`, equal vectors. None: another one each "
        "time.", "any integer will do",
    )  # fmt: skip
    workers: int = row(
        3, Threads(1, MOST_THREADS), "Training threads; -1: one for each processor.",
        "use -1 for as many as there are processors, or at least 1 and not many more than processors",
        in_file=Whole(-1, MOST_THREADS), flags="-threads --threads",
    )  # fmt: skip
    min_alpha: float = row(0.0001, Real(0), "Learning rate at the end.", "0.0001 is usual")
    sg: int = row(0, Flag(), "1 for skip-gram, 0 for CBOW.", "1 is skip-gram, 0 is CBOW")
    hs: int = row(0, Flag(), "1 for hierarchical softmax.", "1 turns hierarchical softmax on", flags="-hs")
    negative: int = row(
        5, Whole(0, MOST_NOISE), "Noise words for each window; 0 turns negative sampling off.",
        "5 is usual, 0 turns negative sampling off, and softmax=True asks every word", in_file=Whole(0, MAX_INT32),
        flags="-negative",
    )  # fmt: skip
    ns_exponent: float = row(
        0.75, Real(-MOST_EXPONENT, MOST_EXPONENT),
        "Exponent of the noise distribution: 1 draws words as often as they occur, 0 all equally.",
        "0.75 is usual", in_file=Real(-MOST_EXPONENT, MOST_EXPONENT, none=True),
    )  # fmt: skip
    cbow_mean: int = row(
        1, Flag(), "1: CBOW's input is the mean of the context vectors, 0: their sum.", "1 is the mean, 0 the sum",
    )  # fmt: skip
    hashfxn: Callable[[Any], int] = row(
        hash, Anything("function"), "Kept for gensim's sake; the initial vectors depend on `seed` alone.",
        stored=False, flags=None,
    )  # fmt: skip
    epochs: int = row(5, Whole(1, MAX_INT32), "Passes over the text.", "train at least one epoch", flags="-iter --iter")
    null_word: int = row(0, Flag(), '1 adds the pseudo-word `"\\0"`.', "1 adds a word for padding", flags=None)
    sorted_vocab: int = row(
        1, Flag(), "1 sorts the vocabulary by falling count.", "1 sorts, 0 keeps the order of the text"
    )
    batch_words: int = row(
        10000, Amount(0), "Kept for gensim's sake; chunk sizes follow from the corpus alone. (Only overrides of "
        "`_do_train_job` get batches of about so many words.)", "10000 is usual", in_file=Amount(0, none=True),
        flags=None,
    )  # fmt: skip
    compute_loss: bool = row(
        False, Flag(bool), "Sum the loss over all pairs, see `get_latest_training_loss`. Without, `loss_history` is "
        "estimated from every 16th window.", "True sums the loss", flags=None,
    )  # fmt: skip
    comment: Any = row(None, Anything(), "Stored with the model.")
    max_final_vocab: int | None = row(
        None, Whole(0, none=True), "Raise `min_count` until at most so many words are left.", "None is no limit",
        flags="--max-vocab",
    )  # fmt: skip
    shrink_windows: bool = row(
        True, Flag(bool), "Draw the window of each word uniformly from 1 to `window`; one draw serves both sides.",
        "False: every window is as large as window says",
    )  # fmt: skip
    cbow_exact: bool = row(
        False, Flag(bool), "CBOW with the exact gradient of the mean (or sum), instead of word2vec.c's; use a larger "
        "`alpha`, such as 0.075.", "False is word2vec.c's gradient", gensim=False,
    )  # fmt: skip
    joint_context: bool = row(
        False, Flag(bool), "Skip-gram's context words move together, by the output vectors as they were before them, "
        "instead of one after the other as in word2vec: a little better in text, worse for items and graphs.",
        "False is word2vec's order", gensim=False,
    )  # fmt: skip
    softmax: bool = row(
        False, Flag(bool), "Exact softmax over the whole vocabulary, instead of `negative` (which becomes 0) and `hs`: "
        "for vocabularies of up to some ten thousand words, with the exact gradient. A small corpus "
        "wants a larger `alpha`, such as 0.1.", "True is for few words", gensim=False,
    )  # fmt: skip
    keep_rare: bool = row(
        False, Flag(bool), "Remember how often words below `min_count` occurred: `build_vocab(update=True)` "
        "adds to it, and takes a word in when the sum reaches `min_count`. At most "
        "`max_vocab_size` words are remembered.", "True remembers them", gensim=False,
    )  # fmt: skip
    progress: bool | None = row(
        None, Flag(bool, none=True), "True shows a progress bar, False only log records; None: a bar in a terminal.",
        "None decides by the terminal", gensim=False, flags=None,
    )  # fmt: skip
    checkpoint: Any = row(
        None, Anything("path, None"), "Write the state of training to this file now and then, so that "
        "`Word2Vec.resume` can go on from it after a crash; Ctrl-C and SIGTERM write it once more.", gensim=False,
        stored=False, flags=None,
    )  # fmt: skip
    checkpoint_every: float | str | None = row(
        None, Anything("number, text, None"), "Seconds, or a text such as `\"5 min\"`, `\"10000000 words\"`, "
        "`\"1 epoch\"`; None: a minute, or longer where the model is so large that this would take more than 2 % of a "
        "processor.", gensim=False, stored=False, flags=None,
    )  # fmt: skip

    engine: Any = row(
        None, Anything('`"mpi"`, None'), "Train together with the other processes that `mpiexec` or `srun` has "
        "started, all of which run the same program; None: this process alone.", gensim=False, stored=False, flags=None,
    )  # fmt: skip
    device: str | None = row(
        None, Device(), "Where to train: on the processor, `\"cpu\"`, or on a CUDA card, `\"cuda\"` or `\"cuda:1\"`; "
        "None: as the environment variable `FASTW2V_DEVICE` says, or else on the processor.",
        "'cpu' needs no card", gensim=False, stored=False,
    )  # fmt: skip

    def __post_init__(self) -> None:
        values = vars(self)
        for name, one in TABLE.items():
            if values[name] is not one.default:  # which is as it must be, and most values are
                values[name] = one.checked(values[name])


def _rows() -> dict[str, Row]:
    """Read the table off the fields."""
    found = {}
    for one in fields(Parameters):
        assert one.default is not MISSING
        details = dict(one.metadata)
        if details["flags"] is not None:
            details["flags"] = (*details["flags"].split(), "--" + one.name.replace("_", "-"))
        found[one.name] = Row(one.name, one.default, **details)
    return found


TABLE: dict[str, Row] = _rows()
DEFAULTS: dict[str, Any] = {name: one.default for name, one in TABLE.items()}
STORED: dict[str, Row] = {name: one for name, one in TABLE.items() if one.in_file is not None}


def check_objective(parameters: Parameters) -> None:
    """Raise ConfigError unless there is something to train for, and the objectives do not contradict each other."""
    if parameters.softmax and (parameters.hs or parameters.negative):
        raise ConfigError(
            f"softmax=True with hs={parameters.hs} and negative={parameters.negative}: the exact softmax replaces the "
            "two others, which approximate it; set hs=0 and negative=0, or softmax=False"
        )
    if not parameters.hs and not parameters.negative and not parameters.softmax:
        raise ConfigError(
            "hs=0 and negative=0: there is no training objective left; "
            "set negative=5 (negative sampling) or hs=1 (hierarchical softmax), or softmax=True for few words"
        )


def as_markdown() -> str:
    """Give the table of ``docs/parameters.md``."""
    lines = [
        "| parameter | default | values | gensim 4 | in the file | `fastw2v train` | |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in TABLE.values():
        default = "`hash`" if one.default is hash else f"`{one.default!r}`"
        flag = f"`{one.flags[-1]}`" if one.flags else ""
        known = ["yes" if there else "" for there in (one.gensim, one.in_file is not None)]
        lines.append(f"| `{one.name}` | {default} | {one.kind} | {' | '.join(known)} | {flag} | {one.doc} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(as_markdown(), end="")
