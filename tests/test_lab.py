"""JupyterLab: a page opens with the site's numbers, and what is saved is its source."""

from __future__ import annotations

import asyncio
import copy
import json
import sys

import jupytext
import nbformat
import pytest
from conftest import CHAPTERS, ROOT

sys.path.insert(0, str(ROOT / "theme"))
from bookbuild import myst  # noqa: E402
from lab_contents import BookContents  # noqa: E402

PAGES = [path for path in CHAPTERS if path.read_text(encoding="utf-8").startswith("---\njupytext:")]
LABELS = myst.Labels(
    {
        "places": {
            "prf:ref:thm-a": ["Theorem 5.9", "chapters/part/one", "thm-a"],
            "prf:ref:thm-b": ["Theorem 6.1", "chapters/part/two", "thm-b"],
            "doc:chapters/part/one": ["One word", "chapters/part/one", ""],
            "doc:chapters/other/far": ["Far", "chapters/other/far", ""],
            "eq:eq-a": ["(6.2)", "chapters/part/two", "equation-eq-a"],
            "cite:t:key": ["A *et al.* \\[2025\\]", "chapters/reference/bibliography", "id1"],
        },
        "numbers": {"thm-b": "6.1", "eq-a": "6.2", "eq-c": "6.3", "fig-a": "6.1"},
        "pages": {"chapters/part/two": "6"},
    }
)
PAGE = r"""---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# Two

By {prf:ref}`thm-a` of {doc}`one` and {doc}`there </chapters/other/far>`, {prf:ref}`thm-b`
and {prf:ref}`thm-unknown`; see {cite:t}`key` and {eq}`eq-a`.

:::{prf:theorem} A name; a source
:label: thm-b
$$x$$ (eq-c)
:::

```{math}
:label: eq-a
y
```
```{code-cell} ipython3
:tags: [hide-input]

import numpy
```

```{code-cell} ipython3
---
mystnb:
  figure:
    name: fig-a
    caption: |
      A long caption, see {prf:ref}`thm-a`,
      on two lines
---
numpy.zeros(3)

```
Text directly below.
"""
NAME = "chapters/part/two"


def opened(text: str = PAGE) -> nbformat.NotebookNode:
    return myst.opened(jupytext.reads(text, fmt=myst.FORMAT), NAME, LABELS)


def saved(notebook: nbformat.NotebookNode, text: str = PAGE) -> str:
    return myst.merged(myst.closed(notebook), text)


def as_the_lab_saves(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """What a session adds to a notebook that nobody edited."""
    notebook.metadata["kernelspec"] = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    notebook.metadata["language_info"] = {"name": "python", "version": "3.13", "pygments_lexer": "ipython3"}
    for number, cell in enumerate(notebook.cells):
        cell.metadata["trusted"] = True
        if cell.cell_type == "code":
            cell["execution_count"] = number
            cell["outputs"] = [nbformat.v4.new_output("stream", text="said")]
            cell.metadata["execution"] = {"iopub.status.busy": "2026-01-01T00:00:00Z"}
    return notebook


def test_a_page_opens_with_the_numbers_of_the_site():
    first, hidden, drawn, caption, last = opened().cells
    assert first.source.startswith(
        myst.UNCOUNTED + "# 6. Two\n\nBy [Theorem 5.9](one.md) of [One word](one.md) and [there](../other/far.md), [Theorem 6.1](#thm-b)\n"
        "and {prf:ref}`thm-unknown`; see [A *et al.* \\[2025\\]](../reference/bibliography.md) and [(6.2)](#equation-eq-a)."
    )
    assert ":label: thm-b\n:enumerator: 6.1\n$$x\\tag{6.3}$$\n" in first.source
    assert ":label: eq-a\n:enumerator: 6.2\n" in first.source
    assert hidden.metadata["jupyter"]["source_hidden"] and "jupyter" not in drawn.metadata
    assert caption.source == "**Figure 6.1.** A long caption, see [Theorem 5.9](one.md), on two lines"
    assert not caption.metadata["editable"] and last.source == "Text directly below."


def test_what_is_saved_unchanged_is_the_source():
    assert saved(as_the_lab_saves(opened())) == PAGE


def test_an_edit_changes_its_place_alone():
    notebook = as_the_lab_saves(opened())
    notebook.cells[0].source = notebook.cells[0].source.replace("see [A", "compare [A")
    notebook.cells[2].source = "numpy.zeros(4)"
    expected = PAGE.replace("see {cite:t}", "compare {cite:t}").replace("zeros(3)\n", "zeros(4)\n")
    assert saved(notebook) == expected


def test_new_cells_are_kept_and_old_ones_may_go():
    notebook = opened()
    notebook.cells[5:] = [nbformat.v4.new_markdown_cell("New text."), nbformat.v4.new_code_cell("1 + 1")]
    del notebook.cells[1]
    text = saved(notebook)
    cells = [cell.source for cell in jupytext.reads(text, fmt=myst.FORMAT).cells]
    assert cells[1:] == ["numpy.zeros(3)", "Text directly below.", "New text.", "1 + 1"]
    assert text.startswith(PAGE[: PAGE.index("```{code-cell}")]) and "zeros(3)\n\n```\n" in text
    again = opened(text)
    assert saved(again, text) == text
    again.cells[-2].source = "Newer text."
    assert saved(again, text) == text.replace("New text.", "Newer text.")


def test_a_reader_may_unfold_and_fold():
    notebook = opened()
    notebook.cells[1].metadata["jupyter"]["source_hidden"] = False
    assert saved(notebook) == PAGE
    notebook.cells[2].metadata["jupyter"] = {"source_hidden": True}
    assert "source_hidden: true" in saved(notebook)


def test_every_page_is_saved_as_it_was():
    folder, contents = ROOT, BookContents(root_dir=str(ROOT))
    labels = contents.labels()
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(folder).with_suffix("").as_posix()
        notebook = myst.opened(jupytext.reads(text, fmt=myst.FORMAT), name, labels)
        nbformat.validate(notebook)
        assert text.endswith("---\n" + "".join(myst._pieces(text))), path
        assert myst.merged(myst.closed(as_the_lab_saves(notebook)), text) == text, path


def test_the_server_opens_and_saves_pages(tmp_path):
    (tmp_path / "chapters" / "part").mkdir(parents=True)
    (tmp_path / "_build").mkdir()
    page = tmp_path / f"{NAME}.md"
    page.write_text(PAGE, encoding="utf-8")
    data = {"places": LABELS.places, "numbers": LABELS.numbers, "pages": LABELS.pages}
    (tmp_path / "_build" / "labels.json").write_text(json.dumps(data))
    contents = BookContents(root_dir=str(tmp_path))

    async def walk() -> None:
        model = await contents.get(f"{NAME}.md", type="notebook")
        assert model["content"].cells[0].source.endswith("y\n```")
        await contents.save(copy.deepcopy(model), f"{NAME}.md")
        assert page.read_text(encoding="utf-8") == PAGE
        model["content"].cells[-1].source = "Another text."
        await contents.save(model, f"{NAME}.md")
        assert page.read_text(encoding="utf-8") == PAGE.replace("Text directly below.", "Another text.")
        other = {"type": "notebook", "content": nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])}
        await contents.save(other, "own.ipynb")
        assert (await contents.get("own.ipynb"))["content"].cells[0].source == "1"

    asyncio.run(walk())


@pytest.mark.parametrize("text", ["# No front matter\n", "---\ntitle: other\n---\n\n# Text\n"])
def test_other_markdown_is_left_alone(tmp_path, text):
    (tmp_path / "note.md").write_text(text)
    assert BookContents(root_dir=str(tmp_path)).source("note.md") is None
