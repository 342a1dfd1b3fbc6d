"""`explore`: the same call, live and built."""

import json
import re
import threading
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from conftest import ROOT
from packaging.requirements import Requirement

from collapse_lib import _live
from collapse_lib.figures import Picture
from collapse_lib.widgets import BUILD_VARIABLE, Guess, Slider, explore


def draw(n, c=1):
    made = Picture(xlabel="x").exact([0, 1], [0, n * c], "exact")
    made.alt = f"A straight line from the origin to the value {n * c} at one, for n = {n} and c = {c}."
    return made


@pytest.fixture
def building(monkeypatch):
    monkeypatch.setenv(BUILD_VARIABLE, "1")


@pytest.fixture
def reading(monkeypatch):
    monkeypatch.delenv(BUILD_VARIABLE, raising=False)


def payload(player):
    html = player._repr_mimebundle_()["text/html"]
    return html, json.loads(re.search(r"<script[^>]*>(.*?)</script>", html, re.S).group(1))


def test_built_holds_every_frame_in_order(building):
    player = explore(draw, n=Slider("sample size n", [10, 2000]), c=[1, 2, 3])
    html, data = payload(player)
    assert data["labels"] == [["10", "2,000"], ["1", "2", "3"]] and data["shape"] == [2, 3]
    assert [re.search(r"value (\d+)", alt).group(1) for alt in data["alts"]] == [
        "10", "20", "30", "2000", "4000", "6000",
    ]  # fmt: skip
    assert html.count('type="range"') == 3 and "ipywidgets" not in html  # two sliders, and the one that reads values
    assert player._repr_mimebundle_()["text/plain"] == data["alts"][0]


def test_built_shows_the_default_frame_without_javascript(building):
    player = explore(draw, n=Slider("n", [10, 20], start=20), c=Slider("c", [1, 2, 3], start=2))
    html, data = payload(player)
    assert player.default == 4
    assert html.index(f'aria-label="{data["alts"][4]}"') < html.index("<script")


def test_built_guess(building):
    guess = Guess("Where?", ["at 10", "at 20"], answer=1, because="It is at 20.")
    html, data = payload(explore(draw, n=[10, 20], guess=guess))
    assert "Your guess first." in html and "Just show me" in html and "asking" in html
    assert data["question"]["verdicts"] == ["Not so. It is at 20.", "That is right. It is at 20."]


def test_symbols_are_italic_beside_a_slider_and_in_a_puzzle(building):
    guess = Guess("Where is n?", ["at n < 20", "later"], answer=1, because="It is at 2n.")
    slider = Slider("sample size n", [10, 20], label=lambda n: f"n = {n}")
    html, data = payload(explore(draw, n=slider, guess=guess))
    assert "<span>sample size <i>n</i></span>" in html and 'aria-label="Experiment: sample size n"' in html
    assert 'aria-valuetext="n = 10"' in html and "<output><i>n</i> = 10</output>" in html
    assert data["labels"] == [["<i>n</i> = 10", "<i>n</i> = 20"]]
    assert "Where is <i>n</i>?" in html and ">at <i>n</i> &lt; 20</button>" in html
    because = data["question"]["because"]
    assert because == "It is at 2<i>n</i>." and data["question"]["verdicts"][0] == f"Not so. {because}"


@pytest.mark.parametrize("way", [{"place": "x"}, {"place": "y"}, {"sketch": True}])
def test_built_guess_on_the_axes(building, way):
    html, data = payload(explore(draw, n=[10, 20], guess=Guess("Where?", because="It is at 20.", **way)))
    assert "That is my guess" in html and ('class="mine"' in html) == ("place" in way)
    assert data["question"]["because"] == "It is at 20." and not data["question"]["verdicts"]


def test_built_data_cannot_end_the_script(building):
    def hostile(n):
        made = draw(n)
        made.alt = f"</script><b> a hostile alt text that tries to leave the element it stands in {n}"
        return made

    html, data = payload(explore(hostile, n=[1, 2]))
    assert html.count("</script>") == 1 and len(data["alts"]) == 2


def test_live_draws_frames_when_asked(reading):
    drawn = []

    def counting(n):
        drawn.append(n)
        return draw(n)

    box = explore(counting, n=Slider("n", [1, 2, 3], start=2))
    view, row, said = box.children
    slider, typed = row.children
    assert set(drawn) == {2} and "value 2" in view.value
    slider.value = 3
    assert drawn[-1] == 3 and "value 3" in view.value
    typed.value = "1,234"
    assert drawn[-1] == 1234 and "value 1234" in view.value and said.value == ""
    typed.value = "2.5"
    assert drawn[-1] == 1234 and "whole number" in said.value and "value 1234" in view.value


def test_live_redraws_while_a_slider_is_dragged_if_it_can(reading, monkeypatch):
    monkeypatch.setattr(_live, "PATIENCE", 60)
    view, row, said = explore(draw, n=[1, 2]).children
    assert row.children[0].continuous_update and not said.value
    monkeypatch.setattr(_live, "PATIENCE", 0)
    view, row, said = explore(draw, n=[1, 2]).children
    assert not row.children[0].continuous_update and "let go" in said.value


def test_live_sliders_are_moved_in_two_threads(reading):
    """As JupyterLab does: no picture is drawn half from one move and half from another, and the last has both."""
    busy = threading.Lock()

    def careful(n, c):
        assert busy.acquire(blocking=False), "two at a time"
        time.sleep(0.01)
        busy.release()
        return draw(n, c)

    view, first, second, said = explore(careful, n=[1, 2, 3, 4], c=[1, 2, 3, 4]).children

    def move(row):
        for value in (2, 3, 4):
            row.children[0].value = value

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(move, (first, second)))
    assert said.value == "" and "for n = 4 and c = 4." in view.value


def test_live_says_why_there_is_no_picture(reading):
    known = {1: 1, 2: 2}
    view, row, said = explore(lambda n: draw(known[n]), n=[1, 2]).children
    row.children[1].value = "7"
    assert "No picture for n = 7: KeyError" in said.value and "value 1" in view.value
    row.children[0].value = 2
    assert "value 2" in view.value and said.value == ""


def test_live_without_a_kernel_is_a_picture(reading):
    for guess in (None, Guess("Where is it?", ["here", "there"], answer=0, because="So.")):
        bundle = explore(draw, n=[1, 2], guess=guess)._repr_mimebundle_()
        alt = "A straight line from the origin to the value 1 at one, for n = 1 and c = 1."
        assert bundle["text/plain"] == alt and f'alt="{alt}"' in bundle["text/html"]
        assert "application/vnd.jupyter.widget-view+json" in bundle
        assert repr(explore(draw, n=[1, 2], guess=guess)) == alt  # what ipywidgets 7 keeps


def test_the_ipywidgets_of_colab_are_enough():
    """Colab shows no sliders of ipywidgets 8 (googlecolab/colabtools#3020), so nothing may ask for it."""
    needs = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    (need,) = [need for need in map(Requirement, needs) if need.name == "ipywidgets"]
    assert "7.7.1" in need.specifier


def test_live_guess_stands_when_the_cell_runs_again(reading):
    def run():
        guess = Guess("Which one, again?", ["here", "there"], answer=0, because="So.")
        return explore(draw, n=[1, 2], guess=guess).children

    puzzle, stage = run()
    puzzle.children[1].children[0].click()
    puzzle, stage = run()
    assert stage.layout.display is None and "That is right. So." in puzzle.children[2].value


PAGE = """
from functools import cache
n = 3
def size(k, *, more=0):
    return known() * k + more
@cache
def known():
    return n
def draw(k):
    picture = Picture(xlabel="x", ylabel="y").exact([0, 1], [0, 1], "line")
    picture.value("size", str(size(k))).alt = ALT
    return picture
"""


def test_a_later_cell_does_not_change_an_experiment(reading):
    alt = "A straight line from zero to one, and beside it a number that says how large something is."
    page = {"__name__": "__main__", "Picture": Picture, "ALT": alt}
    exec(PAGE, page)
    box = explore(page["draw"], k=[1, 2])
    page |= {"n": 50, "size": None}
    box.children[1].children[0].value = 2
    assert "<b>6</b>" in box.children[0].value
    exec(PAGE.replace("n = 3", "n = 50"), page)
    box = explore(page["draw"], k=[1, 2])
    assert "<b>50</b>" in box.children[0].value


def test_live_guess_uncovers(reading):
    box = explore(draw, n=[1, 2], guess=Guess("Where?", ["here", "there"], answer=0, because="So."))
    puzzle, stage = box.children
    assert stage.layout.display == "none"
    puzzle.children[1].children[1].click()
    assert stage.layout.display is None and "Not so. So." in puzzle.children[2].value


@pytest.mark.parametrize("mode", ["building", "reading"])
@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ((None, {"n": [1, 2]}), TypeError, "draw"),
        ((lambda n: "no picture", {"n": [1, 2]}), TypeError, "Picture"),
        ((draw, {}), ValueError, "sliders"),
        ((draw, {"n": [1]}), ValueError, "values"),
        ((draw, {"n": 5}), TypeError, "values"),
        ((draw, {"n": [1, 2], "guess": "?"}), TypeError, "guess"),
    ],
)
def test_bad_input(mode, arguments, error, match, request):
    request.getfixturevalue(mode)
    function, keywords = arguments
    with pytest.raises(error, match=match):
        explore(function, **keywords)


def test_too_many_frames(building):
    with pytest.raises(ValueError, match="400"):
        explore(draw, n=list(range(21)), c=list(range(21)))


def test_slider():
    slider = Slider("n", np.array([10, 20]), start=20, label=lambda n: f"{n} samples")
    assert slider.index == 1 and slider.labels == ["10 samples", "20 samples"]
    with pytest.raises(ValueError, match="start"):
        Slider("n", [1, 2], start=3)
    with pytest.raises(TypeError, match="name"):
        Slider(1, [1, 2])


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("?", ["a"], 0), ValueError),
        (("?", "ab", 0), ValueError),
        (("?", ["a", "b"], 2), ValueError),
        (("?", ["a", "b"], 0.5), TypeError),
        (("", ["a", "b"], 0), TypeError),
        (("?",), ValueError),
    ],
)
def test_guess_refuses(arguments, error):
    with pytest.raises(error):
        Guess(*arguments, because="So.")


@pytest.mark.parametrize("choice", [2, -1, 0.0, "0", None, True])
def test_a_verdict_is_on_one_of_the_options(choice):
    with pytest.raises((TypeError, ValueError), match="^choice must "):
        Guess("?", ["a", "b"], 0, because="So.").verdict(choice)


@pytest.mark.parametrize("ways", [{"place": "z"}, {"place": "x", "sketch": True}, {"options": ["a", "b"], "sketch": True}, {"sketch": 1}])
def test_guess_needs_one_way_to_answer(ways):
    with pytest.raises((TypeError, ValueError)):
        Guess("?", answer=0, because="So.", **ways)


def test_live_guess_on_the_axes(reading):
    box = explore(draw, n=[1, 2], guess=Guess("Where?", place="x", because="At 1."))
    puzzle, stage = box.children
    mine, show = puzzle.children[1].children
    mine.value = "3"
    show.click()
    assert stage.layout.display is None and "You said 3. At 1." in puzzle.children[2].value


@pytest.mark.parametrize(
    ("values", "text", "said"),
    [
        ([1, 2], "1_000", "1000"),
        ([1, 2], " 1,500 ", "1500"),
        ([1, 2], "1\u202f200", "1200"),
        ([1, 2], "1e3", "1000"),
        ([1, 2], "-1", "−1"),
        ([1, 2], "1.5", "n must be a whole number"),
        ([1, 2], "nan", "n must be a whole number"),
        ([1, 2], "inf", "n must be a whole number"),
        ([1, 2], "10**400", "n must be a whole number"),
        ([1, 2], "1e9", "n must be at most 2,000 here"),
        ([1, 2], "1" + "0" * 400, "n must be at most 2,000 here"),
        ([1, 2], "1" * 5000, "n must be a whole number"),
        ([0.5, 1.0], "nan", "n must be a number"),
        ([0.5, 1.0], "1e400", "n must be a number"),
        ([0.5, 1.0], "<b>", "n must be a number, got &#x27;&lt;b&gt;"),
    ],
)
def test_live_odd_values(reading, values, text, said):
    def shows(n):
        picture = Picture(xlabel="x", ylabel="y").exact([0, 1], [0, n], "n").value("n", f"{n:g}")
        picture.alt = "A line of one piece that ends where the reader has asked for it to end."
        return picture

    box = explore(shows, n=values)
    view, row, message = box.children
    row.children[1].value = text
    assert (f"<b>{said}</b>" in view.value) == (message.value == "")
    assert said.startswith("n ") == (said in message.value)


def test_live_slow_or_interrupted_values_leave_the_last_picture(reading, monkeypatch):
    from collapse_lib import _live

    def stops(n):
        if n == 7:
            raise KeyboardInterrupt
        while n == 8:
            pass
        return draw(n)

    monkeypatch.setattr(_live, "LIMIT", 0.05)
    box = explore(stops, n=[1, 2])
    view, row, message = box.children
    before = view.value
    for text, why in (("7", "KeyboardInterrupt"), ("8", "longer than 0.05 s")):
        row.children[1].value = text
        assert why in message.value and view.value == before
    row.children[0].value = 2
    assert message.value == "" and view.value != before
