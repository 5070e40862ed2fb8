"""What is kept of events that nobody declared, and what is not?"""

from typing import Any

import pytest

from aboveboard.catalog import Safety, Verdict, clean_all, clean_name
from aboveboard.catalog.undeclared import MAX_DEPTH


@pytest.fixture
def cleaned(collector_safety: Safety) -> Any:
    def run(**properties: object) -> Verdict:
        return clean_all(properties, safety=collector_safety)

    return run


def test_texts_are_cleaned_wherever_they_stand(cleaned: Any) -> None:
    secret = "cannot open /home/zbigniew/acmecorp.yaml for zbigniew@acmecorp.example"
    verdict = cleaned(message=secret, error={"message": secret, "causes": [secret, {"message": secret}]})
    assert "zbigniew" not in str(verdict)
    assert "acmecorp" not in str(verdict)
    assert set(verdict.properties) == {"message", "error"}
    assert verdict.replacements


def test_keys_are_cleaned_too(cleaned: Any) -> None:
    verdict = cleaned(**{"zbigniew@acmecorp.example": 1, "count": 2, "/home/zbigniew": {"zbigniew": 3}})
    assert verdict.properties["count"] == 2
    assert "zbigniew" not in str(verdict)
    assert "acmecorp" not in str(verdict)


def test_of_keys_that_become_the_same_the_first_stays_and_the_others_are_counted(cleaned: Any) -> None:
    verdict = cleaned(**{"a@zbigniew.example": 1, "b@zbigniew.example": 2})
    assert list(verdict.properties.values()) == [1]
    assert [drop.reason for drop in verdict.drops] == ["same key after cleaning"]


@pytest.mark.parametrize(
    "name",
    ["error", "duration_ms", "exitCode", "recipe.id", "connections-length", "common.weight", "app_version"],
)
def test_names_from_code_stay_as_they_are(cleaned: Any, collector_safety: Safety, name: str) -> None:
    assert cleaned(**{name: 3}).properties == {name: 3}
    assert clean_name(name, collector_safety.cleaner) == name


def test_commands_and_output_are_withheld_anywhere(cleaned: Any) -> None:
    verdict = cleaned(
        command="rm zbigniew", error={"exitCode": 1, "stdout": "zbigniew", "args": ["zbigniew"]}
    )
    assert verdict.properties == {"error": {"exitCode": 1}}
    assert [drop.reason for drop in verdict.drops] == ["withheld field"] * 3


def test_depth_ends(cleaned: Any) -> None:
    deep: Any = 1
    for _ in range(MAX_DEPTH + 3):
        deep = {"count": deep}
    verdict = cleaned(**deep)
    maps, inner = 0, verdict.properties
    while inner is not None:
        maps, inner = maps + 1, inner.get("count")
    assert maps == MAX_DEPTH
    assert [drop.reason for drop in verdict.drops] == ["too deep"]


@pytest.mark.parametrize(
    ("number", "kept"),
    [
        (404, 404),
        (-125, -125),
        (999_999, 999_999),
        (4_155_551_234, 4_160_000_000),
        (8_589_934_592, 8_590_000_000),
        (52.520008, 52.5),
        (73_411.2, 73_400.0),
        (0.1234567, 0.123),
        (0.0, 0.0),
        (True, True),
    ],
)
def test_numbers_are_too_coarse_to_be_somebody_s(cleaned: Any, number: float, kept: float) -> None:
    assert cleaned(value=number).properties == {"value": kept}
    assert cleaned(value=kept).properties == {"value": kept}
    assert type(cleaned(value=number).properties["value"]) is type(number)


def test_codes_keep_every_digit_that_a_code_has(cleaned: Any) -> None:
    error = {"exitCode": 4_294_967_295, "statusCode": 404, "code": 3_221_225_477}
    assert cleaned(error=error).properties == {"error": error}
    assert cleaned(error={"code": 4_155_551_234}).properties == {"error": {"code": 4_160_000_000}}


def test_hashed_names_pass(cleaned: Any) -> None:
    assert cleaned(name="h:0123456789abcdef").properties == {"name": "h:0123456789abcdef"}


@pytest.mark.parametrize("properties", [None, "text", 3, ["list"]])
def test_what_is_no_map_leaves_nothing(collector_safety: Safety, properties: object) -> None:
    verdict = clean_all(properties, safety=collector_safety)
    assert verdict.properties == {}
    assert [drop.reason for drop in verdict.drops] == ["wrong type"]
    assert verdict.event == ""
