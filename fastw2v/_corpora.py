"""Where version 0.1 kept ``compat.corpora``: its pickles name the classes by this path."""

from fastw2v.compat.corpora import ClippedCorpus, RepeatCorpus, RepeatCorpusNTimes, SaveLoad, SlicedCorpus

__all__ = ["ClippedCorpus", "RepeatCorpus", "RepeatCorpusNTimes", "SaveLoad", "SlicedCorpus"]
