"""How many bytes is an event on the wire and on the disk?

The figures that docs/capacity.md counts with. The wire is measured on the real mix of events in gzipped batches of
50, the disk on a simulated population after its parts were merged, for every table that the server keeps.
"""

import gzip
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from aboveboard.access import Sources
from aboveboard.access.sources import new_source
from aboveboard.collector.admit import Admission
from aboveboard.simulation import Plan, events, populate
from aboveboard.simulation.feed import store
from aboveboard.store import connect, migrate
from aboveboard.store.rollups import Builder
from tests.bench.bench_insights import start
from tests.bench.figures import Figure
from tests.bench.load import BATCH, bodies

INSTALLS = 3_000
DAYS = 28


def wire() -> dict[str, float]:
    """Bytes an event in a request, as JSON and gzipped as our client does it."""
    made = bodies("key", 40)
    count = len(made) * BATCH
    return {
        "json": sum(map(len, made)) / count,
        "gzip": sum(len(gzip.compress(body, 6)) for body in made) / count,
    }


def disk() -> dict[str, Any]:
    """Events, and bytes an event of each table, once nothing is left to merge."""
    with tempfile.TemporaryDirectory() as folder:
        client = connect(f"chdb://{folder}/store")
        migrate(client)
        source = new_source("capacity", kind="production", policy="cleaned", write_key="key")
        admission = Admission(Sources([source]), Path(folder))
        population = populate(Plan(INSTALLS, DAYS, seed=3, rate=2.0))
        for day in events(population, start()):
            store(day, client, admission, "key")
        client.command("OPTIMIZE TABLE events FINAL")
        Builder(client).refresh()
        (count,) = client.query("SELECT count() FROM events").result_rows[0]
        sizes = client.query(
            "SELECT table, sum(bytes_on_disk) FROM system.parts "
            "WHERE active AND database = currentDatabase() GROUP BY table"
        ).result_rows
        client.close()
    return {"events": count, "tables": {name: size / count for name, size in sizes if size / count >= 0.5}}


def main() -> dict[str, Any]:
    """Print both; returns them."""
    found = {"wire": wire(), "disk": disk()}
    print(
        f"on the wire: {found['wire']['json']:.0f} bytes an event as JSON, {found['wire']['gzip']:.0f} gzipped"
    )
    print(f"on the disk, of {found['disk']['events']:,} events:")
    for name, size in sorted(found["disk"]["tables"].items(), key=lambda entry: -entry[1]):
        print(f"  {name:24} {size:8.1f} bytes an event")
    return found


def figures(found: dict[str, Any]) -> list[Figure]:
    """Return bytes an event on the wire and on the disk."""
    tables = found["disk"]["tables"]
    return [
        Figure("capacity: an event on the wire, gzipped", found["wire"]["gzip"], "bytes"),
        Figure("capacity: an event on the disk, all tables", float(np.sum(list(tables.values()))), "bytes"),
        Figure("capacity: an event in the table of events", tables["events"], "bytes"),
    ]


if __name__ == "__main__":
    main()
