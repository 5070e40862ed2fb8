"""Usage telemetry that an app can show its users line by line.

The names an app needs are fetched on first use: importing this package reads nothing but itself.
"""

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aboveboard.client.action import Action
    from aboveboard.client.budget import Budget
    from aboveboard.client.freeze import TrustedValue
    from aboveboard.client.host import Host
    from aboveboard.client.lifecycle import Provider
    from aboveboard.client.logger import TelemetryLogger
    from aboveboard.client.telemetry import Telemetry

__all__ = ["Action", "Budget", "Host", "Provider", "Telemetry", "TelemetryLogger", "TrustedValue"]

_ROOMS = {
    "Action": "aboveboard.client.action",
    "Budget": "aboveboard.client.budget",
    "Host": "aboveboard.client.host",
    "Provider": "aboveboard.client.lifecycle",
    "Telemetry": "aboveboard.client.telemetry",
    "TelemetryLogger": "aboveboard.client.logger",
    "TrustedValue": "aboveboard.client.freeze",
}


def __getattr__(name: str) -> object:
    """Import the module that holds `name`, once, when somebody first asks for it."""
    room = _ROOMS.get(name)
    if room is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(room), name)
    globals()[name] = value
    return value
