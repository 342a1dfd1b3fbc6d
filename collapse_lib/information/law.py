"""One law of a family: variance function, potential, relative entropy, as functions of its mean."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from collapse_lib import _validate
from collapse_lib._answer import answer
from collapse_lib._family import Family
from collapse_lib.families import (
    Bernoulli,
    Exponential,
    Gamma,
    GaussianLocation,
    GaussianScale,
    Geometric,
    NegativeBinomial,
    Poisson,
)

__all__ = ["divergence", "potential", "quadratic", "variance_function"]


def variance_function(family: Family, mean: ArrayLike) -> Any:
    """Return V(mu), the variance of one sample as a function of its mean: a quadratic polynomial.

    Parameters
    ----------
    family : Family
        A one-parameter exponential family of :mod:`collapse_lib.families`.
    mean : array_like of float
        The mean mu, in the family's range; any shape.

    Returns
    -------
    float or ndarray
        V(mu), with the shape of `mean`.

    Raises
    ------
    TypeError, ValueError
        If `family` is none of the families, or `mean` is out of its range.

    Notes
    -----
    Morris (1982), "Natural exponential families with quadratic variance functions", The Annals of Statistics 10.
    """
    level, slope, curvature = quadratic(family)
    mu = family._check("mean", mean)
    return answer(level + mu * (slope + curvature * mu))


def potential(family: Family, mean: ArrayLike) -> Any:
    """Return phi(mu) = ln z(theta) - theta mu, minus the convex conjugate of ln z: a concave function of the mean.

    It is the entropy of the law relative to the family's base measure, up to a constant: the Shannon entropy for
    Bernoulli and Geometric, the differential entropy for Exponential and (plus a constant) the Gaussian scale.
    For the families of counts phi(0) = 0.

    Parameters
    ----------
    family : Family
        A one-parameter exponential family of :mod:`collapse_lib.families`.
    mean : array_like of float
        The mean mu, in the family's range; any shape.

    Returns
    -------
    float or ndarray
        phi(mu) in nats, with the shape of `mean`; -inf at the mean 0 of a gamma family.

    Raises
    ------
    TypeError, ValueError
        If `family` is none of the families, or `mean` is out of its range.

    Notes
    -----
    E KL(P_k || P_0) = phi(mu_0) - E phi(mu_k); see :doc:`/chapters/collapse/exponential-families`.
    """
    quadratic(family)
    mu = family._check("mean", mean)
    if isinstance(family, Bernoulli):
        return answer(special.entr(mu) + special.entr(1 - mu))
    if isinstance(family, Poisson):
        return answer(mu + special.entr(mu))
    if isinstance(family, (Geometric, NegativeBinomial)):
        r = family._successes
        return answer(r * np.log1p(mu / r) + special.xlogy(mu, 1 + r / np.where(mu > 0, mu, 1.0)))
    if isinstance(family, GaussianLocation):
        return answer(-((mu / family.sd) ** 2) / 2)
    with np.errstate(divide="ignore"):
        return answer(family._shape * (1 + np.log(mu / family._shape)))


def divergence(family: Family, mean: ArrayLike, reference: float) -> Any:
    """Return KL(P_mean || P_reference), the relative entropy per sample within the family.

    Parameters
    ----------
    family : Family
        A one-parameter exponential family of :mod:`collapse_lib.families`.
    mean : array_like of float
        The mean of the first law; any shape.
    reference : float
        The mean of the second law.

    Returns
    -------
    float or ndarray
        Nats per sample, with the shape of `mean`; inf where the first law is not absolutely continuous.

    Raises
    ------
    TypeError, ValueError
        If `family` is none of the families, or a mean is out of its range.

    Notes
    -----
    Kullback and Leibler; see :doc:`/chapters/collapse/exponential-families`.
    """
    quadratic(family)
    mu = family._check("mean", mean)
    mu0 = family._check("reference", _validate.real("reference", reference))
    if isinstance(family, Bernoulli):
        return answer(special.kl_div(mu, mu0) + special.kl_div(1 - mu, 1 - mu0))
    if isinstance(family, Poisson):
        return answer(special.kl_div(mu, mu0))
    if isinstance(family, (Geometric, NegativeBinomial)):
        r = family._successes
        return answer(np.maximum(special.kl_div(mu, mu0) - special.kl_div(mu + r, mu0 + r), 0.0))
    if isinstance(family, GaussianLocation):
        return answer(((mu - mu0) / family.sd) ** 2 / 2)
    if mu0 == 0:
        return answer(np.where(mu == 0, 0.0, np.inf))
    with np.errstate(divide="ignore", over="ignore"):
        ratio = mu / mu0
        return answer(family._shape * np.where(np.isinf(ratio), np.inf, special.kl_div(1.0, ratio)))


def quadratic(family: Family) -> tuple[float, float, float]:
    """Return the coefficients of 1, mu and mu^2 in the variance function."""
    if isinstance(family, Bernoulli):
        return 0.0, 1.0, -1.0
    if isinstance(family, Poisson):
        return 0.0, 1.0, 0.0
    if isinstance(family, (Geometric, NegativeBinomial)):
        return 0.0, 1.0, 1 / family._successes
    if isinstance(family, (Exponential, Gamma, GaussianScale)):
        return 0.0, 0.0, 1 / family._shape
    if isinstance(family, GaussianLocation):
        return family.sd**2, 0.0, 0.0
    raise TypeError(f"family must be one of the one-parameter exponential families, got {family!r}")
