"""Is anything sent, who decided that, and how does a person change it? The first tab of the settings page."""

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from aboveboard.integrations.qt.parts import heading, link, paragraph, tr

if TYPE_CHECKING:
    from aboveboard.client.status import Status

LEVELS: Final = (
    ("usage", "Usage, errors and crashes"),
    ("error", "Errors and crashes"),
    ("crash", "Crashes only"),
)
OFF: Final = "off"


class ChoicePanel(QWidget):
    """A switch, a level, and in one sentence what holds and why; `chosen` carries the level, or "off"."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.switch = QCheckBox(tr("&Send usage data"))
        self.switch.setObjectName("telemetrySwitch")
        self.level = QComboBox()
        self.level.setObjectName("telemetryLevel")
        for level, text in LEVELS:
            self.level.addItem(tr(text), level)
        self.state = heading("", 1.0)
        self.state.setObjectName("telemetryState")
        self.cause = paragraph()
        self.cause.setObjectName("telemetryCause")
        self.problem = paragraph()
        self.problem.setObjectName("telemetryProblem")
        self._facts = QFormLayout()
        self._sources = QFormLayout()
        self._privacy = ""
        self._privacy_place = QVBoxLayout()
        self._lay_out()
        self.switch.clicked.connect(self._switched)
        self.level.activated.connect(self._switched)

    def show_status(self, status: "Status") -> None:
        """Show what holds now, and what the person can choose here."""
        on, off = status.state == "accepted", status.state == OFF
        with QSignalBlocker(self.switch), QSignalBlocker(self.level):
            self.switch.setChecked(on)
            self.switch.setEnabled(not off)
            self.level.setEnabled(on)
            if on:
                self.level.setCurrentIndex(max(0, self.level.findData(status.level)))
        self.state.setText(_state(status))
        self.cause.setText(_cause(status))
        self.problem.setText(status.problem and tr("Something is wrong: %s.") % status.problem)
        self.problem.setVisible(bool(status.problem))
        self._allow_up_to(_ceiling(status))
        _fill(self._facts, _facts(status))
        _fill(self._sources, [(source.name, f"{source.says} ({source.detail})") for source in status.sources])
        self._show_privacy(status.privacy)

    def _lay_out(self) -> None:
        level = QLabel(tr("&Level:"))
        level.setBuddy(self.level)
        row = QHBoxLayout()
        row.addWidget(level)
        row.addWidget(self.level)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addWidget(self.switch)
        column.addLayout(row)
        column.addWidget(_rule())
        column.addWidget(self.state)
        column.addWidget(self.cause)
        column.addWidget(self.problem)
        column.addLayout(self._facts)
        column.addWidget(_rule())
        column.addWidget(heading(tr("Who was asked, and what they said"), 1.0))
        column.addLayout(self._sources)
        column.addLayout(self._privacy_place)
        column.addStretch(1)
        for form in (self._facts, self._sources):
            form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
            form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
            form.setHorizontalSpacing(16)
            form.setVerticalSpacing(6)

    def _switched(self) -> None:
        level = str(self.level.currentData()) if self.switch.isChecked() else OFF
        self.chosen.emit(level)

    def _allow_up_to(self, ceiling: str) -> None:
        """Grey out the levels that the administrator does not allow."""
        model = self.level.model()
        if not isinstance(model, QStandardItemModel):
            return
        names = [level for level, _ in LEVELS]
        for row, level in enumerate(names):
            item = model.item(row)
            item.setEnabled(ceiling not in names or names.index(level) >= names.index(ceiling))

    def _show_privacy(self, url: str) -> None:
        if url and url != self._privacy:
            self._privacy = url
            self._privacy_place.addWidget(link(tr("Privacy statement"), url))


def _state(status: "Status") -> str:
    return {
        "accepted": tr("On: usage data is sent to %s.") % status.host,
        "declined": tr("Off: nothing is sent."),
        "undecided": tr("Not answered yet: nothing is sent."),
    }.get(status.state, tr("Switched off: nothing is sent, whatever is chosen here."))


def _cause(status: "Status") -> str:
    found = next((source for source in status.sources if source.name == status.decided_by), None)
    detail = f" ({found.detail})" if found is not None and found.detail else ""
    return tr("Decided by: %s.") % f"{status.decided_by}{detail}"


def _ceiling(status: "Status") -> str:
    said = [
        source.says.removeprefix("at most ")
        for source in status.sources
        if source.says.startswith("at most ")
    ]
    return said[0] if said else ""


def _facts(status: "Status") -> list[tuple[str, str]]:
    dropped = ", ".join(f"{number} ({reason})" for reason, number in status.dropped.items())
    facts = [
        (tr("Events"), tr("%d sent, %d waiting") % (status.sent, status.waiting)),
        (tr("Refused by the collector"), str(status.refused) if status.refused else ""),
        (tr("Not sent"), dropped),
        (tr("Extensions switched off"), ", ".join(status.extensions_off)),
        (tr("Random id of this installation"), status.anonymous_id or tr("none")),
        (tr("Collector"), status.host),
        (tr("Your answer is kept in"), status.settings),
    ]
    return [(name, value) for name, value in facts if value]


def _fill(form: QFormLayout, rows: list[tuple[str, str]]) -> None:
    """Write the rows into the form, into the labels that are there where their number stays the same."""
    while form.rowCount() > len(rows):
        form.removeRow(form.rowCount() - 1)
    for number, (name, value) in enumerate(rows):
        if number == form.rowCount():
            form.addRow(QLabel(), paragraph())
        for role, text in ((QFormLayout.ItemRole.LabelRole, name), (QFormLayout.ItemRole.FieldRole, value)):
            item = form.itemAt(number, role)
            label = item.widget() if item is not None else None
            if isinstance(label, QLabel) and label.text() != text:
                label.setTextFormat(Qt.TextFormat.PlainText)
                label.setText(text)
                label.setAccessibleName(f"{name}: {value}")


def _rule() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    line.setFrameShadow(QFrame.Shadow.Sunken)
    return line
