"""The page that forecasts the reader's own text, in Chromium, from its folder."""

import random
import re
import sys
import unicodedata
from collections import Counter

import numpy as np
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from conftest import PATIENCE

from collapse_lib import _words, forgetting, vocabulary

pytestmark = pytest.mark.browser
PAGE = "chapters/forgetting/your-text.html"
ROUNDS = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
rng = random.Random(1)
ZIPF = [f"word{i}" for i in range(5000)]
TEXTS = {
    "a sentence": "The cat sat on the mat; the cat’s mat, don't 'sit' on _it_.\n",
    "many scripts": "naïve Ελλάδα дом 漢字 42 ½ ⅷ x² été e\u0301te\u0301 हिन्दी \U0001d4b3y a\u00ada " * 7 + "Straße straße",
    "a long text": " ".join(rng.choices(ZIPF, [1 / (i + 3) for i in range(5000)], k=40_000)),
}


@pytest.fixture
def page(browser, site, request):
    """The page; afterwards nothing may have left it, and nothing may have been complained of."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(1000 * PATIENCE)
    page, complaints = context.new_page(), []
    page.on("request", lambda r: r.url.startswith(("file:", "data:", "blob:")) or complaints.append(r.url))
    page.on("websocket", lambda socket: complaints.append(socket.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda m: m.type in {"error", "warning"} and complaints.append(m.text))
    if getattr(request, "param", "worker") == "no worker":
        page.add_init_script("delete window.Worker")
    page.goto((site / PAGE).as_uri(), wait_until="load")
    asked = []
    page.on("request", lambda r: r.url.startswith("blob:") or "/_static/" in r.url or asked.append(r.url))
    yield page
    context.close()
    assert not complaints, complaints
    assert not asked, f"counting asked for {asked}"


def outcome(page):
    page.wait_for_function("() => document.querySelector('.outcome').textContent")
    return page.inner_text(".outcome")


def choose(page, *contents):
    files = [{"name": f"{i}.txt", "mimeType": "text/plain", "buffer": data} for i, data in enumerate(contents)]
    page.set_input_files("#own-file", files)
    return outcome(page)


def shown(page):
    """Lower and upper bounds of the page's table, by round."""
    values = page.eval_on_selector_all(
        ".own-text table.left tbody tr", "rows => rows.map(row => [...row.querySelectorAll('data')].map(d => Number(d.value)))"
    )
    return np.array(values).T


def lives(page):
    rows = page.eval_on_selector_all(
        ".own-text table.lives tbody tr",
        "rows => rows.map(row => [row.cells[0].textContent, row.cells[2].dataset.first, row.cells[2].dataset.last])",
    )
    return {int(count): (first, last) for count, first, last in rows}


@pytest.mark.parametrize("page", ["worker", "no worker"], indirect=True)
def test_numbers_are_the_library_s(page):
    for name, text in TEXTS.items():
        counts = _words.count([text])
        tokens = counts.total()
        assert f"{tokens:,} tokens, {len(counts):,} distinct words" in choose(page, text.encode()), name
        for n in (tokens, 1, 7, 10**12):
            page.fill("#own-n", str(n))
            want = vocabulary.forecast(list(counts.values()), rounds=ROUNDS, n=n)
            assert np.allclose(shown(page), [want.lower, want.upper], rtol=1e-9, atol=0), (name, n)
            found = lives(page)
            assert set(found) == set(range(1, 11)) & set(counts.values())
            for count, (first, last) in found.items():
                life = forgetting.loss_quantile(count / tokens, 0.5, n=n)
                assert (float(first) if first != "null" else 10_000) <= life, (name, n, count)
                assert last == "null" or life <= float(last), (name, n, count)


def test_half_lives_are_single_rounds_for_a_long_text(page):
    choose(page, TEXTS["a long text"].encode())
    assert [first == last for first, last in lives(page).values()].count(False) <= 1


def test_words_are_those_of_python(page):
    r"""Every character of both Unicode versions belongs to a word here if and only if it does for Python's \w."""
    found = page.evaluate(
        r"""() => [...Array(0x110000).keys()].filter(c => c < 0xd800 || c > 0xdfff)
        .map(c => String.fromCodePoint(c)).map(c => (/[\p{L}\p{N}_]/u.test(c) ? "w" : /\p{Cn}/u.test(c) ? "?" : "-")).join("")"""
    )
    points = [c for c in range(sys.maxunicode + 1) if not 0xD800 <= c <= 0xDFFF]
    assert len(found) == len(points)
    known = [(chr(c), kind) for c, kind in zip(points, found, strict=True) if kind != "?" and unicodedata.category(chr(c)) != "Cn"]
    astray = [hex(ord(c)) for c, kind in known if bool(re.match(r"\w", c)) != (kind == "w")]
    assert len(known) > 100_000 and not astray, astray[:20]


def test_slices_cut_no_word(page):
    """Characters and words that the end of a slice cuts, in a text without a space, and after a byte order mark."""
    text = "\ufeffé" + "ab’cd-" * 800_000 + "日本語" * 200 + " the end"
    counts = _words.count([text.removeprefix("\ufeff")])
    said = choose(page, text.encode(), b"the end")
    assert f"{counts.total() + 2:,} tokens, {len(counts):,} distinct words, 2 of them once" in said


def test_paste_and_drop(page):
    give = """([how, target, text, asFile]) => {
        const data = new DataTransfer();
        if (asFile) data.items.add(new File([text], "own.txt", {type: "text/plain"})); else data.setData("text/plain", text);
        const options = {bubbles: true, cancelable: true};
        const event = how === "paste" ? new ClipboardEvent("paste", {...options, clipboardData: data}) : new DragEvent("drop", {...options, dataTransfer: data});
        document.querySelector(target).dispatchEvent(event);
    }"""
    page.evaluate(give, ["drop", ".own-text .drop", "a file that falls", True])
    assert outcome(page).startswith("own.txt: 4 tokens, 4 distinct words")
    page.evaluate(give, ["drop", ".own-text .drop", "words that fall", False])
    page.wait_for_function("() => document.querySelector('.outcome').textContent.startsWith('The dropped text: 3 tokens')")
    page.evaluate(give, ["paste", "#own-text", "much text " * 50_000, False])
    page.wait_for_function("() => document.querySelector('.outcome').textContent.includes('100,000 tokens, 2 distinct')")
    assert page.input_value("#own-text") == "", "so much text is not shown"
    page.fill("#own-text", "typed by hand by hand")
    page.focus(".own-text .go")
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('.outcome').textContent.startsWith('Your text: 5 tokens')")
    page.click(".this-page")
    page.wait_for_function("() => document.querySelector('.outcome').textContent.startsWith('This page: ')")


@pytest.mark.parametrize("page", ["worker", "no worker"], indirect=True)
def test_a_large_text_leaves_the_page_alive(page, tmp_path):
    words = rng.choices([*ZIPF, *(f"a-long-word-{i}-of-its-own" for i in range(50_000))], k=200_000)
    block = " ".join(words) + "\n"
    path = tmp_path / "large.txt"
    times = 20_000_000 // len(block) + 1
    path.write_text(block * times, "utf-8")
    page.evaluate(
        """() => { window.pause = 0; window.moved = new Set(); let last = performance.now(); setInterval(() => {
        const now = performance.now(); window.pause = Math.max(window.pause, now - last); last = now;
        window.moved.add(document.querySelector(".own-text progress").value); }, 10); }"""
    )
    page.set_input_files("#own-file", path)
    said = outcome(page)
    counts = Counter(re.findall(_words.WORDS, block))
    assert f"{times * counts.total():,} tokens, {len(counts):,} distinct words" in said
    assert page.evaluate("window.pause") < 3000
    assert page.evaluate("window.moved.size") > 3, "progress is shown"
    page.set_input_files("#own-file", [])
    page.set_input_files("#own-file", path)
    page.click(".own-text .cancel")
    assert "Cancelled" in outcome(page)
    assert not page.is_visible(".own-text .busy") and not page.is_visible(".own-text .answer")


def test_errors_are_said(page):
    assert "not text in UTF-8" in choose(page, b"caf\xe9 au lait")
    assert "not text" in choose(page, b"\x7fELF\0\0\0")
    assert "not text in UTF-8" in choose(page, "cut é".encode()[:-1])
    assert "empty" in choose(page, b"")
    assert "no word" in choose(page, b"... --- ...")
    assert "a word of more than" in choose(page, b"a" * 5_000_000)
    assert "no word" in choose(page, b"-" * 5_000_000)
    assert not page.is_visible(".own-text .answer")
    choose(page, b"one two two")
    for bad in ("", "0", "-3", "2.5", "1e13"):
        page.fill("#own-n", bad)
        assert "whole number from 1 to 1,000,000,000,000" in page.inner_text(".own-text .wrong"), bad
    page.fill("#own-n", "5")
    assert not page.inner_text(".own-text .wrong")


def test_it_can_be_used_by_all(page):
    page.evaluate(AXE_SCRIPT)
    choose(page, TEXTS["a long text"].encode())
    slider = page.locator("#own-round")
    slider.focus()
    before = slider.get_attribute("aria-valuetext"), page.get_attribute(".own-text svg", "aria-label")
    page.keyboard.press("ArrowRight")
    after = slider.get_attribute("aria-valuetext"), page.get_attribute(".own-text svg", "aria-label")
    assert before[0] != after[0] and before[1] != after[1] and "12 rounds" in after[0]
    for width, scheme in ((1280, "light"), (1280, "dark"), (390, "dark"), (390, "light")):
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme=scheme)
        page.wait_for_function("scheme => document.documentElement.dataset.theme === scheme", arg=scheme)
        page.evaluate("() => new Promise(done => setTimeout(done, 400))")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found = page.evaluate("axe.run('.own-text', {preload: false}).then(found => found.violations)")
        assert not found, [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found]


def test_without_javascript(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / PAGE).as_uri(), wait_until="load")
    assert "With JavaScript there would be a place here" in page.inner_text(".own-text")
    context.close()
