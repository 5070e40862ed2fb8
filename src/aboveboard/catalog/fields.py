"""Does each value in a catalog have the form it must have?

A `Table` hands out the values of one TOML table in the form asked for, notes what does not fit, and at the
end what nobody asked for. Nothing raises: all findings are wanted at once.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING

from aboveboard.catalog.lines import nearest
from aboveboard.catalog.model import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_VALUES = 500
MAX_VALUE = 100


class Reader:
    """What all tables of one file share: its name, its lines and the findings so far."""

    def __init__(self, name: str, lines: "Mapping[tuple[str, ...], int]") -> None:
        self.name = name
        self.lines = lines
        self.findings: list[Finding] = []

    def wrong(self, path: tuple[str, ...], rule: str, message: str, remedy: str) -> None:
        """Note one finding at `path`."""
        where = ".".join(path[1:] if path[:1] == ("events",) else path)
        line = nearest(self.lines, path)
        self.findings.append(
            Finding(self.name, line, rule, f"{where}: {message}" if where else message, remedy)
        )


class Table:
    """One TOML table while it is read."""

    def __init__(self, reader: Reader, data: object, path: tuple[str, ...]) -> None:
        self.reader = reader
        self.path = path
        self.asked: set[str] = set()
        if not isinstance(data, dict):
            reader.wrong(
                path, "bad-value", f"a table is expected, not {_kind(data)}", "write it as a table: { … }"
            )
            data = {}
        self.data: dict[str, object] = data

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def __iter__(self) -> Iterator[str]:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)

    def wrong(self, key: str, rule: str, message: str, remedy: str) -> None:
        """Note one finding at `key`, or at the table itself."""
        self.reader.wrong((*self.path, key) if key else self.path, rule, message, remedy)

    def get(self, key: str, kinds: type | tuple[type, ...], wanted: str, *, required: bool = False) -> object:
        """Return a value of one of `kinds`, or None with a finding where it is of another kind or missing."""
        self.asked.add(key)
        value = self.data.get(key)
        if value is None:
            if required:
                self.wrong("", "missing-key", f"has no `{key}`", f"add `{key} = …` ({wanted})")
            return None
        fits = isinstance(value, kinds) and (not isinstance(value, bool) or kinds is bool)
        if fits and not isinstance(value, datetime):
            return value
        self.wrong(key, "bad-value", f"`{key}` is {_kind(value)}, not {wanted}", f"write {wanted}")
        return None

    def text(self, key: str, *, required: bool = False) -> str:
        """Return a text without blanks around it, empty where there is none."""
        return str(self.get(key, str, "a text", required=required) or "").strip()

    def anything(self, key: str) -> object:
        """Return a value as it is."""
        self.asked.add(key)
        return self.data.get(key)

    def flag(self, key: str) -> bool:
        """Return true or false, false where it is not said."""
        return self.get(key, bool, "true or false") is True

    def whole(self, key: str, default: int) -> int:
        """Return a whole number, 1 or more."""
        value = self.get(key, int, "a whole number")
        if isinstance(value, int) and value < 1:
            self.wrong(key, "bad-value", f"`{key}` is {value}", "write a whole number from 1 on")
        return value if isinstance(value, int) and value >= 1 else default

    def date(self, key: str) -> date | None:
        """Return a date, written bare as TOML does."""
        value = self.get(key, date, "a date such as 2026-01-31, without quotes")
        return value if isinstance(value, date) else None

    def choice(self, key: str, among: tuple[str, ...], default: str, *, required: bool = False) -> str:
        """Return one of a few words."""
        value = self.text(key, required=required)
        if value and value not in among:
            self.wrong(key, "bad-value", f"`{key}` is `{value}`", f"write one of {', '.join(among)}")
        return value if value in among else default

    def table(self, key: str, *, required: bool = True) -> "Table":
        """Return the table under `key`, an empty one where there is none."""
        self.asked.add(key)
        data = self.data.get(key)
        return Table(self.reader, {} if data is None else data, (*self.path, key))

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of distinct texts."""
        value = self.get(key, list, "a list of texts")
        found = [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
        bad = len(found) != len(value) if isinstance(value, list) else False
        if bad or len(set(found)) != len(found) or len(found) > MAX_VALUES:
            self.wrong(
                key,
                "bad-value",
                f"`{key}` holds other things than distinct texts, or over {MAX_VALUES}",
                "write distinct texts in quotes",
            )
        if any(len(item) > MAX_VALUE or not item.isprintable() for item in found):
            self.wrong(
                key,
                "bad-value",
                f"a text in `{key}` is over {MAX_VALUE} characters or not printable",
                "shorten it",
            )
        return tuple(item[:MAX_VALUE] for item in found)

    def numbers(self, key: str) -> tuple[float, ...]:
        """Return a list of finite numbers."""
        value = self.get(key, list, "a list of numbers")
        given = value if isinstance(value, list) else []
        found = [
            n for n in given if isinstance(n, (int, float)) and not isinstance(n, bool) and abs(n) <= 1e15
        ]
        if len(found) != len(given) or len(found) > MAX_VALUES:
            self.wrong(key, "bad-value", f"`{key}` holds other things than numbers", "write finite numbers")
        return tuple(found)

    def reasons(self, key: str) -> dict[str, str]:
        """Return the exemptions of lint: rule by rule, each with its reason."""
        table = self.table(key)
        found = {rule: table.text(rule) for rule in table}
        for rule, reason in found.items():
            if not reason:
                table.wrong(
                    rule,
                    "bad-value",
                    f"the exemption from `{rule}` has no reason",
                    "say why it is right here",
                )
        return found

    def finish(self, known: Iterable[str] = ()) -> None:
        """Note every key that nobody asked for: a misspelt key must not pass as a comment."""
        for key in self.data.keys() - self.asked - set(known):
            self.wrong(key, "unknown-key", f"`{key}` means nothing here", "correct its spelling or remove it")


def _kind(value: object) -> str:
    names = {str: "a text", bool: "true or false", int: "a whole number", float: "a number", list: "a list"}
    return names.get(type(value), "a table" if isinstance(value, dict) else "a date or time")
