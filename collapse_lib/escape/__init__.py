"""Theory of the escapes from collapse: what is added to the loop, how much of it, and what it costs.

Every function of a generation `k` takes a non-negative integer or an array of them and answers with its shape.
"Diversity" is the expected variance of a function of one sample of the model over that of the truth: for a
word its heterozygosity, for a vocabulary the chance that two samples differ.
"""

from collapse_lib.escape.temperature import (
    critical_share,
    critical_temperature,
    temper,
    tempered,
    tempered_fixed_point,
)
from collapse_lib.escape.truncation import (
    expected_distinct,
    nucleus_mass,
    top_k,
    top_p,
    top_p_bound,
    top_p_mixture_limit,
    top_p_sizes,
)

__all__ = [
    "critical_share",
    "critical_temperature",
    "expected_distinct",
    "nucleus_mass",
    "temper",
    "tempered",
    "tempered_fixed_point",
    "top_k",
    "top_p",
    "top_p_bound",
    "top_p_mixture_limit",
    "top_p_sizes",
]
