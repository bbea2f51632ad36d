"""Command line programs with the flags of their gensim counterparts."""
