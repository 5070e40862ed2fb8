"""How does telemetry come into a Qt app? A dialog that asks, a page for its settings, and two ways to record use.

    pip install "aboveboard[qt]"

`ConsentDialog.ask(telemetry, "My App", window)` asks where there is something to ask; `TelemetryPage(telemetry)` is a
page for the settings window; `track_pages(stack, telemetry)` logs the pages of a `QStackedWidget`, and
`track_action(action, logger, "container.start", start)` makes each use of a `QAction` one action event.
`watch_slots(telemetry)` logs exceptions that leave a slot.
"""

from aboveboard.integrations.qt.consent import ConsentDialog
from aboveboard.integrations.qt.page import TelemetryPage
from aboveboard.integrations.qt.tracking import track_action, track_pages, watch_slots

__all__ = ["ConsentDialog", "TelemetryPage", "track_action", "track_pages", "watch_slots"]
