"""A picture is data with alt text and roles; Matplotlib draws it, and the page can draw it from what is shipped."""

import json
import re
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collapse_lib.figures import COLOURS, Picture, Table, Text, living
from collapse_lib.figures.drawing import spread
from collapse_lib.figures.living import ALPHABET, LONG, payload, positions, values_line
from collapse_lib.figures.markup import html_maths, printed, spans
from collapse_lib.widgets import Slider

ALT = "A straight line that rises from the lower left corner to the upper right corner of the picture."


def picture(**settings):
    made = Picture(xlabel="generation $k$", ylabel=r"$\Pr(P_k \ne 0)$", **settings)
    made.alt = ALT
    return made


# ------------------------------------------------------------------ numbers in words


@pytest.mark.parametrize(
    ("computed", "read"),
    [
        ("ends at 1.9e+08.", "ends at 1.9\u00a0×\u00a010⁸."),
        ("Doob's bound of f'", "Doob’s bound of f'"),
        ("7.06e-10", "7.06\u00a0×\u00a010⁻¹⁰"),
        ("1e-06 and 1e+05", "10⁻⁶ and 10⁵"),
        ("8.4e-03, 5.4e-01, 2e+00, 1e+04", "0.0084, 0.54, 2, 10,000"),
        ("2.1e+03", "2,100"),
        ("8.2% or 8.2 %", "8.2\u00a0% or 8.2\u00a0%"),
        ("-1 to -0.5, (-2)", "−1 to −0.5, (−2)"),
        ("dimensions / (n - 1)", "dimensions / (n − 1)"),
        ("pages 3-5, near-ML, 2024-05-01, x1e5, $10^{-3}$", "pages 3-5, near-ML, 2024-05-01, x1e5, $10^{-3}$"),
    ],
)
def test_numbers_are_printed_as_in_a_book(computed, read):
    assert printed(computed) == read
    assert printed(read) == read, "twice is once"


def test_an_apostrophe_in_a_label_is_curved():
    assert html_maths("the loop's limit") == "the loop’s limit" and printed("f'(x)") == "f'(x)"
    html = picture().exact([0, 1], [0, 1]).value("paper's", "3")._repr_mimebundle_()["text/html"]
    assert "paper’s" in html


def test_powers_are_raised_in_labels_and_readouts():
    made = picture().exact([0, 1], [0, 1], "-1").value("mean", "1.9e+08")
    assert "10<sup>8</sup>" in living.values_line(made) and "e+08" not in living.values_line(made)
    assert payload([made])["panels"][0]["marks"][0]["label"] == "−1"
    made.alt = ALT + " It ends at 2.5e-07."
    assert made.described().endswith("It ends at 2.5\u00a0×\u00a010⁻⁷.")


def test_a_tex_name_is_a_character_or_an_error():
    assert html_maths(r"$P_k\neq 0$") == html_maths(r"$P_k \ne 0$") == "<i>P</i><sub><i>k</i></sub> ≠ 0"
    with pytest.raises(ValueError, match="frac"):
        html_maths(r"$\frac12$")


# ------------------------------------------------------------------ drawn by Matplotlib


def test_svg_is_accessible_and_well_formed():
    made = picture(ylim=(0, 1)).exact([0, 1], [0, 1], "exact")
    root = ET.fromstring(made.svg())
    assert root.get("role") == "img" and root.get("aria-label") == ALT
    assert "width" not in root.attrib and root.get("viewBox")


@pytest.mark.parametrize("alt", ["", "too short", "   " * 40])
def test_no_picture_without_alt_text(alt):
    made = picture()
    made.alt = alt
    with pytest.raises(ValueError, match="alt"):
        made.svg()
    with pytest.raises(ValueError, match="alt"):
        payload([made])


def everything():
    x, y = np.arange(5.0), np.arange(5.0)
    made = picture().exact(x, y).bound(x, y).paper(x, y).limit(x, y).simulation(x, y, error=0.1 + 0 * x)
    made.trajectories(x, [y, y]).band(x, y, y + 1).histogram(y, 3).vline(1, "here").hline(2, "there")
    return made.note(0, 0, "$x$")


def test_roles_are_variables():
    svg = everything().svg()
    for role in COLOURS:
        assert f"var(--{role}," in svg
    assert not set(re.findall(r"(?<!,)#[0-9a-f]{6}", svg)), "a colour outside the palette"


def test_curves_of_one_role_differ_in_stroke():
    made = picture()
    for _ in range(4):
        made.exact([0, 1], [0, 1]).bound([0, 1], [0, 1]).limit([0, 1], [0, 1]).paper([0, 1], [0, 1])
    drawn = re.findall(r'<path d="[^"]*" clip-path[^>]*style="([^"]*)"', made.svg())
    assert len(drawn) == 16 == len(set(drawn))


def test_mathematics_is_set_in_the_text_face():
    svg = picture(title="$10^{-3}$").svg()
    assert 'font-style="italic" style="font-size: 75%" dy="2.6">k</tspan>' in svg
    assert ">−3</tspan>" in svg and "‹" not in svg and "$" not in svg and "DejaVu" not in svg


def test_a_circle_is_round_where_units_are_equal():
    turn = np.linspace(0, 2 * np.pi, 41)
    made = picture(xlim=(-3, 3), ylim=(-2, 2)).panel(0, equal=True).exact(np.cos(turn), np.sin(turn))
    assert payload([made])["panels"][0]["equal"] == 1 and "equal" not in payload([picture()])["panels"][0]
    drawn = re.search(r'<path d="([^"]*)"[^>]*stroke: var\(--exact,', made.svg())
    x, y = np.array(re.findall(r"([\d.]+) ([\d.]+)", drawn[1]), float).T
    assert np.ptp(x) == pytest.approx(np.ptp(y), rel=0.01)


def test_formulas_in_tables_look_as_they_do_in_the_text():
    assert html_maths("at $n=10$, $P_k>0$") == "at <i>n</i>\u00a0=\u00a010, <i>P</i><sub><i>k</i></sub>\u00a0&gt;\u00a00"
    assert html_maths(r"$kV/n$, $n\ln n$") == "<i>kV</i>/<i>n</i>, <i>n</i>\u2009ln\u2009<i>n</i>"
    assert html_maths(r"$2c\ln(n/c)$") == "2<i>c</i>\u2009ln(<i>n</i>/<i>c</i>)"
    assert spans("$e^{-ak}$").count("italic") == 2 and ">−</tspan>" in spans("$e^{-ak}$")
    assert html_maths(r"$\Sigma_{k=1}$, $n = 2$") == "Σ<sub><i>k</i>=1</sub>, <i>n</i>\u00a0=\u00a02"
    assert "n</tspan><tspan>\u00a0=\u00a010<" in picture(title="$n=10$").svg()


def test_no_name_of_a_sign_is_left_in_a_label():
    assert html_maths(r"$P_k\neq 0$, $a\leq b$, $b\geq c$") == html_maths(r"$P_k\ne 0$, $a\le b$, $b\ge c$")
    with pytest.raises(ValueError, match=r"\\sqrt.*can show are alpha"):
        html_maths(r"$\sqrt n$")


@pytest.mark.parametrize(
    ("written", "html"),
    [
        ("5e-05", "5\u00a0×\u00a010<sup>−5</sup>"), ("7.9e+14", "7.9\u00a0×\u00a010<sup>14</sup>"),
        ("-1.2e−10", "−1.2\u00a0×\u00a010<sup>−10</sup>"), ("0e+00", "0"), ("3.2%", "3.2\u00a0%"),
        ("[-1, 1]", "[−1, 1]"), ("2-3", "2-3"), ("near-ML, v1e2", "near-ML, v1e2"), (r"$n\,\tau$", "<i>n</i>\u2009<i>τ</i>"),
    ],
)  # fmt: skip
def test_numbers_are_printed_as_a_reader_writes_them(written, html):
    assert html_maths(written) == html
    assert Slider("c", [1, 2], label=lambda _: written).labels == [printed(written)] * 2


def test_signs_that_markup_needs_survive():
    svg = picture(title=r"$0 < P_k < 1$").svg()
    assert "".join(ET.fromstring(svg).itertext()).count("0 < Pk") == 1
    assert html_maths("$0 < P_k$ & more") == "0 &lt; <i>P</i><sub><i>k</i></sub> &amp; more"
    assert html_maths(r"$\ln p_{k+1}$, $e^{-2k}$") == (
        "ln\u2009<i>p</i><sub><i>k</i>+1</sub>, <i>e</i><sup>−2<i>k</i></sup>"
    )


def test_small_tick_labels_survive_rounding():
    assert ">0.002<" in picture(ylim=(0, 0.01)).exact([0, 1], [0, 0.01]).svg()


def test_logarithmic_ticks():
    svg = picture(yscale="log", ylim=(1e-6, 1)).exact([0, 1], [1, 1e-6]).svg()
    assert ">−6</tspan>" in svg and ">0.01<" in svg


def test_panels_have_their_own_axes():
    made = picture(panels=2).exact([0, 1], [0, 1], "first").panel(1, ylabel="second", ylim=(0, 2)).exact([0, 1], [0, 2])
    assert ">second<" in made.svg()
    with pytest.raises(ValueError, match="index"):
        made.panel(2)
    with pytest.raises(ValueError, match="panels"):
        Picture(panels=0)
    with pytest.raises(TypeError, match="settings"):
        made.panel(0, colour="red")
    with pytest.raises(ValueError, match="yscale"):
        made.panel(0, yscale="cubic")


def test_same_picture_same_svg():
    assert picture().exact([0, 1], [0, 1], "a").svg() == picture().exact([0, 1], [0, 1], "a").svg()


@given(st.lists(st.floats(0, 1), max_size=6))
def test_labels_do_not_touch(heights):
    placed = np.sort(spread(heights, 0.1))
    assert len(placed) == len(heights)
    assert (np.diff(placed) >= 0.1 - 1e-12).all()


# ------------------------------------------------------------------ nothing leaves the axes unannounced


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_data_outside_the_axes_are_refused(scale):
    made = picture(ylim=(0.1, 1), yscale=scale).exact([0, 1], [0.2, 2.0], "too high")
    with pytest.raises(ValueError, match="too high.*got 2"):
        made.svg()
    picture(ylim=(0.1, 1), yscale=scale).exact([0, 1], [0.2, 2.0], clip=True).svg()
    picture(ylim=(0.1, 1), xlim=(0, 1)).exact([0, 1, 2], [0.2, 1.0, 5.0]).svg()  # beyond the x axis nothing shows


def test_a_dot_on_the_edge_is_whole_and_generations_are_counted():
    """A dot that may leave the axes is cut there; an axis of generations has whole numbers only."""
    for clip in (False, True):
        made = picture(xlim=(0.5, 4.5), ylim=(0, 1)).simulation([0.5, 4.5], [0, 1], clip=clip).svg()
        assert bool(re.search(r"<g clip-path[^>]*>\s*<use", made)) == clip
        said = [re.sub("<[^>]+>", "", text) for text in re.findall(r"<text.*?</text>", made)]
        assert said[:5] == ["1", "2", "3", "4", "generation k"]


def test_bars_of_dots_and_edges_of_bands_count():
    with pytest.raises(ValueError, match="simulation"):
        picture(ylim=(0, 1)).simulation([0, 1], [0.5, 0.9], error=[0.1, 0.2]).svg()
    with pytest.raises(ValueError, match="bound"):
        picture(ylim=(0, 1)).band([0, 1], [0, 0.5], [0.5, 1.5]).svg()


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="y must have one value"):
        picture().exact([0, 1, 2], [0, 1])


# ------------------------------------------------------------------ drawn by the page


def decoded(coded):
    """What theme/plot.js reads."""
    values, code = [], iter(coded["code"])
    for c in code:
        if c == LONG:
            digits = [ALPHABET.index(next(code)) for _ in range(3)]
            folded = (digits[0] * len(ALPHABET) + digits[1]) * len(ALPHABET) + digits[2]
            values.append(-(folded + 1) // 2 if folded % 2 else folded // 2)
        else:
            values.append(ALPHABET.index(c) - len(ALPHABET) // 2)
    rows = np.array(values, float).reshape(coded["frames"], coded["length"])
    if coded["way"] != "f":
        rows = np.cumsum(rows, axis=1)
    if coded["way"] != "c":
        rows = np.cumsum(rows, axis=0)
    missing = np.array(coded.get("missing", []), int).reshape(-1, 2)
    rows[missing[:, 0], missing[:, 1]] = np.nan
    return rows


@given(
    st.lists(
        st.lists(st.one_of(st.floats(-0.4, 1.4), st.just(float("nan"))), min_size=4, max_size=4), min_size=1, max_size=5
    )
)
def test_what_is_shipped_can_be_read(frames):
    pictures = []
    for row in frames:
        pictures.append(picture(xlim=(0, 3), ylim=(0, 1)).exact(np.arange(4), row, clip=True))
    (mark,) = json.loads(json.dumps(payload(pictures, (len(frames),))))["panels"][0]["marks"]
    rows = np.broadcast_to(decoded(mark["y"]), (len(frames), 4)) / mark["steps"]
    assert np.allclose(rows, frames, atol=0.51 / mark["steps"], equal_nan=True)
    assert np.allclose(decoded(mark["x"])[0] / mark["steps"], np.arange(4) / 3, atol=1e-3)


def test_every_kind_of_mark_is_shipped():
    data = payload([everything()])
    kinds = {mark["kind"] for mark in data["panels"][0]["marks"]}
    assert kinds == {"line", "dots", "band", "paths", "bars", "vline", "hline", "note"}
    assert {m["kind"] for m in data["panels"][0]["marks"] if m.get("snap")} == kinds - {"line", "band"}
    assert data["alts"] == [ALT] and len(data["panels"][0]["x"]) == 3


def test_logarithmic_positions():
    assert positions([1, 10, 100, 0, np.nan], (1, 100, "log"), 1000).tolist() == [
        0, 500, 1000, -500, np.iinfo(np.int64).min,
    ]  # fmt: skip


def test_a_mark_that_only_some_frames_have_is_hidden_in_the_others():
    with_line, without = picture().exact([0, 1], [0, 1]).vline(0.5, "half"), picture().exact([0, 1], [0, 1])
    data = payload([without, with_line], (2,))
    assert data["panels"][0]["marks"][1]["shown"] == "01"


def test_axes_stand_still_while_a_slider_moves():
    low, high = picture().exact([0, 1], [0, 1]), picture().exact([0, 1], [0, 3])
    assert payload([low, high], (2,))["panels"][0]["y"][1] >= 3
    with pytest.raises(ValueError, match="ylim must stay the same"):
        payload([picture(ylim=(0, 1)), picture(ylim=(0, 2))], (2,))


def test_values_stand_below_the_picture(monkeypatch):
    monkeypatch.setenv(living.BUILD_VARIABLE, "1")
    made = picture().exact([0, 1], [0, 1]).value("half-life", "14 generations")
    html = made._repr_mimebundle_()["text/html"]
    assert '<p class="values"><span>half-life <b>14 generations</b></span></p>' in html
    pool = payload([made, picture().value("half-life", "15"), made], (3,))["values"]
    assert pool["of"] == [0, 1, 0]


def test_outside_the_build_a_picture_is_an_image_with_nothing_to_press(monkeypatch):
    monkeypatch.delenv(living.BUILD_VARIABLE, raising=False)
    made = picture().exact([0, 1], [0, 1]).value("half-life", "14 generations")
    made.alt = 'A straight line from zero to one, which "rises" & does nothing else that we could see.'
    html = made._repr_mimebundle_()["text/html"]
    assert 'alt="A straight line from zero to one, which &quot;rises&quot; &amp; does' in html
    assert re.findall(r"<(\w+)", html) == ["img", "p", "span", "b"]


def test_a_label_cannot_leave_its_element(monkeypatch):
    monkeypatch.setenv(living.BUILD_VARIABLE, "1")
    made = picture().exact([0, 1], [0, 1], "</script><b>")
    assert made._repr_mimebundle_()["text/html"].count("</script>") == 1
    assert "<b>" not in living.html([made]).replace("<b>14", "")


# ------------------------------------------------------------------ tables and texts


def test_table_is_a_table():
    table = Table(
        {"n": [10, 1000], "mean $T$ (generations)": [17.25, -1.5], "kind": ["a<b", "c"]},
        formats={"mean $T$ (generations)": ".1f"}, caption="What $T$ is.",
    )  # fmt: skip
    html = table._repr_mimebundle_()["text/html"]
    root = ET.fromstring(html)
    assert [cell.get("scope") for cell in root.iter("th")] == ["col", "col", "col", "row", "row"]
    assert [cell.text for cell in root.iter("td")] == ["17.2", "a<b", "−1.5", "c"]
    assert root.find(".//caption") is not None and "<i>T</i>" in html
    assert repr(table).splitlines()[0].split() == ["n", "mean", "T", "(generations)", "kind"]
    assert "1,000" in repr(table)


@pytest.mark.parametrize(
    ("values", "side"),
    [
        ([1.5, np.inf], "number"), (["5 %", "50 %"], "number"),
        (["2,664\xa0±\xa027", "–"], "number"), ([1, "∞"], "number"),
        (["−0.5", "12–13.5"], "number"), (["", ""], "text"), (["1 to 10", "2"], "text"), (["n", "2"], "text"),
    ],
)  # fmt: skip
def test_a_column_of_figures_stands_to_the_right_and_one_of_words_to_the_left(values, side):
    root = ET.fromstring(Table({"row": ["a", "b"], "value": values})._repr_mimebundle_()["text/html"])
    assert [cell.get("class") for cell in root.iter("td")] == [side, side]


@pytest.mark.parametrize(
    ("columns", "formats"), [({}, {}), ({"a": []}, {}), ({"a": [1], "b": [1, 2]}, {}), ({"a": [1]}, {"b": ".1f"})]
)
def test_table_refuses(columns, formats):
    with pytest.raises(ValueError, match="columns|formats"):
        Table(columns, formats=formats)


def test_text_is_text():
    html = Text({"generation 0": "In the <beginning>"})._repr_mimebundle_()["text/html"]
    assert html == '<dl class="samples"><dt>generation 0</dt><dd>In the &lt;beginning&gt;</dd></dl>'
    with pytest.raises(ValueError, match="samples"):
        Text({})


@pytest.mark.parametrize(
    ("written", "html"),
    [
        ("sample size n", "sample size <i>n</i>"), ("expected count n p₀", "expected count <i>n</i> <i>p</i>₀"),
        ("words a generation n", "words a generation <i>n</i>"), ("exponent a", "exponent <i>a</i>"),
        ("10⁻¹⁰ of σ²", "10⁻¹⁰ of <i>σ</i>²"), ("10n", "10<i>n</i>"), ("1 ± 1/β", "1 ± 1/<i>β</i>"), ("r.m.s.", "r.m.s."), ("top-p 0.95", "top-p 0.95"),
        ("I know a ‘mean’ near a = 1, for n.", "I know a ‘mean’ near <i>a</i> = 1, for <i>n</i>."),
        (r"E $\Sigma_k^2$", "E Σ<sub><i>k</i></sub><sup>2</sup>"), ("5e-05", "5\u00a0×\u00a010<sup>−5</sup>"),
    ],
)  # fmt: skip
def test_a_letter_that_stands_alone_is_set_as_a_symbol(written, html):
    assert html_maths(written, symbols=True) == html
    picture_with_name = picture().value(written, "1")
    assert f"<span>{html} <b>1</b></span>" in values_line(picture_with_name)
    assert ">n</tspan>" in spans("sample size n") and "<tspan" not in spans("in words a generation")
    assert html_maths("a word, I, x") == "a word, I, x"  # a table holds words, too


def test_threads_draw_what_one_draws():
    """JupyterLab moves sliders in a thread beside that of the cells; Matplotlib's settings are those of the process."""
    pictures = []
    for slope in range(1, 13):
        picture = Picture(xlabel="generation $k$", ylabel="$P_k$", xlim=(0, 1), ylim=(0, 20)).exact([0, 1], [0, slope], "$n$ runs")
        picture.alt = f"A straight line that rises from 0 at the left end of the axis to {slope} at the right end of it."
        pictures.append(picture)
    alone = [picture.svg() for picture in pictures]
    with ThreadPoolExecutor(6) as threads:
        for _ in range(3):
            assert list(threads.map(Picture.svg, pictures)) == alone
