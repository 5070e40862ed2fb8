"""May usage data be sent? A dialog with two equal answers, and nothing chosen before the person chooses."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from aboveboard.integrations import notice as words
from aboveboard.integrations.notice import NEVER, WITH_EACH, Notice, events_so_far, notice_of
from aboveboard.integrations.qt.parts import Background, code, heading, link, paragraph, tr

if TYPE_CHECKING:
    from aboveboard.client.telemetry import Telemetry

LETTERS_WIDE = 84
LINES_HIGH = 34


class ConsentDialog(QDialog):
    """Asks once: "Send usage data", "Do not send", or later; closing it or Escape is later, which is no answer.

    `answered` carries the answer once it has been recorded. Enter alone presses nothing: no button is the default.
    """

    answered = Signal(bool)

    def __init__(
        self, telemetry: "Telemetry", app: str, parent: QWidget | None = None, *, notice: Notice | None = None
    ) -> None:
        super().__init__(parent)
        self._telemetry = telemetry
        self._background = Background(self)
        self._notice = notice or notice_of(telemetry, app)
        self.setWindowTitle(tr(words.TITLE))
        self.setAccessibleName(tr("Question about usage data"))
        self.setObjectName("consentDialog")
        self._title = heading(tr(words.QUESTION) % app)
        self._title.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._problem = paragraph()
        self._problem.setObjectName("consentProblem")
        self._problem.hide()
        self._later, self._no, self._yes = self._make_buttons()
        self._lay_out()

    @classmethod
    def ask(cls, telemetry: "Telemetry", app: str, parent: QWidget | None = None) -> "ConsentDialog | None":
        """Show the dialog over `parent` where there is something to ask, and return it; it does not block."""
        notice = notice_of(telemetry, app)
        if notice is None or not telemetry.consent.ask:
            return None
        dialog = cls(telemetry, app, parent, notice=notice)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()
        return dialog

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  (Qt's name)
        """Begin on the title: a key that was meant for something else answers nothing."""
        super().showEvent(event)
        self._title.setFocus(Qt.FocusReason.OtherFocusReason)

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt's name)
        """Return a size that grows with the text and stays on the screen."""
        metrics = self.fontMetrics()
        wanted = QSize(metrics.averageCharWidth() * LETTERS_WIDE, metrics.lineSpacing() * LINES_HIGH)
        return wanted.boundedTo(self.screen().availableSize() * 0.9)

    def _lay_out(self) -> None:
        tabs = QTabWidget()
        tabs.setObjectName("consentTabs")
        tabs.setAccessibleName(tr("What would be sent"))
        tabs.addTab(self._collected(), tr("&What is collected"))
        tabs.addTab(self._so_far(), tr("Your &events so far"))
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.setContentsMargins(20, 20, 20, 20)
        layout.addWidget(self._title)
        layout.addWidget(paragraph(self._intro()))
        layout.addWidget(tabs, 1)
        layout.addWidget(self._problem)
        if self._notice is not None and self._notice.privacy:
            layout.addWidget(link(tr(words.PRIVACY), self._notice.privacy))
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._later)
        row.addStretch(1)
        row.addWidget(self._no)
        row.addWidget(self._yes)
        layout.addLayout(row)

    def _intro(self) -> str:
        host = self._notice.host if self._notice is not None else ""
        return tr(words.INTRO) % (host or tr(words.NOBODY))

    def _collected(self) -> QWidget:
        """Return the list of all events with their descriptions, and what travels with each."""
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setSpacing(8)
        for name, description in self._notice.events if self._notice is not None else ():
            column.addWidget(_event(name, description))
        column.addSpacing(4)
        column.addWidget(paragraph(tr(WITH_EACH)))
        column.addWidget(paragraph(tr(NEVER)))
        column.addStretch(1)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName(tr("Everything that may be collected"))
        return area

    def _so_far(self) -> QWidget:
        waiting = len(self._telemetry.preview())
        view = code(tr("Your events so far, as they would be sent"))
        view.setObjectName("consentPreview")
        view.setPlainText(events_so_far(self._telemetry))
        said = tr(words.SO_FAR) % waiting if waiting else tr(words.NOTHING_YET)
        box = QWidget()
        column = QVBoxLayout(box)
        column.addWidget(paragraph(said))
        column.addWidget(view, 1)
        return box

    def _make_buttons(self) -> tuple[QPushButton, QPushButton, QPushButton]:
        later = QPushButton(tr("Ask me &later"))
        no, yes = QPushButton(tr("&No, do not send")), QPushButton(tr("&Yes, send"))
        later.setFlat(True)
        later.setObjectName("consentLater")
        no.setObjectName("consentNo")
        yes.setObjectName("consentYes")
        for button in (later, no, yes):
            button.setAutoDefault(False)
            button.setDefault(False)
        width = max(no.sizeHint().width(), yes.sizeHint().width())
        for button in (no, yes):
            button.setMinimumWidth(width)
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        later.clicked.connect(self.reject)
        no.clicked.connect(lambda: self._answer(yes=False))
        yes.clicked.connect(lambda: self._answer(yes=True))
        return later, no, yes

    def _answer(self, *, yes: bool) -> None:
        consent = self._telemetry.consent
        for button in self._buttons():
            button.setEnabled(False)
        record = (lambda: consent.accept(level="usage")) if yes else consent.decline
        self._background.run(record, lambda kept: self._after(yes=yes, kept=kept))

    def _after(self, *, yes: bool, kept: bool) -> None:
        if kept:
            self.answered.emit(yes)
            self.accept()
            return
        status = self._telemetry.status()
        why = (status.problem or tr(words.DECIDED_BY) % status.decided_by) if status is not None else ""
        self._problem.setText(tr(words.NOT_RECORDED) % why if yes else tr(words.NOT_KEPT) % why)
        self._problem.show()
        for button in self._buttons():
            button.setEnabled(True)

    def _buttons(self) -> tuple[QAbstractButton, ...]:
        return self._later, self._no, self._yes


def _event(name: str, description: str) -> QLabel:
    """Return one event; a screen reader reads name and description as one thing."""
    label = paragraph(f"{name}\n{description}")
    label.setAccessibleName(f"{name}: {description}")
    return label
