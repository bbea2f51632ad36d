"""pip install --no-deps wefe: associations of words (WEAT), here of sport and of war in news.

Figure: WEAT's effect size.
"""

import graphs
import lee
from wefe.metrics import WEAT
from wefe.query import Query
from wefe.word_embedding_model import WordEmbeddingModel

model = WordEmbeddingModel(lee.trained(graphs.seed()).wv, "news")
query = Query(
    [["cricket", "match", "test", "waugh", "wicket"], ["israeli", "palestinian", "gaza", "hamas", "arafat"]],
    [["team", "win", "players", "innings"], ["killed", "attack", "security", "forces"]],
    ["cricket", "conflict"],
    ["sport", "war"],
)
graphs.report("effect size", WEAT().run_query(query, model, return_effect_size=True)["effect_size"])
