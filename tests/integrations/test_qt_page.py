"""Does the settings page show and change what holds: the answer and its cause, every byte, each extension, deletion?"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette, QStandardItemModel
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QPushButton, QTableWidget, QWidget

from aboveboard import Telemetry
from aboveboard.integrations.qt import TelemetryPage
from aboveboard.integrations.qt.parts import contrast, link
from tests.conftest import Server, server
from tests.integrations.qt_window import (
    EXTENSION,
    clipped,
    make_telemetry,
    qt,
    spin,
    wait_until,
    window,
    without_name,
)

__all__ = ["qt", "server", "window"]
CHOICE, SENT, EXTENSIONS, DELETION = range(4)


@pytest.fixture
def telemetry(window: QApplication, tmp_path: Path) -> Iterator[Telemetry]:
    made = make_telemetry(tmp_path)
    yield made
    made.close()


def shown(telemetry: Telemetry, tab: int = CHOICE) -> TelemetryPage:
    page = TelemetryPage(telemetry)
    page.resize(720, 560)
    page.show()
    page.tabs.setCurrentIndex(tab)
    wait_until(lambda: page.choice.state.text())
    return page


def use(telemetry: Telemetry) -> None:
    """Log one event that is fine and one in which something is replaced."""
    telemetry.log_usage("container.start", {"engine": "podman"})
    telemetry.log_usage(
        "container.start", {"engine": "podman"}, error='no container "phoenix" in /home/ann/x'
    )


def test_the_switch_and_the_level_change_what_holds(telemetry: Telemetry) -> None:
    page = shown(telemetry)
    assert not page.choice.switch.isChecked()
    assert page.choice.state.text() == "Not answered yet: nothing is sent."
    page.choice.switch.click()
    wait_until(lambda: page.choice.state.text().startswith("On: usage data is sent to 127.0.0.1:9"))
    assert (telemetry.consent.state, telemetry.consent.level) == ("accepted", "usage")
    assert page.choice.cause.text() == "Decided by: the person's answer (yes to notice 1)."
    page.choice.level.setFocus()
    QTest.keyClick(page.choice.level, Qt.Key.Key_Down)
    wait_until(lambda: telemetry.consent.level == "error")
    wait_until(page.choice.isEnabled)
    page.choice.switch.click()
    wait_until(lambda: page.choice.state.text() == "Off: nothing is sent.")
    assert telemetry.consent.state == "declined"


def test_a_change_by_another_process_is_seen(telemetry: Telemetry) -> None:
    telemetry.consent.accept()
    page = shown(telemetry)
    wait_until(page.choice.switch.isChecked)
    status = telemetry.status()
    assert status is not None
    settings = Path(status.settings)
    settings.write_text(json.dumps(json.loads(settings.read_text()) | {"telemetry.enabled": False}))
    wait_until(lambda: not page.choice.switch.isChecked(), 3.0)
    assert page.choice.cause.text() == "Decided by: the person's answer (telemetry.enabled is False)."


def test_what_is_off_from_outside_cannot_be_switched_on_and_says_who_decided(
    window: QApplication, tmp_path: Path
) -> None:
    page = shown(make_telemetry(tmp_path, environ={"DO_NOT_TRACK": "1"}))
    assert not page.choice.switch.isEnabled()
    assert page.choice.state.text() == "Switched off: nothing is sent, whatever is chosen here."
    assert page.choice.cause.text().startswith("Decided by: DO_NOT_TRACK")


def test_levels_above_the_administrators_are_grey(window: QApplication, tmp_path: Path) -> None:
    managed = tmp_path / "root" / "etc" / "my-app"
    managed.mkdir(parents=True)
    (managed / "locked.json").write_text('{"locked": ["telemetry.level"]}')
    (managed / "default-settings.json").write_text('{"telemetry.level": "error"}')
    telemetry = make_telemetry(tmp_path)
    telemetry.consent.accept()
    page = shown(telemetry)
    model = page.choice.level.model()
    assert isinstance(model, QStandardItemModel)
    assert [model.item(row).isEnabled() for row in range(3)] == [False, True, True]
    assert page.choice.level.currentData() == "error"
    telemetry.close()


def test_a_request_is_shown_byte_for_byte_and_an_event_with_what_was_replaced(telemetry: Telemetry) -> None:
    telemetry.consent.accept()
    use(telemetry)
    telemetry.flush(0.5)
    page = shown(telemetry, SENT)
    wait_until(lambda: page.sent.table.model().rowCount() == 3)
    (request,) = [entry for entry in telemetry.journal() if entry.what == "request"]
    page.sent.kind.setCurrentIndex(page.sent.kind.findData("request"))
    wait_until(lambda: page.sent.body.toPlainText() == request.body)
    assert page.sent.about.text().startswith(
        f"{len(request.body.encode())} bytes, exactly as they were sent."
    )
    assert "2 events, in which" in page.sent.about.text()
    page.sent.kind.setCurrentIndex(page.sent.kind.findData("event"))
    seen = []
    for row in range(2):
        page.sent.table.selectRow(row)
        spin(0.02)
        seen.append((page.sent.about.text(), page.sent.body.toPlainText()))
    assert any("error.message: replaced by" in about for about, _ in seen)
    assert not any("phoenix" in body or "ann" in body for _, body in seen)


def test_the_journal_is_exported_by_keyboard(
    telemetry: Telemetry, tmp_path: Path, window: QApplication
) -> None:
    window.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    telemetry.consent.accept()
    use(telemetry)
    telemetry.flush(0.2)
    page = shown(telemetry, SENT)
    wait_until(page.sent.export_button.isEnabled)
    page.sent.export_button.click()
    (dialog,) = page.findChildren(QFileDialog)
    name = dialog.findChild(QLineEdit)
    assert name is not None
    name.setText(str(tmp_path / "out.jsonl"))
    QTest.keyClick(name, Qt.Key.Key_Return)
    wait_until(page.said.isVisible)
    assert page.said.text() == f"3 entries were written to {tmp_path / 'out.jsonl'}."
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 3
    page._export("/nowhere/out.jsonl")
    wait_until(lambda: page.said.text().startswith("Nothing was written to /nowhere/out.jsonl"))


def test_each_extension_has_its_row(telemetry: Telemetry, tmp_path: Path) -> None:
    (tmp_path / "kind.toml").write_text(EXTENSION)
    logger = telemetry.logger("kind", "1.2.3", "me", catalog=tmp_path / "kind.toml")
    telemetry.consent.accept()
    logger.log_usage("cluster.create")
    use(telemetry)
    telemetry.flush(0.2)
    page = shown(telemetry, EXTENSIONS)
    table = page.extensions.table
    expected = [["the app itself", "", "3", "2", "0"], ["me.kind", "1.2.3", "1", "1", "0"]]
    wait_until(lambda: texts(table) == expected)


def texts(table: QTableWidget) -> list[list[str]]:
    """Return what stands in each row."""
    return [
        [item.text() for column in range(table.columnCount()) if (item := table.item(row, column))]
        for row in range(table.rowCount())
    ]


def test_one_extension_is_switched_by_keyboard_and_only_that_one(
    telemetry: Telemetry, tmp_path: Path
) -> None:
    (tmp_path / "kind.toml").write_text(EXTENSION)
    logger = telemetry.logger("kind", "1.2.3", "me", catalog=tmp_path / "kind.toml")
    telemetry.consent.accept()
    page = shown(telemetry, EXTENSIONS)
    table = page.extensions.table
    wait_until(lambda: table.rowCount() == 2)
    own, kind = table.item(0, 0), table.item(1, 0)
    assert not own.flags() & Qt.ItemFlag.ItemIsUserCheckable
    wait_until(lambda: kind.checkState() == Qt.CheckState.Checked)
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_Down)
    QTest.keyClick(table, Qt.Key.Key_Space)
    wait_until(lambda: telemetry.consent.extensions_off == ("me.kind",))
    assert (logger.is_usage_enabled, telemetry.logger().is_usage_enabled) == (False, True)
    wait_until(lambda: "sends nothing" in str(kind.data(Qt.ItemDataRole.AccessibleTextRole)))
    assert kind.checkState() == Qt.CheckState.Unchecked
    assert page.choice.switch.isChecked()
    QTest.keyClick(table, Qt.Key.Key_Space)
    wait_until(lambda: logger.is_usage_enabled)


def test_a_switch_by_another_process_is_seen_and_environment_greys_it(
    window: QApplication, telemetry: Telemetry, tmp_path: Path
) -> None:
    (tmp_path / "kind.toml").write_text(EXTENSION)
    telemetry.logger("kind", "1.2.3", "me", catalog=tmp_path / "kind.toml")
    page = shown(telemetry, EXTENSIONS)
    table = page.extensions.table
    wait_until(lambda: table.rowCount() == 2)
    other = make_telemetry(tmp_path)
    other.consent.refuse_extension("me.kind")
    other.close()
    wait_until(lambda: table.item(1, 0).checkState() == Qt.CheckState.Unchecked, 5)
    off = make_telemetry(tmp_path, environ={"DO_NOT_TRACK": "1"})
    off.logger("kind", "1.2.3", "me", catalog=tmp_path / "kind.toml")
    grey = shown(off, EXTENSIONS)
    wait_until(lambda: grey.extensions.table.rowCount() == 2)
    wait_until(lambda: not grey.extensions.table.item(1, 0).flags() & Qt.ItemFlag.ItemIsUserCheckable)
    off.close()


def test_deleting_asks_once_more_and_brings_a_receipt(
    window: QApplication, tmp_path: Path, server: Server
) -> None:
    telemetry = make_telemetry(tmp_path, server.url, server.write_key)
    telemetry.consent.accept()
    use(telemetry)
    assert telemetry.flush(10)
    assert server.stored() == 2
    page = shown(telemetry, DELETION)
    page.deletion.button.click()
    press(page, "keepData")
    assert server.stored() == 2
    page.deletion.button.click()
    press(page, "deleteDataNow")
    wait_until(lambda: page.deletion.list.count() == 1)
    wait_until(
        lambda: (
            "confirmed" in page.deletion.list.item(0).text()
            and "not" not in page.deletion.list.item(0).text()
        )
    )
    receipt = telemetry.receipts()[0].receipt
    assert json.loads(page.deletion.receipt.toPlainText()) == receipt
    assert server.stored() == 0
    telemetry.close()


def press(page: QWidget, name: str) -> None:
    buttons = [found for found in page.findChildren(QPushButton, name) if found.isVisible()]
    QTest.mouseClick(buttons[0], Qt.MouseButton.LeftButton)
    spin(0.1)


@pytest.mark.parametrize("direction", [Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_nothing_is_cut_and_everything_has_a_name(
    telemetry: Telemetry, window: QApplication, scale: float, direction: Qt.LayoutDirection
) -> None:
    telemetry.consent.accept()
    use(telemetry)
    telemetry.flush(0.2)
    font = window.font()
    font.setPointSizeF(font.pointSizeF() * scale)
    window.setFont(font)
    window.setLayoutDirection(direction)
    page = shown(telemetry)
    page.resize(round(720 * scale), round(560 * scale))
    for tab in range(page.tabs.count()):
        page.tabs.setCurrentIndex(tab)
        spin(0.15)
        assert clipped(page) == []
        assert without_name(page) == []


def test_the_page_takes_the_colours_of_the_app(telemetry: Telemetry, window: QApplication) -> None:
    dark = QPalette(QColor("#1e1e22"))
    window.setPalette(dark)
    page = shown(telemetry)
    spin(0.1)
    picture = page.grab().toImage()
    middle = picture.pixelColor(picture.width() // 2, picture.height() - 20)
    assert middle.lightness() < 90
    assert page.choice.state.palette().windowText().color().lightness() > 150


@pytest.mark.parametrize("background", ["#1e1e22", "#f4f4f4", "#3050c0"])
def test_a_link_can_be_read_on_any_background(window: QApplication, background: str) -> None:
    made = link("Privacy statement", "https://example.org/privacy")
    window.setPalette(QPalette(QColor(background)))
    made.show()
    spin(0.02)
    colour = QColor(made.text().partition("color: ")[2][:7])
    behind = made.palette().color(QPalette.ColorRole.Window)
    text = made.palette().color(QPalette.ColorRole.WindowText)
    assert contrast(colour, behind) >= min(4.5, contrast(text, behind))


def test_a_closed_page_is_left_alone(telemetry: Telemetry) -> None:
    page = shown(telemetry)
    page.refresh()
    page.deleteLater()
    spin(0.2)
    telemetry.consent.accept()
    spin(0.2)
    assert telemetry.consent.state == "accepted"
