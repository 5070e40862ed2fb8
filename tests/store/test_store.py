"""Does a store open, migrate, keep one row an event, and refuse in plain words?"""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from aboveboard.errors import StoreError
from aboveboard.store import COLUMNS, connect, embedded_folder, insert, migrate
from aboveboard.store.migrations import migrations, statements

HOLD = """
import sys, time
from aboveboard.store import connect
client = connect(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def dsn(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"chdb://{tmp_path_factory.mktemp('store') / 'store'}"


def row(**values: object) -> tuple[object, ...]:
    defaults: dict[str, object] = dict.fromkeys(COLUMNS, "")
    zeros = ("part", "version", "client_time", "time", "received", "failed", "weight", "bytes", "notice")
    nulls = ("duration_ms", "status_code", "exit_code")
    defaults |= (
        dict.fromkeys(zeros, 0) | dict.fromkeys(nulls) | {"cleaned": [], "failed": False, "weight": 1.0}
    )
    return tuple((defaults | values).values())


def test_migrations_have_a_number_each_and_are_in_its_order() -> None:
    numbers = [step.number for step in migrations()]
    assert numbers == sorted(set(numbers))
    assert all(statements(step.sql) for step in migrations())


def test_a_second_start_finds_nothing_to_migrate(dsn: str) -> None:
    client = connect(dsn)
    migrate(client)
    assert migrate(client) == []
    columns = [name for name, *_ in client.query("DESCRIBE TABLE events").result_rows]
    assert tuple(columns) == COLUMNS


def test_a_store_of_a_newer_version_is_not_touched(tmp_path: Path, dsn: str) -> None:
    client = connect(dsn)
    migrate(client)
    client.insert("migrations", [[9999, "from_the_future"]], column_names=["number", "name"])
    try:
        with pytest.raises(StoreError, match="newer version"):
            migrate(client)
    finally:
        client.command("ALTER TABLE migrations DELETE WHERE number = 9999 SETTINGS mutations_sync = 2")


def test_of_two_rows_with_one_identity_the_first_stored_stays(dsn: str) -> None:
    client = connect(dsn)
    migrate(client)
    day = 1_795_000_000_000
    base = {"source": "s", "install": "i", "message_id": "m", "client_time": day}
    insert(client, [row(**base, event="first", version=20), row(**base, event="second", version=10)])
    insert(client, [row(**base, event="third", version=5)])
    found = client.query("SELECT event FROM events FINAL WHERE source = 's'").result_rows
    assert [tuple(each) for each in found] == [("first",)]


def test_one_insert_takes_events_of_many_days(dsn: str) -> None:
    client = connect(dsn)
    migrate(client)
    days = [row(source="days", message_id=str(day), client_time=day * 86_400_000) for day in range(1, 301)]
    insert(client, days)
    assert client.query("SELECT count() FROM events WHERE source = 'days'").result_rows[0][0] == 300


def test_a_store_that_another_process_holds_is_named_in_the_error(tmp_path: Path) -> None:
    held = f"chdb://{tmp_path / 'held'}"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, held], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        opened = subprocess.run(
            [sys.executable, "-c", HOLD, held],
            input="",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        holder.communicate("")
    assert "another process has it open" in opened.stderr
    assert str(tmp_path / "held") in opened.stderr


def test_a_folder_is_free_again_as_soon_as_its_process_ends(tmp_path: Path) -> None:
    dsn = f"chdb://{tmp_path / 'again'}"
    for _ in range(2):
        started = time.monotonic()
        subprocess.run([sys.executable, "-c", HOLD, dsn], input="", text=True, timeout=60, check=True)
        assert time.monotonic() - started < 60


@pytest.mark.parametrize("dsn", ["", "var/store", "sqlite:///x", "chdb:relative", "chdb://host/x"])
def test_a_wrong_dsn_says_what_to_write(dsn: str) -> None:
    with pytest.raises(StoreError, match="chdb:///absolute/folder"):
        embedded_folder(dsn)


def test_a_password_is_not_in_the_error() -> None:
    with pytest.raises(StoreError) as refused:
        connect("clickhouse://user:hunter2@127.0.0.1:1/database")
    assert "hunter2" not in str(refused.value)


def test_a_folder_that_cannot_be_made_is_named_with_a_way_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(
        StoreError, match=r"file of the store cannot be made: .*\. Choose another one with --data"
    ):
        connect(f"chdb://{tmp_path / 'file' / 'store'}")


def test_a_damaged_store_says_that_a_backup_may_help(tmp_path: Path) -> None:
    dsn = f"chdb://{tmp_path / 'store'}"
    make = HOLD.replace("connect\n", "connect, migrate\n").replace("print(", "migrate(client); print(")
    command = [sys.executable, "-c", make, dsn]
    subprocess.run(command, input="", text=True, timeout=60, check=True, stdout=subprocess.DEVNULL)
    for table in (tmp_path / "store" / "store").rglob("events.sql"):
        table.write_text("garbage (")
    opened = subprocess.run(command, input="", capture_output=True, text=True, timeout=60, check=False)
    assert opened.returncode != 0
    assert str(tmp_path / "store") in opened.stderr
    assert "or restore a backup" in opened.stderr
