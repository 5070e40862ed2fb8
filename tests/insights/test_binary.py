"""Do columns that are read hold what the engine wrote, in however many blocks and with however many texts?"""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aboveboard.insights.binary import columns
from tests.insights.conftest import Store

_ROWS = """
SELECT toUInt32(number * 7 % 1000) AS few, sipHash64(number) AS many,
    toLowCardinality(if(number % {kinds} = 0, '', concat('ü', toString(number % {kinds})))) AS text
FROM numbers({rows})
SETTINGS max_block_size = {block}, max_threads = 1
"""


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.integers(0, 900), block=st.integers(1, 500), kinds=st.integers(1, 400))
def test_columns_hold_what_was_written(store: Store, rows: int, block: int, kinds: int) -> None:
    sql = _ROWS.format(rows=rows, block=block, kinds=kinds)
    (few, many), (text,) = columns(store.client.raw_query(sql, fmt="Native"), 2, 1)
    told = [text.values[code] for code in text.codes.tolist()]
    assert list(zip(few.tolist(), (many.astype("u8")).tolist(), told, strict=True)) == [
        tuple(row) for row in store.client.query(sql).result_rows
    ]
    assert text.values == sorted({"", *told})


def test_a_column_that_is_not_read_is_told(store: Store) -> None:
    raw = store.client.raw_query("SELECT 'a' AS told", fmt="Native")
    with pytest.raises(
        ValueError, match="told of an answer is of the type String, and UInt32, UInt64, Int64 or"
    ):
        columns(raw, 0, 1)
