"""The scripts of experiments/: a small run of each works."""

import csv
import sys

import numpy as np
import pytest
from conftest import ROOT

from collapse_lib import language

sys.path.insert(0, str(ROOT / "experiments"))
import ngrams  # noqa: E402


def test_a_small_run(tmp_path, monkeypatch):
    text = language.Text(np.arange(600) ** 2 % 97, np.full(60, 10))
    monkeypatch.setattr(ngrams, "sources", lambda: {"script": "1"})
    ngrams.main(["--runs", "2", "--generations", "2", "--processes", "1", "--out", str(tmp_path / "ngrams.csv")],
                real=text)
    lines = (tmp_path / "ngrams.csv").read_text(encoding="utf-8").splitlines()
    assert "# runs: 2" in lines and "# script: 1" in lines
    rows = list(csv.DictReader(line for line in lines if not line.startswith("# ")))
    assert len(rows) == len(ngrams.MODELS) * (len(ngrams.CLASSES) + 1) * 2
    assert all(0 <= float(row["used"]) <= 1 for row in rows if row["used"])


def test_measures_by_hand():
    real, later = language.Text([0, 0, 0, 1, 2], [5]), language.Text([0, 0, 0, 0, 2, 2], [6])
    table = ngrams.measures(real, [real, later])[:, 0]
    assert table[0, :3] == pytest.approx([1, 1, 0.5])  # 1 and 2, once each
    assert table[1, :3] == pytest.approx([4 / 3, 1 / 3, 1])
    assert table[-1, 2:] == pytest.approx([2 / 3, 6])
