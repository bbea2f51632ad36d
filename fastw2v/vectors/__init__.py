"""What the methods of ``KeyedVectors`` do, as functions: rows, attributes, neighbours, evaluation, copies, files."""
