"""Finding one's way in a small book: previews, search, links, the library's pages."""

from __future__ import annotations

import ast
import json
import re
import sys

import functools

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import PATIENCE, ROOT, settle
from docutils import nodes
from test_build import Book

from collapse_lib.figures import Picture
from collapse_lib.figures.living import payload

sys.path.insert(0, str(ROOT / "theme"))
from bookbuild import api, cutting, links, terms, tex, text  # noqa: E402

FIRST = r"""
(first)=
# First page

## Part of the first page

**Question.** How long is a {term}`martingale` remembered? See {doc}`second`.

:::{prf:theorem} A name; Somebody 1999
:label: thm-first
For $p_0 \in [0, 1]$ and all $k$

$$\Pr(P_k \ne 0) \le \frac{1}{2}.$$ (eq-first)
:::

:::{prf:proof}
By {eq}`eq-first`, {cite:t}`a` and Exercise {ref}`ex-first`.
:::

```{code-cell} ipython3
from collapse_lib import forgetting
from collapse_lib.verification import verify
verify("thm-first", "a value", equal=(forgetting.survival(0.5, n=1, k=1), 0.5))
```

```{code-cell} ipython3
---
mystnb:
  figure:
    name: fig-first
    caption: A line that falls, for the sample size $n$
---
from collapse_lib.figures import Picture
picture = Picture(xlabel="generation", ylabel="probability")
picture.exact([0, 1, 2], [1, 0.5, 0.25], "exact")
picture.alt = "A line that falls from one to a quarter in two generations, halving in each of them."
picture
```

:::{exercise} Warm-up
:label: ex-first
Compute `forgetting.survival`.
:::

:::{solution} ex-first
One half.
:::
"""
SECOND = r"""
# Second page

Two martingales and the absorption time of the chain are in {prf:ref}`thm-first`, {eq}`eq-first`, {numref}`fig-first`,
{ref}`ex-first`, {cite:t}`a`, {doc}`first`, {ref}`second-part` and {py:func}`collapse_lib.forgetting.survival`.

(second-part)=
## A part about `forgetting.survival`

Text of the part, with *martingales* again.
"""
NOTATION = r"""
# Notation

| letter | meaning | in code | first on |
|---|---|---|---|
| $\sigma_0$, $\Sigma_k$ | standard deviation | | {doc}`second` |
| $n$ | sample size | `forgetting.survival` | this page |
| $\mathcal F_k$ | past | | {doc}`first` |

| word | meaning |
|---|---|
| other | not a letter |
"""
WORDS = """
# Words

:::{glossary}
Absorption time
  When it ends. Not a {term}`martingale`.

Martingale
  Its mean $p_0$ stays.
:::
"""
REFERENCES = """
@book{a, author = {A. B.}, title = {C}, publisher = {D}, year = 2000, doi = {10.1000/182}, note = {arXiv:2412.17646}}
"""
PAGES = {
    "first": FIRST,
    "second": SECOND,
    "ledger": "# Ledger\n\n```{ledger}\n```\n",
    "library": "# The library\n\n```{library}\nforgetting data\n```\n",
    "forgetting": "# `forgetting`\n\n```{eval-rst}\n.. automodule:: collapse_lib.forgetting\n   :members:\n```\n",
    "data": "# `data`\n\n```{eval-rst}\n.. automodule:: collapse_lib.data\n   :members:\n```\n",
    "notation": NOTATION,
    "symbols": "# Symbols\n\n```{symbols} chapters/notation\n```\n",
    "words": WORDS,
    "sources": "# Sources\n\n```{bibliography}\n```\n",
}


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    folder = tmp_path_factory.mktemp("book")
    book = Book(folder, **PAGES)
    for module in (folder / "collapse_lib").rglob("*.py"):  # this book has other pages
        text = module.read_text(encoding="utf-8")
        text = re.sub(r":doc:`/chapters/[^`]+`|\b(thm|prop|lem|cor)-[a-z-]+", "a page", text)
        module.write_text(text, encoding="utf-8")
    (folder / "references.bib").write_text(REFERENCES, encoding="utf-8")
    code, said, warnings = book.build()
    assert (code, warnings) == (0, []), said
    return book


def previews(book, name):
    text = book.site()[f"previews/chapters/{name}.js"].decode()
    return json.loads(text.removeprefix("showPreviews(").rstrip().removesuffix(")"))


# ------------------------------------------------------------------ the library


def test_overview_has_a_line_a_name_and_leads_to_the_pages(book):
    from collapse_lib import forgetting

    page = book.page("library")
    assert 'href="forgetting.html#module-collapse_lib.forgetting"' in page
    for name in forgetting.__all__:
        assert f'href="forgetting.html#collapse_lib.forgetting.{name}"' in page
        assert f'id="collapse_lib.forgetting.{name}"' in book.page("forgetting")
    assert "Return the exact mean number of distinct words" in page


def test_reference_leads_to_the_source(book):
    assert 'href="../_modules/collapse_lib/forgetting/word.html#survival"' in book.page("forgetting")


def test_first_sentence():
    def documented():
        """Return a *value* of 0, 1, ..., see :func:`other` and ``None``. Another
        sentence.

        More.
        """

    assert api.first_sentence(documented) == "Return a *value* of 0, 1, ..., see other and None."


def test_a_docstring_names_a_result_and_its_page_links_it():
    lines = ['thm-one: holds. See ``"thm-two"``, :prf:ref:`thm-three`, ``thm-four`` and prop-a-b.']
    api.link_results(None, "function", "f", None, None, lines)
    linked = {name: f":prf:ref:`{name}`" for name in ("thm-one", "thm-three", "thm-four", "prop-a-b")}
    said = '{thm-one}: holds. See ``"thm-two"``, {thm-three}, {thm-four} and {prop-a-b}.'
    assert lines == [re.sub(r"\{(.*?)\}", lambda match: linked[match[1]], said)]


@pytest.mark.parametrize(
    ("line", "set"),
    [
        ('kind : {"a", "b, c"}, default "a"', 'kind : {``"a"``, ``"b, c"``}, default ``"a"``'),
        ('    For rule="fixed" it is "near".', '    For ``rule="fixed"`` it is "near".'),
        ('    with ``rule="fixed"`` and ``{"a": ".3f"}``', '    with ``rule="fixed"`` and ``{"a": ".3f"}``'),
        ('>>> table["a"], f(x=1, y="b")', '>>> table["a"], f(x=1, y="b")'),
    ],
)
def test_strings_of_a_docstring_are_code(line, set):
    lines = [line]
    api.set_strings(None, "function", "f", None, None, lines)
    assert lines == [set]


def test_signs_of_a_docstring_are_set():
    lines = ["n : int", "    Size, 1 <= n <= 10**9, ``n >= 10**2``, n - 1 and p - (1 - p).", "- A point", "Notes", "-----",
             ">>> 10**2 - 1 >= 3", "True >= x", "", "Above 10^-4."]  # fmt: skip
    api.set_signs(None, "function", "f", None, None, lines)
    assert lines[1] == "    Size, 1~≤~n~≤~10⁹, ``n >= 10**2``, n~− 1 and p~− (1~−~p).".replace("~", "\u00a0")
    assert lines[2:7] == ["- A point", "Notes", "-----", ">>> 10**2 - 1 >= 3", "True >= x"]
    assert lines[-1] == "Above 10⁻⁴."


@pytest.mark.parametrize(
    ("line", "set"),
    [
        ("to k-1 of P_k: E q^{A_k}", "to k−1 of :typed:`P_k`\\ : E q\\ :typed:`^{A_k}`"),
        ("mu_0 sigma0^2, `x_k` and (1 - p)**(n h_k)/2",
         r":typed:`mu_0` sigma0\ :typed:`^2`\ , `x_k` and (1~−~p)\ :typed:`**(n h_k)`\ /2".replace("~", "\u00a0")),
        ("above -1e140, below 2e-7, sd > 0", "above −10¹⁴⁰, below 2\u00a0· 10⁻⁷, sd\u00a0>\u00a00"),
        ("lambda of thm-g-expansion, top_k", "λ of thm-g-expansion, top_k"),
        ("error : float, default 1e-6", "error : float, default 1e-6"),
        ("1 - :func:`g`, tolerance < 1", "1~− :func:`g`, tolerance~<~1".replace("~", "\u00a0")),
        ("A' of A and kappa''(s), the models' x, 'a'", "A′ of A and κ″(s), the models' x, 'a'"),
    ],
)  # fmt: skip
def test_indices_and_exponents_of_a_docstring_are_set(line, set):
    lines = [line]
    api.set_signs(None, "function", "f", None, None, lines)
    assert lines == [set]


def test_indices_and_exponents_become_nodes():
    def documented():
        """Return h_{k+1} = 1 - (1 - p)^(n h_k) of M_oo."""

    said = api._said(documented)
    assert [part.astext() for part in said.findall(nodes.subscript)] == ["k+1", "k", "∞"]
    assert [part.astext() for part in said.findall(nodes.superscript)] == ["n hk"]
    assert api.typed("typed", "", "^-2")[0][0].astext() == "−2"


def test_names_of_a_docstring_are_code_and_lead_to_their_entry():
    from collapse_lib import forgetting

    lines = ["n : `int`", "    As `g`, of the shape of `k`, not ``h`` or :func:`h`; `survival`."]
    api.set_names(None, "function", "collapse_lib.forgetting.survival", forgetting.survival, None, lines)
    link = ":func:`~collapse_lib.forgetting.g`"
    assert lines == ["n : `int`", f"    As {link}, of the shape of ``k``, not ``h`` or :func:`h`; ``survival``."]


def test_a_default_made_anew_is_shown_as_what_it_makes():
    said = [api.set_signature(None, "class", "c", None, None, given, "") for given in ("(a=1, b=<factory>)", "(a)", None)]
    assert said == [("(a=1, b=[])", None), None, None]


def test_no_line_breaks_between_a_formula_and_its_bracket_or_its_code():
    line = nodes.paragraph()
    for words, formula in (("lost (", "x"), (" or ", "y"), ("), ", "z"), (" left, (", "n=")):
        line += [nodes.Text(words), nodes.math(formula, formula)]
    line += [nodes.Text(" "), nodes.literal("", "SIZE"), nodes.Text(" for "), nodes.math("k=", "k="), nodes.Text(" ")]
    transform = text.KeepPunctuation.__new__(text.KeepPunctuation)
    transform.document = line
    transform.apply()
    assert [(part.astext(), part.get("classes")) for part in line.findall(nodes.inline)] == [
        ("(x", ["together"]), ("y),", ["together"]), ("(n= SIZE", ["together"]),
    ]  # fmt: skip
    assert line.astext() == "lost (x or y), z left, (n= SIZE for k= "


@pytest.mark.parametrize(
    ("said", "kept"),
    [("loses 5 % of it", "loses 5\u00a0% of it"), ("histories (3 points)", "histories (3\u00a0points)"),
     ("by hand, 1 point", "by hand, 1\u00a0point"), ("see Theorem 2", "see Theorem\u00a02"), ("5 pointers", "5 pointers")],
)  # fmt: skip
def test_spaces_at_which_no_line_breaks(said, kept):
    line = nodes.paragraph("", said)
    transform = text.KeepNumbers.__new__(text.KeepNumbers)
    transform.document = line
    transform.apply()
    assert line.astext() == kept


def test_no_line_break_in_a_name():
    said = nodes.paragraph("", "the text of WikiText-2 is")
    transform = text.KeepHyphened.__new__(text.KeepHyphened)
    transform.document = said
    transform.run()
    assert [(part.astext(), part.get("classes") if isinstance(part, nodes.Element) else None) for part in said] == [
        ("the text of ", None), ("WikiText-2", ["together"]), (" is", None),
    ]  # fmt: skip
    assert text.together("<caption>WikiText-2, n = 9</caption>") == (
        '<caption><span class="together">WikiText-2</span>, n\u00a0=\u00a09</caption>'
    )


def test_no_line_breaks_in_a_short_formula_of_a_cell():
    check = '<p class="check" data-what="n = 9"><b>Checked.</b> n = 9, p₀ = 0.5, k ≤ 30; fails with k + 1, 2 ± 5 %</p>'
    assert text.together(check) == (
        '<p class="check" data-what="n = 9"><b>Checked.</b> '
        "n\u00a0=\u00a09, p₀\u00a0=\u00a00.5, k\u00a0≤\u00a030; fails with k\u00a0+\u00a01, 2\u00a0±\u00a05 %</p>"
    )
    assert text.together("<caption>By size, n = 9</caption><p>n = 9</p>") == (
        "<caption>By size, n\u00a0=\u00a09</caption><p>n = 9</p>"
    )
    words = "<caption>the first = 3 of them, and k + 10</caption>"
    assert text.together(words) == words


# ------------------------------------------------------------------ previews


def test_every_kind_of_link_has_a_preview(book):
    found = previews(book, "second")
    assert "A name" in found["first.html#thm-first"] and "Somebody 1999" in found["first.html#thm-first"]
    assert "eqno" in found["first.html#equation-eq-first"]
    assert "<svg" in found["first.html#fig-first"] and "A line that falls" in found["first.html#fig-first"]
    assert "Warm-up" in found["first.html#ex-first"]
    assert "A. B." in found[next(address for address in found if address.startswith("sources.html#"))]
    assert "First page" in found["first.html"]
    assert any("Text of the part" in part for address, part in found.items() if address.startswith("#"))
    assert "Return the exact probability" in found["forgetting.html#collapse_lib.forgetting.survival"]
    assert "stays" in previews(book, "words")["#term-Martingale"]
    for part in found.values():
        outside = re.sub(r"<svg.*?</svg>", "", part)
        assert not re.search(r"<a\b|<script|<button|<input|\bid=|headerlink", outside), part


def test_cutting_an_element():
    page = cutting.Page(
        '<article class="bd-article"><div id="a"><div>x</div>y<a class="headerlink" href="#a">#</a></div><p>z</p>'
        '<section id="s"><h2>Title</h2><p class="subtitle">no</p><p>yes</p></section>'
        '<span id="t"></span><h3>Third</h3><p>three</p></article>'
    )
    assert page.part("a") == "<div><div>x</div>y</div>"
    assert page.part("s") == '<p class="preview-title">Title</p><p>yes</p>'
    assert page.part("t") == '<p class="preview-title">Third</p><p>three</p>'
    assert page.part("nothing") is None


def test_pictures_in_previews_have_ids_of_their_own():
    html = '<figure id="f"><svg><path id="m"/><use xlink:href="#m"/><g clip-path="url(#m)"/></svg></figure>'
    assert cutting.clean(html) == html.replace(' id="f"', "").replace("#m", "#preview-m").replace('"m"', '"preview-m"')


# ------------------------------------------------------------------ search


def index(book):
    text = book.site()["search-index.js"].decode()
    return json.loads(text.removeprefix("bookIndex(").rstrip().removesuffix(")"))


def test_index_names_what_the_book_offers(book):
    rows = {tuple(row[:3]): tuple(row[3:]) for row in index(book)["rows"]}
    assert rows["theorem", "chapters/first", "thm-first"][:2] == ("1", "A name")
    assert rows["theorem", "chapters/first", "thm-first"][2].startswith("For p₀ ∈ [0, 1] and all k")
    assert rows["theorem", "chapters/first", "thm-first"][3:] == ("Somebody 1999.",)
    assert "Somebody" not in rows["theorem", "chapters/first", "thm-first"][2]
    assert rows["figure", "chapters/first", "fig-first"] == ("1", "", "A line that falls, for the sample size n")
    assert rows["exercise", "chapters/first", "ex-first"][1] == "Warm-up"
    assert rows["term", "chapters/words", "term-Martingale"] == ("", "Martingale", "Its mean p₀ stays.")
    assert rows["function", "chapters/forgetting", "collapse_lib.forgetting.survival"][1] == "forgetting.survival"
    assert rows["section", "chapters/second", "a-part-about-forgetting-survival"][2].startswith("Text of the part")
    assert any(kind == "source" and "A. B." in row[2] for (kind, _, _), row in rows.items())
    assert not any("\\" in part for row in rows.values() for part in row)


def test_nothing_is_left_of_the_stock_search(book):
    site = book.site()
    stock = "searchindex|searchtools|language_data|doctools|sphinx_highlight"
    assert not {name for name in site if re.search(rf"({stock})\.js", name)}
    for name, content in site.items():
        if name.endswith(".html"):
            assert not re.search(rf"({stock})\.js", content.decode()), name


@pytest.mark.parametrize(
    ("formula", "characters"),
    [
        (r"p_0", "p₀"), (r"P_{k+1}", "Pₖ₊₁"), (r"\sigma_0 > 0", "σ₀ > 0"), (r"1-(1-p_0)^n", "1-(1-p₀)ⁿ"),
        (r"\frac{1}{2}", "1/2"), (r"\frac k{n+1}", "k/(n+1)"), (r"\mathbb{E}T", "𝔼T"), (r"e^{-x}", "e^(-x)"),
        (r"T_{\mathrm{MRCA}}", "T_MRCA"), (r"n \to \infty", "n → ∞"), (r"\{0,1\}", "{0, 1}"), (r"\sqrt{n}", "√n"),
        (r"\begin{aligned} x &= 1 \end{aligned}", ""), (r"\underbrace{x}_y", ""), (r"x^{", ""), (r"x_", ""), (r"}", ""),
    ],
)  # fmt: skip
def test_formulas_in_plain_text(formula, characters):
    assert tex.readable(formula) == characters


# ------------------------------------------------------------------ links


def test_first_use_of_a_word_leads_to_the_glossary(book):
    page = book.page("second")
    link = '<a class="term reference internal" href="words.html#term-Martingale" id="use-martingale">martingales</a>'
    assert page.count(link) == 1 and page.index(link) < page.rindex("A part about")
    assert page.count('href="words.html#term-Martingale"') == 1
    assert 'id="use-absorption-time">absorption time</a>' in page
    assert 'id="use-martingale"></span>' in book.page("first")  # where the author has set the link


def test_glossary_leads_to_the_page(book):
    page = book.page("words")
    places = {"second.html#use-absorption-time": "Second page", "first.html#use-martingale": "First page"}
    for place, title in places.items():
        assert re.search(rf'First met in <a class="reference internal" href="{place}">.*?{title}', page)


def test_words_and_their_plurals():
    find = terms.pattern(["count", "entropy", "first loss", "loss", "branching process"])
    assert not find.search("Pseudo-counts. All count alike, and the tests count what is right; it hardly counts.")
    assert not find.search("What counts is what it knows. It does not count words; who counts how often counts for less.")
    text = "We count to count. The count; Entropies, first losses, branching processes, account, count-free."
    assert [match[1] for match in find.finditer(text)] == ["count", "Entropies", "first losses", "branching processes"]


def test_library_names_lead_to_the_reference(book):
    entry = "forgetting.html#collapse_lib.forgetting.survival"
    first = book.page("first")
    assert f'<a class="reference internal" href="{entry}"><code' in first
    code = '<span class="n">forgetting</span><span class="o">.</span><span class="n">survival</span></a>'
    assert f'<a class="reference internal lib" href="{entry}">{code}' in first
    heading = re.search(r"<h2>A part about.*?</h2>", book.page("second"), re.S)[0]
    assert "collapse_lib" not in heading
    assert re.search(r'Used in <a class="reference internal" href="first.html">.*?First page', book.page("forgetting"))


def test_links_in_code():
    span = '<span class="n">{}</span>'.format
    dot = '<span class="o">.</span>'
    known = {"f": "lib.forgetting", "g": "lib.g"}

    def linked(code):
        page = f'<div class="highlight"><pre>{code}</pre></div>{code}'
        found = links.link_code(page, known, {"lib.forgetting.survival": "a", "lib.g": "b"}.get)
        assert found.endswith(code)  # nothing outside of code
        return found[len('<div class="highlight"><pre>') : -len(f"</pre></div>{code}")]

    call = span("f") + dot + span("survival")
    assert linked(call + dot + span("x")) == f'<a class="reference internal lib" href="a">{call}</a>{dot}{span("x")}'
    assert linked(span("g") + "=" + span("g")).count("<a ") == 1
    for other in (span("x") + dot + span("g"), span("f"), span("f") + dot + span("other"), span("survival")):
        assert linked(other) == other


def test_names_that_code_imports():
    lines = ("from collapse_lib import forgetting as f", "from collapse_lib.data import a", "import collapse_lib.data")
    tree = ast.parse("\n".join([*lines, "f.g(a.b)"]))
    known = links.imports(tree)
    assert known == {"f": "collapse_lib.forgetting", "a": "collapse_lib.data.a", "collapse_lib": "collapse_lib"}
    assert {"collapse_lib.forgetting.g", "collapse_lib.data.a.b"} <= set(links.chains(tree, known))


def test_results_and_exercises_have_an_address(book):
    page = book.page("first")
    for name in ("thm-first", "ex-first", "fig-first"):
        assert re.search(rf'<a class="headerlink" href="#{name}" title="[^"]+">#</a>', page), name


def test_no_space_is_underlined_before_the_name_of_an_exercise(book):
    assert re.search(r'Solution to <a class="reference internal" href="#ex-first">Exercise', book.page("first"))


def test_preprints_and_articles_have_their_links(book):
    page = book.page("sources")
    assert '<a class="reference external" href="https://arxiv.org/abs/2412.17646">arXiv:2412.17646</a>' in page
    assert 'href="https://doi.org/10.1000/182"' in page


def test_index_of_symbols(book):
    page = book.page("symbols")
    places = [page.index(text) for text in ("past", "sample size", "standard deviation")]
    assert places == sorted(places) and "not a letter" not in page
    assert 'href="notation.html"' in page and 'href="second.html"' in page


# ------------------------------------------------------------------ in the browser


@pytest.fixture
def open_page(book, browser):
    """A page from the folder, without a server; nothing may be requested elsewhere or complained of."""
    complaints, contexts = [], []

    def open_(name, *, width=1280, **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(1000 * PATIENCE)
        page.on("request", lambda r: r.url.startswith(("file:", "data:")) or complaints.append(r.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: m.type in {"error", "warning"} and complaints.append(m.text))
        page.goto((book.folder / "_build" / "html").as_uri() + f"/{name}")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not complaints


@pytest.mark.browser
def test_a_preview_by_pointer_and_by_key(open_page):
    page = open_page("chapters/second.html")
    link, box = page.locator('article a[href="first.html#thm-first"]').first, page.locator(".preview")
    link.hover()
    page.locator(".preview.open").wait_for()
    assert "A name" in box.inner_text() and link.get_attribute("aria-describedby") == box.get_attribute("id")
    box.hover()
    page.evaluate("() => new Promise(done => setTimeout(done, 600))")  # longer than it stays without the pointer
    assert box.is_visible()
    page.keyboard.press("Escape")
    assert not box.is_visible() and link.get_attribute("aria-describedby") is None
    page.mouse.move(0, 0)
    page.evaluate("document.querySelector('article a[href=\"first.html#thm-first\"]').previousElementSibling?.focus()")
    page.keyboard.press("Tab")
    for _ in range(60):
        if page.evaluate("document.activeElement.getAttribute('href')") == "first.html#fig-first":
            break
        page.keyboard.press("Tab")
    page.locator(".preview.open svg").wait_for()
    page.keyboard.press("Tab")
    assert "A line that falls" not in box.inner_text()


@pytest.mark.browser
def test_a_finger_follows_the_link_at_once(open_page):
    page = open_page("chapters/second.html", has_touch=True, is_mobile=True, width=390)
    page.locator('article a[href="first.html#thm-first"]').first.tap()
    page.wait_for_url("**/first.html#thm-first")


@pytest.mark.browser
def test_search_in_the_dialog(open_page):
    page = open_page("chapters/second.html")
    page.locator("article h1").wait_for()
    page.keyboard.press("Control+k")
    dialog = page.locator("#pst-search-dialog")
    page.keyboard.type("theorem 1 name")
    dialog.locator(".found a").first.wait_for()
    assert "Theorem 1 A name" in dialog.locator(".found a").first.inner_text()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.matches('.found li:first-child a')")
    page.keyboard.press("Alt+ArrowDown")
    assert page.evaluate("document.activeElement.matches('.found li:first-child a')")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/first.html?find=theorem%201%20name#thm-first")
    assert page.evaluate("CSS.highlights.get('found').size") >= 1


@pytest.mark.browser
def test_search_on_its_page(open_page):
    page = open_page("search.html?q=forgetting.survival")
    page.locator(".found a").first.wait_for()
    first = page.locator(".found a").first
    assert "forgetting.survival" in first.inner_text() and "Function" in first.inner_text()
    assert "#collapse_lib.forgetting.survival" in first.get_attribute("href")
    page.locator("article input").fill("zzz")
    page.get_by_text("Nothing found.").wait_for()


PAPERS = {
    "pages": {"chapters/a": "4. One", "chapters/b": "5. Two"},
    "rows": [
        ["section", "chapters/a", "s", "", "Theorem 1: in pictures", "For n = 10."],
        ["theorem", "chapters/a", "t", "4.5", "A bracket", "Let n be 1.", "Other 2024, Theorem 1, for two symbols."],
        ["theorem", "chapters/b", "k", "10.3", "A coalescent", "Let n be 0."],
        ["theorem", "chapters/b", "f", "5.9", "A sandwich", "Let n be 10.", "Paper 2025, Theorem 1."],
    ],
}


@pytest.mark.browser
def test_a_theorem_is_found_by_its_number_in_the_paper(open_page):
    """Not those whose number only begins with the same figure."""
    page = open_page("search.html?q=survival")
    page.locator(".found a").first.wait_for()
    page.evaluate("bookIndex", PAPERS)
    page.locator("article input").fill("Theorem 1")
    found = page.locator(".found a")
    found.filter(has_text="Paper 2025").wait_for()
    assert [a.get_attribute("href")[-2:] for a in found.all()] == ["#f", "#s", "#t"]
    assert found.first.locator(".found-where").inner_text() == "5. Two · Paper 2025, Theorem 1."
    page.locator("article input").fill("Theorem 10")
    found.filter(has_text="A coalescent").wait_for()
    assert found.first.locator(".found-name").inner_text() == "Theorem 10.3 A coalescent"


@pytest.mark.browser
def test_labels_of_two_lines_never_touch(open_page):
    """One stands below the other where the lines are near; side by side where there is room."""
    made = Picture(xlabel="generation", ylabel="probability", xlim=(0, 1), ylim=(0, 1))
    made.exact([0, 1], [0, 1], "exact").vline(0.2, "half").vline(0.5, "half").vline(0.8, "half").vline(0.97, "nine tenths")
    made.alt = "A line that rises from the lower left corner to the upper right corner, and four dotted lines."
    page = open_page("chapters/first.html")
    page.locator(".living.ready").first.wait_for()
    for width in (600, 300):
        rows = page.evaluate(
            """([data, width]) => {
              const box = document.querySelector(".picture").cloneNode();
              box.style.width = `${width}px`;
              document.querySelector("article").append(box);
              new Plot(box, data);
              return [...box.querySelectorAll("text.label")].filter((text) => text.textContent !== "exact").map((text) => {
                const { left, right, top } = text.getBoundingClientRect();
                return [Math.round(top), left, right];
              });
            }""",
            [payload([made]), width],
        )
        assert len(rows) == 4
        for i, (row, left, right) in enumerate(rows):
            assert all(row != other or right + 4 < a or b + 4 < left for other, a, b in rows[:i]), width
    assert len({row for row, *_ in rows}) > 1


@pytest.mark.browser
@pytest.mark.parametrize(
    ("width", "scheme", "rules"), [(1280, "light", "all"), (1280, "dark", "colours"), (390, "light", "the others")]
)
def test_pages_fit_and_are_accessible(open_page, width, scheme, rules):
    """Also with a preview open and with results in the dialog. Colours do not depend on the width."""
    check = functools.partial(examine, rules=rules)
    page = open_page("index.html", width=width, color_scheme=scheme)
    page.wait_for_url("**/chapters/index.html")
    address = page.url.removesuffix("chapters/index.html")
    for name in ("library", "forgetting", "symbols", "words", "sources", "ledger", "second"):
        page.goto(f"{address}chapters/{name}.html")
        if name == "second":
            page.locator('article a[href="first.html#thm-first"]').first.hover()
            page.locator(".preview.open").wait_for()
        check(page, name)
    page.keyboard.press("Control+k")
    page.keyboard.type("a")
    page.locator("dialog .found a").first.wait_for()
    check(page, "dialog")
    page.mouse.move(0, 0)
    for name in ("search.html?q=survival", "genindex.html", "_modules/collapse_lib/forgetting/word.html"):
        page.goto(f"{address}{name}")
        check(page, name)


def examine(page, name, *, rules="all"):
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    colours = ["color-contrast", "link-in-text-block"]
    options = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "preload": False, "resultTypes": ["violations"]}
    if rules == "colours":
        options["runOnly"] = colours
    elif rules == "the others":
        options["rules"] = {rule: {"enabled": False} for rule in colours}
    settle(page)  # a colour on its way to another is none
    found = Axe().run(page, options=options).response["violations"]
    assert not found, [(name, rule["id"], [node["html"][:200] for node in rule["nodes"][:3]]) for rule in found]


@pytest.mark.browser
def test_ledger_is_read_on_a_phone(open_page):
    page = open_page("chapters/ledger.html", width=390)
    for cell in page.locator("table.ledger td").all():
        box = cell.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["width"] > 300
