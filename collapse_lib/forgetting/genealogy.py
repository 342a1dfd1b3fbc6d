"""The genealogy of the samples: how many real samples generation k descends from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from collapse_lib import _validate
from collapse_lib.forgetting import _common, _occupancy
from collapse_lib.forgetting._common import Array

__all__ = ["ancestors", "expected_ancestors"]


def ancestors(*, n: int, k: int) -> tuple[NDArray[np.int64], Array]:
    """Return the exact law of A_k, the number of real samples that generation k descends from.

    Parameters
    ----------
    n : int
        Sample size per generation, 1 <= n <= 1,000,000.
    k : int
        Generation, k >= 1.

    Returns
    -------
    values : ndarray of int
        Consecutive values of A_k, ascending, in 1, ..., n. Values at either end whose probabilities together
        are below 1e-20 are left out.
    probabilities : ndarray
        Their probabilities, of the same shape; the error is below 1e-10 of the value plus 1e-20.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or n is above 1,000,000.

    Notes
    -----
    A_1 = n, and A_{j+1} given A_j = m is the number of occupied boxes when m balls fall into n boxes. The
    words known to generation k are distributed like the distinct words of A_k real samples; see
    :doc:`/chapters/forgetting/genealogy`.
    """
    n = _common.exact_size(n, _occupancy.MAX_SIZE)
    low, law = _occupancy.chain(n).law(_validate.integer("k", k, minimum=1, maximum=10**18))
    return np.arange(low, low + law.size), law.copy()


def expected_ancestors(k: ArrayLike, *, n: int) -> Any:
    """Return the exact mean E A_k of the number of real samples that generation k descends from.

    Parameters
    ----------
    k : int or array of int
        Generation, k >= 0.
    n : int
        Sample size per generation, 1 <= n <= 10**12.

    Returns
    -------
    float or ndarray
        The mean, of the shape of `k`: inf at k = 0 (the truth is a sample without end), n at k = 1; it falls
        to 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range, or n is above 10**12.

    Notes
    -----
    n g_k <= E A_k <= n h_k with :func:`g` and :func:`h`; no vocabulary, whatever its probabilities, has more
    than E A_k words left on average. Relative error below 1e-9. See :doc:`/chapters/forgetting/genealogy`.
    """
    n = _common.exact_size(n)
    return _common.expect(n, _common.generations(k), lambda a: a, np.inf, most=n)
