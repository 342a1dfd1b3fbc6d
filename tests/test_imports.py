"""What an import brings with it, and what works where figures and widgets cannot be shown."""

import subprocess
import sys

import pytest

HEAVY = {f"scipy.{part}" for part in ("stats", "optimize", "integrate", "special", "sparse", "linalg")}
HEAVY |= {"matplotlib", "ipywidgets", "IPython"}
BLOCKED = """
import sys

class Nowhere:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("matplotlib", "ipywidgets", "IPython"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Nowhere())
from collapse_lib import data, families, forgetting, language, training, variance, verification, vocabulary

assert forgetting.survival(0.1, n=100, k=3) > 0 and forgetting.h(10**5, n=10**6) > 0
assert forgetting.first_loss_survival([0.5, 0.5], n=9, k=3) > 0 and forgetting.g_bounds(5, "sharp")[0] > 0
assert variance.survival(0.3, k=5, n=10) > 0
run = training.simulate(families.Bernoulli(), 0.3, n=20, generations=3, trajectories=4, rng=1)
assert run.parameter.shape == (4, 4) and training.simulate_mrca(n=50, rng=1) >= 1
assert vocabulary.simulate([0.5, 0.5], n=9, generations=2, rng=1).unique.shape == (1, 3)
text, _, words = language.corpus()
assert language.NGram(2).fit(text).generate(sentences=2, rng=1).tokens.size > 0
assert data.wikitext2_counts().sum() > 0
print("fine")
"""


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_forgetting_comes_alone():
    loaded = run("import sys, collapse_lib.forgetting; print(*sys.modules)").split()
    assert "numpy" in loaded and not HEAVY & set(loaded)


def test_forgetting_comes_quickly():
    """At most 0.25 s of processor time, numpy included: the best of three processes."""
    code = "import time; t = time.process_time(); import collapse_lib.forgetting; print(time.process_time() - t)"
    assert min(float(run(code)) for _ in range(3)) < 0.25


def test_everything_else_works_without_a_display():
    """Where matplotlib, ipywidgets and IPython are not installed."""
    assert run(BLOCKED).strip() == "fine"


@pytest.mark.parametrize("module", ["figures", "widgets"])
def test_figures_and_widgets_are_found(module):
    loaded = run(f"import sys, collapse_lib.{module}; print(*sys.modules)").split()
    assert f"collapse_lib.{module}" in loaded
