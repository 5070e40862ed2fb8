"""Does the window keep up? This extension measures that ten times a second and logs each time: far too often.

It is here to meet its budget: what goes over is counted, reported as one event and shown, and nothing else suffers.
"""

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from desktop.api import Manifest

if TYPE_CHECKING:
    from desktop.api import ExtensionApi

MANIFEST = Manifest(
    "heartbeat", "0.1.0", "Heartbeat", "Measures ten times a second whether the window keeps up.", "pulse"
)
MILLISECONDS = 100


def activate(api: "ExtensionApi") -> None:
    """Begin to measure; each beat is one event."""
    timer = QTimer(QApplication.instance())
    before = [time.monotonic()]

    def beat() -> None:
        now = time.monotonic()
        late = (now - before[0]) * 1000 - MILLISECONDS
        before[0] = now
        api.telemetry.log_usage("beat", {"late_ms": max(0.0, round(late, 1))})

    timer.timeout.connect(beat)
    timer.start(MILLISECONDS)
