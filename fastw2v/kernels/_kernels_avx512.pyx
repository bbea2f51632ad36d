include "../_kernels.pyx"
