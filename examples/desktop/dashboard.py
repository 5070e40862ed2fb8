"""What does a person see first? A welcome, whether Podman answers, and how much it holds."""

from concurrent.futures import Future

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop.engine import Counts
from desktop.jobs import reason
from desktop.look import SPACE, WIDE, dim, icon, picture, title
from desktop.shell import Shell

CARDS = (
    ("Containers", "/containers", "containers"),
    ("Images", "/images", "images"),
    ("Pods", "/pods", "pods"),
    ("Volumes", "/volumes", "volumes"),
)


class Dashboard(QWidget):
    """The first page; its cards lead to the others."""

    def __init__(self, shell: Shell) -> None:
        super().__init__()
        self.shell = shell
        self._is_reading = False
        self.engine = QLabel("Asking Podman …")
        self.engine.setObjectName("engineLine")
        self.engine.setWordWrap(True)
        self.numbers: dict[str, QLabel] = {}
        self.more = dim(QLabel())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(WIDE, WIDE, WIDE, WIDE)
        layout.setSpacing(SPACE)
        layout.addWidget(title("Welcome to Container Desktop"))
        layout.addWidget(dim(QLabel("Everything on this machine's Podman, in one window.")))
        layout.addSpacing(SPACE)
        layout.addWidget(self._engine_card())
        grid = QGridLayout()
        grid.setSpacing(SPACE)
        for number, (name, route, shape) in enumerate(CARDS):
            grid.addWidget(self._card(name, route, shape), number // 2, number % 2)
        layout.addLayout(grid)
        layout.addStretch(1)

    def refresh(self) -> None:
        """Ask the engine again."""
        if not self._is_reading:
            self._is_reading = True
            self.shell.jobs.quietly(self.shell.engine.counts, self._show)

    def _show(self, done: "Future[Counts]") -> None:
        self._is_reading = False
        if (error := done.exception()) is not None:
            self.engine.setText("Podman does not answer")
            self.more.setText(f"{reason(error)}. Start it with: podman system service --time 0")
            return
        found = done.result()
        self.engine.setText(f"Podman {found.version} is running")
        self.more.setText(f"{found.running} of {found.containers} containers run")
        counts = (found.containers, found.images, found.pods, found.volumes)
        for (name, _, _), count in zip(CARDS, counts, strict=True):
            self.numbers[name].setText(str(count))

    def _engine_card(self) -> QFrame:
        card, row = QFrame(), QHBoxLayout()
        card.setObjectName("card")
        row.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        row.setSpacing(SPACE)
        drawing = QLabel()
        drawing.setPixmap(picture("pulse", self.palette().highlight().color().name(), 36))
        font = self.engine.font()
        font.setBold(True)
        self.engine.setFont(font)
        self.more.setWordWrap(True)
        text = QVBoxLayout()
        text.addWidget(self.engine)
        text.addWidget(self.more)
        row.addWidget(drawing)
        row.addLayout(text, 1)
        card.setLayout(row)
        return card

    def _card(self, name: str, route: str, shape: str) -> QFrame:
        card, row = QFrame(), QHBoxLayout()
        card.setObjectName("card")
        row.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        row.setSpacing(SPACE)
        drawing, number = QLabel(), QLabel("–")
        drawing.setPixmap(icon(shape).pixmap(28, 28))
        font = number.font()
        font.setPointSizeF(font.pointSizeF() * 1.8)
        font.setBold(True)
        number.setFont(font)
        number.setAccessibleName(f"Number of {name.lower()}")
        self.numbers[name] = number
        button = QPushButton("Show")
        button.setAccessibleName(f"Show {name.lower()}")
        button.clicked.connect(lambda: self.shell.go_to(route))
        row.addWidget(drawing)
        row.addWidget(number)
        row.addWidget(dim(QLabel(name)), 1, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(button)
        card.setLayout(row)
        return card
