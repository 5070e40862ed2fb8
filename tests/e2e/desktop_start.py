"""How long does the desktop app take to start? Run as `desktop_start.py with|without`; prints seconds as JSON,
and what of ours was imported when the window was painted.

`without` is the same app with nothing of telemetry in it: an object that does nothing in its place, and neither the
Qt integration nor the client are imported.
"""

import json
import sys
import time
import types
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication


class Nothing:
    """Stands for a telemetry: takes every call and does nothing."""

    def __getattr__(self, name: str) -> "Nothing":
        return Nothing()

    def __call__(self, *args: Any, **kwargs: Any) -> "Nothing":
        return self

    def __enter__(self) -> "Nothing":
        return self

    def __exit__(self, *args: object) -> None:
        return


def leave_out_telemetry() -> None:
    """Put stand-ins where the app would import telemetry."""
    qt: Any = types.ModuleType("aboveboard.integrations.qt")
    sys.modules["aboveboard.integrations.qt"] = qt

    def connect(action: QAction, logger: object, event: str, handler: Any) -> None:
        action.triggered.connect(handler)

    qt.track_action, qt.track_pages, qt.watch_slots, qt.ConsentDialog = (
        connect,
        Nothing(),
        Nothing(),
        Nothing(),
    )
    usage: Any = types.ModuleType("desktop.usage")
    sys.modules["desktop.usage"] = usage
    usage.make_telemetry = lambda environ: Nothing()
    from aboveboard.integrations import podman

    podman.report_providers = Nothing()  # type: ignore[assignment]


def main() -> None:
    """Start the app, wait until it has settled, and end it; times are the window's thread's own."""
    if sys.argv[1] == "without":
        leave_out_telemetry()
    from desktop import app

    found: dict[str, Any] = {}
    begin, settle = app.begin, app.settle

    def painted(window: Any) -> None:
        window.repaint()
        found["painted"] = time.thread_time()
        found["imported"] = sorted(name for name in sys.modules if name.startswith("aboveboard"))
        begin(window)

    def settled(window: Any, *made: Any) -> None:
        settle(window, *made)
        window.repaint()
        found["settled"] = time.thread_time()
        QTimer.singleShot(0, QApplication.quit)

    app.begin, app.settle = painted, settled
    app.main(["desktop"])
    print(json.dumps(found))


if __name__ == "__main__":
    main()
