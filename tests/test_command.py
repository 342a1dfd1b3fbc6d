"""The command ``python -m collapse_lib`` and the forecast behind it."""

import csv
import io
import json
import os
import random
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from collapse_lib import _words, forgetting, vocabulary
from collapse_lib.__main__ import main

ROOT = Path(__file__).parents[1]
TEXT = "the cat sat on the mat, the end; don't sit on 'the' mat\nThe end.\n"
COUNTS = {"the": 4, "cat": 1, "sat": 1, "on": 2, "mat": 2, "end": 2, "don't": 1, "sit": 1, "The": 1}


def run(*arguments, data=b"", **environment):
    return subprocess.run(
        [sys.executable, "-m", "collapse_lib", "forecast", *map(str, arguments)],
        input=data, capture_output=True, cwd=ROOT, env=os.environ | environment, check=False,
    )  # fmt: skip


def shell(command, **environment):
    return subprocess.run(
        f"'{sys.executable}' -m collapse_lib {command}",
        shell=True, capture_output=True, text=True, cwd=ROOT, env=os.environ | environment, check=False,
    )  # fmt: skip


@pytest.fixture
def said(capsys):
    def said(*arguments):
        main(["forecast", *map(str, arguments)])
        out, err = capsys.readouterr()
        assert not err
        return out

    return said


@pytest.fixture
def refused(capsys):
    def refused(*arguments):
        with pytest.raises(SystemExit) as ended:
            main([*map(str, arguments)])
        out, err = capsys.readouterr()
        assert ended.value.code == 2 and not out and err.count("\n") == 1 and "error: " in err
        return err

    return refused


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text(TEXT, "utf-8")
    return path


# ------------------------------------------------------------------------------------ words


@pytest.mark.parametrize("seed", range(20))
def test_words_do_not_depend_on_where_the_stream_is_cut(seed):
    draw = random.Random(seed)
    for _ in range(100):
        text = "".join(draw.choice("ab'’ \n.é_1\u2003") for _ in range(draw.randrange(60)))
        cuts = sorted(draw.randrange(len(text) + 1) for _ in range(4))
        parts = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)])]
        assert _words.count(parts) == Counter(re.findall(_words.WORDS, text))
        assert _words.count(parts, words="[ab]+.") == Counter(re.findall("[ab]+.", text))
        data = text.encode()
        cuts = sorted(draw.randrange(len(data) + 1) for _ in range(4))
        pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)])]
        assert "".join(_words.decoded(pieces, encoding="utf-8", errors="strict")) == text


def test_a_text_without_spaces_is_cut_into_words_too(monkeypatch):
    monkeypatch.setattr(_words, "LONG", 10)
    monkeypatch.setattr(_words, "MANY", 3)
    parts = ["ab.cd,", "ef-", "gh.i'", "j;k", "l", "." * 30, " ", "-" * 30, "-" * 30, "mn", "op.a b c d e f"]
    assert _words.count(parts) == Counter(re.findall(_words.WORDS, "".join(parts)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "latin-1", "cp1252", "utf-8-sig"])
def test_encodings(encoding):
    text = "Öl für’s Café" if encoding != "latin-1" else "Öl für Café"
    data = text.encode(encoding)
    pieces = [data[i : i + 1] for i in range(len(data))]
    assert "".join(_words.decoded(pieces, encoding=encoding, errors="strict")) == text


def test_a_bad_byte_has_its_place():
    for data, place in [([b"abc\xc3", b"\xa9\xff"], 5), ([b"ab", b"c\xe2\x82"], 3), ([b"\xef\xbb\xbfab\xff"], 5)]:
        with pytest.raises(UnicodeDecodeError) as caught:
            list(_words.decoded(data, encoding="utf-8", errors="strict"))
        assert caught.value.start == place


# ------------------------------------------------------------------------------------ the forecast


def survives(p, n, rounds):
    """Pr(P_k != 0) by the transition matrix."""
    step = stats.binom.pmf(np.arange(n + 1), n, np.arange(n + 1)[:, None] / n)
    law = stats.binom.pmf(np.arange(n + 1), n, p)
    answer = {0: 1.0}
    for k in range(1, max(rounds) + 1):
        answer[k] = 1 - law[0]
        law = law @ step
    return np.array([answer[k] for k in rounds])


@pytest.mark.parametrize("n", [None, 7, 40])
def test_forecast_against_the_transition_matrix(n):
    rounds = [0, 1, 2, 7, 30]
    made = vocabulary.forecast(COUNTS, rounds=rounds, n=n)
    size = n or 15
    exact = sum(survives(count / 15, size, rounds) for count in COUNTS.values())
    assert (made.tokens, made.words, made.n) == (15, 9, size) and made.names == tuple(COUNTS)
    np.testing.assert_allclose(made.expected_vocabulary, exact, rtol=1e-10)
    assert np.all(made.lower <= exact * (1 + 1e-12)) and np.all(exact <= made.upper * (1 + 1e-12))
    lost = made.lost(7)
    np.testing.assert_allclose(lost, [1 - survives(count / 15, size, [7])[0] for count in COUNTS.values()], rtol=1e-9)
    for count, life in made.half_life_by_count.items():
        before, after = survives(count / 15, size, [life - 1, life])
        assert before > 0.5 >= after
    top = made.most_likely_lost(7, limit=6)
    assert [word for word, _ in top] == ["cat", "sat", "don't", "sit", "The", "on"] and top[0][1] == lost[1]


def test_forecast_takes_arrays_and_series():
    expected = vocabulary.forecast(COUNTS, rounds=[3]).expected_vocabulary
    for counts in (list(COUNTS.values()), np.array([*COUNTS.values(), 0]), pd.Series(COUNTS)):
        assert vocabulary.forecast(counts, rounds=3).expected_vocabulary == expected
    assert vocabulary.forecast(pd.Series(COUNTS), rounds=3).names == tuple(COUNTS)
    assert vocabulary.forecast([0, 5, 1], rounds=1).most_likely_lost(1)[0][0] == 2


def test_a_word_that_is_half_of_the_corpus_has_no_half_life():
    made = vocabulary.forecast([5, 5], rounds=1)
    assert made.half_life_by_count == {5: None}
    assert vocabulary.forecast([9, 1], rounds=1).half_life_by_count[9] is None
    assert vocabulary.forecast([7], rounds=[0, 5]).expected_vocabulary.tolist() == [1, 1]


def test_loss_quantile_against_survival():
    p0 = np.array([[0.0, 1e-3, 0.02], [0.3, 0.5, 1.0]])
    for n in (1, 2, 50, 10**4, 10**8):
        for u in (0.1, 0.5, 0.95):
            k = forgetting.loss_quantile(p0, u, n=n)
            assert k.shape == p0.shape and k[0, 0] == 0 and k[1, 2] == np.inf
            for p, first in zip(p0.ravel()[1:], k.ravel()[1:]):
                if first < np.inf:
                    assert forgetting.survival(float(p), n=n, k=int(first)) <= 1 - u
                    assert forgetting.survival(float(p), n=n, k=int(first) - 1) > 1 - u
                else:
                    assert p >= 1 - u or forgetting.survival(float(p), n=n, k=2**20) > 1 - u


@pytest.mark.parametrize(
    ("counts", "options", "error", "message"),
    [
        ([], {}, ValueError, "counts"),
        ([0, 0], {}, ValueError, "counts must have a sum"),
        ([-1, 2], {}, ValueError, "counts"),
        ([0.5], {}, TypeError, "counts"),
        ([[1]], {}, ValueError, "one dimension"),
        ("ab", {}, TypeError, "counts"),
        ([1], {"rounds": []}, ValueError, "rounds"),
        ([1], {"rounds": -1}, ValueError, "rounds"),
        ([1], {"rounds": 1.5}, TypeError, "rounds"),
        ([1], {"n": 0}, ValueError, "n must"),
        ([1], {"n": 10**13}, ValueError, "n must"),
    ],
)
def test_bad_counts(counts, options, error, message):
    with pytest.raises(error, match=message):
        vocabulary.forecast(counts, **({"rounds": 1} | options))


# ------------------------------------------------------------------------------------ the command


def test_formats_agree(said, file):
    made = vocabulary.forecast(COUNTS | {"the": 4}, rounds=[1, 3])
    told = json.loads(said(file, "--rounds", "1,3", "--format", "json"))
    assert set(told) >= {"tokens", "words", "rounds", "expected_vocabulary", "lower", "upper", "half_life_by_count"}
    assert (told["tokens"], told["words"], told["rounds"], told["n"]) == (15, 9, [1, 3], 15)
    assert told["expected_vocabulary"] == made.expected_vocabulary.tolist()
    assert told["half_life_by_count"] == {str(count): life for count, life in made.half_life_by_count.items()}
    rows = list(csv.DictReader(io.StringIO(said(file, "--rounds", "1,3", "--format", "csv"))))
    assert [float(row["expected_vocabulary"]) for row in rows] == told["expected_vocabulary"]
    table = said(file, "--rounds", "1,3", "--n", "1000")
    assert "15 tokens, 9 words; 1,000 tokens" in table and f"{100:.1f}%" in table


def test_tokenisation_and_several_files(said, file, tmp_path):
    other = tmp_path / "other.txt"
    other.write_text("mat hat", "utf-8")
    told = json.loads(said(file, other, "--format", "json"))
    assert (told["tokens"], told["words"]) == (17, 10)
    told = json.loads(said(file, "--words", "[a-z]+", "--format", "json"))
    assert (told["tokens"], told["words"]) == (16, 10)


def test_standard_input_and_a_reader_that_leaves(file):
    told = run("-", "--format", "json", data=TEXT.encode())
    assert told.returncode == 0 and not told.stderr and json.loads(told.stdout)["tokens"] == 15
    assert not shell(f"forecast '{file}' | head -c 1").stderr


@pytest.mark.parametrize(
    ("more", "said"),
    [
        *((f"--format {form} >/dev/full", "standard output: No space left on device") for form in ("table", "csv", "json")),
        *((f"--format {form} >&-", "standard output is closed") for form in ("table", "csv", "json")),
        ("- <&-", "standard input is closed"),
    ],
)  # fmt: skip
def test_a_stream_that_is_closed_or_full_is_an_error_of_one_line(file, more, said):
    for unbuffered in ("", "1"):
        told = shell(f"forecast '{file}' {more}", PYTHONUNBUFFERED=unbuffered)
        assert told.returncode == 2 and told.stderr.count("\n") == 1 and f"error: {said}" in told.stderr


def test_help_that_cannot_be_printed(file):
    for what in ("--help", "--version", "forecast --help"):
        told = shell(f"{what} >/dev/full", PYTHONUNBUFFERED="")
        assert told.returncode == 2 and told.stderr.endswith("error: standard output: No space left on device\n")
        assert not shell(f"{what} | true", PYTHONUNBUFFERED="").stderr


def test_without_standard_error_and_input_a_file_is_counted_all_the_same(file):
    expected = shell(f"forecast '{file}'").stdout
    for streams in ("2>&-", "2>/dev/full", "<&-", "<&- 2>&-"):
        told = shell(f"forecast '{file}' {streams}")
        assert told.returncode == 0 and told.stdout == expected != ""
    assert shell("forecast nofile 2>&-").returncode == 2


def test_no_output_encoding_matters(file):
    told = run(file, PYTHONIOENCODING="ascii", LC_ALL="C")
    assert told.returncode == 0 and told.stdout.isascii()


def test_plot_is_written_again_but_nothing_else_is_overwritten(said, refused, file, tmp_path):
    plot = tmp_path / "plot.svg"
    before = set(tmp_path.iterdir())
    said(file)
    assert set(tmp_path.iterdir()) == before
    said(file, "--plot", plot)
    said(file, "--plot", plot, "--rounds", "3")
    assert plot.read_text("utf-8").startswith("<svg") or "<svg" in plot.read_text("utf-8")
    plot.write_text("mine", "utf-8")
    assert "left alone" in refused("forecast", file, "--plot", plot)
    assert plot.read_text("utf-8") == "mine"


def test_errors_are_one_line(refused, file, tmp_path):
    bad, empty = tmp_path / "bad.txt", tmp_path / "empty.txt"
    bad.write_bytes(b"abc \xff def")
    empty.write_bytes(b" .\n")
    assert "byte 4" in refused("forecast", bad)
    assert "No such file" in refused("forecast", tmp_path / "none")
    assert "directory" in refused("forecast", tmp_path).lower()
    assert "no word" in refused("forecast", empty)
    assert "FILE" in refused("forecast")
    assert "more than once" in refused("forecast", "-", file, "-")
    assert "COMMAND" in refused()
    for option, value in [
        ("--rounds", "1,x"), ("--rounds", "-1"), ("--rounds", "9999999999"), ("--n", "0"), ("--n", "x"),
        ("--format", "xml"), ("--encoding", "klingon"), ("--encoding", "hex"), ("--words", "("), ("--errors", "ignore"),
        ("--plot", tmp_path / "none" / "plot.svg"), ("--plot", "plot.png"), ("--rounds", "1" * 5000),
    ]:  # fmt: skip
        assert option.strip("-") in refused("forecast", file, option, value) or option == "--plot"


def test_one_word(said, tmp_path):
    path = tmp_path / "one.txt"
    path.write_text("word")
    assert said(path).startswith("1 token, 1 word; 1 token is written in each round.")


def test_replace_and_encoding(said, tmp_path):
    path = tmp_path / "text"
    path.write_bytes("für Öl".encode("latin-1"))
    assert json.loads(said(path, "--encoding", "latin-1", "--format", "json"))["words"] == 2
    assert json.loads(said(path, "--errors", "replace", "--format", "json"))["tokens"] == 3


def test_version_and_help():
    command = [sys.executable, "-m", "collapse_lib", "--version"]
    told = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", told.stdout)
    assert r"\w+(?:['’]\w+)*" in "".join(run("--help", COLUMNS="300", PYTHONUTF8="1").stdout.decode().split())
