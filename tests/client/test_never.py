"""Can anything that an app passes make the client raise, block, keep a reference or see a later change?"""

import gc
import json
import sys
import time
import weakref
from collections import OrderedDict, UserDict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aboveboard import Host, Telemetry, TrustedValue
from aboveboard.client.boundary import TROUBLES
from aboveboard.client.failure import describe
from aboveboard.client.freeze import freeze
from aboveboard.client.record import Call, Event
from aboveboard.client.wire import encode, stamp
from tests.client.conftest import CATALOG, Bench


class Weird(Enum):
    A = 1


class Number(IntEnum):
    A = 7


class Text(StrEnum):
    A = "podman"


class Hostile:
    """Every method that somebody might call raises."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("no attribute")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no comparison")

    def __hash__(self) -> int:
        return 1

    def __len__(self) -> int:
        raise RuntimeError("no length")

    def __bool__(self) -> bool:
        raise RuntimeError("no truth")


class LyingDict(dict[str, Any]):
    """A dict whose methods raise."""

    def items(self) -> Any:
        raise RuntimeError("no items")

    def __iter__(self) -> Iterator[str]:
        raise RuntimeError("no iteration")


class HostileText(str):
    """A text whose methods raise."""

    __slots__ = ()

    def __str__(self) -> str:
        raise RuntimeError("no text")

    def __getitem__(self, key: Any) -> str:
        raise RuntimeError("no slice")

    def __len__(self) -> int:
        raise RuntimeError("no length")


class BrokenError(Exception):
    """An exception that cannot be shown."""

    def __str__(self) -> str:
        raise ValueError("no text")

    @property
    def status_code(self) -> int:
        raise OSError("no code")


def cyclic() -> dict[str, Any]:
    value: dict[str, Any] = {"a": []}
    value["a"].append(value)
    return value


def deep(levels: int = 5_000) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


ODD = [
    Weird.A, Number.A, Text.A, Hostile(), LyingDict(a=1), HostileText("x"), cyclic(), deep(), 10**5000, -(2**70),
    float("nan"), float("inf"), 1e308, b"bytes", bytearray(b"x"), memoryview(b"x"), Decimal("1.5"), 1 + 2j,
    datetime.now(UTC), Path("/home/ann"), object(), type, len, lambda: 1, (x for x in [1]), iter([1]), Ellipsis,
    UserDict(a=1), OrderedDict(a=1), {1: 2}, {None: 1, (1, 2): 3}, {Hostile(): 1}, {"a", "b"}, frozenset([1]), "\ud800",
    "\x00", "x" * 1_000_000, ["x"] * 100_000, {str(n): n for n in range(50_000)}, BrokenError(), ValueError("x"),
    TrustedValue("podman"), TrustedValue(TrustedValue(Hostile())), sys, gc, pytest,
]  # fmt: skip

JSON_LIKE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary(max_size=20)
    | st.integers(0, len(ODD) - 1).map(lambda number: ODD[number]),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(max_size=10) | st.integers(), inner, max_size=5)
        | st.tuples(inner, inner)
    ),
    max_leaves=20,
)


@given(JSON_LIKE)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_frozen_value_is_bounded_json_whatever_comes_in(value: Any) -> None:
    frozen = freeze({"engine": value, "other": value})
    text = json.dumps(frozen, allow_nan=False)
    assert len(text) < 40_000_000
    event = Event("m", "track", "x", "usage", {"a": "ok"}, 0.0)
    assert json.loads(encode(event, "i", "{}")[0])


NAMES = st.sampled_from(["thing.done", "tick", "never.declared", "page"]) | st.text()


@given(
    NAMES,
    st.dictionaries(st.sampled_from(["engine", "count", "note", "machine", "x"]) | st.text(), JSON_LIKE),
    JSON_LIKE,
)
@settings(suppress_health_check=list(HealthCheck), max_examples=60)
def test_no_call_raises_whatever_is_passed(
    tmp_path_factory: pytest.TempPathFactory, name: Any, properties: Any, odd: Any
) -> None:
    telemetry = TELEMETRY.setdefault("one", undecided(tmp_path_factory))
    logger = telemetry.logger("podman", publisher="x")
    for event in (name, odd):
        logger.log_usage(event, properties, error=odd)
        logger.log_error(odd, properties)
        logger.log_error(event, odd)
        telemetry.page(event, odd)
        telemetry.sensitive(event)
        with telemetry.action(event, **{str(key): value for key, value in properties.items()}) as action:
            action.set(count=odd)
            action.fail(odd)
    telemetry.logger(odd, odd, odd)
    telemetry.extensions(odd)
    telemetry.providers(odd)
    telemetry.watch_loop(odd)


TELEMETRY: dict[str, Telemetry] = {}


def undecided(folder: pytest.TempPathFactory) -> Telemetry:
    """Telemetry that checks and cleans within the call, which is the harder case."""
    home = folder.mktemp("home")
    host = Host(environ={}, home=home, root=home, platform="linux", uid=1)
    return Telemetry("demo-app", catalog=CATALOG, host=host, exceptions=False)


@pytest.mark.parametrize("value", ODD, ids=lambda value: type(value).__name__)
def test_odd_values_are_sent_as_something_harmless_or_not_at_all(bench: Bench, value: Any) -> None:
    telemetry = bench.telemetry()
    telemetry.log_usage(
        "thing.done", {"engine": value, "count": value, "note": value, "machine": value, "flag": True}
    )
    telemetry.log_error(value, {"error": value})
    assert telemetry.flush(10)
    [event] = bench.collector.named("thing.done")
    assert event["properties"]["flag"] is True
    assert event["properties"].get("engine", "podman") == "podman"


class Tracked(dict[str, Any]):
    """A dict that can be watched for being kept."""


class TrackedError(Exception):
    """An exception that can be watched for being kept."""


def test_nothing_that_is_passed_is_kept(bench: Bench) -> None:
    for accept in (False, True):
        telemetry = bench.telemetry(accept=accept)
        inner, error = Tracked(a=1), TrackedError("x")
        properties = Tracked(engine=inner, note=error, machine=Hostile())
        watched = [weakref.ref(thing) for thing in (inner, properties, error)]
        try:
            raise error
        except TrackedError as caught:
            telemetry.log_usage("thing.done", properties, error=caught)
            telemetry.log_error(caught, properties)
        with telemetry.action("thing.done", engine=inner) as action:
            action.fail(error)
        del inner, properties, error, action
        gc.collect()
        assert [reference() for reference in watched] == [None, None, None]


def test_a_change_after_the_call_changes_nothing(bench: Bench) -> None:
    telemetry = bench.telemetry()
    properties: dict[str, Any] = {"engine": "podman", "count": 1}
    nested: dict[str, Any] = {"installed": [{"id": "podman-desktop.podman", "version": "1.0.0"}]}
    telemetry.log_usage("thing.done", properties)
    telemetry.log_usage("extensions", nested)
    properties.update(engine="docker", count=2)
    nested["installed"][0]["version"] = "9.9.9"
    nested["installed"].clear()
    assert telemetry.flush(5)
    thing, extensions = bench.collector.events
    assert thing["properties"] == {"engine": "podman", "count": 1}
    assert extensions["properties"]["installed"] == [{"id": "podman-desktop.podman", "version": "1.0.0"}]


def test_a_dict_that_changes_in_another_thread_during_the_call(bench: Bench) -> None:
    import threading

    telemetry = bench.telemetry()
    shared: dict[str, Any] = {"engine": "podman", "count": 1}
    stop = threading.Event()

    def change() -> None:
        number = 0
        while not stop.is_set():
            shared[f"x{number % 50}"] = number
            shared.pop(f"x{(number + 25) % 50}", None)
            number += 1

    changing = threading.Thread(target=change)
    before = TROUBLES.count
    changing.start()
    for _ in range(300):
        telemetry.log_usage("thing.done", shared)
    stop.set()
    changing.join()
    assert telemetry.flush(10)
    assert len(bench.collector.named("thing.done")) == 300
    assert TROUBLES.count == before


@given(st.text())
def test_the_description_of_an_error_is_bounded_and_plain(text: str) -> None:
    described = describe(ValueError(text * 1000))
    assert len(described["message"]) <= 8_192
    assert described["type"] == "ValueError"


def test_an_error_says_its_codes_and_its_cause() -> None:
    class HttpError(Exception):
        status_code = 404

    class Exited(Exception):
        returncode = 125

    try:
        try:
            raise Exited("podman exited")
        except Exited as cause:
            raise HttpError("not found") from cause
    except HttpError as error:
        described = describe(error)
    assert described == {
        "message": "not found",
        "type": "HttpError",
        "statusCode": 404,
        "cause": {"message": "podman exited", "type": "Exited", "exitCode": 125},
    }


@given(st.floats(0, 253_402_300_799))
def test_times_on_the_wire_are_iso_with_milliseconds(seconds: float) -> None:
    assert abs(datetime.fromisoformat(stamp(seconds)).timestamp() - seconds) < 0.0011


def test_without_a_home_folder_every_method_still_answers() -> None:
    def no_random(count: int) -> bytes:
        raise OSError("no entropy")

    telemetry = Telemetry("demo-app", catalog=CATALOG, host=Host(home=Path("/"), entropy=no_random))
    telemetry.log_usage("tick", {"number": 1})
    telemetry.logger("x").log_error(ValueError("x"))
    with telemetry.action("thing.done"):
        pass
    assert telemetry.consent.state == "off"
    assert telemetry.consent.accept() is False
    assert telemetry.preview() == ()
    assert list(telemetry.journal()) == []
    assert telemetry.flush(0.1) is False
    telemetry.close()


@pytest.mark.parametrize("fault", ["read-only", "full", "garbage", "a folder"])
def test_a_disk_that_fails_loses_telemetry_never_the_app(bench: Bench, fault: str) -> None:
    bench.telemetry().close()
    for path in bench.data.glob("spool.db*"):
        path.unlink()
    spool = bench.data / "spool.db"
    if fault == "a folder":
        spool.mkdir(parents=True)
    if fault == "garbage":
        bench.data.mkdir(parents=True, exist_ok=True)
        spool.write_bytes(b"this is no database" * 1000)
    if fault == "full":
        bench.data.mkdir(parents=True, exist_ok=True)
        spool.symlink_to("/dev/full")
    if fault == "read-only":
        bench.data.mkdir(parents=True, exist_ok=True)
        spool.symlink_to("/proc/version")
    telemetry = bench.telemetry(accept=False)
    for number in range(3000):
        telemetry.log_usage("tick", {"number": number})
    delivered = telemetry.flush(20 if fault == "garbage" else 2)
    assert delivered is (fault == "garbage")
    assert telemetry.status() is not None
    telemetry.close()


def test_nothing_is_printed(bench: Bench, capfd: pytest.CaptureFixture[str]) -> None:
    telemetry = bench.telemetry(endpoint="http://127.0.0.1:9", catalog="/nowhere/telemetry.toml")
    telemetry.log_usage("never.declared", {"x": Hostile()})
    telemetry.log_error(BrokenError())
    telemetry.flush(1)
    telemetry.close()
    assert capfd.readouterr() == ("", "")


def test_only_a_development_run_says_once_what_is_not_declared(
    bench: Bench, capfd: pytest.CaptureFixture[str]
) -> None:
    telemetry = bench.telemetry(development=True)
    for _ in range(3):
        telemetry.log_usage("never.declared", {"secret": "zenobia"})
        telemetry.log_usage("tick", {"number": 1, "colour": "zenobia"})
    assert telemetry.flush(5)
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 2
    assert "never.declared" in lines[0]
    assert "colour" in lines[1]
    assert "zenobia" not in str(lines)


def test_a_call_with_wrong_types_costs_itself_only(bench: Bench) -> None:
    telemetry = bench.telemetry()
    for _ in range(5):
        telemetry.log_usage(["not", "a", "text"])  # type: ignore[arg-type]
        telemetry._engine.parts.recorder.put(Call("track", "tick", {}, "now"))  # type: ignore[arg-type]
    for number in range(100):
        telemetry.log_usage("tick", {"number": number})
    began = time.monotonic()
    telemetry.close()
    assert time.monotonic() - began < 1
    assert len([entry for entry in telemetry.journal() if entry.name == "tick"]) == 100
    status = telemetry.status()
    assert status is not None
    assert status.dropped == {"unusable arguments": 5, "wrong type": 5}


class Rude(Exception):
    """An exception whose own methods end the program."""

    @property
    def code(self) -> int:
        """Behave like Ctrl-C."""
        raise KeyboardInterrupt

    def __str__(self) -> str:
        raise SystemExit(3)


def test_an_error_that_raises_while_it_is_described_is_still_the_apps_own(bench: Bench) -> None:
    telemetry = bench.telemetry()
    error = Rude()
    with pytest.raises(Rude) as caught, telemetry.action("thing.done"):
        raise error
    assert caught.value is error
    telemetry.log_error(error)
    assert telemetry.flush(5)
    [event] = bench.collector.named("thing.done")
    assert event["properties"]["success"] is False
