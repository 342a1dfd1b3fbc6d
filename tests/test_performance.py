"""The table of speeds: how it is made, that it belongs to the benchmarks of today, and that the page shows it."""

import re
import socket

import pytest
from conftest import ROOT
from performance import COLUMNS, TABLE, Speed, about, digest, write

from collapse_lib import data

PAGE = ROOT / "chapters" / "reference" / "performance.md"
RACE = Speed("a task", [1.0, 2.0, 1.0], "a naive way", [300.0, 400.0, 100.0], floor=200)


def test_a_ratio_is_taken_round_by_round():
    assert RACE.ratios() == [300, 200, 100] and RACE.holds()
    row = RACE.row()
    assert (row["ratio"], row["least"], row["most"], row["seconds"]) == ("200", "100", "300", "1")
    assert str(RACE) == "a task: 1 s; 200 times (100 to 300) faster than a naive way, floor 200"


def test_a_floor_and_a_limit_are_missed():
    assert not Speed("a task", [1.0], "a naive way", [300.0], floor=301).holds()
    assert Speed("a task", [1.0, 3.0], limit=1.0).holds()
    assert str(Speed("a task", [1.1, 3.0], limit=1.0)).endswith("at most 1 s: MISSED")


def test_what_is_written_is_read(tmp_path, monkeypatch):
    write(tmp_path / "performance.csv", [RACE, Speed("another", [0.012345], limit=2.0)])
    monkeypatch.setattr(data, "files", lambda _: tmp_path)
    said, speeds = data.performance()
    assert said["benchmarks"] == digest() and said.keys() == about().keys()
    assert [tuple(speed) for speed in speeds] == 2 * [COLUMNS]
    assert (speeds[0]["ratio"], speeds[0]["limit"]) == (200, None)
    assert (speeds[1]["against"], speeds[1]["seconds"], speeds[1]["ratio"]) == ("", 0.0123, None)
    assert [path.name for path in tmp_path.iterdir()] == ["performance.csv"]


def test_the_digest_is_that_of_the_text(tmp_path):
    (tmp_path / "a.py").write_bytes(b"x = 1\n")
    unix = digest(tmp_path)
    (tmp_path / "a.py").write_bytes(b"x = 1\r\n")
    assert digest(tmp_path) == unix
    (tmp_path / "a.py").write_bytes(b"x = 2\n")
    assert digest(tmp_path) != unix


def test_the_table_is_of_these_benchmarks():
    """After a change of tests/benchmarks, `make benchmark` makes it anew."""
    said, speeds = data.performance()
    assert said["benchmarks"] == digest()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", said["date"]) and said.keys() == about().keys()
    assert len({(speed["what"], speed["against"]) for speed in speeds}) == len(speeds) > 15


def test_the_table_names_no_host_and_no_path():
    text = TABLE.read_text(encoding="utf-8")
    assert socket.gethostname() not in text and not re.search(r"(?:^|\s)(?:/\w|[A-Z]:\\)", text, re.M)


@pytest.mark.parametrize("speed", data.performance()[1], ids=lambda s: f"{s['what']}, {s['against']}")
def test_every_floor_is_kept(speed):
    assert speed["seconds"] > 0 and (speed["floor"] is not None or speed["limit"] is not None)
    assert (speed["floor"] is None) == (speed["ratio"] is None) == (speed["against"] == "")
    if speed["ratio"] is not None:
        assert 1 <= speed["floor"] <= speed["ratio"] and speed["least"] <= speed["ratio"] <= speed["most"]


def test_the_page_shows_the_table():
    text = PAGE.read_text(encoding="utf-8")
    assert "data.performance()" in text and "Table(" in text
    for key in ("date", "system", "processor", "load", "python", "numpy"):
        assert f'about["{key}"]' in text or f"about['{key}']" in text or f'"{key}"' in text, key
