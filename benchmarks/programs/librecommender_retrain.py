"""pip install LibRecommender tensorflow-cpu torch pandas scikit-learn: a recommender, DeepWalk, trained on.

As in its example of retraining: a model of some users and films is saved; later it is loaded
(``build_vocab(update=True)``) and trained with all of them.  DeepWalk keeps ``negative=5`` beside ``hs=1``.  Figure: as
in librecommender_films.py.
"""

import random
import tempfile

import films
import graphs
from libreco.algorithms import DeepWalk
from libreco.data import DataInfo, DatasetPure, split_by_ratio_chrono
from libreco.evaluation import evaluate

seed = graphs.seed()
random.seed(seed)
settings = {"embed_size": 16, "n_walks": 10, "walk_length": 10, "n_epochs": 10, "n_threads": 2, "seed": seed}
data = films.watched()
first, _ = split_by_ratio_chrono(data[(data.user < 300) & (data.item % 10 != 9)], test_size=0.2)
train, held_out = split_by_ratio_chrono(data, test_size=0.2)
with tempfile.TemporaryDirectory() as folder:
    first, information = DatasetPure.build_trainset(first)
    model = DeepWalk("ranking", information, **settings)
    model.fit(first, neg_sampling=True)
    information.save(path=folder, model_name="films")
    model.save(path=folder, model_name="films", inference_only=False)

    information = DataInfo.load(folder, model_name="films")
    train, information = DatasetPure.merge_trainset(train, information, merge_behavior=True)
    held_out = DatasetPure.merge_evalset(held_out, information)
    model = DeepWalk("ranking", information, **settings)
    model.rebuild_model(path=folder, model_name="films")
    model.fit(train, neg_sampling=True)
graphs.report("NDCG@10", evaluate(model, held_out, neg_sampling=True, metrics=["ndcg"], k=10)["ndcg"])
