"""What does the app look like? Its icons, drawn here, and a style that takes every colour from the palette."""

from typing import Final

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QLabel

SPACE: Final = 12
WIDE: Final = 24
_SHAPES: Final = {
    "dashboard": "M3 3h8v8H3z M13 3h8v5h-8z M13 10h8v11h-8z M3 13h8v8H3z",
    "containers": "M12 2l9 5v10l-9 5-9-5V7z M3 7l9 5 9-5 M12 12v10",
    "images": "M12 3l9 5-9 5-9-5z M3 12l9 5 9-5 M3 16l9 5 9-5",
    "pods": "M7 3a4 4 0 1 0 .01 0z M17 3a4 4 0 1 0 .01 0z M12 13a4 4 0 1 0 .01 0z",
    "volumes": "M4 6c0-4 16-4 16 0v12c0 4-16 4-16 0z M4 6c0 4 16 4 16 0 M4 12c0 4 16 4 16 0",
    "extensions": "M4 8h4a2.5 2.5 0 1 1 5 0h5v5a2.5 2.5 0 1 1 0 5v3H4z",
    "settings": "M4 6h9 M17 6h3 M15 3.5v5 M4 12h3 M11 12h9 M9 9.5v5 M4 18h9 M17 18h3 M15 15.5v5",
    "check": "M4 4h16v16H4z M8 12l3 3 6-6",
    "pulse": "M2 12h5l3-8 4 16 3-8h5",
    "start": "M7 4l12 8-12 8z",
    "stop": "M6 6h12v12H6z",
    "remove": "M4 7h16 M9 7V4h6v3 M6 7l1 14h10l1-14 M10 11v6 M14 11v6",
    "add": "M12 4v16 M4 12h16",
    "pull": "M12 3v12 M7 10l5 5 5-5 M4 20h16",
    "build": "M4 20l9-9 M12 6l4-3 5 5-3 4z",
    "import": "M4 13v7h16v-7 M12 3v11 M8 10l4 4 4-4",
    "refresh": "M20 12a8 8 0 1 1-2.5-5.8 M20 3v4h-4",
}


def icon(name: str, role: QPalette.ColorRole = QPalette.ColorRole.WindowText) -> QIcon:
    """Return an icon in the colours of the palette, in the colour of selected text too."""
    made = QIcon()
    palette = QApplication.palette()
    for mode, colour_role in (
        (QIcon.Mode.Normal, role),
        (QIcon.Mode.Selected, QPalette.ColorRole.HighlightedText),
    ):
        made.addPixmap(picture(name, palette.color(colour_role).name()), mode)
    grey = palette.color(QPalette.ColorGroup.Disabled, role).name()
    made.addPixmap(picture(name, grey), QIcon.Mode.Disabled)
    return made


def picture(name: str, colour: str, size: int = 48) -> QPixmap:
    """Return one of the shapes as lines of a colour."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="{_SHAPES[name]}" fill="none" '
        f'stroke="{colour}" stroke-width="1.7" stroke-linejoin="round" stroke-linecap="round"/></svg>'
    )
    drawn = QPixmap(QSize(size, size))
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return drawn


def title(text: str) -> QLabel:
    """Return a page's title."""
    label = QLabel(text)
    font = label.font()
    font.setPointSizeF(font.pointSizeF() * 1.5)
    font.setBold(True)
    label.setFont(font)
    return label


def dim(label: QLabel) -> QLabel:
    """Return a label as secondary text."""
    palette = label.palette()
    colour = palette.color(QPalette.ColorRole.WindowText)
    colour.setAlphaF(0.7)
    palette.setColor(QPalette.ColorRole.WindowText, colour)
    label.setPalette(palette)
    return label


STYLE: Final = """
QListWidget#sidebar { border: none; background: palette(window); outline: none; padding: 6px; }
QListWidget#sidebar::item { padding: 8px 10px; border-radius: 6px; margin: 1px 0; }
QListWidget#sidebar::item:selected { background: palette(highlight); color: palette(highlighted-text); }
QTreeWidget#settingsTree { border: none; background: palette(window); outline: none; }
QTreeWidget#settingsTree::branch { background: palette(window); }
QTreeWidget#settingsTree::item { padding: 0 8px; border-radius: 6px; color: palette(window-text); }
QTreeWidget#settingsTree::item:selected { background: palette(highlight); color: palette(highlighted-text); }
QFrame#card { background: palette(base); border: 1px solid palette(midlight); border-radius: 8px; }
QFrame#banner { background: palette(base); border: 1px solid #c0392b; border-radius: 6px; }
QFrame#jobs { background: palette(base); border-top: 1px solid palette(midlight); }
QTableWidget { border: 1px solid palette(midlight); border-radius: 6px; }
QToolButton { padding: 5px 9px; }
QHeaderView::section { padding: 5px 6px; border: none; border-bottom: 1px solid palette(midlight); }
"""
