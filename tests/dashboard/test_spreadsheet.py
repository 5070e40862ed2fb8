"""Does a spreadsheet get every row, and nothing that it would calculate?"""

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from aboveboard.dashboard.spreadsheet import to_csv, wants_csv
from tests.dashboard.conftest import ADMIN, send

HEADERS = {"authorization": f"Bearer {ADMIN}", "accept": "text/csv"}

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
CELLS = TEXTS | st.integers() | st.booleans() | st.none() | st.lists(TEXTS, max_size=3)


def read(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_a_question_is_answered_as_a_file_with_a_header(client: TestClient) -> None:
    send(client, "trial", "startContainer", durationMs=40)
    send(client, "trial", "startContainer", error={"message": "=1+1"})
    send(client, "trial", "startup")
    answer = client.get("/api/v1/actions?source=trial", headers=HEADERS)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="actions.csv"'
    assert answer.headers["vary"] == "accept"
    rows = read(answer.content)
    json_rows = client.get(
        "/api/v1/actions?source=trial", headers=HEADERS | {"accept": "application/json"}
    ).json()["rows"]
    assert list(rows[0]) == list(json_rows[0])
    assert [(row["event"], row["events"], row["failures"]) for row in rows] == [
        ("startContainer", "2", "1"),
        ("startup", "1", "0"),
    ]
    assert rows[1]["p50_ms"] == ""


def test_a_refusal_stays_json(client: TestClient) -> None:
    wrong = client.get("/api/v1/actions?from=soon", headers=HEADERS)
    assert (wrong.status_code, wrong.json()["error"]["reason"]) == (400, "wrong filter")


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("text/csv", True),
        ("TEXT/CSV; charset=utf-8", True),
        ("text/csv, application/json;q=0.9", True),
        ("application/json, text/csv;q=0.5", False),
        ("text/csv;q=0", False),
        ("text/csv;q=much", False),
        ("*/*", False),
        ("text/*", False),
        ("", False),
    ],
)
def test_csv_is_for_whoever_names_it(accept: str, wanted: bool) -> None:
    assert wants_csv(accept) == wanted


@given(st.lists(st.fixed_dictionaries({"a": CELLS, "b": CELLS}), min_size=1, max_size=5))
def test_no_cell_is_ever_a_formula_and_none_is_lost(rows: list[dict[str, Any]]) -> None:
    found = read(to_csv(rows))
    assert len(found) == len(rows)
    for row, cells in zip(rows, found, strict=True):
        for name, value in row.items():
            if isinstance(value, str):
                assert not cells[name].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
                assert cells[name].removeprefix("'") == value.removeprefix("'")


def test_numbers_stay_numbers_and_moments_are_written_in_full() -> None:
    row = {"n": -1.5, "none": None, "yes": True, "list": [{"a": 1}], "at": datetime(2026, 11, 23, tzinfo=UTC)}
    assert to_csv([row]).decode() == (
        'n,none,yes,list,at\r\n-1.5,,true,"[{""a"":1}]",2026-11-23T00:00:00+00:00\r\n'
    )
    assert to_csv([]) == b""


def test_a_column_that_only_one_row_has_is_there_for_all() -> None:
    assert to_csv([{"a": 1}, {"b": "@x"}]).decode() == "a,b\r\n1,\r\n,'@x\r\n"
