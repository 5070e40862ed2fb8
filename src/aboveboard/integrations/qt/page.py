"""Where does a person see and change everything about usage data? One page for an app's settings window."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from aboveboard.integrations.qt.choice import OFF, ChoicePanel
from aboveboard.integrations.qt.deletion import DeletionPanel
from aboveboard.integrations.qt.extensions import ExtensionsPanel
from aboveboard.integrations.qt.parts import Background, paragraph, tr
from aboveboard.integrations.qt.sent import SentPanel

if TYPE_CHECKING:
    from aboveboard.catalog import Catalog
    from aboveboard.client.erasure import Erasure
    from aboveboard.client.journal import Entry
    from aboveboard.client.status import Status
    from aboveboard.client.telemetry import Telemetry

LOOK_MILLISECONDS: Final = 1000


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that the page shows, as it was at one moment; without `entries` where those have not changed."""

    status: "Status | None"
    catalog: "Catalog | None"
    receipts: "tuple[Erasure, ...]"
    entries: "tuple[Entry, ...] | None"


class TelemetryPage(QWidget):
    """Switch and level, what was sent, each extension, and deletion; it reads files in a thread of its own.

    It looks again every second while it is shown, and at once when the answer changes, here or in another process.
    """

    _changed = Signal()

    def __init__(self, telemetry: "Telemetry", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("telemetryPage")
        self._telemetry = telemetry
        self._background = Background(self)
        self._numbers: tuple[object, ...] = ()
        self._is_reading = self._is_writing = self._read_again = False
        self.choice, self.sent = ChoicePanel(), SentPanel()
        self.extensions, self.deletion = ExtensionsPanel(), DeletionPanel()
        self.said = paragraph()
        self.said.setObjectName("telemetrySaid")
        self.said.hide()
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MILLISECONDS)
        self._timer.timeout.connect(self.refresh)
        self.choice.chosen.connect(self._choose)
        self.sent.export.connect(self._ask_where)
        self.extensions.switched.connect(self._switch)
        self.deletion.wanted.connect(self._ask_once_more)
        self._changed.connect(self.refresh, Qt.ConnectionType.QueuedConnection)
        self.destroyed.connect(partial(_end, telemetry.consent.on_did_change(self._notice)))

    def refresh(self) -> None:
        """Read everything again, in a thread; what is read while another answer is written is read once more."""
        if self._is_reading:
            self._read_again = True
            return
        self._is_reading = True
        self._background.run(partial(_read, self._telemetry, self._numbers), self._show)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  (Qt's name)
        """Begin to look."""
        super().showEvent(event)
        self.refresh()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802  (Qt's name)
        """Look no more while nobody does."""
        super().hideEvent(event)
        self._timer.stop()

    def _lay_out(self) -> None:
        self.tabs = QTabWidget()
        self.tabs.setObjectName("telemetryTabs")
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName(tr("Usage data"))
        self.tabs.addTab(_scrolling(self.choice), tr("Your &choice"))
        self.tabs.addTab(self.sent, tr("What was s&ent"))
        self.tabs.addTab(self.extensions, tr("E&xtensions"))
        self.tabs.addTab(self.deletion, tr("De&letion"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(self.said)

    def _notice(self) -> None:
        try:
            self._changed.emit()  # whichever thread saw the change
        except RuntimeError:  # the page is gone
            return

    def _show(self, found: Snapshot) -> None:
        self._is_reading = False
        if found.status is not None and not self._is_writing:
            self.choice.show_status(found.status)
        self.deletion.show_receipts(found.receipts)
        if found.entries is not None and found.status is not None:
            self._numbers = _numbers(found.status, found.receipts)
            self.sent.show_entries(found.entries)
            self.extensions.show_entries(found.catalog, found.entries)
        if found.status is not None and not self._is_writing:
            self.extensions.show_switches(found.status.allows, can_change=found.status.state != OFF)
        if self._read_again:
            self._read_again = False
            self.refresh()

    def _choose(self, level: str) -> None:
        consent = self._telemetry.consent
        self._is_writing = True
        self.choice.setEnabled(False)
        record: Callable[[], bool] = consent.decline if level == OFF else partial(consent.accept, level=level)
        self._background.run(record, self._chose)

    def _chose(self, kept: bool) -> None:
        self._is_writing = False
        self.choice.setEnabled(True)
        self.choice.switch.setFocus(Qt.FocusReason.OtherFocusReason)
        self._say("" if kept else tr("Your answer could not be recorded; the first tab says why."))
        self.refresh()

    def _switch(self, extension: str, on: bool) -> None:
        consent = self._telemetry.consent
        self._is_writing = True
        record = consent.allow_extension if on else consent.refuse_extension
        self._background.run(partial(record, extension), self._switched)

    def _switched(self, kept: bool) -> None:
        self._is_writing = False
        self._say("" if kept else tr("Your choice could not be recorded; the first tab says why."))
        self.refresh()

    def _ask_where(self) -> None:
        dialog = QFileDialog(self, tr("Export the journal"))
        dialog.setObjectName("exportDialog")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("jsonl")
        dialog.setNameFilter(tr("JSON Lines (*.jsonl)"))
        dialog.selectFile("usage-data.jsonl")
        dialog.fileSelected.connect(self._export)
        dialog.open()

    def _export(self, path: str) -> None:
        self._background.run(partial(self._telemetry.export, Path(path)), partial(self._exported, path))

    def _exported(self, path: str, lines: int) -> None:
        self._say(
            tr("%d entries were written to %s.") % (lines, path)
            if lines
            else tr("Nothing was written to %s: is the folder there, and may you write to it?") % path
        )

    def _ask_once_more(self) -> None:
        box = QMessageBox(self)
        box.setObjectName("deleteQuestion")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(tr("Delete usage data"))
        box.setText(tr("Delete everything about this installation, here and at the collector?"))
        box.setInformativeText(tr("This cannot be undone. The collector sends a receipt."))
        keep = box.addButton(tr("&Keep"), QMessageBox.ButtonRole.RejectRole)
        delete = box.addButton(tr("&Delete"), QMessageBox.ButtonRole.AcceptRole)
        for button, name in ((keep, "keepData"), (delete, "deleteDataNow")):
            button.setObjectName(name)
            if isinstance(button, QPushButton):
                button.setAutoDefault(False)
        box.setEscapeButton(keep)
        delete.clicked.connect(self._delete)
        box.open()

    def _delete(self) -> None:
        self.deletion.button.setEnabled(False)
        self._background.run(self._telemetry.forget, self._deleted)

    def _deleted(self, _: object) -> None:
        self.deletion.button.setEnabled(True)
        self._numbers = ()
        self.refresh()

    def _say(self, text: str) -> None:
        self.said.setText(text)
        self.said.setVisible(bool(text))


def _read(telemetry: "Telemetry", known: tuple[object, ...]) -> Snapshot:
    """Return everything; the journal only where the numbers say that it has changed."""
    status, receipts = telemetry.status(explain=True), telemetry.receipts()
    if status is None or _numbers(status, receipts) == known:
        return Snapshot(status, telemetry.catalog(), receipts, None)
    return Snapshot(status, telemetry.catalog(), receipts, tuple(telemetry.journal()))


def _numbers(status: "Status", receipts: "tuple[Erasure, ...]") -> tuple[object, ...]:
    return status.waiting, status.sent, status.refused, status.state, status.extensions_off, receipts


def _scrolling(widget: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidget(widget)
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return area


def _end(listening: "Callable[[], None] | None", *_: object) -> None:
    if listening is not None:
        listening()
