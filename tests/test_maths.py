"""Formulas that the build sets: what is seen, what is read aloud, both forms of a display, and the files of the site."""

import io
import re
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from conftest import ROOT
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx

sys.path.insert(0, str(ROOT / "theme"))
from bookbuild import displays, maths  # noqa: E402


@pytest.fixture(scope="module")
def setter(tmp_path_factory):
    setter = maths.Setter(tmp_path_factory.mktemp("formulas") / "formulas.json")
    yield setter
    setter.close()


def glyphs(markup):
    return "".join(chr(int(code, 16)) for code in re.findall(r"mjx-c([0-9A-F]+)", markup))


@pytest.mark.parametrize(
    ("tex", "seen", "heard"),
    [
        (r"\frac{p_0}2", "\U0001d45d02", "mfrac"),
        (r"\begin{aligned} a &= b \\ &\le c \end{aligned}", "≤", "mtable"),
        (r"\mathbb E X", "\U0001d53c", "double-struck"),
        (r"\operatorname{Var} X", "Var", "Var"),
        (r"\begin{cases} 1 & x>0 \\ 0 & x\le0 \end{cases}", "{", "mtable"),
        (r"\underbrace{1,\dots,1}_{n}", "⏟", "munder"),
        (r"a \text{ if lost}", "lost", "if lost"),
        (r"\biggl|\frac ab\biggr|", "|", "mfrac"),
        (r"\sqrt[3]{x}", "√", "mroot"),
        (r"\exp(x)", "exp(", "\u2061"),
        (r"x < y", "<", "&lt;"),
    ],
)
def test_a_formula_is_seen_and_read(setter, tex, seen, heard):
    formula = setter.set(tex, display=True)
    assert seen in glyphs(formula.shown)
    assert heard in formula.read.replace("&#x2061;", "\u2061")
    for markup in (formula.shown, formula.read):
        ElementTree.fromstring(markup)
    assert 'aria-hidden="true"' in formula.shown
    assert formula.width > 1


def test_elements_that_show_nothing_are_left_out(setter):
    """A letter is one element; MathML carries no attributes that only a renderer needs."""
    formula = setter.set("x = 1")
    assert re.findall(r"<([\w-]+)", formula.shown) == ["mjx-math", "mjx-c", "mjx-c", "mjx-c"]
    assert formula.read == "<math><mi>x</mi><mo>=</mo><mn>1</mn></math>"
    assert formula.shown.count('space="4"') == 2  # but the spaces around a relation stay


@pytest.mark.parametrize(("tex", "reason"), [(r"\frac1", "argument"), (r"\undefined x", "Undefined"), ("☃", "glyph")])
def test_a_formula_that_cannot_be_set(setter, tex, reason):
    with pytest.raises(ValueError, match=rf"(?s){reason}.*{re.escape(tex)}"):
        setter.set(tex)
    assert setter.set("x") == setter.set("x")  # the engine goes on


def test_a_build_remembers_what_was_set(tmp_path):
    store = tmp_path / "formulas.json"
    first = maths.Setter(store)
    formula = first.set(r"\sqrt x")
    first.close()
    second = maths.Setter(store)
    assert second.set(r"\sqrt x") == formula
    assert not second.engines  # none was needed
    second.close()
    store.write_text(store.read_text().replace(first.state, "another"))
    third = maths.Setter(store)
    assert third.kept == {}
    third.close()


def test_fractions_under_one_another_do_not_touch(setter):
    """Rows of fractions stand further apart than rows of letters; what the source says of a gap stays."""
    gap = r"padding-bottom: ([\d.]+)em"

    def first_gap(upper, lower, between=r"\\"):
        shown = setter.set(rf"\begin{{aligned}} {upper} {between} {lower} \end{{aligned}}", display=True).shown
        return float(re.search(gap, shown)[1])

    assert first_gap("a", "b") == 0.15
    assert first_gap(r"\frac ab", "b") == 0.2
    assert first_gap(r"\frac ab", r"\frac cd") == 0.3
    assert first_gap(r"\frac ab", r"\frac cd", r"\\[2em]") > 1


# ---------------------------------------------------------------- displays, wide and narrow


def wide(*rows):
    return displays.wide_forms(r"\begin{aligned}" + r" \\ ".join(rows) + r"\end{aligned}")


@pytest.mark.parametrize(
    ("rows", "best"),
    [
        (["a &= b", "&= c"], "a = b = c"),
        (["&a", r"&\quad = b"], "a = b"),
        (["a &= b,", "c &= d"], r"a = b, \qquad c = d"),
        ([r"a &\le b", r"&\quad - c"], r"a \le b - c"),
        (["&a", "&= b", r"&\le c"], r"a = b \le c"),
        ([r"\Pr(&N = i)", "&= b"], r"\Pr( N = i) = b"),
        (["a &= b", r"&\quad + c", r"&\qquad + d"], "a = b + c + d"),
        ([r"a &= \text{the } n", r"&\quad \text{places}"], r"a = \text{the } n \ \text{places}"),
        ([r"a &= {\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}}", "&= c"],
         r"a = {\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}} = c"),
    ],
)  # fmt: skip
def test_one_line_where_there_is_room(rows, best):
    assert wide(*rows)[0] == best


def test_chains_stay_stacked_in_fewer_rows():
    assert wide("a &= b", r"&\le c", r"&\le d", "&= e") == []
    (form,) = wide("&a", r"&\quad= b", r"&\quad\le c", r"&\quad\le d")
    assert form == r"\begin{aligned}a &= b \\ &\le c \\ &\le d\end{aligned}"
    (form,) = wide("&a = b,", r"&c", r"&\quad= d,", r"&\quad= e")
    assert form == r"\begin{aligned}&a = b, \\ &c = d, \\ &\quad = e\end{aligned}"


@pytest.mark.parametrize("tex", ["x = 1", r"\begin{cases} 1 \\ 2 \end{cases}", r"\begin{aligned} a &= b \end{aligned}",
                                 r"\begin{aligned} a &= b && c \\ d &= e && f \end{aligned}"])  # fmt: skip
def test_other_displays_have_one_form(setter, tex):
    assert displays.wide_forms(tex) == []
    assert "narrow" not in maths.displayed(setter, tex)


def test_the_pair_is_read_once(setter):
    markup = maths.displayed(setter, r"\begin{aligned} a + b + c + d &= e + f + g \\ &= h + i + j \end{aligned}")
    assert markup.count("<math") == 1
    room = int(re.search(r'class="formula room-(\d+)"', markup)[1])
    width = setter.set("a + b + c + d = e + f + g = h + i + j", display=True).width * maths.SCALE
    assert width <= room < width + maths.STEP
    assert re.findall(r'class="MJX-TEX (\w+)"', markup) == ["wide", "narrow"]
    assert "mjx-mtr" not in markup.split("narrow")[0]


def test_a_line_that_no_page_holds_is_not_set(setter):
    tex = r"\begin{aligned} " + "+".join("abcdefghijklm" * 2) + r" &= c \\ &= d \end{aligned}"
    assert "room-" not in maths.displayed(setter, tex)


def test_rows_without_an_environment(setter):
    """Sphinx's own rule for ``{math}`` blocks: rows are aligned."""
    assert maths.displayed(setter, r"a &= b, \\ c &= d") == maths.displayed(
        setter, r"\begin{aligned}a &= b, \\ c &= d\end{aligned}"
    )


# ---------------------------------------------------------------- a book of two pages


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """Build a small book; return its folder and what the build complained of."""

    def build(pages, name):
        source = tmp_path_factory.mktemp(name)
        for page, text in pages.items():
            (source / f"{page}.md").write_text(text)
        complaints = io.StringIO()
        settings = {
            "extensions": ["myst_parser", "bookbuild.maths"], "html_math_renderer": "set", "numfig": True,
            "myst_enable_extensions": ["dollarmath", "amsmath"], "math_eqref_format": "({number})",
        }  # fmt: skip
        app = Sphinx(str(source), None, str(source / "html"), str(source / "doctrees"), "html", settings,
                     status=None, warning=complaints)  # fmt: skip
        app.build()
        return source / "html", re.sub(r"\x1b\[[\d;]*m", "", complaints.getvalue())

    return build


@pytest.fixture(scope="module")
def small(book):
    text = {
        "index": "# A title with $p_0$\n\n```{toctree}\nother\n```\n\n$$\n\\frac ab = \\sqrt c\n$$ (one)\n\n"
        "By {eq}`one`, $x$.\n\n```{figure} none.svg\nA caption with $\\sigma_0$\n```\n",
        "other": "# Other $\\lambda$\n\nSee {eq}`one`.\n\n\\begin{align}\na &= b\\\\ c &= \\biggl(d\\biggr)\n\\end{align}\n",
    }
    return book(text, "small")


def test_numbers_and_links_of_equations(small):
    site, _ = small
    page, other = (site / "index.html").read_text(), (site / "other.html").read_text()
    (number,) = re.findall(r'id="equation-one">\s*<span class="eqno">\((\d)\)<a class="headerlink"', page)
    assert f'href="#equation-one">({number})</a>' in page
    assert f'href="index.html#equation-one">({number})</a>' in other


def test_formulas_in_titles_captions_and_contents(small):
    site, _ = small
    page = (site / "index.html").read_text()
    assert re.search(r"<h1>A title with <span class=\"math[^>]*><mjx-math", page)
    assert re.search(r"A caption with <span class=\"math[^>]*><mjx-math", page)
    assert re.search(r'<a class="reference internal" href="other.html">Other <span class="math[^>]*><mjx-math', page)


def test_no_page_loads_a_formula_script(small):
    site, _ = small
    for page in site.glob("*.html"):
        assert not re.search(r"<script[^>]*mathjax", page.read_text(), re.I)
        assert not re.search(r"\\\(|\\\[", page.read_text())
    assert not (site / "_static" / "mathjax").exists()


def test_style_and_fonts_hold_what_the_pages_use(small):
    site, _ = small
    style = (site / "_static" / "formulas.css").read_text()
    assert "mjx-container" not in style
    assert "mjx-c.mjx-c1D44E.TEX-I::before" in style and "mjx-c1D44D" not in style  # an a, no Z
    faces = re.findall(r'url\("fonts/([^"]+)"\)', style)
    assert {"MathJax_Math-Italic.woff", "MathJax_Main-Regular.woff"} <= set(faces)
    assert sorted(path.name for path in (site / "_static" / "fonts").iterdir()) == sorted(faces)
    lean = TTFont(site / "_static/fonts/MathJax_Math-Italic.woff")
    letters = lean.getBestCmap()
    assert ord("a") in letters and ord("Z") not in letters
    whole = TTFont(maths.MATHJAX / "output/chtml/fonts/woff-v2/MathJax_Math-Italic.woff")
    assert lean["head"].modified == whole["head"].modified  # no trace of when the site was built
    written = set(re.findall(r"mjx-c\.mjx-c([0-9A-F]+)", style))
    for page in site.glob("*.html"):
        assert {f"{ord(character):X}" for character in glyphs(page.read_text())} <= written | {"28", "29"}


def test_an_error_is_a_warning_with_its_place(book):
    _, complaints = book({"index": "# Title\n\nText.\n\nA $\\frac1$ here.\n\n$$\n\\nonsense\n$$\n"}, "wrong")
    assert re.search(r"index\.md:5: WARNING: a formula that cannot be set: .*\\frac1", complaints)
    assert re.search(r"index\.md:7: WARNING: a formula that cannot be set: .*\\nonsense", complaints)


# ---------------------------------------------------------------- in a browser

LONG = r"\begin{aligned} a + b + c + d + e + f &= g + h + i + j + k \\ &= l + m + n + o + p \end{aligned}"
TOO_LONG = "x = " + " + ".join("abcdefghijklmnopqrstuvwxyz")


@pytest.fixture
def shown(browser, setter, tmp_path):
    """A page with a pair of forms and a display that fits no phone, as the site shows them."""
    theme = ROOT / "theme"
    markup = "".join(f'<div class="math">{maths.displayed(setter, tex)}</div>' for tex in (LONG, TOO_LONG))
    maths.write_style(setter.sheet, markup, tmp_path)
    page = (
        f'<!doctype html><html data-theme="light"><head><meta charset="utf-8"><title>Formulas</title>'
        f'<link rel="stylesheet" href="{maths.STYLE}"><style>{(theme / "book.css").read_text()}</style>'
        f"<script>{(theme / 'formulas.js').read_text()}</script></head><body>{markup}</body></html>"
    )
    (tmp_path / "page.html").write_text(page)

    def open_(width):
        view = browser.new_page(viewport={"width": width, "height": 800})
        view.on("console", lambda message: complaints.append(message.text))  # a font that cannot be read
        view.goto((tmp_path / "page.html").as_uri())
        view.evaluate("document.fonts.ready")
        view.evaluate("() => new Promise(done => setTimeout(done, 200))")
        return view

    complaints = []
    yield open_
    assert complaints == []


@pytest.mark.browser
@pytest.mark.parametrize(("width", "form", "scrolls"), [(1280, "wide", 0), (390, "narrow", 1)])
def test_the_form_that_the_box_has_room_for(shown, width, form, scrolls):
    page = shown(width)
    assert page.locator(".wide:visible, .narrow:visible").evaluate_all("all => all.map(e => e.className)") == [
        f"MJX-TEX {form}"
    ]
    boxes = page.locator(".formula[tabindex='0'][role='group'][aria-label]")
    assert boxes.count() == scrolls
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("body").aria_snapshot().count("math") == 2  # each display is read once
    page.set_viewport_size({"width": 2000, "height": 800})
    page.evaluate("() => new Promise(done => setTimeout(done, 200))")
    assert boxes.count() == 0  # nothing to scroll, nothing to stop at
    page.close()


@pytest.mark.browser
def test_every_glyph_comes_from_the_fonts_of_the_site(shown):
    """The fonts have what the pages use of them: each glyph is as wide as MathJax's tables say."""
    page = shown(1280)
    wrong = page.evaluate("""() => {
        const probe = document.createElement("span");
        probe.style.cssText = "position: absolute; white-space: pre; font-size: 100px; line-height: 1";
        document.body.append(probe);
        return [...document.querySelectorAll(".formula mjx-c")].filter((c) => {
            const before = getComputedStyle(c, "::before");
            probe.style.fontFamily = before.fontFamily;
            probe.textContent = before.content.slice(1, -1);
            const size = parseFloat(before.fontSize);
            return Math.abs(probe.getBoundingClientRect().width / 100 - parseFloat(before.paddingRight) / size) > 0.06;
        }).map((c) => c.className);
    }""")
    assert wrong == []
    page.close()
