"""Find phrases such as "new_york" in a corpus and join their words, before or between trainings.

    phrases = Phrases(sentences, min_count=5, threshold=10.0)
    model = Word2Vec(phrases[sentences])

`Phrases` counts words and pairs natively, with the results of ``gensim.models.phrases``;
`FrozenPhrases` keeps the accepted phrases only.
"""

from fastw2v.phrases.model import FrozenPhrases, Phraser, Phrases
from fastw2v.phrases.scoring import ENGLISH_CONNECTOR_WORDS, npmi_scorer, original_scorer
from fastw2v.phrases.stream import TransformedCorpus
from fastw2v.phrases.transform import PhrasesTransformation

# gensim's programs (and its tests) subclass it under this name.
_PhrasesTransformation = PhrasesTransformation

__all__ = [
    "ENGLISH_CONNECTOR_WORDS",
    "FrozenPhrases",
    "Phraser",
    "Phrases",
    "PhrasesTransformation",
    "TransformedCorpus",
    "npmi_scorer",
    "original_scorer",
]
