"""pip install mol2vec rdkit scikit-learn: chemistry, written for gensim 3 (``size=``, ``wv.vocab``, ``word_vec``).

Molecules of RDKit's own SD files.  Figure: R^2 of logP predicted from the vectors by ridge regression, 5 folds.
"""

import glob
import os
import tempfile

import graphs
import numpy as np
import rdkit
from mol2vec.features import MolSentence, mol2alt_sentence, sentences2vec, train_word2vec_model
from rdkit import Chem, RDLogger
from rdkit.Chem.Crippen import MolLogP

seed = graphs.seed()
RDLogger.DisableLog("rdApp.*")
folder = os.path.dirname(rdkit.__file__)
molecules = {}
for path in sorted(glob.glob(folder + "/Data/NCI/*.sdf") + glob.glob(folder + "/Contrib/*/*/*.sdf")):
    for molecule in Chem.SDMolSupplier(path):
        if molecule is not None and molecule.GetNumHeavyAtoms() >= 5:
            molecules.setdefault(Chem.MolToSmiles(molecule), molecule)
sentences = [MolSentence(mol2alt_sentence(molecule, 1)) for molecule in molecules.values()]
with tempfile.TemporaryDirectory() as temporary:
    corpus, target = os.path.join(temporary, "corpus"), os.path.join(temporary, "model.pkl")
    with open(corpus, "w") as file:
        file.writelines(" ".join(sentence) + "\n" for sentence in sentences)
    model = train_word2vec_model(corpus, target, vector_size=50, window=10, min_count=1, n_jobs=2, iter=20, seed=seed)
rows = np.array(sentences2vec(sentences, model))

from sklearn.linear_model import Ridge  # noqa: E402
from sklearn.model_selection import KFold, cross_val_score  # noqa: E402

truth = np.array([MolLogP(molecule) for molecule in molecules.values()])
scale = rows / rows.std()
graphs.report("R^2", cross_val_score(Ridge(1.0), scale, truth, cv=KFold(5, shuffle=True, random_state=0)).mean())
