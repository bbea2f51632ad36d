include "../query/_search.pyx"
