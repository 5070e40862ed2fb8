"""How is a message told from another without keeping an id that may hold a name?

An id of the form that clients draw at random is kept as it is. In the place of any other stands a keyed hash of it,
which is the same at each retry.
"""

import hmac
import re
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING

from aboveboard.store.written import ensure

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = object

__all__ = ["hash_stored", "stored_id"]

# UUIDs, Segment's with their prefixes, and digests. In words that Python and the engine both know.
_FORM = "((node|ajs)-next-[0-9]{13}-)?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9a-f]{16,64}"
_drawn = re.compile(_FORM)
_LABEL = "message:"
_UPGRADE = "message ids"
_DIGITS = 32
_TABLES = ("events", "quarantine")

_SOURCES = "SELECT DISTINCT source FROM {table} WHERE NOT match(message_id, {{form:String}})"
_HASHED = """
INSERT INTO {table}
SELECT * REPLACE (
    lower(substring(hex(HMAC('sha256', concat({{label:String}}, message_id), unhex({{key:String}}))), 1, {digits}))
    AS message_id
)
FROM (
    -- Inside, since outside the name would mean what it is replaced by.
    SELECT *
    FROM {table}
    WHERE source = {{source:String}} AND NOT match(message_id, {{form:String}})
)
"""
_REMOVED = "ALTER TABLE {table} DELETE WHERE NOT match(message_id, %(form)s) SETTINGS mutations_sync = 2"


def stored_id(message_id: str, key: str) -> str:
    """Return what is stored in the place of a message id; `key` is the source's, in hexadecimal digits."""
    if _drawn.fullmatch(message_id):
        return message_id
    sent = (_LABEL + message_id).encode()
    return hmac.digest(bytes.fromhex(key), sent, "sha256").hex()[:_DIGITS]


def hash_stored(client: "Client", keys: Mapping[str, str]) -> None:
    """Do the same, once, to the ids that an earlier version stored, so that their retries meet them.

    `keys` are the sources' own. Rows of a source that left the settings get a key that nobody keeps. Where this is
    broken off it begins again: a row that was written already is written again as it was, and counts once.
    """
    done = client.query(
        "SELECT count() FROM upgrades WHERE name = {name:String}", parameters={"name": _UPGRADE}
    )
    if done.result_rows[0][0]:
        return
    form = f"^({_FORM})$"
    for table in _TABLES:
        sources = client.query(_SOURCES.format(table=table), parameters={"form": form}).result_rows
        for (source,) in sources:
            key = keys.get(source) or secrets.token_hex(32)
            parameters = {"source": source, "form": form, "key": key, "label": _LABEL}
            client.command(
                _HASHED.format(table=table, digits=_DIGITS),
                parameters=parameters,
                settings={"max_partitions_per_insert_block": 0},
            )
        # In a cluster such a statement waits for every server.
        if sources:
            ensure(client)
            client.command(_REMOVED.format(table=table), parameters={"form": form})
    client.insert("upgrades", [[_UPGRADE]], column_names=["name"])
