"""Does the report say what was reached, and the comparison what got slower?"""

from pathlib import Path

from tests.bench.compare import middle
from tests.bench.figures import Figure, slower, table
from tests.bench.report import Part, keep, kept, report


def test_a_figure_is_reached_in_the_direction_in_which_it_counts() -> None:
    assert Figure("a", 9, "ms", 10).reached
    assert not Figure("a", 11, "ms", 10).reached
    assert Figure("b", 11, "MB/s", 10, at_most=False).reached
    assert not Figure("b", 9, "MB/s", 10, at_most=False).reached
    assert Figure("c", 9, "ms").reached is None


def test_the_table_names_what_is_not_reached() -> None:
    lines = table([Figure("import", 12.3456, "ms", 10), Figure("events", 23_400, "events/s")]).splitlines()
    assert lines[2] == "| import | 12.3 ms | ≤ 10 ms | **not reached** |"
    assert lines[3] == "| events | 23,400 events/s |  |  |"


def test_what_got_slower_by_more_than_a_fifth_is_named_and_nothing_else() -> None:
    base = [Figure("time", 10, "ms"), Figure("speed", 100, "MB/s", at_most=False), Figure("gone", 1, "ms")]
    head = [Figure("time", 11.9, "ms"), Figure("speed", 80, "MB/s", at_most=False), Figure("new", 9, "ms")]
    assert slower(base, head) == [("speed", 1.25)]
    assert slower(base, [Figure("time", 20, "ms")]) == [("time", 2.0)]
    assert slower(base, [Figure("time", 5, "ms")]) == []


def test_runs_become_their_median() -> None:
    runs = [[Figure("time", value, "ms", 3)] for value in (1.0, 50.0, 2.0)]
    assert middle(runs) == [Figure("time", 2.0, "ms", 3)]


def test_every_measurement_says_which_figures_it_has() -> None:
    for file in Path(__file__).parent.glob("bench_*.py"):
        assert "\ndef figures(" in file.read_text(encoding="utf-8"), file


def test_a_report_is_put_together_of_parts_that_were_measured_one_at_a_time(tmp_path: Path) -> None:
    first = Part(
        "collector", [Figure("latency", 9, "ms", 10), Figure("speed", 5, "events/s")], "12 rows", ["on a"]
    )
    keep(first, tmp_path)
    keep(Part("client", [Figure("call", 0.6, "×", 0.5)], "old", ["on b"]), tmp_path)
    keep(Part("client", [Figure("call", 0.4, "×", 0.5)], "new", ["on b"]), tmp_path)
    assert kept(tmp_path)[1] == first
    lines = report(kept(tmp_path)).splitlines()
    assert "2 of 2 of the design's numbers are reached." in lines
    # Ratios first, then the rest, then what has no number to reach.
    order = [
        line.split("|")[1].strip() for line in lines if line.startswith(("| call", "| latency", "| speed"))
    ]
    assert order == ["call", "latency", "speed"]
    assert "new" in lines
    assert "old" not in lines
