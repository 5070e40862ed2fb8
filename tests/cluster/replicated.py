"""Makes the tables of a cluster as they are, replicated ones too, and prints how they differ from what is expected.

The engine has a Keeper for its own tests, in memory, with which replicated tables can be made; altering one is not
possible with it, so that what later migrations alter has to show as a difference.

    python -m tests.cluster.replicated FOLDER
"""

import os
import sys
import traceback
from pathlib import Path

from aboveboard.store import connect
from aboveboard.store.cluster import render
from aboveboard.store.migrations import LEDGER, migrations, statements
from aboveboard.store.schema import compare, expected, live, of_a_cluster
from tests.cluster.plain import here

CONFIG = """
<clickhouse>
  <tcp_port>9000</tcp_port>
  <remote_servers><two><shard><replica><host>127.0.0.1</host><port>9000</port></replica></shard></two></remote_servers>
  <macros><shard>1</shard><replica>a</replica></macros>
  <zookeeper><implementation>testkeeper</implementation></zookeeper>
</clickhouse>
"""


def main(folder: Path) -> object:
    (folder / "config.xml").write_text(CONFIG, encoding="utf-8")
    wanted = of_a_cluster(expected(), "two", "default")
    os.chdir(folder)
    client = connect(f"chdb://{folder / 'store'}")
    for statement in [LEDGER, *(sql for step in migrations() for sql in statements(step.sql))]:
        for rendered in render(statement, "two"):
            if rendered.startswith(("CREATE", "DROP TABLE")):
                client.command(here(rendered))
    replicated = client.query(
        "SELECT count() FROM system.tables WHERE engine LIKE 'Replicated%'"
    ).result_rows[0][0]
    print(replicated, "replicated tables", flush=True)
    for difference in compare(wanted, live(client)):
        print(difference)
    return client


if __name__ == "__main__":
    code = 1
    try:
        kept = main(Path(sys.argv[1]))  # closing it would wait for ever
        code = 0
    finally:
        traceback.print_exc()
        sys.stdout.flush()
        os._exit(code)  # The engine does not end with such tables in it.
