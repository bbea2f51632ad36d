"""Which names of gensim are which names here: the one table that the patch works from."""

from __future__ import annotations

GENSIM_VERSION = "4.4.0"  # the version whose interface this is; what the stand-in package says it is

_CORPORA = ("LineSentence", "PathLineSentences", "Text8Corpus", "BrownCorpus")

# gensim module -> {name: "module:attribute" of ours}
MODULES: dict[str, dict[str, str]] = {
    "gensim.models.word2vec": {
        "Word2Vec": "fastw2v.word2vec:Word2Vec",
        **{name: f"fastw2v.word2vec:{name}" for name in _CORPORA},
        "KeyedVectors": "fastw2v.keyedvectors:KeyedVectors",
        "Vocab": "fastw2v.keyedvectors:Vocab",
        "REAL": "fastw2v.keyedvectors:REAL",
        "pseudorandom_weak_vector": "fastw2v.keyedvectors:pseudorandom_weak_vector",
        "keep_vocab_item": "fastw2v.utils:keep_vocab_item",
        "FAST_VERSION": "fastw2v.patch.names:FAST_VERSION",
        "CORPUSFILE_VERSION": "fastw2v.patch.names:FAST_VERSION",
        "MAX_WORDS_IN_BATCH": "fastw2v.text.encoded:MAX_SENTENCE_WORDS",
    },
    "gensim.models.keyedvectors": {
        name: f"fastw2v.keyedvectors:{name}"
        for name in (
            "KeyedVectors", "Word2VecKeyedVectors", "Doc2VecKeyedVectors", "EuclideanKeyedVectors", "CompatVocab",
            "Vocab", "REAL", "load_word2vec_format", "prep_vectors", "pseudorandom_weak_vector",
        )
    },
    "gensim.models.phrases": {
        name: f"fastw2v.phrases:{name}"
        for name in (
            "Phrases", "FrozenPhrases", "Phraser", "ENGLISH_CONNECTOR_WORDS", "original_scorer", "npmi_scorer",
            "_PhrasesTransformation",
        )
    },
    "gensim.models.callbacks": {"CallbackAny2Vec": "fastw2v.callbacks:CallbackAny2Vec"},
    "gensim.utils": {
        name: f"fastw2v.utils:{name}"
        for name in (
            "RULE_DEFAULT", "RULE_DISCARD", "RULE_KEEP", "any2unicode", "any2utf8", "to_unicode", "to_utf8",
            "deaccent", "simple_tokenize", "tokenize", "simple_preprocess", "keep_vocab_item", "prune_vocab",
            "trim_vocab_by_freq", "merge_counts", "save_as_line_sentence", "PAT_ALPHABETIC",
        )
    },
}  # fmt: skip

# Set on the package itself: `from gensim.models import Word2Vec`.
PACKAGES = {
    "gensim.models": {
        "Word2Vec": "fastw2v.word2vec:Word2Vec",
        "KeyedVectors": "fastw2v.keyedvectors:KeyedVectors",
        "Phrases": "fastw2v.phrases:Phrases",
        "FAST_VERSION": "fastw2v.patch.names:FAST_VERSION",
    },
}

# What loading gives in place of more of gensim's classes, which the patch does not replace.
FOUND_BY_TYPE = {"gensim.models.fasttext": {"FastTextKeyedVectors": "fastw2v.keyedvectors:FastTextKeyedVectors"}}

# Programs that gensim has, too: `python -m gensim.scripts.word2vec_standalone`.
SCRIPTS = {
    f"gensim.scripts.{name}": f"fastw2v.scripts.{name}"
    for name in ("word2vec_standalone", "word2vec2tensor", "glove2word2vec")
}

# Our loggers, and those that programs know them by.
_LOADERS = ("_rows", "_tempfiles", "delimited", "fasttext", "finalfusion", "gensim", "word2vec")
LOGGERS = {
    **{f"fastw2v.{name}": f"gensim.models.{name}" for name in ("word2vec", "keyedvectors", "phrases")},
    "fastw2v.utils": "gensim.utils",
    "fastw2v.formats": "gensim.models.keyedvectors",
    **{f"fastw2v.formats.{name}": "gensim.models.keyedvectors" for name in _LOADERS},
}

# Modules that ask isinstance(model, KeyedVectors) of what may be gensim's own, or ours.
INDEXERS = ("gensim.similarities.annoy", "gensim.similarities.nmslib")

# What `python -m` runs of gensim's modules that stand-ins are in the place of: a stand-in holds no program.
PROGRAMS = {"gensim.models.word2vec": "gensim.scripts.word2vec_standalone"}

# gensim's compiled modules: not every build of it has the second.
COMPILED: dict[str, dict[str, str]] = {
    "gensim.models.word2vec_inner": {
        "FAST_VERSION": "fastw2v.patch.names:FAST_VERSION",
        "MAX_WORDS_IN_BATCH": "fastw2v.text.encoded:MAX_SENTENCE_WORDS",
    },
    "gensim.models.word2vec_corpusfile": {"CORPUSFILE_VERSION": "fastw2v.patch.names:FAST_VERSION"},
}

# Their loops read a model's arrays by address: not for arrays of another layout.
REFUSED = {
    name: "it reads the arrays of a model by address, and the models here have another layout; "
    "call model.train() or model.score()"
    for name in (
        "train_batch_sg", "train_batch_cbow", "train_epoch_sg", "train_epoch_cbow", "score_sentence_sg",
        "score_sentence_cbow",
    )
}  # fmt: skip

FAST_VERSION = 1

# Without gensim: more of its modules that are needed around the ones above.
WITHOUT_GENSIM: dict[str, dict[str, str]] = {
    "gensim.utils": {
        name: f"fastw2v.utils:{name}"
        for name in (
            "SaveLoad", "RepeatCorpus", "RepeatCorpusNTimes", "ClippedCorpus", "SlicedCorpus", "call_on_class_only",
            "chunkize_serial", "deprecated", "file_or_filename", "flatten", "get_random_state", "grouper",
            "ignore_deprecation_warning", "lazy_flatten", "open", "open_file",
        )
    },
    "gensim.models.word2vec": {
        name: f"fastw2v.patch.obsolete:{name}" for name in ("Heapitem", "Word2VecTrainables", "Word2VecVocab")
    },
    "gensim.test.utils": {
        "common_texts": "fastw2v.patch.names:COMMON_TEXTS",
        "get_tmpfile": "fastw2v.patch.names:get_tmpfile",
    },
}  # fmt: skip

# The nine titles of Deerwester et al. (1990), which every tutorial begins with.
COMMON_TEXTS = [
    line.split()
    for line in (
        "human interface computer", "survey user computer system response time", "eps user interface system",
        "system human system eps", "user response time", "trees", "graph trees", "graph minors trees",
        "graph minors survey",
    )
]  # fmt: skip


def get_tmpfile(suffix: str) -> str:
    """Path of a file in the folder for temporary files."""
    import os
    import tempfile

    return os.path.join(tempfile.gettempdir(), suffix)
