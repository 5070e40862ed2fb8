"""What does every test of Qt need? One application without a screen, a telemetry in a folder of its own, patience."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QApplication, QWidget

from aboveboard import Host, Telemetry

CATALOG = """
app = "my-app"
notice = 1
privacy = "https://example.org/privacy"

[events."container.start"]
description = "A container was started."
question = "Do containers start?"
level = "usage"
action = true
owner = "me"
issue = "https://example.org/1"
added = 2026-11-23
expires = 2028-11-01

[events."container.start".properties]
engine = { type = "enum", values = ["podman", "docker"], description = "What runs it." }

[events.page]
description = "A page was opened."
question = "Which pages are used?"
level = "usage"
owner = "me"
issue = "https://example.org/1"
added = 2026-11-23
expires = 2028-11-01

[events.page.properties]
name = { type = "enum", values = ["/containers", "/images"], description = "The page." }

[events.error]
description = "Something went wrong."
question = "What goes wrong?"
level = "error"
owner = "me"
issue = "https://example.org/1"
added = 2026-11-23
expires = 2028-11-01
"""
EXTENSION = """
extension = "me.kind"

[events."cluster.create"]
description = "A cluster was made."
question = "Can clusters be made?"
level = "usage"
action = true
owner = "me"
issue = "https://example.org/1"
added = 2026-11-23
expires = 2028-11-01
"""


@pytest.fixture(scope="session")
def qt() -> QApplication:
    """The one application of this run; Fusion looks the same everywhere."""
    found = QApplication.instance()
    app = found if isinstance(found, QApplication) else QApplication(["tests"])
    app.setStyle("Fusion")
    return app


@pytest.fixture
def window(qt: QApplication) -> Iterator[QApplication]:
    """The application, put back to its font, direction and palette afterwards, with every window closed."""
    font, direction, palette = qt.font(), qt.layoutDirection(), QPalette(qt.palette())
    yield qt
    for widget in qt.topLevelWidgets():
        widget.close()
        widget.deleteLater()
    qt.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qt.setFont(font)
    qt.setLayoutDirection(direction)
    qt.setPalette(palette)


def wait_until(condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Let the window work until `condition` holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        QApplication.processEvents()
        time.sleep(0.002)


def spin(seconds: float) -> None:
    """Let the window work for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.002)


def make_telemetry(
    folder: Path,
    endpoint: str = "http://127.0.0.1:9",
    write_key: str = "key",
    environ: dict[str, str] | None = None,
) -> Telemetry:
    """Return a telemetry that lives below `folder` and knows no other environment."""
    (folder / "telemetry.toml").write_text(CATALOG, encoding="utf-8")
    host = Host(environ=environ or {}, home=folder / "home", root=folder / "root")
    return Telemetry(
        "my-app",
        version="1.0",
        endpoint=endpoint,
        write_key=write_key,
        catalog=folder / "telemetry.toml",
        host=host,
        detach=False,
        exceptions=False,
    )


def clipped(top: QWidget) -> list[str]:
    """Return what does not have the room that its text needs."""
    from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel

    found = []
    for widget in top.findChildren(QWidget):
        if not widget.isVisible() or not isinstance(widget, QLabel | QAbstractButton | QComboBox):
            continue
        needed = widget.sizeHint()
        if isinstance(widget, QLabel) and widget.wordWrap():
            if widget.height() < widget.heightForWidth(widget.width()):
                found.append(f"{widget.text()!r} is cut at the bottom")
        elif widget.width() < needed.width() or widget.height() < needed.height():
            found.append(f"{widget.objectName() or widget} has {widget.size()}, needs {needed}")
    return found


def without_name(top: QWidget) -> list[str]:
    """Return what a person comes to by keyboard and a screen reader has no name for."""
    from PySide6.QtGui import QAccessible

    found = []
    for widget in top.findChildren(QWidget):
        if not widget.isVisible() or not widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            continue
        interface = QAccessible.queryAccessibleInterface(widget)
        name = interface.text(QAccessible.Text.Name) if interface is not None else ""
        if not name and not widget.objectName().startswith("qt_"):
            found.append(f"{type(widget).__name__} {widget.objectName()}")
    return found
