"""Is what the system refuses to write neither acknowledged nor left in force, and what was there not lost?

The engine of these tests is refused writes as by a full disk: no file of the process may grow beyond a limit.
"""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError

from aboveboard.errors import StoreError
from aboveboard.store import connect, insert, migrate
from aboveboard.store.backup import back_up
from aboveboard.store.erasure import Erasure, delete_rows, erase, save
from aboveboard.store.rollups import Builder, builds
from aboveboard.store.written import KEPT_SECONDS, ensure, ensure_room, mend, refused
from tests.store.test_store import row

TODAY = 20_780 * 86_400_000
MADE = (
    "INSERT INTO events (source, install, message_id) SELECT 'app', 'cut', toString(number) FROM numbers(9)"
)
# What has no rows of anybody, or is made anew.
UNKEPT = {"migrations", "upgrades", "warm_up"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("written") / "store"


@pytest.fixture(scope="module")
def opened(folder: Path) -> Iterator[Any]:
    client = connect(f"chdb://{folder}")
    migrate(client)
    yield client
    client.close()


@pytest.fixture
def client(opened: Any) -> Any:
    opened.command("TRUNCATE TABLE events")
    for number in range(3):
        rows = [row(source="app", install=who, message_id=str(number), client_time=TODAY) for who in "ab"]
        insert(opened, rows)
    return opened


@contextmanager
def refusing(size: int = 700) -> Iterator[None]:
    """Refuse whatever would make a file larger than so many bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def stored(client: Any) -> list[tuple[str, str]]:
    sql = "SELECT install, message_id FROM events FINAL ORDER BY ALL"
    return [tuple(row) for row in client.query(sql).result_rows]


ALL = [(who, str(number)) for who in "ab" for number in range(3)]


def test_a_merge_that_is_cut_short_gives_way_to_what_it_was_made_of(client: Any, folder: Path) -> None:
    ensure(client)
    with refusing():
        client.command("OPTIMIZE TABLE events FINAL")
    with pytest.raises(StoreError, match=r"refused a write.* Make room"):
        ensure(client)
    mend(client)
    ensure(client)
    assert stored(client) == ALL
    assert list(folder.glob("store/*/*/detached/*")) == []
    # It is merged again, and whole.
    client.command("OPTIMIZE TABLE events FINAL")
    ensure(client)
    assert stored(client) == ALL


def test_an_insert_that_is_cut_short_is_known_and_gone(client: Any) -> None:
    with refusing():
        client.command(MADE)
    with pytest.raises(StoreError):
        ensure(client)
    mend(client)
    assert stored(client) == ALL
    client.command(MADE)
    ensure(client)
    assert len(stored(client)) == len(ALL) + 9


def test_a_deletion_that_is_cut_short_deletes_nobody_else(client: Any) -> None:
    mine = "install = %(install)s", {"install": "a"}
    with refusing(), pytest.raises(StoreError, match="refused a write"):
        delete_rows(client, "events", *mine)
    mend(client)
    assert [each for each in stored(client) if each[0] == "b"] == ALL[3:]
    delete_rows(client, "events", *mine)
    assert stored(client) == ALL[3:]


def test_an_erasure_takes_what_was_set_aside_at_a_start_along(client: Any, folder: Path) -> None:
    with refusing():
        client.command("OPTIMIZE TABLE events FINAL")
    # As a process does that is killed then and starts again.
    client.command("DETACH TABLE events SYNC")
    client.command("ATTACH TABLE events")
    assert stored(client) == ALL
    assert len(list(folder.glob("store/*/*/detached/broken*"))) == 1
    mend(client)
    erase(client, [("app", "a")])
    assert list(folder.glob("store/*/*/detached/broken*")) == []
    assert stored(client) == ALL[3:]


@pytest.mark.parametrize(
    "write",
    [
        lambda client, _: save(client, [Erasure("app", "a", "d", 1, "x", TODAY, TODAY, {})]),
        lambda client, folder: back_up(client, f"chdb://{folder}"),
        lambda client, _: Builder(client).refresh(),
    ],
    ids=["erasure", "backup", "rollup"],
)  # fmt: skip
def test_nothing_else_is_said_to_be_written_either(
    client: Any, folder: Path, write: Callable[[Any, Path], object]
) -> None:
    with refusing(), pytest.raises((StoreError, ClickHouseError)):
        write(client, folder)
    mend(client)
    write(client, folder)
    ensure(client)


def test_rollups_of_which_a_part_is_gone_are_counted_again(client: Any) -> None:
    Builder(client).refresh()
    assert builds(client)
    with refusing():
        client.command("OPTIMIZE TABLE rollup_totals FINAL SETTINGS optimize_skip_merged_partitions = 0")
    mend(client)
    assert builds(client) == {}
    Builder(client).refresh()
    ((stored,),) = client.query("SELECT sum(stored) FROM rollup_totals").result_rows
    assert builds(client)
    assert stored >= len(ALL)


def test_tables_are_not_changed_where_the_disk_has_no_room_for_it(client: Any) -> None:
    ensure_room(client)
    with pytest.raises(StoreError, match=r"has \d+ MB left, and changing its tables needs \d+\. Make room"):
        ensure_room(client, 2**60)


def test_where_nothing_was_refused_nothing_is_opened_anew(client: Any) -> None:
    before, sql = refused(client), "SELECT max(modification_time), count() FROM system.parts WHERE active"
    parts = client.query(sql).result_rows
    mend(client)
    assert (refused(client), client.query(sql).result_rows) == (before, parts)


def test_every_table_keeps_what_a_merge_replaces_also_after_an_erasure(client: Any) -> None:
    erase(client, [("app", "a")])
    tables = client.query(
        "SELECT name, engine_full FROM system.tables WHERE database = 'default' AND engine LIKE '%MergeTree'"
    ).result_rows
    kept = {name for name, engine in tables if f"old_parts_lifetime = {KEPT_SECONDS}" in engine}
    unkept = {name for name, _ in tables} - kept
    assert {name for name in unkept if not name.startswith("rollup_")} == UNKEPT
