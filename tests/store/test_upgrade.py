"""Does a store of each earlier version come to this one with its events, after a crash too, and is there a way back?"""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aboveboard.errors import StoreError
from aboveboard.store import COLUMNS, connect, migrate
from aboveboard.store.backup import back_up
from aboveboard.store.migrations import Migration, migrations, repeatable, statements
from aboveboard.store.schema import Schema, compare, expected, live

EVERY = migrations()
INTERRUPTED = [
    (number, count) for number, step in enumerate(EVERY) for count in range(1, len(statements(step.sql)) + 1)
]


@pytest.fixture(scope="module")
def wanted() -> Schema:
    return expected()


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Any]]:
    dsn = f"chdb://{tmp_path_factory.mktemp('upgrade') / 'store'}"
    client = connect(dsn)
    yield dsn, client
    client.close()


@pytest.fixture
def client(engine: tuple[str, Any]) -> Iterator[Any]:
    """An empty database in the one engine of these tests."""
    made = engine[1]
    made.command("CREATE DATABASE IF NOT EXISTS default")
    yield made
    made.command("DROP DATABASE default SYNC")
    made.command("CREATE DATABASE default")


def of_version(client: Any, steps: list[Migration]) -> None:
    """Make the store of an older version, with an event in it."""
    migrate(client, steps)
    moment = "toDateTime64(1795000000, 3, 'UTC')"
    client.command(
        "INSERT INTO events (source, install, message_id, client_time, time, version) "
        f"SELECT 'app', 'i', toString(number), {moment}, {moment}, number + 1 FROM numbers(7)"
    )


def events(client: Any) -> int:
    found: int = client.query("SELECT count() FROM events FINAL WHERE source = 'app'").result_rows[0][0]
    return found


def test_each_step_has_a_number_of_its_own() -> None:
    """Of two with one number a store that has the first would never get the second."""
    assert len({step.number for step in EVERY}) == len(EVERY)


@pytest.mark.parametrize("steps", range(1, len(EVERY) + 1), ids=lambda number: EVERY[number - 1].name)
def test_a_store_of_each_version_becomes_one_of_this_with_its_events(
    client: Any, wanted: Schema, steps: int
) -> None:
    of_version(client, EVERY[:steps])
    assert migrate(client) == EVERY[steps:]
    assert list(compare(wanted, live(client))) == []
    assert events(client) == 7
    assert migrate(client) == []
    names = [row[0] for row in client.query("DESCRIBE TABLE events").result_rows]
    assert set(COLUMNS) <= set(names)


@pytest.mark.parametrize(("number", "count"), INTERRUPTED, ids=str)
def test_a_crash_after_each_statement_is_gone_on_from(
    client: Any, wanted: Schema, number: int, count: int
) -> None:
    migrate(client, EVERY[:number])
    for statement in itertools.islice(statements(EVERY[number].sql), count):
        client.command(repeatable(statement))
    assert migrate(client) == EVERY[number:]
    assert list(compare(wanted, live(client))) == []


def test_the_way_back_is_the_backup_of_before(engine: tuple[str, Any], client: Any, tmp_path: Path) -> None:
    """An older version does not touch a newer store; it takes the backup that was made with it."""
    dsn, _ = engine
    older = EVERY[:-1]
    of_version(client, older)
    file = back_up(client, dsn)
    migrate(client)
    with pytest.raises(
        StoreError, match=r"written by a newer version\. Start that version, or restore a backup"
    ):
        migrate(client, older)
    client.command("DROP DATABASE default SYNC")
    client.command("RESTORE DATABASE default FROM File(%(file)s)", parameters={"file": str(file)})
    assert migrate(client, older) == []
    assert events(client) == 7
    file.unlink()
