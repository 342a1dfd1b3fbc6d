"""What a generation costs in a one-parameter exponential family: variance function, potential, divergence.

A family is given as an instance of a class of :mod:`collapse_lib.families`: Bernoulli, Poisson, Geometric,
NegativeBinomial, Exponential, Gamma, GaussianScale (whose mean is its variance) or GaussianLocation. Its
parameter is the mean mu of its statistic; generation k has the mean mu_k and the law P_k. Every value is in nats
and exact up to rounding; nothing here is simulated. The chapter is :doc:`/chapters/collapse/exponential-families`.
"""

from collapse_lib.information.law import divergence, potential, variance_function
from collapse_lib.information.loss import expected_divergence, expected_variance_function, log_rate

__all__ = [
    "divergence",
    "expected_divergence",
    "expected_variance_function",
    "log_rate",
    "potential",
    "variance_function",
]
