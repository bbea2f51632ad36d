"""Lee's news texts, in gensim's package: 350 documents, of which 50 have similarities that people gave."""

import numpy as np
from gensim.test.utils import datapath
from gensim.utils import simple_preprocess


def documents():
    """All documents as lists of words; the last 50 are those of `similarities`."""
    texts = []
    for name in ("lee_background.cor", "lee.cor"):
        with open(datapath(name), encoding="latin-1") as lines:
            texts += [simple_preprocess(line) for line in lines]
    return texts


def similarities():
    """Mean similarity of each pair of the 50 documents, upper triangle."""
    table = np.loadtxt(datapath("similarities0-1.txt"))
    return table[np.triu_indices(len(table), 1)]


def trained(seed, **options):
    """Word vectors of these texts."""
    from gensim.models import Word2Vec

    defaults = {"vector_size": 50, "min_count": 2, "epochs": 30, "sg": 1, "workers": 1}
    return Word2Vec(documents(), seed=seed, **{**defaults, **options})
