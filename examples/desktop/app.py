"""How does the app start? The window first; usage data, extensions and the question come once it is there."""

import os
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from desktop.engine import Engine, default_socket
from desktop.look import STYLE
from desktop.window import TITLE, Window

if TYPE_CHECKING:
    from concurrent.futures import Future

    from aboveboard import Telemetry
    from desktop.api import Found

SETTLED_MILLISECONDS = 250


def main(arguments: list[str]) -> int:
    """Run the app until its window is closed; return the exit code."""
    application = QApplication(arguments)
    application.setApplicationName(TITLE)
    application.setStyle("Fusion")
    application.setStyleSheet(STYLE)
    window = Window(Engine(default_socket()))
    window.show()
    QTimer.singleShot(0, lambda: begin(window))
    code = application.exec()
    if window.has_telemetry:
        window.shell.telemetry.close()
    return code


def begin(window: Window) -> None:
    """Put telemetry together and find the extensions beside the window, which can be used meanwhile; then settle."""

    def make() -> "tuple[Telemetry, list[Found]]":
        from aboveboard.integrations.qt import watch_slots
        from desktop.api import find_all
        from desktop.usage import make_telemetry

        telemetry = make_telemetry(os.environ)
        watch_slots(telemetry)
        return telemetry, find_all(telemetry)

    def made(done: "Future[tuple[Telemetry, list[Found]]]") -> None:
        settle(window, *done.result())

    window.begin()
    window.jobs.quietly(make, made)


def settle(window: Window, telemetry: "Telemetry", found: "list[Found]") -> None:
    """Hand telemetry to the window, activate extensions, and ask where there is something to ask."""
    from aboveboard.integrations.podman import report_providers
    from aboveboard.integrations.qt import track_pages
    from desktop.api import Contributions, activate

    window.take(telemetry)
    brought = Contributions()
    loaded = [activate(each, window, brought) for each in found]
    window.add_extensions(loaded, brought.commands, lambda: report_providers(telemetry, *brought.providers))
    for text, shape, page in brought.pages:
        window.add_page(text, shape, page)
    track_pages(window.stack, telemetry)
    telemetry.extensions({each.manifest.id: each.manifest.version for each in loaded})
    report_providers(telemetry, *brought.providers)
    # Once the window stands where it will stand: the question is centred on it.
    QTimer.singleShot(SETTLED_MILLISECONDS, window, lambda: ask(window, telemetry))


def ask(window: Window, telemetry: "Telemetry") -> None:
    """Ask about usage data, where nobody has answered yet."""
    if telemetry.consent.ask:
        from aboveboard.integrations.qt import ConsentDialog

        ConsentDialog.ask(telemetry, TITLE, window)
