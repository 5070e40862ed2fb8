"""What becomes of a statement for one server in a cluster of them?

Migrations and everything else that changes tables are written for one server. In a cluster each table is two: its rows
are in `<table>_local` on every server, in `Replicated…` engines, and `<table>` is a `Distributed` table over all
of them, which inserts and questions go to. `docs/cluster.md` has the rules, and what a migration may say.
"""

import re
from typing import NamedTuple

from aboveboard.errors import StoreError

__all__ = ["LOCAL", "Table", "read_table", "render", "sharding_key"]

LOCAL = "_local"
"""What the name of a server's own table ends in; no table of a migration may."""

_CREATE = re.compile(r"CREATE TABLE\s+(?:IF NOT EXISTS\s+)?(\w+)\s*(?=\()", re.IGNORECASE)
_ENGINE = re.compile(r"\s*ENGINE\s*=\s*(\w*MergeTree)\b\s*", re.IGNORECASE)
_ORDER = re.compile(r"\bORDER BY\s+(\w+\b(?!\()|(?:tuple)?(?=\())", re.IGNORECASE)
_VIEW = re.compile(r"CREATE VIEW\s+(?:IF NOT EXISTS\s+)?(\w+)\s+AS\s+", re.IGNORECASE)
_ALTER = re.compile(r"ALTER TABLE\s+(\w+)\s+(.+)", re.IGNORECASE | re.DOTALL)
_OF_COLUMNS = re.compile(r"(?:ADD|DROP|MODIFY|RENAME|CLEAR|COMMENT)\s+COLUMN\b", re.IGNORECASE)
_ADD_COLUMN = re.compile(r"\bADD COLUMN\s+(?!IF NOT EXISTS\b)", re.IGNORECASE)
_FROM = re.compile(
    r"\b((?:REPLACE|ATTACH|MOVE) PARTITION\b.+?\b(?:FROM|TO TABLE)\s+)(\w+)", re.IGNORECASE | re.DOTALL
)
_WHOLE = re.compile(r"(TRUNCATE TABLE|OPTIMIZE TABLE)\s+(IF EXISTS\s+)?(\w+)(.*)", re.IGNORECASE | re.DOTALL)
_DROP = re.compile(r"DROP (TABLE|VIEW)\s+(?:IF EXISTS\s+)?(\w+)(.*)", re.IGNORECASE | re.DOTALL)
_CHANGES = re.compile(
    r"(CREATE(?! TEMPORARY)|ALTER|TRUNCATE|OPTIMIZE|DROP|RENAME|EXCHANGE|ATTACH|DETACH)\b", re.IGNORECASE
)
_CODEC = re.compile(r"\s+CODEC\((?:[^()]|\([^()]*\))*\)", re.IGNORECASE)
_SETTINGS = re.compile(r"\bSETTINGS\b", re.IGNORECASE)
# What an erasure or a merge has replaced is off the disks within seconds; up to five minutes by default.
_TIDY = "cleanup_delay_period = 5, max_cleanup_delay_period = 20"
_NO_COLUMN = {"INDEX", "PROJECTION", "CONSTRAINT", "PRIMARY"}


class Table(NamedTuple):
    """The parts of a `CREATE TABLE`: `columns` as text, their `names`, `engine` with its `arguments`, and the rest."""

    name: str
    columns: str
    names: tuple[str, ...]
    engine: str
    arguments: str
    rest: str


def render(statement: str, cluster: str, database: str = "default") -> list[str]:
    """Return the statements for a cluster, in order; the statement itself where it changes no table or there is none.

    All of them may be repeated, so that two collectors may migrate at once. Raises StoreError for a form for which
    there is no rule.
    """
    sql = _bare(statement)
    if not cluster or not _CHANGES.match(sql):
        return [statement]
    on = f"ON CLUSTER '{cluster}'"
    if _CREATE.match(sql):
        return _created(read_table(sql), cluster, database)
    if view := _VIEW.match(sql):
        return [f"CREATE VIEW IF NOT EXISTS {view[1]} {on} AS\n{sql[view.end() :]}"]
    if altered := _ALTER.fullmatch(sql):
        return _altered(altered[1], altered[2], on)
    if whole := _WHOLE.fullmatch(sql):
        return [f"{whole[1]} {whole[2] or ''}{whole[3]}{LOCAL} {on}{whole[4]}"]
    if dropped := _DROP.fullmatch(sql):
        names = [dropped[2], dropped[2] + LOCAL] if dropped[1].upper() == "TABLE" else [dropped[2]]
        return [f"DROP {dropped[1]} IF EXISTS {name} {on}{dropped[3]}" for name in names]
    raise StoreError(
        f"There is no rule for this statement in a cluster: {sql[:80]!r}. docs/cluster.md lists the forms; "
        "write it as one of them, or add a rule to store/cluster.py."
    )


def read_table(sql: str) -> Table:
    """Take a `CREATE TABLE` apart; raises StoreError where it is not of the form that migrations have."""
    sql = _bare(sql)
    created = _CREATE.match(sql)
    end = _closing(sql, created.end()) if created else 0
    engine = _ENGINE.match(sql, end)
    if not created or not engine:
        raise StoreError(
            f"This is no table of a migration: {sql[:80]!r}. It has the form CREATE TABLE name (columns) "
            "ENGINE = …MergeTree(…) … ORDER BY …"
        )
    columns = sql[created.end() : end]
    rest, arguments = sql[engine.end() :], ""
    if rest.startswith("("):
        close = _closing(rest, 0)
        arguments, rest = rest[1 : close - 1].strip(), rest[close:]
    return Table(created[1], columns, _names(columns), engine[1], arguments, rest.strip())


def sharding_key(table: Table) -> str:
    """Return the expression that says to which shard a row of a table belongs.

    All rows of an install are on one shard, and an event of no install always on the same one. Rows of tables without
    installs are where others with the same sorting key are.
    """
    if {"source", "install"} <= set(table.names):
        of_nobody = "if(install = '', message_id, install)" if "message_id" in table.names else "install"
        return f"sipHash64(source, {of_nobody})"
    key = _sorting_key(table)
    return f"sipHash64({key})" if key else "rand()"


def _created(table: Table, cluster: str, database: str) -> list[str]:
    if table.name.endswith(LOCAL):
        raise StoreError(
            f"The table {table.name} cannot be named so: {LOCAL!r} marks the tables of one server."
        )
    name = table.name + LOCAL
    arguments = f"'/clickhouse/tables/{{shard}}/{database}/{name}', '{{replica}}'"
    arguments += f", {table.arguments}" if table.arguments else ""
    return [
        f"CREATE TABLE IF NOT EXISTS {name} ON CLUSTER '{cluster}'\n{table.columns}\n"
        f"ENGINE = Replicated{table.engine}({arguments})\n{table.rest}"
        f"{', ' if _SETTINGS.search(table.rest) else chr(10) + 'SETTINGS '}{_TIDY}",
        f"CREATE TABLE IF NOT EXISTS {table.name} ON CLUSTER '{cluster}'\n({_plain_columns(table.columns[1:-1])})\n"
        f"ENGINE = Distributed('{cluster}', '{database}', '{name}', {sharding_key(table)})",
    ]


def _altered(name: str, actions: str, on: str) -> list[str]:
    """What concerns columns concerns the table over all servers too; nothing else does."""
    actions = _ADD_COLUMN.sub("ADD COLUMN IF NOT EXISTS ", actions)
    local = _FROM.sub(lambda found: f"{found[1]}{found[2]}{LOCAL}", actions)
    statements = [f"ALTER TABLE {name}{LOCAL} {on} {local}"]
    kinds = [bool(_OF_COLUMNS.match(action)) for action in _separated(actions)]
    if any(kinds) and not all(kinds):
        raise StoreError(
            f"One statement alters the table {name} in its columns and in something else: {actions[:80]!r}. "
            "Write two."
        )
    if all(kinds):
        statements.append(f"ALTER TABLE {name} {on} {_plain_columns(actions)}")
    return statements


def _plain_columns(text: str) -> str:
    """Return columns, or the actions of an ALTER, as a table over others has them: without codecs and indices."""
    parts = (part for part in _separated(text) if part.split(None, 1)[0].upper() not in _NO_COLUMN)
    return ",\n    ".join(_CODEC.sub("", part) for part in parts)


def _sorting_key(table: Table) -> str:
    found = _ORDER.search(table.rest)
    if found is None:
        raise StoreError(f"The table {table.name} has no ORDER BY.")
    if found[1] and found[1].lower() != "tuple":
        return found[1]
    return table.rest[found.end() + 1 : _closing(table.rest, found.end()) - 1].strip()


def _names(columns: str) -> tuple[str, ...]:
    firsts = [part.split(None, 1)[0].strip('`"') for part in _separated(columns[1:-1])]
    return tuple(first for first in firsts if first.upper() not in _NO_COLUMN)


def _bare(sql: str) -> str:
    """A statement without the comments of whole lines."""
    return re.sub(r"^\s*--.*\n?", "", sql, flags=re.MULTILINE).strip().rstrip(";").rstrip()


def _separated(text: str) -> list[str]:
    """Split at the commas that stand in no brackets and no quotes."""
    parts, depth, start = [], 0, 0
    for place, sign in _signs(text):
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and not depth:
            parts.append(text[start:place])
            start = place + 1
    return [part.strip() for part in (*parts, text[start:]) if part.strip()]


def _closing(text: str, start: int) -> int:
    """Return the place after the bracket that closes the one at `start`."""
    depth = 0
    for place, sign in _signs(text, start):
        depth += (sign == "(") - (sign == ")")
        if not depth:
            return place + 1
    raise StoreError(f"A bracket is not closed in {text[:80]!r}.")


def _signs(text: str, start: int = 0) -> list[tuple[int, str]]:
    """The brackets and commas outside of quotes, with their places."""
    found = re.finditer(r"'(?:[^'\\]|\\.|'')*'|`[^`]*`|[()\[\],]", text[start:])
    return [(start + each.start(), each[0]) for each in found if len(each[0]) == 1]
