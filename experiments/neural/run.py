"""Small neural language models retrained, generation after generation, on their own text; and a table of what is left.

    python run.py [--smoke] [--checkpoints FOLDER] [--table FILE] [--workers 2] [--only-table]

The text is the first part of the book's corpus; what follows it is held out. Every generation reads a text, and writes
one of as many words, sentence by sentence from the boundary; the next reads that. A run is resumed where it stopped.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import platform
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import partial
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SETTINGS: dict[str, Any] = dict(
    tokens=60_000, held_out=10_000, embed=96, hidden=192, layers=2, heads=4, context=64, rows=8, writers=128,
    rate=3e-3, epochs=4, most_epochs=20, longest=400,
    kinds={  # how a kind of run differs from the main one; seeds and generations of each
        "gru": dict(seeds=[0, 1, 2, 3], generations=6),
        "transformer": dict(seeds=[0, 1], generations=6, model="transformer"),
        "early stopping": dict(seeds=[0, 1], generations=3, early=True),
        "temperature 0.9": dict(seeds=[0, 1], generations=3, temperature=0.9),
        "top-p 0.95": dict(seeds=[0, 1], generations=3, top_p=0.95),
        "warm start": dict(seeds=[0, 1], generations=4, warm=2),
    },
)  # fmt: skip
SMOKE = SETTINGS | dict(
    tokens=2_000, held_out=500, embed=16, hidden=16, writers=16, epochs=1, most_epochs=3,
    kinds={kind: s | dict(seeds=s["seeds"][:1], generations=2) for kind, s in SETTINGS["kinds"].items()},
)  # fmt: skip
CLASSES = [(1, 1), (2, 3), (4, 10), (11, 30), (31, 100), (101, 10**6)]
BINS = [(n, n) for n in range(11)] + [(11, 15), (16, 20), (21, 30), (31, 50), (51, 100), (101, 300), (301, 10**6)]
COLUMNS = (
    "kind", "seed", "generation", "part", "low", "high", "words", "before", "mean", "variance", "present",
    "expected", "spread", "dispersion", "absent", "returned", "perplexity", "own", "epochs", "seconds",
)  # fmt: skip
Sentences = list[np.ndarray]


# ------------------------------------------------------------------------------------------------------ the text


def read(settings: dict[str, Any]) -> tuple[Sentences, Sentences, int]:
    """The first sentences of the corpus, the next ones that hold no new word, and the number of symbols.

    Symbol 0 is the boundary; words are numbered from 1.
    """
    sys.path.insert(0, str(ROOT))
    from collapse_lib import language

    corpus = language.corpus()[0]
    ends = np.cumsum(corpus.lengths)
    first = int(np.searchsorted(ends, settings["tokens"])) + 1
    last = int(np.searchsorted(ends, ends[first - 1] + settings["held_out"])) + 1
    words = np.unique(corpus.tokens[: ends[first - 1]])
    number = np.zeros(corpus.tokens.max() + 1, np.int32)
    number[words] = np.arange(1, words.size + 1)
    sentences = np.split(number[corpus.tokens], ends[:-1])
    return sentences[:first], [s for s in sentences[first:last] if s.all()], words.size + 1


def pack(sentences: Sentences, context: int, rng: np.random.Generator) -> np.ndarray:
    """Sentences with their boundaries, in random order, cut into pieces of `context` steps and packed into rows.

    Returns inputs, targets, places in the piece, numbers of the pieces in the row (0: empty): (rows, 4, context).
    """
    rows: list[np.ndarray] = []
    room: list[int] = []
    for i in rng.permutation(len(sentences)):
        x = np.concatenate([[0], sentences[i], [0]])
        for start in range(0, x.size - 1, context):
            piece = x[start : start + context + 1]
            size = piece.size - 1
            row = next((r for r in range(max(0, len(rows) - 40), len(rows)) if room[r] >= size), len(rows))
            if row == len(rows):
                rows.append(np.zeros((4, context), np.int32))
                room.append(context)
            at = context - room[row]
            number = rows[row][3, at - 1] + 1 if at else 1
            rows[row][:, at : at + size] = [piece[:-1], piece[1:], np.arange(size), np.full(size, number)]
            room[row] -= size
    return np.stack(rows)[rng.permutation(len(rows))]


# ------------------------------------------------------------------------------------------------------ the models


def make_model(s: dict[str, Any], size: int) -> tuple[Any, Any, Any, Any]:
    """`init(key)`, `forward(p, x, place, piece)` and `step(p, state, x, place)`, which give logits; and `start()`."""
    import jax
    import jax.numpy as jnp

    embed, hidden, context, layers, heads = s["embed"], s["hidden"], s["context"], s["layers"], s["heads"]

    def normal(key: Any, a: int, b: int) -> Any:
        return jax.random.normal(key, (a, b)) / np.sqrt(a)

    def logits(p: Any, features: Any) -> Any:
        return features @ p["E"].T + p["bias"]

    def common(key: Any) -> dict[str, Any]:
        return {"E": 0.1 * jax.random.normal(key, (size, embed)), "bias": jnp.zeros(size)}

    # a gated recurrent unit
    def gru_init(key: Any) -> Any:
        k = jax.random.split(key, 4)
        return common(k[0]) | {
            "Wx": normal(k[1], embed, 3 * hidden), "Wh": normal(k[2], hidden, 3 * hidden),
            "b": jnp.zeros(3 * hidden), "P": normal(k[3], hidden, embed),
        }  # fmt: skip

    def gates(p: Any, x: Any) -> Any:
        return p["E"][x] * np.sqrt(embed) @ p["Wx"] + p["b"]

    def cell(p: Any, h: Any, given: Any, place: Any) -> Any:
        h = jnp.where(place[:, None] == 0, 0.0, h)
        xr, xz, xn = jnp.split(given, 3, -1)
        hr, hz, hn = jnp.split(h @ p["Wh"], 3, -1)
        r, z = jax.nn.sigmoid(xr + hr), jax.nn.sigmoid(xz + hz)
        return z * h + (1 - z) * jnp.tanh(xn + r * hn)

    def gru_forward(p: Any, x: Any, place: Any, piece: Any) -> Any:
        def one(h: Any, inputs: Any) -> Any:
            h = cell(p, h, *inputs)
            return h, h

        h = jnp.zeros((x.shape[0], hidden))
        hs = jax.lax.scan(one, h, (gates(p, x).swapaxes(0, 1), place.T))[1]
        return logits(p, hs.swapaxes(0, 1) @ p["P"])

    def gru_step(p: Any, h: Any, x: Any, place: Any) -> Any:
        h = cell(p, h, gates(p, x), place)
        return h, logits(p, h @ p["P"])

    # a causal transformer
    def former_init(key: Any) -> Any:
        k = jax.random.split(key, 2 + 4 * layers)
        blocks = [
            {"qkv": normal(k[4 * i + 2], embed, 3 * embed), "o": 0.5 * normal(k[4 * i + 3], embed, embed),
             "up": normal(k[4 * i + 4], embed, 4 * embed), "down": 0.5 * normal(k[4 * i + 5], 4 * embed, embed)}
            for i in range(layers)
        ]  # fmt: skip
        return common(k[0]) | {"place": 0.1 * jax.random.normal(k[1], (context, embed)), "blocks": blocks}

    def norm(x: Any) -> Any:
        x = x - x.mean(-1, keepdims=True)
        return x * jax.lax.rsqrt((x * x).mean(-1, keepdims=True) + 1e-5)

    def cut(x: Any) -> Any:
        return jnp.split(x.reshape(*x.shape[:-1], 3 * heads, embed // heads), 3, -2)

    def attend(q: Any, k: Any, v: Any, allowed: Any) -> Any:
        """q: (rows, steps, heads, d); k and v: (rows, places, heads, d); allowed: (rows, steps, places)."""
        scores = jnp.einsum("rshd,rphd->rhsp", q, k) / np.sqrt(q.shape[-1])
        weight = jax.nn.softmax(jnp.where(allowed[:, None], scores, -1e9), -1)
        return jnp.einsum("rhsp,rphd->rshd", weight, v).reshape(*q.shape[:2], embed)

    def enter(p: Any, x: Any, place: Any) -> Any:
        return p["E"][x] * np.sqrt(embed) + p["place"][place]

    def former_forward(p: Any, x: Any, place: Any, piece: Any) -> Any:
        steps = jnp.arange(context)
        allowed = (piece[:, :, None] == piece[:, None]) & (steps[:, None] >= steps)
        h = enter(p, x, place)
        for b in p["blocks"]:
            h = h + attend(*cut(norm(h) @ b["qkv"]), allowed) @ b["o"]
            h = h + jax.nn.gelu(norm(h) @ b["up"]) @ b["down"]
        return logits(p, norm(h))

    def former_step(p: Any, state: Any, x: Any, place: Any) -> Any:
        allowed = (jnp.arange(context) <= place[:, None])[:, None]
        row, h, kept = jnp.arange(x.shape[0]), enter(p, x, place)[:, None], []
        for b, (keys, values) in zip(p["blocks"], state):
            q, k, v = cut(norm(h) @ b["qkv"])
            keys, values = keys.at[row, place].set(k[:, 0]), values.at[row, place].set(v[:, 0])
            kept.append((keys, values))
            h = h + attend(q, keys, values, allowed) @ b["o"]
            h = h + jax.nn.gelu(norm(h) @ b["up"]) @ b["down"]
        return kept, logits(p, norm(h[:, 0]))

    def former_start() -> Any:
        shape = (s["writers"], context, heads, embed // heads)
        return [(jnp.zeros(shape), jnp.zeros(shape)) for _ in range(layers)]

    if s["model"] == "transformer":
        return former_init, former_forward, former_step, former_start
    return gru_init, gru_forward, gru_step, lambda: jnp.zeros((s["writers"], hidden))


# ------------------------------------------------------------------------------------------- training and writing


def make_trainer(s: dict[str, Any], forward: Any) -> tuple[Any, Any]:
    """`train(p, sentences, rng, epochs)` -> parameters, own perplexity, epochs; and `perplexity(p, sentences)`."""
    import jax
    import jax.numpy as jnp

    def loss(p: Any, rows: Any) -> Any:
        x, y, place, piece = rows.swapaxes(0, 1)
        z = forward(p, x, place, piece)
        each = jax.nn.logsumexp(z, -1) - jnp.take_along_axis(z, y[..., None], -1)[..., 0]
        return jnp.where(piece > 0, each, 0.0).sum() / (piece > 0).sum()

    @partial(jax.jit, donate_argnums=(0, 1, 2))
    def update(p: Any, m: Any, v: Any, t: Any, rate: Any, rows: Any) -> Any:
        """Adam (0.9, 0.999) with the gradient's length clipped at 1."""
        value, g = jax.value_and_grad(loss)(p, rows)
        each = jax.tree.map
        clip = 1 / jnp.maximum(1.0, jnp.sqrt(sum(jnp.sum(x * x) for x in jax.tree.leaves(g))))
        m = each(lambda m, g: 0.9 * m + 0.1 * clip * g, m, g)
        v = each(lambda v, g: 0.999 * v + 0.001 * (clip * g) ** 2, v, g)
        scale = rate * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
        return each(lambda p, m, v: p - scale * m / (jnp.sqrt(v) + 1e-8), p, m, v), m, v, value

    measure = jax.jit(loss)

    def batches(sentences: Sentences, rng: np.random.Generator) -> np.ndarray:
        rows = pack(sentences, s["context"], rng)
        rows = np.resize(rows, (-(-len(rows) // s["rows"]) * s["rows"], *rows.shape[1:]))  # the first fill the last
        return rows.reshape(-1, s["rows"], *rows.shape[1:])

    def perplexity(p: Any, sentences: Sentences) -> float:
        total = weight = 0.0
        for rows in batches(sentences, np.random.default_rng(0)):
            size = float((rows[:, 3] > 0).sum())
            total, weight = total + size * float(measure(p, rows)), weight + size
        return float(np.exp(total / weight))

    def train(p: Any, sentences: Sentences, rng: np.random.Generator, epochs: int) -> tuple[Any, float, int]:
        zeros = jax.tree.map(jnp.zeros_like, p)
        m, v, t, done, best = zeros, jax.tree.map(jnp.copy, zeros), 0, 0, (np.inf, None)
        stop = len(sentences) - len(sentences) // 10 if s["early"] else len(sentences)
        own, check = sentences[:stop], sentences[stop:]
        steps = 0
        for epoch in range(s["most_epochs"] if s["early"] else epochs):
            total, rows = [], batches(own, rng)
            steps = steps or epochs * len(rows)  # packing may differ by a batch from epoch to epoch
            for batch in rows:
                rate = s["rate"] * (1.0 if s["early"] else max(0.0, 1 - t / steps))
                t += 1
                p, m, v, value = update(p, m, v, float(t), rate, batch)
                total.append(value)
            done, mean = epoch + 1, float(np.exp(np.mean(total)))
            if s["early"]:  # on the last tenth of its own text; the first rise ends the training
                value = perplexity(p, check)
                if value >= best[0]:
                    return best[1], mean, epoch
                best = value, jax.tree.map(jnp.copy, p)
        return p, mean, done

    return train, perplexity


def make_writer(s: dict[str, Any], size: int, step: Any, start: Any) -> Any:
    """`write(p, tokens, rng)` -> sentences of so many words, and the expected counts of all symbols in such a text."""
    import jax
    import jax.numpy as jnp

    side = int(np.ceil(np.sqrt(size)))

    def draw(weight: Any, u: Any) -> Any:
        c = jnp.cumsum(weight, -1)
        return jnp.minimum((c <= u[:, None] * c[:, -1:]).sum(-1), weight.shape[-1] - 1)

    def one(p: Any, tokens: Any, carry: Any, u: Any) -> Any:
        """One symbol of each writer; in two stages, the block and the symbol in it, for the sake of the rounding."""
        state, x, length, alive, written, expected = carry
        state, z = step(p, state, x, length % s["context"])
        q = jax.nn.softmax(z / s["temperature"], -1)
        if s["top_p"] < 1:
            low, high = jnp.zeros(q.shape[0]), q.max(-1)  # bisect for the smallest probability that is kept
            for _ in range(26):
                middle = (low + high) / 2
                enough = jnp.where(q >= middle[:, None], q, 0).sum(-1) >= s["top_p"]
                low, high = jnp.where(enough, middle, low), jnp.where(enough, high, middle)
            q = jnp.where(q >= low[:, None], q, 0)
            q = q / q.sum(-1, keepdims=True)
        expected = expected + alive.astype(q.dtype) @ q
        q = jnp.pad(q, ((0, 0), (0, side * side - size))).reshape(-1, side, side)
        block = draw(q.sum(-1), u[0])
        y = block * side + draw(q[jnp.arange(q.shape[0]), block], u[1])
        y = jnp.where(length >= s["longest"], 0, jnp.minimum(y, size - 1))
        said, written = jnp.where(alive, y, -1), written + (alive & (y > 0)).sum()
        alive = alive & ((y > 0) | (written < tokens))  # writers begin new sentences until all is written
        return (state, y, jnp.where(y > 0, length + 1, 0), alive, written, expected), said

    @jax.jit
    def many(p: Any, tokens: Any, carry: Any, u: Any) -> Any:
        return jax.lax.scan(partial(one, p, tokens), carry, u)

    def write(p: Any, tokens: int, rng: np.random.Generator) -> tuple[Sentences, np.ndarray]:
        writers = s["writers"]
        x, alive = jnp.zeros(writers, jnp.int32), jnp.ones(writers, bool)
        carry, expected, said = (start(), x, x, alive, jnp.int32(0), jnp.zeros(size)), np.zeros(size), []
        while carry[3].any():
            carry, more = many(p, tokens, carry, rng.random((32, 2, writers), np.float32))
            expected += np.asarray(carry[5], float)
            carry = (*carry[:5], jnp.zeros(size))
            said.append(np.asarray(more))
        written = np.concatenate(said)  # (steps, writers); -1 when a writer is through
        sentences = []
        for column in written.T:
            ends = np.flatnonzero(column == 0)
            starts = np.concatenate([[0], ends[:-1] + 1])
            sentences += [(a, column[a:b]) for a, b in zip(starts, ends) if b > a]
        sentences.sort(key=lambda pair: pair[0])  # in order of their start, whatever their length
        texts = [s.astype(np.int32) for _, s in sentences]
        cut = int(np.searchsorted(np.cumsum([s.size for s in texts]), tokens))
        texts[cut] = texts[cut][: tokens - sum(s.size for s in texts[:cut])]
        expected[0] = 0.0
        return texts[: cut + 1], expected * (tokens / expected.sum())

    return write


# ------------------------------------------------------------------------------------------------------ a run


def run(settings: dict[str, Any], kind: str, seed: int, folder: Path) -> None:
    """All generations of one run, each saved as soon as it is written."""
    import jax

    s = settings | dict(model="gru", early=False, temperature=1.0, top_p=1.0, warm=0) | settings["kinds"][kind]
    real, held, size = read(settings)
    tokens = sum(x.size for x in real)
    init, forward, step, start = make_model(s, size)
    train, perplexity = make_trainer(s, forward)
    write, text, p = make_writer(s, size, step, start), real, None
    for generation in range(1, s["generations"] + 1):
        path = folder / f"{kind} {seed} {generation}.npz"
        if path.exists():
            with np.load(path) as saved:
                text = np.split(saved["tokens"], np.cumsum(saved["lengths"])[:-1])
                if s["warm"]:
                    blank = jax.tree.structure(jax.eval_shape(init, jax.random.key(0)))
                    leaves = [saved[f"p{i}"] for i in range(blank.num_leaves)]
                    p = jax.tree.unflatten(blank, [jax.numpy.asarray(x) for x in leaves])
            continue
        begin = time.time()
        rng = np.random.default_rng([list(settings["kinds"]).index(kind), seed, generation])
        again = bool(s["warm"]) and p is not None
        p = p if again else init(jax.random.key(int(rng.integers(2**31))))
        p, own, epochs = train(p, text, rng, s["warm"] if again else s["epochs"])
        surprise = perplexity(p, held)
        text, expected = write(p, tokens, rng)
        leaves = {f"p{i}": np.asarray(x) for i, x in enumerate(jax.tree.leaves(p))} if s["warm"] else {}
        new = path.with_suffix(".new")
        with new.open("wb") as file:
            np.savez_compressed(
                file, tokens=np.concatenate(text), lengths=[x.size for x in text], expected=expected,
                measured=[surprise, own, epochs, time.time() - begin], **leaves,
            )  # fmt: skip
        new.replace(path)
        words = np.unique(np.concatenate(text)).size
        print(f"{kind}, seed {seed}, generation {generation}: {words} words, perplexity {surprise:.0f}, "
              f"own {own:.0f}, {epochs} epochs, {time.time() - begin:.0f} s", flush=True)  # fmt: skip


def one_core(queue: Any) -> None:
    """Each worker keeps to a core of its own, where the system lets it."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[queue.get() % len(cores)]})
    os.environ["JAX_PLATFORMS"] = "cpu"


# ------------------------------------------------------------------------------------------------------ the table


def spread(value: np.ndarray, base: np.ndarray) -> float:
    """Mean of (value - r base)^2 / base with r the ratio of the sums; of the values themselves where base is 0."""
    if not base.any():
        return float(value.var())
    return float(np.mean((value - value.sum() / base.sum() * base) ** 2 / base))


def rows_of(
    kind: str, seed: int, generation: int, real: np.ndarray, old: np.ndarray, saved: dict[str, np.ndarray]
) -> list[dict[str, Any]]:
    """What the table says about one generation: the run, the classes by real count, the next count by the last."""
    new = np.bincount(saved["tokens"], minlength=real.size + 1)[1:]
    expected = saved["expected"][1:]
    head = {"kind": kind, "seed": seed, "generation": generation}
    surprise, own, epochs, seconds = saved["measured"]
    rows = [head | dict(part="run", words=int((new > 0).sum()), perplexity=surprise, own=own, epochs=int(epochs),
                        seconds=seconds)]  # fmt: skip
    for part, base, bins in (("class", real, CLASSES), ("next", old, BINS)):
        for low, high in bins:
            m = (base >= low) & (base <= high)
            if not m.any():
                continue
            row = head | dict(
                part=part, low=low, high=high, words=int(m.sum()), before=base[m].mean(), mean=new[m].mean(),
                variance=spread(new[m], base[m]), present=float((new[m] > 0).mean()), expected=expected[m].mean(),
                spread=spread(expected[m], base[m]),
            )  # fmt: skip
            if part == "class":
                gone = m & (old == 0)
                row |= dict(absent=int(gone.sum()), returned=int((gone & (new > 0)).sum()))
            else:
                row["dispersion"] = float(((new[m] - expected[m]) ** 2).sum() / max(expected[m].sum(), 1e-9))
            rows.append(row)
    return rows


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def text_digest(settings: dict[str, Any]) -> str:
    real, held, _ = read(settings)
    return digest(json.dumps([[x.tolist() for x in part] for part in (real, held)]))


def script_digest() -> str:
    """SHA-256 of this file, whatever its line ends."""
    return digest(Path(__file__).read_text(encoding="utf-8"))


def processor() -> str:
    """The model, where the system says it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(x.partition(":")[2].strip() for x in lines if x.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"


def write_table(settings: dict[str, Any], folder: Path, table: Path, workers: int) -> None:
    """Write what has been saved so far: provenance as lines of comment, then the rows, all at once."""
    sentences, held, size = read(settings)
    real = np.bincount(np.concatenate(sentences), minlength=size)[1:]
    rows: list[dict[str, Any]] = [
        dict(kind="text", part="text", low=int(c), high=int(c), words=int(w))
        for c, w in zip(*np.unique(real, return_counts=True))
    ]
    seconds, seeds = 0.0, []
    for kind, s in settings["kinds"].items():
        for seed in s["seeds"]:
            old, done = real, 0
            for generation in range(1, s["generations"] + 1):
                path = folder / f"{kind} {seed} {generation}.npz"
                if not path.exists():
                    break
                with np.load(path) as file:
                    saved = {name: file[name] for name in ("tokens", "expected", "measured")}
                rows += rows_of(kind, seed, generation, real, old, saved)
                old = np.bincount(saved["tokens"], minlength=size)[1:]
                seconds, done = seconds + saved["measured"][3], generation
            seeds.append(f"{kind} {seed}: {done} of {s['generations']}")
    about = {
        "date": date.today().isoformat(),
        "system": f"{platform.system()} on {platform.machine()}",
        "processor": processor(),
        "processors": os.cpu_count(),
        "load": f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown",
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "jax", "jaxlib")},
        "workers": workers,
        "minutes": f"{seconds / 60 / workers:.1f}",
        "script": script_digest(),
        "text": text_digest(settings),
        "settings": json.dumps(settings),
        "tokens": int(real.sum()),
        "words": size - 1,
        "held-out tokens": sum(x.size for x in held),
        "generations": "; ".join(seeds),
    }
    new = table.with_suffix(".new")
    with new.open("w", encoding="utf-8", newline="") as file:
        file.writelines(f"# {key}: {value}\n" for key, value in about.items())
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({k: f"{v:.5g}" if isinstance(v, float) else v for k, v in row.items()})
    new.replace(table)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="tiny models and texts: does it run at all?")
    parser.add_argument("--checkpoints", type=Path, default=HERE / "checkpoints", help="where the texts are kept")
    parser.add_argument("--table", type=Path, default=ROOT / "collapse_lib" / "data" / "neural.csv")
    parser.add_argument("--workers", type=int, default=2, help="processes, each on a core of its own")
    parser.add_argument("--only-table", action="store_true", help="write the table of what has been saved so far")
    a = parser.parse_args(arguments)
    settings = SMOKE if a.smoke else SETTINGS
    folder = a.checkpoints / digest(json.dumps(settings) + text_digest(settings))[:12]
    folder.mkdir(parents=True, exist_ok=True)
    if not a.only_table:
        context = get_context("spawn")
        cores = context.Queue()
        for core in range(a.workers):
            cores.put(core)
        jobs = [(kind, seed) for kind, s in settings["kinds"].items() for seed in s["seeds"]]
        with ProcessPoolExecutor(a.workers, context, one_core, (cores,)) as pool:
            for job in [pool.submit(run, settings, kind, seed, folder) for kind, seed in jobs]:
                job.result()
    write_table(settings, folder, a.table, a.workers)


if __name__ == "__main__":
    main()
