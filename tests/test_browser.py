"""The built site as a reader meets it, in Chromium: from a folder and from a server, desktop and phone, light and dark.

A page is opened once, from its folder (stricter than a server), and everything is looked at in that one window.
"""

import contextlib
import functools
import gzip
import hashlib
import os
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from conftest import CHAPTERS, CONTENT, NAMES, PATIENCE, ROOT, settle

from collapse_lib.figures import Picture, living
from collapse_lib.widgets import Player, Slider

pytestmark = pytest.mark.browser
WIDE, NARROW = 1280, 390
SCREEN = {WIDE: 900, NARROW: 844}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
PLAYERS = {
    path.relative_to(ROOT).with_suffix("").as_posix() for path in CHAPTERS if "explore(" in path.read_text("utf-8")
}
SITTINGS = {path.relative_to(ROOT).with_suffix("").as_posix() for path in CONTENT}
MOST_SCREENS = {WIDE: 15, NARROW: 24}  # as a page opens
LONGEST_WALK = 4  # screens without anything to look at
HEAVIEST = 450_000  # bytes
SMALLEST_TEXT = 12  # px, in a figure
WIDEST_TABLE = 1.2  # screens: what a table may ask a thumb to push aside on a phone
WITH_FORMULAS = "chapters/forgetting/language"  # where axe examines the elements of formulas, and both schemes on the phone

# Text is as legible as its twins: of all texts with the same colours, size and weight in both schemes keep three,
# and none if a page before had such a text. Of links the block around them counts too, and whether it is underlined.
COLOURS = """() => {
  const memo = new Map();
  const ground = (element) => {
    if (!element) return "";
    if (!memo.has(element)) {
      const {backgroundColor, backgroundImage, opacity} = getComputedStyle(element);
      const plain = backgroundColor === "rgba(0, 0, 0, 0)" && backgroundImage === "none" && opacity === "1";
      const own = plain ? "" : `|${backgroundColor} ${backgroundImage} ${opacity}`;
      memo.set(element, ground(element.parentElement) + own);
    }
    return memo.get(element);
  };
  const face = (element) => {
    const {color, fontSize, fontWeight, textDecorationLine} = getComputedStyle(element);
    return [color, fontSize, fontWeight, textDecorationLine].join();
  };
  window.texts ??= (() => {
    const found = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (node.data.trim() && !node.parentElement.closest("mjx-math")) found.push({node, key: ""});
    }
    return found;
  })();
  for (const text of window.texts) {
    const element = text.node.parentElement, seen = element.checkVisibility({visibilityProperty: true});
    const link = element.closest("a"), around = link?.parentElement ? face(link.parentElement) : "";
    text.key += [face(element), link ? face(link) : "", around, seen, ground(element), ""].join();
  }
  return [...new Set(window.texts.map((text) => text.key))];
}"""
THIN_OUT = """(known) => {
  const twins = new Map(known.map((key) => [key, 3]));
  for (const {node, key} of window.texts) {
    if (!node.isConnected) continue; // in a picture that was drawn anew
    twins.set(key, (twins.get(key) ?? 0) + 1);
    if (twins.get(key) <= 3) continue;
    node.data = "";
    const element = node.parentElement;
    if (!element.childElementCount && element.closest("pre, svg")) element.remove();
  }
}"""
# The elements of the frame around an article, each in its parent, as axe judges them: by what they are, not by their words.
FRAME = """() => {
  const judged = (element) => [
    element.localName, element.getAttribute("class"), element.textContent.trim() !== "",
    ...[...element.attributes].map(({name, value}) => {
      if (/^(role|type|tabindex|hidden|lang|aria-(hidden|expanded|current|haspopup))$/.test(name)) return `${name}=${value}`;
      return /^(aria-|alt|title|href|for)/.test(name) ? `${name} ${value !== ""}` : "";
    }).filter(Boolean).sort(),
  ].join();
  const frame = [...document.body.querySelectorAll("*")].filter((element) => !element.closest("article, svg"));
  return [...new Set(frame.map((element) => `${judged(element.parentElement)} > ${judged(element)}`))];
}"""
# Code without the colours of its words, whose elements are half of what axe walks through; links in it stay.
PLAIN_CODE = """() => {
  window.code ??= [...document.querySelectorAll("pre")].map((pre) => [pre, [...pre.childNodes]]);
  for (const [pre, nodes] of window.code) {
    pre.replaceChildren(...nodes.map((node) => node.cloneNode(true)));
    for (const word of pre.querySelectorAll("span:not([id], [tabindex], a span, :has(a))")) word.replaceWith(...word.childNodes);
  }
}"""
COLOURED_CODE = "() => window.code.forEach(([pre, nodes]) => pre.replaceChildren(...nodes))"
BY_COLOUR = ["color-contrast", "link-in-text-block"]  # the rules of axe that look at colours
LOOK = """() => {
  const article = document.querySelector("article"), top = article.getBoundingClientRect().top;
  const stops = [...article.querySelectorAll("figure, table, .numbers, .samples, .living, .quick, pre.text")]
    .filter((element) => element.checkVisibility()).map((element) => element.getBoundingClientRect())
    .sort((a, b) => a.top - b.top);
  let end = top, longest = 0;
  for (const box of stops) { longest = Math.max(longest, box.top - end); end = Math.max(end, box.bottom); }
  const cut = [...article.querySelectorAll(".cell_input pre")].filter((pre) => pre.checkVisibility() && pre.scrollWidth > pre.clientWidth + 1);
  const tables = [...article.querySelectorAll("table")].map((table) => table.getBoundingClientRect().width);
  return {
    widest: Math.max(0, ...tables),
    height: document.documentElement.scrollHeight, longest: Math.max(longest, article.getBoundingClientRect().bottom - end),
    cut: cut.map((pre) => pre.textContent.slice(0, 60)), smallest: Math.min(...[...document.querySelectorAll(".drawn text")].map((text) => parseFloat(getComputedStyle(text).fontSize)), 99),
  };
}"""
# Names of the contents that leave the window, and empty brackets of a signature on two lines.
TORN = """(width) => {
  const box = (element) => element.getBoundingClientRect();
  const names = [...document.querySelectorAll(".bd-sidebar-secondary code")].filter((code) => box(code).left < width && box(code).right > width);
  const brackets = [...document.querySelectorAll("dt.sig .sig-paren:has(+ .sig-paren)")].filter((open) => box(open).top !== box(open.nextElementSibling).top);
  return [...names, ...brackets].map((element) => element.parentElement.textContent);
}"""
FOLDS = """() => [...document.querySelectorAll(".fold")].map((fold) => ({
  seen: fold.querySelector(".folded").checkVisibility({visibilityProperty: true}),
  expanded: fold.querySelector(".fold-line").getAttribute("aria-expanded") === "true",
}))"""
SCROLLING = """() => {
  const press = (buttons) => document.querySelectorAll(buttons).forEach((button) => button.click());
  const answers = ".solution button.toggle-button";
  press(".fold:not(.open) > .fold-line"); press(answers);
  const wide = [...document.querySelectorAll("article div.formula")].filter((box) => box.clientWidth && box.scrollWidth > box.clientWidth + 1);
  const inline = [...document.querySelectorAll("article span.math mjx-math")].filter((formula) => {
    const block = formula.closest("p, li, dd, figcaption");
    return block && formula.checkVisibility() && formula.getBoundingClientRect().right > block.getBoundingClientRect().right + 2;
  });
  const found = [...wide, ...inline].map((box) => (box.closest(".math") ?? box).textContent.trim().slice(0, 60));
  press(answers); press(".fold.open > .fold-line");
  return found;
}"""
RECORD = """slider => {
  const player = slider.closest(".player");
  const frame = () => {
    const picture = player.querySelector(".picture svg");
    return [slider.getAttribute("aria-valuetext"), picture.getAttribute("aria-label"), picture.innerHTML];
  };
  slider.walk = [];
  slider.addEventListener("input", () => slider.walk.push(frame()));
}"""
WALKED = """slider => {
  const different = (part) => new Set(slider.walk.map((frame) => frame[part])).size;
  return {all: slider.walk.length, values: different(0), "alt texts": different(1), frames: different(2)};
}"""
# What a key does to a slider, without its way through the browser's processes.
STEPS = """(slider, number) => {
  for (let step = 0; step < number; step++) {
    slider.stepUp();
    slider.dispatchEvent(new Event("input", {bubbles: true}));
  }
}"""
MEETINGS = """() => {
  const notes = [...document.querySelectorAll("aside.margin, div.source")].filter((note) => note.offsetHeight)
    .map((note) => [note.getBoundingClientRect(), note.textContent.trim().slice(0, 60)]), met = [];
  notes.forEach(([a, first], i) => notes.slice(i + 1).forEach(([b, second]) => {
    if (a.left < b.right && b.left < a.right && a.top < b.bottom - 1 && b.top < a.bottom - 1) met.push([first, second]);
  }));
  return met;
}"""


@contextlib.contextmanager
def watched(page, base, given_up=frozenset({"net::ERR_ABORTED"})):
    """No request may leave the pages of `base`, and nothing may be complained of; what was asked for is remembered.

    The browser gave up itself what it says in the words `given_up`: it left the page.
    """
    page.asked, complaints = set(), []  # the files that came with it

    def complain(text, url=""):
        if not url.endswith("/favicon.ico"):  # browsers may ask for it, no page does
            complaints.append(f"{text} {url}")

    def asked(request):
        page.asked.add(request.url.split("#")[0].split("?")[0])
        if not request.url.startswith((base, "data:", "blob:")):
            complain("request:", request.url)

    listeners = {
        "request": asked,
        "requestfailed": lambda r: r.failure in given_up or complain(f"failed: {r.failure}", r.url),
        "pageerror": lambda error: complain(f"error: {error}"),
        "console": lambda m: m.type in {"error", "warning"} and complain(f"{m.type}: {m.text}", m.location["url"]),
    }
    for event, listener in listeners.items():
        page.on(event, listener)
    yield
    if not page.is_closed():
        for event, listener in listeners.items():
            page.remove_listener(event, listener)
    assert not complaints, complaints


def new_context(browser, **options):
    context = browser.new_context(
        viewport={"width": WIDE, "height": 900}, color_scheme="light", **{"reduced_motion": "reduce"} | options
    )
    context.set_default_timeout(1000 * PATIENCE)
    return context


@pytest.fixture
def open_page(browser, site):
    """Open a page of the site in a window of its own, where `watched` looks on."""
    with contextlib.ExitStack() as stack:

        def open_(name, *, base=site.as_uri(), **options):
            context = new_context(browser, **options)
            page = context.new_page()
            scripts = options.get("java_script_enabled", True)  # or the browser gives up all of them
            stack.enter_context(watched(page, base, {"net::ERR_ABORTED"} | (set() if scripts else {"csp"})))
            stack.callback(context.close)  # before the complaints are read: what was said last is one
            page.goto(f"{base}/{name}.html", wait_until="load")
            return page

        yield open_


@pytest.fixture(scope="session")
def window(browser):
    """One window for many pages, as a new one starts processes of its own; `visit` leaves no trace in it."""
    context = new_context(browser)
    yield context.new_page()
    context.close()


@pytest.fixture
def visit(window, site):
    """Open a page of the site in the window, as if it were a new one, where `watched` looks on."""
    base = site.as_uri()
    window.set_viewport_size({"width": WIDE, "height": 900})
    window.emulate_media(color_scheme="light", reduced_motion="reduce")
    with watched(window, base):

        def visit_(name):
            window.goto(f"{base}/{name}.html", wait_until="load")
            return window

        yield visit_
        window.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        window.goto("about:blank")
        window.mouse.move(-1, -1)  # or the next page opens under it


def show(page, *, width, scheme):
    resized = page.viewport_size["width"] != width
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function("scheme => document.documentElement.dataset.theme === scheme", arg=scheme)
    settle(page, resized)


def weight(page):
    """All that the page has asked for is at most 450 kB as servers send it."""
    files = [Path(url2pathname(urlsplit(url).path)) for url in page.asked if url.startswith("file:")]
    sent = {path.name: packed(path) for path in files}
    assert len(sent) > 10 and sum(sent.values()) <= HEAVIEST, sent


@functools.cache
def packed(path):
    return len(gzip.compress(path.read_bytes()))


def fits(page):
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width, f"wider than {width} px"
    assert not page.evaluate(TORN, width), "a name of the contents is cut, or a line breaks between empty brackets"


def examine(page, where=None, **options):
    """Nothing is found by axe-core: all its rules, or those that `options` ask for."""
    arguments = {"preload": False, "resultTypes": ["violations"], "runOnly": TAGS} | options
    violations = page.evaluate(
        "([where, options]) => axe.run(where ?? document, options).then(found => found.violations)", [where, arguments]
    )
    found = [
        f"{rule['id']}: {node['target']} {node['html'][:150]} {node.get('failureSummary', '')[:300]}"
        for rule in violations
        for node in rule["nodes"]
    ]
    assert not found, f"{page.viewport_size['width']} px:\n" + "\n".join(found[:20])


def look(page, name):
    """The marks of a page as it opens: length, things to look at, code and labels that can be read."""
    width = page.viewport_size["width"]
    seen = page.evaluate(LOOK)
    assert seen["smallest"] >= SMALLEST_TEXT, f"text of {seen['smallest']} px in a figure at {width} px"
    if name in SITTINGS:
        screens, stretch = seen["height"] / SCREEN[width], seen["longest"] / SCREEN[width]
        assert screens <= MOST_SCREENS[width], f"{screens:.1f} screens at {width} px"
        assert stretch <= LONGEST_WALK, f"{stretch:.1f} screens without a picture at {width} px"
        assert seen["widest"] <= WIDEST_TABLE * width, f"a table of {seen['widest']:.0f} px at {width} px"
        if width == WIDE:
            assert not seen["cut"], f"code is cut: {seen['cut']}"


def walk(page, player):
    """Each step of a slider, by key to the first two and the last, changes the visible frame and its alt text.

    A puzzle uncovers its curves first.
    """
    if "asking" in player.get_attribute("class"):
        assert not player.query_selector(".drawn .marks path"), "the answer is seen before the guess"
        (player.query_selector(".options button") or player.query_selector(".reveal")).focus()
        page.keyboard.press("Enter")
        assert len(player.query_selector(".verdict").inner_text()) > 20
    assert player.query_selector(".picture svg").is_visible()
    assert player.query_selector(".drawn .marks > *")
    for slider in player.query_selector_all(".controls input"):
        slider.focus()
        page.keyboard.press("Home")
        slider.evaluate(RECORD)
        steps = int(slider.get_attribute("max"))
        for _ in range(min(steps, 2)):
            page.keyboard.press("ArrowRight")
        slider.evaluate(STEPS, steps - 3)
        if steps > 2:
            page.keyboard.press("ArrowRight")  # to the end
        page.keyboard.press("Home")
        seen = slider.evaluate(WALKED)  # texts of a megabyte are compared where they are
        assert seen.pop("all") == steps + 1, "a key without effect"
        for what, number in seen.items():
            assert number == steps + 1, f"{what} repeat: {slider.get_attribute('id')}"
    cursor = player.query_selector(".cursor")
    cursor.focus()
    page.keyboard.press("ArrowRight")
    assert player.query_selector(".says").inner_text().startswith("At ")


def unfold(page):
    """Every fold opens and closes, the first two by a key, and a link to what it hides opens one."""
    folds = page.evaluate(FOLDS)
    assert not any(state["seen"] or state["expanded"] for state in folds)
    for expanded in (True, False):
        for place in range(min(len(folds), 2)):
            page.evaluate("place => document.querySelectorAll('.fold > .fold-line')[place].focus()", place)
            page.keyboard.press("Enter")
        page.evaluate("[...document.querySelectorAll('.fold > .fold-line')].slice(2).forEach((line) => line.click())")
        assert all(state["seen"] == state["expanded"] == expanded for state in page.evaluate(FOLDS))
    folded = page.query_selector(".folded")
    if folded:
        page.evaluate("id => { location.hash = id }", folded.get_attribute("id"))
        page.wait_for_function("id => document.getElementById(id).checkVisibility()", arg=folded.get_attribute("id"))
        page.query_selector(".fold.open > .fold-line").click()


class Known:
    """The colours of texts, and the elements, in which axe-core has found nothing on a page before, of all workers."""

    def __init__(self, store: Path) -> None:
        self.store = store
        store.touch()

    def of(self, keys: set[str]) -> set[str]:
        known = set(self.store.read_text("ascii").split())
        return {key for key in keys if self.name(key) in known}

    def add(self, keys: set[str]) -> None:
        with self.store.open("a", encoding="ascii") as store:
            store.write("".join(f"{self.name(key)}\n" for key in keys))

    @staticmethod
    def name(key: str) -> str:
        return hashlib.sha256(key.encode()).hexdigest()


@pytest.fixture(scope="session")
def known(tmp_path_factory):
    run = tmp_path_factory.getbasetemp()
    return Known((run.parent if "PYTEST_XDIST_WORKER" in os.environ else run) / "legible")


SLIDES = [name for name in NAMES if name.startswith("chapters/course/slides-")]  # not read but shown: tests/test_course.py


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SLIDES])
def test_page(visit, name, known):
    """It fits, can be used by keyboard at both widths, and axe-core finds nothing in both schemes.

    The frame around the article is examined on a wide screen where it has an element that no page before had.
    Formulas are most of a page's elements, and axe takes minutes over them. So they are examined on one
    page and taken out of the others, once it is known that they fit. Of texts that look alike, on all pages,
    axe measures the contrast of three.
    """
    page = visit(name)
    fits(page)
    settle(page)
    look(page, name)
    if name in SITTINGS:
        weight(page)
        met = page.evaluate(MEETINGS)
        assert not met, f"notes beside the text meet: {met}"
    unfold(page)
    players = page.query_selector_all(".player")
    assert len(page.query_selector_all(".player.ready")) == len(players) >= (name in PLAYERS)
    for player in players:
        walk(page, player)
    page.evaluate(AXE_SCRIPT)
    rules = {rule: {"enabled": False} for rule in BY_COLOUR}
    frame = set(page.evaluate(FRAME))
    new = frame - known.of(frame)
    if new or name == WITH_FORMULAS:
        examine(page, None if name == WITH_FORMULAS else {"exclude": [["article"]]}, rules=rules)
        known.add(new)
    page.evaluate(COLOURS)
    show(page, width=WIDE, scheme="dark")
    colours = set(page.evaluate(COLOURS))

    show(page, width=NARROW, scheme="dark")
    fits(page)
    look(page, name)
    assert not page.evaluate(SCROLLING), "a formula is wider than its box"
    for player in players:
        assert player.query_selector(".picture svg").is_visible()
        slider = player.query_selector(".controls input")
        slider.focus()
        before = slider.get_attribute("aria-valuetext")
        page.keyboard.press("ArrowRight")
        assert slider.get_attribute("aria-valuetext") != before and slider.is_visible()
    if name != WITH_FORMULAS:
        page.evaluate("document.querySelectorAll('article .math mjx-math').forEach((formula) => formula.remove())")
    page.evaluate(PLAIN_CODE)
    examine(page, rules=rules)  # where more must scroll and be reached

    legible = known.of(colours)
    if colours == legible:
        return
    page.evaluate(COLOURED_CODE)
    page.evaluate(THIN_OUT, list(legible))
    for width, scheme in [(WIDE, "dark"), (WIDE, "light"), *([(NARROW, "light"), (NARROW, "dark")] if name == WITH_FORMULAS else [])]:
        show(page, width=width, scheme=scheme)
        examine(page, runOnly=BY_COLOUR)
    known.add(colours - legible)


def test_thinning_leaves_every_colour(browser):
    """A twin of another scheme's only bad text is no twin; a bad text is found among a hundred good ones."""
    page = browser.new_page(color_scheme="light")
    page.set_content(
        "<html lang=en><title>A page</title><style>@media (prefers-color-scheme: dark) "
        "{body {background: #222; color: #fff} .bad {color: #333}}</style><main>" + "<p>good</p>" * 100 + "<p class=bad>bad</p>" + "<p>good</p>" * 10
    )
    page.evaluate(AXE_SCRIPT)
    page.evaluate(COLOURS)
    page.emulate_media(color_scheme="dark")
    good, bad = sorted(page.evaluate(COLOURS), key=lambda key: page.evaluate("key => window.texts.filter((text) => text.key === key).length", key), reverse=True)
    page.evaluate(THIN_OUT, [])
    assert page.inner_text("main").split() == ["good"] * 3 + ["bad"]
    page.evaluate(THIN_OUT, [good])
    assert page.inner_text("main").split() == ["bad"]
    with pytest.raises(AssertionError, match="color-contrast"):
        examine(page, runOnly=["color-contrast"])
    page.emulate_media(color_scheme="light")
    examine(page, runOnly=["color-contrast"])
    page.close()


def test_an_element_with_a_fault_is_like_no_other(browser):
    """A link without a name, an unknown role, a field without a label: the frame of such a page is examined."""
    page = browser.new_page()
    good = '<nav><a href="#a">One</a><a href="#b" aria-current="page">Two</a></nav><label for="q">Seek</label><input id="q">'

    def frame(html):
        page.set_content(f"<html lang=en><title>A page</title><main>{html}<article><p>Text</p></article></main>")
        return set(page.evaluate(FRAME))

    known = frame(good)
    assert frame(good.replace("One", "Another").replace('"#a"', '"#c"')) == known
    for fault in (good.replace("One", ""), good.replace("<nav>", "<nav role=menu>"), good.replace('for="q"', "")):
        assert frame(fault) - known
    page.close()


def drawn(browser, picture, width=NARROW):
    """A page that shows one picture, as wide as a phone."""
    return live(browser, f'<html class="js"><div class="living">{living.html([picture])}</div>', width)


def live(browser, html, width=NARROW):
    page = browser.new_page(viewport={"width": width, "height": 600})
    page.set_content(html)
    for script in ("plot.js", "player.js"):
        page.add_script_tag(path=ROOT / "theme" / script)
    page.wait_for_selector(".drawn svg path")
    return page


def test_labels_stand_at_their_curves(browser):
    """Where a curve leaves the axes, and at the top of a histogram; a curve that is not there has none."""
    x = np.linspace(0, 1, 50)
    picture = Picture(xlim=(0, 1), ylim=(0, 6))
    picture.alt = "Two curves and a histogram, each with a label of its own, and a third curve that is not there."
    picture.exact(x, np.where(x < 0.3, 18 * x, np.nan), "leaves").limit(x, 5.5 + 0 * x, "stays")
    picture.bound(x, np.full(50, np.nan), "absent")
    picture.histogram(np.linspace(0.5, 0.7, 200), np.linspace(0, 1, 21), "bars")
    page = drawn(browser, picture, width=900)
    page.wait_for_selector(".drawn svg text.label")
    assert page.locator("text.beside").all_text_contents() == ["stays"]
    box, found = page.evaluate(
        "() => [document.querySelector('.picture').getBoundingClientRect().toJSON(), Object.fromEntries("
        "[...document.querySelectorAll('text.label')].map((t) => [t.textContent, t.getBoundingClientRect().toJSON()]))]"
    )
    page.close()
    assert set(found) == {"leaves", "stays", "bars"}
    middle = {name: (r["x"] + r["width"] / 2 - box["x"]) / box["width"] for name, r in found.items()}
    assert middle["leaves"] < 0.5 < 0.8 < middle["stays"], "a label far from its curve"
    assert 0.35 < middle["bars"] < 0.8, "a label far from its bars"


@pytest.mark.parametrize(("width", "names"), [(900, "0.002 0.005 0.01 0.02 0.05 0.1 0.2 0.5"), (220, "0.01 0.1")])
def test_ticks_between_powers_of_ten(browser, width, names):
    """They are named where there is room, and never at the cost of a power of ten."""
    picture = Picture(xscale="log", xlim=(0.002, 0.5), ylim=(0, 1))
    picture.alt = "One line over an axis of two and a half decades, which has only two powers of ten of its own."
    picture.exact(np.geomspace(0.002, 0.5, 50), np.linspace(0, 1, 50))
    page = drawn(browser, picture, width=width)
    ticks = page.evaluate("() => [...document.querySelectorAll('svg text[text-anchor=middle]')].map((t) => [t.getAttribute('x'), t.textContent])")
    page.close()
    found = [text for _, text in sorted(ticks, key=lambda tick: float(tick[0]))]
    assert set(found) >= set(names.split())
    assert width < 900 or found == names.split()


def distances(page):
    """How far each label is from each curve, in pixels."""
    return page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("text.label")].map((label) => {
          const b = label.getBBox();
          const far = (path) => Math.min(...Array.from({ length: 200 }, (_, i) => {
            const p = path.getPointAtLength((i / 199) * path.getTotalLength());
            return Math.hypot(Math.max(b.x - p.x, 0, p.x - b.x - b.width), Math.max(b.y - p.y, 0, p.y - b.y - b.height));
          }));
          return [label.textContent, [...document.querySelectorAll("path.line")].map(far)];
        }))"""
    )


def test_a_label_is_nearest_to_its_own_curve(browser):
    """Nobody may take the name of one of several curves for that of another."""
    x = np.linspace(0, 1, 50)
    picture = Picture(xlim=(0, 1), ylim=(0, 50))
    picture.alt = "Four lines of one colour that start close to each other and part slowly, each with a long label."
    for slope, name in ((6, "half of all runs"), (13, "mean of all runs"), (20, "nearly all runs"), (27, "closed form")):
        picture.exact(x, slope * (0.3 + 0.7 * x), name)
    page = drawn(browser, picture)
    order = {name: far.index(min(far)) for name, far in distances(page).items()}
    page.close()
    assert order == {"half of all runs": 0, "mean of all runs": 1, "nearly all runs": 2, "closed form": 3}


def test_a_label_stands_on_no_curve_if_there_is_room(browser):
    """Also if its own curve leaves the axes after two points: between these there is room."""
    k = np.unique(np.geomspace(1, 1000, 60).astype(int))
    picture = Picture(xlim=(1, 1000), ylim=(0.9, 2), xscale="log")
    picture.alt = "A steep line that leaves the axes after its second point, and two curves that start with it."
    picture.exact(k, k, "steep", clip=True).exact(k, 1.64 - 0.64 / k, "curved").exact(k, 1.08 - 0.08 / k, "flat")
    page = drawn(browser, picture)
    found = distances(page)
    page.close()
    assert set(found) == {"steep", "curved", "flat"}
    assert min(min(far) for far in found.values()) > 2, found
    assert found["steep"].index(min(found["steep"])) == 0


def test_a_label_of_an_end_keeps_off_the_tick_below_it(browser):
    x = np.linspace(0, 3, 50)
    picture = Picture(xlim=(0, 3), ylim=(0, 1)).exact(x, np.exp(-9 * x), "going").bound(x, np.exp(-x / 2), "bound")
    picture.alt = "A curve that has fallen to the axis before it ends there, and a bound that lies far above it."
    page = drawn(browser, picture, width=900)
    label, tick = page.evaluate(
        "() => [/^going$/, /^3([.]0)?$/].map((name) => [...document.querySelectorAll('svg text')]"
        ".find((t) => name.test(t.textContent)).getBBox())"
        ".map((box) => [box.y, box.y + box.height])"
    )
    page.close()
    assert label[1] - tick[0] < 2, "each box has more air than that above and below what is written"


def test_a_label_stands_where_no_curve_of_its_colour_runs_along(browser):
    """Though one of another colour does: that one has a label of that colour."""
    x = np.linspace(0, 50, 51)
    flat = 0.4 + 0 * x
    picture = Picture(xlim=(0, 50), ylim=(0, 1))
    picture.alt = "A line, a second of another colour on it, and a third that comes down to both and stays there."
    picture.paper(x, 0.4 + 0.5 * np.clip(1 - x / 30, 0, 1), "what they had drawn")
    picture.paper(x, flat, "what they proved").exact(x, flat, "the exact line")
    page = drawn(browser, picture)
    label, meet = page.evaluate(
        "() => ['what they proved', '30'].map((name) => [...document.querySelectorAll('svg text')]"
        ".find((t) => t.textContent === name).getBBox()).map((box) => box.x + box.width)"
    )
    page.close()
    assert label < meet, "where they run together, nobody knows whose name it is"


def test_sliders_stay_where_they_are_while_values_grow(browser):
    """Also where one value more than fits a line is a line more."""

    def draw(n):
        picture = Picture(xlim=(0, 1), ylim=(0, 1)).exact([0, 1], [0, 1 / n])
        picture.alt = f"A straight line that rises from 0 at the left end to one part in {n:,} at the right end."
        for name in ("at the beginning", "in the middle", "at the end"):
            picture.value(name, f"{n**4:,} of all")
        return picture

    values = [1, 10, 1000]
    html = Player((Slider("n", values),), [draw(n) for n in values])._repr_mimebundle_()["text/html"]
    style = "<style>.values { display: flex; flex-wrap: wrap; gap: 0 20px; } .values span { white-space: nowrap; }</style>"
    page = live(browser, f'<html class="js">{style}{html}')
    slider = page.locator(".controls input")
    page.wait_for_function("document.querySelector('.values').style.minHeight")
    settle(page, resized=True)  # the picture is laid out twice
    seen = []
    for place in range(3):
        slider.evaluate("(slider, place) => { slider.value = place; slider.dispatchEvent(new Event('input')); }", place)
        said = f"{values[place] ** 4:,}"
        page.wait_for_function("n => document.querySelector('.values b').textContent.startsWith(n + ' ')", arg=said)
        top = "[...document.querySelectorAll('.controls input, .values > :last-child')].map((e) => e.offsetTop)"
        seen.append(page.evaluate(top))
    page.close()
    assert len({value for value, _ in seen}) > 1, "the values take as many lines throughout"
    assert len({place for _, place in seen}) == 1, seen


def test_a_circle_is_round_on_the_page(browser):
    turn = np.linspace(0, 2 * np.pi, 41)
    picture = Picture(xlim=(-3, 3), ylim=(-2.3, 2.3)).panel(0, equal=True).exact(np.cos(turn), np.sin(turn))
    picture.alt = "A circle of radius one about the origin, on axes whose units are as long as each other."
    page = drawn(browser, picture)
    width, height = page.evaluate(
        "() => { const box = document.querySelector('path.line').getBBox(); return [box.width, box.height]; }"
    )
    page.close()
    assert width == pytest.approx(height, rel=0.01)


def test_play_button(open_page):
    page = open_page("chapters/index", reduced_motion="no-preference")
    player = page.locator(".player").first
    before = player.locator(".picture svg").get_attribute("aria-label")
    player.locator(".play").click()
    page.wait_for_function(
        "before => document.querySelector('.player .picture svg').getAttribute('aria-label') !== before", arg=before
    )
    player.locator(".play").click()
    assert player.locator(".play").get_attribute("aria-pressed") == "false"


def says_its_settings(player):
    """A picture that nobody can move says where its sliders stand."""
    assert not player.locator(".controls :is(button, input):visible").count()
    settings = player.locator(".controls label").all()
    assert settings
    for part in ("span", "output"):
        assert all(setting.locator(part).first.is_visible() and setting.locator(part).first.inner_text() for setting in settings)


@pytest.mark.parametrize("name", ["chapters/index", WITH_FORMULAS])
def test_without_javascript(open_page, name):
    """The default frame stands there as a picture, with or without a puzzle."""
    page = open_page(name, java_script_enabled=False)
    assert page.locator(".player").count() >= 1
    for player in page.locator(".player").all():
        assert player.locator(".picture svg[role=img]").is_visible()
        says_its_settings(player)
    for inner in page.locator(".folded").all():
        assert inner.is_visible()


@pytest.mark.parametrize("name", ["chapters/index", WITH_FORMULAS])
def test_print_shows_the_picture(open_page, name):
    page = open_page(name)
    page.emulate_media(media="print")
    for player in page.locator(".player").all():
        assert player.locator(".picture svg").is_visible()
        says_its_settings(player)
    for inner in page.locator(".folded").all():
        assert inner.is_visible()


def test_first_page_leads_to_the_book(open_page):
    page = open_page("index")
    page.wait_for_url("**/chapters/index.html")
    assert page.locator("article h1").inner_text().startswith("How Fast Do Models Forget?")


def test_from_a_server(open_page, address):
    """The first page leads to the book, and a chapter is typeset and its sliders work."""
    page = open_page("index", base=address)
    page.wait_for_url("**/chapters/index.html")
    page.goto(f"{address}/{WITH_FORMULAS}.html")
    assert page.locator(".math").count() > 50
    assert page.locator(".player.ready").count() == page.locator(".player").count() >= 1
