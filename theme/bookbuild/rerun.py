"""Run the site's notebooks as a reader's machine runs them: from another folder, with the wheel and what it needs.

    python theme/bookbuild/rerun.py _build/html [page.ipynb ...]

Each notebook gets a Python process of its own that sees the standard library, the wheel that lies in the site, the
packages that the wheel requires with all that these require, and for a notebook that says so the packages of the
wheel's extra `pages`; nothing else that is installed can be imported. IPython runs the cells; there is no kernel.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import Distribution, PackageNotFoundError, PathDistribution, distribution
from pathlib import Path

EXTRA = "pages"
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# in the child nothing but this text and what it imports is ours; `-S` keeps installed packages out until then
CHILD = r"""
import json, sys, time
from importlib.machinery import PathFinder

path, wheel, folders, allowed = json.load(sys.stdin)

class Allowed(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or name.partition(".")[0] in allowed:
            return spec
        places = [spec.origin or "", *(spec.submodule_search_locations or ())]
        return None if any(place.startswith(folder) for place in places for folder in folders) else spec

sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not PathFinder] + [Allowed]
sys.path[:0] = [wheel]
sys.path += folders
import collapse_lib
assert collapse_lib.__file__.startswith(wheel), collapse_lib.__file__
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

shell = InteractiveShell.instance()
shell.history_manager.enabled = False
shell.run_line_magic("colors", "nocolor")
notebook = json.load(open(path, encoding="utf-8"))
shown = []
for number, cell in enumerate(notebook["cells"]):
    if cell["cell_type"] != "code":
        continue
    with capture_output() as captured:
        result = shell.run_cell("".join(cell["source"]), store_history=True)
    error = result.error_before_exec or result.error_in_exec
    if error is not None and "raises-exception" not in cell["metadata"].get("tags", []):
        print(json.dumps({"cell": number, "error": f"{type(error).__name__}: {error}", "said": captured.stdout[-3000:]}))
        raise SystemExit(1)
    if result.result is not None:
        shown.append(shell.display_formatter.format(result.result)[0])
modules = sorted({name.partition(".")[0] for name in sys.modules})
print(json.dumps({"modules": modules, "shown": shown, "processor": time.process_time()}))
"""


def requirements(wheel: Path, extra: str = "") -> list[Distribution]:
    """The wheel's requirements that are installed here, and theirs; a missing one is an error."""
    from packaging.requirements import Requirement

    found: dict[str, Distribution] = {}

    def visit(dist: Distribution, extras: set[str]) -> None:
        for line in dist.requires or ():
            need = Requirement(line)
            if need.marker and not any(need.marker.evaluate({"extra": name}) for name in extras or {""}):
                continue
            key = need.name.lower().replace("_", "-")
            if key not in found:
                try:
                    found[key] = distribution(need.name)
                except PackageNotFoundError:
                    raise SystemExit(f"{need.name}, which the wheel needs, is not installed here") from None
                visit(found[key], set(need.extras) | {""})

    with zipfile.ZipFile(wheel) as archive:
        info = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        visit(PathDistribution(zipfile.Path(archive, info.rpartition("/")[0] + "/")), {"", extra})
    return list(found.values())


def modules(distributions: list[Distribution]) -> set[str]:
    """Names that the distributions bring to import."""
    tops = set()
    for dist in distributions:
        for file in dist.files or ():
            first = file.parts[0]
            if file.suffix in (".py", ".so", ".pyd") or len(file.parts) > 1:
                tops.add(first.partition(".")[0])
    return {name for name in tops if name.isidentifier()}


def run(path: Path, wheel: Path, unpacked: Path) -> dict:
    """Run a notebook: `seconds`, and `cell`, `error`, `said` where it failed."""
    needed = json.loads(path.read_text(encoding="utf-8"))["metadata"].get("collapse_lib", {}).get("needs")
    dists = requirements(wheel, EXTRA if needed else "")
    folders = sorted({str(dist.locate_file("")) for dist in dists})
    allowed = sorted(modules(dists) | {"collapse_lib"})
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="elsewhere") as place:
        kept = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "TMP")
        env = {name: os.environ[name] for name in kept if name in os.environ} | dict.fromkeys(THREADS, "1")
        env |= {"HOME": place, "IPYTHONDIR": place, "MPLBACKEND": "agg", "PYTHONPATH": str(unpacked)}
        result = subprocess.run(
            [sys.executable, "-S", "-E", "-c", CHILD],
            input=json.dumps([str(path), str(unpacked), folders, allowed]),
            cwd=place, env=env, capture_output=True, encoding="utf-8",
        )  # fmt: skip
    try:
        outcome = json.loads(result.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        outcome = {"cell": -1, "error": "the process ended", "said": result.stdout[-2000:] + result.stderr[-3000:]}
    return outcome | {"seconds": time.monotonic() - start}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("site", type=Path, help="folder of the built site, which holds the wheel")
    parser.add_argument("notebooks", nargs="*", type=Path, help="notebooks; default: all of the site's")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time")
    options = parser.parse_intermixed_args(arguments)
    wheels = sorted(options.site.resolve().glob("collapse_lib-*.whl"))
    if len(wheels) != 1:
        parser.error(f"{options.site} must hold one wheel of collapse_lib, got {len(wheels)}")
    paths = options.notebooks or [p for p in sorted(options.site.rglob("*.ipynb")) if not p.stem.endswith("-blank")]
    if not paths:
        parser.error(f"{options.site} holds no notebooks")
    failed = 0
    with tempfile.TemporaryDirectory(prefix="wheel") as place, ThreadPoolExecutor(options.jobs) as pool:
        with zipfile.ZipFile(wheels[0]) as archive:
            archive.extractall(place)
        outcomes = pool.map(lambda path: run(path.resolve(), wheels[0], Path(place)), paths)
        for path, outcome in zip(paths, outcomes):
            if "error" in outcome:
                failed += 1
                print(f"failed {path}, cell {outcome['cell']}: {outcome['error']}\n{outcome['said']}")
            else:
                spent = f"{outcome['seconds']:.1f} s, {outcome['processor']:.1f} of them computing"
                print(f"ran {path} in {spent}", flush=True)
    print(f"{len(paths) - failed} of {len(paths)} notebooks ran")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
