"""Weights, noise, tree, schedule and the training loop."""
