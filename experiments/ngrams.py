"""n-gram models that read their own writing, by the counts of their words: writes collapse_lib/data/ngrams.csv.

    python experiments/ngrams.py [--runs 20] [--generations 10] [--processes 2] [--out FILE]

Every line of the table is a model, a class of words (by their count c in the real text) and a generation k: the
means over the class of N_k / c, of (N_k - c)^2 / c and of "N_k > 0", each with its mean over the runs and the
standard error of this mean. The class "all" has the share of all words, and the tokens of the text instead.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import os
import platform
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from collapse_lib import language
from collapse_lib.language import KneserNey, NGram, Text

TABLE = Path(language.__file__).parent.parent / "data" / "ngrams.csv"
CLASSES = {"1": (1, 1), "2-3": (2, 3), "4-10": (4, 10), "11-30": (11, 30), "31-100": (31, 100), "101+": (101, 10**7)}
SCRIPT: dict[str, Any] = {"start": "anywhere", "length": "tokens", "longest": 50}
MODELS: dict[str, tuple[NGram | KneserNey, dict[str, Any]]] = {
    "order 1": (NGram(1), {}),
    "order 1, tokens": (NGram(1), {"length": "tokens"}),
    "order 2": (NGram(2), {}),
    "order 3": (NGram(3), {}),
    "order 4": (NGram(4), {}),
    "order 5": (NGram(5), {}),
    "order 8": (NGram(8), {}),
    "order 16": (NGram(16), {}),
    "Kneser-Ney 3": (KneserNey(3), {}),
    "script, order 2": (NGram(2), SCRIPT),
    "script, order 8": (NGram(8), SCRIPT),
    "order 8, tokens": (NGram(8), {"length": "tokens"}),
    "temperature 0.9": (NGram(2), {"temperature": 0.9}),
    "top-p 0.95": (NGram(2), {"top_p": 0.95}),
}
COLUMNS = "model,class,words,k,mean,mean_se,spread,spread_se,used,used_se,tokens,tokens_se"


def measures(real: Text, texts: list[Text]) -> np.ndarray:
    """Mean, spread and share in use (rows: classes), generations 1, 2, ...; last row: share of all words, tokens."""
    counts = np.bincount(real.tokens)
    members = [np.flatnonzero((counts >= low) & (counts <= high)) for low, high in CLASSES.values()]
    table = np.full((len(CLASSES) + 1, len(texts) - 1, 4), np.nan)
    for k, text in enumerate(texts[1:]):
        now = np.bincount(text.tokens, minlength=counts.size)
        for row, part in zip(table, members):
            if part.size:
                c, later = counts[part], now[part]
                row[k, :3] = (later / c).mean(), ((later - c) ** 2 / c).mean(), (later > 0).mean()
        table[-1, k, 2:] = (now[counts > 0] > 0).mean(), text.tokens.size
    return table


def run(model: str, real: Text, generations: int, seed: tuple[int, int]) -> np.ndarray:
    """One history of a model of MODELS."""
    kind, writing = MODELS[model]
    return measures(real, language.retrain(
        real, model=kind, generations=generations, rng=np.random.default_rng(seed), **writing))


def digest(*files: Path) -> str:
    """SHA-256 of files, one after another."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def sources() -> dict[str, str]:
    """Digests of what the table depends on: this script, the library's models, the text."""
    real = language.corpus()[0]
    text = hashlib.sha256(real.tokens.astype("<i8").tobytes() + real.lengths.astype("<i8").tobytes()).hexdigest()
    return {"script": digest(Path(__file__)), "library": digest(*sorted(Path(language.__file__).parent.glob("*.py"))),
            "text": text}


def lines(real: Text, runs: int, generations: int, processes: int) -> list[str]:
    """The rows of the table."""
    counts = np.bincount(real.tokens)
    sizes = [int(((counts >= low) & (counts <= high)).sum()) for low, high in CLASSES.values()]
    sizes.append(int((counts > 0).sum()))
    jobs = [(model, real, generations, (i, seed)) for i, model in enumerate(MODELS) for seed in range(runs)]
    if processes > 1:
        with ProcessPoolExecutor(processes) as pool:
            results = list(pool.map(run, *zip(*jobs)))
    else:
        results = [run(*job) for job in jobs]
    rows = []
    for i, model in enumerate(MODELS):
        tables = np.array(results[i * runs : (i + 1) * runs])
        mean, error = tables.mean(axis=0), tables.std(axis=0, ddof=1) / np.sqrt(runs)
        for name, size, m, e in zip([*CLASSES, "all"], sizes, mean, error):
            for k in range(generations):
                values = np.stack([m[k], e[k]], axis=1).ravel()
                numbers = ["" if np.isnan(value) else f"{value:.6g}" for value in values]
                rows.append(",".join([f'"{model}"', name, str(size), str(k + 1), *numbers]))
    return rows


def processor() -> str:
    """What the machine calls its processor."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as said:
            return next(line.split(":", 1)[1].strip() for line in said if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.machine()


def main(arguments: list[str] | None = None, real: Text | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--generations", type=int, default=10)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=TABLE)
    options = parser.parse_args(arguments)
    started = time.monotonic()
    body = lines(language.corpus()[0] if real is None else real, options.runs, options.generations, options.processes)
    about = {
        "date": datetime.date.today().isoformat(), "runs": options.runs, "generations": options.generations,
        "seeds": f"(model, run) with model 0 to {len(MODELS) - 1}, run 0 to {options.runs - 1}",
        "minutes": f"{(time.monotonic() - started) / 60:.1f}", "processes": options.processes,
        "system": f"{platform.system()} on {platform.machine()}", "processor": processor(),
        "processors": os.cpu_count(), "python": platform.python_version(), "numpy": np.__version__,
        "scipy": scipy.__version__, **sources(),
    }
    head = [f"# {name}: {value}" for name, value in about.items()]
    options.out.write_text("\n".join([*head, COLUMNS, *body]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
