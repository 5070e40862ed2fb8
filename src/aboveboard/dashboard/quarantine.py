"""What could not be taken, why, and shall it be taken after all?"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from aboveboard.access.sessions import form_secret
from aboveboard.collector.admit import Admitted
from aboveboard.collector.replay import Waiting, remove, replay, waiting
from aboveboard.collector.rights import in_thread
from aboveboard.dashboard.leaves import MOST_LEAVES, leaves
from aboveboard.dashboard.pages import PAGES, show
from aboveboard.dashboard.questions import with_client
from aboveboard.dashboard.sign_in import admins_form, admins_only
from aboveboard.dashboard.templating import address
from aboveboard.insights.quarantine import DAYS, WITHHELD, left_out, newest, reasons

__all__ = ["REPLAY", "quarantine", "replay_form"]

REPLAY = "/quarantine/replay"
"""Where the form of a replay goes."""

_PAGE = next(page for page in PAGES if page.name == "quarantine")
_MOST = 50
_MOST_AT_A_TIME = 10_000
_NO_NAME = "no name"
_SAID = "replayed"

REASONS = {
    "too late": "Older than its source's window. A replay takes it at the time that the client says.",
    "time cannot be read": "The client's time is in no known form. A replay takes it at the time it was received.",
    "event without a name": "A replay needs a name for it.",
    "event too large": "More than 32 KB. A replay takes what was kept of it.",
    "unknown type": "Neither track, page, screen, identify, group nor alias. A replay takes it as track.",
}
"""What each reason of the collector means to a person, and what a replay makes of it."""


@dataclass(frozen=True)
class QuarantinedEvent:
    """One event of the quarantine as the page shows it; `properties` are (path, value as text)."""

    id: str
    name: str
    kind: str
    received: datetime
    client_time: datetime | None
    origin: Sequence[str]
    properties: Sequence[tuple[str, str]]
    more: int


@admins_only
async def quarantine(request: Request) -> Response:
    """Show what waits in quarantine by reason, the newest of one reason, and what was left out of events."""
    sources = request.app.state.settings.sources
    name, reason = request.query_params.get("source", ""), request.query_params.get("reason", "")
    if name and sources.get(name) is None:
        known = ", ".join(source.name for source in sources)
        complaint = f"There is no source {name!r}. The sources are: {known}."
        return await show(
            request, _PAGE, [], 400, complaint=complaint, sources=list(sources), withheld=WITHHELD
        )
    names = [name] if name else sources.answering()
    counted = await with_client(request, lambda client: reasons(client, names))
    reason = reason or (counted[0]["reason"] if counted else "")
    open_sources = [source.name for source in sources if source.development]
    rows = await with_client(request, lambda client: newest(client, names, reason, open_sources, _MOST))
    return await show(
        request,
        _PAGE,
        [source for source in sources if source.name in names],
        sources=list(sources),
        reasons=counted,
        meanings=REASONS,
        chosen=next((row for row in counted if row["reason"] == reason), None),
        events=[_event(row) for row in rows],
        withheld=WITHHELD,
        left_out=await with_client(request, lambda client: left_out(client, names)),
        days=DAYS,
        secret=form_secret(request.session),
        replay=REPLAY,
        said=request.session.pop(_SAID, None),
    )


@admins_form
async def replay_form(request: Request, fields: Mapping[str, str]) -> Response:
    """Take one event, or all of a reason, out of the quarantine and through admission again.

    What is not admitted this time either stays where it is, and the page says why.
    """
    sources = request.app.state.settings.sources
    asked, reason = fields.get("source", ""), fields.get("reason", "")
    names = [asked] if asked else sources.answering()
    one = fields.get("one", "")
    detail = {"sources": names, "reason": reason} | ({"one": one} if one else {})
    await in_thread(partial(request.app.state.audit.record, "replay", request.state.token.name, detail))
    taken, left = await _replayed(request, names, reason, one, fields.get("name", "").strip())
    request.session[_SAID] = {"taken": taken, "left": dict(left)}
    back = {"source": asked, "reason": reason if left else ""}
    return RedirectResponse(address(_PAGE.path, back), status_code=303)


async def _replayed(
    request: Request, names: Sequence[str], reason: str, one: str, name: str
) -> tuple[int, Counter[str]]:
    """Replay a portion after the other; return how many were taken, and why how many were left."""
    taken, left, after = 0, Counter[str](), ""
    while taken + left.total() < _MOST_AT_A_TIME:
        rows = await with_client(
            request, partial(waiting, sources=names, reason=reason, one=one, after=after)
        )
        if not rows:
            break
        after = rows[-1].identity
        left[_NO_NAME] += sum(not row.event and not name for row in rows)
        named = sorted((row for row in rows if row.event or name), key=attrgetter("source"))
        for source, group in groupby(named, attrgetter("source")):
            part = list(group)
            admitted = await _committed(request, source, part, name)
            done = _done(admitted, part)
            await with_client(request, partial(remove, rows=done))
            taken += len(done)
            left[_why(admitted)] += len(part) - len(done)
    return taken, +left


async def _committed(request: Request, source: str, rows: Iterable[Waiting], name: str) -> Admitted:
    batch = replay(rows, source, name)
    admitted: Admitted = await request.app.state.committer.commit(
        b"", gzipped=False, decode=lambda _: batch, write_key=""
    )
    return admitted


def _done(admitted: Admitted, rows: Iterable[Waiting]) -> list[Waiting]:
    """The rows that became an event."""
    events = {(event.install, event.message_id) for event in admitted.events}
    return [row for row in rows if (row.install, row.message_id) in events]


def _why(admitted: Admitted) -> str:
    """The reasons for which whole events were not admitted."""
    return (
        ", ".join(sorted({reason for _, _, path, reason in admitted.drops if not path})) or "no event in it"
    )


def _event(row: Mapping[str, Any]) -> QuarantinedEvent:
    facts: Mapping[str, str] = row["context"]
    pairs = (
        ("app", "app_version"),
        ("os", "os_version"),
        ("arch",),
        ("country",),
        ("library", "library_version"),
    )
    parts = [" ".join(facts[name] for name in pair if facts.get(name)) for pair in pairs]
    found = list(leaves(row["content"]))
    return QuarantinedEvent(
        id=row["identity"],
        name=row["event"],
        kind=row["kind"],
        received=row["received"],
        client_time=row["client_time"] if row["client_time"].timestamp() else None,
        origin=[part for part in (row["source"], *parts) if part],
        properties=found[:MOST_LEAVES],
        more=max(0, len(found) - MOST_LEAVES),
    )
