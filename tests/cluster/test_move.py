"""Does a move end equal, however often it is killed, in both directions, and does it say what stands in its way?"""

import re
import subprocess
import sys
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aboveboard.errors import StoreError
from aboveboard.store import DROPS, connect, migrate
from aboveboard.store.erasure import Erasure, save
from aboveboard.store.move import digests, move, tables
from tests.cluster.conftest import ROOT, Cluster

# Rows of the size of real ones, every tenth of them stored twice.
_FILL = """
INSERT INTO events
    (source, install, message_id, part, version, client_time, time, received, kind, event, level, app, app_version,
     os, failed, outcome, duration_ms, weight, error_type, status_code, error_text, properties, cleaned, bytes)
SELECT
    'app', lower(hex(sipHash64(number % 20011))), lower(hex(sipHash128(number))), 0,
    9000000000000000000 - number - COPY,
    toDateTime64('2026-11-01 23:59:59', 3, 'UTC')
        - toIntervalMillisecond(number % DAYS * 86400000 + number % 86399999) AS moment,
    moment, toDateTime64(moment, 6), 'track', ['startup', 'pull', 'build'][number % 3 + 1], 'usage', 'app',
    ['1.0.0', '1.1.0'][number % 2 + 1], ['Linux', 'macOS'][number % 2 + 1], number % 11 = 0 AS fails,
    if(fails, 'failure', 'success'), if(number % 5 = 0, NULL, number % 1000 / 7), 1,
    if(fails, 'Error', ''), if(fails, 500, NULL), if(fails, 'connection refused', ''),
    concat('{"engine":"podman","count":', toString(number % 17), ',"reason":"', hex(sipHash64(number % 999)), '"}'),
    if(fails, ['error: <path>'], []), 300
FROM numbers(ROWS)
WHERE number % EVERY = 0
"""
_AGAIN = """
SELECT toDate(client_time), count(), uniqExact(install), sum(cityHash64(message_id, properties)), sum(bytes)
FROM events FINAL
GROUP BY 1
ORDER BY 1
"""


def fill(dsn: str, rows: int, days: int) -> None:
    """Make a store with so many events, and a little in the other tables."""
    with closing(connect(dsn)) as client:
        migrate(client)
        for copy, every in ((0, 1), (1, 10)):
            sql = _FILL
            for name, value in (("COPY", copy), ("ROWS", rows), ("EVERY", every), ("DAYS", days)):
                sql = sql.replace(name, str(value))
            client.command(sql, settings={"max_partitions_per_insert_block": 0})
        day = datetime(2026, 11, 1, tzinfo=UTC).date()
        client.insert("drops", [["app", day, "e", "p", "r", 7]] * 3, column_names=DROPS)
        moment = 1_795_000_000_000
        save(client, [Erasure("app", "x", "d", 3, "install", moment, moment, {"events": 3}, "{}")])
        client.insert(
            "quarantine",
            [["app", "x", str(number), 5, datetime.now(UTC), "{}", "{}"] for number in range(5)],
            column_names=["source", "install", "message_id", "version", "received", "content", "context"],
        )


def held(dsn: str) -> dict[str, Any]:
    """What a store holds by table and day, and the same of the events once more in another way."""
    with closing(connect(dsn)) as client:
        found: dict[str, Any] = {table.name: digests(client, table) for table in tables(client)}
        found["again"] = [tuple(row) for row in client.query(_AGAIN).result_rows]
    return found


def moving(origin: str, target: str, folder: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "aboveboard", "store", "move", "--from", origin, "--to", target]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def killed_at(process: "subprocess.Popen[str]", share: int) -> int:
    """Kill a move once it says that so many per cent of the events are over; return how many that were."""
    assert process.stderr is not None
    line = ""
    for line in process.stderr:
        found = re.match(r"events .*\((\d+)%\)", line)
        if found and int(found[1]) >= share:
            process.kill()
            process.communicate()
            return int(found[1])
    raise AssertionError(f"the move ended before: {line} {process.communicate()}")


def move_and_kill(folder: Path, cluster: Cluster, rows: int, days: int) -> None:
    origin = f"chdb://{folder / 'store'}"
    filling = [sys.executable, "-m", "tests.cluster.test_move", origin, str(rows), str(days)]
    subprocess.run(filling, cwd=ROOT, check=True)
    began = time.monotonic()
    stops = [killed_at(moving(origin, cluster.dsn, folder), share) for share in (20, 60)]
    last = moving(origin, cluster.dsn, folder)
    said, progress = last.communicate()
    assert last.returncode == 0, progress
    seconds = time.monotonic() - began
    print(f"{rows:,} events moved in {seconds:.0f} s, killed at {stops} %: {said}{progress.splitlines()[-1]}")
    assert f"{rows:,} events" in said
    assert held(origin) == held(cluster.dsn)


@pytest.mark.timeout(400)
def test_a_move_that_is_killed_twice_ends_equal_and_back_again(tmp_path: Path, cluster: Cluster) -> None:
    move_and_kill(tmp_path, cluster, 20_000, days=8)
    back = f"chdb://{tmp_path / 'back'}"
    done = moving(cluster.dsn, back, tmp_path)
    _, progress = done.communicate()
    assert done.returncode == 0, progress
    assert held(back) == held(cluster.dsn)
    with closing(connect(cluster.dsn)) as client:
        client.command("ALTER TABLE events DELETE WHERE status_code = 500 SETTINGS mutations_sync = 2")
    refused = moving(cluster.dsn, back, tmp_path)
    assert "not the same on both sides, first on 2026-10-25" in refused.communicate()[1]


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_move_of_ten_million_events_ends_equal(tmp_path: Path) -> None:
    # One server: four nodes with two copies of each row are more than a small machine has room for.
    server = Cluster(tmp_path / "cluster", nodes=1)
    move_and_kill(tmp_path, server, 10_000_000, days=30)
    server.close()


@pytest.mark.parametrize(
    ("origin", "target", "said"),
    [
        ("chdb:///{}/a", "chdb:///{}/b", "Both stores are embedded"),
        ("chdb:///{}/a", "chdb:///{}/a", "Both stores are"),
        ("chdb:///{}/none", "clickhouse://127.0.0.1:1/x", "There is no store in"),
        ("clickhouse://127.0.0.1:1/x", "chdb:///{}/b", "cannot be opened"),
        ("sqlite:///x", "chdb:///{}/b", "of no known kind"),
    ],
)
def test_stores_that_cannot_be_moved_are_named(tmp_path: Path, origin: str, target: str, said: str) -> None:
    folder = str(tmp_path).lstrip("/")
    with pytest.raises(StoreError, match=said):
        move(origin.format(folder), target.format(folder), lambda _: None)


if __name__ == "__main__":
    fill(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
