"""Training on one CUDA card: ``Word2Vec(..., device="cuda")`` (docs/gpu.md).

    source ─► chunks of ids ─► store.py ─► rounds.py ─► device/*.cuh ─► weights, back in NumPy after each epoch

The kernels are CUDA C, in ``device/``, compiled at first use; everything here is what leads to them and back. Nothing
of this folder is imported before a training asks for a card.
"""
