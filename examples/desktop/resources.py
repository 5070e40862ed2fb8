"""How is a kind of thing shown, chosen and worked on? A page: filter, table, actions, and what to do if it is empty."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QColor, QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from aboveboard.integrations.qt import track_action
from desktop.engine import Row
from desktop.jobs import reason
from desktop.look import SPACE, WIDE, dim, icon, picture, title
from desktop.shell import Shell


@dataclass(frozen=True, slots=True)
class Kind:
    """What a page is about: its name, its columns, how it is fetched, and what an empty one says."""

    name: str
    columns: tuple[str, ...]
    fetch: Callable[[], list[Row]]
    shape: str
    empty: str


class ResourcePage(QWidget):
    """A table of one kind of thing; it reads beside the window, and keeps its choice and filter."""

    def __init__(self, shell: Shell, kind: Kind) -> None:
        super().__init__()
        self.shell = shell
        self.kind = kind
        self._rows: list[Row] = []
        self._on_row: list[QAction] = []
        self._is_reading = False
        self.filter = QLineEdit()
        self.filter.setObjectName("filter")
        self.filter.setPlaceholderText("Filter")
        self.filter.setClearButtonEnabled(True)
        self.filter.setAccessibleName(f"Filter {kind.name.lower()}")
        self.bar = QToolBar()
        self.bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.bar.setAccessibleName(f"Actions on {kind.name.lower()}")
        self.table = self._make_table()
        self.body = QStackedWidget()
        self.body.addWidget(self.table)
        self.body.addWidget(self._make_empty())
        self._lay_out()
        self.filter.textChanged.connect(self._fill)
        self._choose()

    def on_row(
        self, text: str, shape: str, event: str, work: Callable[[str], object], key: str = ""
    ) -> QAction:
        """Add an action on the chosen row; it runs beside the window and is one event when it has ended."""
        action = self.bar.addAction(icon(shape), text)
        action.setShortcuts([QKeySequence(key)] if key else [])
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        track_action(action, self.shell.logger, event, lambda: self._work(text, work))
        self._add(action)
        return action

    def on_row_untracked(self, text: str, shape: str, run: Callable[[str], object]) -> None:
        """Add an action on the chosen row that logs by itself, such as a form or an extension's command."""
        action = self.bar.addAction(icon(shape), text)
        action.triggered.connect(lambda: run(self.chosen()))
        self._add(action)

    def on_page(self, text: str, shape: str, run: Callable[[], object]) -> None:
        """Add an action that needs no row."""
        self.bar.addAction(icon(shape), text).triggered.connect(lambda: run())

    def chosen(self) -> str:
        """Return the name in the chosen row, "" where none is chosen."""
        item = self.table.item(self.table.currentRow(), 0) if self.table.selectedItems() else None
        return item.text() if item is not None else ""

    def refresh(self) -> None:
        """Read everything again."""
        if not self._is_reading:
            self._is_reading = True
            self.shell.jobs.quietly(self.kind.fetch, self._show)

    def _work(self, text: str, work: Callable[[str], object]) -> "Future[object]":
        name = self.chosen()
        self.shell.keep_private(self.kind.name.lower().rstrip("s"), name)
        return self.shell.jobs.start(f"{text} {name}", lambda tell: work(name))

    def _add(self, action: QAction) -> None:
        self.addAction(action)
        self.table.addAction(action)
        self._on_row.append(action)
        self._choose()

    def _show(self, done: "Future[list[Row]]") -> None:
        self._is_reading = False
        if (error := done.exception()) is not None:
            self._rows = []
            self.message.setText(reason(error))
            self.again.show()
        else:
            self._rows = done.result()
            self.message.setText(self.kind.empty)
            self.again.hide()
        self._fill()

    def _fill(self) -> None:
        before, wanted = self.chosen(), self.filter.text().lower()
        rows = [row for row in self._rows if wanted in " ".join(row).lower()]
        self.table.setRowCount(len(rows))
        for number, row in enumerate(rows):
            for column, text in enumerate(row):
                item = QTableWidgetItem(text)
                if text == "running":
                    item.setForeground(QColor("#2e9e5b"))
                self.table.setItem(number, column, item)
            if row[0] == before:
                self.table.selectRow(number)
        if self._rows and not rows:
            self.message.setText(f"Nothing matches “{self.filter.text()}”.")
        self.body.setCurrentIndex(0 if rows else 1)
        self._choose()

    def _choose(self) -> None:
        for action in self._on_row:
            action.setEnabled(bool(self.chosen()))

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, len(self.kind.columns))
        table.setObjectName(self.kind.name.lower())
        table.setAccessibleName(self.kind.name)
        table.setHorizontalHeaderLabels(list(self.kind.columns))
        table.setSelectionBehavior(QTableWidget.SelectionBehavior.SelectRows)
        table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        table.setShowGrid(False)
        table.setTabKeyNavigation(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(round(table.fontMetrics().height() * 2.1))
        header = table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        table.itemSelectionChanged.connect(self._choose)
        return table

    def _make_empty(self) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setSpacing(SPACE)
        column.addStretch(2)
        drawing = QLabel()
        drawing.setPixmap(picture(self.kind.shape, self.palette().mid().color().name(), 64))
        drawing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message = dim(QLabel("Asking Podman …"))
        self.message.setWordWrap(True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.again = QPushButton("Try again")
        self.again.clicked.connect(self.refresh)
        self.again.hide()
        column.addWidget(drawing)
        column.addWidget(self.message)
        column.addWidget(self.again, 0, Qt.AlignmentFlag.AlignCenter)
        column.addStretch(3)
        return box

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(title(self.kind.name))
        top.addStretch(1)
        self.filter.setMaximumWidth(self.filter.fontMetrics().averageCharWidth() * 32)
        top.addWidget(self.filter, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(WIDE, WIDE, WIDE, WIDE)
        layout.setSpacing(SPACE)
        layout.addLayout(top)
        layout.addWidget(self.bar)
        layout.addWidget(self.body, 1)
