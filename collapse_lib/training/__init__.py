"""Recursive training: draw samples from a model, fit, repeat.

A regime says what a generation is fitted to: which samples are drawn, and which of them are added up. Since
sufficient statistics add, no regime ever holds a sample. The chapters are
:doc:`/chapters/setting/recursive-training` and, for what stops the forgetting,
:doc:`/chapters/escape/accumulate`.
"""

from collapse_lib._coalescence import simulate_mrca
from collapse_lib._sweep import Sweep, SweepError, sweep
from collapse_lib.training._loop import loop
from collapse_lib.training._regimes import Accumulate, FixedReal, FreshReal, Regime, Replace, Weighted
from collapse_lib.training._run import Run
from collapse_lib.training._sampling import FixedCompute, Immigration, Selected, Tempered
from collapse_lib.training._simulate import simulate

__all__ = [
    "Accumulate",
    "FixedCompute",
    "FixedReal",
    "FreshReal",
    "Immigration",
    "Regime",
    "Replace",
    "Run",
    "Selected",
    "Sweep",
    "SweepError",
    "Tempered",
    "Weighted",
    "loop",
    "simulate",
    "simulate_mrca",
    "sweep",
]
