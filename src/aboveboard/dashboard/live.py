"""What is coming in right now from the sources under development, event by event?"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from aboveboard.access import Source
from aboveboard.dashboard.leaves import MOST_LEAVES, leaves
from aboveboard.dashboard.pages import PAGES, show
from aboveboard.dashboard.questions import with_client
from aboveboard.dashboard.sign_in import admins_only
from aboveboard.insights.live import latest

__all__ = ["LiveEvent", "live", "live_event"]

_MOST = 50
_PAGE = next(page for page in PAGES if page.name == "live")


@dataclass(frozen=True)
class LiveEvent:
    """One stored event as the page shows it; `properties` are (path, value as text, whether it was cleaned).

    `more` is how many properties beyond those are left out for length.
    """

    id: str
    name: str
    kind: str
    time: datetime
    failed: bool
    duration_ms: float | None
    origin: Sequence[str]
    properties: Sequence[tuple[str, str, bool]]
    more: int
    cleaned: Sequence[str]


@admins_only
async def live(request: Request) -> Response:
    """Show the newest events of every development source, or of the one that `source` names."""
    developing = [source for source in request.app.state.settings.sources if source.development]
    name = request.query_params.get("source", "")
    sources = [source for source in developing if not name or source.name == name]
    if name and not sources:
        return await show(request, _PAGE, [], 400, complaint=_no_such(name, developing), paused=True)
    names = [source.name for source in sources]
    rows = await with_client(request, lambda client: latest(client, names, _MOST)) if names else []
    return await show(
        request,
        _PAGE,
        sources,
        events=[live_event(row) for row in rows],
        sources=sources,
        most=_MOST,
        now=datetime.now(UTC),
        paused="paused" in request.query_params,
    )


def live_event(row: Mapping[str, Any]) -> LiveEvent:
    """Turn one row of `latest` into what the page shows of it."""
    identity = f"{row['source']}\0{row['install']}\0{row['message_id']}\0{row['part']}"
    cleaned = list(row["cleaned"])
    places = tuple(made.partition(": ")[0] for made in cleaned)
    found = list(leaves(msgspec.json.decode(row["properties"])))
    system = " ".join(part for part in (row["os"], row["arch"]) if part)
    app = " ".join(part for part in (row["app"], row["app_version"]) if part)
    return LiveEvent(
        id=hashlib.blake2b(identity.encode(), digest_size=8).hexdigest(),
        name=row["page"] if row["kind"] in ("page", "screen") and row["page"] else row["event"],
        kind=row["kind"],
        time=row["time"],
        failed=row["failed"],
        duration_ms=row["duration_ms"],
        origin=[part for part in (row["source"], app, row["extension"], system) if part],
        properties=[(path, value, _within(path, places)) for path, value in found[:MOST_LEAVES]],
        more=max(0, len(found) - MOST_LEAVES),
        cleaned=cleaned,
    )


def _within(path: str, places: Sequence[str]) -> bool:
    """Whether a leaf stands at one of the places that were cleaned, which name no index: `command[]`."""
    path = re.sub(r"\[\d+\]", "[]", path)
    return any(path == place or path.startswith((f"{place}.", f"{place}[")) for place in places if place)


def _no_such(name: str, developing: Sequence[Source]) -> str:
    known = ", ".join(source.name for source in developing) or "none"
    return (
        f"There is no development source {name!r}. Only those are shown event by event; there are: {known}."
    )
