"""The layers of a page: what is folded, what stands behind one line, where sources go."""

import sys

import pytest
from conftest import ROOT
from docutils import nodes
from docutils.utils import new_document

sys.path.insert(0, str(ROOT / "theme"))
from bookbuild import layers  # noqa: E402
from bookbuild.text import check_line, scripts  # noqa: E402


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


def test_a_check_line_is_set():
    said = "Bayes' rule, 4 B_1000 - 1 at n = 10^9, k ≤ 8; fails with k + 1, 0.3333333333 ± 5 %"
    assert check_line(said).replace("\u00a0", "~") == "Bayes’ rule, 4 B₁₀₀₀~−~1 at n~=~10⁹, k~≤~8; fails with k~+~1, 0.3333~±~5 %"
    kept = "p_i^D, E exp(-y), 1.0292972143603 ± 10⁻¹⁰, near-ML"
    assert check_line(kept).replace("\u00a0", " ") == kept


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("n h_k ≤ 1/g_(k-1)", "n h[k] ≤ 1/g[k−1]"),
        ("E T_MRCA and M_∞ − M_k", "E T[MRCA] and M[∞] − M[k]"),
        ("A_-(0) + A_+(3/2)", "A[−](0) + A[+](3/2)"),
        ("(1 − 1/n)^k, p_i^D, x^α", "(1 − 1/n){k}, p[i]{D}, x{α}"),
        ("log_rate, near-ML, 10⁻⁹", "log_rate, near-ML, 10⁻⁹"),
    ],
)
def test_indices_and_powers_of_a_check_line(said, shown):
    signs = {"": "{}", "sub": "[{}]", "sup": "{{{}}}"}
    assert "".join(signs[kind].format(piece) for kind, piece in scripts(said)) == shown
