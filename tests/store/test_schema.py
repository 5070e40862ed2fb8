"""Is each way in which a live store can differ from what is expected explained?"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aboveboard.store import connect, migrate
from aboveboard.store.migrations import migrations, statements
from aboveboard.store.schema import Schema, compare, expected, live, of_a_cluster

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def wanted() -> Schema:
    return expected()


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Any]:
    opened = connect(f"chdb://{tmp_path / 'store'}")
    migrate(opened)
    yield opened
    opened.close()


def test_a_store_of_this_version_differs_in_nothing(client: Any, wanted: Schema) -> None:
    assert list(compare(wanted, live(client))) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DROP TABLE drops SYNC", r"^The table drops is not there\. Start"),
        (
            "CREATE TABLE mine (x UInt8) ENGINE = MergeTree ORDER BY x",
            r"^The table mine is none of this version's",
        ),
        (
            "ALTER TABLE events MODIFY SETTING fsync_after_insert = 0",
            r"fsync_after_insert of the table events is 0, and 1 is expected: .* lost in a power cut\. Say ALTER TABLE",
        ),
        (
            "ALTER TABLE events RESET SETTING old_parts_lifetime",
            r"old_parts_lifetime .* is not set, and 20 .* full disk .* erased",
        ),
        (
            "ALTER TABLE events DROP COLUMN notice",
            r"^The table events has no column notice \(UInt32\)\. Start",
        ),
        (
            "ALTER TABLE events MODIFY COLUMN bytes UInt64",
            r"^The column bytes of the table events is UInt64.* UInt32 ",
        ),
        (
            "ALTER TABLE events ADD COLUMN more String",
            r"^The column more of the table events is none of this version",
        ),
        (
            "ALTER TABLE quarantine REMOVE TTL",
            r"^The table quarantine is laid out as .*, and .* TTL .* is expected\.",
        ),
    ],
)
def test_each_difference_is_one_sentence_that_says_what_to_do(
    client: Any, wanted: Schema, change: str, said: str
) -> None:
    client.command(change)
    (found,) = compare(wanted, live(client))
    assert re.search(said, found), found


def test_an_engine_that_counts_copies_is_told(client: Any, wanted: Schema) -> None:
    client.command("DROP TABLE quarantine SYNC")
    client.command("CREATE TABLE quarantine AS events ENGINE = MergeTree ORDER BY source")
    found = list(compare(wanted, live(client)))
    assert found[0].startswith(
        "The table quarantine has the engine MergeTree, and ReplacingMergeTree is expected."
    )


@pytest.mark.timeout(400)
def test_a_cluster_is_held_against_replicated_and_distributed_tables(wanted: Schema, tmp_path: Path) -> None:
    """The engine makes the real tables; what migrations alter it cannot alter here, and so must be told."""
    command = [sys.executable, "-m", "tests.cluster.replicated", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=380, check=False)
    assert done.returncode == 0, done.stderr
    head, *found = done.stdout.splitlines()
    tables = [name for name, engine in wanted.engines.items() if engine.endswith("MergeTree")]
    assert head == f"{len(tables)} replicated tables"
    altering = (statement for step in migrations() for statement in statements(step.sql))
    altered = set(re.findall(r"ALTER TABLE (\w+)", "\n".join(altering)))
    assert {re.findall(r"table (\w+?)(?:_local)?\b", line)[0] for line in found} <= altered, found
    assert any("old_parts_lifetime of the table events_local is not set" in line for line in found)


def test_a_sharding_key_of_somebody_elses_making_is_told(wanted: Schema) -> None:
    right = of_a_cluster(wanted, "c", "d")
    wrong = of_a_cluster(wanted, "c", "d")
    wrong.layouts["events"] = wrong.layouts["events"].replace("sipHash64", "cityHash64")
    (found,) = compare(right, wrong)
    assert "Rows of one install would be on several shards" in found
