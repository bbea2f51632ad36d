"""fse (compiled with Cython 0.29) and numpy < 2: sentence vectors, read in C from the model's arrays.

Figure: rank correlation of cosines between SIF's vectors with what people said of the same pairs of documents.
"""

import graphs
import lee
import numpy as np
from fse import SplitIndexedList
from fse.models import SIF
from scipy.stats import spearmanr

model = lee.trained(graphs.seed())
texts = [" ".join(text) for text in lee.documents()]
sif = SIF(model, workers=1)
sif.train(SplitIndexedList(texts))
rows = np.asarray(sif.sv.vectors)[-50:]
rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
graphs.report("Spearman", spearmanr((rows @ rows.T)[np.triu_indices(50, 1)], lee.similarities())[0])
