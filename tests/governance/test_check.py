"""Are code and catalog held against each other both ways?"""

from collections.abc import Callable

import pytest

from aboveboard.catalog.reader import read
from aboveboard.governance.check import RULES, check
from aboveboard.governance.scan import Scan

from .conftest import reading_of

Scanned = Callable[..., Scan]
NAMED = (
    'a\n[events.a.properties]\nkind = { type = "enum", values = ["x", "y"] }\n'
    'size = { type = "integer", unit = "1" }'
)


def rules(found: list[object]) -> list[str]:
    return [getattr(each, "rule", "") for each in found]


CASES = {
    "undeclared-event": ('telemetry.log_usage("a")\ntelemetry.log_usage("b")\n', ("a",)),
    "unknown-event": ('telemetry.log_usage("a")\ntelemetry.log_usage(input())\n', ("a",)),
    "undeclared-property": ('telemetry.log_usage("a", {"more": 1})\n', ("a",)),
    "type-conflict": ('telemetry.log_usage("a", {"kind": "x", "size": "large"})\n', (NAMED,)),
    "unlisted-value": ('telemetry.log_usage("a", {"kind": "z", "size": 1})\n', (NAMED,)),
    "wrong-level": ('telemetry.log_error("a")\n', ("a",)),
    "not-an-action": ('with telemetry.action("a"):\n    pass\n', ("a",)),
    "never-called": ('telemetry.log_usage("a")\n', ("a", "b")),
    "never-given": ('telemetry.log_usage("a", {"kind": "x"})\n', (NAMED,)),
    "trusted-value": ('telemetry.log_usage("a")\nTrustedValue(input())\n', ("a",)),
}


def test_there_is_a_case_for_every_rule() -> None:
    assert set(CASES) == set(RULES)


@pytest.mark.parametrize("rule", CASES)
def test_each_rule_finds_its_flaw_and_only_that(rule: str, scanned: Scanned) -> None:
    code, events = CASES[rule]
    found = check(scanned(code), [reading_of(*events)])
    assert rules(found) == [rule]
    assert found[0].line > 0
    assert found[0].remedy


def test_code_that_keeps_to_its_catalog_has_no_findings(scanned: Scanned) -> None:
    code = (
        'telemetry.log_usage("a", {"kind": "x", "size": 3})\n'
        'with telemetry.action("b") as action:\n    action.set(n=1)\n'
    )
    events = (NAMED, 'b\naction = true\n[events.b.properties]\nn = { type = "integer", unit = "1" }')
    assert check(scanned(code), [reading_of(*events)]) == []


def test_a_template_stands_for_every_declared_event_of_its_form(scanned: Scanned) -> None:
    code = 'def f(kind):\n    telemetry.log_usage(f"open.{kind}.done")\n'
    assert check(scanned(code), [reading_of("open.pod.done", "open.image.done")]) == []
    assert rules(check(scanned(code), [reading_of("open.pod")])) == ["undeclared-event", "never-called"]


def test_an_extension_names_its_events_with_and_without_its_id(scanned: Scanned) -> None:
    text = 'extension = "us.kind"\n[events.a]\nlevel = "usage"\n[events.b]\nlevel = "usage"\n'
    code = 'telemetry.log_usage("a")\ntelemetry.log_usage("us.kind.b")\n'
    assert check(scanned(code), [read(text, "telemetry.toml")]) == []


def test_what_the_client_logs_by_itself_needs_no_call(scanned: Scanned) -> None:
    assert check(scanned(""), [reading_of("startup", "shutdown", "crash", "page")]) == []


def test_errors_may_be_given_as_texts_or_objects(scanned: Scanned) -> None:
    code = 'try:\n    pass\nexcept OSError as error:\n    telemetry.log_error("a", {"error": str(error)})\n'
    assert check(scanned(code), [reading_of("a", level="error")]) == []
