"""Which steps bring a database to the tables that this version expects?

Each step is a file `NNNN_name.sql` beside this one, applied once, in order, and never edited afterwards.
"""

import re
from collections.abc import Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

from aboveboard.errors import StoreError
from aboveboard.store.reasons import first_line
from aboveboard.store.written import ensure_room

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["LEDGER", "Migration", "migrate", "migrations", "repeatable", "statements"]

LEDGER = """
CREATE TABLE IF NOT EXISTS migrations
(
    number UInt32,
    name String,
    applied DateTime64(3, 'UTC') DEFAULT now64(3)
)
ENGINE = MergeTree
ORDER BY number
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
"""
"""The table in which the steps that were applied are noted."""


_REPEATABLE = (
    (re.compile(r"^(CREATE (?:TABLE|VIEW)) (?!IF NOT EXISTS)", re.MULTILINE), r"\1 IF NOT EXISTS "),
    (re.compile(r"\b(ADD (?:COLUMN|INDEX|PROJECTION)) (?!IF NOT EXISTS)"), r"\1 IF NOT EXISTS "),
    (
        re.compile(r"^(DROP (?:TABLE|VIEW)|ALTER TABLE \w+ DROP COLUMN) (?!IF EXISTS)", re.MULTILINE),
        r"\1 IF EXISTS ",
    ),
)


class Migration(NamedTuple):
    """One numbered step and its SQL."""

    number: int
    name: str
    sql: str


def migrations() -> list[Migration]:
    """Return every step that ships with this version, in order."""
    found = []
    for file in resources.files(__name__).iterdir():
        match = re.fullmatch(r"(\d{4})_(\w+)\.sql", file.name)
        if match:
            found.append(Migration(int(match[1]), match[2], file.read_text(encoding="utf-8")))
    return sorted(found)


def statements(sql: str) -> list[str]:
    """Split a step into its statements, which end in a semicolon at the end of a line."""
    return [part.strip() for part in re.split(r";\s*$", sql, flags=re.MULTILINE) if part.strip()]


def repeatable(statement: str) -> str:
    """Return a statement that does nothing where it was run before, as after a crash in the middle of a step."""
    for found, instead in _REPEATABLE:
        statement = found.sub(instead, statement)
    return statement


def migrate(client: "Client", known: Sequence[Migration] | None = None) -> list[Migration]:
    """Apply what is missing and return it; `known` are the steps of a version, by default of this one.

    Raises StoreError when the database was written by a newer version, which this one must not touch, and when a
    statement is refused: the steps before it stay, and the next start goes on with it.
    """
    # Asked first: in a cluster a statement waits for every server, and a start must not wait for one that is away.
    if not client.query("EXISTS TABLE migrations").result_rows[0][0]:
        _apply(client, "the list of migrations", LEDGER)
    applied = {row[0] for row in client.query("SELECT number FROM migrations").result_rows}
    known = migrations() if known is None else known
    unknown = applied - {step.number for step in known}
    if unknown:
        raise StoreError(
            f"The store has migration {max(unknown)}, and this version knows {known[-1].number} at the most: "
            "it was written by a newer version. Start that version, or restore a backup."
        )
    missing = [step for step in known if step.number not in applied]
    if missing:
        # A definition that a full disk cuts short keeps the store from being opened.
        ensure_room(client)
    for step in missing:
        for statement in statements(step.sql):
            _apply(client, f"migration {step.number}, {step.name},", statement)
        client.insert("migrations", [[step.number, step.name]], column_names=["number", "name"])
    return missing


def _apply(client: "Client", what: str, statement: str) -> None:
    from clickhouse_connect.driver.exceptions import ClickHouseError

    try:
        client.command(repeatable(statement))
    except ClickHouseError as error:
        raise StoreError(
            f"The store refuses {what} so this version cannot use it yet: {first_line(error)} Mend that "
            "(in a cluster every server has to be up) and start again: the steps before it are kept."
        ) from error
