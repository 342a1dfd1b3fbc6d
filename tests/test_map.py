"""The landing page and the map of results, in a small book and by themselves."""

from __future__ import annotations

import re
import sys

import numpy as np
import pytest
from conftest import PATIENCE, ROOT
from test_build import Book
from test_navigation import examine

from collapse_lib import figures, forgetting

sys.path.insert(0, str(ROOT / "theme"))
from bookbuild import results, sittings, thumbnails  # noqa: E402

LANDING = """
# Landing

```{code-cell} ipython3
from collapse_lib import figures, forgetting
stops = [0, 1, 3, 10]
figures.Fading("A rare word, a <word>.", counts={"a": 900, "rare": 1, "word": 30}, lost={"a": 0, "rare": 2, "word": 9},
               generations=stops, rates=forgetting.g(stops))
```

Core: {sittings}`core`. All: {sittings}`all`.

```{cards}
```

```{main-results}
```
"""
ONE = r"""
# One word

**Question.** How long is a word with $p_0 < 1$ remembered?

*Core, 35 minutes.* *Builds on* nothing.

## A part

:::{prf:lemma} A small step; classical
:label: lem-one
For all $x$

$$x = x.$$ (eq-one)
:::

:::{prf:proof}
Clear.
:::

:::{prf:theorem} A name & more; classical
:label: thm-one
:class: main
For all $x$, $x = x$.
:::

:::{prf:proof}
By {prf:ref}`lem-one` and {prf:ref}`lem-one`.
:::

```{code-cell} ipython3
from collapse_lib.figures import Picture
from collapse_lib.verification import verify
picture = Picture(xlabel="generation", ylabel="probability", xlim=(0, 2), ylim=(0, 1))
picture.exact([0, 1, 2], [1, 0.5, 0.25], "exact").vline(1, "one")
picture.alt = "A line that falls from one to a quarter in two generations, halving in each of them."
picture
```

```{code-cell} ipython3
verify("lem-one", "a value", equal=(1.0, 1.0))
verify("thm-one", "a value", equal=(1.0, 1.0))
verify("thm-one", "an order", ordered=(1.0, 9.0), order_only=True)
```
"""
TWO = r"""
# Two words

**Question.** And two words?

*Further, 70 minutes.* *Builds on* {doc}`one`.

:::{prf:corollary} A consequence; classical
:label: cor-two
For all $x$, $x = x$.
:::

:::{prf:proof}
By {eq}`eq-one` and {prf:ref}`thm-one`.
:::

```{code-cell} ipython3
from collapse_lib.verification import verify
verify("cor-two", "a value", equal=(1.0, 1.0))
```
"""
PAGES = {"landing": LANDING, "forgetting/one": ONE, "forgetting/two": TWO, "map": "# Map\n\n```{map}\n```\n"}


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    book = Book(tmp_path_factory.mktemp("book"), **PAGES)
    code, said, warnings = book.build()
    assert (code, warnings) == (0, []), said
    return book


@pytest.fixture
def open_page(browser, book):
    contexts, complaints = [], []
    site = (book.folder / "_build" / "html").as_uri()

    def open_(name, width=1280, **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        context.set_default_timeout(1000 * PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: request.url.startswith(("file:", "data:")) or complaints.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{site}/{name}.html")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not complaints


# ------------------------------------------------------------------ cards


def test_cards_say_what_the_pages_say(book):
    text = book.page("landing")
    first, second = text.split('<div class="card-page ')[1:]
    assert first.startswith("core") and second.startswith("further")
    assert 'href="forgetting/one.html"' in first and "One word" in first
    assert "How long is a word with" in first and "Question" not in first and "Core, 35 minutes" in first
    assert "And two words?" in second and "Further, 70 minutes" in second
    assert first.count("<path d=") == 2 and "var(--exact" in first and "<text" not in first
    assert "<path d=" not in second


def test_sums_of_minutes(book):
    text = book.page("landing")
    assert "Core: one page, about 35 minutes. All: 2 pages, about 2 hours." in re.sub(r"<[^>]*>", "", text)
    assert [sittings.duration(m) for m in (45, 90, 104, 106, 600)] == [
        "45 minutes", "1 ½ hours", "1 ½ hours", "2 hours", "10 hours",
    ]  # fmt: skip


def test_page_without_question_is_reported(tmp_path):
    book = Book(tmp_path, **{"forgetting/one": "# One\n\nNo question.\n", "other": "# Other\n\nNo question.\n"})
    _, _, warnings = book.build()
    assert len(warnings) == 1 and "forgetting/one.md: WARNING: the page does not begin with its question" in warnings[0]


@pytest.mark.parametrize("panels", [1, 2])
def test_thumbnail_shows_the_first_panel_only(panels):
    axes = {"xlabel": "generation", "ylabel": "probability", "xlim": (0, 2), "ylim": (0, 1)}
    picture = figures.Picture(panels=panels, **axes)
    picture.exact([0, 1, 2], [1, 0.5, 0.25], "exact").band([0, 1, 2], [0, 0, 0], [0.1, 0.1, 0.1])
    picture.simulation([1], [0.5], "runs")
    if panels == 2:
        picture.panel(1, **axes).paper([0, 2], [0, 1], "other")
    picture.alt = "A line that falls from one to a quarter in two generations, halving in each of them."
    small = thumbnails.thumbnail(picture.svg())
    assert "var(--exact" in small and "var(--paper" not in small and len(small) < 1500
    left, top, width, height = map(float, re.search(r'viewBox="([^"]*)"', small)[1].split())
    assert width > height > 0
    ((x, y),) = re.findall(r'<path class="dot" d="M (\d+) (\d+) h 0" style="[^"]*stroke:var', small)  # a stroke is not stretched
    assert abs(float(x) - left - width / 2) <= 1 and abs(float(y) - top - height / 2) <= 1
    x, y = map(float, re.findall(r'path d="M (\S+) (\S+)', small)[-1])
    assert abs(x - left) <= 1 and top - 1 <= y <= top + height + 1
    assert thumbnails.thumbnail("<svg></svg>") == ""


# ------------------------------------------------------------------ the text


def fading(**changes):
    given = {
        "counts": {"one": 3, "isn't": 1}, "lost": {"one": 0, "isn't": 4}, "generations": [0, 1, 4],
        "rates": forgetting.g([0, 1, 4]),
    }  # fmt: skip
    return figures.Fading("One isn't <one>.", **given | changes)


def test_text_carries_its_words(monkeypatch):
    assert fading()._repr_mimebundle_()["text/html"] == "<p>One isn&#x27;t &lt;one&gt;.</p>"
    monkeypatch.setenv(figures.living.BUILD_VARIABLE, "1")
    html = fading()._repr_mimebundle_()["text/html"]
    assert re.sub(r"<[^>]*>", "", html[: html.index("</p>")]) == "One isn't &lt;one&gt;."
    assert html.count('data-word="0"') == 2 and '"words":["one","isn\'t"]' in html and "Infinity" not in html
    assert repr(fading()) == "One isn't <one>."


@pytest.mark.parametrize(
    "changes, match",
    [
        ({"counts": {"one": 3}}, "counts must hold every word"),
        ({"lost": {}}, "lost must hold every word"),
        ({"generations": [1, 2, 3]}, "ascend from 0"),
        ({"generations": [0, 2, 2]}, "ascend from 0"),
        ({"rates": [1.0]}, "rates must have the shape"),
    ],
)
def test_text_rejects(changes, match):
    with pytest.raises(ValueError, match=match):
        fading(**changes)


@pytest.mark.browser
def test_text_loses_its_words(open_page):
    page = open_page("chapters/landing")
    time, rare = page.locator("#fading-generation"), page.get_by_text("rare", exact=True).first
    assert rare.is_visible()
    for stop, k in enumerate((0, 1, 3, 10)):
        time.fill(str(stop))
        page.locator("#fading-word").fill("1")
        chance = 1 if k == 0 else float(forgetting.survival_poisson(1, k=k))
        said = page.locator(".fading .values").inner_text()
        assert f"still known with probability {100 * chance:.{1 if k else 0}f} %" in said
        expected = sum(1 - (1 if k == 0 else forgetting.survival_poisson(c, k=k)) for c in (900, 1, 30))
        assert f"expected {expected:.1f}" in said
    seen = "getComputedStyle(document.querySelector('[data-word=\"%d\"] > span')).visibility === '%s'"
    page.wait_for_function(seen % (1, "hidden"))
    page.locator('[data-word="2"]').first.hover()
    assert "“word” occurs 30 times" in page.locator(".fading .values").inner_text()
    time.fill("2")
    page.wait_for_function(seen % (2, "visible"))


@pytest.mark.browser
def test_text_plays_to_its_end(open_page):
    page = open_page("chapters/landing", reduced_motion="no-preference")
    page.locator(".fading .play").click()
    page.wait_for_function("document.querySelector('.fading .play').getAttribute('aria-pressed') === 'false'")
    assert page.locator(".fading output").first.inner_text() == "10"


@pytest.mark.browser
def test_text_stands_without_javascript(open_page):
    page = open_page("chapters/landing", java_script_enabled=False)
    assert page.locator(".fading .words").inner_text() == "A rare word, a <word>."
    assert not page.locator(".fading input").first.is_visible()
    assert page.locator(".card-page a").count() == 2


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_landing_page_is_accessible(open_page, width, scheme):
    page = open_page("chapters/landing", width=width, color_scheme=scheme)
    page.locator("#fading-generation").fill("3")
    examine(page, "landing")


def test_rates_make_exact_probabilities():
    """What the page computes from count and rate is the library's law."""
    k = np.array([1, 2, 10, 1000])
    for count in (1, 23, 16_895):
        assert -np.expm1(-count * forgetting.g(k)) == pytest.approx(forgetting.survival_poisson(count, k=k), rel=1e-9)


# ------------------------------------------------------------------ what rests on what


def test_web_follows_statements_proofs_and_equations():
    first, second, third = (results.Result(label, "page", "lemma", label, False) for label in "abc")
    first.owns, first.said = ["eq-a"], ["c", "a"]
    second.said, second.proved = ["a"], ["eq-a", "ex-1", "b"]
    third.proved = ["b", "a"]
    web = results.Web([first, second, third])
    assert web.uses == {"a": [], "b": ["a"], "c": ["a", "b"]} and web.ahead == []
    assert web.used_in == {"a": ["b", "c"], "b": ["c"], "c": []}
    first.proved = ["c"]
    assert results.Web([first, second, third]).ahead == [("a", "c")]


def test_statement_says_where_it_is_used(book):
    page = book.page("forgetting/one")
    statement = page[page.index('id="lem-one"') : page.index('id="thm-one"')]
    line = re.search(r'<p class="used-in">.*?</p>', statement)[0]
    assert 'href="#thm-one"' in line and 'href="two.html#cor-two"' in line
    assert re.fullmatch(r"Used in Theorem [\d.]+, Corollary [\d.]+\.", re.sub(r"<[^>]*>", "", line))
    assert page.count('class="used-in"') == 2 and 'class="used-in"' not in book.page("forgetting/two")


def test_list_of_main_results_says_where_they_come_from(book):
    listed = re.search(r'<ul class="[^"]*main-results.*?</ul>', book.page("landing"), re.S).group()
    assert listed.count("<li>") == 1 and ' A name &amp; more<span class="quiet"> (classical)</span>' in listed


def test_map_draws_pages_results_and_lines(book):
    page = book.page("map")
    picture = page[page.index('<svg class="results-map"') : page.index("</svg>", page.index('class="results-map"')) + 6]
    assert set(re.findall(r'data-from="(\S+)" data-to="(\S+)"', picture)) == {
        ("lem-one", "thm-one"), ("lem-one", "cor-two"), ("thm-one", "cor-two"),
    }  # fmt: skip
    assert picture.count('class="node') == 3 and picture.count('class="node main"') == 1
    assert "A name &amp; more, 2 checks: 1 exact, 1 order only" in picture
    tops = [float(y) for y in re.findall(r'<rect class="band" x="0" y="(\S+)"', picture)]
    assert tops == sorted(tops) and len(tops) == 2
    text = re.sub(r"<[^>]*>", "", page[page.index("map-list") :])
    assert "A consequence. Rests on Lemma" in text and "1\u00a0check: 1\u00a0exact." in text


def test_proof_that_needs_what_comes_later_is_reported(tmp_path):
    ahead = ONE.replace("By {prf:ref}`lem-one` and {prf:ref}`lem-one`.", "By {prf:ref}`cor-two`.")
    book = Book(tmp_path, **{"forgetting/one": ahead, "forgetting/two": TWO.replace("{prf:ref}`thm-one`", "rest")})
    _, _, warnings = book.build()
    assert len(warnings) == 1 and "forgetting/one.md: WARNING: the proof of thm-one rests on cor-two" in warnings[0]


@pytest.mark.browser
def test_map_lights_what_a_result_needs_and_what_needs_it(open_page):
    page = open_page("chapters/map")
    for touch in ("hover", "focus"):
        if touch == "hover":
            page.locator('[data-label="thm-one"]').hover()
        else:
            page.mouse.move(0, 0)
            page.locator('a:has(text.page)').first.focus()
            while page.evaluate("document.activeElement.dataset.label") != "thm-one":
                page.keyboard.press("Tab")
        assert page.locator(".node.below").get_attribute("data-label") == "lem-one"
        assert page.locator(".node.above").get_attribute("data-label") == "cor-two"
        assert page.locator(".edges .below").count() == page.locator(".edges .above").count() == 1
    page.keyboard.press("Enter")
    page.wait_for_url("**/forgetting/one.html#thm-one")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_map_is_accessible(open_page, width, scheme):
    page = open_page("chapters/map", width=width, color_scheme=scheme)
    assert page.locator(".results-map").is_visible() == (width > 700)
    assert page.locator(".map-list a").first.is_visible()
    examine(page, "map")
