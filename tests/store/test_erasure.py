"""Do rows really leave the disk: those of an install, and those that are too old?"""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.errors import StoreError
from aboveboard.store import connect, insert, migrate
from aboveboard.store.erasure import (
    Erasure,
    Tombstones,
    count,
    delete_rows,
    erase,
    erasures,
    latest,
    save,
    tables_of_installs,
)
from aboveboard.store.retention import plausible, sweep
from aboveboard.store.rollups import Builder, forget_all
from tests.store.test_store import row

DAY = 86_400_000
TODAY = 20_780 * DAY


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("erasure") / "store"


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[Any]:
    opened = connect(f"chdb://{folder}")
    migrate(opened)
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def empty(client: Any) -> None:
    for table in (*tables_of_installs(client), "erasures"):
        client.command(f"TRUNCATE TABLE {table}")
    forget_all(client)


def files_with(folder: Path, text: str) -> list[Path]:
    """The files of a store in which a text stands; those that vanish meanwhile have it no more."""
    found = []
    for file in folder.rglob("*"):
        try:
            if file.is_file() and text.encode() in file.read_bytes():
                found.append(file)
        except FileNotFoundError:
            continue
    return found


def test_rows_leave_every_table_and_their_bytes_leave_the_disk(client: Any, folder: Path) -> None:
    for install, text in (("gone", "burgundy-otter"), ("stays", "lavender-heron")):
        insert(client, [row(source="app", install=install, message_id=text, client_time=TODAY)])
        values = ["app", install, text, datetime.now(UTC)]
        client.insert("quarantine", [values], column_names=["source", "install", "message_id", "received"])
    assert len(files_with(folder, "burgundy-otter")) >= 2
    erase(client, [("app", "gone")])
    assert files_with(folder, "burgundy-otter") == []
    assert len(files_with(folder, "lavender-heron")) >= 2
    assert count(client, "app", "gone") == {"events": 0, "quarantine": 0}
    assert count(client, "app", "stays") == {"events": 1, "quarantine": 1}


def test_bytes_that_a_merge_has_copied_leave_too(client: Any, folder: Path) -> None:
    for number in range(3):
        insert(
            client,
            [row(source="app", install="gone", message_id=f"burgundy-otter-{number}", client_time=TODAY)],
        )
    client.command("OPTIMIZE TABLE events FINAL")
    erase(client, [("app", "gone")])
    assert files_with(folder, "burgundy-otter") == []


def test_what_only_an_erased_install_told_leaves_the_counts_too(client: Any, folder: Path) -> None:
    for install, version in (("gone", "9.9.9-burgundy-otter"), ("stays", "9.9.9-lavender-heron")):
        insert(client, [row(source="app", install=install, app_version=version, client_time=TODAY)])
    builder = Builder(client)
    builder.refresh()
    assert len(files_with(folder, "burgundy-otter")) >= 3
    erase(client, [("app", "gone")])
    assert files_with(folder, "burgundy-otter") == []
    builder.refresh()
    told = client.query("SELECT app_version FROM rollup_contexts WHERE source = 'app'").result_rows
    assert told == [("9.9.9-lavender-heron",)]


def test_only_the_named_source_is_concerned(client: Any) -> None:
    insert(client, [row(source=source, install="same", client_time=TODAY) for source in ("o'hara", "other")])
    erase(client, [("o'hara", "same")])
    assert count(client, "other", "same")["events"] == 1
    assert count(client, "o'hara", "same")["events"] == 0


def test_a_table_that_is_added_later_is_erased_as_well(client: Any) -> None:
    client.command(
        "CREATE TABLE later (install String, source String, x UInt8) ENGINE = MergeTree ORDER BY x"
    )
    try:
        client.insert("later", [["gone", "app", 1], ["stays", "app", 2]])
        erase(client, [("app", "gone")])
        assert count(client, "app", "gone")["later"] == 0
        assert count(client, "app", "stays")["later"] == 1
    finally:
        client.command("DROP TABLE later SYNC")


def test_what_a_merge_writes_is_synced_in_every_table_of_installs(client: Any) -> None:
    """The parts that it replaces are removed at once, so nothing else would hold the rows after a power cut."""
    for table in tables_of_installs(client):
        created = client.command(f"SHOW CREATE TABLE {table}")
        assert "min_rows_to_fsync_after_merge = 1" in str(created), table


def seconds_to_erase(client: Any, install: str, days: list[int]) -> float:
    """Store an event of an install on each day, and erase them."""
    rows = [row(source="app", install=install, message_id=str(day), client_time=day) for day in days]
    insert(client, rows)
    started = time.monotonic()
    erase(client, [("app", install)])
    return time.monotonic() - started


def test_an_erasure_does_not_wait_between_the_days_of_a_store(client: Any) -> None:
    """Forty days took six seconds with the engine's own pauses; one try of three is spared by other programs."""
    days = [TODAY - number * DAY for number in range(40)]
    insert(client, [row(source="app", install="stays", message_id=str(day), client_time=day) for day in days])
    assert any(seconds_to_erase(client, f"gone-{number}", days) < 3.5 for number in range(3))
    assert count(client, "app", "stays")["events"] == 40


def test_nothing_is_said_to_be_gone_while_a_query_still_reads_it(client: Any, folder: Path) -> None:
    rows = [
        row(source="app", install="a", message_id=f"burgundy-{n}", client_time=TODAY) for n in range(1000)
    ]
    insert(client, rows)
    reader = connect(f"chdb://{folder}")
    sql, small = "SELECT message_id FROM events", {"max_block_size": 10}
    try:
        with reader.query_row_block_stream(sql, settings=small) as blocks:
            seen = len(next(iter(blocks)))
            with pytest.raises(StoreError, match="still on disk"):
                delete_rows(client, "events", "install = %(install)s", {"install": "a"}, wait=0.2)
            seen += sum(len(block) for block in blocks)
    finally:
        reader.close()
    assert seen == 1000
    erase(client, [("app", "a")])
    assert files_with(folder, "burgundy-999") == []


def test_a_request_is_kept_and_its_later_step_replaces_it(client: Any) -> None:
    asked = Erasure("app", "i", "d", 1, "install", TODAY, TODAY + 5, {})
    save(client, [asked, asked._replace(deletion="other")])
    save(client, [asked._replace(step=3, counts={"events": 2}, receipt="{}")])
    assert {each.deletion: each.step for each in erasures(client)} == {"d": 3, "other": 1}
    (done,) = erasures(client, [("app", "i", "d")])
    assert (done.counts, done.receipt, done.before) == ({"events": 2}, "{}", TODAY + 5)
    assert erasures(client, []) == []
    assert client.query("SELECT count() FROM tombstones").result_rows[0][0] == 1


@pytest.mark.parametrize(("ahead", "before"), [(-DAY, 0), (DAY, DAY + 1), (9 * DAY, 2 * DAY)])
def test_events_of_a_clock_that_runs_ahead_count_as_sent_before(client: Any, ahead: int, before: int) -> None:
    insert(client, [row(source="app", install="a", client_time=TODAY + ahead)])
    assert latest(client, "app", "a", TODAY) == TODAY + before


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.integers(0, 2**52))))
def test_a_tombstone_never_moves_back(added: list[tuple[str, str, int]]) -> None:
    tombstones = Tombstones()
    for source, install, before in added:
        tombstones.add(source, install, before)
    for source, install in (("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")):
        expected = max((before for *who, before in added if who == [source, install]), default=None)
        assert tombstones.erased_before(source, install) == expected


def of_age(days: float, source: str = "app", level: str = "usage") -> tuple[object, ...]:
    """A row of an event that happened so many days before TODAY."""
    moment = int(TODAY - days * DAY)
    name = f"{source}-{level}-{days}"
    return row(
        source=source, level=level, message_id=name, time=moment, client_time=moment, received=moment * 1000
    )


def left(client: Any) -> set[str]:
    return {name for (name,) in client.query("SELECT message_id FROM events").result_rows}


def test_each_source_and_level_is_kept_for_its_own_days(client: Any, folder: Path) -> None:
    rules = {"app": {"": 30, "error": 10}, "other": {"": 5}}
    kept = [of_age(29), of_age(9, level="error"), of_age(4, "other"), of_age(399, "left the settings")]
    gone = [of_age(31), of_age(11, level="error"), of_age(6, "other"), of_age(401, "left the settings")]
    insert(client, [*kept, *gone])
    assert sweep(client, rules, TODAY + DAY // 2) == len(gone)
    assert left(client) == {each[2] for each in kept}
    assert files_with(folder, "app-error-11") == []
    assert sweep(client, rules, TODAY + DAY // 2) == 0


def test_with_the_last_event_of_an_install_goes_its_id(client: Any, folder: Path) -> None:
    for install, days in (("burgundy-otter", 40), ("lavender-heron", 40), ("lavender-heron", 2)):
        moment = TODAY - days * DAY
        insert(
            client, [row(source="app", install=install, time=moment, client_time=moment, app_version=install)]
        )
    Builder(client).refresh()
    assert len(files_with(folder, "burgundy-otter")) >= 3
    assert sweep(client, {"app": {"": 30}}, TODAY) == 2
    assert files_with(folder, "burgundy-otter") == []
    numbered = client.query("SELECT install FROM install_numbers WHERE source = 'app'").result_rows
    assert numbered == [("lavender-heron",)]


def test_with_the_last_event_of_a_state_goes_what_made_it(client: Any, folder: Path) -> None:
    for version, days in (("0.9-burgundy-otter", 40), ("2.0-lavender-heron", 2)):
        moment = TODAY - days * DAY
        insert(client, [row(source="app", install="a", time=moment, client_time=moment, app_version=version)])
    Builder(client).refresh()
    assert len(files_with(folder, "burgundy-otter")) >= 2
    assert sweep(client, {"app": {"": 30}}, TODAY) == 1
    assert files_with(folder, "burgundy-otter") == []
    assert client.query("SELECT count() FROM rollup_stated WHERE source = 'app'").result_rows == [(1,)]


def test_an_erasure_leaves_the_number_of_who_sends_again_meanwhile(client: Any, folder: Path) -> None:
    """A newcomer would get the same number otherwise, and two installs would count as one."""
    insert(client, [row(source="app", install=install, client_time=TODAY) for install in ("stays", "again")])
    Builder(client).refresh()

    def send() -> None:
        other = connect(f"chdb://{folder}")
        while left(other) & {"first"}:
            time.sleep(0.001)
        insert(other, [row(source="app", install="again", message_id="second", client_time=TODAY + DAY)])
        Builder(other).refresh()
        other.close()

    insert(client, [row(source="app", install="again", message_id="first", client_time=TODAY)])
    sender = threading.Thread(target=send)
    sender.start()
    erase(client, [("app", "again")])
    sender.join()
    insert(client, [row(source="app", install="newcomer", client_time=TODAY)])
    Builder(client).refresh()
    numbered = client.query("SELECT install, number FROM install_numbers WHERE source = 'app'").result_rows
    assert sorted(install for install, _ in numbered) == ["again", "newcomer", "stays"]
    assert len({number for _, number in numbered}) == 3


def test_a_day_goes_at_once(client: Any) -> None:
    insert(client, [of_age(10.0), of_age(9.5), of_age(9.01)])
    assert sweep(client, {"app": {"": 9}}, TODAY + DAY - 1) == 0 + len({10.0, 9.5, 9.01})
    assert left(client) == set()


def test_a_clock_far_ahead_of_the_newest_event_is_doubted(client: Any) -> None:
    assert plausible(client, TODAY)
    insert(client, [of_age(0)])
    assert plausible(client, TODAY + DAY)
    assert not plausible(client, TODAY + 400 * DAY)
