"""What is here for programs written for other versions of gensim: old names, and classes of its ``utils``."""
