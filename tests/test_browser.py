"""The built site as a reader meets it, in Chromium: desktop and phone, light and dark, without a network."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import EXECUTED, NAMES, ROOT

pytestmark = pytest.mark.browser
WIDTHS = [1280, 390]
WITH_FORMULAS = "chapters/collapse/one-step"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
PLAYERS = [path.relative_to(ROOT).with_suffix("").as_posix() for path in EXECUTED if "explore(" in path.read_text()]


@pytest.fixture
def open_page(browser, address):
    """Open a page of the site; afterwards no request may have left it and nothing may have been complained of."""
    contexts, complaints = [], []

    def open_(name, *, width=1280, scheme="light", base=address, **options):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, **options)
        contexts.append(context)
        page = context.new_page()
        allowed = (base, "data:", "blob:")
        page.on("request", lambda r: r.url.startswith(allowed) or complaints.append(f"request: {r.url}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on(
            "console",
            lambda m: m.type in {"error", "warning"} and complaints.append(f"{m.type}: {m.text} {m.location}"),
        )
        page.on("requestfailed", lambda r: complaints.append(f"failed: {r.url}"))
        page.goto(f"{base}/{name}.html", wait_until="load")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not complaints, complaints


def typeset(page):
    page.wait_for_function("!window.MathJax || (MathJax.startup && MathJax.startup.promise)")
    page.evaluate("() => window.MathJax && MathJax.startup.promise")


def resize(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_timeout(400)  # the theme notices a new width after 300 ms


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_page_is_accessible_and_fits(open_page, name, scheme):
    """Nothing is wider than the window, and axe-core finds nothing, at either width.

    MathJax writes most of a chapter's elements, and axe takes minutes over them. So they are examined on one
    chapter and taken out of the others, once it is known that they fit.
    """
    page = open_page(name, scheme=scheme)
    typeset(page)
    for width in WIDTHS:
        resize(page, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"wider than {width} px"
    if name != WITH_FORMULAS:
        page.evaluate("document.querySelectorAll('mjx-container').forEach((formula) => formula.remove())")
    for width in WIDTHS:
        resize(page, width)
        found = Axe().run(page, options={"runOnly": TAGS, "preload": False}).response
        violations = [
            f"{rule['id']}: {node['target']} {node['html'][:150]} {node.get('failureSummary', '')[:300]}"
            for rule in found["violations"]
            for node in rule["nodes"]
        ]
        assert not violations, f"{width} px, {scheme}:\n" + "\n".join(violations[:20])


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PLAYERS)
def test_every_slider_by_keyboard(open_page, name, width):
    """Each arrow key changes the visible frame and its alt text; a puzzle uncovers its frame first."""
    page = open_page(name, width=width)
    players = page.locator(".player")
    assert players.count() >= 1
    for index in range(players.count()):
        player = players.nth(index)
        options = player.locator(".options button")
        if options.count():
            assert not player.locator(".stage").is_visible()
            options.first.focus()
            page.keyboard.press("Enter")
            assert len(player.locator(".verdict").inner_text()) > 20
        picture = player.locator(".picture svg")
        assert picture.is_visible()
        for slider in player.locator("input[type=range]").all():
            slider.focus()
            page.keyboard.press("Home")
            steps = int(slider.get_attribute("max"))
            seen = {(picture.get_attribute("aria-label"), picture.inner_html())}
            values = {slider.get_attribute("aria-valuetext")}
            for _ in range(steps):
                page.keyboard.press("ArrowRight")
                seen.add((picture.get_attribute("aria-label"), picture.inner_html()))
                values.add(slider.get_attribute("aria-valuetext"))
            assert len(values) == steps + 1
            assert len({alt for alt, _ in seen}) == steps + 1, f"alt texts repeat: {slider.get_attribute('id')}"
            assert len({frame for _, frame in seen}) == steps + 1, f"frames repeat: {slider.get_attribute('id')}"


def test_play_button(open_page):
    page = open_page("chapters/index")
    player = page.locator(".player").first
    before = player.locator(".picture svg").get_attribute("aria-label")
    player.locator(".play").click()
    page.wait_for_function(
        "before => document.querySelector('.player .picture svg').getAttribute('aria-label') !== before", arg=before
    )
    player.locator(".play").click()
    assert player.locator(".play").get_attribute("aria-pressed") == "false"


@pytest.mark.parametrize("name", PLAYERS)
def test_from_a_plain_folder(open_page, site, name):
    """The site works from file://, without any server."""
    page = open_page(name, base=site.as_uri())
    typeset(page)
    assert page.locator(".player.ready").count() == page.locator(".player").count() >= 1


@pytest.mark.parametrize("name", PLAYERS)
def test_without_javascript(browser, address, name):
    """The default frame stands there as a picture."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/{name}.html")
    for player in page.locator(".player").all():
        assert player.locator(".picture svg[role=img]").is_visible()
        assert not player.locator("input").first.is_visible()
    context.close()


def test_print_shows_the_picture(open_page):
    page = open_page("chapters/forgetting/one-word")
    page.emulate_media(media="print")
    for player in page.locator(".player").all():
        assert player.locator(".picture svg").is_visible()
        assert not player.locator(".controls").is_visible()


def test_first_page_leads_to_the_book(open_page):
    page = open_page("index")
    page.wait_for_url("**/chapters/index.html")
    assert page.locator("article h1").inner_text().startswith("How Fast Do Models Forget?")


def test_mathematics_is_typeset(open_page):
    page = open_page("chapters/forgetting/one-word")
    typeset(page)
    assert page.locator("mjx-container").count() > 50
    assert page.locator("mjx-merror").count() == 0
