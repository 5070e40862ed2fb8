"""Are days until the first failure those of a plain loop, also where an install has many states in one version?"""

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np

from aboveboard.collector.event import Event
from aboveboard.insights.attempts import risks
from aboveboard.insights.looking import Look
from aboveboard.store.rollups import Builder
from tests.insights import naive
from tests.insights.conftest import NOON, Store, sent

VERSIONS = ["1.0.0", "1.1.0"]
MIDNIGHT = NOON.replace(hour=0, minute=0, second=0, microsecond=0)


def tries(rng: random.Random) -> list[dict[str, Any]]:
    """Actions of a few installs whose systems change while their versions stay."""
    told = []
    for _ in range(200):
        event = sent(
            rng.choice(["pull", "build"]),
            rng.choice(["", "a", "b", "c", "d"]),
            at=MIDNIGHT - timedelta(days=rng.randrange(5), seconds=-rng.randrange(80_000)),
            version=rng.choice(["", *VERSIONS]),
            os=rng.choice(["Linux", "Windows"]),
            country=rng.choice(["DE", "FR"]),
            properties=rng.choice([*[{}] * 6, {"success": False}, {"outcome": "cancelled"}]),
        )
        event["context"]["os"]["version"] = rng.choice("123")
        told.append(event)
    return told


def plain(events: list[Event]) -> dict[tuple[str, str], list[list[float]]]:
    found: dict[tuple[str, str], list[list[float]]] = {}
    for event in naive.by(events, lambda event: event.event if event.failed else ""):
        for version in VERSIONS if event else []:
            of_these = [each for each in events if (each.event, each.app_version) == (event, version)]
            tried = [each for each in of_these if each.outcome not in ("cancelled", "skipped")]
            for install in naive.installs(tried):
                days = naive.by((each for each in tried if each.install == install), naive.day)
                bad = [any(each.failed for each in days[day]) for day in sorted(days)]
                last = bad.index(True) if any(bad) else len(bad) - 1
                table = found.setdefault((event, version), [[0.0] * 30, [0.0] * 30])
                table[0][last] += any(bad)
                for day in range(last + 1):
                    table[1][day] += 1
    return found


def test_days_until_the_first_failure_are_those_of_a_plain_loop(store: Store) -> None:
    put = store.put(tries(random.Random(1)))
    for counted in (False, True):
        for equal in ({}, {"os": "Linux"}, {"country": "DE", "version": "1.1.0"}):
            span = {"since": MIDNIGHT - timedelta(days=40), "until": MIDNIGHT + timedelta(days=1)}
            look = Look(store.client, replace(put.filters(**equal), **span))
            assert look.counted == counted
            kept = [
                event
                for event in put.events
                if event.os == equal.get("os", event.os)
                and event.country == equal.get("country", event.country)
                and event.app_version == equal.get("version", event.app_version)
            ]
            found = risks(look, VERSIONS)
            assert {key: np.asarray(table).tolist() for key, table in found.items()} == plain(kept)
        Builder(store.client).refresh()
