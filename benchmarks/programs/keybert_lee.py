"""pip install --no-deps keybert: keywords of documents; knows the vectors by "gensim" in the name of their type.

Figure: share of the keywords that are among the twenty words of the document with the highest TF-IDF.
"""

import graphs
import lee
import numpy as np
from keybert import KeyBERT
from sklearn.feature_extraction.text import TfidfVectorizer

model = lee.trained(graphs.seed())
texts = [" ".join(text) for text in lee.documents()]
found = KeyBERT(model.wv).extract_keywords(texts[-50:], top_n=5)
tfidf = TfidfVectorizer()
tfidf.fit(texts)
names = tfidf.get_feature_names_out()
shares = []
for text, keywords in zip(texts[-50:], found, strict=True):
    best = set(names[np.argsort(-tfidf.transform([text]).toarray()[0])[:20]])
    shares.append(np.mean([word in best for word, _ in keywords]))
graphs.report("share", np.mean(shares))
