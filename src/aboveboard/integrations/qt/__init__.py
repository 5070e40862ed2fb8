"""How does telemetry come into a Qt app? A dialog that asks, a page for its settings, and ways to record use.

    pip install "aboveboard[qt]"

`ConsentDialog.ask(telemetry, "My App", window)` asks where there is something to ask; `TelemetryPage(telemetry)` is a
page for the settings window; `track_pages(stack, telemetry)` logs the pages of a `QStackedWidget`, and
`track_action(action, logger, "container.start", start)` makes each use of a `QAction` one action event.
`watch_slots(telemetry)` logs exceptions that leave a slot.

Each is imported when it is first asked for: an app that only tracks does not read the page's code at its start.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aboveboard.integrations.qt.consent import ConsentDialog
    from aboveboard.integrations.qt.page import TelemetryPage
    from aboveboard.integrations.qt.tracking import track_action, track_pages, watch_slots

__all__ = ["ConsentDialog", "TelemetryPage", "track_action", "track_pages", "watch_slots"]

_FILES = {
    "ConsentDialog": "consent",
    "TelemetryPage": "page",
    "track_action": "tracking",
    "track_pages": "tracking",
    "watch_slots": "tracking",
}


def __getattr__(name: str) -> object:
    """Import the file that holds `name`, once, when somebody first asks for it."""
    file = _FILES.get(name)
    if file is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{file}"), name)
    globals()[name] = value
    return value
