"""Theory of the escapes from collapse: what is added to the loop, how much of it, and what it costs.

Every function of a generation `k` takes a non-negative integer or an array of them and answers with its shape.
"Diversity" is the expected variance of a function of one sample of the model over that of the truth: for a
word its heterozygosity, for a vocabulary the chance that two samples differ.
"""

from collapse_lib.escape.accumulation import (
    accumulate_diversity,
    accumulate_error,
    accumulate_limit,
    accumulate_variance,
    biased_diversity,
    fixed_compute_diversity,
    uniform_edge,
)
from collapse_lib.escape.fixed import fixed_real_distance, fixed_real_diversity
from collapse_lib.escape.fresh import decaying_share_diversity, fresh_real_diversity, share_to_heal, share_to_keep
from collapse_lib.escape.immigration import (
    immigration_absence,
    immigration_absence_bounds,
    immigration_concentration,
    immigration_diversity,
    immigration_real_size,
    immigration_return_time,
    immigration_visit_length,
)
from collapse_lib.escape.reinforcement import (
    policy_gradient_shares,
    reinforced_accuracy,
    reinforced_diversity,
    softmax_diversity_floor,
    softmax_gap_bounds,
    softmax_growth,
)
from collapse_lib.escape.selection import (
    selected,
    selection_fixation,
    selection_fixation_bounds,
    selection_fixation_formula,
)
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
from collapse_lib.escape.weights import adaptive_error, best_weight, weighted_error

__all__ = [
    "accumulate_diversity",
    "accumulate_error",
    "accumulate_limit",
    "accumulate_variance",
    "adaptive_error",
    "best_weight",
    "biased_diversity",
    "critical_share",
    "critical_temperature",
    "decaying_share_diversity",
    "expected_distinct",
    "fixed_compute_diversity",
    "fixed_real_distance",
    "fixed_real_diversity",
    "fresh_real_diversity",
    "immigration_absence",
    "immigration_absence_bounds",
    "immigration_concentration",
    "immigration_diversity",
    "immigration_real_size",
    "immigration_return_time",
    "immigration_visit_length",
    "nucleus_mass",
    "policy_gradient_shares",
    "reinforced_accuracy",
    "reinforced_diversity",
    "selected",
    "selection_fixation",
    "selection_fixation_bounds",
    "selection_fixation_formula",
    "share_to_heal",
    "share_to_keep",
    "softmax_diversity_floor",
    "softmax_gap_bounds",
    "softmax_growth",
    "temper",
    "tempered",
    "tempered_fixed_point",
    "top_k",
    "top_p",
    "top_p_bound",
    "top_p_mixture_limit",
    "top_p_sizes",
    "uniform_edge",
    "weighted_error",
]
