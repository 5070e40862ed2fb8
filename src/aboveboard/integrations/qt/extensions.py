"""What does each extension send, and may it? One row each: its switch, what it may collect, and what it has sent."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from aboveboard.integrations.qt.parts import fit_rows, paragraph, tr

if TYPE_CHECKING:
    from aboveboard.catalog import Catalog
    from aboveboard.client.journal import Entry

COLUMNS: Final = ("Extension", "Version", "Events declared", "Waiting", "Sent")
OWN: Final = "the app itself"
WAITING: Final = ("queued", "open")


class ExtensionsPanel(QWidget):
    """A table with the app itself first, then each extension; `switched` carries an id and whether it is on."""

    switched = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = QTableWidget(0, len(COLUMNS))
        self.table.setObjectName("extensionsTable")
        self.table.setAccessibleName(tr("Usage data of each extension"))
        self.table.setHorizontalHeaderLabels([tr(column) for column in COLUMNS])
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        fit_rows(self.table)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        layout = QVBoxLayout(self)
        layout.addWidget(
            paragraph(
                tr(
                    "Your answer holds for extensions too: each sends only what its own list declares, through the "
                    "same cleaning, to the same place. One without its tick sends nothing, and what waits of it is "
                    "dropped; the space bar changes the tick of the row that is selected."
                )
            )
        )
        layout.addWidget(self.table, 1)
        self.table.itemChanged.connect(self._changed)

    def show_entries(self, catalog: "Catalog | None", entries: "Sequence[Entry]") -> None:
        """Show the extensions of `catalog` with what `entries` hold of each."""
        rows = rows_of(catalog, entries)
        with QSignalBlocker(self.table):
            self.table.setRowCount(len(rows))
            for number, row in enumerate(rows):
                for column, text in enumerate(row):
                    self._write(number, column, text)
            if self.table.currentRow() < 0 and rows:
                self.table.setCurrentCell(0, 0)

    def show_switches(self, is_on: "Callable[[str], bool]", *, can_change: bool) -> None:
        """Tick each extension that may send; the app itself has the switch of the first tab."""
        with QSignalBlocker(self.table):
            for number in range(1, self.table.rowCount()):
                item = self.table.item(number, 0)
                if item is None:
                    continue
                on = is_on(item.text())
                item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
                item.setFlags(_flags(can_change=can_change))
                said = tr("sends usage data") if on else tr("sends nothing")
                item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{tr(COLUMNS[0])}: {item.text()}, {said}")

    def _write(self, number: int, column: int, text: str) -> None:
        item = self.table.item(number, column) or QTableWidgetItem()
        item.setText(text)
        if column > 1:
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{tr(COLUMNS[column])}: {text}")
        item.setFlags(_flags(can_change=False) if number == 0 or column else item.flags())
        if item.tableWidget() is None:
            self.table.setItem(number, column, item)

    def _changed(self, item: QTableWidgetItem) -> None:
        if item.column() == 0 and item.row() > 0:
            self.switched.emit(item.text(), item.checkState() == Qt.CheckState.Checked)


def _flags(*, can_change: bool) -> Qt.ItemFlag:
    flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
    return flags | Qt.ItemFlag.ItemIsUserCheckable if can_change else flags


def rows_of(catalog: "Catalog | None", entries: "Sequence[Entry]") -> list[tuple[str, ...]]:
    """Return id, version, events declared, waiting and sent; the app's own row first."""
    if catalog is None:
        return []
    declared = Counter(owner(name, catalog.extensions) for name in catalog.events)
    states: Counter[tuple[str, str]] = Counter()
    versions: dict[str, str] = {}
    for entry in entries:
        if entry.what == "event":
            who = owner(entry.name, catalog.extensions)
            states[who, "waiting" if entry.state in WAITING else entry.state] += 1
            properties = (entry.content or {}).get("properties") or {}
            versions[who] = str(properties.get("common.extensionVersion") or versions.get(who, ""))
    return [
        (
            who or tr(OWN),
            versions.get(who, ""),
            str(declared[who]),
            str(states[who, "waiting"]),
            str(states[who, "sent"]),
        )
        for who in ("", *catalog.extensions)
    ]


def owner(event: str, extensions: Sequence[str]) -> str:
    """Return the id of the extension whose event this is, "" for the app's own."""
    return max((known for known in extensions if event.startswith(known + ".")), key=len, default="")
