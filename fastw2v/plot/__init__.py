"""Pictures of vectors, vocabularies and trainings.

Needs matplotlib: ``pip install 'fastw2v[plot]'``.  Every function draws into ``ax`` (or a new figure) and returns the
Axes, so that all else is matplotlib's own business: ``ax.figure.savefig("words.png")``, ``matplotlib.pyplot.show()``.
``dark=True`` draws on black, as does ``matplotlib.style.use("dark_background")``.  docs/pictures.md shows them all.
"""

from fastw2v.plot.curves import loss_curve, training_curves, vocabulary
from fastw2v.plot.maps import analogy, scatter
from fastw2v.plot.matrices import similarity_heatmap, vector_heatmap
from fastw2v.vectors.layout import pca

__all__ = [
    "analogy",
    "loss_curve",
    "pca",
    "scatter",
    "similarity_heatmap",
    "training_curves",
    "vector_heatmap",
    "vocabulary",
]
