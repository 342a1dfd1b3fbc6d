"""The law of W = n V - 1, V = (1/n) sum_j Sigma_j^2, which solves W = A^2 (1 + W') with A^2 = C/D.

Given all the C_j the last mean is normal with variance V; W' has the law of W and is independent of A.
"""

from __future__ import annotations

from math import log, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]

LARGEST = 200  # n up to which the grid is used: it has about 800 points there


def stationary(alpha: float, shrink: float, tilt: float) -> tuple[Array, Array]:
    """Return values y of ln W, equally spaced, and (1 + W)^tilt times their density (up to a common factor).

    The density q of ln A^2 is smooth and the density f of ln W solves f(y) = int q(y - ln(1 + e^u)) f(u) du, so
    the trapezoidal rule on the whole line converges faster than any power of the step. The unknown is
    (1 + W)^tilt f: solved for f itself, the far tail would lose its relative accuracy to rounding.
    """
    n = 2 * alpha + 1
    step = min(0.2, sqrt(float(special.polygamma(1, alpha))) / 1.7)
    y = np.arange(-38 / alpha, log(n) + 40, step)
    past = np.logaddexp(0, y)  # ln(1 + W)
    jump = y[:, None] - past + shrink  # ln(C/(n-1)), from the column's W to the row's
    with np.errstate(over="ignore", under="ignore"):
        log_density = alpha * (jump - np.expm1(jump)) - alpha + alpha * log(alpha) - float(special.gammaln(alpha))
        system = -step * np.exp(log_density + tilt * (past[:, None] - past))
    system[np.diag_indices(y.size)] += 1
    middle = int(np.searchsorted(y, log(n)))
    system[middle] = 0  # the equations are dependent: one of them gives way to a value of 1 there
    system[middle, middle] = 1
    return y, np.linalg.solve(system, np.eye(y.size)[middle])
