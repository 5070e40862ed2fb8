"""Which alerts have crossed their limit since the last look, and who has yet to be told?

What was told is in the store: an alert is told once for each crossing, also over a restart, and a channel that was
away is tried again at the next look.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from clickhouse_connect.driver.exceptions import ClickHouseError

from aboveboard.access.alerts import Alert
from aboveboard.access.settings import Settings
from aboveboard.alerts.evaluate import Reading, crossed, link, read
from aboveboard.alerts.send import NotSent, send
from aboveboard.collector.rights import in_thread
from aboveboard.errors import AboveboardError, RequestRefused, SettingsError
from aboveboard.store import Readers
from aboveboard.store.uses import Uses

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["SECONDS", "keep_watching", "try_out", "watch_once"]

SECONDS = 300.0
"""How often the numbers are looked at."""

_log = logging.getLogger(__name__)

_STATES = """
SELECT name, standing, number, since, told
FROM alerts FINAL
"""


@dataclass(frozen=True)
class _State:
    standing: bool
    number: float | None
    since: datetime
    told: tuple[str, ...]


async def keep_watching(readers: Readers, settings: Callable[[], Settings], uses: Uses) -> None:
    """Look at the numbers every SECONDS, until it is cancelled."""
    while True:
        await asyncio.sleep(SECONDS)
        if not settings().alerts:
            continue
        try:
            await in_thread(partial(_look, readers, settings(), uses))
        except RequestRefused:
            _log.error("The alerts could not be looked at; this is tried again in %d seconds.", SECONDS)


def _look(readers: Readers, settings: Settings, uses: Uses) -> None:
    with readers.client() as client:
        watch_once(client, settings, datetime.now(UTC), uses)


def watch_once(client: "Client", settings: Settings, now: datetime, uses: Uses) -> None:
    """Look at every alert once, and tell of each crossing and of each recovery whoever has not been told.

    What an alert is about is noted as used: who waits for a message opens no page.
    """
    known = {
        row["name"]: _State(row["standing"], row["number"], row["since"], tuple(row["told"]))
        for row in client.query(_STATES).named_results()
    }
    for alert in settings.alerts:
        try:
            reading = read(client, alert, settings, now)
            # That it was used is worth less than the message: a store that is full still tells.
            with suppress(ClickHouseError):
                uses.note(client, now.date(), alert.question, reading.used)
            _watch(client, settings, alert, reading, known.get(alert.name), now)
        except AboveboardError as error:
            _log.error("%s", error)


def _watch(
    client: "Client", settings: Settings, alert: Alert, reading: Reading, before: _State | None, now: datetime
) -> None:
    if reading.number is None:
        # What is not known has neither crossed the limit nor come back.
        return
    before = before or _State(False, None, now, alert.channels)
    standing = crossed(alert, reading.number)
    state = before
    if standing != before.standing:
        state = _State(standing, reading.number, now, ())
    state = _tell(settings, alert, state, reading, now)
    if state != before:
        _keep(client, alert, state)


def _tell(settings: Settings, alert: Alert, state: _State, reading: Reading, now: datetime) -> _State:
    for channel in alert.channels:
        if channel not in state.told:
            try:
                message = _message(alert, settings, reading, now, standing=state.standing)
                send(channel, message, settings.smtp)
                state = replace(state, told=(*state.told, channel))
            except NotSent as error:
                _log.error("The alert %r was not told: %s", alert.name, error)
    return state


def _keep(client: "Client", alert: Alert, state: _State) -> None:
    row = [alert.name, state.standing, state.number, state.since, list(state.told), time.time_ns()]
    client.insert("alerts", [row], column_names=["name", "standing", "number", "since", "told", "version"])


def try_out(client: "Client", settings: Settings, name: str, now: datetime) -> dict[str, Any]:
    """Send what an alert would say now to all its channels, without changing what was told.

    Returns number, installs, why (it is not known), standing, and what became of each channel. Raises SettingsError
    for an unknown name.
    """
    alert = next((alert for alert in settings.alerts if alert.name == name), None)
    if alert is None:
        known = ", ".join(alert.name for alert in settings.alerts) or "none"
        raise SettingsError(f"There is no alert {name!r} in the settings file. There are: {known}.")
    reading = read(client, alert, settings, now)
    standing = reading.number is not None and crossed(alert, reading.number)
    message = _message(alert, settings, reading, now, standing=standing)
    message |= {"subject": f"Test: {message['subject']}", "test": True}
    sent = {}
    for channel in alert.channels:
        try:
            send(channel, message, settings.smtp)
            sent[channel] = "sent"
        except NotSent as error:
            sent[channel] = str(error)
    return {
        "number": reading.number,
        "installs": reading.installs,
        "why": reading.why,
        "standing": standing,
        "channels": sent,
    }


def _message(
    alert: Alert, settings: Settings, reading: Reading, now: datetime, *, standing: bool
) -> dict[str, Any]:
    side, limit = ("below", alert.below) if alert.below is not None else ("above", alert.above)
    about = ", ".join([*alert.where.values(), *(f"{name} {value}" for name, value in alert.filters.items())])
    number = "not known" if reading.number is None else f"{reading.number:.4g}"
    of = f" ({reading.installs:,} installs)" if reading.installs is not None else ""
    state = "standing" if standing else "over"
    said = f"{alert.number} of {about or alert.question} is {number}{of}"
    text = (
        f"{said}: {side} {limit:.4g}, over the last {alert.days} days."
        if standing
        else f"{said}: no longer {side} {limit:.4g}, over the last {alert.days} days."
    )
    return {
        "alert": alert.name,
        "state": state,
        "subject": f"{alert.name}: {'alert' if standing else 'recovered'}",
        "text": text,
        "question": alert.question,
        "number": reading.number,
        "limit": limit,
        "installs": reading.installs,
        "link": link(alert, settings, now),
    }
