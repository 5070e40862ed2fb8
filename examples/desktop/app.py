"""How does the app start? The window first; extensions, usage data and the question about it once it is there."""

import os
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from desktop.engine import Engine, default_socket
from desktop.look import STYLE
from desktop.usage import make_telemetry
from desktop.window import TITLE, Window

if TYPE_CHECKING:
    from aboveboard import Telemetry

SETTLED_MILLISECONDS = 250


def main(arguments: list[str]) -> int:
    """Run the app until its window is closed; return the exit code."""
    application = QApplication(arguments)
    application.setApplicationName(TITLE)
    application.setStyle("Fusion")
    application.setStyleSheet(STYLE)
    telemetry = make_telemetry(os.environ)
    window = Window(telemetry, Engine(default_socket()))
    window.show()
    QTimer.singleShot(0, lambda: settle(window, telemetry))
    code = application.exec()
    telemetry.close()
    return code


def settle(window: Window, telemetry: "Telemetry") -> None:
    """Do what need not be done before the window is seen."""
    from aboveboard.integrations.podman import report_providers
    from aboveboard.integrations.qt import ConsentDialog, track_pages, watch_slots
    from desktop.api import Contributions, activate_all

    watch_slots(telemetry)
    brought = Contributions()
    loaded = activate_all(window, telemetry, brought)
    window.add_extensions(loaded, brought.commands)
    for text, shape, page in brought.pages:
        window.add_page(text, shape, page)
    track_pages(window.stack, telemetry)
    telemetry.extensions({each.manifest.id: each.manifest.version for each in loaded})
    report_providers(telemetry, *brought.providers)
    window.begin()
    # Once the window stands where it will stand: the question is centred on it.
    QTimer.singleShot(SETTLED_MILLISECONDS, window, lambda: ConsentDialog.ask(telemetry, TITLE, window))
