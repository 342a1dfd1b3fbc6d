"""The built site, read as files: what every page must have and must not have."""

import html.parser
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from conftest import CHAPTERS, NAMES, ROOT, contents


class Page(html.parser.HTMLParser):
    """Images with their alt texts, addresses, and the ids of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.images: list[str | None] = []
        self.addresses: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if "id" in attributes:
            self.ids.append(attributes["id"])
        if tag == "img":
            self.images.append(attributes.get("alt"))
        if tag == "svg" and attributes.get("role") == "img":
            self.images.append(attributes.get("aria-label"))
        for name in ("href", "src"):
            if attributes.get(name):
                self.addresses.append((tag, attributes[name]))


@pytest.fixture(scope="module")
def pages(site):
    return {path: Page(path) for path in sorted(site.rglob("*.html")) if "_static" not in path.parts}


def test_every_page_is_in_the_table_of_contents():
    """Editors' copies, lock files and checkpoints are no pages."""
    found = {
        path
        for path in (ROOT / "chapters").rglob("*.md")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(ROOT).parts)
    }
    assert found == set(CHAPTERS) and len(CHAPTERS) == len(found)


def test_no_test_depends_on_the_speed_of_the_machine():
    """Speed is promised in CPU seconds of the thread; the browser is asked for conditions, not for time to pass."""
    clocks = re.compile(r"perf_" r"counter|wait_for_" r"timeout|time\.(?:time|monotonic)\(")
    found = [path.name for path in Path(__file__).parent.glob("*.py") if clocks.search(path.read_text("utf-8"))]
    assert not found


def test_contents_are_what_the_table_says(tmp_path):
    (tmp_path / "_toc.yml").write_text(
        "format: jb-book\nroot: a\n"
        "parts:\n  - chapters:\n      - file: b/c.md\n        sections:\n          - file: d\n"
    )
    (tmp_path / ".#a.md").symlink_to("nobody@nowhere.1")
    assert contents(tmp_path / "_toc.yml") == [tmp_path / "a.md", tmp_path / "b" / "c.md", tmp_path / "d.md"]


def test_every_letter_has_a_first_page():
    """Each row of the tables of letters ends with a link to the page that introduces the letter."""
    table, rows = "", []
    for line in (ROOT / "chapters" / "notation.md").read_text(encoding="utf-8").splitlines():
        table = table or line if line.startswith("|") else ""
        if table.startswith("| letter |") and line.startswith("| $"):
            rows.append(line)
    assert len(rows) >= 40
    for row in rows:
        page = row.rstrip("| ").rpartition("| ")[2]
        match = re.fullmatch(r"this page|\{doc\}`/(\S+)`", page)
        assert match and (match.group(1) or "chapters/notation") in NAMES, row


def test_every_chapter_is_there(site):
    for name in NAMES:
        assert (site / f"{name}.html").is_file(), name
    assert (site / "index.html").is_file()


def test_every_image_says_what_is_to_be_seen(pages):
    seen = 0
    for path, page in pages.items():
        for alt in page.images:
            assert alt and len(alt) >= 20 and not re.search(r"\.(png|svg|jpe?g)\b", alt), f"{path.name}: {alt!r}"
            seen += 1
    assert seen >= 20


def test_every_experiment_has_a_picture_without_javascript(site):
    """The default frame is in the markup, outside the script; how it looks, test_browser sees on two pages."""
    seen = 0
    for name in NAMES:
        text = (site / f"{name}.html").read_text(encoding="utf-8")
        markup = re.sub(r"<script.*?</script>", "", text, flags=re.S)
        for player in markup.split('<div class="player ')[1:]:
            assert '<svg role="img" aria-label="' in player[: player.index('<div class="controls">')], name
            seen += 1
    assert seen >= 8


def test_no_page_names_another_host_for_what_it_loads(pages, site):
    for path, page in pages.items():
        for tag, address in page.addresses:
            if tag != "a":
                assert not urlsplit(address).netloc, f"{path.name}: {tag} {address}"
    for style in site.rglob("*.css"):
        for address in re.findall(r"url\(\s*['\"]?([^'\")]+)", style.read_text(encoding="utf-8")):
            assert not address.startswith(("http:", "https:", "//")), f"{style.name}: {address}"


def test_no_dead_links(pages, site):
    ids = {path.resolve(): set(page.ids) for path, page in pages.items()}
    for path, page in pages.items():
        for tag, address in page.addresses:
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path.resolve()
            assert target.exists(), f"{path.name}: {address}"
            if tag == "a" and parts.fragment and target in ids:
                assert unquote(parts.fragment) in ids[target], f"{path.name}: {address}"


def test_ids_are_unique(pages):
    for path, page in pages.items():
        ids = [name for name in page.ids if not name.startswith("pst-") and name != "search-input"]
        assert len(ids) == len(set(ids)), f"{path.name}: {sorted({i for i in ids if ids.count(i) > 1})}"


def test_ledger_lists_every_result(site):
    ledger = (site / "chapters/reference/ledger.html").read_text()
    labels = re.findall(r'class="proof (?:theorem|lemma|proposition|corollary)(?: main)? admonition" id="([^"]+)"', "".join(
        path.read_text() for path in site.rglob("*.html")
    ))  # fmt: skip
    assert len(labels) >= 25
    for label in labels:
        assert f"#{label}\"" in ledger, label
    assert f"{len(labels)} numbered results, {len(labels)} proofs" in ledger


def test_library_is_documented(site):
    for name in (
        "families.Bernoulli", "families.Gaussian", "training.simulate", "forgetting.survival",
        "forgetting.expected_absorption_time", "variance.survival", "variance.survival_bound",
        "verification.verify", "figures.Picture", "widgets.explore",
    ):  # fmt: skip
        module = site / "chapters/reference/api" / f"{name.partition('.')[0]}.html"
        assert f'id="collapse_lib.{name}"' in module.read_text(encoding="utf-8"), name


def test_the_type_of_a_return_is_plain_text(site):
    """It is set without a box for the spaces around what would be code in it."""
    pages = sorted((site / "chapters/reference/api").glob("*.html"))
    assert pages and not [found for page in pages for found in re.findall(r"<dt>[^<]+<code.*", page.read_text(encoding="utf-8"))]
