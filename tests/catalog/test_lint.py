"""Does each rule find what it is for, and nothing in a catalog that is well written?"""

from datetime import date
from pathlib import Path

import pytest

from aboveboard.catalog.lint import EXEMPTION_RULES, FORM_RULES, lint, lint_file
from aboveboard.catalog.reader import read
from aboveboard.catalog.rules import RULES
from tests.catalog.conftest import EVERY_TYPE

TODAY = date(2026, 11, 23)
GOOD = """\
app = "demo"
privacy = "https://example.org/privacy"

[events."container.start"]
description = "A container was started, or could not be."
question = "How often does it fail?"
level = "usage"
owner = "the demo team"
issue = "https://example.org/issues/1"
added = 2026-01-31
expires = 2027-01-31
action = true

[events."container.start".properties]
engine = { type = "enum", values = ["podman", "docker"], description = "Which engine." }
"""
EVENT = GOOD[GOOD.index("[events") : GOOD.index("action")]
TAIL = GOOD.count("\n") + 1


END = "the end"


def prop(text: str) -> tuple[str, str]:
    """Add a property on the line after the last."""
    return (END, text)


BAD: list[tuple[str, tuple[str, str], int]] = [
    ("no-privacy", ('privacy = "https://example.org/privacy"', ""), 1),
    ("no-privacy", ("https://example.org/privacy", "http://example.org"), 2),
    ("no-events", (GOOD[GOOD.index("[events") :], ""), 1),
    ("no-description", ('description = "A container was started, or could not be."', ""), 4),
    ("no-question", ("How often does it fail?", ""), 6),
    ("no-question", ("How often does it fail?", "We want to know."), 6),
    ("no-owner", ('owner = "the demo team"', ""), 4),
    ("no-issue", ("https://example.org/issues/1", "see chat"), 9),
    ("no-added", ("added = 2026-01-31", ""), 4),
    ("no-expires", ("expires = 2027-01-31", ""), 4),
    ("expires-past", ("expires = 2027-01-31", "expires = 2026-11-23"), 11),
    ("expires-past", ("added = 2026-01-31", "added = 2027-02-01"), 11),
    ("expires-far", ("expires = 2027-01-31", "expires = 2028-11-23"), 11),
    ("event-name", ('"container.start"', '"container start"'), 4),
    ("event-name", ('"container.start"', '"container..start"'), 4),
    ("events-alike", prop(EVENT.replace("container.start", "containersStart") + "action = true"), TAIL),
    ("action-without-error", ("action = true", ""), 4),
    ("action-overridden", prop('success = { type = "enum", values = ["y", "n"], description = "D." }'), 14),
    ("property-name", prop('"the count" = { type = "integer", description = "D." }'), TAIL),
    ("properties-alike", prop('engines = { type = "bool", description = "D." }'), TAIL),
    ("property-description", prop('count = { type = "integer" }'), TAIL),
    ("unit-missing", prop('load = { type = "number", description = "D." }'), TAIL),
    ("unit-missing", prop('waiting = { type = "duration", description = "D." }'), TAIL),
    ("unit-missing", prop('memoryLimit = { type = "integer", description = "D." }'), TAIL),
    ("unit-missing", prop('diskSize = { type = "bucket", edges = [1, 2], description = "D." }'), TAIL),
    ("personal-name", prop('userName = { type = "text", description = "D." }'), TAIL),
    ("personal-name", prop('label_name = { type = "text", description = "D." }'), TAIL),
    ("personal-name", prop('configFile = { type = "text", description = "D." }'), TAIL),
    ("personal-name", prop('ip = { type = "version", description = "D." }'), TAIL),
    ("personal-name", prop('phone = { type = "integer", description = "D." }'), TAIL),
    (
        "personal-name",
        prop(
            'hosts = { type = "list", of = { type = "map", fields = '
            '{ host = { type = "text", description = "D." } } }, description = "D." }'
        ),
        TAIL,
    ),
    ("secret-name", prop('apiToken = { type = "name", description = "D." }'), TAIL),
    ("one-value", prop('kind = { type = "enum", values = ["only"], description = "D." }'), TAIL),
    (
        "unused-exemption",
        prop('x = { type = "bool", description = "D.", exempt = { one-value = "why" } }'),
        TAIL,
    ),
    ("unused-exemption", prop('x = { type = "bool", description = "D.", exempt = { typo = "why" } }'), TAIL),
]

HARMLESS = [
    'duration = { type = "duration", unit = "ms", description = "D." }',
    'durationSeconds = { type = "duration", description = "D." }',
    'memoryBytes = { type = "integer", description = "D." }',
    'temperature = { type = "number", unit = "1", description = "D." }',
    'max_tokens = { type = "integer", description = "D." }',
    'userName = { type = "name", description = "D." }',
    'configFile = { type = "path", description = "D." }',
    'hasPassword = { type = "bool", description = "D." }',
    'providerName = { type = "enum", values = ["a", "b"], description = "D." }',
    'hostModel = { type = "text", description = "D.", exempt = { personal-name = "names no host" } }',
    'engineVersion = { type = "version", description = "D." }',
    'duration_ms = { type = "duration", description = "The default fits." }',
]


def changed(change: tuple[str, str]) -> str:
    before, after = change
    if before == END:
        return GOOD + after + "\n"
    assert before in GOOD
    return GOOD.replace(before, after)


def rules_of(text: str) -> list[str]:
    return [finding.rule for finding in lint(read(text, "t.toml"), TODAY)]


@pytest.mark.parametrize("text", [GOOD, *[GOOD + line + "\n" for line in HARMLESS]])
def test_what_is_well_written_has_no_findings(text: str) -> None:
    assert lint(read(text, "t.toml"), TODAY) == []


@pytest.mark.parametrize(("rule", "change", "line"), BAD)
def test_each_rule_finds_its_flaw_where_it_stands(rule: str, change: tuple[str, str], line: int) -> None:
    findings = lint(read(changed(change), "some/t.toml"), TODAY)
    assert [(finding.rule, finding.line) for finding in findings] == [(rule, line)]
    said = str(findings[0])
    assert said.startswith(f"some/t.toml:{line}: ")
    assert f"[{rule}]; " in said
    assert len(findings[0].remedy) > 5


def test_every_rule_is_tried() -> None:
    assert {rule for rule, _, _ in BAD} == {*RULES, *EXEMPTION_RULES}


@pytest.mark.parametrize("rule", [rule for rule in RULES if RULES[rule].scope != "catalog"])
def test_every_entry_can_be_exempt_with_a_reason(rule: str) -> None:
    lines = changed(next(change for name, change, _ in BAD if name == rule)).split("\n")
    last_event = max(at for at, line in enumerate(lines) if line.startswith("level"))
    lines.insert(last_event, f'exempt = {{ {rule} = "a reason" }}')
    assert rules_of("\n".join(lines)) == []


def test_an_exemption_covers_its_own_entry_only() -> None:
    other = EVENT.replace("container.start", "pod.start").replace("the demo team", "")
    text = GOOD.replace("action = true", 'action = true\nexempt = { no-owner = "nobody" }') + other
    assert rules_of(text) == ["unused-exemption", "action-without-error", "no-owner"]


def test_form_and_rules_come_together_in_the_order_of_the_file() -> None:
    text = GOOD.replace('owner = "the demo team"', "ower = 1") + 'p = { type = "who" }\n'
    assert rules_of(text) == ["no-owner", "unknown-key", "property-description", "unknown-type"]


def test_a_file_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    assert [finding.rule for finding in lint_file(tmp_path / "none.toml", TODAY)] == ["toml"]


def test_the_catalog_of_the_tests_is_clean(tmp_path: Path) -> None:
    findings = lint(read(EVERY_TYPE, "t.toml"), TODAY)
    assert [(finding.rule, finding.message.split(":")[0]) for finding in findings] == [
        ("expires-past", "thing.old")
    ]


def test_every_rule_says_itself_in_a_sentence() -> None:
    for sentence in (
        *(rule.sentence for rule in RULES.values()),
        *FORM_RULES.values(),
        *EXEMPTION_RULES.values(),
    ):
        assert sentence.endswith((".", "…"))
        assert sentence[0].isupper()
