"""Is a backup whole, is it told from other files, and does a failed restore change nothing?"""

import tarfile
from pathlib import Path
from typing import Any

import pytest

from aboveboard.errors import StoreError
from aboveboard.store import connect, insert, migrate
from aboveboard.store.backup import back_up, check_file, restore, tidy
from aboveboard.store.connection import backup_folder
from aboveboard.store.migrations import migrations
from tests.store.test_store import row

CLUSTER = "clickhouse://user:password@127.0.0.1:1/database"


def filled(folder: Path, rows: int) -> tuple[str, Any]:
    dsn = f"chdb://{folder}"
    client = connect(dsn)
    migrate(client)
    insert(client, [row(source="app", message_id=str(number)) for number in range(rows)])
    return dsn, client


def events(client: Any) -> int:
    found: int = client.query("SELECT count() FROM events").result_rows[0][0]
    return found


def test_a_backup_is_every_table_as_it_was_and_restores_over_what_came_later(tmp_path: Path) -> None:
    dsn, client = filled(tmp_path / "store", 3)
    made = back_up(client, dsn)
    check_file(made)
    insert(client, [row(source="app", message_id="later")])
    client.close()
    file = made.rename(tmp_path / "backup.tar")
    seen: list[tuple[int, int]] = []

    def finish(restored: Any) -> None:
        seen.append((events(restored), len(migrate(restored))))

    aside = restore(dsn, file, finish)
    assert seen == [(3, 0)]
    assert aside == tmp_path / "store.before-restore-1"
    for folder, expected in ((tmp_path / "store", 3), (aside, 4)):
        opened = connect(f"chdb://{folder}")
        assert (events(opened), migrate(opened)) == (expected, [])
        opened.close()


def test_a_backup_of_an_older_version_is_brought_up_to_date(tmp_path: Path) -> None:
    dsn = f"chdb://{tmp_path / 'store'}"
    client = connect(dsn)
    migrate(client)
    (step,) = (step.number for step in migrations() if step.name == "erasures")
    client.command(f"ALTER TABLE migrations DELETE WHERE number = {step} SETTINGS mutations_sync = 2")
    for table in ("erasures", "tombstones"):
        client.command(f"DROP TABLE {table} SYNC")
    file = back_up(client, dsn).rename(tmp_path / "backup.tar")
    client.close()
    there: list[int] = []
    restore(
        dsn, file, lambda restored: there.append(len(restored.query("SELECT * FROM tombstones").result_rows))
    )
    assert there == [0]


def test_where_the_work_after_a_restore_fails_the_old_store_is_back(tmp_path: Path) -> None:
    dsn, client = filled(tmp_path / "store", 2)
    file = back_up(client, dsn).rename(tmp_path / "backup.tar")
    insert(client, [row(source="app", message_id="later")])
    client.close()

    def fail(_: Any) -> None:
        raise StoreError("an erasure could not be done again")

    with pytest.raises(StoreError, match="done again"):
        restore(dsn, file, fail)
    client = connect(dsn)
    assert events(client) == 3
    client.close()
    assert not list(tmp_path.glob("store.before-restore*"))


def test_a_backup_with_a_missing_file_is_refused_in_words_and_changes_nothing(tmp_path: Path) -> None:
    dsn, client = filled(tmp_path / "store", 2)
    made = back_up(client, dsn)
    client.close()
    file = tmp_path / "backup.tar"
    with tarfile.open(made) as whole, tarfile.open(file, "w") as holed:
        for member in whole:
            if not member.name.endswith("/data.bin"):
                holed.addfile(member, whole.extractfile(member))
    with pytest.raises(
        StoreError, match=r"cannot be restored, and the store is as it was: .* Take another backup"
    ):
        restore(dsn, file, lambda _: None)
    client = connect(dsn)
    assert events(client) == 2
    client.close()


def test_what_a_crash_left_of_a_backup_is_deleted(tmp_path: Path) -> None:
    dsn, client = filled(tmp_path / "store", 1)
    left = back_up(client, dsn)
    client.close()
    tidy(dsn)
    assert not left.exists()
    tidy(dsn)


def test_a_file_that_is_no_backup_is_named(tmp_path: Path) -> None:
    other = tmp_path / "other.tar"
    with tarfile.open(other, "w") as archive:
        archive.add(__file__, "file")
    for file, expected in (
        (other, "is not a backup.*Take another"),
        (tmp_path / "none", "There is no file.*Name one"),
    ):
        with pytest.raises(StoreError, match=expected) as refused:
            check_file(file)
        assert str(file) in str(refused.value)


def test_a_cluster_is_backed_up_by_its_own_means(tmp_path: Path) -> None:
    assert backup_folder(CLUSTER) is None
    for act in (lambda: back_up(None, CLUSTER), lambda: restore(CLUSTER, tmp_path / "x", lambda _: None)):  # type: ignore[arg-type]
        with pytest.raises(StoreError, match="its own BACKUP"):
            act()
    tidy(CLUSTER)
