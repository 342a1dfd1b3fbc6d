"""Families of models: `draw` the sufficient statistic of n fresh samples, `fit` a parameter to a statistic.

A fit sees a sample only through its sufficient statistic, and the statistics of two samples add to the
statistic of both together. So nothing here ever holds a sample: a draw costs O(1) per trajectory, whatever
the sample size. The chapter is :doc:`/chapters/setting/recursive-training`.
"""

from collapse_lib._family import Family
from collapse_lib._statistics import Counts, Moments, Sums, VectorMoments
from collapse_lib.families.counting import Bernoulli, Categorical, Poisson
from collapse_lib.families.gaussian import Gaussian, MultivariateGaussian
from collapse_lib.families.one_mean import (
    Exponential,
    Gamma,
    GaussianLocation,
    GaussianScale,
    Geometric,
    NegativeBinomial,
)

__all__ = [
    "Bernoulli",
    "Categorical",
    "Counts",
    "Exponential",
    "Family",
    "Gamma",
    "Gaussian",
    "GaussianLocation",
    "GaussianScale",
    "Geometric",
    "Moments",
    "MultivariateGaussian",
    "NegativeBinomial",
    "Poisson",
    "Sums",
    "VectorMoments",
]
