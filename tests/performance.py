"""The table of speeds that `make benchmark` writes and chapters/reference/performance.md shows."""

from __future__ import annotations

import csv
import hashlib
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

BENCHMARKS = Path(__file__).parent / "benchmarks"
TABLE = Path(__file__).parent.parent / "collapse_lib" / "data" / "performance.csv"
COLUMNS = ("what", "against", "seconds", "naive", "ratio", "least", "most", "floor", "limit")


@dataclass(frozen=True)
class Speed:
    """Processor seconds of all threads for one task, round by round, and of the naive way beside each round."""

    what: str
    ours: Sequence[float]
    against: str = ""
    naive: Sequence[float] = ()
    floor: float | None = None  # of the median ratio
    limit: float | None = None  # of the fastest round, in seconds

    def ratios(self) -> list[float]:
        return [slow / fast for slow, fast in zip(self.naive, self.ours)]

    def holds(self) -> bool:
        fast_enough = self.floor is None or median(self.ratios()) >= self.floor
        return fast_enough and (self.limit is None or min(self.ours) <= self.limit)

    def row(self) -> dict[str, str]:
        ratios = self.ratios()
        numbers = {
            "seconds": median(self.ours),
            "naive": median(self.naive) if ratios else None,
            "ratio": median(ratios) if ratios else None,
            "least": min(ratios, default=None),
            "most": max(ratios, default=None),
            "floor": self.floor,
            "limit": self.limit,
        }
        said = {name: "" if value is None else f"{value:.3g}" for name, value in numbers.items()}
        return {"what": self.what, "against": self.against} | said

    def __str__(self) -> str:
        row, bounds = self.row(), []
        if self.naive:
            bounds.append(f"{row['ratio']} times ({row['least']} to {row['most']}) faster than {self.against}")
        if self.floor is not None:
            bounds.append(f"floor {row['floor']}")
        if self.limit is not None:
            bounds.append(f"at most {row['limit']} s")
        return f"{self.what}: {row['seconds']} s; {', '.join(bounds)}" + ("" if self.holds() else ": MISSED")


def digest(folder: Path = BENCHMARKS) -> str:
    """SHA-256 of the files that measure, whatever their line ends."""
    total = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        total.update(f"{path.name}\n{path.read_text(encoding='utf-8')}\0".encode())
    return total.hexdigest()


def about() -> dict[str, str]:
    """When, on what and with what: no host name and no path."""
    versions = {}
    for name in ("numpy", "scipy", "nltk", "msprime"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return {
        "date": date.today().isoformat(),
        "system": f"{platform.system()} on {platform.machine()}",
        "processor": _processor(),
        "processors": str(os.cpu_count()),
        "load": load,
        "python": platform.python_version(),
        **versions,
        "benchmarks": digest(),
    }


def write(path: Path, speeds: Iterable[Speed]) -> None:
    """Write the provenance as lines of comment, then the rows, all at once."""
    new = path.with_suffix(".new")
    with new.open("w", encoding="utf-8", newline="") as file:
        file.writelines(f"# {key}: {value}\n" for key, value in about().items())
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(speed.row() for speed in speeds)
    new.replace(path)


def _processor() -> str:
    """The model, where the system says it."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"
