"""Where on the screen is what? Starts the real desktop app, and tells a test over a socket what can be seen, and where.

It presses nothing and changes nothing: clicks and keys come from outside, through the X server.
"""

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import QObject, QPoint, QRect, QTimer
from PySide6.QtNetwork import QLocalServer
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QPlainTextEdit,
    QTabBar,
    QTableView,
    QTreeWidget,
    QWidget,
)


def seen() -> list[dict[str, Any]]:
    """Return every visible widget, row and tab: its name, its text, and its rectangle on the screen."""
    found: list[dict[str, Any]] = []
    for top in QApplication.topLevelWidgets():
        if not top.isVisible():
            continue
        for widget in [top, *top.findChildren(QWidget)]:
            painted = widget.viewport() if isinstance(widget, QAbstractScrollArea) else widget
            if widget.isVisible() and not painted.visibleRegion().isEmpty():
                found.append(entry(widget, widget.objectName(), text_of(widget), widget.rect()))
                found += [entry(widget, "", text, rect) for text, rect in parts(widget)]
    return found


def entry(widget: QWidget, name: str, text: str, rect: QRect) -> dict[str, Any]:
    at = widget.mapToGlobal(QPoint(0, 0)) + rect.topLeft()
    box = [at.x(), at.y(), rect.width(), rect.height()]
    return {
        "kind": type(widget).__name__,
        "name": name,
        "text": text.replace("&", ""),
        "box": box,
        "enabled": widget.isEnabled(),
        "focus": widget.hasFocus(),
        "window": widget.window().objectName(),
        "checked": bool(getattr(widget, "isChecked", lambda: False)()),
    }


def text_of(widget: QWidget) -> str:
    if isinstance(widget, QAbstractButton | QLabel | QLineEdit):
        return widget.text()
    if isinstance(widget, QComboBox):
        return widget.currentText()
    return widget.toPlainText() if isinstance(widget, QPlainTextEdit) else widget.windowTitle()


def parts(widget: QWidget) -> Iterator[tuple[str, QRect]]:
    if isinstance(widget, QTabBar):
        for index in range(widget.count()):
            yield widget.tabText(index), widget.tabRect(index)
    elif isinstance(widget, QListWidget):
        for index in range(widget.count()):
            item = widget.item(index)
            yield item.text(), shifted(widget, widget.visualItemRect(item))
    elif isinstance(widget, QTableView):
        model = widget.model()
        for row in range(model.rowCount()):
            for column in range(model.columnCount()):
                index = model.index(row, column)
                yield str(model.data(index)), shifted(widget, widget.visualRect(index))
    elif isinstance(widget, QTreeWidget):
        top = widget.invisibleRootItem()
        waiting = [top.child(index) for index in range(top.childCount())]
        while waiting:
            item = waiting.pop()
            waiting += [item.child(index) for index in range(item.childCount())]
            yield item.text(0), shifted(widget, widget.visualItemRect(item))


def shifted(widget: QListWidget | QTableView | QTreeWidget, rect: QRect) -> QRect:
    return rect.translated(widget.viewport().pos())


def listen(path: str, parent: QObject) -> None:
    """Answer each connection with what can be seen now."""
    server = QLocalServer(parent)

    def answer() -> None:
        connection = server.nextPendingConnection()
        connection.write(json.dumps(seen()).encode())
        connection.flush()
        connection.disconnectFromServer()

    server.newConnection.connect(answer)
    assert server.listen(path), server.errorString()


def main() -> int:
    from desktop import app

    begin = app.settle

    def settle(window: Any, *made: Any) -> None:
        listen(os.environ["DESKTOP_PROBE"], window)
        begin(window, *made)
        if wait := os.environ.get("DESKTOP_QUIT_AFTER"):
            QTimer.singleShot(int(wait), QApplication.quit)

    app.settle = settle
    return app.main(sys.argv)


if __name__ == "__main__":
    sys.exit(main())
