"""Where version 0.1 kept ``FastTextKeyedVectors``: its pickles name the class by this path."""

from fastw2v.keyedvectors import FastTextKeyedVectors

__all__ = ["FastTextKeyedVectors"]
