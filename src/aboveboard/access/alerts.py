"""About which number does somebody want to be told, and how?"""

from typing import Annotated

import msgspec

from aboveboard.errors import SettingsError

__all__ = ["Alert", "Smtp", "checked"]

Number = Annotated[int, msgspec.Meta(ge=1)]
Address = Annotated[str, msgspec.Meta(pattern="^https?://")]
_LEAST = 5


class Smtp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The server that takes mail; `tls` is "" (none), "starttls" or "tls", as the port wants it."""

    host: str
    sender: str
    port: Number = 25
    user: str = ""
    password: str = ""
    tls: str = ""


class Alert(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule on one number of one question's answer over the last `days`.

    `filters` are those of an address; of the rows the first counts whose columns have the values in `where`, and
    only where it has `installs` installs at least. It stands while `number` is `below` or `above` a limit.
    """

    question: str
    number: str
    below: float | None = None
    above: float | None = None
    installs: Annotated[int, msgspec.Meta(ge=_LEAST)] = 20
    days: Annotated[int, msgspec.Meta(ge=1, le=90)] = 7
    where: dict[str, str] = {}
    filters: dict[str, str] = {}
    mail: tuple[str, ...] = ()
    webhook: tuple[Address, ...] = ()
    name: str = ""

    @property
    def channels(self) -> tuple[str, ...]:
        """Everybody who is told: addresses of mail and of webhooks."""
        return (*(f"mailto:{address}" for address in self.mail), *self.webhook)


def checked(name: str, alert: Alert, smtp: Smtp | None) -> Alert:
    """Return an alert with its name; raises SettingsError where it could never tell anybody anything."""
    where = f"The alert {name!r} in the settings file"
    if (alert.below is None) == (alert.above is None):
        raise SettingsError(f"{where} wants one of `below` and `above`, the limit of {alert.number!r}.")
    if not alert.channels:
        raise SettingsError(f"{where} tells nobody. Give it `mail` or `webhook`.")
    if alert.mail and smtp is None:
        raise SettingsError(f"{where} sends mail, and there is no [smtp] with `host` and `sender`. Add it.")
    return msgspec.structs.replace(alert, name=name)
