include "_cosine.pyx"
