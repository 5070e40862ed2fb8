"""What may anybody know of what is collected: what, why, how much of it, and how to have it deleted?

Numbers follow the rule of small groups: an event that fewer installs sent than the settings' `small_group` is not
counted out, and counts are rounded to it. Declines are not counted: a decline leaves no trace to count.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aboveboard.access import Source
from aboveboard.catalog import Catalog, load
from aboveboard.catalog.builtin import implied
from aboveboard.catalog.document import LEVEL_SENTENCES, sent_as, title

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["collected", "counts"]

_RECEIVED: Final = """
SELECT source, event, count() AS events, uniqIf(install, install != '') AS installs
FROM events FINAL
WHERE source IN {sources:Array(String)} AND time >= {since:DateTime64(3, 'UTC')}
GROUP BY source, event
ORDER BY source, event
"""

_ERASED: Final = """
SELECT source, count() AS erasures
FROM erasures FINAL
WHERE step = 3 AND source IN {sources:Array(String)}
GROUP BY source
"""


def counts(client: "Client", sources: Sequence[str], since: datetime, small: int) -> dict[str, Any]:
    """Return how many events of each name came in, and how many erasures are done, by source.

    An event's count is None where fewer than `small` installs sent it. All counts are rounded down to a multiple of
    that, so that five to nine read alike where it is five.
    """
    settings = {"do_not_merge_across_partitions_select_final": 1}
    given = {"sources": list(sources), "since": since}
    events: dict[str, dict[str, int | None]] = {name: {} for name in sources}
    for row in client.query(_RECEIVED, parameters=given, settings=settings).named_results():
        shown = _rounded(row["events"], small) if row["installs"] >= small else None
        events[row["source"]][row["event"]] = shown
    erased = {
        row["source"]: _rounded(row["erasures"], small)
        for row in client.query(_ERASED, parameters={"sources": list(sources)}).named_results()
    }
    return {"events": events, "erasures": {name: erased.get(name, 0) for name in sources}}


def _rounded(count: int, small: int) -> int:
    return count // small * small


def collected(source: Source, folder: Path, numbers: Mapping[str, Any]) -> dict[str, Any]:
    """Return what one source collects, as its newest released catalog says it; `folder` is where catalogs are."""
    catalog = _released(source, folder)
    received: Mapping[str, int | None] = numbers["events"].get(source.name, {})
    declared = catalog.events if catalog is not None else {}
    return {
        "source": source.name,
        "app": title(catalog.app) if catalog is not None else source.name,
        "notice": catalog.notice if catalog is not None else None,
        "privacy": catalog.privacy if catalog is not None else None,
        "catalog": catalog.digest if catalog is not None else None,
        "kept_days": source.kept_days(),
        "levels": {
            level: LEVEL_SENTENCES[level]
            for level in LEVEL_SENTENCES
            if any(e.level == level for e in declared.values())
        },
        "events": [_event(catalog, name, received) for name in declared] if catalog is not None else [],
        # Names that nobody declared may be anything: they are counted together and not shown.
        "undeclared": sum(1 for name in received if name not in declared),
        "erasures": numbers["erasures"].get(source.name, 0),
    }


def _released(source: Source, folder: Path) -> Catalog | None:
    if not source.catalogs:
        return None
    catalog = load(folder / source.catalogs[-1])
    for extension, file in source.extensions.items():
        catalog = catalog.with_extension(extension, load(folder / file))
    return catalog


def _event(catalog: Catalog, name: str, received: Mapping[str, int | None]) -> dict[str, Any]:
    event = catalog.events[name]
    properties = {
        **event.properties,
        **{key: prop for key, prop in implied(event).items() if key not in event.properties},
    }
    return {
        "name": name,
        "description": event.description,
        "question": event.question,
        "level": event.level,
        "expires": event.expires.isoformat() if event.expires else None,
        "issue": event.issue or None,
        "received": received.get(name, 0),
        "properties": [
            {
                "name": key,
                "sent": sent_as(prop).replace("*", "").replace("`", ""),
                "description": prop.description,
            }
            for key, prop in properties.items()
        ],
    }
