"""Who decides, and what do they decide? The truth table, each source, and the settings file."""

import itertools
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.client import levels
from aboveboard.client.answer import Answer, Offer, accepting, read_answer
from aboveboard.client.consent import decide
from aboveboard.client.environment import CI_VARIABLES, Source, disable_variable, environment_sources
from aboveboard.client.managed import Managed
from aboveboard.client.settings import BrokenSettings, read_settings, with_member, write_settings
from tests.client.conftest import Bench

ABSENT = "absent"
OFFER = Offer(notice=1, digest="0" * 16, highest="usage")
FREE = Managed(levels.USAGE, "")
SAYS = ("off", "nothing")


def settings_of(check: object, enabled: object, level: object, notice: object) -> dict[str, object]:
    """A settings file with these keys, those that are absent left out."""
    record = {"version": notice, "covers": "usage"} if isinstance(notice, int) else ABSENT
    values = {"check": check, "enabled": enabled, "level": level, "notice": record}
    return {f"telemetry.{key}": value for key, value in values.items() if value != ABSENT}


def state_of(settings: dict[str, object], offer: Offer = OFFER) -> tuple[str, str]:
    """State and level that these settings mean."""
    decision = decide((), FREE, read_answer(settings), offer)
    return decision.state, decision.level


# check, enabled, level, notice of the answer; state and level, where the app's notice is 1.
TABLE = [
    (ABSENT, ABSENT, ABSENT, ABSENT, "undecided", "off"),
    (True, ABSENT, ABSENT, ABSENT, "undecided", "off"),
    (False, True, ABSENT, ABSENT, "undecided", "off"),
    (ABSENT, True, ABSENT, 1, "undecided", "off"),
    (True, True, ABSENT, ABSENT, "undecided", "off"),
    (True, True, ABSENT, 0, "undecided", "off"),
    (True, True, ABSENT, 1, "accepted", "usage"),
    (True, True, "usage", 1, "accepted", "usage"),
    (True, True, "error", 1, "accepted", "error"),
    (True, True, "crash", 2, "accepted", "crash"),
    (True, True, "off", 1, "declined", "off"),
    (True, True, "everything", 1, "undecided", "off"),
    (True, False, ABSENT, ABSENT, "declined", "off"),
    (ABSENT, False, "usage", 1, "declined", "off"),
    (False, False, ABSENT, 1, "declined", "off"),
    (True, "false", ABSENT, 1, "declined", "off"),
    (True, 0, ABSENT, 1, "declined", "off"),
    (True, "true", ABSENT, 1, "undecided", "off"),
    (1, 1, ABSENT, 1, "undecided", "off"),
]


@pytest.mark.parametrize(("check", "enabled", "level", "notice", "state", "agreed"), TABLE)
def test_the_truth_table(
    check: object, enabled: object, level: object, notice: object, state: str, agreed: str
) -> None:
    assert state_of(settings_of(check, enabled, level, notice)) == (state, agreed)


def test_the_documented_truth_table_is_what_the_code_does() -> None:
    text = (Path(__file__).parent.parent.parent / "docs/consent.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    read = {"`true`": True, "`false`": False, "`—`": ABSENT, "`0`": 0, "`1`": 1, "`2`": 2}
    shown = 0
    for row in rows:
        if len(row) != 6:
            continue
        values = [read.get(cell.strip(), cell.strip("` ")) for cell in row[:4]]
        assert state_of(settings_of(*values)) == (row[4].strip("` "), row[5].strip("` ")), row
        shown += 1
    assert shown >= 12


@given(
    st.dictionaries(
        st.sampled_from(["telemetry.check", "telemetry.enabled", "telemetry.level", "telemetry.notice"]),
        st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=6), st.lists),
    )
)
def test_only_two_clear_values_are_ever_a_yes(settings: dict[str, object]) -> None:
    if state_of(settings, Offer())[0] == "accepted":
        assert settings["telemetry.check"] is True
        assert settings["telemetry.enabled"] is True


def test_any_off_wins_over_any_answer() -> None:
    answers = [Answer("yes"), Answer("no"), Answer("none")]
    for said, answer, ceiling in itertools.product(itertools.product(SAYS, repeat=3), answers, levels.LEVELS):
        sources = tuple(Source(str(number), word) for number, word in enumerate(said))
        decision = decide(sources, Managed(ceiling, ""), answer, Offer())
        expected = "off" if "off" in said or ceiling == "off" else None
        if expected:
            assert (decision.state, decision.level) == ("off", "off")
        elif answer.given == "yes":
            assert decision.level == ceiling


def test_an_administrator_can_lower_and_never_accept() -> None:
    for ceiling, given_answer in itertools.product(levels.LEVELS, ("yes", "no", "none")):
        decision = decide((), Managed(ceiling, ""), Answer(given_answer), Offer())
        assert (decision.state == "accepted") <= (given_answer == "yes" and ceiling != "off")
        assert levels.LEVELS.index(decision.level) <= levels.LEVELS.index(ceiling)


@pytest.mark.parametrize("value", ["1", "true", "yes", "on", "no", "anything"])
def test_any_other_value_of_a_variable_says_off(value: str) -> None:
    for variable in ("DO_NOT_TRACK", "PODMAN_DESKTOP_DISABLE_TELEMETRY", "CI"):
        found = environment_sources({variable: value}, "podman-desktop", 1000)
        assert [source.says for source in found].count("off") == 1


@pytest.mark.parametrize("value", ["", "0", "false", "False", "FALSE", " "])
def test_empty_zero_and_false_say_nothing(value: str) -> None:
    variables = dict.fromkeys(("DO_NOT_TRACK", "PODMAN_DESKTOP_DISABLE_TELEMETRY", *CI_VARIABLES), value)
    assert all(source.says == "nothing" for source in environment_sources(variables, "podman-desktop", 1000))


def test_the_apps_variable_is_named_after_it() -> None:
    assert disable_variable("podman-desktop") == "PODMAN_DESKTOP_DISABLE_TELEMETRY"
    assert disable_variable("My App 2") == "MY_APP_2_DISABLE_TELEMETRY"


def test_sudo_from_another_account_says_off_and_ones_own_does_not() -> None:
    says = {uid: environment_sources({"SUDO_UID": "1000"}, "a", uid)[-1].says for uid in (0, 1000)}
    assert says == {0: "off", 1000: "nothing"}


@pytest.mark.parametrize(
    ("locked", "defaults", "state", "level"),
    [
        ({"locked": ["telemetry.enabled"]}, {"telemetry.enabled": False}, "off", "off"),
        ({"locked": ["telemetry.enabled"]}, {"telemetry.enabled": True}, "accepted", "usage"),
        ({"locked": ["telemetry.level"]}, {"telemetry.level": "error"}, "accepted", "error"),
        ({"locked": ["telemetry.level"]}, {"telemetry.level": "nonsense"}, "off", "off"),
        ({"locked": []}, {"telemetry.enabled": False}, "accepted", "usage"),
        ({"telemetry.enabled": False}, None, "off", "off"),
        ("{broken", None, "off", "off"),
        ({"locked": ["telemetry.enabled"]}, "{broken", "off", "off"),
        (None, {"telemetry.enabled": False}, "accepted", "usage"),
    ],
)  # fmt: skip
def test_the_administrators_locked_file(
    bench: Bench, locked: Any, defaults: Any, state: str, level: str
) -> None:
    telemetry = bench.telemetry()
    folder = bench.host.root / "usr/share/podman-desktop"
    folder.mkdir(parents=True)
    for name, content in (("locked.json", locked), ("default-settings.json", defaults)):
        if content is not None:
            (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
    assert (telemetry.consent.state, telemetry.consent.level) == (state, level)
    status = telemetry.status(explain=True)
    assert status is not None
    if (state, level) != ("accepted", "usage"):
        assert status.decided_by == "administrator"


def test_a_locked_yes_accepts_for_nobody(bench: Bench) -> None:
    folder = bench.host.root / "usr/share/podman-desktop"
    folder.mkdir(parents=True)
    (folder / "locked.json").write_text('{"locked": ["telemetry.enabled"]}')
    (folder / "default-settings.json").write_text('{"telemetry.enabled": true}')
    assert bench.telemetry(accept=False).consent.state == "undecided"


def test_status_explains_every_source(bench: Bench) -> None:
    host = bench.on(environ={"DO_NOT_TRACK": "1", "CI": "false"})
    telemetry = bench.telemetry(accept=False, host=host)
    status = telemetry.status(explain=True)
    assert status is not None
    assert (status.state, status.decided_by) == ("off", "DO_NOT_TRACK")
    assert [(source.name, source.says) for source in status.sources] == [
        ("administrator", "nothing"),
        ("DO_NOT_TRACK", "off"),
        ("DEMO_APP_DISABLE_TELEMETRY", "nothing"),
        ("continuous integration", "nothing"),
        ("sudo", "nothing"),
        ("the person's answer", "undecided"),
    ]
    assert "decided by DO_NOT_TRACK" in str(status)


def test_off_by_the_environment_never_writes_a_yes_to_the_settings(bench: Bench) -> None:
    telemetry = bench.telemetry(accept=False, host=bench.on(environ={"CI": "1"}))
    assert telemetry.consent.accept() is False
    telemetry.log_usage("tick", {"number": 1})
    telemetry.close()
    assert bench.files() == []


def test_off_by_the_environment_leaves_an_earlier_yes_alone(bench: Bench) -> None:
    bench.telemetry().close()
    before = bench.settings.read_bytes()
    off = bench.telemetry(accept=False, host=bench.on(environ={"DO_NOT_TRACK": "1"}))
    off.log_usage("tick", {"number": 1})
    assert off.consent.state == "off"
    assert bench.settings.read_bytes() == before
    assert bench.telemetry(accept=False).consent.state == "accepted"


def test_a_newer_notice_asks_again_and_nothing_is_sent_until_then(bench: Bench, tmp_path: Path) -> None:
    bench.telemetry().close()
    newer = tmp_path / "newer.toml"
    newer.write_text(
        (Path(__file__).parent / "telemetry.toml").read_text().replace("notice = 1", "notice = 2")
    )
    updated = bench.telemetry(accept=False, catalog=newer)
    assert updated.consent.ask
    assert updated.consent.state == "undecided"
    updated.log_usage("tick", {"number": 1})
    assert updated.flush(0.2) is False
    assert bench.collector.opened == 0
    updated.consent.accept()
    assert updated.flush(5)
    assert bench.collector.batches[0].body["context"]["aboveboard"]["notice"] == 2


def test_a_catalog_that_asks_for_a_higher_level_asks_again(bench: Bench, tmp_path: Path) -> None:
    whole = (Path(__file__).parent / "telemetry.toml").read_text()
    modest = tmp_path / "modest.toml"
    modest.write_text(whole.replace('level = "usage"', 'level = "error"'))
    first = bench.telemetry(catalog=modest)
    first.consent.accept()
    assert not first.consent.ask
    first.close()
    updated = bench.telemetry(accept=False)
    assert updated.consent.state == "accepted"
    assert updated.consent.level == "error"
    assert updated.consent.ask
    updated.log_usage("tick", {"number": 1})
    updated.log_error(ValueError("not found"))
    assert updated.flush(5)
    assert [event["event"] for event in bench.collector.events] == ["error"]
    updated.consent.accept()
    assert updated.consent.level == "usage"
    assert not updated.consent.ask


def test_events_above_the_agreed_level_stay(bench: Bench) -> None:
    telemetry = bench.telemetry()
    telemetry.consent.accept(level="error")
    telemetry.log_usage("tick", {"number": 1})
    telemetry.log_error(ValueError("not found"))
    assert telemetry.flush(5)
    assert [event["event"] for event in bench.collector.events] == ["error"]
    assert bench.collector.batches[0].body["context"]["aboveboard"]["level"] == "error"


def test_undecided_keeps_at_most_200_in_memory_and_says_how_many_more_there_were(bench: Bench) -> None:
    telemetry = bench.telemetry(accept=False)
    for number in range(250):
        telemetry.log_usage("tick", {"number": number})
    assert len(telemetry.preview()) == 200
    assert bench.files() == []
    telemetry.consent.accept()
    assert telemetry.flush(5)
    assert [event["properties"]["number"] for event in bench.collector.named("tick")] == list(range(200))
    status = telemetry.status()
    assert status is not None
    assert status.dropped["undecided"] == 50
    telemetry.close()


def test_a_preview_shows_what_would_be_sent_cleaned(bench: Bench) -> None:
    telemetry = bench.telemetry(accept=False)
    telemetry.log_usage("thing.done", {"note": "cannot open /home/zenobia/secret.txt", "machine": "apollo"})
    [shown] = telemetry.preview()
    assert "zenobia" not in json.dumps(shown)
    assert "apollo" not in json.dumps(shown)
    telemetry.consent.accept()
    assert telemetry.flush(5)
    assert bench.collector.events[0]["properties"] == shown["properties"], "the same hash before and after"


KEYS = st.text(max_size=8)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(KEYS, JSON, max_size=5), st.sampled_from([None, 2, 4, "\t"]), st.booleans(), st.booleans()
)
def test_other_keys_their_order_and_the_indentation_survive(
    before: dict[str, Any], indent: Any, crlf: bool, ascii_only: bool
) -> None:
    text = json.dumps(before, indent=indent, ensure_ascii=ascii_only)
    text = text.replace("\n", "\r\n") if crlf else text
    after = text
    for key, value in accepting("usage", OFFER, 0.0).items():
        after = with_member(after, key, value)
    found = json.loads(after)
    assert found == {**before, **accepting("usage", OFFER, 0.0)}
    assert list(found)[: len(before)] == list(before)
    for line in text.splitlines()[1:-1]:
        assert line.rstrip(",") in after
    again = with_member(after, "telemetry.enabled", False)
    assert json.loads(again) == {**found, "telemetry.enabled": False}
    assert again.replace('"telemetry.enabled": false', '"telemetry.enabled": true') == after


def test_comments_of_the_eye_survive(tmp_path: Path) -> None:
    """Spacing, escapes and number forms that `json.dumps` would rewrite stay byte for byte."""
    path = tmp_path / "settings.json"
    text = '{\n    "a" :1.50e3,\n    "b":\t[ 1,2 ],\n    "telemetry.enabled": true,\n    "c": "\\u00e9"\n}\n'
    path.write_text(text)
    write_settings(path, {"telemetry.enabled": False})
    assert path.read_text() == text.replace("true", "false")


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b"{'a': 1}", b"\xff\xfe", b'{"a": 1} trailing', b"// c\n{}"]
)
def test_a_broken_file_is_undecided_and_never_overwritten(bench: Bench, content: bytes) -> None:
    bench.settings.parent.mkdir(parents=True)
    bench.settings.write_bytes(content)
    telemetry = bench.telemetry(accept=False)
    assert telemetry.consent.state == "undecided"
    assert telemetry.consent.accept() is False
    assert telemetry.consent.decline() is False
    assert bench.settings.read_bytes() == content
    with pytest.raises(BrokenSettings):
        read_settings(bench.settings)


def test_a_write_keeps_mode_and_link(tmp_path: Path) -> None:
    real = tmp_path / "real.json"
    real.write_text("{}")
    real.chmod(0o640)
    link = tmp_path / "settings.json"
    link.symlink_to(real)
    write_settings(link, {"telemetry.check": True})
    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert json.loads(real.read_text()) == {"telemetry.check": True}
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a folder that cannot be written")
def test_a_folder_that_cannot_be_written_is_no_yes(bench: Bench) -> None:
    bench.home.chmod(0o500)
    telemetry = bench.telemetry(accept=False)
    assert telemetry.consent.accept() is False
    assert telemetry.consent.state == "undecided"
    bench.home.chmod(0o700)


def test_a_preset_that_does_not_exist_is_off_and_said(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    telemetry = bench.telemetry(preset="podman-destkop", development=True)
    line = capsys.readouterr().err
    assert line.startswith(
        "there is no preset 'podman-destkop', so nothing is collected or sent: take 'podman-desktop'"
    )
    assert line.count("\n") == 1
    telemetry.log_usage("tick", {"number": 1})
    status = telemetry.status()
    assert status is not None
    assert (status.state, status.decided_by) == ("off", "the app's setup")
    assert "there is no preset 'podman-destkop'" in status.problem
    assert bench.files() == []
    bench.telemetry(accept=False, preset="podman-destkop")
    assert capsys.readouterr() == ("", "")
