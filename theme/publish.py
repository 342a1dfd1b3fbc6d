"""``make publish``: one folder, `dist/`, with all that is published, built from a commit and from nothing else.

The files of the commit are taken out into a folder of their own, so every page is executed anew. Whatever is not
committed, warns or fails ends it with a sentence, and an earlier `dist/` stays as it is. The same commit gives the same
bytes, but for what the execution of the pages took; the day that the pages state is that of the commit, or of the
environment variable ``SOURCE_DATE_EPOCH``.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import venv
import zipfile
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from bookbuild.about import FILES, about

BUILDS = (  # what `make book`, `make pdf` and `make epub` run: each leaves its part below _build/
    (str(Path(sys.executable).with_name("jupyter-book")), "build", ".", "-W", "-n", "--keep-going"),
    (sys.executable, "theme/portable", "pdf"),
    (sys.executable, "theme/portable", "epub"),
)
PRODUCTS = ("book.pdf", "book.epub")
PACKAGE = ("collapse_lib", "pyproject.toml", "README.md", "LICENSE")  # all that the archive of sources is made of
SUMS = "SHA256SUMS"
SITE = "site"
NOTES = (".buildinfo", ".doctrees")  # of Sphinx to itself
WARNING = re.compile(r"^.*(?:WARNING|ERROR): .*$", re.M)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Refusal(Exception):
    """Why nothing is published, in a sentence."""


def run(command: Iterable[str], folder: Path, env: dict[str, str] | None = None) -> tuple[int, str]:
    """Exit code and all that was said, which is also shown."""
    said = []
    with subprocess.Popen(
        [*command], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
        errors="replace",
    ) as process:  # fmt: skip
        for line in process.stdout:
            print(line, end="", flush=True)
            said.append(line)
    return process.returncode, COLOUR.sub("", "".join(said))


def git(root: Path, *arguments: str) -> bytes:
    result = subprocess.run(["git", *arguments], cwd=root, capture_output=True)
    if result.returncode:
        raise Refusal(f"only a commit can be published: {result.stderr.decode(errors='replace').strip()}")
    return result.stdout


def take_out(root: Path, folder: Path) -> None:
    """The files of the last commit, and no other, into `folder`."""
    changed = git(root, "status", "--porcelain").decode(errors="replace").splitlines()
    if changed:
        names = ", ".join(line[3:] for line in changed[:5]) + (" and others" if len(changed) > 5 else "")
        raise Refusal(f"what is not committed is not published; commit or remove {names}")
    with tarfile.open(fileobj=io.BytesIO(git(root, "archive", "--format=tar", "HEAD"))) as archive:
        archive.extractall(folder, filter="data")


def build(folder: Path, env: dict[str, str]) -> None:
    """Site, PDF and EPUB in `folder`; the site's build treats a warning as a failure."""
    for name, made in FILES.items():
        if (folder / name).read_text(encoding="utf-8") != made(folder):
            raise Refusal(f"{name} differs from pyproject.toml, _config.yml and the changes; make citation writes it")
    for command in BUILDS:
        code, said = run(command, folder, env)
        if code:
            name = " ".join([Path(command[0]).name, *command[1:]])
            found = dict.fromkeys(WARNING.findall(said)) or said.strip().splitlines()[-5:]
            reason = "".join(f"\n  {line}" for line in found)
            raise Refusal(f"nothing is published that warns or fails, and '{name}' does{reason}")


def files(folder: Path, pattern: str) -> list[Path]:
    """Files below `folder` in an order that no file system decides."""
    return sorted((path for path in folder.rglob(pattern) if path.is_file()), key=lambda path: path.as_posix())


def the_one(folder: Path, pattern: str, what: str) -> Path:
    found = files(folder, pattern)
    if len(found) != 1:
        raise Refusal(f"the build left {len(found)} files where one is expected, {what} ({pattern})")
    return found[0]


def pack(target: Path, members: dict[str, Path], when: int) -> None:
    """A zip whose bytes depend on the members' names and contents alone."""
    moment = max(time.gmtime(when)[:6], (1980, 1, 1, 0, 0, 0))
    with zipfile.ZipFile(target, "w") as archive:
        for name, path in sorted(members.items()):
            entry = zipfile.ZipInfo(name, moment)
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, 0o100644 << 16, 3
            archive.writestr(entry, path.read_bytes(), compresslevel=9)


def repack(sdist: Path, when: int) -> None:
    """An archive of sources with one time, one owner and one order."""
    with tarfile.open(sdist) as archive:
        members = [(entry, archive.extractfile(entry)) for entry in archive.getmembers()]
        contents = {entry.name: (entry, file.read() if file else b"") for entry, file in members}
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, (old, content) in sorted(contents.items()):
            entry = tarfile.TarInfo(name)
            entry.type, entry.size, entry.mtime = old.type, len(content), when
            entry.mode = 0o755 if old.isdir() else 0o644
            archive.addfile(entry, io.BytesIO(content))
    with sdist.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=when) as packed:
        packed.write(plain.getvalue())


def build_package(folder: Path, target: Path, env: dict[str, str], when: int) -> tuple[Path, Path]:
    """Wheel and archive of sources from the package's own files."""
    with tempfile.TemporaryDirectory() as place:
        for name in PACKAGE:
            source = folder / name
            if source.is_dir():
                shutil.copytree(source, Path(place, name), ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, place)
        command = (sys.executable, "-m", "build", "--no-isolation", "--outdir", str(target), place)
        code, said = run(command, folder, env)
    if code:
        raise Refusal(f"the package cannot be built:\n{said}")
    wheel, sdist = the_one(target, "*.whl", "the wheel"), the_one(target, "*.tar.gz", "the archive of sources")
    repack(sdist, when)
    return wheel, sdist


def environment_with(package: Path, folder: Path) -> Path:
    """The Python of a new environment with the package; what the package needs it borrows from this one."""
    venv.create(folder, with_pip=False)
    (python,) = [path for path in (folder / "bin" / "python", folder / "Scripts" / "python.exe") if path.exists()]
    said = subprocess.run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], capture_output=True)
    here = Path(said.stdout.decode().strip())
    borrowed = "\n".join(path for path in sys.path if "site-packages" in path)
    (here / "borrowed.pth").write_text(borrowed, encoding="utf-8")
    command = (sys.executable, "-m", "pip", f"--python={python}", "install", "--quiet", "--no-deps", "--no-index",
               "--no-build-isolation", "--disable-pip-version-check", str(package))  # fmt: skip
    code, said = run(command, folder)
    if code:
        raise Refusal(f"{package.name} cannot be installed:\n{said}")
    return python


def check_package(wheel: Path, sdist: Path, version: str) -> None:
    """Ask twine about both, and try both out."""
    code, said = run((sys.executable, "-m", "twine", "check", "--strict", str(wheel), str(sdist)), wheel.parent)
    if code:
        raise Refusal(f"twine does not like the package:\n{said}")
    for package in (wheel, sdist):
        try_out(package, version)


def try_out(package: Path, version: str) -> None:
    """Install the package into a new environment and ask it for its version."""
    with tempfile.TemporaryDirectory() as place:
        python = environment_with(package, Path(place, "new"))
        env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        code, said = run((str(python), "-m", "collapse_lib", "--version"), Path(place), env)
        if code or said.strip() != version:
            raise Refusal(f"{package.name}: python -m collapse_lib --version says {said.strip()!r}, not {version}")


def gather(folder: Path, target: Path, env: dict[str, str], when: int) -> None:
    """Everything from the built `folder` into `target`, with the sums of the files."""
    book = about(folder)
    stem = f"{re.sub(r'[^a-z0-9]+', '-', book.title.lower()).strip('-')}-{book.version}"
    wheel, sdist = build_package(folder, target, env, when)
    check_package(wheel, sdist, book.version)
    site = shutil.copytree(folder / "_build" / "html", target / SITE, ignore=shutil.ignore_patterns(*NOTES))
    shutil.copy(wheel, site / wheel.name)
    notebooks = files(site / "chapters", "*.ipynb")
    if not notebooks:
        raise Refusal("the build left no notebook beside its page")
    for name in PRODUCTS:
        product = the_one(folder / "_build", name, "the book as one file")
        shutil.copy(product, target / f"{stem}{product.suffix}")
    within = {path.relative_to(site).as_posix(): path for path in files(site, "*")}
    pack(target / f"{stem}-site.zip", {f"{stem}/{name}": path for name, path in within.items()}, when)
    chapters = site / "chapters"
    pack(
        target / f"{stem}-notebooks.zip",
        {f"{stem}-notebooks/{path.relative_to(chapters).as_posix()}": path for path in notebooks},
        when,
    )
    (target / SUMS).write_text(sums(target), encoding="utf-8")


def sums(folder: Path) -> str:
    """A line for `sha256sum -c` for every file beside the site."""
    found = sorted(path for path in folder.iterdir() if path.is_file() and path.name != SUMS)
    return "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in found)


def check_ours(dist: Path) -> None:
    """Refuse to replace a folder with anything in it that was not put there by an earlier call."""
    if not dist.exists():
        return
    known = {SITE, SUMS}
    if (dist / SUMS).is_file():
        known |= {line.partition("  ")[2] for line in (dist / SUMS).read_text(encoding="utf-8").splitlines()}
    strange = sorted(path.name for path in dist.iterdir() if path.name not in known)
    if strange or (dist / SITE).exists() and not (dist / SUMS).is_file():
        raise Refusal(f"{dist} holds what make publish has not made ({', '.join(strange) or SITE}); move it elsewhere")


def publish(root: Path, dist: Path) -> None:
    """Build the last commit of `root`, and replace `dist` when all has gone well."""
    check_ours(dist)
    when = int(os.environ.get("SOURCE_DATE_EPOCH") or git(root, "log", "-1", "--format=%ct"))
    with tempfile.TemporaryDirectory(prefix="publish-") as place:
        folder, target = Path(place, "book"), Path(place, "dist")
        target.mkdir()
        take_out(root, folder)
        env = os.environ | {"SOURCE_DATE_EPOCH": str(when), "PYTHONPATH": str(folder)}
        build(folder, env)
        gather(folder, target, env, when)
        check_ours(dist)
        if dist.exists():
            shutil.rmtree(dist)
        shutil.move(target, dist)


if __name__ == "__main__":
    os.umask(0o022)
    root = Path(__file__).resolve().parent.parent
    try:
        publish(root, root / "dist")
    except Refusal as refusal:
        sys.exit(f"make publish: {refusal}")
    print(f"Published: {root / 'dist'}")
