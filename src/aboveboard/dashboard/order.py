"""In which order do rows stand, where a heading was chosen to order them by?"""

from typing import Any

__all__ = ["in_order"]


def in_order(rows: list[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    """Sort rows by a column: `events` from the smallest, `-events` from the largest; what is not known comes last.

    A name that is no column of single values changes nothing.
    """
    name = sort.removeprefix("-")
    known = [row for row in rows if _comparable(row.get(name))]
    if not known or len({isinstance(row[name], str) for row in known}) != 1:
        return rows
    known.sort(key=lambda row: row[name].casefold() if isinstance(row[name], str) else row[name])
    if sort.startswith("-"):
        known.reverse()
    return known + [row for row in rows if not _comparable(row.get(name))]


def _comparable(value: Any) -> bool:
    return (
        value is not None
        and value == value
        and hasattr(value, "__lt__")
        and not isinstance(value, list | dict)
    )
