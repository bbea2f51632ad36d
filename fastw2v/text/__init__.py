"""Corpora, vocabulary and the stream of encoded chunks."""
