"""How does a person have their data deleted, and what confirms it? A button that asks once more, and the receipts."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from aboveboard.integrations.qt.parts import code, heading, paragraph, tr
from aboveboard.integrations.qt.sent import stamp

if TYPE_CHECKING:
    from aboveboard.client.erasure import Erasure

ASKED = Qt.ItemDataRole.UserRole


class DeletionPanel(QWidget):
    """What deleting does, the button for it, and every deletion so far; `wanted` asks for one."""

    wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._receipts: Sequence[Erasure] = ()
        self.button = QPushButton(tr("&Delete my data…"))
        self.button.setObjectName("deleteData")
        self.list = QListWidget()
        self.list.setObjectName("receiptList")
        self.list.setAccessibleName(tr("Deletions and their receipts"))
        self.list.setAlternatingRowColors(True)
        self.receipt = code(tr("The collector's receipt"))
        self.receipt.setObjectName("receiptText")
        self.none = paragraph(tr("No deletion has been asked for."))
        row = QHBoxLayout()
        row.addWidget(self.button)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addWidget(
            paragraph(
                tr(
                    "This deletes everything about this installation: the journal, the random id and the key here, and "
                    "all events at the collector, which answers with a receipt. Your answer stays as it is; what is "
                    "sent from then on carries a new id. Switching usage data off deletes too."
                )
            )
        )
        layout.addLayout(row)
        layout.addWidget(heading(tr("Receipts"), 1.0))
        layout.addWidget(self.none)
        layout.addWidget(self.list, 1)
        layout.addWidget(self.receipt, 2)
        layout.addStretch(0)
        self.button.clicked.connect(self.wanted)
        self.list.currentRowChanged.connect(self._open)
        self.show_receipts((), is_known=True)

    def show_receipts(self, receipts: "Sequence[Erasure]", *, is_known: bool = False) -> None:
        """Show the deletions, the newest first."""
        if receipts == self._receipts and not is_known:
            return
        self._receipts = receipts
        newest = sorted(receipts, key=lambda erasure: erasure.asked, reverse=True)
        self.list.clear()
        for erasure in newest:
            item = QListWidgetItem(_line(erasure))
            item.setData(ASKED, _text(erasure))
            self.list.addItem(item)
        for widget in (self.list, self.receipt):
            widget.setVisible(bool(newest))
        self.none.setVisible(not newest)
        if newest:
            self.list.setCurrentRow(0)

    def _open(self, row: int) -> None:
        item = self.list.item(row)
        if item is not None:
            self.receipt.setPlainText(str(item.data(ASKED)))


def _line(erasure: "Erasure") -> str:
    done = tr("confirmed") if erasure.receipt is not None else tr("asked for, not confirmed yet")
    return f"{stamp(erasure.asked)}  {done}"


def _text(erasure: "Erasure") -> str:
    if erasure.receipt is None:
        return tr("The collector is asked until it confirms, also at later starts.")
    return json.dumps(erasure.receipt, ensure_ascii=False, indent=2)
