"""What is published, and when nothing is: a small repository, with programs that stand in for the builds."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

sys.path.insert(0, str(ROOT / "theme"))
import publish  # noqa: E402
from bookbuild import about  # noqa: E402

SITE = """
from pathlib import Path
site = Path("_build/html")
for name, text in {"index.html": "a page", "chapters/b.html": "b", "chapters/b.ipynb": "{}", ".buildinfo": "x"}.items():
    (site / name).parent.mkdir(parents=True, exist_ok=True)
    (site / name).write_text(text)
"""
PRINT = "from pathlib import Path; [Path(f'_build/book.{kind}').write_text(kind) for kind in ('pdf', 'epub')]"
STEM = "how-fast-do-models-forget-0.1.0"
WHEEL, SDIST = "collapse_lib-0.1.0-py3-none-any.whl", "collapse_lib-0.1.0.tar.gz"
KEPT = ("_config.yml", "pyproject.toml", "README.md", "LICENSE", "CITATION.cff", ".zenodo.json", ".gitignore")


def git(folder: Path, *arguments: str) -> str:
    names = ("-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    return subprocess.run(
        ["git", *names, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A commit with the package and what the metadata are read from; building it is quick."""
    monkeypatch.setattr(publish, "BUILDS", ((sys.executable, "-c", SITE), (sys.executable, "-c", PRINT)))
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    folder = tmp_path / "a repository"
    folder.mkdir()
    for name in KEPT:
        shutil.copy(ROOT / name, folder)
    for name in ("changes.md", "references.bib"):
        (folder / "chapters/reference").mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "chapters/reference" / name, folder / "chapters/reference")
    shutil.copytree(ROOT / "collapse_lib", folder / "collapse_lib", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "a", "--date=2026-01-02T03:04:05Z")
    return folder


WHEN = 10**9


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """Wheel and archive of sources, made in this folder by somebody with habits of his own."""
    env = {"SOURCE_DATE_EPOCH": str(WHEN), "TZ": "Asia/Kolkata", "PYTHONHASHSEED": "7", "LC_ALL": "C"}
    return publish.build_package(ROOT, tmp_path_factory.mktemp("package"), os.environ | env, WHEN)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_one_folder_with_everything(repository, package, monkeypatch):
    dist = repository / "dist"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(WHEN))
    publish.publish(repository, dist)
    first = contents(dist)
    assert set(first) == {
        "SHA256SUMS", f"{STEM}.pdf", f"{STEM}.epub", f"{STEM}-site.zip", f"{STEM}-notebooks.zip", WHEEL, SDIST,
        "site/index.html", "site/chapters/b.html", "site/chapters/b.ipynb", f"site/{WHEEL}",
    }  # fmt: skip
    assert first[f"{STEM}.pdf"] == b"pdf" and first[f"{STEM}.epub"] == b"epub"
    assert first[f"site/{WHEEL}"] == first[WHEEL]
    sums = dict(line.split("  ")[::-1] for line in first["SHA256SUMS"].decode().splitlines())
    assert sums == {
        name: hashlib.sha256(content).hexdigest()
        for name, content in first.items()
        if "/" not in name and name != "SHA256SUMS"
    }
    with zipfile.ZipFile(dist / f"{STEM}-site.zip") as archive:
        assert archive.read(f"{STEM}/index.html") == b"a page"
        assert archive.namelist() == sorted(f"{STEM}/{name[5:]}" for name in first if name.startswith("site/"))
    with zipfile.ZipFile(dist / f"{STEM}-notebooks.zip") as archive:
        assert archive.namelist() == [f"{STEM}-notebooks/b.ipynb"]
    with tarfile.open(dist / SDIST) as archive:
        names = archive.getnames()
    assert not [name for name in names if re.search("chapters|theme|tests|_build", name)]
    assert any(name.endswith("wikitext2_frequency_of_frequencies.csv") for name in names)
    assert [path.read_bytes() for path in package] == [first[WHEEL], first[SDIST]], "built twice, not the same"


def test_a_zip_depends_on_names_and_contents_alone(tmp_path):
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_text("one")
    two.write_text("two")
    publish.pack(tmp_path / "a.zip", {"x/b": one, "x/a": two}, 10**9)
    os.utime(one, (0, 0))
    two.chmod(0o700)
    publish.pack(tmp_path / "b.zip", {"x/a": two, "x/b": one}, 10**9)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert [entry.date_time for entry in archive.infolist()] == [(2001, 9, 9, 1, 46, 40)] * 2
    publish.pack(tmp_path / "c.zip", {"x": one}, 0)  # before the first day of a zip
    assert zipfile.ZipFile(tmp_path / "c.zip").infolist()[0].date_time == (1980, 1, 1, 0, 0, 0)


def test_the_wheel_needs_what_it_says_and_no_more(package, tmp_path):
    """Where nothing but its dependencies can be imported, the library is, and simulates."""
    python = publish.environment_with(package[0], tmp_path / "new")
    allowed = needed() | {"collapse-lib"}
    owners = importlib.metadata.packages_distributions()
    rest = [name for name, by in owners.items() if not {canonicalize_name(each) for each in by} & allowed]
    assert {"sphinx", "jupyter_book", "myst_nb", "jupytext", "nltk"} <= set(rest)
    code = f"""
import sys

class Missing:
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in {rest!r}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing)
import collapse_lib
from collapse_lib import families, forgetting, training, variance, escape, language, mixture, figures, widgets
training.simulate(families.Gaussian(), (0, 1), n=10, generations=2, trajectories=3, rng=0)
print(collapse_lib.__file__)
"""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    said = subprocess.run([python, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    assert str(tmp_path / "new") in said.stdout


def needed() -> set[str]:
    """The package's dependencies, theirs, and so on."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    todo = [Requirement(text) for text in project["dependencies"]]
    found: set[str] = set()
    while todo:
        name = canonicalize_name(todo.pop().name)
        if name not in found:
            found.add(name)
            inner = map(Requirement, importlib.metadata.requires(name) or ())
            todo += [each for each in inner if not each.marker or each.marker.evaluate({"extra": ""})]
    return found


REFUSED = {
    "dirty": (lambda folder: (folder / "README.md").write_text("more"), "not committed.* README.md"),
    "untracked": (lambda folder: (folder / "new.md").write_text("more"), "not committed.* new.md"),
    "disagreeing": (
        lambda folder: (folder / "CITATION.cff").write_text("title: other") and git(folder, "commit", "-qam", "b"),
        "CITATION.cff differs from pyproject.toml",
    ),
    "foreign": (
        lambda folder: (folder / "dist").mkdir() or (folder / "dist" / "thesis.txt").write_text("mine"),
        "thesis.txt.*move it elsewhere",
    ),
    "foreign site": (lambda folder: (folder / "dist/site").mkdir(parents=True), "site.*move it elsewhere"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_nothing_is_published_that_is_not_right(repository, why):
    change, said = REFUSED[why]
    change(repository)
    before = contents(repository / "dist")
    with pytest.raises(publish.Refusal, match=said):
        publish.publish(repository, repository / "dist")
    assert contents(repository / "dist") == before


BROKEN = {
    "warns": (
        "import sys; print('\\x1b[31m/x/chapters/a.md:7: WARNING: code cell 2 failed: KeyError\\x1b[39m'); sys.exit(1)",
        "warns or fails.*does\n  /x/chapters/a.md:7: WARNING: code cell 2 failed: KeyError$",
    ),
    "no PDF": ("pass", r"0 files where one is expected, the book as one file \(book.pdf\)"),
}


@pytest.mark.parametrize("why", BROKEN)
def test_a_build_that_fails_leaves_the_last_one(repository, monkeypatch, why):
    program, said = BROKEN[why]
    dist = repository / "dist"
    dist.mkdir()
    (dist / "a.pdf").write_text("the last one")
    (dist / publish.SUMS).write_text(publish.sums(dist))
    before = contents(dist)
    monkeypatch.setattr(publish, "BUILDS", ((sys.executable, "-c", SITE), (sys.executable, "-c", program)))
    monkeypatch.setattr(publish, "build_package", lambda folder, *_: (folder / "README.md", folder / "LICENSE"))
    monkeypatch.setattr(publish, "check_package", lambda *_: None)
    with pytest.raises(publish.Refusal, match=re.compile(said, re.S)):
        publish.publish(repository, dist)
    assert contents(dist) == before


def test_only_a_commit_is_published(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(publish.Refusal, match="only a commit can be published"):
        publish.publish(tmp_path, tmp_path / "dist")


def test_a_package_that_says_another_version(monkeypatch, tmp_path):
    monkeypatch.setattr(publish, "environment_with", lambda package, folder: Path(sys.executable))
    with pytest.raises(publish.Refusal, match="says '0.1.0', not 9"):
        publish.try_out(tmp_path / "x.whl", "9")


def test_the_builds_are_the_ones_of_make():
    """Their programs are there, and the Makefile runs them."""
    make = (ROOT / "Makefile").read_text()
    program, *options = publish.BUILDS[0]
    assert f"$(BIN)/{Path(program).name} {' '.join(options)}\n" in make
    for _, program, kind in publish.BUILDS[1:]:
        target = re.search(rf"^{kind}:.*\n(?:\t.*\n)*\t.*\bportable {kind}$", make, re.M)
        assert (ROOT / program / "__main__.py").is_file() == bool(target), f"make {kind} and make publish go apart"


# ------------------------------------------------------------------ what the book says of itself


@pytest.mark.parametrize("name", about.FILES)
def test_the_files_for_those_who_cite_are_made_from_one_source(name):
    made = about.FILES[name](ROOT)
    assert (ROOT / name).read_text(encoding="utf-8") == made, "make citation writes it anew"


def test_citation_and_archive_agree_and_say_what_they_must():
    cff, archive = yaml.safe_load((ROOT / "CITATION.cff").read_text()), json.loads((ROOT / ".zenodo.json").read_text())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert cff["cff-version"] == "1.2.0" and {"message", "title", "authors"} <= set(cff)
    assert cff["version"] == archive["version"] == project["version"]
    assert cff["title"] == archive["title"] and cff["title"].startswith("How Fast Do Models Forget?")
    assert cff["authors"] == archive["creators"] == [{"name": author["name"]} for author in project["authors"]]
    assert cff["date-released"] == archive["publication_date"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", cff["date-released"])
    assert cff["license"].lower() == archive["license"] == project["license"].lower()
    names = [author["family-names"] for author in cff["references"][0]["authors"]]
    assert names == ["Suresh", "Thangaraj", "Khandavally"]
    assert not re.search(r"https?://", (ROOT / "CITATION.cff").read_text() + (ROOT / ".zenodo.json").read_text())


def test_the_library_is_of_the_version_that_is_cited():
    assert importlib.metadata.version("collapse-lib") == about.about(ROOT).version


def test_a_version_without_its_changes(tmp_path):
    (tmp_path / "chapters/reference").mkdir(parents=True)
    (tmp_path / "chapters/reference/changes.md").write_text("# Changes\n\n## 0.1.0, 2026-01-02\n")
    assert about.released(tmp_path, "0.1.0") == "2026-01-02"
    with pytest.raises(ValueError, match="no heading '## 0.2.0, YEAR-MONTH-DAY'"):
        about.released(tmp_path, "0.2.0")


# ------------------------------------------------------------------ where it is published


def test_pages_are_what_make_publish_leaves():
    text = (ROOT / ".github/workflows/pages.yml").read_text()
    workflow = yaml.safe_load(text)
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    used = [step["uses"].partition("@")[0] for step in steps if "uses" in step]
    assert used == [f"actions/{name}" for name in ("checkout", "setup-python", "upload-pages-artifact", "deploy-pages")]
    assert "make publish" in [step.get("run") for step in steps]
    (upload,) = [step for step in steps if "upload-pages" in step.get("uses", "")]
    assert upload["with"]["path"] == f"dist/{publish.SITE}"
    assert workflow["jobs"]["deploy"]["needs"] == "build"
    assert workflow["jobs"]["deploy"]["permissions"] == {"pages": "write", "id-token": "write"}
    assert not re.search(r"https?://|\.(?:io|org|com)\b", text)


def test_binder_makes_the_environment_as_make_does():
    made = re.findall(r"^\t\$\(BIN\)/pip (install .*)$", (ROOT / "Makefile").read_text(), re.M)
    script = (ROOT / ".binder/postBuild").read_text().replace("--no-cache-dir ", "")
    assert re.findall(r"^python -m pip (install .*)$", script, re.M) == made and len(made) == 2
    assert os.access(ROOT / ".binder/postBuild", os.X_OK)
    python = (ROOT / ".binder/runtime.txt").read_text().strip().removeprefix("python-")
    assert python in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
