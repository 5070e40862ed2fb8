"""Which extensions are there, do they work, and what can they do? A card each."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from desktop.api import Command, Loaded
from desktop.look import SPACE, WIDE, dim, icon, title


class ExtensionsPage(QWidget):
    """The list of extensions, with the commands that they offer here."""

    def __init__(self) -> None:
        super().__init__()
        self._cards = QVBoxLayout()
        self._cards.setContentsMargins(0, 0, 0, 0)
        self._cards.setSpacing(SPACE)
        inner = QWidget()
        inner.setLayout(self._cards)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(WIDE, WIDE, WIDE, WIDE)
        layout.setSpacing(SPACE)
        layout.addWidget(title("Extensions"))
        layout.addWidget(
            dim(QLabel("Each logs through a logger of its own; Settings › Telemetry shows what it sent."))
        )
        layout.addWidget(area, 1)

    def show_extensions(self, loaded: list[Loaded], commands: list[Command]) -> None:
        """Show the cards, and below them the commands."""
        for extension in loaded:
            self._cards.addWidget(_card(extension))
        offered = [command for command in commands if command.place == "extension"]
        if offered:
            row = QHBoxLayout()
            for command in offered:
                button = QPushButton(command.title)
                button.clicked.connect(lambda _=False, run=command.run: run(""))
                row.addWidget(button)
            row.addStretch(1)
            self._cards.addLayout(row)
        self._cards.addStretch(1)

    def refresh(self) -> None:
        """Nothing here changes while the app runs."""


def _card(extension: Loaded) -> QFrame:
    manifest = extension.manifest
    card, row, text = QFrame(), QHBoxLayout(), QVBoxLayout()
    card.setObjectName("card")
    row.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
    row.setSpacing(SPACE)
    drawing = QLabel()
    drawing.setPixmap(icon(manifest.icon).pixmap(32, 32))
    name = QLabel(manifest.title)
    font = name.font()
    font.setBold(True)
    name.setFont(font)
    about = QLabel(extension.problem or manifest.description)
    about.setWordWrap(True)
    state = QLabel("Failed" if extension.problem else "Active")
    text.addWidget(name)
    text.addWidget(about)
    text.addWidget(dim(QLabel(f"{manifest.id} {manifest.version}")))
    row.addWidget(drawing, 0, Qt.AlignmentFlag.AlignTop)
    row.addLayout(text, 1)
    row.addWidget(dim(state), 0, Qt.AlignmentFlag.AlignTop)
    card.setLayout(row)
    return card
