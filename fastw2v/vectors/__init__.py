"""The parts of ``KeyedVectors``, one concern each: rows, attributes, similarity, evaluation, files."""
