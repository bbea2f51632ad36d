"""Where version 0.1 kept ``compat.old_names``: its pickles name the class by this path."""

from fastw2v.compat.old_names import CompatVocab

__all__ = ["CompatVocab"]
