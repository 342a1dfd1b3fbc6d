"""Theory of forgetting in the discrete models: exact laws, bounds, forgetting times.

One word of the vocabulary has probability p_0 in the truth (generation 0). Generation 1 is fitted to n real
samples, generation k + 1 to n samples of generation k: n P_{k+1} given P_k is Binomial(n, P_k) (the
Wright-Fisher chain), or, in the Poisson model, n Lambda_{k+1} given Lambda_k is Poisson(n Lambda_k).

Every function of a generation `k` takes a non-negative integer or an array of them and answers with its
shape. Chapters: from :doc:`/chapters/forgetting/one-word` on; each function names its
page.
"""

from collapse_lib.forgetting.genealogy import ancestors, expected_ancestors
from collapse_lib.forgetting.poisson import forgetting_quantile, survival_poisson, survival_poisson_bounds
from collapse_lib.forgetting.rates import g, g_bounds, h
from collapse_lib.forgetting.smoothed import smoothed_absence, smoothed_law, smoothed_stationary
from collapse_lib.forgetting.times import (
    conditional_loss_time,
    expected_absorption_time,
    expected_mrca_time,
    total_collapse_time,
)
from collapse_lib.forgetting.vocabulary import expected_unique, expected_unique_bounds, first_loss_survival
from collapse_lib.forgetting.word import (
    diversity_bounds,
    heterozygosity,
    loss_quantile,
    survival,
    survival_bounds,
    unabsorbed,
)

__all__ = [
    "ancestors",
    "conditional_loss_time",
    "diversity_bounds",
    "expected_absorption_time",
    "expected_ancestors",
    "expected_mrca_time",
    "expected_unique",
    "expected_unique_bounds",
    "first_loss_survival",
    "forgetting_quantile",
    "g",
    "g_bounds",
    "h",
    "heterozygosity",
    "loss_quantile",
    "smoothed_absence",
    "smoothed_law",
    "smoothed_stationary",
    "survival",
    "survival_bounds",
    "survival_poisson",
    "survival_poisson_bounds",
    "total_collapse_time",
    "unabsorbed",
]
