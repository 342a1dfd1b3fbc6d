"""Theory of variance collapse in the Gaussian model: exact law, moments, rates, bounds, first passage, distances.

Generation 0 is the truth, with standard deviation sigma_0. Generation k + 1 is fitted to n samples of
generation k, so Sigma_{k+1}^2 = Sigma_k^2 C_{k+1} / D with C_1, C_2, ... independent, chi-square with n - 1
degrees of freedom, and the divisor D = n - ddof (ddof=1: "near-ML", the paper's estimator; ddof=0: ML). Write
L = ln(sigma_0/eps) and m_s = E (C/D)^{s/2}, so that E Sigma_k^s = sigma_0^s m_s^k.

Arguments that may be arrays (eps, k, s, u) broadcast together; the answer has their common shape, and numbers
give a number. n and k go up to 10^9. Chapters: from :doc:`/chapters/collapse/one-step` on;
each function names its page.
"""

from collapse_lib.variance.bounds import expected_first_passage_bounds, survival_bound
from collapse_lib.variance.dimensions import (
    expected_determinant,
    expected_log_determinant,
    lyapunov_exponents,
    spectral_density,
    spectral_moments,
)
from collapse_lib.variance.distances import kl, wasserstein
from collapse_lib.variance.law import median, quantile, survival
from collapse_lib.variance.limits import mean_limit, mean_tail
from collapse_lib.variance.mixture import mixture_divisor, mixture_survival_bound
from collapse_lib.variance.moments import log_moment, log_rate, moment, tail_rate
from collapse_lib.variance.passage import (
    expected_first_passage,
    expected_overshoot,
    first_passage_law,
    first_passage_survival,
)
from collapse_lib.variance.saddle import survival_bounds, survival_saddlepoint

__all__ = [
    "expected_determinant",
    "expected_first_passage",
    "expected_first_passage_bounds",
    "expected_log_determinant",
    "expected_overshoot",
    "first_passage_law",
    "first_passage_survival",
    "kl",
    "log_moment",
    "log_rate",
    "lyapunov_exponents",
    "mean_limit",
    "mean_tail",
    "median",
    "mixture_divisor",
    "mixture_survival_bound",
    "moment",
    "quantile",
    "spectral_density",
    "spectral_moments",
    "survival",
    "survival_bound",
    "survival_bounds",
    "survival_saddlepoint",
    "tail_rate",
    "wasserstein",
]
