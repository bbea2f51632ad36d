"""pip install LibRecommender tensorflow-cpu torch pandas scikit-learn: a recommender, Item2Vec.

As in its examples: the last fifth of what each user watched is held out.  Figure: NDCG of the first ten
recommendations, by the package's own evaluation.
"""

import films
import graphs
from libreco.algorithms import Item2Vec
from libreco.data import DatasetPure, split_by_ratio_chrono
from libreco.evaluation import evaluate

seed = graphs.seed()
train, held_out = split_by_ratio_chrono(films.watched(), test_size=0.2)
train, information = DatasetPure.build_trainset(train)
held_out = DatasetPure.build_evalset(held_out)
model = Item2Vec("ranking", information, embed_size=16, window_size=5, n_epochs=10, n_threads=2, seed=seed)
model.fit(train, neg_sampling=True, verbose=2, eval_data=held_out, metrics=["loss", "roc_auc", "precision", "ndcg"])
model.predict(user=1, item=23)
model.recommend_user(user=1, n_rec=7)
graphs.report("NDCG@10", evaluate(model, held_out, neg_sampling=True, metrics=["ndcg"], k=10)["ndcg"])
