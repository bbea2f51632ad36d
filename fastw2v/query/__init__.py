"""Similarity queries and evaluations on plain arrays."""
