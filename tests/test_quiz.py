"""Quick questions: how they are read, what is refused, the block on a page, and that every page has one."""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import sys

import numpy as np
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from conftest import CONTENT, PATIENCE, ROOT
from docutils import nodes
from test_build import Book

sys.path.insert(0, str(ROOT / "theme"))
from bookbuild import questions, quiz  # noqa: E402
from bookbuild.questions import QuestionError, blocks, main, markdown, parse, shown  # noqa: E402

NUMBER = r"""How much of $p_0(1-p_0)$ is left after 4 generations,
by *heterozygosity*, in samples of $n = 10$?

let keep: 1 - 1/10
answer: keep ** 4
tolerance: 0.005
hint 1 - 4/10: You *subtracted*
  four times.
hint keep ** 3: One generation too few, $k = 3$.
hint above 1: A share is at most 1.
otherwise: Each generation keeps $1 - \frac1n$.
why: It is {= keep ** 4; .4f}, four factors {= keep}.
"""
CHOICE = """What happens to $\\mathbb{E}P_k$?

wrong: it falls
hint: It is unbiased.
right: it *stays*
why: The fit keeps the mean.
wrong: it rises to $1$
hint: Some runs do.
"""
ORDER = """Put in order, the smallest first.

item 3: three
item np.sqrt(2): $\\sqrt2$
item 10: ten
hint 1 before 2: The root is below two.
otherwise: Compare them in pairs.
why: They are numbers.
"""
BLOCK = f"{NUMBER}---\n{CHOICE}---\n{ORDER}"
NAMES = {"np": np}


# ------------------------------------------------------------------ reading


def test_a_number_is_evaluated():
    (question,) = parse(NUMBER, NAMES)
    assert (question.kind, question.answer) == ("number", "0.656") and not question.options
    assert question.stem.startswith("How much") and question.stem.endswith("samples of $n = 10$?")
    assert question.low == pytest.approx(0.9**4 - 0.005) and question.high == pytest.approx(0.9**4 + 0.005)
    assert [hint.text for hint in question.hints] == [
        "You *subtracted* four times.", "One generation too few, $k = 3$.", "A share is at most 1.",
    ]  # fmt: skip
    assert [(hint.low, hint.high) for hint in question.hints[:2]] == [
        pytest.approx((value - 0.005, value + 0.005)) for value in (0.6, 0.9**3)
    ]
    assert question.hints[2].low > 1 and question.hints[2].high == np.inf
    assert question.why == "It is 0.6561, four factors 0.9."


def test_a_page_is_the_same_whatever_the_last_digit_of_a_machine():
    (question,) = parse(NUMBER, NAMES)
    hints = tuple(dataclasses.replace(hint, low=np.nextafter(hint.low, 1)) for hint in question.hints)
    close = dataclasses.replace(question, low=np.nextafter(question.low, 1), hints=hints)
    assert close.low != question.low and quiz.checks(close) == quiz.checks(question)
    low, high = quiz.checks(question)["right"]
    assert (low, high) == pytest.approx((0.6511, 0.6611)) and quiz.checks(question)["hints"][2][1] is None


def test_a_tolerance_may_be_relative():
    (question,) = parse(NUMBER.replace("tolerance: 0.005", "tolerance: 1 %"), NAMES)
    assert question.high / question.low == pytest.approx(1.01 / 0.99)
    assert question.hints[0].high == pytest.approx(0.6 * 1.01)


def test_the_library_can_be_asked():
    text = NUMBER.replace("keep ** 4\ntolerance", "forgetting.survival(0.5, n=2, k=1) - 0.1\ntolerance")
    (question,) = parse(text)
    assert question.low == pytest.approx(0.75 - 0.1 - 0.005)


def test_a_choice_keeps_its_order():
    (question,) = parse(CHOICE, NAMES)
    assert (question.kind, question.answer, question.right) == ("choice", "it *stays*", (1,))
    assert question.options == ("it falls", "it *stays*", "it rises to $1$")
    assert [(hint.first, hint.text) for hint in question.hints] == [(0, "It is unbiased."), (2, "Some runs do.")]


def test_an_order_is_sorted_by_value_and_shown_in_another():
    (question,) = parse(ORDER, NAMES)
    assert [question.options[place] for place in question.right] == ["$\\sqrt2$", "three", "ten"]
    assert sorted(question.options) == sorted(["three", "$\\sqrt2$", "ten"]) and question.right != (0, 1, 2)
    (hint,) = question.hints
    assert (question.options[hint.first], question.options[hint.second]) == ("three", "$\\sqrt2$")
    (as_written,) = parse(re.sub(r"item [^:]+:", "item:", ORDER).replace("1 before 2", "3 before 2"), NAMES)
    assert [as_written.options[place] for place in as_written.right] == ["three", "$\\sqrt2$", "ten"]


def test_a_key_changes_with_its_question_alone():
    first, second, _ = parse(BLOCK, NAMES)
    changed, same, _ = parse(BLOCK.replace("0.005", "0.004"), NAMES)
    assert first.key != changed.key and second.key == same.key


@pytest.mark.parametrize(
    ("value", "tolerance", "text"),
    [
        (0.6561, 0.005, "0.656"), (0.6561, 0.01, "0.66"), (693.147, 5, "693"), (43657.4, 100, "43,657"),
        (12, 0, "12"), (0.125, 0, "0.125"), (-0.5, 0.1, "−0.5"), (1234000, 0, r"$1.234\cdot10^{6}$"),
        (6.94e-5, 1e-6, r"$6.9\cdot10^{-5}$"), (2e-9, 1e-9, r"$2\cdot10^{-9}$"), (0, 0, "0"),
    ],
)  # fmt: skip
def test_a_number_is_shown_with_the_digits_that_count(value, tolerance, text):
    assert shown(value, tolerance) == text


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (NUMBER.replace("keep ** 4\ntol", "keep **\ntol"), 5, "cannot compute 'keep **': SyntaxError"),
        (NUMBER.replace("keep ** 4\ntol", "keeps ** 4\ntol"), 5, "NameError"),
        (NUMBER.replace("keep ** 4\ntol", "np.inf\ntol"), 5, "not a finite number"),
        (NUMBER.replace("keep ** 4\ntol", "np.ones(2)\ntol"), 5, "not a finite number"),
        (NUMBER.replace("hint keep ** 3", "hint keep ** 4 + 0.004"), 9, "'hint keep ** 4 + 0.004' overlaps the answer"),
        (NUMBER.replace("hint keep ** 3", "hint 0.601"), 9, "'hint 0.601' overlaps 'hint 1 - 4/10'"),
        (NUMBER.replace("above 1", "above 0.5"), 10, "overlaps the answer"),
        (NUMBER.replace("tolerance: 0.005\n", ""), 1, "without 'tolerance'"),
        (NUMBER.replace("tolerance: 0.005\n", "tolerance: -1\n"), 6, "not negative"),
        (NUMBER.replace("otherwise", "hint"), 11, "hint VALUE"),
        (re.sub(r"(?m)^otherwise.*\n", "", NUMBER), 1, "without 'otherwise'"),
        (re.sub(r"(?m)^why.*\n", "", NUMBER), 1, "without 'why'"),
        (re.sub(r"(?m)^hint.*\n(  .*\n)?", "", NUMBER), 1, "a hint for a likely mistake"),
        (NUMBER.replace("  four", "four"), 8, "neither a field nor indented: 'four times.'"),
        (NUMBER.replace("{= keep}", "{= kept}"), 12, "NameError"),
        (NUMBER.replace("; .4f", "; .4z"), 12, "cannot write"),
        (NUMBER.replace("let keep", "let 2"), 4, "let NAME"),
        (NUMBER + "right: a\n", 13, "'right' has no place"),
        (NUMBER + "why: again\n", 13, "a question has one 'why: ...'"),
        (CHOICE.replace("hint: Some runs do.\n", ""), 7, "followed by its hint"),
        (CHOICE.replace("hint: Some runs do.", "hint:"), 8, "'hint' without text"),
        (CHOICE.replace("hint: Some", "hint 3: Some"), 1, "followed by one 'hint: text'"),
        (CHOICE.replace("rises to $1$", "falls"), 1, "no choice twice"),
        (CHOICE.replace("wrong", "right"), 7, "has one 'right: ...'"),
        (ORDER.replace("item 10: ten\n", ""), 1, "three to five items"),
        (ORDER.replace("item 10:", "item:"), 1, "every item has a value or none"),
        (ORDER.replace("item 10:", "item 3.0:"), 1, "items of the same value"),
        (ORDER.replace("1 before 2", "2 before 1"), 6, "is for the right order"),
        (ORDER.replace("1 before 2", "1 before 4"), 6, "the numbers of two items"),
        ("\n\nA text.\n\nMore text.\n", 5, "one paragraph"),
        ("\nA text.\n", 2, "needs an answer"),
        ("answer: 3\n", 1, "begins with its text"),
        (CHOICE + "---\n" + NUMBER.replace("keep ** 4\ntol", "x\ntol"), 14, "NameError"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(text, line, message):
    with pytest.raises(QuestionError, match=re.escape(message)) as raised:
        parse(text, NAMES)
    assert raised.value.line == line


def test_markdown_has_questions_options_and_folded_answers():
    text = markdown(parse(BLOCK, NAMES))
    assert text.count("<details><summary>Answer</summary>\n\n") == text.count("\n\n</details>") == 3
    assert "1\\. How much of $p_0(1-p_0)$" in text and "0.656. It is 0.6561, four factors 0.9." in text
    assert "- (a) it falls\n- (b) it *stays*\n- (c) it rises to $1$\n" in text and "\n\nb. The fit keeps" in text
    letters = re.search(r"\n\n([abc]), ([abc]), ([abc])\. They are numbers", text).groups()
    options = dict(re.findall(r"- \(([abc])\) (.*)", text.partition("3\\. ")[2]))
    assert [options[letter] for letter in letters] == ["$\\sqrt2$", "three", "ten"]


def test_the_guide_for_authors_shows_what_is_read():
    ((_, block),) = blocks(inspect.cleandoc(questions.__doc__).replace("\n    ", "\n"))
    assert [(question.kind, question.answer) for question in parse(block)] == [
        ("number", "0.656"),
        ("choice", "the word of count 1"),
        ("order", "; ".join(f"the half-life of {what}" for what in
                            ("a word of count 1", "a word of count 10", "the diversity, $n = 1000$"))),
    ]  # fmt: skip


def test_an_author_sees_the_questions_of_a_page_or_what_is_wrong(tmp_path, capsys):
    good, bad = tmp_path / "good.md", tmp_path / "bad.md"
    good.write_text(PAGE, encoding="utf-8")
    bad.write_text(WRONG, encoding="utf-8")
    assert main([str(good), str(bad)]) == 1
    said = capsys.readouterr()
    assert f"{good}:7" in said.out and "0.656. It is 0.6561" in said.out
    assert "1: from 0.595 to 0.605: You *subtracted* four times." in said.out and "2: a: It is unbiased." in said.out
    assert "1: else: Each generation keeps" in said.out
    assert said.err.startswith(f"{bad}:14: 'hint 0.6001' overlaps")


def test_other_writers_print_the_answers_after_the_questions():
    block = quiz.quick(page="page")
    number = quiz.quick_question(kind="number", key="", right="", data={})
    number += quiz.quick_stem("", "", nodes.Text("How many?"))
    number += [quiz.quick_sealed("", "", nodes.Text(text), name=name) for name, text in
               (("answer", "12"), ("why", "Because."), ("hint-0", "No."))]  # fmt: skip
    choice = quiz.quick_question(kind="choice", key="", right="b", data={})
    choice += [quiz.quick_stem("", "", nodes.Text("Which?")), quiz.quick_options()]
    choice[1] += [quiz.quick_option("", "", nodes.Text(text)) for text in ("this", "that")]
    choice += [quiz.quick_sealed("", "", nodes.Text(text), name=name) for name, text in
               (("answer", "that"), ("why", "So it is."), ("hint-0", "No."))]  # fmt: skip
    block += [number, choice]
    title, asked, _, answers = quiz.plain(block)
    assert title.astext() == "Quick questions"
    assert asked.astext().split() == ["How", "many?", "Which?", "this", "that"]
    assert [item.astext() for item in answers] == ["12. Because.", "b. So it is."]


# ------------------------------------------------------------------ a small book

PAGE = "# A page\n\n## What it means\n\nText with $x$.\n\n```{quick}\n" + BLOCK + "```\n\n## Exercises\n\nText.\n"
WRONG = "# Wrong\n\nText.\n\n```{quick}\n" + NUMBER.replace("hint keep ** 3", "hint 0.6001") + "```\n"
VISIBLE = ".quick-question:not([hidden])"


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    book = Book(tmp_path_factory.mktemp("book"), page=PAGE, wrong=WRONG)
    book.outcome = book.build()
    return book


@pytest.fixture
def look(book, browser):
    """Open the page with the questions; afterwards nothing may have been complained of."""
    contexts, complaints = [], []

    def open_(context=None, **options):
        if context is None:
            context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
            context.set_default_timeout(1000 * PATIENCE)
            contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto((book.folder / "_build/html/chapters/page.html").as_uri(), wait_until="load")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not complaints, complaints


def said(page):
    return page.locator(f"{VISIBLE} .quick-said").inner_text().replace("\n", " ")


def answer(page, text):
    page.locator(f"{VISIBLE} input[type=text]").fill(text)
    page.get_by_role("button", name="Check").click()


def test_a_wrong_question_fails_the_build_with_its_line(book):
    code, text, warnings = book.outcome
    assert code != 0 and len(warnings) == 1, text
    line = WRONG.splitlines().index("hint 0.6001: One generation too few, $k = 3$.") + 1
    assert f"wrong.md:{line}: WARNING: a quick question: 'hint 0.6001' overlaps 'hint 1 - 4/10'" in warnings[0]


def test_answers_and_hints_are_not_in_the_page(book):
    html = book.page("page")
    seen = re.sub(r"<noscript>.*?</noscript>", "", html, flags=re.S)
    assert "How much of" in seen and "it falls" in seen
    for secret in ("0.656", "subtracted", "too few", "unbiased", "keeps the mean", "numbers"):
        assert secret not in seen
        assert secret in quiz.opened(html)
    index = book.site()["search-index.js"].decode()
    assert "subtracted" not in index and "0.656" not in index


def test_formulas_of_hints_have_their_glyphs(book):
    """The style sheet keeps the rules of elements that only stand in what is sealed."""
    html, style = book.page("page"), book.site()["_static/formulas.css"].decode()
    classes = set(re.findall(r'<mjx-c class="(mjx-c\w+)', quiz.opened(html)))
    only_there = {name for name in classes if name not in re.sub(r"<noscript>.*?</noscript>", "", html)}
    assert only_there and all(name in style for name in classes)


def test_right_wrong_with_its_hint_and_show_me(look):
    page = look()
    show = page.get_by_role("button", name="Show me")
    assert page.locator(VISIBLE).count() == 1 and not show.is_visible()
    answer(page, "")
    assert said(page).startswith("Please type a number") and not show.is_visible()
    for text in ("0,6", "3/5", "6e-1", "60 %", "6·10^-1", "0.6000"):
        answer(page, text)
        assert said(page) == "Not yet. You subtracted four times.", text
    answer(page, "1,200")
    assert said(page) == "Not yet. A share is at most 1."
    answer(page, "0.1")
    assert said(page).startswith("Not yet. Each generation keeps") and show.is_visible()
    for text in ("0.6561", "0,66", "65.6%", "6.56e-1", " 6561/10000 "):
        answer(page, "x")
        answer(page, text)
        assert said(page) == "Right. It is 0.6561, four factors 0.9." and not show.is_visible(), text
    page.get_by_role("button", name="Question 3 of 3").click()
    page.get_by_role("button", name="Check").click()
    page.get_by_role("button", name="Show me").click()
    order = page.locator(f"{VISIBLE} li").evaluate_all("items => items.map(item => item.textContent)")
    assert ["three" in text for text in order] == [False, True, False] and "ten" in order[2]
    assert said(page) == "Answer: the list now shows it. They are numbers."

    again = look(page.context)  # what was answered is kept, and the question that is open comes first
    assert "What happens" in again.locator(VISIBLE).inner_text()
    again.get_by_role("button", name="Question 1 of 3, answered").click()
    assert again.locator(f"{VISIBLE} input").input_value() == " 6561/10000 " and said(again).startswith("Right.")


def test_by_keyboard_alone(look):
    page = look()
    press, focus = page.keyboard.press, lambda: page.evaluate("document.activeElement.textContent")
    page.locator(".quick-places button").last.focus()
    press("Tab")
    page.keyboard.type("0.656")
    press("Enter")
    assert said(page).startswith("Right.")
    press("Tab")
    press("Tab")
    assert focus() == "Next question"
    press("Enter")
    press("Space")
    press("Enter")
    assert said(page) == "Not yet. It is unbiased."
    press("ArrowDown")
    press("Enter")
    assert said(page) == "Right. The fit keeps the mean."
    press("Tab")
    press("Tab")
    press("Enter")
    texts = page.locator(f"{VISIBLE} li > span:first-child")
    for item, way, times in (("ten", "down", 2), ("three", "down", 0)):
        place = [item in text for text in texts.all_inner_texts()].index(True)
        page.locator(f"{VISIBLE} li").nth(place).get_by_role("button", name=f"Move {way}:").focus()
        for _ in range(times):
            press("Enter")
    assert "ten" in texts.all_inner_texts()[2]
    assert "number 3 of 3" in page.locator(f"{VISIBLE} .quick-moved").text_content()
    if "three" in texts.all_inner_texts()[0]:
        page.locator(f"{VISIBLE} li").nth(0).get_by_role("button", name="Move down:").focus()
        press("Space")
    page.get_by_role("button", name="Check").focus()
    press("Enter")
    assert said(page) == "Right. They are numbers."


def test_an_order_asks_for_its_hint(look):
    page = look()
    page.get_by_role("button", name="Question 3 of 3").click()
    up = page.locator(f"{VISIBLE} li", has_text="three").get_by_role("button", name="Move up:")
    for _ in range(2):
        up.dispatch_event("click")  # at the top it does nothing
    assert up.get_attribute("aria-disabled") == "true"
    page.get_by_role("button", name="Check").click()
    assert said(page) == "Not yet. The root is below two."


def test_storage_may_be_refused(look, browser):
    context = browser.new_context()
    context.add_init_script(
        "for (const name of ['getItem', 'setItem']) { const stock = Storage.prototype[name]; Storage.prototype[name] = "
        "function (key, ...rest) { if (key.startsWith('book-quick')) throw new Error('refused'); "
        "return stock.call(this, key, ...rest); }; }"
    )
    page = look(context)
    answer(page, "0.656")
    assert said(page).startswith("Right.")
    context.close()


def test_without_javascript_and_on_paper_the_answers_follow(look):
    page = look(java_script_enabled=False)
    assert page.locator("fieldset:visible").count() == 3 and page.locator(".quick button").count() == 0
    folded = page.locator(".quick-answers li")
    assert not folded.first.is_visible()
    page.locator(".quick-answers summary").click()
    plain = [text.split(".")[0] for text in folded.all_inner_texts()]
    assert plain[1] == "b" and "0.6561" in folded.first.inner_text()
    page = look()
    page.emulate_media(media="print")
    page.wait_for_selector(".quick-paper li")
    assert page.locator("fieldset:visible").count() == 3 and not page.locator(".quick button:visible").count()
    paper = page.locator(".quick-paper li")
    assert [text.split(".")[0] for text in paper.all_inner_texts()] == plain
    small, text = (page.locator(f".quick {where}").first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
                   for where in (".quick-paper", "legend"))  # fmt: skip
    assert small < text
    page.emulate_media(media="screen")
    page.wait_for_selector(".quick-paper", state="detached")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_it_fits(look, scheme):
    page = look(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    page.evaluate(AXE_SCRIPT)
    for number, name in enumerate(("number", "choice", "order")):
        page.locator(".quick-places button").nth(number).click()
        if name == "choice":
            page.locator(f"{VISIBLE} input").first.check()
        elif name == "number":
            page.locator(f"{VISIBLE} input").fill("2")
        page.get_by_role("button", name="Check").click()
        found = page.evaluate("axe.run('.quick', {resultTypes: ['violations']}).then(found => found.violations)")
        assert not found, json.dumps(found)[:2000]
        box = page.locator(".quick").evaluate("e => [e.scrollWidth - e.clientWidth, e.getBoundingClientRect().height]")
        assert box[0] <= 0 and box[1] < 844 / 2, box


# ------------------------------------------------------------------ the book

def name(path):
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", CONTENT, ids=map(name, CONTENT))
def test_questions_of_a_page(path):
    """Two or three, directly before the exercises; all are read, and all values computed."""
    text = path.read_text(encoding="utf-8")
    ((_, block),) = blocks(text)
    assert f"{block}```\n\n## Exercises\n" in text, "the questions stand directly before the exercises"
    asked = parse(block)
    assert 2 <= len(asked) <= 3
    assert len({question.stem for question in asked}) == len(asked)
