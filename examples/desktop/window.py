"""How does the window hang together? A sidebar, the pages, a line for what went wrong, and the work under way."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMainWindow,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop.dashboard import Dashboard
from desktop.engine import Engine
from desktop.jobs import Job, Jobs, reason
from desktop.look import SPACE, icon
from desktop.shell import Shell

if TYPE_CHECKING:
    from aboveboard import Telemetry
    from desktop.api import Command, Loaded
    from desktop.resources import ResourcePage

TITLE = "Container Desktop"
REFRESH_MILLISECONDS = 5_000
FIRST = "/"
ROUTE = Qt.ItemDataRole.UserRole
SIDEBAR = (
    ("Dashboard", "/", "dashboard"),
    ("Containers", "/containers", "containers"),
    ("Images", "/images", "images"),
    ("Pods", "/pods", "pods"),
    ("Volumes", "/volumes", "volumes"),
    ("Extensions", "/extensions", "extensions"),
    ("Settings", "/preferences", "settings"),
)


class Window(QMainWindow):
    """The app's one window; a page is made when it is first opened."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self.setWindowTitle(TITLE)
        self.resize(1080, 700)
        self.engine = engine
        self.jobs = Jobs(self)
        self.shell = Shell(engine, self.jobs, self.notify, self.go_to)
        self.has_telemetry = False
        self.stack = QStackedWidget()
        self.sidebar = QListWidget()
        self._makers = self._page_makers()
        self._made: dict[str, QWidget] = {}
        self._loaded: list[Loaded] = []
        self._commands: list[Command] = []
        self._report: Callable[[], None] = lambda: None
        self._strip, self._job_rows = QFrame(), dict[Job, tuple[QWidget, QLabel]]()
        self._banner, self._said = QFrame(), QLabel()
        self._lay_out()
        self.jobs.began.connect(self._began)
        self.jobs.told.connect(self._told)
        self.jobs.ended.connect(self._ended)
        QShortcut(QKeySequence.StandardKey.Refresh, self, self.refresh)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.refresh)
        self.sidebar.setCurrentRow(0)

    def begin(self) -> None:
        """Ask the engine, and go on asking."""
        self.refresh()
        self._timer.start(REFRESH_MILLISECONDS)

    def take(self, telemetry: "Telemetry") -> None:
        """Take up telemetry; from now on every page can be opened."""
        self.shell.telemetry, self.shell.logger = telemetry, telemetry.logger()
        self.has_telemetry = True
        self._open(self.sidebar.currentItem())

    def add_extensions(
        self, loaded: "list[Loaded]", commands: "list[Command]", report: Callable[[], None]
    ) -> None:
        """Take up what extensions brought; their pages come through `add_page`, `report` logs their providers."""
        self._loaded, self._commands, self._report = loaded, commands, report

    def report_providers(self) -> None:
        """Log once more what the providers hold, where the person has said yes."""
        if self.shell.telemetry.consent.state == "accepted":
            self._report()

    def add_page(self, text: str, shape: str, page: QWidget) -> None:
        """Add an extension's page to the sidebar; in usage data it has no name of its own."""
        route = f"/contribs/{text}"
        self._makers[route] = lambda: page
        self._add_item(text, route, shape, before="/extensions")

    def go_to(self, route: str) -> None:
        """Show a page."""
        for row in range(self.sidebar.count()):
            if self.sidebar.item(row).data(ROUTE) == route:
                self.sidebar.setCurrentRow(row)

    def refresh(self) -> None:
        """Have the page that is shown read again."""
        refresh = getattr(self.stack.currentWidget(), "refresh", None)
        if refresh is not None and self.isVisible():
            refresh()

    def notify(self, text: str, *, is_error: bool = False) -> None:
        """Show a line above the page, until it is closed."""
        self._said.setText(text)
        self._said.setAccessibleName(f"Error: {text}" if is_error else text)
        self._banner.setStyleSheet("" if is_error else "QFrame#banner { border-color: palette(highlight); }")
        self._banner.setVisible(bool(text))

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802  (Qt's name)
        """Let go of work under way: nobody waits for it."""
        self.jobs.stop_all()
        super().closeEvent(event)

    def _page_makers(self) -> dict[str, Callable[[], QWidget]]:
        return {
            FIRST: lambda: Dashboard(self.shell),
            "/containers": lambda: self._resources("containers_page"),
            "/images": self._images,
            "/pods": lambda: self._resources("pods_page"),
            "/volumes": lambda: self._resources("volumes_page"),
            "/extensions": self._extensions,
            "/preferences": self._settings,
        }

    def _resources(self, name: str) -> "ResourcePage":
        from desktop import pages  # not before somebody opens one

        page: ResourcePage = getattr(pages, name)(self.shell)
        return page

    def _images(self) -> QWidget:
        page = self._resources("images_page")
        for command in self._commands:
            if command.place == "images":
                page.on_row_untracked(command.title, "check", command.run)
        return page

    def _extensions(self) -> QWidget:
        from desktop.extensions_page import ExtensionsPage

        page = ExtensionsPage()
        page.show_extensions(self._loaded, self._commands)
        return page

    def _settings(self) -> QWidget:
        from desktop.settings_page import SettingsPage  # large, and rarely opened

        return SettingsPage(self.shell)

    def _open(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        route = str(item.data(ROUTE))
        if route != FIRST and not self.has_telemetry:
            return  # opened as soon as it can be
        if route not in self._made:
            page = self._makers[route]()
            page.setObjectName("/contribs/:id" if route.startswith("/contribs/") else route)
            self._made[route] = page
            self.stack.addWidget(page)
        self.notify("")
        self.stack.setCurrentWidget(self._made[route])
        self.refresh()

    def _lay_out(self) -> None:
        self.sidebar.setObjectName("sidebar")
        self.sidebar.setAccessibleName("Pages")
        self.sidebar.setIconSize(QSize(20, 20))
        self.sidebar.setFixedWidth(self.sidebar.fontMetrics().averageCharWidth() * 26)
        self.sidebar.currentItemChanged.connect(self._open)
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        right.addWidget(self._make_banner())
        right.addWidget(self.stack, 1)
        right.addWidget(self._strip)
        self._strip.setObjectName("jobs")
        self._strip.setLayout(QVBoxLayout())
        self._strip.hide()
        central = QWidget()
        row = QHBoxLayout(central)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.sidebar)
        row.addLayout(right, 1)
        self.setCentralWidget(central)
        for text, route, shape in SIDEBAR:
            self._add_item(text, route, shape)

    def _add_item(self, text: str, route: str, shape: str, before: str = "") -> None:
        item = QListWidgetItem(icon(shape), text)
        item.setData(ROUTE, route)
        rows = [row for row in range(self.sidebar.count()) if self.sidebar.item(row).data(ROUTE) == before]
        self.sidebar.insertItem(rows[0] if rows else self.sidebar.count(), item)

    def _make_banner(self) -> QWidget:
        self._banner.setObjectName("banner")
        self._said.setObjectName("said")
        self._said.setWordWrap(True)
        self._said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        close = QPushButton("Dismiss")
        close.setFlat(True)
        close.clicked.connect(lambda: self.notify(""))
        row = QHBoxLayout(self._banner)
        row.addWidget(self._said, 1)
        row.addWidget(close)
        self._banner.hide()
        outer = QWidget()
        space = QVBoxLayout(outer)
        space.setContentsMargins(SPACE, SPACE, SPACE, 0)
        space.addWidget(self._banner)
        return outer

    def _began(self, job: Job) -> None:
        row_widget, title, said = QWidget(), QLabel(job.title), QLabel("…")
        row = QHBoxLayout(row_widget)
        row.setContentsMargins(0, 0, 0, 0)
        bar = QProgressBar()
        bar.setRange(0, 0)
        bar.setFixedWidth(120)
        bar.setTextVisible(False)
        bar.setAccessibleName(f"{job.title} is under way")
        stop = QPushButton("Stop")
        stop.clicked.connect(job.stop)
        said.setMinimumWidth(1)
        row.addWidget(title)
        row.addWidget(bar)
        row.addWidget(said, 1)
        row.addWidget(stop)
        self._job_rows[job] = (row_widget, said)
        self._strip_layout().addWidget(row_widget)
        self._strip.show()

    def _told(self, job: Job, text: str) -> None:
        if job in self._job_rows:
            self._job_rows[job][1].setText(text)

    def _ended(self, job: Job) -> None:
        row, _ = self._job_rows.pop(job)
        self._strip_layout().removeWidget(row)
        row.deleteLater()
        self._strip.setVisible(bool(self._job_rows))
        if said := reason(job.future.exception()):
            self.notify(f"{job.title}: {said}", is_error=True)
        self.refresh()

    def _strip_layout(self) -> Any:
        return self._strip.layout()
