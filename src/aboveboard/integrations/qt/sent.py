"""What was sent, byte for byte, and what was replaced before? The journal as a list with one entry opened."""

import json
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from aboveboard.integrations.qt.parts import code, fit_rows, paragraph, tr

if TYPE_CHECKING:
    from aboveboard.client.journal import Entry

COLUMNS: Final = ("Time", "What", "Name", "State")
KINDS: Final = (
    ("", "Everything"),
    ("event", "Events"),
    ("request", "Requests, as they were sent"),
    ("deletion", "Deletions"),
)
# A line of half a megabyte takes a window seconds to lay out; the exported file has all of it.
MOST_SHOWN: Final = 100_000
Index = QModelIndex | QPersistentModelIndex


class JournalModel(QAbstractTableModel):
    """The entries of a journal, the newest first, those of one kind or all."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.entries: list[Entry] = []

    def show_entries(self, entries: "Sequence[Entry]", kind: str) -> None:
        """Replace what is shown."""
        self.beginResetModel()
        found = [entry for entry in entries if kind in ("", entry.what)]
        self.entries = sorted(found, key=lambda entry: entry.time, reverse=True)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008  (Qt's name and default)
        """Return how many entries are shown."""
        return 0 if parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: N802, B008  (Qt's name and default)
        """Return how many columns there are."""
        return len(COLUMNS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return one cell; a screen reader is told the whole row."""
        entry = self.entries[index.row()]
        row = (stamp(entry.time), tr(entry.what), _name(entry), tr(entry.state))
        if role == Qt.ItemDataRole.DisplayRole:
            return row[index.column()]
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return ", ".join(row)
        return None

    def headerData(  # noqa: N802  (Qt's name)
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return the name of a column."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return tr(COLUMNS[section])
        return None


class SentPanel(QWidget):
    """A list of events and requests; below it what one holds. `export` asks for the whole journal as a file."""

    export = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._entries: Sequence[Entry] = ()
        self._model = JournalModel(self)
        self.kind = QComboBox()
        self.kind.setObjectName("journalKind")
        for kind, text in KINDS:
            self.kind.addItem(tr(text), kind)
        self.table = QTableView()
        self.table.setObjectName("journalTable")
        self.table.setAccessibleName(tr("Journal of usage data"))
        self.table.setModel(self._model)
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        fit_rows(self.table)
        self.about = paragraph()
        self.about.setObjectName("journalAbout")
        self.body = code(tr("The entry, exactly as it was sent"))
        self.body.setObjectName("journalBody")
        self.empty = paragraph(tr("Nothing has been sent, and nothing waits."))
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.export_button = QPushButton(tr("E&xport…"))
        self.export_button.setObjectName("journalExport")
        self._lay_out()
        self.kind.currentIndexChanged.connect(self._refill)
        self.table.selectionModel().currentRowChanged.connect(self._open)
        self.export_button.clicked.connect(self.export)
        self._refill()

    def show_entries(self, entries: "Sequence[Entry]") -> None:
        """Show a journal; what is selected stays selected while it is there."""
        if entries != self._entries:
            self._entries = entries
            self._refill()

    def _lay_out(self) -> None:
        label = QLabel(tr("S&how:"))
        label.setBuddy(self.kind)
        row = QHBoxLayout()
        row.addWidget(label)
        row.addWidget(self.kind)
        row.addStretch(1)
        row.addWidget(self.export_button)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 6, 0, 0)
        column.addWidget(self.about)
        column.addWidget(self.body, 1)
        self._split = QSplitter(Qt.Orientation.Vertical)
        self._split.addWidget(self.table)
        self._split.addWidget(below)
        self._split.setStretchFactor(0, 1)
        self._split.setStretchFactor(1, 1)
        self._split.setChildrenCollapsible(False)
        outer = QVBoxLayout(self)
        outer.addLayout(row)
        outer.addWidget(self._split, 1)
        outer.addWidget(self.empty, 1)

    def _refill(self) -> None:
        selected = self._selected()
        self._model.show_entries(self._entries, str(self.kind.currentData()))
        has_any = bool(self._model.entries)
        self._split.setVisible(has_any)
        self.empty.setVisible(not has_any)
        self.export_button.setEnabled(bool(self._entries))
        if has_any:
            same = [row for row, entry in enumerate(self._model.entries) if _key(entry) == selected]
            self.table.selectRow(same[0] if same else 0)

    def _selected(self) -> tuple[Any, ...]:
        row = self.table.currentIndex().row()
        return _key(self._model.entries[row]) if 0 <= row < len(self._model.entries) else ()

    def _open(self, current: Index) -> None:
        if not current.isValid():
            return
        entry = self._model.entries[current.row()]
        about, text = describe(entry, self._entries)
        if len(text) > MOST_SHOWN:
            about += "\n" + tr("These are its first %d letters; the exported file has all.") % MOST_SHOWN
        self.about.setText(about)
        self.body.setPlainText(text[:MOST_SHOWN])


def describe(entry: "Entry", entries: "Sequence[Entry]") -> tuple[str, str]:
    """Return what is to be said about an entry, and its content: of a request the body exactly as it was sent."""
    if entry.what == "event":
        return _about_event(entry), json.dumps(entry.content, ensure_ascii=False, indent=2)
    size = len(entry.body.encode())
    lines = [tr("%d bytes, exactly as they were sent.") % size if size else tr("Not sent yet.")]
    if entry.status:
        lines.append(tr("The collector answered %d: %s") % (entry.status, entry.answer.strip()[:200]))
    elif size:
        lines.append(tr("The collector has not taken it yet; it is sent again."))
    if entry.what == "request":
        inside = _message_ids(entry.body)
        changed = sum(len(other.notes) for other in entries if _message_id(other) in inside)
        lines.append(
            tr("%d events, in which %d values were replaced or dropped before.") % (len(inside), changed)
        )
    return "\n".join(lines), entry.body


def _message_ids(body: str) -> set[str]:
    """Return the ids of the events in a request; none where it is no batch of ours."""
    try:
        return {str(event["messageId"]) for event in json.loads(body)["batch"]}
    except (ValueError, KeyError, TypeError):
        return set()


def _message_id(entry: "Entry") -> str:
    return str((entry.content or {}).get("messageId", ""))


def _about_event(entry: "Entry") -> str:
    place = (
        tr("Part of request %d.") % entry.request
        if entry.request is not None
        else tr("Not part of any request yet.")
    )
    changes = [f"{path or tr('the event')}: {done} ({why})" for path, done, why in entry.notes]
    return "\n".join([place, *(changes or [tr("Nothing was replaced or dropped.")])])


def stamp(moment: float) -> str:
    """Return a time of this place in the form 2026-11-25 16:30:05, "" for never."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment)) if moment else ""


def _name(entry: "Entry") -> str:
    if entry.what == "request":
        return tr("request %d") % (entry.request or 0)
    if entry.what == "deletion":
        return tr("deletion %s") % entry.name[:8]
    properties = (entry.content or {}).get("properties") or {}
    page = properties.get("name") if entry.name == "page" else None
    return f"{entry.name} {page}" if page else entry.name


def _key(entry: "Entry") -> tuple[Any, ...]:
    return entry.what, entry.name, entry.request if entry.what == "request" else entry.time
