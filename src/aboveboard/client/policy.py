"""What becomes of an event that passed consent and cleaning? Budgets and rules, kept in the spool.

All of it runs inside the transaction that queues the event, so a death of the process leaves either the
event and its counts or neither.
"""

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from aboveboard.client.budget import Budget, Meter
from aboveboard.client.host import Host, new_id
from aboveboard.client.record import Event, Extension, Note
from aboveboard.client.rules import Rule, Ruling, draw, read_rules, ruling
from aboveboard.client.spool import Spool
from aboveboard.client.wire import dump, stamp

if TYPE_CHECKING:
    from aboveboard.client.daily import Day

RULES_KEY: Final = "rules"
BUDGET_KEY: Final = "budget "
HELD_BYTES: Final = 24_000
Count = Callable[[str, str], None]


class Policy:
    """Decides, event by event, what is queued; `count(reason, event)` learns of what is not."""

    def __init__(self, host: Host, rules: tuple[Rule, ...], budget: Budget, count: Count) -> None:
        self._host = host
        self._rules = rules
        self._budget = budget
        self._count = count
        self._meters: dict[str, Meter] = {}
        self._sent_rules = ""
        self._all_rules = rules
        self._rulings: dict[str, Ruling] = {}
        self._used: dict[str, int] = {}

    def refresh(self, spool: Spool) -> None:
        """Begin a transaction: take up the rules that the collector sent last."""
        self._used.clear()
        text = spool.get(RULES_KEY)
        if text != self._sent_rules:
            self._sent_rules = text
            self._all_rules = self._rules + read_rules(json.loads(text))[0]
            self._rulings.clear()

    def admit(self, spool: Spool, event: Event, anonymous_id: str) -> Iterator[Event]:
        """Yield what is queued for one event: itself, something in its place, or nothing."""
        said = self._ruling(event.name)
        if said.disabled or (said.ratio < 1.0 and draw(anonymous_id) >= said.ratio):
            self._count("rule", event.name)
            return
        if event.extension.id and not self._within_budget(spool, event.extension.id):
            self._count("budget", event.name)
            return
        weighed = _weigh(event, said.ratio)
        if said.daily:
            yield from self._daily(spool, weighed)
        elif said.aggregate is not None:
            yield from self._hold(spool, weighed, said.aggregate)
        else:
            yield weighed

    def settle(self, spool: Spool) -> None:
        """End a transaction: write down how much of its day each extension has used."""
        today = stamp(self._host.clock())[:10]
        for extension, used in self._used.items():
            spool.put(BUDGET_KEY + extension, f"{today} {used}")

    def due(self, spool: Spool, now: float, *, everything: bool = False) -> Iterator[Event]:
        """Yield what waited long enough: rollups of days that are over, aggregates; `everything` at the end."""
        self.refresh(spool)
        for name, text in spool.database.execute(
            "SELECT event, data FROM days WHERE day < ? AND suppressed > 0", (stamp(now)[:10],)
        ).fetchall():
            from aboveboard.client.daily import Day, day_from_json

            kept = json.loads(text)
            day = day_from_json(kept)
            yield self._rollup(name, kept, day)
            self._keep_day(spool, name, kept, Day(day.day))
        for (name,) in spool.database.execute("SELECT DISTINCT event FROM held").fetchall():
            seconds, _ = self._ruling(name).aggregate or (0.0, 0)
            oldest = spool.database.execute(
                "SELECT min(created) FROM held WHERE event = ?", (name,)
            ).fetchone()[0]
            if everything or not 0 <= now - oldest < seconds:
                yield from self._release(spool, name)

    def over_budget(self) -> Iterator[tuple[str, int]]:
        """Yield each extension that went over its budget, and by how many events."""
        for extension, meter in self._meters.items():
            over = meter.report()
            if over:
                yield extension, over

    def _ruling(self, name: str) -> Ruling:
        found = self._rulings.get(name)
        if found is None:
            found = self._rulings[name] = ruling(self._all_rules, name)
        return found

    def _within_budget(self, spool: Spool, extension: str) -> bool:
        meter = self._meters.get(extension)
        if meter is None:
            meter = self._meters[extension] = Meter(self._budget)
        used = self._used.get(extension)
        if used is None:
            day, _, text = spool.get(BUDGET_KEY + extension).partition(" ")
            used = int(text) if day == stamp(self._host.clock())[:10] else 0
        allowed = meter.allows(self._host.monotonic(), used)
        self._used[extension] = used + allowed
        return allowed

    def _daily(self, spool: Spool, event: Event) -> Iterator[Event]:
        from aboveboard.client.daily import Day, day_from_json, suppress  # few apps have such a rule

        found = spool.database.execute("SELECT data FROM days WHERE event = ?", (event.name,)).fetchone()
        today = stamp(event.time)[:10]
        kept = json.loads(found[0]) if found else None
        day = day_from_json(kept) if kept else None
        # A clock that jumped back must not open a new day: the later of the two counts.
        if day is not None and day.day >= today:
            self._keep_day(spool, event.name, _about(event), suppress(day, event.properties, event.time))
            self._count("daily", event.name)
            return
        if day is not None and kept is not None and day.suppressed:
            yield self._rollup(event.name, kept, day)
        self._keep_day(spool, event.name, _about(event), Day(today))
        yield event

    def _keep_day(self, spool: Spool, name: str, about: dict[str, Any], day: "Day") -> None:
        from aboveboard.client.daily import day_to_json

        data = dump({**about, **day_to_json(day)})
        spool.database.execute(
            "INSERT OR REPLACE INTO days VALUES (?, ?, ?, ?)", (name, day.day, day.suppressed, data)
        )

    def _rollup(self, name: str, about: dict[str, Any], day: "Day") -> Event:
        from aboveboard.client.daily import rollup

        properties = {**rollup(day), **about["common"]}
        weight = about["common"].get("common.weight", 1)
        for entry in properties["aggregated"]:
            entry["common.weight"] *= weight
        properties.pop("common.weight", None)
        note = Note("", f"{day.suppressed} events rolled up", "rule")
        return self._event(name, about, properties, day.last, (note,))

    def _hold(self, spool: Spool, event: Event, window: tuple[float, int]) -> Iterator[Event]:
        spool.database.execute(
            "INSERT INTO held (event, created, properties, about) VALUES (?, ?, ?, ?)",
            (event.name, event.time, dump(event.properties), dump(_about(event))),
        )
        number, size = spool.database.execute(
            "SELECT count(*), sum(length(properties)) FROM held WHERE event = ?", (event.name,)
        ).fetchone()
        if number >= window[1] or size >= HELD_BYTES:
            yield from self._release(spool, event.name)

    def _release(self, spool: Spool, name: str) -> Iterator[Event]:
        rows = spool.database.execute(
            "SELECT properties, about, created FROM held WHERE event = ? ORDER BY id", (name,)
        ).fetchall()
        spool.database.execute("DELETE FROM held WHERE event = ?", (name,))
        if rows:
            about = json.loads(rows[-1][1])
            entries = [_own(json.loads(properties)) for properties, _, _ in rows]
            note = Note("", f"{len(entries)} events aggregated", "rule")
            properties = {"aggregated": entries, **about["common"]}
            yield self._event(name, about, properties, rows[-1][2], (note,))

    def _event(
        self,
        name: str,
        about: dict[str, Any],
        properties: dict[str, Any],
        time: float,
        notes: tuple[Note, ...],
    ) -> Event:
        extension = Extension(about["extension"])
        return Event(
            new_id(self._host), about["kind"], name, about["level"], properties, time, extension, notes
        )


def _about(event: Event) -> dict[str, Any]:
    """Return what an event made later of this one needs: kind, level, and the properties all share."""
    common = {key: value for key, value in event.properties.items() if key.startswith("common.")}
    return {"kind": event.kind, "level": event.level, "extension": event.extension.id, "common": common}


def _own(properties: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if not key.startswith("common.")}


def _weigh(event: Event, ratio: float) -> Event:
    if ratio >= 1.0:
        return event
    return event._replace(properties={**event.properties, "common.weight": round(1 / ratio, 3)})
