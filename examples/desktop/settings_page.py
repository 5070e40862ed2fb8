"""Where does a person change how the app behaves? Resources, and Preferences with Telemetry below it."""

from concurrent.futures import Future

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from aboveboard.integrations.qt import TelemetryPage, track_pages
from desktop.engine import Facts
from desktop.jobs import reason
from desktop.look import SPACE, WIDE, title
from desktop.shell import Shell

ROUTE = Qt.ItemDataRole.UserRole


class SettingsPage(QWidget):
    """A tree of what can be set, and beside it the page that is chosen; made when it is first opened."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.pages = QStackedWidget()
        self._resources = Resources(shell)
        for name, page in (
            ("/preferences/resources", self._resources),
            ("/preferences/telemetry", _titled("Telemetry", TelemetryPage(shell.telemetry))),
        ):
            page.setObjectName(name)
            self.pages.addWidget(page)
        self.tree = QTreeWidget()
        self.tree.setObjectName("settingsTree")
        self.tree.setAccessibleName("Settings")
        self.tree.setHeaderHidden(True)
        self.tree.setFrameShape(QTreeWidget.Shape.NoFrame)
        resources = QTreeWidgetItem(self.tree, ["Resources"])
        preferences = QTreeWidgetItem(self.tree, ["Preferences"])
        preferences.setFlags(Qt.ItemFlag.ItemIsEnabled)
        telemetry = QTreeWidgetItem(preferences, ["Telemetry"])
        resources.setData(0, ROUTE, 0)
        telemetry.setData(0, ROUTE, 1)
        high = QSize(0, round(self.tree.fontMetrics().height() * 2.1))
        for item in (resources, preferences, telemetry):
            item.setSizeHint(0, high)
        self.tree.setIndentation(SPACE)
        self.tree.expandAll()
        self.tree.setItemsExpandable(False)
        self.tree.setRootIsDecorated(False)
        self.tree.setFixedWidth(self.tree.fontMetrics().averageCharWidth() * 24)
        self.tree.currentItemChanged.connect(self._go)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(WIDE, WIDE, WIDE, WIDE)
        layout.setSpacing(WIDE)
        column = QVBoxLayout()
        column.setSpacing(SPACE)
        column.addWidget(title("Settings"))
        column.addWidget(self.tree, 1)
        layout.addLayout(column)
        layout.addWidget(self.pages, 1)
        self.tree.setCurrentItem(resources)
        track_pages(self.pages, shell.telemetry)

    def refresh(self) -> None:
        """Ask the engine about itself again, where that is what is shown."""
        if self._resources.isVisible():
            self._resources.refresh()

    def _go(self, item: QTreeWidgetItem | None) -> None:
        number = item.data(0, ROUTE) if item is not None else None
        if number is not None:
            self.pages.setCurrentIndex(int(number))


class Resources(QWidget):
    """The engine behind the app."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.shell = shell
        self.form = QFormLayout()
        self.form.setSpacing(SPACE)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACE)
        layout.addWidget(title("Resources"))
        layout.addLayout(self.form)
        layout.addStretch(1)

    def refresh(self) -> None:
        """Ask."""
        self.shell.jobs.quietly(self.shell.engine.facts, self._show)

    def _show(self, done: "Future[Facts]") -> None:
        while self.form.rowCount():
            self.form.removeRow(0)
        rows = [("Socket", str(self.shell.engine.socket))]
        if (error := done.exception()) is not None:
            rows.append(("Problem", reason(error)))
        else:
            facts = done.result()
            rows += [
                ("Engine", f"Podman {facts.version}"),
                ("System", facts.system),
                ("Storage", facts.storage),
                ("Folder", facts.folder),
            ]
        for name, value in rows:
            label = QLabel(value)
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self.form.addRow(f"{name}:", label)


def _titled(text: str, page: QWidget) -> QWidget:
    box = QWidget()
    layout = QVBoxLayout(box)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(SPACE)
    layout.addWidget(title(text))
    layout.addWidget(page, 1)
    return box
