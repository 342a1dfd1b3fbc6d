"""JupyterLab as a student uses it, in Chromium: three pages opened, run, moved, typed into, edited, saved, interrupted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import PATIENCE, ROOT
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
WALKED = "chapters/collapse/dimension-grows"
PAGES = (WALKED, "chapters/collapse/exact-law", "chapters/escape/priors")
SCROLL = """text => {
  const notebook = window.jupyterapp.shell.currentWidget.content
  const place = notebook.widgets.findIndex(cell => cell.model.sharedModel.getSource().includes(text))
  notebook.scrollToItem(place)
  window.cell = notebook.widgets[place]
}"""
SHOWN = "text => window.cell.node.querySelector('.myst')?.innerText.includes(text)"
ERRORS = """() => window.jupyterapp.shell.currentWidget.content.widgets.filter(cell => cell.model.type === 'code')
  .flatMap(cell => cell.model.outputs.toJSON()).filter(output => output.output_type === 'error').map(error => error.ename)"""


def wait_for(
    condition: Callable[[], Any], process: subprocess.Popen | None = None, *, patience: int = PATIENCE
) -> Any:
    """What the condition says once it says something, or at the end of all patience or of the process."""
    for _ in range(10 * patience):
        if (said := condition()) or (process and process.poll() is not None):
            return said
        time.sleep(0.1)
    return None


@pytest.fixture(scope="module")
def lab(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """JupyterLab as `make lab` starts it, over copies of the pages: its address and its folder."""
    root, home = tmp_path_factory.mktemp("lab"), tmp_path_factory.mktemp("home")
    for page in PAGES:
        (root / page).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / f"{page}.md", root / f"{page}.md")
    (root / "_build").mkdir()
    shutil.copy(site.parent / "labels.json", root / "_build")
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser",
        "--ServerApp.port=0", "--IdentityProvider.token=", f"--ServerApp.root_dir={root}",
        "--ServerApp.contents_manager_class=lab_contents.BookContents",
    ]  # fmt: skip
    env = os.environ | {"HOME": str(home), "JUPYTER_RUNTIME_DIR": str(home), "PYTHONPATH": str(ROOT / "theme")}
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
    with (home / "said").open("w") as said, subprocess.Popen(command, env=env, stdout=said, stderr=said) as server:
        try:
            found = wait_for(lambda: [path for path in home.glob("jpserver-*.json") if path.read_text()], server)
            assert found, (home / "said").read_text()
            yield json.loads(found[0].read_text())["url"], root
        finally:
            server.terminate()


@pytest.fixture
def opened(lab, browser):
    """Opens a page as a notebook, with its kernel."""
    address, _ = lab
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.set_default_timeout(1000 * PATIENCE)
    elsewhere: list[str] = []
    tab.on("request", lambda asked: elsewhere.append(asked.url) if asked.url.startswith("http") else None)

    def open_page(page: str):
        tab.goto(f"{address}lab/tree/{page}.md?reset")
        tab.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
        tab.wait_for_function("window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'")
        return tab

    yield open_page
    assert not [url for url in elsewhere if not url.startswith(address)]
    tab.evaluate("window.jupyterapp.commands.execute('kernelmenu:shutdown')")
    tab.close()


def command(tab, name: str, *, until_done: bool = True) -> None:
    """A command of the menus, and its end."""
    run = "window.jupyterapp.commands.execute(name)"
    tab.evaluate(f"name => {run}.then(() => true)" if until_done else f"name => {{ {run} }}", name)


def write(tab, place: int, text: str) -> None:
    """Text into a cell, which becomes the active one."""
    tab.evaluate(
        "([place, text]) => { const notebook = window.jupyterapp.shell.currentWidget.content;"
        "notebook.activeCellIndex = place; notebook.activeCell.model.sharedModel.setSource(text) }",
        [place, text],
    )


def run_all(tab) -> None:
    command(tab, "notebook:run-all-cells")
    assert tab.evaluate(ERRORS) == []


@pytest.mark.parametrize("page", PAGES[1:])
def test_a_page_opens_and_runs(opened, site, page):
    tab = opened(page)
    numbers = json.loads((site.parent / "labels.json").read_text(encoding="utf-8"))
    assert tab.locator("h1").first.inner_text().startswith(f"{numbers['pages'][page]}. ")
    stated = {
        name: text
        for key, (text, there, name) in numbers["places"].items()
        if key.startswith("prf:ref:") and there == page and text.startswith("Theorem ")
    }
    assert stated
    for name, text in stated.items():
        tab.evaluate(SCROLL, f":label: {name}\n")
        tab.wait_for_function(SHOWN, arg=text)
    run_all(tab)
    assert tab.locator(".jp-OutputArea-output svg[role=img]").count() > 0


def test_a_student_at_work(opened, lab):
    tab, source = opened(WALKED), lab[1] / f"{WALKED}.md"
    cells = tab.evaluate(
        "window.jupyterapp.shell.currentWidget.content.widgets.map(one => [one.model.type, one.inputHidden === true,"
        " one.model.getMetadata('tags') || [], one.model.sharedModel.getSource()])"
    )
    folded = [hidden for kind, hidden, tags, _ in cells if kind == "code" and "hide-input" in tags]
    assert folded and all(folded), "what the site folds comes collapsed"
    run_all(tab)

    # a guess uncovers its picture, and stands when its cell runs again
    puzzle = tab.locator(".jp-OutputArea-output", has_text="Your guess first.").first
    stage = puzzle.locator("svg[role=img]").first
    assert not stage.is_visible()
    choice = puzzle.locator("button").first
    choice.click()
    if not wait_for(stage.is_visible, patience=20):  # a click is lost while JupyterLab draws anew what it scrolls to
        choice.click()
    stage.wait_for()
    run_all(tab)
    puzzle.locator("svg[role=img]").first.wait_for()

    # the slider redraws, and so does a number that is not on its grid
    field, handle = puzzle.get_by_placeholder("or a value").first, puzzle.locator(".noUi-handle").first
    values = puzzle.locator(".values").first
    handle.press("ArrowRight")  # from 0.48 to 0.52 of 200
    expect(values).to_contain_text("104", timeout=1000 * PATIENCE)
    field.fill("0.333")
    field.press("Enter")
    expect(values).to_contain_text("67", timeout=1000 * PATIENCE)

    # what the student writes is saved, and nothing else changes
    before = source.read_text(encoding="utf-8")
    place = next(place for place, cell in enumerate(cells) if cell[0] == "markdown" and "theorem" in cell[3])
    write(tab, place, cells[place][3] + "\n\nA note of mine.")
    command(tab, "docmanager:save")
    assert wait_for(lambda: source.read_text(encoding="utf-8") != before)
    after = source.read_text(encoding="utf-8")
    assert after.replace("\n\nA note of mine.", "", 1) == before

    # an interrupt leaves a kernel that knows what it knew
    tab.evaluate("window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1")
    command(tab, "notebook:insert-cell-below")
    write(tab, 2, "while True: pass")
    command(tab, "notebook:run-cell", until_done=False)
    tab.wait_for_function("window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'busy'")
    command(tab, "notebook:interrupt-kernel")
    tab.wait_for_function(f"({ERRORS})().includes('KeyboardInterrupt')")
    write(tab, 2, "np.arange(4).sum() * 7")
    command(tab, "notebook:run-cell")
    tab.locator(".jp-OutputArea-output", has_text="42").first.wait_for()
