"""Does a chart have the numbers of its table, and nothing that is not there?"""

import json
from datetime import date

from aboveboard.dashboard.charts import lines, spark
from aboveboard.dashboard.issue import new_issue
from aboveboard.dashboard.order import in_order


def test_a_day_without_a_row_is_none_of_a_count_and_unknown_of_a_share() -> None:
    days = [(date(2026, 11, 20), 3), (date(2026, 11, 21), 4), (date(2026, 11, 23), 5)]
    counts = json.loads(lines({"Events": days}))
    assert counts["series"] == [{"label": "Events", "values": [3, 4, 0, 5]}]
    assert json.loads(lines({"Success": days}, "share"))["series"][0]["values"] == [3, 4, 5]


def test_a_small_line_has_a_corner_for_each_day() -> None:
    assert len(spark([["2026-11-20", 1], ["2026-11-23", 2]]).split()) == 4
    assert spark([["2026-11-20", 1]]) == ""


def test_rows_are_ordered_by_a_column_and_what_is_not_known_comes_last() -> None:
    rows = [{"a": 2, "b": "x"}, {"a": None, "b": "Y"}, {"a": 3, "b": "z"}]
    assert [row["a"] for row in in_order(rows, "-a")] == [3, 2, None]
    assert [row["b"] for row in in_order(rows, "b")] == ["x", "Y", "z"]
    assert in_order(rows, "nothing") == in_order(rows, "") == rows


def test_an_issue_has_the_facts_of_a_group_and_none_without_a_repository() -> None:
    group = {
        "events": ["pull"], "text": "no such image", "type": "", "code": "", "status_code": 404, "exit_code": None,
        "installs": 12, "failures": 30, "first_version": "1.2.0", "versions": ["1.2.0"], "first_seen": None,
        "last_seen": None, "fingerprint": "abc",
    }  # fmt: skip
    address = new_issue(group, "https://git.example/team/app/", "http://here/error")
    assert address.startswith("https://git.example/team/app/issues/new?title=pull%3A+no+such+image&body=")
    assert "Status%3A+404" in address
    assert "Exit" not in address
    assert new_issue(group, "https://gitlab.example/a", "x").startswith(
        "https://gitlab.example/a/-/issues/new?issue"
    )
    assert new_issue(group, "", "x") == ""
