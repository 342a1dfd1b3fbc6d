"""How a page is cited, what a repository's address adds, and what the execution took: a small book with an address."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from datetime import datetime, timezone

import pytest
import yaml
from conftest import PATIENCE, ROOT
from docutils import nodes
from jupytext import reads
from pybtex.database import parse_file, parse_string
from test_build import Book

sys.path.insert(0, str(ROOT / "theme"))
from bookbuild import about, cite, literature, times  # noqa: E402

FIRST = """# Odds & ends of $p_0$

{hello}

## One

```{code-cell} ipython3
sum(range(10**7))
```

:::{admonition} No section
Text.
:::

## Two

Text.

```{execution-times} sections
```
"""
DAY = datetime(2026, 11, 27, tzinfo=timezone.utc)
BOOK = about.About("A & B", "on C", ("D E", "F"), "1.2", "MIT", "about", (), "", "")


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """Two pages in a book that has addresses, its own and that of its repository."""
    book = Book(tmp_path_factory.mktemp("book"), first=FIRST, times="# Times\n\n```{execution-times}\n```\n")
    settings = yaml.safe_load((book.folder / "_config.yml").read_text(encoding="utf-8"))
    settings["repository"]["url"] = "https://github.com/somebody/something"
    settings["html"] |= {f"use_{name}_button": True for name in ("repository", "issues", "edit_page")}
    settings["html"]["baseurl"] = "https://example.org/book"
    (book.folder / "_config.yml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    code, said, warnings = book.build()
    assert (code, warnings) == (0, []), said
    return book


# ------------------------------------------------------------------ a citation


def entry(text: str):
    ((key, found),) = parse_string(re.sub(r"<[^>]*>", "", text).replace("&amp;", "&"), "bibtex").entries.items()
    return key, found


def test_a_page_says_how_it_is_cited(book):
    fold = re.search(r'<details class="cite">.*?</details>', book.page("first"), re.S)[0]
    version, address = about.about(ROOT).version, "https://example.org/book/chapters/first.html"
    day = re.search(r'<time datetime="(\d{4})-(\d\d)-(\d\d)">(\d+ \w+ \d{4})</time>', fold)
    assert day[4] == cite.spoken(datetime(*map(int, day.groups()[:3])))
    line = re.sub("<[^>]*>", "", re.search("<p>(.*?)</p>", fold)[1])
    assert line == (
        "The authors of How Fast Do Models Forget?, “Odds &amp; ends of p₀”, in How Fast Do Models Forget?, "
        f"version {version}, built on {day[4]}. {address}"
    )
    key, found = entry(re.search("<pre>(.*?)</pre>", fold, re.S)[1])
    assert (key, found.type) == ("first", "incollection")
    assert dict(found.fields) == {
        "title": r"Odds \& ends of $p_0$", "booktitle": "How Fast Do Models Forget?", "year": day[1],
        "note": f"Version {version}, built on {day[4]}", "url": address,
    }  # fmt: skip
    assert [str(person) for person in found.persons["author"]] == ["{The authors of How Fast Do Models Forget?}"]
    index = re.search(r'<details class="cite">.*?</details>', book.page("index"), re.S)[0]
    key, found = entry(re.search("<pre>(.*?)</pre>", index, re.S)[1])
    assert (key, found.type) == ("how-fast-do-models-forget", "book") and "booktitle" not in found.fields
    assert 'class="cite"' not in (book.folder / "_build/html/genindex.html").read_text(encoding="utf-8")


def test_a_citation_without_an_address_names_none():
    said = cite.line(BOOK, "G <x>", "3", DAY, "")
    assert said == (
        "D E and F, “G &lt;x&gt;”, chapter 3 of <cite>A &amp; B</cite>, version 1.2, "
        'built on <time datetime="2026-11-27">27 November 2026</time>.'
    )
    assert cite.line(BOOK, "", "", DAY, "").startswith("D E and F, <cite>A &amp; B</cite>, version 1.2, built on")
    _, found = entry(cite.bibtex(BOOK, "g", "G", "3", DAY, ""))
    assert found.fields["chapter"] == "3" and "url" not in found.fields
    assert [str(person) for person in found.persons["author"]] == ["{D E}", "{F}"]


def test_titles_for_bibtex():
    parts = (nodes.Text("50 % of {a_b} & C#, "), nodes.math("", r"\frac{x}{2}"), nodes.emphasis("", "$5"))
    title = nodes.title("", "", *parts)
    assert cite.tex(title) == r"50 \% of \{a\_b\} \& C\#, $\frac{x}{2}$\$5"


def test_the_day_is_stated_in_utc_or_as_told(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86399")
    assert cite.spoken(cite.build_day()) == "1 January 1970"
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    before = datetime.now(timezone.utc)
    assert before <= cite.build_day() <= datetime.now(timezone.utc)


# ------------------------------------------------------------------ an address


def test_a_repository_adds_the_button(book):
    address = "https://mybinder.org/v2/gh/somebody/something/main?urlpath=lab/tree/chapters/first.md"
    assert f'href="{address}"' in book.page("first")
    assert "mybinder" not in book.page("times"), "a page without cells has nothing to launch"


def test_every_button_has_its_icon(book):
    icons = set(re.findall(r'<i class="fa\w* (fa-[\w-]+)', book.page("first")))
    style = (ROOT / "theme/book.css").read_text(encoding="utf-8")
    assert {"fa-rocket", "fa-github", "fa-lightbulb", "fa-pencil-alt"} <= icons
    assert not [icon for icon in icons if not re.search(rf"\.{icon}\b[^{{}}]*{{ --icon:", style)]


# ------------------------------------------------------------------ what the execution took


def test_times_of_pages_and_sections(book):
    file = (book.folder / "_build/html" / times.FILE).read_text(encoding="utf-8")
    found = json.loads(re.fullmatch(r"executionTimes\((.*)\)\n", file, re.S)[1])
    assert found.keys() == {"chapters/first"}
    seconds, sections = found["chapters/first"]["seconds"], found["chapters/first"]["sections"]
    assert len(sections) == 3 and sections[1] > 0.05 and sections[2] == 0 and seconds >= sections[1]
    page = book.page("first")
    named = [f"chapters/first {what}" for what in (0, 1, 2, "sections")]
    assert re.findall(r'data-measured="([^"]*)">–<', page) == named
    rows = re.findall(r'<th scope="row" class="text">(.*?)</th>', page)
    assert rows[:3] == ["before the first section", "One", "Two"]
    assert re.findall(r'data-measured="([^"]*)">–<', book.page("times")) == [
        "chapters/first seconds", "chapters/first sections", "* seconds", "* sections",
    ]  # fmt: skip
    assert f'<noscript><p>{times.PATIENT}<a href="../{times.FILE}">' in book.page("times")


@pytest.mark.browser
def test_the_browser_fills_the_tables(book, browser):
    page = browser.new_page()
    page.set_default_timeout(1000 * PATIENCE)
    html = book.folder / "_build/html"
    numbers = re.search(r"\((.*)\)", (html / times.FILE).read_text(encoding="utf-8"), re.S)[1]
    found = json.loads(numbers)["chapters/first"]
    for name in ("times", "first"):
        page.goto((html / f"chapters/{name}.html").as_uri())
        every = "[...document.querySelectorAll('[data-measured]')]"
        page.wait_for_function(f"{every}.every(cell => cell.textContent !== '–')")
        cells = dict(page.evaluate(f"{every}.map(cell => [cell.dataset.measured, cell.textContent])"))
        assert float(cells["chapters/first sections"]) == pytest.approx(sum(found["sections"]), abs=0.051)
        if name == "times":
            assert cells["* seconds"] == cells["chapters/first seconds"]
            assert float(cells["* seconds"]) == pytest.approx(found["seconds"], abs=0.051)
        else:
            assert float(cells["chapters/first 1"]) == pytest.approx(found["sections"][1], abs=0.051)
    page.close()


def test_cells_belong_to_the_section_before_them():
    notebook = reads("a\n\n+++\n\n```{code-cell}\n1\n```\n\n## B\n\n## C\n\n### D\n\n```{code-cell}\n2\n```\n", "md:myst")
    kinds = [cell.cell_type for cell in notebook.cells]
    spent = {i: 1.5 for i, kind in enumerate(kinds) if kind == "code"}
    assert kinds.count("code") == 2 and times.by_section(notebook, spent) == [1.5, 0.0, 1.5]


def test_the_bibliography_is_in_the_order_of_the_alphabet():
    names = ("Moran, P.", "Möhle, M.", "{Zoo of Words}", "Müller, R.", "{American Committee}", "de Bruijn, N.", "Dey, A.")
    books = "".join(f"@book{{b{i}, author = {{{name}}}, title = {{T}}, year = {{1901}}}}" for i, name in enumerate(names))
    entries = literature.ByName().sort(parse_string(books, "bibtex").entries.values())
    assert [names[int(entry.key[1:])][:6] for entry in entries] == [
        "{Ameri", "de Bru", "Dey, A", "Möhle,", "Moran,", "Müller", "{Zoo o"
    ]


def test_no_two_sources_are_cited_alike():
    def cited(entry):  # as "A et al. [year]" or "A and B [year]"
        names = [" ".join(person.last_names) for person in entry.persons["author"]]
        return (names[0] if len(names) > 2 else tuple(names), entry.fields["year"])

    entries = parse_file(ROOT / "chapters" / "reference" / "references.bib").entries.values()
    alike = [alike for alike, number in Counter(map(cited, entries)).items() if number > 1]
    assert not alike, f"give them years with letters: {alike}"
