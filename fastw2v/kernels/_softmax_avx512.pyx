include "_softmax.pyx"
