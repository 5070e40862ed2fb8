"""Is it read right how an action went, in the words that Podman Desktop's events really use?"""

import pytest

from aboveboard.collector.outcome import outcome


@pytest.mark.parametrize(
    ("properties", "duration"),
    [
        ({"duration_ms": 153.2}, 153.2),
        ({"durationMs": 153}, 153.0),
        ({"duration": 61234.8}, 61234.8),
        ({"durationSeconds": 1.5}, 1500.0),
        ({"duration": -1}, None),
        ({"duration": True}, None),
        ({"duration": "3s"}, None),
        ({"duration": float("nan")}, None),
    ],
)
def test_durations_are_milliseconds_whatever_they_are_called(
    properties: dict[str, object], duration: float
) -> None:
    assert outcome("e", properties).duration_ms == duration


@pytest.mark.parametrize(
    ("event", "properties", "name"),
    [
        ("e", {}, "success"),
        ("e", {"success": True}, "success"),
        ("e", {"success": False}, "failure"),
        ("e", {"successful": False}, "failure"),
        ("e", {"error": {"message": "no"}}, "failure"),
        ("e", {"success": True, "error": "no"}, "failure"),
        ("e", {"error": None}, "success"),
        ("e", {"error": {}}, "success"),
        ("e", {"errorMessage": "no"}, "failure"),
        ("x.error", {"sourceError": "no"}, "failure"),
        ("e", {"outcome": "cancelled", "success": False}, "cancelled"),
        ("e", {"outcome": "skipped"}, "skipped"),
    ],
)
def test_failure_is_what_any_client_means_by_it(event: str, properties: dict[str, object], name: str) -> None:
    found = outcome(event, properties)
    assert (found.name, found.failed) == (name, name == "failure")


def test_the_details_of_an_error_become_columns() -> None:
    error = {"message": "denied", "name": "HttpError", "statusCode": 403, "exitCode": 1, "code": "EACCES"}
    found = outcome("e", {"error": error})
    assert (found.error_text, found.error_type, found.error_code) == ("denied", "HttpError", "EACCES")
    assert (found.status_code, found.exit_code) == (403, 1)


def test_an_error_as_text_as_list_or_with_a_nested_message_has_a_text() -> None:
    assert outcome("e", {"error": "plain"}).error_text == "plain"
    assert outcome("e", {"error": ["first", "second"]}).error_text == "first"
    assert outcome("e", {"error": {"json": {"message": "nested"}}}).error_text == "nested"
