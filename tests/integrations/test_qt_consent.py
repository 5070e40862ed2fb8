"""Does the dialog ask fairly? Two equal answers, none chosen, and what would be sent before anything is."""

import json
import socket
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QPushButton, QTabWidget

from aboveboard.integrations.qt import ConsentDialog
from tests.integrations.qt_window import (
    clipped,
    make_telemetry,
    qt,
    spin,
    wait_until,
    window,
    without_name,
)

__all__ = ["qt", "window"]


def button(dialog: ConsentDialog, name: str) -> QPushButton:
    found = dialog.findChild(QPushButton, name)
    assert isinstance(found, QPushButton)
    return found


def opened(telemetry: object) -> ConsentDialog:
    dialog = ConsentDialog.ask(telemetry, "My App")  # type: ignore[arg-type]
    assert dialog is not None
    QTest.qWaitForWindowExposed(dialog)
    spin(0.05)
    return dialog


def files(folder: Path) -> list[Path]:
    return [path for path in (folder / "home").rglob("*") if path.is_file()]


def test_both_answers_are_equally_easy_and_none_is_chosen(window: QApplication, tmp_path: Path) -> None:
    dialog = opened(make_telemetry(tmp_path))
    no, yes, later = (button(dialog, f"consent{name}") for name in ("No", "Yes", "Later"))
    assert (no.size(), no.font(), no.isFlat(), no.palette()) == (
        yes.size(),
        yes.font(),
        yes.isFlat(),
        yes.palette(),
    )
    assert not any(each.isDefault() or each.autoDefault() for each in (no, yes, later))
    assert window.focusWidget() not in (no, yes, later)


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_a_key_typed_too_early_answers_nothing(window: QApplication, tmp_path: Path, key: Qt.Key) -> None:
    telemetry = make_telemetry(tmp_path)
    dialog = opened(telemetry)
    focus = window.focusWidget()
    QTest.keyClick(focus if focus is not None else dialog, key)
    spin(0.1)
    assert dialog.isVisible()
    assert (telemetry.consent.state, files(tmp_path)) == ("undecided", [])


@pytest.mark.parametrize("way", ["escape", "later", "close"])
def test_later_is_no_answer_and_leaves_no_file(window: QApplication, tmp_path: Path, way: str) -> None:
    telemetry = make_telemetry(tmp_path)
    dialog = opened(telemetry)
    if way == "escape":
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
    elif way == "later":
        QTest.mouseClick(button(dialog, "consentLater"), Qt.MouseButton.LeftButton)
    else:
        dialog.close()
    spin(0.1)
    assert (telemetry.consent.state, files(tmp_path)) == ("undecided", [])
    assert ConsentDialog.ask(telemetry, "My App") is not None, "it is asked again"


def test_what_the_preview_shows_is_what_is_kept_after_a_yes(window: QApplication, tmp_path: Path) -> None:
    telemetry = make_telemetry(tmp_path)
    telemetry.page("/containers")
    telemetry.log_usage("container.start", {"engine": "podman", "name": "phoenix"}, error="no such /home/ann")
    dialog = opened(telemetry)
    view = dialog.findChild(QPlainTextEdit, "consentPreview")
    assert isinstance(view, QPlainTextEdit)
    shown = view.toPlainText()
    assert "phoenix" not in shown
    assert "/home/ann" not in shown
    answers: list[bool] = []
    dialog.answered.connect(answers.append)
    QTest.keyClick(dialog, Qt.Key.Key_Y, Qt.KeyboardModifier.AltModifier)
    wait_until(lambda: answers == [True])
    telemetry.flush(0.3)
    kept = [entry.content for entry in telemetry.journal() if entry.what == "event"]
    preview = [json.loads(text) for text in shown.replace("\n}\n{", "\n}\x00{").split("\x00")]
    assert len(preview) == len(kept) == 2
    for before, after in zip(preview, kept, strict=True):
        assert after is not None
        assert before | {"anonymousId": after["anonymousId"]} == after
    telemetry.close()


def test_a_no_is_recorded_and_nobody_is_reached(window: QApplication, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as doorbell:
        doorbell.settimeout(0.3)
        telemetry = make_telemetry(tmp_path, f"http://127.0.0.1:{doorbell.getsockname()[1]}")
        dialog = opened(telemetry)
        QTest.mouseClick(button(dialog, "consentNo"), Qt.MouseButton.LeftButton)
        wait_until(lambda: telemetry.consent.state == "declined")
        with pytest.raises(TimeoutError):
            doorbell.accept()
    assert [path.name for path in files(tmp_path)] == ["settings.json"]
    assert ConsentDialog.ask(telemetry, "My App") is None, "asked once"


def test_an_answer_that_cannot_be_kept_is_said(window: QApplication, tmp_path: Path) -> None:
    telemetry = make_telemetry(tmp_path)
    settings = Path(getattr(telemetry.status(), "settings", ""))
    settings.parent.mkdir(parents=True)
    settings.write_text("[")  # broken: never overwritten
    dialog = opened(telemetry)
    QTest.mouseClick(button(dialog, "consentYes"), Qt.MouseButton.LeftButton)
    problem = dialog.findChild(QLabel, "consentProblem")
    assert isinstance(problem, QLabel)
    wait_until(problem.isVisible)
    assert problem.text().startswith(
        "Your answer could not be recorded, so you will be asked again. the answer"
    )
    assert str(settings) in problem.text()
    assert button(dialog, "consentYes").isEnabled()


@pytest.mark.parametrize("reason", ["no collector", "off"])
def test_where_there_is_nothing_to_ask_nobody_is_asked(
    window: QApplication, tmp_path: Path, reason: str
) -> None:
    endpoint = "" if reason == "no collector" else "http://127.0.0.1:9"
    environ = {"DO_NOT_TRACK": "1"} if reason == "off" else {}
    assert ConsentDialog.ask(make_telemetry(tmp_path, endpoint, environ=environ), "My App") is None


@pytest.mark.parametrize("direction", [Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_nothing_is_cut_at_any_text_size_and_in_any_direction(
    window: QApplication, tmp_path: Path, scale: float, direction: Qt.LayoutDirection
) -> None:
    font = window.font()
    font.setPointSizeF(font.pointSizeF() * scale)
    window.setFont(font)
    window.setLayoutDirection(direction)
    dialog = opened(make_telemetry(tmp_path))
    tabs = dialog.findChild(QTabWidget, "consentTabs")
    assert isinstance(tabs, QTabWidget)
    for tab in range(tabs.count()):
        tabs.setCurrentIndex(tab)
        spin(0.05)
        assert clipped(dialog) == []
    later, yes = button(dialog, "consentLater"), button(dialog, "consentYes")
    assert (later.x() < yes.x()) == (direction == Qt.LayoutDirection.LeftToRight)


def test_everything_is_reached_by_keyboard_and_has_a_name(window: QApplication, tmp_path: Path) -> None:
    dialog = opened(make_telemetry(tmp_path))
    assert without_name(dialog) == []
    reached = []
    for _ in range(12):
        QTest.keyClick(window.focusWidget() or dialog, Qt.Key.Key_Tab)
        focus = window.focusWidget()
        reached.append(focus.objectName() if focus is not None else "")
    at = [reached.index(f"consent{name}") for name in ("Later", "No", "Yes")]
    assert at == sorted(at)
