"""What does each type let through, and what does it hide?"""

import math
from collections.abc import Callable
from pathlib import Path, PureWindowsPath
from typing import Any

import pytest

from aboveboard.catalog import Verdict
from aboveboard.catalog.declared import NEEDS
from aboveboard.catalog.types import TYPES

Checked = Callable[..., Verdict]

PASSES: list[tuple[str, object, object]] = [
    ("flag", True, True),
    ("flag", False, False),
    ("count", 0, 0),
    ("count", -3, -3),
    ("count", 3.0, 3),
    ("count", 2**53, 2**53),
    ("load", 0.75, 0.75),
    ("load", -4, -4),
    ("wait_ms", 153.2, 153.2),
    ("wait_ms", 0, 0),
    ("tool", "5.3.1", "5.3.1"),
    ("tool", "v1.31.2", "v1.31.2"),
    ("tool", "10.0.22631.4317", "10.0.22631.4317"),
    ("tool", "5.15.167.4-microsoft-standard-WSL2", "5.15.167.4-microsoft-standard-WSL2"),
    ("tool", "1.2.0-rc.1", "1.2.0-rc.1"),
    ("tool", "4.9.3-3.fc41.x86_64", "4.9.3-3.fc41.x86_64"),
    ("tool", "1.2.3-alice-thinkpad", "1.2.3"),
    ("engine", "podman", "podman"),
    ("items", 0, "<1"),
    ("items", 1, "1..<10"),
    ("items", 9.99, "1..<10"),
    ("items", 10, "10..<100"),
    ("items", 100, ">=100"),
    ("items", math.inf, ">=100"),
    ("machine", "", ""),
    ("config", "/home/alice/acme/kind.yaml", "<path>.yaml"),
    ("config", r"C:\Users\John Smith\kind.YAML", "<path>.yaml"),
    ("config", "/srv/backup.tar.gz", "<path>.tar.gz"),
    ("config", "/home/alice/letter.to-bob", "<path>"),
    ("config", "/home/alice.smith", "<path>"),
    ("config", "kind", "<path>"),
    ("config", "", ""),
    ("config", Path("/home/alice/x.json"), "<path>.json"),
    ("config", PureWindowsPath("C:/Users/alice/x.json"), "<path>.json"),
    ("fault", {"code": "ENOENT"}, {"code": "ENOENT"}),
    ("fault", {"code": "ERR_SOCKET_TIMEOUT", "errno": -2}, {"code": "ERR_SOCKET_TIMEOUT", "errno": -2}),
    ("fault", {"statusCode": 404, "exitCode": 4294967295}, {"statusCode": 404, "exitCode": 4294967295}),
    ("fault", {"exitCode": "125", "code": "0x80070005"}, {"exitCode": "125", "code": "0x80070005"}),
    ("fault", {"type": "requests.exceptions.ReadTimeout"}, {"type": "ReadTimeout"}),
    ("fault", {"name": "TypeError", "killed": False}, {"name": "TypeError", "killed": False}),
    ("fault", {"cause": {"type": "OSError"}}, {"cause": {"type": "OSError"}}),
    ("tags", ["new", "old", "new"], ["new", "old", "new"]),
    ("tags", ("new",), ["new"]),
    ("tags", ["new", "alice", 3], ["new"]),
    ("sizes", {"small": 1, "alice": 2}, {"small": 1}),
    ("steps", [{"id": "begin", "times_ms": [1, 2.5]}], [{"id": "begin", "times_ms": [1, 2.5]}]),
    ("steps", [{"id": "begin", "user": "alice"}], [{"id": "begin"}]),
]

DROPPED: list[tuple[str, object, str]] = [
    ("flag", 1, "wrong type"),
    ("flag", "true", "wrong type"),
    ("count", True, "wrong type"),
    ("count", "3", "wrong type"),
    ("count", 2.5, "wrong type"),
    ("count", 2**53 + 1, "out of range"),
    ("count", 10**400, "out of range"),
    ("load", math.nan, "out of range"),
    ("load", math.inf, "out of range"),
    ("load", True, "wrong type"),
    ("wait_ms", -1, "out of range"),
    ("wait_ms", "12", "wrong type"),
    ("tool", "alice", "wrong type"),
    ("tool", "1.2.3" * 60, "wrong type"),
    ("tool", 5.3, "wrong type"),
    ("engine", "alice", "unlisted enum value"),
    ("engine", "Podman", "unlisted enum value"),
    ("engine", 1, "wrong type"),
    ("items", "many", "unlisted enum value"),
    ("items", math.nan, "wrong type"),
    ("items", True, "wrong type"),
    ("machine", 7, "wrong type"),
    ("config", 7, "wrong type"),
    ("note", 7, "wrong type"),
    ("fault", 7, "wrong type"),
    ("fault", ["no"], "wrong type"),
    ("tags", "new", "wrong type"),
    ("tags", {"new"}, "wrong type"),
    ("remarks", ["no"], "wrong type"),
    ("steps", {}, "wrong type"),
]


@pytest.mark.parametrize(("name", "given", "sent"), PASSES)
def test_what_passes(checked: Checked, name: str, given: object, sent: object) -> None:
    verdict = checked(**{name: given})
    assert verdict.properties == {name: sent}
    assert type(verdict.properties[name]) is type(sent)


@pytest.mark.parametrize(("name", "given", "reason"), DROPPED)
def test_what_is_dropped_and_why(checked: Checked, name: str, given: object, reason: str) -> None:
    verdict = checked(**{name: given})
    assert verdict.properties == {}
    assert [(drop.path, drop.reason) for drop in verdict.drops] == [(name, reason)]
    assert verdict.event == "thing.done"


def test_every_type_of_the_table_is_tried(catalog: Any) -> None:
    declared = catalog.events["thing.done"].properties
    tried = {declared[name].type for name, _, _ in (*PASSES, *DROPPED)}
    assert tried == set(TYPES) == set(NEEDS)


@pytest.mark.parametrize(("name", "given"), [(name, given) for name, given, _ in PASSES])
def test_what_the_client_sends_passes_the_collector_unchanged(
    catalog: Any, checked: Checked, collector_safety: Any, name: str, given: object
) -> None:
    from aboveboard.catalog import check
    from tests.catalog.conftest import TODAY

    sent = checked(**{name: given}).properties
    again = check(catalog, "thing.done", sent, today=TODAY, safety=collector_safety)
    assert again.properties == sent
    assert again.drops == ()


class TestNames:
    def test_a_name_is_hashed_with_the_install_s_key(self, checked: Checked) -> None:
        sent = checked(machine="alice-dev").properties["machine"]
        assert isinstance(sent, str)
        assert sent.startswith("h:")
        assert sent == checked(machine="alice-dev").properties["machine"]
        assert sent != checked(machine="alice-dev2").properties["machine"]

    def test_a_hashed_name_passes_as_it_is(self, checked: Checked) -> None:
        assert checked(machine="h:0123456789abcdef").properties == {"machine": "h:0123456789abcdef"}

    def test_without_a_key_a_raw_name_is_nothing_but_a_name(
        self, catalog: Any, collector_safety: Any
    ) -> None:
        from aboveboard.catalog import check
        from tests.catalog.conftest import TODAY

        given = {"machine": "alice-dev", "names": {"alice": 1, "h:0123456789abcdef": 2}}
        verdict = check(catalog, "thing.done", given, today=TODAY, safety=collector_safety)
        assert verdict.properties == {"machine": "<name>", "names": {"<name>": 1, "h:0123456789abcdef": 2}}
        assert ("machine", "name") in [(path, item.kind) for path, item in verdict.replacements]

    def test_a_name_is_gone_from_the_texts_of_the_same_event(self, catalog: Any) -> None:
        """Errors repeat the name that the app has just been given, and it may be a plain word."""
        from aboveboard.catalog import Safety, check
        from aboveboard.privacy import Cleaner, Hasher
        from tests.catalog.conftest import TODAY

        safety = Safety(Cleaner(words=catalog.words), Hasher(bytes(32)))
        bag = {"note": "billing has failed", "fault": "billing has failed"}
        unnamed = check(catalog, "thing.done", bag, today=TODAY, safety=safety)
        assert unnamed.properties["note"] == "billing has failed"
        named = check(catalog, "thing.done", {**bag, "machine": "billing"}, today=TODAY, safety=safety)
        assert set(named.properties) == {"note", "fault", "machine"}
        assert "billing" not in str(named)


class TestErrors:
    def test_a_text_is_an_error_with_this_message(self, checked: Checked) -> None:
        assert checked(fault="permission denied").properties == {"fault": {"message": "permission denied"}}

    def test_command_and_output_are_withheld_and_counted(self, checked: Checked) -> None:
        verdict = checked(fault={"command": "podman rm alice", "stdout": "alice", "exitCode": 125})
        assert verdict.properties == {"fault": {"exitCode": 125}}
        assert {(drop.path, drop.reason) for drop in verdict.drops} == {
            ("fault.command", "withheld field"),
            ("fault.stdout", "withheld field"),
        }

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("code", "alice"),
            ("code", "Alice Smith"),
            ("statusCode", 4155551234),
            ("exitCode", "4155551234"),
            ("type", "alice"),
            ("type", "Alice"),
            ("name", "Alice Smith Error"),
            ("json", {"message": "alice"}),
            ("alice", 1),
        ],
    )
    def test_what_is_no_code_and_no_class_is_dropped(self, checked: Checked, key: str, value: object) -> None:
        verdict = checked(fault={key: value})
        assert verdict.properties == {"fault": {}}
        assert len(verdict.drops) == 1
        assert "alice" not in str(verdict).lower()

    def test_causes_end(self, checked: Checked) -> None:
        deep: dict[str, object] = {"code": "EPERM"}
        deep["cause"] = deep
        verdict = checked(fault=deep)
        one = {"code": "EPERM"}
        assert verdict.properties == {"fault": {**one, "cause": {**one, "cause": one}}}
        assert [drop.reason for drop in verdict.drops] == ["too deep"]
