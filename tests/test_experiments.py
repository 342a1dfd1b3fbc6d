"""The tables of experiments/: they belong to their script, library and text, and a small run of each works."""

import re
import socket
import sys

import numpy as np
import pytest
from conftest import ROOT

from collapse_lib import data, forgetting, language

sys.path.insert(0, str(ROOT / "experiments"))
import ngrams  # noqa: E402


def test_the_table_of_ngrams_is_of_today():
    """After a change of the script, the models or the text, `make experiment-ngrams` makes it anew."""
    about, rows = data.ngrams()
    assert {name: about[name] for name in ngrams.sources()} == ngrams.sources()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", about["date"]) and int(about["runs"]) >= 20
    assert len(rows) == len(ngrams.MODELS) * (len(ngrams.CLASSES) + 1) * 10
    assert float(about["minutes"]) < 20


def test_the_table_names_no_host_and_no_path():
    text = ngrams.TABLE.read_text(encoding="utf-8")
    assert socket.gethostname() not in text and not re.search(r"(?:^|\s)(?:/\w|[A-Z]:\\\\)", text, re.M)


def test_independent_words_in_the_table_keep_their_law():
    rows = data.ngrams()[1]
    counts = np.bincount(language.corpus()[0].tokens)
    n = counts.sum()
    for row in rows:
        if row["model"] == "order 1, tokens" and row["class"] in ngrams.CLASSES:
            low, high = ngrams.CLASSES[row["class"]]
            c, k = counts[(counts >= low) & (counts <= high)], row["k"]
            grown = n * (1 - (1 - 1 / n) ** k)
            assert row["words"] == c.size and abs(row["mean"] - 1) < 6 * row["mean_se"]
            assert abs(row["spread"] - grown * (1 - c.mean() / n)) < 6 * row["spread_se"]
            many = np.unique(c, return_counts=True)
            exact = [forgetting.survival_bounds(one / n, n=n, k=int(k), source="sharp")[1] for one in many[0]]
            lost, expected = 1 - row["used"], 1 - np.average(exact, weights=many[1])
            if row["used_se"]:
                assert abs(lost - expected) < 6 * row["used_se"]
            else:  # nothing was lost in 20 runs
                assert lost == 0 and 20 * c.size * expected < 14  # it has probability e^-14


def test_a_small_run(tmp_path, monkeypatch):
    text = language.Text(np.arange(600) ** 2 % 97, np.full(60, 10))
    monkeypatch.setattr(ngrams, "sources", lambda: {"script": "1"})
    ngrams.main(["--runs", "2", "--generations", "2", "--processes", "1", "--out", str(tmp_path / "ngrams.csv")],
                real=text)
    monkeypatch.setattr(data, "files", lambda _: tmp_path)
    about, rows = data.ngrams()
    assert about["runs"] == "2" and len(rows) == len(ngrams.MODELS) * (len(ngrams.CLASSES) + 1) * 2
    assert all(0 <= row["used"] <= 1 for row in rows if row["used"] is not None)


def test_measures_by_hand():
    real, later = language.Text([0, 0, 0, 1, 2], [5]), language.Text([0, 0, 0, 0, 2, 2], [6])
    table = ngrams.measures(real, [real, later])[:, 0]
    assert table[0, :3] == pytest.approx([1, 1, 0.5])  # 1 and 2, once each
    assert table[1, :3] == pytest.approx([4 / 3, 1 / 3, 1])
    assert table[-1, 2:] == pytest.approx([2 / 3, 6])
