"""The same questions answered a second time: plain loops over the stored events, as slow and as simple as can be."""

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from aboveboard.collector.event import Event
from aboveboard.insights.buckets import bucket_of

Rows = list[dict[str, Any]]
Kept = Callable[[Event], bool]


def everything(event: Event) -> bool:
    return True


ATTRIBUTES = ("os", "os_version", "arch", "country", "app_version")


def day(event: Event) -> date:
    return moment(event.time).date()


def moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def monday(when: date) -> date:
    return when - timedelta(days=when.weekday())


def installs(events: Iterable[Event]) -> set[str]:
    return {event.install for event in events if event.install}


def estimate(events: Iterable[Event]) -> int:
    return round(sum(event.weight for event in events))


def failures(events: Iterable[Event]) -> int:
    return estimate(event for event in events if event.failed)


def success_rate(events: Iterable[Event]) -> float | None:
    ended = [event for event in events if event.outcome not in ("cancelled", "skipped")]
    worked = sum(event.weight for event in ended if event.outcome == "success")
    return worked / sum(event.weight for event in ended) if ended else None


def in_order(events: Iterable[Event]) -> list[Event]:
    return sorted(events, key=lambda event: (event.time, event.message_id, event.part))


def by_version(events: Iterable[Event]) -> list[Event]:
    """In order; of events at one moment those of older versions first."""
    return sorted(events, key=lambda event: (event.time, event.app_version))


def by(events: Iterable[Event], key: Callable[[Event], Any]) -> dict[Any, list[Event]]:
    groups: dict[Any, list[Event]] = defaultdict(list)
    for event in events:
        groups[key(event)].append(event)
    return groups


def of_installs(events: Iterable[Event]) -> list[list[Event]]:
    return [in_order(own) for install, own in by(events, lambda event: event.install).items() if install]


def properties(event: Event) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(event.properties)
    return found


def actions(events: Sequence[Event]) -> Rows:
    found = []
    for name, own in by(events, lambda event: event.event).items():
        own = [event for event in own if event.kind in ("track", "page", "screen")]
        if not own:
            continue
        row = {
            "event": name,
            "events": estimate(own),
            "events_margin": 1.96 * sum(event.weight * (event.weight - 1) for event in own) ** 0.5,
            "installs": len(installs(own)),
            "failures": failures(own),
            "success_rate": success_rate(own),
        }
        durations = sorted(three_digits(event.duration_ms) for event in own if event.duration_ms is not None)
        for percent in (50, 95, 99):
            row[f"p{percent}_ms"] = quantile(durations, percent / 100)
        found.append(row)
    return found


def three_digits(duration: float) -> float:
    return float(f"{duration:.3g}")


def quantile(values: Sequence[float], share: float) -> float | None:
    if not values:
        return None
    place = share * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (place - low) * (values[high] - values[low])


def overview(events: Sequence[Event], kept: Kept = everything) -> Rows:
    firsts = {own[0].install: day(own[0]) for own in of_installs(events)}
    unclean = set()
    for own in of_installs(events):
        runs = [event for event in own if event.event in ("startup", "shutdown")]
        for before, now in pairwise(runs):
            if before.event == now.event == "startup":
                unclean.add((now.install, now.message_id, now.part))
    events = [event for event in events if kept(event)]
    starts: dict[str, Callable[[date], date]] = {
        "day": lambda when: when,
        "week": monday,
        "month": lambda when: when.replace(day=1),
    }
    found = []
    for period, start_of in starts.items():
        begun = {when: start_of(when) for when in map(day, events)}
        for start, own in sorted(by(events, lambda event: begun[day(event)]).items()):  # noqa: B023
            here = installs(own)
            new = {install for install in here if start_of(firsts[install]) == start}
            found.append(
                {
                    "period": period,
                    "start": start,
                    "events": estimate(own),
                    "installs": len(here),
                    "new": len(new),
                    "returning": len(here) - len(new),
                    "starts": sum(event.event == "startup" for event in own),
                    "unclean_ends": sum(
                        (event.install, event.message_id, event.part) in unclean for event in own
                    ),
                    "failures": failures(own),
                    "success_rate": success_rate(own),
                }
            )
    return found


def errors(events: Sequence[Event]) -> Rows:
    found = []
    for fingerprint, own in by(
        (event for event in events if event.failed), lambda event: event.fingerprint
    ).items():
        own = in_order(own)
        first = own[0]
        found.append(
            {
                "fingerprint": fingerprint,
                "events": sorted({event.event for event in own}),
                "failures": estimate(own),
                "installs": len(installs(own)),
                "first_seen": moment(first.time),
                "last_seen": moment(own[-1].time),
                "first_version": first.app_version,
                "versions": sorted({event.app_version for event in own}),
                "type": first.error_type,
                "text": first.error_text,
                "status_code": first.status_code,
                "days": [[when, estimate(those)] for when, those in sorted(by(own, day).items())],
            }
        )
    return found


def environment(events: Sequence[Event]) -> Rows:
    everyone = len(installs(events))
    found = []
    for attribute in ATTRIBUTES:
        for value, own in by(events, lambda event: getattr(event, attribute)).items():  # noqa: B023
            if value:
                here = len(installs(own))
                row = {
                    "attribute": attribute,
                    "value": value,
                    "installs": here,
                    "share": here / max(everyone, 1),
                }
                found.append(row | {"events": estimate(own), "failures": failures(own)})
    return found


def pages(events: Sequence[Event], kept: Kept = everything) -> Rows:
    views = [event for event in events if event.kind in ("page", "screen") and event.page]
    led: Counter[tuple[str, str]] = Counter()
    for own in of_installs(views):
        for one, two in pairwise(own):
            # Whole seconds, as clocks show them.
            near = day(one) == day(two) and two.time // 1000 - one.time // 1000 <= 30 * 60
            if near and kept(one):
                led[one.page, two.page] += 1
    return [
        {
            "page": page,
            "views": estimate(own),
            "installs": len(installs(own)),
            "to": sorted(
                ({"page": two, "times": times} for (one, two), times in led.items() if one == page),
                key=lambda row: (-int(str(row["times"])), str(row["page"])),
            )[:5],
        }
        for page, own in by(filter(kept, views), lambda event: event.page).items()
    ]


def facts(events: Sequence[Event]) -> list[tuple[Event, str, str, str]]:
    """What events say of their installs: (event, kind, name, value)."""
    found = []
    for event in events:
        said = properties(event)
        if event.extension:
            found.append((event, "extension", event.extension, event.extension_version))
        if event.event == "activateExtension":
            found.append((event, "extension", said["extensionId"], said.get("extensionVersion", "")))
        if event.event == "extensions":
            found += [(event, "extension", each["id"], each["version"]) for each in said["installed"]]
        if event.event == "providers":
            found.append((event, "provider", said["engine"], said.get("version", "")))
            found += [
                (event, "count", name, str(said[name]))
                for name in ("containers", "images", "pods", "volumes")
                if name in said
            ]
        if event.event == "listContainers" and "total" in said:
            found.append((event, "count", "containers", str(said["total"])))
    return [fact for fact in found if fact[0].install]


def extensions(events: Sequence[Event]) -> Rows:
    having: dict[tuple[str, str], dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for event, kind, name, value in facts(events):
        if kind == "extension":
            having[name, value][event.app_version].add(event.install)
    own = by(
        (event for event in events if event.extension),
        lambda event: (event.extension, event.extension_version),
    )
    return [
        {
            "extension": key[0],
            "version": key[1],
            "installs": len(set().union(*having[key].values())) if key in having else 0,
            "app_versions": {version: len(those) for version, those in having[key].items()}
            if key in having
            else {},
            "events": estimate(own.get(key, [])),
            "failures": failures(own.get(key, [])),
            "success_rate": success_rate(own.get(key, [])),
        }
        for key in {**having, **own}
    ]


def providers(events: Sequence[Event]) -> Rows:
    latest: dict[tuple[str, str], dict[str, tuple[Any, ...]]] = defaultdict(dict)
    for event, kind, name, value in facts(events):
        if kind != "extension":
            said = latest[kind, name]
            # Of a day the largest counts; an unknown version never replaces a known one.
            new = (value != "", day(event), float(value) if kind == "count" else value)
            said[event.install] = max(said.get(event.install, new), new)
    found = []
    for (kind, name), said in latest.items():
        values = Counter(bucket_of(value) if kind == "count" else value for *_, value in said.values())
        found += [
            {"kind": kind, "name": name, "value": value, "installs": count, "share": count / len(said)}
            for value, count in values.items()
        ]
    return found


def retention(events: Sequence[Event], kept: Kept = everything) -> Rows:
    active: dict[tuple[date, str | None], dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for own in map(by_version, of_installs(events)):
        cohort = monday(day(own[0]))
        for event in filter(kept, own):
            week = (monday(day(event)) - cohort).days // 7
            for version in (None, own[0].app_version):
                active[cohort, version][week].add(event.install)
    return [
        {
            "cohort": cohort,
            "version": version,
            "installs": len(weeks[0]),
            "active": [len(weeks[week]) if week in weeks else 0 for week in range(max(weeks) + 1)],
        }
        for (cohort, version), weeks in active.items()
    ]


def funnel(events: Sequence[Event], steps: Sequence[str]) -> Rows:
    counts = [0] * len(steps)
    for own in of_installs(events):
        after, reached = date.min, 0
        for place, step in enumerate(steps):
            again = step in steps[:place]
            days = [
                day(event)
                for event in own
                if event.event == step and (day(event) > after if again else day(event) >= after)
            ]
            if not days:
                break
            after = min(days)
            reached += 1
        for place in range(reached):
            counts[place] += 1
    return [
        {
            "step": place + 1,
            "event": step,
            "installs": counts[place],
            "share": counts[place] / counts[0] if counts[0] else None,
            "of_previous": counts[place] / counts[max(place - 1, 0)] if counts[max(place - 1, 0)] else None,
        }
        for place, step in enumerate(steps)
    ]


def volume(events: Sequence[Event]) -> Rows:
    every = sum(event.bytes for event in events if event.part == 0) or 1
    found = []
    for name, own in by(events, lambda event: event.event).items():
        size = sum(event.bytes for event in own if event.part == 0)
        days = {(event.install, day(event)) for event in own if event.install}
        row = {
            "event": name,
            "events": len(own),
            "bytes": size,
            "share": size / every,
            "installs": len(installs(own)),
        }
        found.append(row | {"a_day": len(own) / len(days) if days else None})
    return found


def quality(events: Sequence[Event]) -> Rows:
    found = []
    for (library, version), own in by(events, lambda event: (event.library, event.library_version)).items():
        found.append(
            {
                "kind": "library",
                "name": library,
                "detail": version,
                "events": len(own),
                "installs": len(installs(own)),
                "late": sum(event.received // 1_000_000 - event.time // 1000 > 86_400 for event in own),
                "skewed": sum(
                    event.client_time > 0 and abs(event.time // 1000 - event.client_time // 1000) > 300
                    for event in own
                ),
                "without_time": sum(event.client_time == 0 for event in own),
                "without_install": sum(event.install == "" for event in own),
                "cleaned": sum(bool(event.cleaned) for event in own),
            }
        )
    return found


def releases(events: Sequence[Event]) -> Rows:
    known = [event for event in events if event.install and event.app_version]
    versions = sorted({event.app_version for event in known})
    last = {own[0].install: own[-1].app_version for own in map(by_version, of_installs(known))}
    on_day: dict[date, dict[str, str]] = defaultdict(dict)
    downgrades: Counter[str] = Counter()
    for own in map(by_version, of_installs(known)):
        for event in own:
            on_day[day(event)][event.install] = event.app_version
        of_days = [those[-1].app_version for _, those in sorted(by(own, day).items())]
        for before, after in pairwise(of_days):
            downgrades[before] += after < before
    found = []
    for version in versions:
        own = in_order(event for event in known if event.app_version == version)
        row: dict[str, Any] = {
            "version": version,
            "first_seen": moment(own[0].time),
            "last_seen": moment(own[-1].time),
            "installs": len(installs(own)),
            "current": sum(latest == version for latest in last.values()),
            "share": sum(latest == version for latest in last.values()) / len(last),
            "downgrades": downgrades[version],
        }
        since = {when: those for when, those in sorted(on_day.items()) if when >= day(own[0])}
        for percent in (50, 90):
            reached = [
                (when - day(own[0])).days
                for when, those in since.items()
                if sum(each >= version for each in those.values()) >= percent / 100 * len(those)
            ]
            row[f"days_to_{percent}"] = reached[0] if reached else None
        row["curve"] = [
            [when, sum(each == version for each in those.values()) / len(those)]
            for when, those in since.items()
        ]
        found.append(row)
    return found


DIVISIONS: dict[str, Callable[[Event], str]] = {
    "version": lambda event: event.app_version,
    "os": lambda event: event.os,
    "arch": lambda event: event.arch,
    "country": lambda event: event.country,
    "extension": lambda event: event.extension,
    "extension version": lambda event: (
        f"{event.extension} {event.extension_version}" if event.extension_version else ""
    ),
    "event": lambda event: event.event,
    "status code": lambda event: "" if event.status_code is None else str(event.status_code),
    "exit code": lambda event: "" if event.exit_code is None else str(event.exit_code),
    "week": lambda event: str(monday(day(event))),
    "day": lambda event: str(day(event)),
}


def action(events: Sequence[Event], name: str) -> Rows:
    own = [event for event in events if event.event == name]
    return [
        {
            "event": name,
            "by": division,
            "value": value,
            "events": estimate(part),
            "installs": len(installs(part)),
            "failures": failures(part),
            "success_rate": success_rate(part),
        }
        for division, key in DIVISIONS.items()
        if division != "event"
        for value, part in by(own, key).items()
        if value
    ]


def error(events: Sequence[Event]) -> Rows:
    groups = by((event for event in events if event.failed), lambda event: event.fingerprint)
    if not groups:
        return []
    reason = min(groups, key=lambda each: (-len(installs(groups[each])), -failures(groups[each]), each))
    return [
        {
            "reason": reason,
            "by": division,
            "value": value,
            "failures": failures(part),
            "installs": len(installs(part)),
        }
        for division, key in DIVISIONS.items()
        if division not in ("extension", "status code", "exit code")
        for value, part in by(groups[reason], key).items()
        if value
    ]
