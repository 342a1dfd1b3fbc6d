"""The layers of a page: what is folded, what stands behind one line, where sources go."""

import sys

import pytest
from conftest import ROOT
from docutils import nodes
from docutils.utils import new_document

sys.path.insert(0, str(ROOT / "theme"))
from bookbuild import layers  # noqa: E402


def cell(source, *outputs, hidden=True):
    code = nodes.container(nb_element="cell_code_source")
    code += nodes.literal_block(text=source)
    made = nodes.container(nb_element="cell_code", **({"hide_mode": "input"} if hidden else {}))
    made += code
    if outputs:
        made += nodes.container("", *outputs, nb_element="cell_code_output")
    return made


def page(*parts):
    document = new_document("page")
    section = nodes.section()
    section += parts
    document += section
    return document


def sources(document):
    return [[block.astext() for block in part.children[0]] for part in document.findall(layers._hides_its_code)]


def test_hidden_neighbours_stand_behind_one_line():
    document = page(cell("a"), cell("b"), cell("c", nodes.paragraph(text="a picture")), cell("d"))
    layers.join_hidden(None, document)
    assert sources(document) == [["a", "b", "c"], ["d"]]


def test_what_is_seen_keeps_hidden_cells_apart():
    document = page(cell("a"), nodes.paragraph(text="text"), cell("b"), cell("c", hidden=False), cell("d"))
    layers.join_hidden(None, document)
    assert sources(document) == [["a"], ["b"], ["d"]]


@pytest.mark.parametrize(("paragraphs", "displays", "long"), [(1, 0, False), (4, 1, False), (12, 0, True), (3, 4, True)])
def test_a_long_proof_is_folded(paragraphs, displays, long):
    proof = nodes.container()
    proof += [nodes.paragraph(text="word " * 17) for _ in range(paragraphs)]
    proof += [nodes.math_block(text="x = x") for _ in range(displays)]
    assert (layers.lines(proof) > layers.LONG) == long


def test_a_source_moves_below_its_statement():
    statement = nodes.container(realtype="theorem")
    statement += nodes.title("", "", nodes.Text(" (A name; classical, Feller 1968)"))
    statement += nodes.section("", nodes.paragraph(text="The statement."))
    layers.source_below(None, page(statement))
    assert statement.next_node(nodes.title).astext() == " (A name)"
    assert [part.astext() for part in statement.children[1]] == ["The statement.", "Classical, Feller 1968."]


def test_a_title_without_source_stays():
    statement = nodes.container(realtype="definition")
    statement += [nodes.title(text=" (A name)"), nodes.section("", nodes.paragraph(text="Text."))]
    layers.source_below(None, page(statement))
    assert statement.next_node(nodes.title).astext() == " (A name)" and len(statement.children[1]) == 1


def test_what_a_check_shows_besides_its_line_is_not_folded():
    line = nodes.raw("", '<p class="check">', format="html")
    check = cell("verify()", nodes.container("", line), nodes.paragraph(text="a table"), hidden=False)
    document = page(check)
    (run,) = layers._runs_of_checks(document)
    layers._open_the_rest(run[0])
    assert "a table" not in check.astext() and "a table" in document.astext()


def test_a_tolerance_in_a_check_is_not_broken():
    line = '<p class="check" data-teeth="2 ± 5 %"><b>Checked.</b> both; fails with k − 1, 2 ± 5\u00a0%</p>'
    kept = layers._kept(line)
    assert "with k\u00a0−\u00a01, 2\u00a0±\u00a05\u00a0%" in kept and 'data-teeth="2 ± 5 %"' in kept
