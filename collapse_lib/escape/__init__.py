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
from collapse_lib.escape.bias import (
    best_pool_size,
    biased_best_weight,
    biased_error,
    biased_loop_error,
    biased_worth,
    strong_collapse_error,
)
from collapse_lib.escape.fixed import fixed_real_distance, fixed_real_diversity
from collapse_lib.escape.fresh import (
    decaying_share_diversity,
    fresh_real_diversity,
    share_to_heal,
    share_to_keep,
)
from collapse_lib.escape.immigration import (
    immigration_absence,
    immigration_absence_bounds,
    immigration_concentration,
    immigration_diversity,
    immigration_real_size,
    immigration_return_time,
    immigration_visit_length,
)
from collapse_lib.escape.origin import (
    origin_efficiency,
    origin_error,
    origin_risk,
    origin_risk_bounds,
    origin_size,
    origin_weights,
)
from collapse_lib.escape.remedies import (
    Remedy,
    accumulate_fresh_diversity,
    pseudo_count_diversity,
    real_needed,
    remedies,
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
from collapse_lib.escape.verifier import (
    interval_mean,
    interval_slope,
    verifier_acceptance,
    verifier_best_stop,
    verifier_contraction,
    verifier_error,
    verifier_variance,
)
from collapse_lib.escape.watermark import (
    erasure_gain,
    score_gain,
    score_separation,
    watermark_floor,
    watermark_gain,
    watermark_gain_bound,
)
from collapse_lib.escape.weights import adaptive_error, best_weight, weighted_error

__all__ = [
    "Remedy",
    "accumulate_diversity",
    "accumulate_error",
    "accumulate_fresh_diversity",
    "accumulate_limit",
    "accumulate_variance",
    "adaptive_error",
    "best_pool_size",
    "best_weight",
    "biased_best_weight",
    "biased_diversity",
    "biased_error",
    "biased_loop_error",
    "biased_worth",
    "critical_share",
    "critical_temperature",
    "decaying_share_diversity",
    "erasure_gain",
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
    "interval_mean",
    "interval_slope",
    "nucleus_mass",
    "origin_efficiency",
    "origin_error",
    "origin_risk",
    "origin_risk_bounds",
    "origin_size",
    "origin_weights",
    "pseudo_count_diversity",
    "real_needed",
    "remedies",
    "score_gain",
    "score_separation",
    "share_to_heal",
    "share_to_keep",
    "strong_collapse_error",
    "temper",
    "tempered",
    "tempered_fixed_point",
    "top_k",
    "top_p",
    "top_p_bound",
    "top_p_mixture_limit",
    "top_p_sizes",
    "uniform_edge",
    "verifier_acceptance",
    "verifier_best_stop",
    "verifier_contraction",
    "verifier_error",
    "verifier_variance",
    "watermark_floor",
    "watermark_gain",
    "watermark_gain_bound",
    "weighted_error",
]
