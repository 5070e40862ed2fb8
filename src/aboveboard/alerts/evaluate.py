"""What is an alert's number now, and does it cross the limit?"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from aboveboard.access.alerts import Alert
from aboveboard.access.settings import Settings
from aboveboard.errors import SettingsError
from aboveboard.insights import QUESTIONS
from aboveboard.insights.filters import FilterError, filters_from
from aboveboard.insights.unused import used_by

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["Reading", "crossed", "link", "read", "verify"]


@dataclass(frozen=True)
class Reading:
    """What an alert's number is, and of how many installs; `why` says why it is not known, where it is None.

    `used` are the events and properties that it makes use of.
    """

    number: float | None
    installs: int | None = None
    why: str = ""
    used: frozenset[tuple[str, str]] = frozenset()


def verify(alerts: Iterable[Alert]) -> None:
    """Raise SettingsError for an alert on a question that does not exist."""
    for alert in alerts:
        if alert.question not in QUESTIONS:
            known = ", ".join(QUESTIONS)
            raise SettingsError(
                f"The alert {alert.name!r} in the settings file asks {alert.question!r}, which is no question. "
                f"There are: {known}."
            )


def read(client: "Client", alert: Alert, settings: Settings, now: datetime) -> Reading:
    """Ask the alert's question about the last days; raises SettingsError where it names what does not exist."""
    try:
        filters = filters_from(_query(alert, now), settings.sources, now)
    except FilterError as error:
        raise SettingsError(f"The alert {alert.name!r} has filters that do not work: {error}") from error
    rows = QUESTIONS[alert.question](client, filters)
    wanted = {*alert.where, alert.number}
    if rows and not wanted <= set(rows[0]):
        unknown = sorted(wanted - set(rows[0]))
        raise SettingsError(
            f"The alert {alert.name!r} names {', '.join(unknown)}, which rows of {alert.question!r} do not have. "
            f"They have: {', '.join(rows[0])}."
        )
    fitting = [row for row in rows if all(str(row[name]) == value for name, value in alert.where.items())]
    used = used_by(alert.question, filters, fitting)
    if "event" in alert.where:
        used.add((alert.where["event"], ""))
    return replace(_of_rows(alert, fitting), used=frozenset(used))


def _query(alert: Alert, now: datetime) -> dict[str, str]:
    return {**alert.filters, "from": f"{now - timedelta(days=alert.days):%Y-%m-%d}"}


def _of_rows(alert: Alert, fitting: list[dict[str, Any]]) -> Reading:
    if not fitting:
        return Reading(None, why=f"no row of {alert.question!r} fits it")
    row = fitting[-1] if alert.question == "overview" else fitting[0]
    installs, number = row.get("installs"), row[alert.number]
    if installs is not None and installs < alert.installs:
        return Reading(None, installs, f"{installs} installs are fewer than the {alert.installs} it wants")
    if isinstance(number, bool) or not isinstance(number, int | float):
        return Reading(None, installs, f"{alert.number} is {number!r} there, which is no number")
    return Reading(float(number), installs)


def crossed(alert: Alert, number: float) -> bool:
    """Whether a number is beyond the alert's limit."""
    return number < alert.below if alert.below is not None else number > (alert.above or 0.0)


def link(alert: Alert, settings: Settings, now: datetime) -> str:
    """The address of the page that shows the number which is read now."""
    told = {name: value for name, value in alert.where.items() if name in ("event", "version", "reason")}
    query = urlencode({**_query(alert, now), **told})
    return f"{settings.public_url or settings.url}/{alert.question}?{query}"
