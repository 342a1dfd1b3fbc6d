"""What the theory of the escapes shares: generations, and quotients of gamma functions at large arguments."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from collapse_lib import _validate
from collapse_lib._answer import answer

Array = NDArray[np.float64]

LARGEST = 10**9  # sample sizes and generations
STIRLING = 20.0  # from here on Stirling's series to the seventh power has all digits


def generations(k: ArrayLike, *, minimum: int = 0) -> Array:
    return _validate.integers("k", k, minimum=minimum, maximum=LARGEST).astype(np.float64)


def size(name: str, value: int, *, minimum: int = 1) -> int:
    return _validate.integer(name, value, minimum=minimum, maximum=LARGEST)


def share_of_real(share: float) -> float:
    return _validate.real("share", share, above=0.0, maximum=1.0)


def word(p: float) -> float:
    return _validate.real("p", p, above=0.0, below=1.0)


def towards(limit: float, log_factor: float, k: Array) -> Any:
    """Return 1 - (1 - limit) (1 - factor^k)."""
    return answer(1 + (1 - limit) * np.expm1(np.where(k > 0, log_factor * np.maximum(k, 1), 0.0)))


def log_gamma_ratio(x: Array, step: float) -> Array:
    """Return ln(Gamma(x + step)/Gamma(x)) for x, x + step > 0 and |step| <= 1, without cancellation at large x."""
    x = np.asarray(x, dtype=np.float64)
    far = np.maximum(x, STIRLING)
    near = np.minimum(x, STIRLING)
    stirling = (far + step - 0.5) * np.log1p(step / far) + step * (np.log(far) - 1)
    for power, factor in ((1, 1 / 12), (3, -1 / 360), (5, 1 / 1260), (7, -1 / 1680)):
        stirling = stirling + factor * ((far + step) ** -power - far**-power)
    return np.where(x > STIRLING, stirling, special.gammaln(near + step) - special.gammaln(near))
