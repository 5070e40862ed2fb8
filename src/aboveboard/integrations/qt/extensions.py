"""What does each extension send? One row each: how much it may collect, and what it has sent so far."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from aboveboard.integrations.qt.parts import fit_rows, paragraph, tr

if TYPE_CHECKING:
    from aboveboard.catalog import Catalog
    from aboveboard.client.journal import Entry

COLUMNS: Final = ("Extension", "Version", "Events declared", "Waiting", "Sent")
OWN: Final = "the app itself"
WAITING: Final = ("queued", "open")


class ExtensionsPanel(QWidget):
    """A table with the app itself first, then each extension."""

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
                    "same cleaning, to the same place."
                )
            )
        )
        layout.addWidget(self.table, 1)

    def show_entries(self, catalog: "Catalog | None", entries: "Sequence[Entry]") -> None:
        """Show the extensions of `catalog` with what `entries` hold of each."""
        rows = rows_of(catalog, entries)
        self.table.setRowCount(len(rows))
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                item = QTableWidgetItem(text)
                if column > 1:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{tr(COLUMNS[column])}: {text}")
                self.table.setItem(number, column, item)


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
