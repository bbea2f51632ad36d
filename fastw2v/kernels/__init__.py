"""What the compiled kernels are made of: headers, parts of ``_kernels.pyx``, and copies for wider instruction sets."""
