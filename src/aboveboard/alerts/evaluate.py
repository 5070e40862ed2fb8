"""What is an alert's number now, and does it cross the limit?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from aboveboard.access.alerts import Alert
from aboveboard.access.settings import Settings
from aboveboard.errors import SettingsError
from aboveboard.insights import QUESTIONS
from aboveboard.insights.filters import FilterError, filters_from

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client
else:
    Client = Any

__all__ = ["Reading", "crossed", "link", "read", "verify"]


@dataclass(frozen=True)
class Reading:
    """What an alert's number is, and of how many installs; `why` says why it is not known, where it is None."""

    number: float | None
    installs: int | None = None
    why: str = ""


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
    query = {**alert.filters, "from": f"{now - timedelta(days=alert.days):%Y-%m-%d}"}
    try:
        filters = filters_from(query, settings.sources, now)
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
    return _of_rows(alert, rows)


def _of_rows(alert: Alert, rows: list[dict[str, Any]]) -> Reading:
    fitting = [row for row in rows if all(str(row[name]) == value for name, value in alert.where.items())]
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


def link(alert: Alert, settings: Settings) -> str:
    """The address of the page that shows the number."""
    told = {name: value for name, value in alert.where.items() if name in ("event", "version", "reason")}
    query = urlencode({**alert.filters, **told})
    return f"{settings.public_url or settings.url}/{alert.question}{'?' if query else ''}{query}"
