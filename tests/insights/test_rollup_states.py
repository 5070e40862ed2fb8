"""What is counted again, what is let go of, and what is read from events? In a store of few days."""

from dataclasses import replace
from datetime import timedelta

from aboveboard.insights import QUESTIONS
from aboveboard.store.erasure import erase
from aboveboard.store.rollups import WEEKS, Builder, builds, counted, relations, standing, states
from tests.insights.conftest import NOON, Put, Store, sent
from tests.insights.test_rollups import midnight


def test_what_is_counted_is_not_counted_again(store: Store) -> None:
    put = store.put([sent("pull", "a"), sent("pull", "b", at=NOON - timedelta(days=3))])
    builder = Builder(store.client)
    builder.refresh()
    assert builder.refresh() == 0
    put.more([sent("pull", "c")])
    assert builder.refresh() == 1


def test_a_merge_changes_no_state_and_an_erasure_only_that_of_its_days(store: Store) -> None:
    put = store.put([sent("pull", "a"), sent("pull", "b", at=NOON - timedelta(days=3))])
    put.more([sent("pull", "c")])
    Builder(store.client).refresh()
    before = states(store.client)
    store.client.command("OPTIMIZE TABLE events FINAL")
    assert states(store.client) == before
    gone = put.events[1].install
    erase(store.client, [(put.name, gone)])
    assert Builder(store.client).refresh() == 1


def test_an_erasure_leaves_nothing_counted_of_its_days(store: Store) -> None:
    put = store.put([sent("pull", "a")])
    Builder(store.client).refresh()
    erase(store.client, [(put.name, put.events[0].install)])
    counted = "SELECT count() FROM rollup_counts WHERE source = {source:String}"
    assert store.client.query(counted, parameters={"source": put.name}).result_rows == [(0,)]


def test_a_build_that_was_cut_off_is_never_read(store: Store) -> None:
    """A crash leaves rows of a build that the list of builds does not name."""
    put = store.put([sent("pull", "a")])
    builder = Builder(store.client)
    builder.refresh()
    store.client.command(
        "INSERT INTO rollup_counts SELECT * REPLACE (build + 1 AS build) FROM rollup_counts WHERE source = {s:String}",
        parameters={"s": put.name},
    )
    rows = put.ask(QUESTIONS["volume"], version="1.0.0")
    assert [row["events"] for row in rows] == [1]
    later = Builder(store.client, monotonic=iter(range(0, 10_000, 100)).__next__)
    later.refresh()
    later.refresh()
    kept = store.client.query("SELECT uniqExact(build) FROM rollup_counts").result_rows[0][0]
    known, weeks = counted(store.client)
    assert kept <= len(known) + len(weeks)


def weeks_of(put: Put) -> tuple[int, int]:
    """Return how many builds a look reads day by day, and how many with weeks."""
    span = put.filters(days=39)
    looked = relations(put.store.client, midnight(span.since), midnight(span.until))
    return len(looked.builds), max(map(len, looked.weeks.values()))


def test_days_of_a_week_are_taken_together_until_one_of_them_changes(store: Store) -> None:
    """Eight, nine and ten days ago: two of them at least are of one week, and today is of none."""
    ago = (0, 8, 9, 10)
    put = store.put([sent("pull", "a", at=NOON - timedelta(days=days)) for days in ago])
    builder = Builder(store.client)
    builder.refresh()
    by_day, with_weeks = weeks_of(put)
    assert with_weeks < by_day

    put.more([sent("pull", "b", at=NOON - timedelta(days=days)) for days in ago[1:]])
    looked = put.ask(QUESTIONS["actions"])
    assert (looked[0]["events"], looked[0]["installs"]) == (7, 2)
    builder.refresh()
    assert weeks_of(put) == (by_day, with_weeks)
    assert builder.refresh() == 0


def test_an_erasure_leaves_nothing_in_a_week(store: Store) -> None:
    put = store.put([sent("pull", "a", at=NOON - timedelta(days=days)) for days in (8, 9, 10)])
    Builder(store.client).refresh()
    erase(store.client, [(put.name, put.events[0].install)])
    for table in {table for tables in WEEKS.values() for table in tables}:
        rows = f"SELECT count() FROM {table} WHERE source = {{source:String}}"
        assert store.client.query(rows, parameters={"source": put.name}).result_rows == [(0,)], table


def test_a_span_that_begins_within_a_day_is_read_from_events(store: Store) -> None:
    put = store.put([sent("pull", "a"), sent("pull", "b", at=NOON - timedelta(hours=3))])
    Builder(store.client).refresh()
    cut = replace(put.filters(), since=NOON - timedelta(hours=1))
    assert [row["events"] for row in QUESTIONS["actions"](store.client, cut)] == [1]
    assert relations(store.client, cut.since, cut.until).raw
    whole = replace(cut, since=midnight(cut.since), until=midnight(cut.until))
    assert relations(store.client, whole.since, whole.until).raw == []
    assert [row["events"] for row in QUESTIONS["actions"](store.client, whole)] == [2]


def test_what_was_counted_of_many_serves_while_events_are_added_and_not_once_some_are_deleted(
    store: Store,
) -> None:
    put = store.put([sent("pull", "a"), sent("pull", "b")])
    Builder(store.client).refresh()
    put.more([sent("pull", "c")])
    now = max(build.number for build in builds(store.client).values())

    def raw(at: int, few: int) -> list[str]:
        filters = put.filters()
        stands = standing(store.client, at, few)
        return list(relations(store.client, midnight(filters.since), midnight(filters.until), stands).raw)

    assert raw(now, few=0) == []
    assert len(raw(now, few=100)) == 1
    assert len(raw(now + 900_001, few=0)) == 1
    erase(store.client, [(put.name, put.events[0].install)])
    assert len(raw(now, few=0)) == 1
