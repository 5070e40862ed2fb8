"""How do rows become a CSV file that a spreadsheet opens as data and never as formulas?

RFC 4180, in UTF-8: a header line, lines that end in CR LF, quotes where they are needed.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

__all__ = ["CONTENT_TYPE", "to_csv", "wants_csv"]

CONTENT_TYPE = "text/csv; charset=utf-8"

_MEDIA_TYPE = "text/csv"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a cell begins that a spreadsheet takes as a formula, or cuts so that a formula begins."""


def wants_csv(accept: str) -> bool:
    """Whether an `Accept` header asks for CSV by its name, and for JSON no more than for that."""
    weights: dict[str, float] = {}
    for entry in accept.lower().split(","):
        kind, *parameters = (part.strip() for part in entry.split(";"))
        weights[kind] = _weight(parameters)
    return weights.get(_MEDIA_TYPE, 0) > 0 and weights[_MEDIA_TYPE] >= weights.get("application/json", 0)


def to_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return rows as CSV: unknown values are empty, lists and maps are JSON in their cell.

    A text that a spreadsheet would calculate gets an apostrophe in front. Without rows there is no header either.
    """
    columns = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    if columns:
        writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return out.getvalue().encode()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return f"'{text}" if text.startswith(_FORMULA) else text


def _weight(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
