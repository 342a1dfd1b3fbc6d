"""Linear regression on its own predictions: the exact errors of the loop, and its simulation.

The truth has d weights; a label is the inner product of the weights with an input, plus normal noise of standard
deviation `noise`. Each generation is fitted to labels of the last model (generation 1 to real ones). "Error" is
the expected squared distance of the fitted weights from the true ones, which is also the mean squared error of
prediction, beyond the noise, for inputs whose coordinates are uncorrelated and have variance 1. The chapters are
:doc:`/chapters/escape/regression` and :doc:`/chapters/escape/warm-starts`.
"""

from collapse_lib.regression._loop import Run, simulate
from collapse_lib.regression.interpolation import cold_error, warm_error, warm_factor, warm_limit
from collapse_lib.regression.least_squares import (
    accumulate_error,
    accumulate_limit,
    replace_error,
    ridge_error,
    ridge_limit,
)

__all__ = [
    "Run",
    "accumulate_error",
    "accumulate_limit",
    "cold_error",
    "replace_error",
    "ridge_error",
    "ridge_limit",
    "simulate",
    "warm_error",
    "warm_factor",
    "warm_limit",
]

