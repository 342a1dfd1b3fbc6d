"""The build under use: a small book, built as the book is built, broken and disturbed in every way we know."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import shutil
import stat
import subprocess
import sys
import types
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
import yaml
from conftest import ROOT
from docutils import nodes
from hypothesis import given
from hypothesis import strategies as st
from sphinx.project import Project

sys.path.insert(0, str(ROOT / "theme"))
from bookbuild import consistency, execution, frontend, kernels, numbering, sources, times  # noqa: E402

HEADER = """---
jupytext:
  text_representation: {extension: .md, format_name: myst}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

"""
HELLO = "{code-cell} ipython3\nprint('hello')\n"
EVERYTHING = """# Everything

:::{prf:theorem} A name; a source of it
:label: thm-one
For $x$, and for the $n$-th, $x = x$. It loses 5 % of it, not `1 %`, by Theorem 1. It has n-grams and `top-p`.
:::

:::{prf:proof}
Nothing to do.
:::

:::{prf:proof}
Another way than that of {prf:ref}`thm-one`.
:::

```{code-cell} ipython3
import locale, os, shutil, sys, time
import matplotlib
from matplotlib import font_manager
import collapse_lib
from collapse_lib.figures import Picture
from collapse_lib.verification import verify

verify("thm-one", "one value", equal=(1.0, lambda one: one), constants={"one": 1.0})
```

```{code-cell} ipython3
for number in range(8):
    print(number, end=" " if number % 3 else "\\n", flush=True)
    time.sleep(0.03 * (number % 2))
```

```{code-cell} ipython3
---
mystnb:
  figure:
    name: fig-text
    caption: Text with a formula $x^2$, see {numref}`fig-text`
---
print(list({"some", "words", "in", "the", "order", "of", "their", "hashes"}))
print(locale.setlocale(locale.LC_ALL, ""), time.tzname, shutil.get_terminal_size())
print(sorted(set(os.environ) - {"PATH", "TMPDIR"}), os.environ["OMP_NUM_THREADS"])
print(matplotlib.rcParams["figure.facecolor"], matplotlib.rcParams["font.size"])
print(collapse_lib.__doc__ == "of this copy")
```

```{code-cell} ipython3
---
mystnb:
  figure:
    name: fig-picture
    caption: A line
---
picture = Picture(xlabel="generation", ylabel="probability")
picture.exact([0, 1, 2], [1, 0.5, 0.25], "exact")
picture.alt = "A line that falls from one to a quarter in two generations, halving in each of them."
picture
```
"""
MOVING = """# Moving

:::{admonition} See {doc}`api`
Text with {class}`collapse_lib.figures.Table` and {eq}`eq-moving`.

$$x = y$$ (eq-moving)
:::

```{code-cell} ipython3
from collapse_lib.figures import Picture, Table
from collapse_lib.widgets import Guess, Slider, explore

def draw(n):
    picture = Picture(xlabel="generation $k$", ylabel="probability", xlim=(0, 2))
    picture.exact([0, 1, 2], [1, 1 / n, 1 / n**2], "exact")
    picture.alt = f"A line that falls from one to one in {n} and on to the square of it."
    return picture

explore(draw, n=Slider("size", [2, 3, 5]), guess=Guess("How far?", ["one half", "one third"], answer=0, because="Yes."))
```
"""
API = "# A table\n\n```{eval-rst}\n.. autoclass:: collapse_lib.figures.Table\n```\n"
LEDGER = "# Ledger\n\n```{ledger}\n```\n"


class Book:
    """A small book in a folder of its own, with the settings, the theme and the library of the real one."""

    def __init__(self, folder: Path, **pages: str) -> None:
        self.folder = folder
        stray = shutil.ignore_patterns("__pycache__", ".*")
        shutil.copytree(ROOT / "collapse_lib", folder / "collapse_lib", ignore=stray)
        (folder / "chapters").mkdir()
        (folder / "requirements.lock").write_text("")
        shutil.copy(ROOT / "pyproject.toml", folder)
        (folder / "references.bib").write_text("@book{a, author = {A}, title = {C}, publisher = {D}, year = 2000}\n")
        settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
        settings["sphinx"]["local_extensions"] = {"bookbuild": str(ROOT / "theme")}
        settings["html"]["favicon"] = str(ROOT / "theme" / "favicon.svg")
        settings["bibtex_bibfiles"] = ["references.bib"]
        (folder / "_config.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
        self.contents(*pages)
        self.write("index", "# Index\n\nText.\n")
        for name, text in pages.items():
            self.write(name, text)

    def contents(self, *pages: str) -> None:
        files = [{"file": f"chapters/{name}"} for name in pages]
        toc = {"format": "jb-book", "root": "chapters/index", "chapters": files}
        (self.folder / "_toc.yml").write_text(yaml.safe_dump(toc))

    def write(self, name: str, text: str) -> None:
        """Write a page; one with cells gets a notebook's header, and ``{hello}`` is a cell."""
        text = text.replace("{hello}", f"```{HELLO}```\n")
        header = HEADER if "{code-cell}" in text else ""
        path = self.folder / "chapters" / f"{name}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(header + text, encoding="utf-8")

    def build(self, env: dict[str, str] | None = None) -> tuple[int, str, list[str]]:
        """Exit code, all that was said, and the warnings, sorted."""
        command = [str(Path(sys.executable).with_name("jupyter-book")), "build", ".", "-W", "-n", "--keep-going"]
        result = subprocess.run(
            command, cwd=self.folder, capture_output=True, encoding="utf-8", env=env or os.environ, errors="replace"
        )
        said = re.sub(r"\x1b\[[0-9;]*m", "", result.stdout + result.stderr)
        return result.returncode, said, sorted(re.findall(r"^.*(?:WARNING|ERROR): .*$", said, re.M))

    def site(self) -> dict[str, bytes]:
        """What is published: all but a note of Sphinx to itself, and what the execution took."""
        html = self.folder / "_build" / "html"
        files = [path for path in html.rglob("*") if path.is_file() and path.name not in (".buildinfo", times.FILE)]
        return {path.relative_to(html).as_posix(): path.read_bytes() for path in files}

    def page(self, name: str) -> str:
        return (self.folder / "_build" / "html" / "chapters" / f"{name}.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A good book after its first build; tests that change it put it back."""
    pages = {"everything": EVERYTHING, "other": "# Other\n\n{hello}\n", "ledger": LEDGER}
    book = Book(tmp_path_factory.mktemp("book"), **pages)
    code, said, warnings = book.build()
    assert (code, warnings) == (0, []), said
    book.first = book.site()
    return book


# ------------------------------------------------------------------ a good build


def test_addresses_carry_a_version_from_the_first_build_on(book):
    seen = set()
    for name, content in book.first.items():
        if name.endswith(".html") and not name.startswith("_static"):
            for address in re.findall(r'(?:href|src)="([^":]+\.(?:css|js)\b[^"]*)"', content.decode()):
                assert re.search(r"\?(v|digest)=\w{8}", address), f"{name}: {address}"
                seen.add(address.partition("?")[0].rpartition("/")[2])
    assert seen >= {"book.css", "player.js", "proof.css", "formulas.css"}
    assert b'rel="icon"' in book.first["index.html"]
    assert not [name for name, content in book.first.items() if b"mybinder" in content], "no repository, no button"
    (book.folder / "chapters" / "index.md").touch()
    assert book.build()[0] == 0
    assert book.site() == book.first


def test_every_page_is_executed_once_and_says_so(book):
    code, said, warnings = book.build()
    assert (code, warnings) == (0, [])
    assert "no targets are out of date" in said and "executing" not in said
    book.write("other", "# Other\n\n{hello}\nMore text.\n\n```{code-cell} ipython3\nprint('new')\n```\n")
    code, said, warnings = book.build()
    assert (code, warnings) == (0, [])
    assert re.findall(r"executed (\S+) in [\d.]+ s \(1 of 1\)", said) == ["chapters/other"]
    assert "Executing notebook" not in said, "the page was executed again, by myst-nb"
    assert "new" in book.page("other")


def test_text_of_a_page(book):
    page = book.page("everything")
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert {"proof-0", "proof-1", "thm-one"} <= set(ids)
    assert len(ids) == len(set(ids))
    assert re.search(r'<span class="together"><span class="math[^>]*><mjx-math.*?</math></span>,</span>', page)
    assert re.search(r"<math><mi>n</mi></math></span>-th,</span>", page)
    assert "by Theorem\u00a01." in page
    assert '<span class="together">n-grams</span> and <code' in page and '<span class="pre">top-p</span>' in page
    assert "fails with 1\u00a0±\u00a05\u00a0%</p>" in page and 'data-teeth="1 ± 5 %"' in page
    assert re.search(r'<a class="[^"]*\btogether\b[^"]*" href="#thm-one">Theorem 1</a>', page)
    assert "loses 5\u00a0% of it, not <code" in page and '<span class="pre">1</span> <span class="pre">%</span>' in page
    figures = re.findall(r"<figure.*?</figure>", page, re.S)
    assert [re.search(r'id="([^"]+)"', figure)[1] for figure in figures] == ["fig-text", "fig-picture"]
    assert "<msup>" in figures[0] and 'href="#fig-text"' in figures[0] and "A line" in figures[1]


def test_fonts_are_found_before_the_pages_run(book):
    """Afterwards a slow machine would print so in a cell."""
    (fonts,) = (book.folder / "_build" / ".home").rglob("fontlist*.json")
    pages = (book.folder / "_build" / ".jupyter_cache").rglob("base.ipynb")
    assert fonts.stat().st_mtime < min(path.stat().st_mtime for path in pages)


def test_ledger_is_made_from_the_build(book):
    page = book.page("ledger")
    assert "1 numbered results, 1 proofs, 1 checks" in page
    assert 'href="everything.html#thm-one">Theorem 1</a> A name' in page and "a source of it" in page
    assert "one value: 1 value, largest relative difference 0.0 (allowed 10⁻¹⁰)" in page


def test_library_of_the_folder_is_used(book):
    """Also where another copy is installed: the environment of a copied folder is the original's."""
    init = book.folder / "collapse_lib" / "__init__.py"
    before = init.read_text(encoding="utf-8")
    assert "False</" in book.page("everything") or "False\n" in book.page("everything")
    try:
        init.write_text('"""of this copy"""\n' + before, encoding="utf-8")
        code, said, warnings = book.build()
        assert (code, warnings) == (0, [])
        assert set(re.findall(r"executed (\S+) in", said)) == {"chapters/everything", "chapters/other"}
        assert "True\n" in book.page("everything")
    finally:
        init.write_text(before, encoding="utf-8")


def test_a_changed_text_writes_its_page_alone(book):
    """And those that gather what others say; a changed title, which others show, has all of them written."""
    assert book.build()[0] == 0

    def written(text: str) -> set[str]:
        before = {path: path.stat().st_mtime_ns for path in book.folder.glob("_build/html/chapters/*.html")}
        book.write("other", text)
        code, said, warnings = book.build()
        assert (code, warnings) == (0, []), said
        return {path.stem for path, time in before.items() if path.stat().st_mtime_ns != time}

    assert written("# Other\n\nMore.\n\n{hello}\nText.\n") == {"other", "ledger", "index"}  # index names the pages
    assert "More." in book.page("other")
    assert written("# Another\n\n{hello}\n") == {"other", "ledger", "index", "everything"}
    assert "Another" in book.page("everything")
    assert written("# Other\n\n{hello}\n") >= {"everything"}
    assert book.site() == book.first


def test_what_pages_see_of_each_other():
    def spelled(value: object) -> list[str]:
        return list(consistency.spelled(value))

    title = nodes.title("", "", nodes.Text("A"), nodes.math(text="x"))
    assert spelled(title) == spelled(title.deepcopy()) != spelled(nodes.title("", "", nodes.Text("A")))
    assert spelled({"a": 1, "b": {2, 3}}) == spelled({"b": {3, 2}, "a": 1}) != spelled({"a": 1, "b": {2}})
    assert spelled([1, [2]]) != spelled([[1], 2]) and spelled([1, 2]) != spelled([2, 1])

    class Thing:
        def __init__(self, name: str, line: int) -> None:
            self.name, self.line = name, line

    assert spelled(Thing("x", 1)) == spelled(Thing("x", 2)) != spelled(Thing("y", 1))


def test_pages_are_numbered_by_their_skeletons():
    """It keeps the places, the captions and what is numbered, and nothing of the text."""
    figure = nodes.figure("", nodes.image(), nodes.caption("", "Of a figure"), ids=["fig-a"])
    inner = nodes.section("", nodes.title("", "Part"), nodes.paragraph("", "Text."), figure, ids=["part"])
    text = nodes.paragraph("", "", nodes.strong("", "Text."))
    page = nodes.section("", nodes.title("", "Page"), text, inner, ids=["page"])

    class Domain:
        def get_enumerable_node_type(self, node: nodes.Node) -> str | None:
            return "figure" if isinstance(node, nodes.figure) else None

    kept = numbering.skeleton(types.SimpleNamespace(domains={"std": Domain()}), page)
    parts = [nodes.section, nodes.section, nodes.figure, nodes.caption, nodes.Text]
    assert [type(node) for node in kept.findall()] == parts
    assert kept.next_node(nodes.figure)["ids"] == ["fig-a"] and kept[0]["ids"] == ["part"]
    assert page.next_node(nodes.image) is not None


def test_same_sources_give_the_same_pages(tmp_path):
    """Under another user with other settings, in another folder, and after the folder was moved.

    On another day, too, with another number of processors: only the day that the pages state differs.
    """
    pages = {"everything": EVERYTHING, "moving": MOVING, "api": API, "times": "# Times\n\n```{execution-times}\n```\n"}
    plain, other = Book(tmp_path / "plain", **pages), Book(tmp_path / "a folder elsewhere", **pages)
    code, said, warnings = plain.build()
    assert (code, warnings) == (0, []), said
    code, said, warnings = other.build(hostile(tmp_path / "home"))
    assert (code, warnings) == (0, []), said
    same(plain, other)
    assert "built on" in plain.page("api") and "9 September 2001" in other.page("api")
    assert (plain.folder / "_build/html" / times.FILE).read_text() != (other.folder / "_build/html" / times.FILE).read_text()
    other.write("guest", "# A guest\n\n$\\mathbf{Q}$\n\n{hello}\n")  # a page that comes and goes, and its letters
    other.contents(*pages, "guest")
    code, said, warnings = other.build()
    assert (code, warnings) == (0, []), said
    html = other.folder / "_build" / "html"
    written = [*html.glob("chapters/**/*.html"), *html.glob("_modules/**/*.html")]
    assert [name for name in written if "A guest" not in name.read_text("utf-8")] == []
    assert html.joinpath("chapters/guest-blank.ipynb").is_file() and html.joinpath("_modules").is_dir()
    other.contents(*pages)
    (other.folder / "chapters" / "guest.md").unlink()
    other.folder = other.folder.rename(tmp_path / "moved")
    code, said, warnings = other.build()
    assert (code, warnings) == (0, []), said
    same(plain, other)


def same(one: Book, two: Book) -> None:
    left, right = one.site(), two.site()
    assert left.keys() == right.keys()
    assert [name for name in left if undated(left[name]) != undated(right[name])] == []


def undated(content: bytes) -> bytes:
    """A page without the day of its build, which stands in `time` elements."""
    return re.sub(rb"<time[^>]*>[\w ]+</time>", b"", content)


def hostile(home: Path) -> dict[str, str]:
    """The environment of a user who has set up everything that can be set up."""
    files = {
        ".config/matplotlib/matplotlibrc": "figure.facecolor: red\nfont.size: 30\nsvg.fonttype: path\n",
        ".ipython/profile_default/startup/00.py": "print('good morning')\n",
        ".ipython/profile_default/ipython_config.py": "c.InteractiveShellApp.exec_lines = ['print(1)']\n",
        ".local/share/jupyter/kernels/python3/kernel.json": '{"argv": ["false"], "display_name": "", "language": ""}',
        ".jupyter/jupyter_config.py": "raise SystemExit\n",
        ".docutils": "[general]\nreport_level: 5\nsmart_quotes: true\nfootnote_references: superscript\n",
        "start.py": "print('good evening')\n",
        "path/matplotlibrc": "figure.facecolor: blue\n",
        "path/nbformat.py": "raise SystemExit('somebody else')\n",
        "clock/sitecustomize.py": "import os, time\nos.cpu_count = lambda: 3\nnow = time.time\n"
        "time.time = lambda: now() + 4e7\n",
    }
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    return os.environ | {
        "HOME": str(home), "USERPROFILE": str(home), "IPYTHONDIR": str(home / ".ipython"),
        "MPLCONFIGDIR": str(home / ".config/matplotlib"), "MATPLOTLIBRC": str(home / "path/matplotlibrc"),
        "JUPYTER_CONFIG_DIR": str(home / ".jupyter"), "JUPYTER_PATH": str(home / ".local/share/jupyter"),
        "PYTHONSTARTUP": str(home / "start.py"), "PYTHONHASHSEED": "7", "MPLBACKEND": "svg",
        "LANG": "tr_TR.UTF-8", "LC_ALL": "C", "TZ": "Asia/Kolkata", "COLUMNS": "31", "LINES": "7", "TERM": "dumb",
        "OMP_NUM_THREADS": "3", "SOURCE_DATE_EPOCH": "1000000000", "PYTHONPATH": str(home / "clock"), "NO_COLOR": "1", "VIRTUAL_ENV": str(home),
    }  # fmt: skip


def test_files_of_editors_disturb_nothing(book):
    assert book.build()[0] == 0
    before = book.site()
    names = "other.md~ #other.md# .other.md.swp .hidden.md verification.py~ .hidden.py .DS_Store".split()
    for folder in (book.folder, book.folder / "chapters", book.folder / "collapse_lib"):
        for name in (".#other.md", ".#verification.py"):
            (folder / name).symlink_to("somebody@somewhere.1234:5678")
        for name in names:
            (folder / name).write_text("# Rubbish {ref}`nowhere`\n")
        (folder / ".ipynb_checkpoints").mkdir()
        (folder / ".ipynb_checkpoints" / "other-checkpoint.md").write_text("# Rubbish {ref}`nowhere`\n")
        (folder / ".ipynb_checkpoints" / "verification-checkpoint.py").write_text("1 / 0\n")
    code, said, warnings = book.build()
    assert (code, warnings) == (0, []), said
    assert "no targets are out of date" in said
    assert book.site() == before


def test_files_of_the_project(tmp_path):
    for name in ("a.py", "b/c.csv", "b/d.txt", ".e.py", ".f/g.py", "h.py~", "#i.py#", "b/.j/k.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "l.py").symlink_to("nowhere")
    found = sources.files(tmp_path, {".py", ".csv"})
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["a.py", "b/c.csv"]
    before = sources.digest(tmp_path, found)
    (tmp_path / "b/c.csv").write_text("1,2")
    assert sources.digest(tmp_path, found) != before


# ------------------------------------------------------------------ a build that fails


def test_a_cell_that_fails_is_reported_and_the_others_go_on(tmp_path):
    """Captioned or not, in the library or in the cell; what follows on its page is not reported as well."""
    caption = "---\nmystnb:\n  figure: {{name: {0}, caption: Caption}}\n---\n"
    late = f"\n```{{code-cell}} ipython3\n{caption.format('fig-late')}print('late')\n```\n\n"
    late += "See {numref}`fig-late`.\n"
    proof = ":::{prf:theorem} A name; a source\n:label: thm-one\nText.\n:::\n\n:::{prf:proof}\nText.\n:::\n\n"
    book = Book(
        tmp_path,
        plain="# Plain\n\n" + proof + "{hello}\n```{code-cell} ipython3\nname = 1\nname.missing\n```\n" + late,
        captioned="# Captioned\n\n```{code-cell} ipython3\n"
        + caption.format("fig-early") + "print('text')\n1 / 0\n```\n\n" + late.replace("fig-late", "fig-later"),
        library="# Library\n\n```{code-cell} ipython3\nfrom collapse_lib import forgetting\n"
        "forgetting.survival(2.0, n=10, k=1)\n```\n",
        killed="# Killed\n\n```{code-cell} ipython3\nimport os\nos._exit(3)\n```\n",
        meant="# Meant\n\n```{code-cell} ipython3\n:tags: [raises-exception]\n1 / 0\n```\n\n{hello}\n",
        good="# Good\n\nSee {numref}`fig-early`.\n\n{hello}\n",
        ledger=LEDGER,
    )  # fmt: skip
    code, said, warnings = book.build()
    assert code == 1
    places = {re.search(r"(\w+)\.md:(\d+): WARNING: code cell (\d) failed: (\w+)", text).groups() for text in warnings}
    assert {(name, number, error) for name, _, number, error in places} == {
        ("plain", "2", "AttributeError"),
        ("captioned", "1", "ZeroDivisionError"),
        ("library", "1", "ValueError"),
        ("killed", "1", "DeadKernelError"),
    }
    for name, line, _, _ in places:
        lines = (tmp_path / "chapters" / f"{name}.md").read_text(encoding="utf-8").splitlines()
        assert lines[int(line) - 1].startswith("```{code-cell}")
    for source in ("    name.missing", "    1 / 0", "    forgetting.survival(2.0, n=10, k=1)", "    os._exit(3)"):
        assert source in said
    assert "object has no attribute 'missing'" in said and "p0 must" in said
    assert "hello" in book.page("good") and "hello" in book.page("meant")
    code, said, again = book.build()
    assert (code, again) == (1, warnings), "the second build forgot the failures of the first"
    assert set(re.findall(r"executed (\S+) in", said)) == set(), "a good page was executed again"


BROKEN = {
    "reference": ("See {ref}`nowhere`.", "nowhere"),
    "page": ("See {doc}`no-such-page`.", "no-such-page"),
    "citation": ("See {cite:t}`nobody1900`.", "nobody1900"),
    "image": ("![A picture](missing.png)", "missing.png"),
    "first": ("(twice)=\n\n## One\n", "twice"),
    "second": ("(twice)=\n\n## Two\n", "twice"),
    "directive": (":::{no-such-directive}\n:::", "no-such-directive"),
    "function": ("{py:func}`collapse_lib.nothing`", "collapse_lib.nothing"),
    "stderr": ("```{code-cell} ipython3\nimport sys\nprint('oops', file=sys.stderr)\n```", "stderr"),
    "unproved": (":::{prf:theorem} A name; a source\n:label: thm-bare\nText.\n:::", "thm-bare"),
    "stray": (
        "```{code-cell} ipython3\nfrom collapse_lib.verification import verify\n"
        'verify("thm-elsewhere", "one value", equal=(1.0, 1.0))\n```',
        "thm-elsewhere",
    ),
    "nothing": (
        "```{code-cell} ipython3\n---\nmystnb:\n  figure: {name: fig-nothing, caption: Caption}\n---\nx = 1\n```",
        "nothing to show: fig-nothing",
    ),
}


def test_a_failed_build_stays_failed_until_it_is_mended(tmp_path):
    pages = {name: f"# {name}\n\n{text}\n" for name, (text, _) in BROKEN.items()}
    book = Book(tmp_path, **pages, ledger=LEDGER)
    code, said, warnings = book.build()
    assert code == 1
    for name, (_, word) in BROKEN.items():
        assert any(word in text for text in warnings), f"{name}: no warning of {word}"
    code, said, again = book.build()
    assert (code, again) == (1, warnings)
    for name in BROKEN:
        book.write(name, f"# {name}\n\n({name}-place)=\n\n## Part\n")
    book.write("page", "# page\n\nSee {ref}`reference-place`.\n")
    code, said, warnings = book.build()
    assert (code, warnings) == (0, [])
    # a page that did not change refers to what is gone
    book.write("reference", "# reference\n\nText.\n")
    code, said, warnings = book.build()
    assert code == 1 and len(warnings) == 1 and "page.md" in warnings[0] and "reference-place" in warnings[0]
    book.write("citation", "# citation\n\nSee {prf:ref}`thm-gone`.\n\n(citation-place)=\n\n## Part\n")
    code, said, warnings = book.build()
    assert code == 1 and len(warnings) == 3, warnings
    (tmp_path / "course-work").mkdir()
    (tmp_path / "course-work" / "notes.md").write_text("# What is no page changes none")
    code, said, again = book.build()
    assert (code, again) == (1, warnings)
    read = re.findall(r"reading sources\.\.\. \[.*?\] (\S+)", said)
    assert read == ["chapters/citation", "chapters/page"], "other pages were read again"


def test_an_interrupted_build_is_not_trusted(tmp_path):
    asked = []
    app = types.SimpleNamespace(doctreedir=str(tmp_path / "trees"), _warncount=0, connect=lambda *call: asked.append(call))
    app.project = Project(str(tmp_path), {".md": "markdown"})
    app.project.docnames = {"one", "two"}
    environment = tmp_path / "trees" / "environment.pickle"
    for said, kept, again in (
        ([], True, set()), ([("a", "one")], True, {"one"}), ([("a", ("two", 3)), ("a", None)], True, {"two"}),
        ([("a", "one"), ("b", "lost.rst")], False, set()), ([("duplicate", "one")], False, set()), ([("b", None)], False, set()),
        (ValueError(), False, set()), (None, False, set()),
    ):  # fmt: skip
        consistency.begin(app, None)
        environment.write_bytes(b"")
        for message, place in said if isinstance(said, list) else ():
            record = logging.LogRecord("sphinx", logging.WARNING, "", 0, message, (), None)
            record.location = place
            consistency.WARNED.emit(record)
            app._warncount += 1
        if said is not None:
            consistency.end(app, None if isinstance(said, list) else said)
        asked.clear()
        consistency.begin(app, None)
        assert environment.exists() == kept, said
        env = types.SimpleNamespace(found_docs={"one", "two"})
        assert [call(app, env, set(), set(), set()) for _, call in asked] == ([again] if again else [])
        app._warncount = 0
        consistency.end(app, None)


# ------------------------------------------------------------------ its parts


def run(
    *lines: str, folder: Path, timeout: int = 600
) -> tuple[nbformat.NotebookNode, kernels.Failure | None]:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in lines])
    env = kernels.environment(ROOT, folder)
    task = kernels.execute(notebook, folder=folder, env=env, timeout=timeout)
    with ThreadPoolExecutor() as thread:  # in this one a browser's event loop may be running
        return notebook, thread.submit(asyncio.run, task).result()


def test_a_value_that_cannot_be_shown(tmp_path):
    _, failure = run("class A:\n    def _repr_html_(self):\n        raise ValueError('no picture')\nA()", folder=tmp_path)
    assert failure is not None and failure.error == "ValueError: no picture" and "_repr_html_" in failure.traceback


def test_a_cell_that_takes_too_long(tmp_path):
    slow = "import time\ntime.sleep(3600)"
    notebook, failure = run(slow, "print('second')", timeout=2, folder=tmp_path)
    assert failure.cell == 0 and failure.error.startswith("CellTimeoutError") and not failure.traceback
    assert kernels.error_of(notebook.cells[0]) and not notebook.cells[1].outputs
    assert run(folder=tmp_path)[1] is None  # no cell, no kernel


def test_all_processors_calculate_alike(tmp_path):
    """The book's numbers do not depend on whether a processor knows AVX-512."""
    asked = "from numpy._core._multiarray_umath import __cpu_features__ as known\nprint([name for name in known if known[name]])"
    notebook, _ = run(asked, "import os\nprint(os.environ.get('OPENBLAS_CORETYPE'))", folder=tmp_path)
    (known,), (core,) = ([output.text for output in cell.outputs] for cell in notebook.cells)
    if "'AVX2'" in known:
        assert not re.search("X86_V4|AVX512_(ICL|SPR)", known) and core == "Haswell\n"


@given(
    st.lists(st.tuples(st.sampled_from(["stdout", "stderr", None]), st.text("ab\n ", max_size=6)), max_size=8),
    st.data(),
)
def test_streams_do_not_depend_on_their_pieces(outputs, data):
    def output(name, text):
        if name is None:
            return nbformat.v4.new_output("display_data", {"text/plain": text})
        return nbformat.v4.new_output("stream", name=name, text=text)

    pieces = []
    for name, text in outputs:
        cut = data.draw(st.integers(0, len(text)))
        pieces += [output(name, text)] if name is None else [output(name, text[:cut]), output(name, text[cut:])]
    whole = kernels.merge_streams([output(*part) for part in outputs])
    assert kernels.merge_streams(pieces) == whole
    for stream in ("stdout", "stderr"):
        assert "".join(text for name, text in outputs if name == stream) == "".join(
            part.text for part in whole if part.output_type == "stream" and part.name == stream
        )
    for first, second in zip(whole, whole[1:]):
        if first.output_type == second.output_type == "stream":
            assert (first.name, second.name) == ("stdout", "stderr")


def test_a_damaged_cache_is_no_cache(tmp_path):
    cache = execution.get_cache(str(tmp_path))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")])
    page = execution.Page("x", tmp_path / "x.md", notebook)
    assert not execution.is_cached(cache, notebook)
    for damage in (lambda path: path.write_text(path.read_text()[:40]), Path.unlink):
        execution.keep(cache, page)
        assert execution.is_cached(cache, notebook)
        (path,) = tmp_path.rglob("base.ipynb")
        damage(path)
        assert not execution.is_cached(cache, notebook)
    notebook.cells[0].outputs = [nbformat.v4.new_output("error", ename="E", evalue="", traceback=[])]
    execution.keep(cache, page)
    assert not execution.is_cached(cache, notebook)
    notebook.cells[0].metadata.tags = ["raises-exception"]
    execution.keep(cache, page)
    assert execution.is_cached(cache, notebook)


def test_mending_a_page(tmp_path):
    (tmp_path / "a.css").write_text("a")
    text = '<link href="a.css" /><link href="a.css?v=1" /><script src="https://x.y/a.js"></script><a href="b.js">'
    mended = frontend.mend(text, tmp_path / "page.html", "theme/icon.svg")
    assert mended == text.replace('"a.css"', '"a.css?v=e8b7be43"').replace("?v=1", "?v=e8b7be43")
    redirect = '<meta http-equiv="Refresh" content="0; url=b.html" />'
    assert frontend.mend(redirect, tmp_path / "index.html", "theme/icon.svg").startswith(
        '<link rel="icon" href="_static/icon.svg" />'
    )


# ------------------------------------------------------------------ around the build


@pytest.mark.skipif(os.name == "nt", reason="make is not how one builds on Windows")
def test_make_makes_the_environment_where_it_is(tmp_path):
    """With a Python that makes an empty environment and counts."""
    python = tmp_path / "python"
    python.write_text(
        "#!/bin/sh\nif [ \"$2\" = venv ]; then echo made >> made; mkdir -p .venv/bin; for name in pip jupyter-book; "
        "do printf '#!/bin/sh\\n' > .venv/bin/$name; chmod +x .venv/bin/$name; done; fi\n"
    )
    python.chmod(python.stat().st_mode | stat.S_IXUSR)
    folder = tmp_path / "a folder"
    (folder / "theme").mkdir(parents=True)
    for name in ("Makefile", "requirements.lock", "pyproject.toml", "theme/lab.json"):
        shutil.copy(ROOT / name, folder / name)

    def made(where: Path) -> int:
        subprocess.run(["make", "book", f"PYTHON={python}"], cwd=where, check=True, capture_output=True)
        return (where / "made").read_text().count("made")

    assert [made(folder), made(folder)] == [1, 1]
    copy = shutil.copytree(folder, tmp_path / "copy")
    assert [made(copy), made(copy), made(folder)] == [2, 2, 1]
    moved = folder.rename(tmp_path / "moved")
    assert [made(moved), made(moved)] == [2, 2]
    (moved / "requirements.lock").write_text("changed")
    assert [made(moved), made(moved)] == [3, 3]


def test_every_text_opens_in_jupyterlab(monkeypatch):
    from jupyter_server.services.contents.largefilemanager import LargeFileManager
    from jupytext.sync_contentsmanager import build_sync_jupytext_contents_manager_class

    contents = build_sync_jupytext_contents_manager_class(LargeFileManager)(root_dir=str(ROOT))
    monkeypatch.setenv("PATH", "")  # a reader has no pandoc
    texts = [path for path in ROOT.glob("*.md")] + [path for name in ("chapters", "theme") for path in
             sources.files(ROOT / name, {".md"})]  # fmt: skip
    assert len(texts) > 10
    for path in texts:
        assert contents.get(path.relative_to(ROOT).as_posix(), type="notebook")["content"].cells


def test_builds_output_is_ignored_by_git():
    paths = ["build/x", "_build/x", "dist/x", ".venv/x", "collapse_lib/.ipynb_checkpoints/x", "tests/__pycache__/x"]
    result = subprocess.run(["git", "check-ignore", *paths], cwd=ROOT, capture_output=True, text=True)
    assert result.stdout.split() == paths or "not a git repository" in result.stderr
