"""Recursive training of a kernel density estimate, and of a diffusion model: closed formulas and the loop itself.

A kernel density estimate needs its samples, so it is none of :mod:`collapse_lib.families`. A draw from it is one of its
points plus noise; a diffusion model with a perfect score that is stopped early does the same to its training law.
The chapters are :doc:`/chapters/escape/kernel-density` and :doc:`/chapters/escape/diffusion-loop`.
"""

from collapse_lib.density._bumps import Bumps
from collapse_lib.density._loop import Run, simulate
from collapse_lib.density.convergence import diffusion_chi_square_bound, diffusion_distance, diffusion_rate
from collapse_lib.density.diffusion import (
    diffusion_density,
    diffusion_filter,
    diffusion_sample,
    diffusion_variance,
    diffusion_weights,
)
from collapse_lib.density.kernel import (
    kernel_drift,
    kernel_fluctuation,
    kernel_pool_variance,
    kernel_variance,
    rule_variance,
    silverman,
)

__all__ = [
    "Bumps",
    "Run",
    "diffusion_chi_square_bound",
    "diffusion_density",
    "diffusion_distance",
    "diffusion_filter",
    "diffusion_rate",
    "diffusion_sample",
    "diffusion_variance",
    "diffusion_weights",
    "kernel_drift",
    "kernel_fluctuation",
    "kernel_pool_variance",
    "kernel_variance",
    "rule_variance",
    "silverman",
    "simulate",
]
