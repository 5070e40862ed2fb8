"""Does a declared property have what its type needs?"""

from collections.abc import Callable
from itertools import pairwise

from aboveboard.catalog.fields import MAX_DEPTH, Table
from aboveboard.catalog.model import Property

KEY_TYPES = ("name", "text")


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
