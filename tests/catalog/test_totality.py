"""Does a check hold for every value there is, also for values that fight back?"""

import gc
import json
import math
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.catalog import Catalog, Safety, Verdict, check, clean_all, parse
from aboveboard.catalog.model import MAX_BYTES
from aboveboard.catalog.walk import json_size
from aboveboard.privacy import Cleaner, Hasher
from tests.catalog.conftest import EVERY_TYPE, TODAY

CATALOG = parse(EVERY_TYPE, "telemetry.toml")
CLEANER = Cleaner(words=CATALOG.words)
CLIENT = Safety(CLEANER, Hasher(bytes(32)))
COLLECTOR = Safety(CLEANER)
NAMES = [
    *CATALOG.events["thing.done"].properties,
    *("success", "duration_ms", "error", "outcome", "aggregated", "common.weight", "common.extensionName"),
    *("message", "code", "type", "stack", "cause", "command", "id", "times_ms", "small"),
]


class Refusal(RuntimeError):
    """What a hostile value raises."""


def refuse(*args: object, **kwargs: object) -> NoReturn:
    raise Refusal("no")


METHODS = """
__str__ __repr__ __bool__ __len__ __iter__ __getitem__ __contains__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__
__int__ __float__ __index__ __abs__ __neg__ __add__ __mul__ __mod__ __format__ __fspath__ __reduce__ __copy__
__deepcopy__ __missing__ __round__ __next__ __call__ keys values items get copy encode lower strip split
startswith endswith isascii is_integer
"""
REFUSING = dict.fromkeys(METHODS.split(), refuse)


class LyingMeta(type):
    """A class of classes that cannot be compared, hashed, named or asked for instances."""

    __eq__ = refuse
    __hash__ = refuse  # type: ignore[assignment]
    __repr__ = refuse
    __instancecheck__ = refuse
    __subclasscheck__ = refuse


def hostile(base: type) -> type:
    """A subclass of `base` whose every method refuses, and which lies about its class."""
    lie = property(refuse)
    return LyingMeta(
        f"Hostile{base.__name__}", (base,), {**REFUSING, "__class__": lie, "__hash__": base.__hash__}
    )


HostileObject, HostileDict, HostileList, HostileTuple, HostileStr, HostileInt, HostileFloat = (
    hostile(base) for base in (object, dict, list, tuple, str, int, float)
)


class Endless:
    """An iterable without an end."""

    def __iter__(self) -> Iterator[int]:
        while True:
            yield 1


def cyclic_list() -> list[object]:
    inner: list[object] = [1, "alice"]
    inner.extend([inner] * 70)
    return inner


def cyclic_dict() -> dict[str, object]:
    inner: dict[str, object] = {"message": "alice"}
    inner.update(dict.fromkeys(NAMES, inner))
    return inner


ODD: list[Callable[[], object]] = [
    HostileObject,
    lambda: HostileDict({"message": "alice", "aggregated": [{}]}),
    lambda: HostileList(["alice", 1]),
    lambda: HostileTuple(("alice", 1)),
    lambda: HostileStr("alice"),
    lambda: HostileStr("podman"),
    lambda: HostileInt(3),
    lambda: HostileFloat(3.5),
    lambda: HostileObject,
    Endless,
    cyclic_list,
    cyclic_dict,
    object,
    lambda: 10**6000,
    lambda: -(10**6000),
    lambda: math.nan,
    lambda: -math.inf,
    lambda: 1e300,
    lambda: 5e-324,
    lambda: "x" * 5_000_000,
    lambda: "\ud800" * 3000,
    lambda: "\u0000\u001b[31m" * 3000,
    lambda: "😀" * 9000,
    lambda: b"alice",
    lambda: bytearray(b"alice"),
    lambda: {1, 2},
    lambda: {3: 4, None: 5, ("a",): 6},
    lambda: [[[[[[["alice"]]]]]]],
    lambda: ["word"] * 300_000,
    lambda: {f"key{n}": "word " * 40 for n in range(3000)},
    lambda: [{"id": "begin", "times_ms": [1.5] * 100}] * 100,
    lambda: (n for n in range(3)),
    lambda: ValueError("alice"),
    lambda: weakref.ref(CATALOG),
]


@dataclass(frozen=True)
class Odd:
    """Stands for `ODD[number]` while hypothesis handles it: it too would ask a hostile value things."""

    number: int


def real(value: Any) -> Any:
    """Put the odd values in their places."""
    if isinstance(value, Odd):
        return ODD[value.number]()
    if isinstance(value, list):
        return [real(item) for item in value]
    return {key: real(item) for key, item in value.items()} if isinstance(value, dict) else value


odd = st.integers(0, len(ODD) - 1).map(Odd)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | odd
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), inner)
    ),
    max_leaves=12,
)
bags = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=12), values, max_size=12) | values


def assert_sound(verdict: Verdict, declared: bool) -> None:
    """JSON that any reader takes, bounded, and with no key that nobody declared."""
    text = json.dumps(verdict.properties, allow_nan=False)
    assert len(text) <= MAX_BYTES
    text.encode("utf-8")
    json.dumps(verdict.properties, ensure_ascii=False).encode("utf-8")
    assert json.loads(text) == verdict.properties
    assert len(verdict.drops) <= 64
    assert len(verdict.replacements) <= 64
    for drop in verdict.drops:
        assert type(drop.path) is str
        assert len(drop.path) <= 512
        drop.path.encode("utf-8")
    if declared:
        assert set(verdict.properties) <= set(NAMES)


@settings(max_examples=300)
@given(bags, st.sampled_from([CLIENT, COLLECTOR]))
def test_check_is_total_and_bounded(bag: Any, safety: Safety) -> None:
    verdict = check(CATALOG, "thing.done", real(bag), today=TODAY, safety=safety)
    assert verdict.event == "thing.done"
    assert_sound(verdict, declared=True)


@settings(max_examples=300)
@given(bags)
def test_clean_all_is_total_and_bounded(bag: Any) -> None:
    assert_sound(clean_all(real(bag), safety=COLLECTOR), declared=False)


@settings(max_examples=150)
@given(bags)
def test_what_was_checked_once_is_checked_again_without_a_change(bag: Any) -> None:
    sent = check(CATALOG, "thing.done", real(bag), today=TODAY, safety=CLIENT).properties
    again = check(CATALOG, "thing.done", sent, today=TODAY, safety=COLLECTOR)
    assert again.properties == sent


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("number", range(len(ODD)))
def test_every_odd_value_in_every_place(name: str, number: int) -> None:
    make = ODD[number]
    for bag in ({name: make()}, {name: [make()]}, {name: {"message": make(), "small": make(), "id": make()}}):
        assert_sound(check(CATALOG, "thing.done", bag, today=TODAY, safety=CLIENT), declared=True)
        assert_sound(clean_all(bag, safety=COLLECTOR), declared=False)


@settings(max_examples=100)
@given(st.text(max_size=30) | odd)
def test_any_event_name_can_be_asked_for(name: Any) -> None:
    verdict = check(CATALOG, real(name), {"flag": True}, today=TODAY, safety=CLIENT)
    assert verdict.event is None
    assert verdict.properties == {}
    assert len(verdict.drops) == 1


def test_hostile_keys_are_read_as_the_text_they_are() -> None:
    verdict = check(CATALOG, "thing.done", {HostileStr("flag"): True}, today=TODAY, safety=CLIENT)
    assert verdict.properties == {"flag": True}
    assert [type(key) for key in verdict.properties] == [str]


class TestNothingIsKept:
    def test_changing_the_input_afterwards_changes_nothing(self) -> None:
        inner = ["new"]
        steps: list[dict[str, Any]] = [{"id": "begin", "times_ms": [1]}]
        bag = {"tags": inner, "steps": steps, "remarks": {"file": "new"}, "aggregated": [{"tags": inner}]}
        for verdict in (
            check(CATALOG, "thing.done", bag, today=TODAY, safety=CLIENT),
            clean_all(bag, safety=CLIENT),
        ):
            before = json.dumps(verdict.properties)
            inner.append("old")
            steps[0]["times_ms"].append(2)
            steps.append({"id": "end"})
            assert json.dumps(verdict.properties) == before

    @pytest.mark.parametrize("make", ODD[:7])
    @pytest.mark.parametrize(
        "name", ["note", "tags", "remarks", "fault", "machine", "count", "engine", "undeclared"]
    )
    def test_no_given_object_can_be_reached_from_the_verdict(
        self, make: Callable[[], Any], name: str
    ) -> None:
        given_object = make()
        bag = {name: given_object, "tags": [given_object]}
        kept = [
            check(CATALOG, "thing.done", bag, today=TODAY, safety=CLIENT),
            clean_all(bag, safety=CLIENT),
        ]
        assert not any(_holds(verdict, given_object) for verdict in kept)


def _holds(verdict: Verdict, wanted: object) -> bool:
    """Tell whether `wanted` itself can be reached from the verdict."""
    seen: set[int] = set()
    todo: list[object] = [verdict]
    while todo:
        item = todo.pop()
        if item is wanted:
            return True
        if id(item) in seen or type(item) is type or type(item).__name__ in ("module", "function"):
            continue
        seen.add(id(item))
        todo.extend(gc.get_referents(item))
    return False


@settings(max_examples=100)
@given(st.dictionaries(st.text(min_size=1, max_size=20), st.integers() | st.text(max_size=20), max_size=8))
def test_no_undeclared_key_is_ever_sent(bag: dict[str, Any]) -> None:
    declared = set(NAMES) | {"app_name", "app_version", "common.extensionVersion"}
    verdict = check(CATALOG, "thing.done", bag, today=TODAY, safety=CLIENT)
    assert set(verdict.properties) <= declared
    record = check(CATALOG, "thing.done", {"steps": [bag], "sizes": bag}, today=TODAY, safety=CLIENT)
    for inner in ([*record.properties["steps"]], [record.properties["sizes"]]):  # type: ignore[misc, list-item]
        for member in inner:
            assert set(member) <= {"id", "times_ms", "small", "large"}  # type: ignore[arg-type]


def test_a_catalog_is_of_no_use_to_a_stranger(catalog: Catalog) -> None:
    """The same event name in another catalog is undeclared there: plans are not shared."""
    check(catalog, "thing.done", {"flag": True}, today=TODAY, safety=CLIENT)
    other = parse('app = "other"\nprivacy = "https://example.org/x"\n', "other.toml")
    assert check(other, "thing.done", {"flag": True}, today=TODAY, safety=CLIENT).event is None


@given(st.text(max_size=200))
def test_the_reckoned_size_is_never_below_the_real_one(text: str) -> None:
    assert json_size(text) >= len(json.dumps(text))
    assert json_size(text) >= len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace"))


def test_ordinary_text_is_reckoned_as_long_as_it_is() -> None:
    for text in ("", "plain words", 'a "quoted" \\ word'):
        assert json_size(text) == len(json.dumps(text))
