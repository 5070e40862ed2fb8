"""Is no message id kept that may hold a name, and does a retry still meet its first copy?"""

import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.store import connect, insert, migrate
from aboveboard.store.message_ids import hash_stored, stored_id
from tests.store.test_store import row

KEY = "ab" * 32


@pytest.mark.parametrize(
    "drawn",
    [
        str(uuid.UUID(int=7)),
        uuid.UUID(int=7).hex,
        f"node-next-1764086400000-{uuid.UUID(int=7)}",
        "0123456789abcdef",
    ],
)
def test_an_id_that_a_client_drew_is_kept(drawn: str) -> None:
    assert stored_id(drawn, KEY) == drawn


@given(st.text(min_size=1, max_size=256))
def test_no_other_id_is_kept_and_each_is_always_the_same(sent: str) -> None:
    hashed = stored_id(f"alice {sent}", KEY)
    assert len(hashed) == 32
    assert hashed == stored_id(f"alice {sent}", KEY) != stored_id(f"alice {sent}", "cd" * 32)
    assert stored_id(hashed, KEY) == hashed


def test_rows_from_before_are_met_by_their_retries(tmp_path: Path) -> None:
    client = connect(f"chdb://{tmp_path / 'store'}")
    migrate(client)
    kept = str(uuid.UUID(int=9))
    insert(
        client, [row(source="app", install="a", message_id=text) for text in ("backup of alice's disk", kept)]
    )
    insert(client, [row(source="gone", install="a", message_id="alice@example.org")])
    for _ in range(2):  # What was broken off is done again, and what is done is not.
        hash_stored(client, {"app": KEY})
    stored = {line[0] for line in client.query("SELECT message_id FROM events").result_rows}
    expected = stored_id("backup of alice's disk", KEY)
    assert {kept, expected} < stored
    assert len(stored) == 3
    assert not any("alice" in text for text in stored)
    insert(client, [row(source="app", install="a", message_id=expected)])
    assert client.query("SELECT count() FROM events FINAL").result_rows == [(3,)]
    client.close()
