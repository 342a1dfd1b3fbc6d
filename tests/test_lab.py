"""JupyterLab: a page opens with the site's numbers, and what is saved is its source."""

from __future__ import annotations

import asyncio
import copy
import json
import re
import sys
from pathlib import Path

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


# ------------------------------------------------------------------ what a reader may do to a page

NOTE = ":::{margin}\nThe book's.\n:::\n\n```{quick}\none\n```\n\n```{quick}\ntwo\n```\n\n"
LONG = PAGE.replace("```{math}", NOTE + "```{math}") + "\n+++\n\nThird, by {prf:ref}`thm-a`.\n\n+++\n\nFourth, by {prf:ref}`thm-b` and {eq}`eq-a`.\n"
MINE = ":::{note} Side note\nMine.\n:::\n\n:::{prf:proof}\n:enumerated: false\nMine.\n:::"


def edited(change, text: str = LONG) -> str:
    """The page as it is saved after a session that changed its cells."""
    notebook = nbformat.from_dict(json.loads(json.dumps(opened(text))))
    change(notebook.cells)
    return saved(notebook, text)


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line]


def appended(cells):
    cells[0].source += f"\n\n{MINE}"


def put_first(cells):
    cells.insert(0, nbformat.v4.new_markdown_cell("Mine."))


def written_above(cells):
    cells[0].source = f"Mine.\n\n{cells[0].source}"


def merged_down(cells):
    cells[-2].source += f"\n\n{cells.pop().source}"


def merged_into_a_new_one(cells):
    cells[-1] = nbformat.v4.new_markdown_cell(f"Mine.\n\n{cells[-1].source}")


def merged_into_a_caption(cells):
    place = next(place for place, cell in enumerate(cells) if "caption" in cell.metadata.get(myst.KEY, {}))
    cells[place].source += f"\n\n{cells.pop(place + 1).source}"


def split(cells):
    place = cells[0].source.index(":::{prf:theorem}")
    cells.insert(1, copy.deepcopy(cells[0]))
    cells[0].source, cells[1].source = cells[0].source[:place].rstrip(), cells[1].source[place:]


def replaced_by_my_own(cells):
    cells[-1] = nbformat.v4.new_markdown_cell(f"See [Theorem 6.1](#thm-b).\n\n{MINE}")


def pasted(cells):
    cells[-1].source = cells[-1].source.replace("Fourth,", "Fourth\x0c\x00,")


def moved_within(cells):
    head, tail = cells[-1].source.split(" and ")
    cells[-1].source = f"{tail} and {head}"


FOURTH = "\n+++\n\nFourth, by {prf:ref}`thm-b` and {eq}`eq-a`.\n"


@pytest.mark.parametrize(
    "change, old, new",
    [
        (appended, "y\n```\n```{code-cell}", f"y\n```\n\n{MINE}\n```{{code-cell}}"),
        (put_first, "---\n\n# Two", "---\n\nMine.\n\n+++\n\n# Two"),
        (written_above, "---\n\n# Two", "---\n\nMine.\n\n# Two"),
        (merged_down, FOURTH, FOURTH.replace("+++\n\n", "")),
        (merged_into_a_new_one, "Fourth,", "Mine.\n\nFourth,"),
        (merged_into_a_caption, "", ""),
        (split, ":::{prf:theorem}", "+++\n\n:::{prf:theorem}"),
        (replaced_by_my_own, FOURTH, f"\n+++\n\nSee [Theorem 6.1](#thm-b).\n\n{MINE}\n"),
        (pasted, "Fourth,", "Fourth  ,"),
        (moved_within, FOURTH, "\n+++\n\n{eq}`eq-a`. and Fourth, by {prf:ref}`thm-b`\n"),
    ],
)
def test_a_reader_s_own_words_and_the_page_s_both_stay(change, old, new):
    assert lines(edited(change)) == lines(LONG.replace(old, new, 1))


def test_tags_are_changed_at_their_cell_alone():
    text = edited(lambda cells: cells[1].metadata.update(tags=["hide-input", "mine"]), PAGE)
    assert lines(text) == lines(PAGE.replace("[hide-input]", "[hide-input, mine]"))


def test_a_fence_in_code_leaves_the_other_cells_as_they_are():
    text = edited(lambda cells: setattr(cells[2], "source", 'x = """\n```\n"""'), PAGE)
    assert ":tags: [hide-input]\n\nimport numpy\n" in text
    assert opened(text).cells[2].source == 'x = """\n```\n"""'


def test_a_title_is_numbered_once():
    notebook = opened(PAGE + "\n+++\n\n```\n# a comment\n```\n")
    assert notebook.cells[0].source.count("# 6. ") == 1 and notebook.cells[-1].source == "```\n# a comment\n```"


def served(tmp_path, raw: bytes, steps, labels: str | None = None) -> Path:
    """A page on a server's disk, and what a session does to it."""
    page = tmp_path / f"{NAME}.md"
    page.parent.mkdir(parents=True)
    page.write_bytes(raw)
    if labels is not None:
        (tmp_path / "_build").mkdir()
        (tmp_path / "_build" / "labels.json").write_text(labels)
    asyncio.run(steps(BookContents(root_dir=str(tmp_path)), page))
    return page


@pytest.mark.parametrize("labels", [None, "", '{"places": {"prf', "{}"])
def test_a_page_opens_and_is_saved_without_labels(tmp_path, labels):
    async def steps(contents, page):
        model = await contents.get(f"{NAME}.md", type="notebook")
        model["content"].cells[-1].source += " Mine."
        await contents.save(model, f"{NAME}.md")

    page = served(tmp_path, PAGE.encode(), steps, labels)
    assert page.read_text(encoding="utf-8") == PAGE.replace("directly below.", "directly below. Mine.")


@pytest.mark.parametrize(
    "raw",
    [
        PAGE.replace("\n", "\r\n").encode(), PAGE.encode("utf-8-sig"), PAGE.replace("\n", "\r\n").encode("utf-8-sig"),
        PAGE.rstrip().encode(), f"{PAGE}\n\n".encode(),
    ],
)  # fmt: skip
def test_ends_of_lines_and_of_the_page_and_a_mark_of_its_bytes_stay(tmp_path, raw):
    async def steps(contents, page):
        model = await contents.get(f"{NAME}.md", type="notebook")
        assert model["content"].cells[0].source.startswith(f"{myst.UNCOUNTED}# Two")
        await contents.save(copy.deepcopy(model), f"{NAME}.md")
        assert page.read_bytes() == raw
        model["content"].cells[-1].source += " Mine."
        await contents.save(model, f"{NAME}.md")

    page = served(tmp_path, raw, steps)
    assert page.read_bytes() == raw.replace(b"directly below.", b"directly below. Mine.")


def test_a_page_is_its_source_under_a_new_name_after_a_checkpoint_and_when_it_was_deleted(tmp_path):
    labels = json.dumps({"places": LABELS.places, "numbers": LABELS.numbers, "pages": LABELS.pages})

    async def steps(contents, page):
        model = await contents.get(f"{NAME}.md", type="notebook")
        mark = await contents.create_checkpoint(f"{NAME}.md")
        model["content"].cells[-1].source += " Mine."
        mine = PAGE.replace("directly below.", "directly below. Mine.")
        for _ in range(2):  # saved twice
            await contents.save(copy.deepcopy(model), f"{NAME}.md")
            assert page.read_text(encoding="utf-8") == mine
        await contents.restore_checkpoint(mark["id"], f"{NAME}.md")
        assert page.read_text(encoding="utf-8") == PAGE
        page.write_text(PAGE.replace("Text", "Words"), encoding="utf-8")  # changed by somebody else, then overwritten
        await contents.save(copy.deepcopy(model), f"{NAME}.md")
        assert page.read_text(encoding="utf-8") == mine
        await contents.rename_file(f"{NAME}.md", "chapters/part/three.md")
        await contents.save(copy.deepcopy(model), "chapters/part/three.md")
        assert page.with_stem("three").read_text(encoding="utf-8") == mine
        for path in (f"{NAME}.md", "chapters/own.md"):  # neither is there
            await contents.save(copy.deepcopy(model), path)
            written = (tmp_path / path).read_text(encoding="utf-8")
            assert myst._cells(jupytext.reads(written, fmt=myst.FORMAT)) == myst._cells(jupytext.reads(mine, fmt=myst.FORMAT))
            assert myst.KEY not in jupytext.reads(written, fmt=myst.FORMAT).metadata

    served(tmp_path, PAGE.encode(), steps, labels)
