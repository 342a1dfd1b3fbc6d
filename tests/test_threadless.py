"""The library where no thread can be started, as in Python in a browser."""

from __future__ import annotations

import json
import subprocess
import sys

from conftest import ROOT

from collapse_lib import families, forgetting, training, variance

ASKED = """
import json, threading

def start(self):
    raise RuntimeError("can't start new thread")

threading.Thread.start = start
from collapse_lib import families, forgetting, training, variance, vocabulary, mixture, language, figures, widgets

run = training.simulate(families.Gaussian(), (0, 1), n=100, generations=50, trajectories=1000, rng=0)
words = training.simulate(families.Categorical(), [0.5, 0.3, 0.2], n=20, generations=9, trajectories=7, rng=1)
print(json.dumps([
    run.mean.tolist(), run.sd.tolist(), words.parameter.tolist(),
    forgetting.survival(0.001, n=10_000, k=50), variance.survival(0.1, k=100, n=10),
]))
"""


def test_the_same_numbers_without_threads():
    result = subprocess.run([sys.executable, "-c", ASKED], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0 and result.stderr == "", result.stderr
    mean, sd, words, word, spread = json.loads(result.stdout)
    run = training.simulate(families.Gaussian(), (0, 1), n=100, generations=50, trajectories=1000, rng=0)
    assert mean == run.mean.tolist() and sd == run.sd.tolist()
    counted = training.simulate(families.Categorical(), [0.5, 0.3, 0.2], n=20, generations=9, trajectories=7, rng=1)
    assert words == counted.parameter.tolist()
    assert word == forgetting.survival(0.001, n=10_000, k=50)
    assert spread == variance.survival(0.1, k=100, n=10)
