"""Does a declared property have what its type needs?"""

from collections.abc import Callable
from itertools import pairwise

from aboveboard.catalog.fields import Table
from aboveboard.catalog.model import Property
from aboveboard.catalog.types import fixed_size
from aboveboard.catalog.walk import json_size

KEY_TYPES = ("name", "text")
MAX_DEPTH = 3
MAX_PROPERTIES = 100
MAX_NAME = 100
MAX_FIXED_BYTES = 16 * 1024
"""What an event's values other than texts, lists and maps may take: the rest of its 32 KB is for those."""


def properties_of(table: Table) -> dict[str, Property]:
    """Read the properties of an event."""
    names = [name for name in table if 0 < len(name) <= MAX_NAME]
    if len(names) != len(table) or len(names) > MAX_PROPERTIES:
        message = f"over {MAX_PROPERTIES} properties, or a name of no or over {MAX_NAME} characters"
        table.wrong("", "bad-value", message, "declare fewer, with shorter names")
    found = {name: property_of(table.table(name), name, 0) for name in names[:MAX_PROPERTIES]}
    if sum(fixed_size(prop) + json_size(name) + 4 for name, prop in found.items()) > MAX_FIXED_BYTES:
        message = f"its longest values together take over {MAX_FIXED_BYTES} bytes"
        table.wrong("", "bad-value", message, "declare fewer properties, or shorter values")
    return found


def property_of(table: Table, name: str, depth: int) -> Property:
    """Read one property; `depth` counts the lists and maps around it."""
    kind = table.text("type", required=True)
    if kind and kind not in NEEDS:
        table.wrong("type", "unknown-type", f"there is no type `{kind}`", f"write one of {', '.join(NEEDS)}")
    known = kind if kind in NEEDS else "bool"
    extra = NEEDS[known](table, name, depth)
    description, exempt, example = (
        table.text("description"),
        table.reasons("exempt"),
        table.anything("example"),
    )
    if kind in NEEDS:
        table.finish()
    return Property(name, known, description, exempt=exempt, example=example, **extra)  # type: ignore[arg-type]


def _nothing(table: Table, name: str, depth: int) -> dict[str, object]:
    return {}


def _measure(table: Table, name: str, depth: int) -> dict[str, object]:
    return {"unit": table.text("unit")}


def _listed(table: Table, name: str, depth: int) -> dict[str, object]:
    values = table.texts("values")
    if not values:
        table.wrong("", "missing-key", "an enum has no `values`", 'list them: values = ["a", "b"]')
    return {"values": values}


def _bucketed(table: Table, name: str, depth: int) -> dict[str, object]:
    edges = table.numbers("edges")
    rising = all(low < high for low, high in pairwise(edges))
    if not edges or not rising:
        table.wrong(
            "edges",
            "bucket-edges",
            "the edges of a bucket must rise",
            "write them in order: edges = [1, 10, 100]",
        )
    return {"edges": tuple(sorted(set(edges))) or (0,), "unit": table.text("unit")}


def _named(table: Table, name: str, depth: int) -> dict[str, object]:
    kind = table.text("kind") or "name"
    if not kind.isidentifier() or len(kind) > 12:
        table.wrong(
            "kind", "bad-value", f"the kind `{kind[:40]}` is no short word", 'write such as kind = "image"'
        )
    return {"kind": kind}


def _list_of(table: Table, name: str, depth: int) -> dict[str, object]:
    return {"of": _inner(table, name, depth)}


def _map_of(table: Table, name: str, depth: int) -> dict[str, object]:
    if ("fields" in table and "of" in table) or not ("fields" in table or "of" in table):
        table.wrong(
            "",
            "missing-key",
            "a map has either `fields` or `of`",
            "declare each member under `fields`, or what all values are as `of`",
        )
    if "fields" not in table:
        return {"of": _inner(table, name, depth), "keys": _keys(table)}
    members = table.table("fields")
    if _too_deep(table, depth):
        return {}
    return {"fields": {key: property_of(members.table(key), key, depth + 1) for key in members}}


def _keys(table: Table) -> "tuple[str, ...] | str":
    if isinstance(table.data.get("keys"), list):
        return table.texts("keys")
    return table.choice("keys", KEY_TYPES, "text")


def _inner(table: Table, name: str, depth: int) -> Property:
    inner = table.table("of")
    if "of" not in table:
        table.wrong("", "missing-key", "has no `of`", 'say what each item is: of = { type = "integer" }')
    elif not _too_deep(table, depth):
        return property_of(inner, name, depth + 1)
    return Property(name, "bool")


def _too_deep(table: Table, depth: int) -> bool:
    if depth + 1 > MAX_DEPTH:
        table.wrong(
            "", "too-deep", f"lists and maps stand {depth + 1} deep", f"flatten them to {MAX_DEPTH} at most"
        )
    return depth + 1 > MAX_DEPTH


NEEDS: dict[str, Callable[[Table, str, int], dict[str, object]]] = {
    "bool": _nothing,
    "integer": _measure,
    "number": _measure,
    "duration": _measure,
    "version": _nothing,
    "enum": _listed,
    "bucket": _bucketed,
    "name": _named,
    "path": _nothing,
    "text": _nothing,
    "error": _nothing,
    "list": _list_of,
    "map": _map_of,
}
"""What each type asks for besides `type`, `description`, `example` and `exempt`."""
