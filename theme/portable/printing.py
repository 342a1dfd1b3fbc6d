"""HTML to PDF, many files at a time, by Chromium."""

from __future__ import annotations

import multiprocessing
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

from pypdf import PdfReader

PATIENCE = 600  # seconds for a page
TEXT = 642  # CSS pixels: the width of the text on paper, see paper.css
FEW = 8  # files for which another browser would not be worth its start
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# what is wider than its room gets smaller until it fits; what cannot be read then would better be broken in its source
FIT = """() => document.fonts.ready.then(() => {
  for (const box of document.querySelectorAll(".formula, .numbers, .table-box")) {
    const room = box.clientWidth, needs = box.scrollWidth;
    if (needs > room) box.style.fontSize = `${Math.floor(1000 * room / needs) / 10}%`;
  }
})"""


def chromium() -> str:
    """The browser's path.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    raise FileNotFoundError("Chromium is needed (on Debian: apt-get install chromium)")


def to_pdf(files: Sequence[Path], *, tagged: bool = True) -> list[Path]:
    """PDFs beside the HTML files, printed by as many browsers as there are processors."""
    shares = min(os.cpu_count() or 1, 1 + len(files) // FEW, 4)
    by_size = sorted(files, key=lambda file: -file.stat().st_size)
    if shares == 1:
        print_all(by_size, tagged)
    else:
        with ProcessPoolExecutor(shares, multiprocessing.get_context("spawn")) as pool:
            list(pool.map(print_all, [by_size[start::shares] for start in range(shares)], [tagged] * shares))
    return [file.with_suffix(".pdf") for file in files]


def print_all(files: Sequence[Path], tagged: bool) -> None:
    """Print files with one browser, in a thread of its own: the caller may have an event loop."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(_print_all, files, tagged).result()


def _print_all(files: Sequence[Path], tagged: bool) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--font-render-hinting=none"],
            timeout=1000 * PATIENCE,
        )
        for file in files:
            page = browser.new_page(viewport={"width": TEXT, "height": 900})
            page.set_default_timeout(1000 * PATIENCE)
            page.emulate_media(media="print")
            page.goto(file.as_uri())
            page.evaluate(FIT)
            page.pdf(path=file.with_suffix(".pdf"), tagged=tagged, prefer_css_page_size=True, print_background=True)
            page.close()
        browser.close()


def length(pdf: Path) -> int:
    """Number of pages."""
    return len(PdfReader(pdf).pages)
