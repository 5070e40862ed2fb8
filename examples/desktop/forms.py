"""What does the app ask before it makes something? A small form with a field a line, and a sentence on wrong input."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from desktop.look import SPACE, WIDE

REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a form; `pick` is "file" or "folder" where a button helps to find one."""

    label: str
    hint: str = ""
    value: str = ""
    is_required: bool = True
    pick: str = ""


class Form(QDialog):
    """Asks for the fields and hands their texts to `submit`; it does not block the window."""

    def __init__(
        self,
        parent: QWidget,
        title: str,
        verb: str,
        fields: tuple[Field, ...],
        submit: Callable[..., object],
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setObjectName("form")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._fields = fields
        self._submit = submit
        self._lines = [QLineEdit(field.value) for field in fields]
        self._wrong = QLabel()
        self._wrong.setWordWrap(True)
        self._wrong.hide()
        rows = QFormLayout()
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        rows.setSpacing(SPACE)
        for field, line in zip(fields, self._lines, strict=True):
            line.setPlaceholderText(field.hint)
            line.setMinimumWidth(line.fontMetrics().averageCharWidth() * 44)
            label = QLabel(f"&{field.label}:")
            label.setBuddy(line)
            rows.addRow(label, self._with_picker(field, line))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        go = buttons.addButton(verb, QDialogButtonBox.ButtonRole.AcceptRole)
        go.setObjectName("formGo")
        go.setDefault(True)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setIcon(QIcon())
        buttons.accepted.connect(self._check)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(WIDE, WIDE, WIDE, WIDE)
        layout.setSpacing(SPACE)
        layout.addLayout(rows)
        layout.addWidget(self._wrong)
        layout.addWidget(buttons)
        self.open()

    def _with_picker(self, field: Field, line: QLineEdit) -> QWidget:
        if not field.pick:
            return line
        button = QPushButton("Choose…")
        button.setAutoDefault(False)
        button.clicked.connect(lambda: self._pick(field, line))
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(line, 1)
        row.addWidget(button)
        return box

    def _pick(self, field: Field, line: QLineEdit) -> None:
        dialog = QFileDialog(self, f"Choose a {field.pick}")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        mode = QFileDialog.FileMode.Directory if field.pick == "folder" else QFileDialog.FileMode.ExistingFile
        dialog.setFileMode(mode)
        dialog.fileSelected.connect(line.setText)
        dialog.open()

    def _check(self) -> None:
        texts = [line.text().strip() for line in self._lines]
        for field, text, line in zip(self._fields, texts, self._lines, strict=True):
            if wrong := _wrong(field, text):
                self._wrong.setText(wrong)
                self._wrong.show()
                line.setFocus()
                return
        self.accept()
        self._submit(*texts)


def _wrong(field: Field, text: str) -> str:
    if field.is_required and not text:
        return f"{field.label} is missing."
    if field.pick == "file" and not Path(text).is_file():
        return f"{field.label}: there is no file {text}."
    if field.pick == "folder" and not Path(text).is_dir():
        return f"{field.label}: there is no folder {text}."
    return ""
