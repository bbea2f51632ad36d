include "../query/_cosine.pyx"
