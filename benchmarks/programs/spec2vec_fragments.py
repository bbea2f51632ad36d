"""pip install spec2vec rdkit scikit-learn: mass spectra; its README's pipeline with its own defaults.

Spectra are made from real molecules (the SD files in RDKit's package) by cutting each bond outside rings.
Figure: rank correlation of Spec2Vec's score with the Tanimoto similarity of fingerprints, over all pairs:
what the paper on Spec2Vec measures.
"""

import glob
import os

import graphs
import numpy as np
import rdkit
from matchms import Spectrum
from rdkit import Chem, RDLogger
from rdkit.Chem import AllChem, Descriptors
from rdkit.DataStructs import BulkTanimotoSimilarity
from scipy.stats import spearmanr
from spec2vec import Spec2Vec, SpectrumDocument
from spec2vec.model_building import train_new_word2vec_model

seed = graphs.seed()
RDLogger.DisableLog("rdApp.*")
folder = os.path.dirname(rdkit.__file__)
files = sorted(glob.glob(folder + "/Data/NCI/*.sdf") + glob.glob(folder + "/Contrib/*/*/*.sdf"))
molecules = {}
for path in files:
    for molecule in Chem.SDMolSupplier(path):
        if molecule is not None and 8 <= molecule.GetNumHeavyAtoms() <= 45:
            molecules.setdefault(Chem.MolToSmiles(molecule), molecule)


def spectrum(molecule, name):
    """Masses of all pieces that come from cutting one or two single bonds."""
    bonds = [b.GetIdx() for b in molecule.GetBonds() if not b.IsInRing() and b.GetBondTypeAsDouble() == 1]
    cuts = [[b] for b in bonds] + [[a, b] for a in bonds[:12] for b in bonds[:12] if a < b]
    peaks = {}
    for cut in cuts:
        for piece in Chem.GetMolFrags(
            Chem.FragmentOnBonds(molecule, cut, addDummies=False), asMols=True, sanitizeFrags=False
        ):
            piece.UpdatePropertyCache(strict=False)
            mass = round(Descriptors.ExactMolWt(piece), 2)
            if mass > 20:
                peaks[mass] = max(peaks.get(mass, 0), 1.0 / len(cut))
    masses = np.array(sorted(peaks))
    return Spectrum(masses, np.array([peaks[m] for m in masses]), {"compound_name": name})


kept, spectra = [], []
for name, molecule in molecules.items():
    made = spectrum(molecule, name)
    if len(made.peaks) >= 5:
        kept.append(molecule)
        spectra.append(made)
documents = [SpectrumDocument(one, n_decimals=2) for one in spectra]
model = train_new_word2vec_model(documents, iterations=25, workers=1, progress_logger=False, seed=seed)
similarity = Spec2Vec(model, intensity_weighting_power=0.5, allowed_missing_percentage=5.0)
scores = similarity.matrix(spectra, spectra)
prints = [AllChem.GetMorganFingerprintAsBitVect(molecule, 2, 2048) for molecule in kept]
truth = np.array([BulkTanimotoSimilarity(one, prints) for one in prints])
upper = np.triu_indices(len(kept), 1)
graphs.report("Spearman", spearmanr(np.asarray(scores, float)[upper], truth[upper])[0])
