"""What does each type let through?

`TYPES` is the table: for each type, a function that makes the check of one property, and the most bytes that
one value can take as JSON (0 where the check takes its own from the walk). A check is called with the value
and the walk, and answers a new value or `DROPPED`. Each lets its own output through unchanged, because the
collector checks again what the client has checked.
"""

from collections.abc import Callable

from aboveboard.catalog import scalars
from aboveboard.catalog.errors_type import error_check
from aboveboard.catalog.model import JSON, TOO_LARGE, UNDECLARED_PROPERTY, WRONG_TYPE, Property
from aboveboard.catalog.scalars import Check, bucket_labels
from aboveboard.catalog.walk import DROPPED, MAX_ITEMS, Dropped, Walk, items, json_size, named
from aboveboard.frozen import Named


class Kind(Named):
    """One row of the table of types."""

    make: "Callable[[Property, str], Check]"
    size: "Callable[[Property], int]"


def compile_check(prop: Property, path: str) -> Check:
    """Return the check of one property; `path` is how its drops and replacements call it."""
    return TYPES[prop.type].make(prop, path)


def fixed_size(prop: Property) -> int:
    """Return the most bytes a value takes that does not take its own from the walk."""
    return TYPES[prop.type].size(prop)


def _error(prop: Property, path: str) -> Check:
    return error_check(path)


def _list(prop: Property, path: str) -> Check:
    assert prop.of is not None  # noqa: S101 - the reader refuses a list without `of`
    inner, size = compile_check(prop.of, path + "[]"), fixed_size(prop.of) + 2

    def check(value: object, walk: Walk) -> "JSON | Dropped":
        values = items(value, MAX_ITEMS + 1)
        if values is None:
            return walk.drop(path, WRONG_TYPE)
        if len(values) > MAX_ITEMS:
            walk.drop(path, TOO_LARGE)
        return fill_list(values[:MAX_ITEMS], inner, size, path, walk)

    return check


def fill_list(
    values: "list[object] | tuple[object, ...]", inner: Check, size: int, path: str, walk: Walk
) -> "JSON | Dropped":
    """Return the items that pass `inner`, as far as there is room for them."""
    if not walk.charge(2):
        return walk.drop(path, TOO_LARGE)
    kept: list[JSON] = []
    for item in values:
        if not walk.charge(size):
            walk.drop(path, TOO_LARGE)
            break
        safe = inner(item, walk)
        if safe is not DROPPED:
            kept.append(safe)
    return kept


def _map(prop: Property, path: str) -> Check:
    return _open_map(prop, path) if prop.of is not None else _record(prop, path)


def _record(prop: Property, path: str) -> Check:
    inner = {
        name: (compile_check(member, f"{path}.{name}"), fixed_size(member) + json_size(name) + 4)
        for name, member in prop.fields.items()
    }

    def check(value: object, walk: Walk) -> "JSON | Dropped":
        if not issubclass(type(value), dict):
            return walk.drop(path, WRONG_TYPE)
        kept: dict[str, JSON] = {}
        for key, item in named(walk, value, path):
            member = inner.get(key)
            if member is None:
                walk.drop(path + ".*", UNDECLARED_PROPERTY)
            if member is None or item is None:
                continue
            if not walk.charge(member[1]):
                walk.drop(path, TOO_LARGE)
                break
            safe = member[0](item, walk)
            if safe is not DROPPED:
                kept[key] = safe
        return kept if walk.charge(2) else walk.drop(path, TOO_LARGE)

    return check


def _open_map(prop: Property, path: str) -> Check:
    assert prop.of is not None  # noqa: S101 - `_map` asks first
    inside = path + ".*"
    inner, size = compile_check(prop.of, inside), fixed_size(prop.of) + 4
    key_of = compile_check(key_property(prop), inside)

    def check(value: object, walk: Walk) -> "JSON | Dropped":
        if not issubclass(type(value), dict):
            return walk.drop(path, WRONG_TYPE)
        kept: dict[str, JSON] = {}
        for key, item in named(walk, value, path):
            name = key_of(key[:256], walk)
            if not isinstance(name, str):
                continue
            if not walk.charge(size + json_size(name)):
                walk.drop(path, TOO_LARGE)
                break
            safe = inner(item, walk)
            if safe is not DROPPED:
                kept[name] = safe
        return kept if walk.charge(2) else walk.drop(path, TOO_LARGE)

    return check


def key_property(prop: Property) -> Property:
    """Return how the keys of an open map are treated: as an enum, a name or a text."""
    if isinstance(prop.keys, str):
        return Property(prop.name, prop.keys, kind=prop.kind)
    return Property(prop.name, "enum", values=prop.keys)


def _widest(texts: "list[str] | tuple[str, ...]") -> int:
    return max(map(json_size, texts), default=2)


TYPES: dict[str, Kind] = {
    "bool": Kind(scalars.bool_check, lambda prop: 5),
    "integer": Kind(scalars.integer_check, lambda prop: scalars.NUMBER_BYTES),
    "number": Kind(scalars.number_check, lambda prop: scalars.NUMBER_BYTES),
    "duration": Kind(scalars.number_check, lambda prop: scalars.NUMBER_BYTES),
    "version": Kind(scalars.version_check, lambda prop: 130),
    "enum": Kind(scalars.enum_check, lambda prop: _widest(prop.values)),
    "bucket": Kind(scalars.bucket_check, lambda prop: _widest(bucket_labels(prop.edges))),
    "name": Kind(scalars.name_check, lambda prop: 32),
    "path": Kind(scalars.path_check, lambda prop: 48),
    "text": Kind(scalars.text_check, lambda prop: 0),
    "error": Kind(_error, lambda prop: 0),
    "list": Kind(_list, lambda prop: 0),
    "map": Kind(_map, lambda prop: 0),
}

__all__ = [
    "DROPPED",
    "TYPES",
    "Check",
    "Kind",
    "bucket_labels",
    "compile_check",
    "fixed_size",
    "key_property",
]
