"""Is an image fit to be run? This extension looks for what is known to hurt, and lists what it finds."""

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHeaderView, QLabel, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from desktop.api import Manifest
from desktop.look import SPACE, WIDE, dim, title

if TYPE_CHECKING:
    from concurrent.futures import Future

    from desktop.api import ExtensionApi

MANIFEST = Manifest(
    "image-checker", "0.3.1", "Image checker", "Looks for what makes an image hard to run.", "check"
)
LARGE = 1_000_000_000
Finding = tuple[str, str, str]


def check(image: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what is to be said about an image, each as a rule and a sentence."""
    config = image.get("Config") or {}
    found = []
    if not config.get("User"):
        found.append(("root", "It runs as root; a USER in the Containerfile would change that."))
    if not config.get("Cmd") and not config.get("Entrypoint"):
        found.append(("no-command", "It has no command: each container has to name one."))
    if not config.get("Healthcheck"):
        found.append(("no-healthcheck", "Nobody can tell whether it is healthy."))
    if int(image.get("Size", 0)) > LARGE:
        found.append(("large", "It is over a gigabyte."))
    return found


class FindingsPage(QWidget):
    """A table of what was found, the newest check first."""

    def __init__(self) -> None:
        super().__init__()
        self.table = QTableWidget(0, 3)
        self.table.setHorizontalHeaderLabels(["Image", "Rule", "What it means"])
        self.table.setAccessibleName("Findings")
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.empty = dim(QLabel("No image has been checked. Choose one under Images and press Check image."))
        self.empty.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(WIDE, WIDE, WIDE, WIDE)
        layout.setSpacing(SPACE)
        layout.addWidget(title("Image checks"))
        layout.addWidget(self.empty)
        layout.addWidget(self.table, 1)
        self.table.hide()
        layout.addStretch(0)

    def add(self, rows: list[Finding]) -> None:
        """Put findings on top."""
        self.table.setVisible(True)
        self.empty.setVisible(False)
        for row in reversed(rows):
            self.table.insertRow(0)
            for column, text in enumerate(row):
                self.table.setItem(0, column, QTableWidgetItem(text))


def activate(api: "ExtensionApi") -> None:
    """Offer the check on the page of images, and a page with what was found."""
    page = FindingsPage()
    api.register_page("Image checks", page)

    def look(name: str) -> list[Finding]:
        with api.telemetry.action("image.check") as action:
            findings = check(api.engine.inspect_image(name))
            action.set(findings=len(findings), rules=[rule for rule, _ in findings])
        return [(name, rule, text) for rule, text in findings] or [(name, "fine", "Nothing was found.")]

    def show(done: "Future[list[Finding]]") -> None:
        error = done.exception()
        if error is not None:
            api.notify(f"The image could not be checked: {error}", is_error=True)
            return
        rows = done.result()
        page.add(rows)
        api.notify(f"{rows[0][0]}: {len(rows)} findings, listed under Image checks.")

    api.register_command("Check image", lambda name: api.jobs.quietly(lambda: look(name), show), "images")
