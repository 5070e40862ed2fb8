"""Which small parts do the dialog and the page share? Texts that wrap, headings, and work away from the window."""

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Signal
from PySide6.QtGui import QColor, QFontDatabase, QPalette, QTextOption
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QSizePolicy, QTableView, QWidget

T = TypeVar("T")
CONTEXT = "aboveboard"
READABLE = 4.5
"""The contrast that WCAG 2.2 asks for where text is of ordinary size."""


def tr(text: str) -> str:
    """Return a text of ours in the app's language, where the app has a translator for the context "aboveboard"."""
    return QCoreApplication.translate(CONTEXT, text)


class Background(QObject):
    """Does work in a thread of its own and hands the result back in the window's thread.

    The files of telemetry may be large, or on a slow disk: a window that reads them itself would stand still.
    """

    _ended = Signal(object, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._ended.connect(self._hand_over, Qt.ConnectionType.QueuedConnection)

    def run(self, work: Callable[[], T], then: Callable[[T], object]) -> None:
        """Do `work`, which must not raise, and then call `then` with what it returned."""
        threading.Thread(target=self._work, args=(work, then), name="aboveboard-qt", daemon=True).start()

    def _work(self, work: Callable[[], Any], then: Callable[[Any], object]) -> None:
        result = work()
        try:
            self._ended.emit(then, result)
        except RuntimeError:  # the window was closed meanwhile, and nobody waits for this any more
            return

    def _hand_over(self, then: Callable[[Any], object], result: object) -> None:
        then(result)


def paragraph(text: str = "", parent: QWidget | None = None) -> QLabel:
    """Return a text that wraps, can be selected, and is never taken for markup."""
    label = QLabel(text, parent)
    label.setWordWrap(True)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    policy.setHeightForWidth(True)
    label.setSizePolicy(policy)
    return label


def heading(text: str, scale: float = 1.25) -> QLabel:
    """Return a heading, larger than the app's own text by `scale`."""
    label = paragraph(text)
    font = label.font()
    font.setBold(True)
    if font.pointSizeF() > 0:
        font.setPointSizeF(font.pointSizeF() * scale)
    else:
        font.setPixelSize(round(font.pixelSize() * scale))
    label.setFont(font)
    return label


class _Link(QLabel):
    """A link in the palette's colour for links where that can be read, else in the colour of text."""

    def __init__(self, text: str, url: str) -> None:
        super().__init__()
        from html import escape

        self._text, self._url = escape(text), escape(url)
        self._colour()

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802  (Qt's name)
        """Take the colours of a palette that has changed."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colour()

    def _colour(self) -> None:
        palette = self.palette()
        behind, colour = palette.color(QPalette.ColorRole.Window), palette.color(QPalette.ColorRole.Link)
        if contrast(colour, behind) < READABLE:
            colour = palette.color(QPalette.ColorRole.WindowText)
        self.setText(f'<a href="{self._url}" style="color: {colour.name()}">{self._text}</a>')


def contrast(first: QColor, second: QColor) -> float:
    """Return how well two colours stand out from each other, 1 to 21, as WCAG 2.2 counts it."""
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: QColor) -> float:
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def link(text: str, url: str) -> QLabel:
    """Return a link that is reached and opened by keyboard too; `url` stands in a catalog, and is no markup."""
    label = _Link(text, url)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setOpenExternalLinks(True)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
    label.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    label.setAccessibleName(text)
    label.setToolTip(url)
    return label


def code(name: str) -> QPlainTextEdit:
    """Return a read-only view for JSON, which runs from left to right in every language; Tab leaves it."""
    view = QPlainTextEdit()
    view.setReadOnly(True)
    view.setTabChangesFocus(True)
    view.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    if view.font().pointSizeF() > 0:
        font.setPointSizeF(view.font().pointSizeF())  # the app's scale, also for what is not its family
    view.setFont(font)
    view.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    option = QTextOption(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignAbsolute)
    option.setTextDirection(Qt.LayoutDirection.LeftToRight)
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    view.document().setDefaultTextOption(option)
    view.setAccessibleName(name)
    return view


def fit_rows(table: QTableView) -> None:
    """Give a table's rows the height of the app's text, and let Tab leave it."""
    table.setTabKeyNavigation(False)
    table.verticalHeader().setVisible(False)
    table.verticalHeader().setDefaultSectionSize(round(table.fontMetrics().height() * 1.7))
    table.horizontalHeader().setHighlightSections(False)
    table.setShowGrid(False)
    table.setAlternatingRowColors(True)
    table.setWordWrap(False)
