"""Exceptions of the package; each is also what gensim would raise, so that existing handlers work.

Every message names the argument, the value that was met and the way out.
"""


class ConfigError(ValueError):
    """A parameter is outside its range, or two parameters contradict each other."""


class CorpusError(TypeError):
    """A corpus is not a re-iterable of token sequences (or the like): the message says what it is."""


class VocabularyError(RuntimeError):
    """There is no vocabulary yet, or nothing is left of it after trimming."""


class TrainingError(RuntimeError):
    """Training stopped because a guarantee did not hold (words lost, weights not finite)."""


class FormatError(ValueError):
    """A file is not what its format demands; the message names the byte offset or the row."""


class TruncatedFileError(FormatError, EOFError):
    """A file ends before the data that its header promises."""


class RankError(RuntimeError):
    """A rank of a training by several processes is gone, or has failed: the message names it."""
