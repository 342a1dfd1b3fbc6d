"""What a function answers with: a number where it was asked about one, an array where it was asked about many."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike


def answer(values: ArrayLike) -> Any:
    """Return a Python number for an array without axes, and any other array as it is."""
    array = np.asarray(values)
    return array if array.ndim else array.item()
