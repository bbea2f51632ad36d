include "../train/ranks/_changes.pyx"
