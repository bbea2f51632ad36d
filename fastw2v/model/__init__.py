"""The parts of ``Word2Vec``: vocabulary, training, inference, files."""
