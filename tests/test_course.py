"""The course: its plan, the assignments as the book shows them, and the slides."""

from __future__ import annotations

import importlib
import io
import re
import sys

import nbformat
import pypdf
import pytest
import yaml
from axe_playwright_python.sync_playwright import Axe
from conftest import CONTENT, NAMES, PATIENCE, ROOT, settle
from test_build import Book
from test_chapters import HEAD

sys.path[:0] = [str(ROOT / "theme"), str(ROOT)]
from assignments.grading import inprocess  # noqa: E402
from bookbuild import course, slides, syllabus  # noqa: E402
from bookbuild.cutting import Page  # noqa: E402

PAGES = ROOT / "chapters" / "course"
SOURCES = sorted((ROOT / course.SOURCES).glob("[0-9]*.md"))
ASSIGNMENTS = [
    "01-heterozygosity", "02-forgetting-time", "03-poisson-recursion", "04-rare-words", "05-gaussian-refit",
    "06-accumulation", "07-real-fraction", "08-gaussian-mix", "09-bigram-recursion", "10-capstone",
]  # fmt: skip
MINUTES = {path.relative_to(ROOT / "chapters").with_suffix("").as_posix(): int(HEAD.search(path.read_text("utf-8"))["minutes"])
           for path in CONTENT}  # fmt: skip


def text(name: str) -> str:
    return (PAGES / f"{name}.md").read_text(encoding="utf-8")


# ---------------------------------------------------------------- the plan


def plans() -> dict[str, list[dict]]:
    found = re.findall(r"^```\{plan\} (\w+)\n(.*?)^```$", text("syllabus"), re.M | re.S)
    return {unit: yaml.safe_load(rows) for unit, rows in found}


def test_twelve_weeks_and_ten_days_are_complete():
    weeks, days = plans()["Week"], plans()["Day"]
    assert (len(weeks), len(days)) == (12, 10)
    for row in weeks + days:
        assert row["about"] and row["run"] and row["read"], row
    assert [name for row in weeks for name in row.get("due", [])] == ASSIGNMENTS
    assert {name for row in days for name in row.get("due", [])} < set(ASSIGNMENTS)


@pytest.mark.parametrize("unit, most", [("Week", 95), ("Day", 60)])
def test_what_is_read(unit, most):
    """Every page has minutes, none is read twice, and no week asks for more than a sitting or two."""
    read = [row["read"] for row in plans()[unit]]
    pages = sum(read, [])
    assert len(pages) == len(set(pages)) and set(pages) <= set(MINUTES)
    assert {page for row in plans()[unit] for page in row.get("further", [])} <= set(MINUTES) - set(pages)
    for some in read:
        assert 20 <= sum(MINUTES[page] for page in some) <= most, some


def test_a_lecture_has_its_class_to_itself():
    """Each fills 90 minutes, as long as a class lasts."""
    lectures = [row["run"] for row in plans()["Week"] if "{doc}`slides-" in row["run"]]
    assert len(lectures) == 2
    for run in lectures:
        assert re.fullmatch(r"\{doc\}`slides-\d`[^.]*\.", run), run


@pytest.mark.parametrize("unit", ["Week", "Day"])
def test_what_an_assignment_rests_on_has_been_read(unit):
    seen = set()
    for number, row in enumerate(plans()[unit], start=1):
        seen |= {f"chapters/{page}" for page in row["read"]}
        for name in row.get("due", []):
            missing = set(syllabus.assignment(ROOT, name).pages) - seen
            assert not missing, f"{unit} {number}: {name} rests on {missing}"


def test_outcomes_are_learnt_and_examined():
    rows = re.findall(r"^\* - (.+?)\n  - (.+?)\n  - (.+?)\n", text("outcomes"), re.M)[1:]
    assert len(rows) >= 8
    examined = set()
    for outcome, learnt, where in rows:
        pages = re.findall(r"\{doc\}`/(chapters/[\w/-]+)`", learnt)
        assert outcome and pages and set(pages) <= set(NAMES), outcome
        found = re.findall(r"\{doc\}`\d+ <assignments/([\w-]+)>`", where)
        assert found, outcome
        examined |= set(found)
    assert examined == set(ASSIGNMENTS)


def test_projects_begin_with_what_exists():
    projects = re.split(r"^## \d\. ", text("projects"), flags=re.M)[1:]
    assert len(projects) == 8
    for project in projects:
        for part in ("**Question.**", "**First steps.**", "**Begin with** {cite:t}`", "**A good result.**"):
            assert part in project, f"{part} in {project[:40]}"
        steps = project[project.index("**First steps.**") : project.index("**Begin with**")]
        names = re.findall(r"`([a-z]+)\.(\w+)`", steps)
        assert names, project[:40]
        for module, name in names:
            assert name in importlib.import_module(f"collapse_lib.{module}").__all__, f"{module}.{name}"


def test_commands_and_files_that_are_named_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    pages = "".join(text(name) for name in ("index", "instructors", "assignments"))
    commands = set(re.findall(r"\bmake ([a-z]+)(?=[`\s])(?= SUBM|`|\n)", pages))
    assert {"release", "grade", "feedback", "export", "formgrader", "lab"} <= commands
    for command in commands:
        assert re.search(rf"^{command}:", makefile, re.M), command
    for name in re.findall(r"`(assignments/[\w./]+)`", pages):
        assert (ROOT / name).exists(), name


def test_the_plan_adds_up(book):
    """The table says what the pages and the assignments say: 20 and 25 minutes, and the hours of the source."""
    hours = syllabus.assignment(ROOT, "01-heterozygosity").hours
    seen = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", book.page("plan")))
    assert "One word, Samples that grow: 45 minutes." in seen
    assert f"Hand in 1. Heterozygosity: {hours} hours." in seen
    assert f"In all 2 pages, 45 minutes of reading; assignments of {hours} hours." in seen
    assert f"1. Heterozygosity One word, Samples that grow {hours} hours" in seen


# ---------------------------------------------------------------- a small book

ASKED = "# {title}\n\n**Question.** Why {title}?\n\n*Core, {minutes} minutes.* *Builds on* nothing.\n"
STATEMENT = """
:::{prf:theorem} A name; Somebody 1999
:label: thm-first
For all $x$, $x = x$.
:::

:::{prf:proof}
Nothing to do.
:::

```{code-cell} ipython3
from collapse_lib.figures import Picture
from collapse_lib.verification import verify
verify("thm-first", "one value", equal=(1.0, 1.0))
```

```{code-cell} ipython3
---
mystnb:
  figure:
    name: fig-first
    caption: A line that falls
---
picture = Picture(xlabel="generation", ylabel="probability")
picture.exact([0, 1, 2], [1, 0.5, 0.25], "exact")
picture.alt = "A line that falls from one to a quarter in two generations, halving in each of them."
picture
```
"""
PLAN = """# Plan

```{plan} Week
- about: Two pages
  read: [forgetting/one-word, forgetting/growing-samples]
  run: "Look at {numref}`fig-first`."
  due: [01-heterozygosity]
```

```{assignments}
```
"""
DECK = """# A lecture

Its title slide.

## A statement

:::{shown} thm-first
:::

:::{speech}
Said, not shown.
:::

## A picture

:::{shown} fig-first
:small:
:::

- And $x$.

## An end

Nothing more.
"""
SMALL = {
    "forgetting/one-word": ASKED.format(title="One word", minutes=20) + STATEMENT,
    "forgetting/growing-samples": ASKED.format(title="Samples that grow", minutes=25),
    "plan": PLAN,
    "course/slides": "# Slides\n\n{doc}`deck`\n",
    "course/deck": DECK,
    "course/assignments/01-heterozygosity": "```{assignment} 01-heterozygosity\n```\n",
}


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A small book with one assignment and a lecture of four slides."""
    small = Book(tmp_path_factory.mktemp("course"), **SMALL)
    for name in ("grading/__init__.py", "grading/inprocess.py", "grading/mutation.py", "source/01-heterozygosity.md"):
        target = small.folder / "assignments" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / "assignments" / name).read_bytes())
    code, said, warnings = small.build()
    assert (code, warnings) == (0, []), said
    return small


# ---------------------------------------------------------------- assignments in the book

SECRET = re.compile(r"### BEGIN (?:SOLUTION|HIDDEN TESTS)\n(.*?)### END", re.S)


def test_every_assignment_has_a_source_and_a_page():
    assert [path.stem for path in SOURCES] == ASSIGNMENTS
    for name in ASSIGNMENTS:
        assert text(f"assignments/{name}") == f"```{{assignment}} {name}\n```\n"
        assert f"chapters/course/assignments/{name}" in NAMES
        said = syllabus.assignment(ROOT, name)
        assert said.complete and set(said.pages) <= set(NAMES), name
        assert said.number == int(name[:2])


@pytest.mark.parametrize("path", SOURCES, ids=[path.stem for path in SOURCES])
def test_what_is_shown_has_no_solution_and_no_hidden_test(path):
    """Whole lines of three words or more, so that what both say may be said."""
    notebook = course.released(path)
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert len(ids) == len(set(ids))
    source = path.read_text(encoding="utf-8")
    parts = SECRET.findall(source)
    assert len(parts) == source.count("### BEGIN") >= 8
    given = SECRET.sub("", source)
    for shown in (nbformat.writes(notebook), course.as_page(notebook, path.stem)):
        assert not re.search("BEGIN SOLUTION|HIDDEN TESTS|Marking guide", shown)
        for line in {line.strip() for part in parts for line in part.splitlines()}:
            if len(line.split()) >= 3 and line not in given:
                assert line not in shown and line.replace('"', '\\"') not in shown, line
    page = course.as_page(notebook, path.stem)
    assert page.startswith("# ") and f'href="{path.stem}.ipynb" download' in page.split("\n\n")[1]
    assert page.count("Your program") == len(inprocess.answers(inprocess.read(path)))


def test_a_fence_in_a_program_stays_in_it():
    cell = nbformat.v4.new_code_cell('x = """\n```\n# no heading\n```\n"""')
    page = course.as_page(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# One"), cell]), "one")
    assert f"````python\n{cell.source}\n````" in page


def test_a_page_that_a_notebook_names_is_a_link():
    said = "the pages *One word* (chapters/forgetting/one-word) and *One step* (chapters/collapse/one-step: the step)"
    page = course.as_page(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(f"# One\n\n{said}")]), "one")
    assert "{doc}`One word </chapters/forgetting/one-word>`" in page
    assert "{doc}`One step </chapters/collapse/one-step>` (the step)" in page


def test_the_download_is_what_students_get(book):
    page, site = book.page("course/assignments/01-heterozygosity"), book.site()
    notebook = nbformat.reads(site["chapters/course/assignments/01-heterozygosity.ipynb"].decode(), as_version=4)
    assert notebook == course.released(ROOT / course.SOURCES / "01-heterozygosity.md")
    assert 'href="01-heterozygosity.ipynb" download' in page and "Question 1" in page and "cell_output" not in page
    (header,) = re.findall(r'dropdown-download-buttons".*?</ul>', page, re.S)
    assert re.findall(r'<a (href=[^>]+?)\s+class', header) == ['href="01-heterozygosity.ipynb" download']
    assert "download-pdf-button" in header
    (header,) = re.findall(r'dropdown-download-buttons".*?</ul>', book.page("course/slides"), re.S)
    assert re.findall(r'href="([^"]+)"', header) == ["../../_sources/chapters/course/slides.md"]


# ---------------------------------------------------------------- slides

DECKS = sorted(PAGES.glob("slides-*.md"))
LABELS = re.compile(r"^```\{shown\} (\S+)$", re.M)


@pytest.mark.parametrize("path", DECKS, ids=[path.stem for path in DECKS])
def test_a_lecture_shows_the_book(path):
    """Every label is a statement's or a figure's of the book, and half of the slides show one."""
    deck = path.read_text(encoding="utf-8")
    known = {label for page in CONTENT for label in re.findall(r"(?::label:|name:) (\S+)", page.read_text("utf-8"))}
    labels = LABELS.findall(deck)
    assert len(labels) == len(set(labels)) and set(labels) <= known, set(labels) - known
    assert 12 <= 1 + deck.count("\n## ") <= 20
    assert sum(label.startswith("fig-") for label in labels) >= 6 <= len(labels) / 2


def test_statement_and_picture_are_the_page_s(book):
    deck, page = book.page("course/deck"), book.page("forgetting/one-word")
    number = re.search(r'id="thm-first">\s*<p class="admonition-title"><span class="caption-number">(.*?)</span>', page)
    assert number and number[1] in deck and "Somebody 1999." in deck
    assert deck.count("A line that falls from one to a quarter") == 1 and "A line that falls</span>" in deck
    assert deck.count('href="../forgetting/one-word.html#') == 2 and 'id="thm-first"' not in deck
    assert len(re.findall(r"^<section", deck, re.M)) == deck.count("<section") - deck.count("theorem-content") == 4
    ids = re.findall(r'\bid="([^"]+)"', deck)
    assert len(ids) == len(set(ids))


def test_a_slide_says_where_the_sliders_of_the_page_stand():
    """The picture is of these settings, and a slide has no sliders that show them."""
    slider = '<label for="a-0"><span>sample size <i>n</i></span><input id="a-0" type="range"><output>1,000</output></label>'
    picture = '<div class="picture"><svg role="img" aria-label="A line"></svg></div><p class="values"><span>half by <b>13</b></span></p>'
    page = f'<article class="bd-article"><figure id="fig-a">{picture}{slider}<figcaption>A line.</figcaption></figure></article>'
    shown = slides.cut(Page(page), "fig-a")
    settings = '<p class="values"><span>sample size <i>n</i> <b>1,000</b></span></p>'
    assert f'{settings}<p class="values"><span>half by <b>13</b></span></p>' in shown and "<input" not in shown


def test_a_label_that_no_page_has_is_reported(tmp_path):
    small = Book(tmp_path, one="# One\n\nText.\n\n## Two\n\n:::{shown} thm-nowhere\n:::\n")
    (small.folder / "chapters" / "course").mkdir()
    code, said, warnings = small.build()
    assert code != 0 and any("no statement and no figure has the label thm-nowhere" in line for line in warnings)


def examine(page, where):
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], where
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"], "preload": False}
    settle(page)  # a colour on its way to another is none
    found = Axe().run(page, options=options).response["violations"]
    assert not found, [(where, rule["id"], [node["html"][:200] for node in rule["nodes"][:3]]) for rule in found]


@pytest.mark.browser
def test_slides_by_keyboard_on_a_phone_and_on_paper(book, browser):
    address = (book.folder / "_build/html/chapters/course/deck.html").as_uri()
    for scheme, width, height in (("light", 1280, 720), ("dark", 1280, 720), ("dark", 390, 844)):
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        page = context.new_page()
        page.set_default_timeout(1000 * PATIENCE)
        wrong = []
        page.on("request", lambda r, wrong=wrong: r.url.startswith(("file:", "data:")) or wrong.append(r.url))
        page.on("pageerror", lambda error, wrong=wrong: wrong.append(str(error)))
        page.goto(address)
        page.get_by_text("1 / 4").wait_for()
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
        examine(page, (scheme, width))
        if (scheme, width) == ("light", 1280):
            turn(page)
        context.close()
        assert not wrong


def turn(page):
    """All keys; the address names the slide, and a slide fills the window."""

    def at(number, name):
        page.get_by_text(f"{number} / 4").wait_for()
        assert page.url.endswith(f"#{name}")
        top = page.evaluate("document.querySelector('section.now').getBoundingClientRect().top")
        assert abs(top) < 1 and page.evaluate("document.activeElement.classList.contains('now')")

    for key, number, name in (
        ("ArrowRight", 2, "a-statement"), ("PageDown", 3, "a-picture"), ("Space", 4, "an-end"), ("ArrowRight", 4, "an-end"),
        ("ArrowLeft", 3, "a-picture"), ("Home", 1, "a-lecture"), ("End", 4, "an-end"), ("Shift+Space", 3, "a-picture"),
        ("ArrowUp", 2, "a-statement"),
    ):  # fmt: skip
        page.keyboard.press(key)
        at(number, name)
    for key in ("s", "S"):  # a capital with Caps Lock
        page.keyboard.press(key)
        page.get_by_text("Said, not shown.").wait_for()
        page.keyboard.press(key)
        page.get_by_text("Said, not shown.").wait_for(state="hidden")
    for held in ("ctrlKey", "metaKey", "altKey"):  # the browser's own
        for key in ("s", "O", "ArrowLeft"):
            pressed = f"new KeyboardEvent('keydown', {{ key: '{key}', {held}: true, cancelable: true }})"
            assert page.evaluate(f"dispatchEvent({pressed})"), (held, key)
    for key in ("O", "o", "Escape"):
        page.keyboard.press(key)
        page.locator("html.overview").wait_for(state="detached" if key == "o" else "attached")
    heights = page.evaluate("[...document.querySelectorAll('article > section')].map((s) => s.offsetHeight)")
    assert max(heights) < 360
    examine(page, "overview")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    at(3, "a-picture")
    paper = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    assert len(paper.pages) == 4 and "A statement" in paper.pages[1].extract_text()
    page.reload()
    page.get_by_text("3 / 4").wait_for()


@pytest.mark.browser
def test_the_lectures_of_the_site(site, browser):
    """Filled, without a slide that is higher than the window of a projector; and the ten downloads."""
    for name in ASSIGNMENTS:
        nbformat.validate(nbformat.read(site / f"chapters/course/assignments/{name}.ipynb", as_version=4))
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.set_default_timeout(1000 * PATIENCE)
    for path in DECKS:
        page.goto((site / f"chapters/course/{path.stem}.html").as_uri())
        labels = LABELS.findall(path.read_text(encoding="utf-8"))
        figures = sum(label.startswith("fig-") for label in labels)
        assert page.locator(".shown svg[role=img]").count() == figures
        assert page.locator(".shown .proof").count() == len(labels) - figures
        page.evaluate("document.fonts.ready")
        high = page.evaluate(
            "[...document.querySelectorAll('article > section')].filter((s) => s.scrollHeight > s.clientHeight)"
            ".map((s) => s.id)"
        )
        assert not high, path.stem
        examine(page, path.stem)
    page.close()
