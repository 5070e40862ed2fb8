"""Which small number stands for each install? Bitmaps count installs exactly, and are small where numbers are."""

import threading
from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = object

__all__ = ["NUMBERING", "number_installs"]

NUMBERING = threading.Lock()
"""Held while numbers are given, or taken from those who are gone: what has one is there as long as its events are."""

_NEW = """
INSERT INTO install_numbers
SELECT
    source,
    install,
    (SELECT max(number) FROM install_numbers) + row_number() OVER () AS number
FROM
(
    SELECT DISTINCT source, install
    FROM events
    WHERE _partition_id IN {circles:Array(String)}
        AND install != ''
        AND (source, install) NOT IN (SELECT source, install FROM install_numbers)
)
"""


def number_installs(client: "Client", circles: Collection[str]) -> None:
    """Give a number to each install of these partitions that has none; they are on disk when this returns."""
    if circles:
        with NUMBERING:
            client.command(_NEW, parameters={"circles": list(circles)})
