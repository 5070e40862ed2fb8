"""What remains of the events of a day of which only the first is sent? Counts that can be added up."""

from collections.abc import Mapping
from math import floor, log2
from typing import Any, Final

from aboveboard.frozen import field, record, replace

# Two buckets for each doubling: a duration read from a bucket is off by a fifth at most.
PER_DOUBLING: Final = 2
NO_DURATION: Final = -1


@record(frozen=True, slots=True)
class Day:
    """One event's day: `counts` has, by (outcome, duration bucket), what was suppressed.

    The outcome is "ok", "failed", or "" where the event says nothing of success. `last` is the time of the
    newest suppressed event, in seconds.
    """

    day: str
    last: float = 0.0
    counts: Mapping[tuple[str, int], int] = field(default_factory=dict)

    @property
    def suppressed(self) -> int:
        """Return how many events were not sent by themselves."""
        return sum(self.counts.values())

    def total(self, outcome: str) -> int:
        """Return how many of those had this outcome."""
        return sum(number for (found, _), number in self.counts.items() if found == outcome)


def suppress(day: Day, properties: Mapping[str, Any], time: float) -> Day:
    """Return the day with one more event counted instead of sent."""
    key = (_outcome(properties), bucket(properties.get("duration_ms")))
    counts = {**day.counts, key: day.counts.get(key, 0) + 1}
    return replace(day, last=max(day.last, time), counts=counts)


def rollup(day: Day) -> dict[str, Any]:
    """Return a day as the properties of one event.

    Each entry of `aggregated` stands for as many events as its `common.weight` says, of one outcome and of
    about one duration; a reader of Podman Desktop's aggregates counts them right without knowing of rollups.
    """
    entries = [_entry(outcome, index, number) for (outcome, index), number in sorted(day.counts.items())]
    return {
        "aggregated": entries,
        "common.count": day.suppressed + 1,
        "common.ok": day.total("ok"),
        "common.failed": day.total("failed"),
        "common.suppressed": day.suppressed,
    }


def bucket(duration: object) -> int:
    """Return the number of the bucket that holds a duration in milliseconds."""
    if isinstance(duration, bool) or not isinstance(duration, (int, float)):
        return NO_DURATION
    return floor(log2(max(duration, 1.0)) * PER_DOUBLING)


def middle(index: int) -> float:
    """Return the duration in the (geometric) middle of a bucket."""
    return round(float(2.0 ** ((index + 0.5) / PER_DOUBLING)), 1)


def day_to_json(day: Day) -> dict[str, Any]:
    """Return a day in the form in which it is kept."""
    counts = [[outcome, index, number] for (outcome, index), number in day.counts.items()]
    return {"day": day.day, "last": day.last, "counts": counts}


def day_from_json(kept: Mapping[str, Any]) -> Day:
    """Return a day from the form in which it is kept."""
    counts = {(str(outcome), int(index)): int(number) for outcome, index, number in kept["counts"]}
    return Day(str(kept["day"]), float(kept["last"]), counts)


def _outcome(properties: Mapping[str, Any]) -> str:
    if "error" in properties or properties.get("success") is False:
        return "failed"
    return "ok" if properties.get("success") is True else ""


def _entry(outcome: str, index: int, number: int) -> dict[str, Any]:
    entry: dict[str, Any] = {"common.weight": number}
    if outcome:
        entry["success"] = outcome == "ok"
    if index != NO_DURATION:
        entry["duration_ms"] = middle(index)
    return entry
