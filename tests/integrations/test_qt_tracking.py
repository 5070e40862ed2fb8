"""Do pages and actions of a Qt app become events, and does nobody see it in a frame?"""

import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QStackedWidget, QWidget

from aboveboard import Telemetry
from aboveboard.integrations.qt import track_action, track_pages
from tests.integrations.qt_window import make_telemetry, qt, spin, wait_until, window

__all__ = ["qt", "window"]


@pytest.fixture
def telemetry(window: QApplication, tmp_path: Path) -> Iterator[Telemetry]:
    made = make_telemetry(tmp_path)
    made.consent.accept()
    yield made
    made.close()


def logged(telemetry: Telemetry) -> list[tuple[str, dict[str, Any]]]:
    telemetry.flush(0.2)
    return [
        (entry.name, (entry.content or {}).get("properties") or {"name": (entry.content or {}).get("name")})
        for entry in telemetry.journal()
        if entry.what == "event"
    ]


def pages(*names: str) -> QStackedWidget:
    stack = QStackedWidget()
    for name in names:
        page = QWidget()
        page.setObjectName(name)
        stack.addWidget(page)
    return stack


def test_each_page_that_is_shown_is_one_event_and_a_page_without_a_name_none(telemetry: Telemetry) -> None:
    stack = pages("/containers", "", "/images")
    connection = track_pages(stack, telemetry)
    stack.setCurrentIndex(1)
    stack.setCurrentIndex(2)
    stack.setCurrentIndex(2)  # it is there already
    stack.setCurrentIndex(0)
    QStackedWidget.disconnect(connection)
    stack.setCurrentIndex(2)
    names = [properties["name"] for _, properties in logged(telemetry)]
    assert names == ["/containers", "/images", "/containers"]


@pytest.mark.parametrize("kind", ["mapping", "function"])
def test_pages_are_named_by_a_mapping_or_a_function(telemetry: Telemetry, kind: str) -> None:
    stack = pages("first", "second", "third")
    names = {"first": "/containers", "third": "/images"}
    track_pages(
        stack, telemetry, names if kind == "mapping" else lambda page: names.get(page.objectName(), "")
    )
    for index in (1, 2):
        stack.setCurrentIndex(index)
    assert [properties["name"] for _, properties in logged(telemetry)] == ["/containers", "/images"]


def test_an_action_is_one_event_with_success_and_duration(telemetry: Telemetry) -> None:
    action = QAction("Start")
    done: list[int] = []
    track_action(action, telemetry, "container.start", lambda: done.append(1), engine="podman")
    action.trigger()
    ((name, properties),) = logged(telemetry)
    assert (name, done, properties["success"], properties["engine"]) == (
        "container.start",
        [1],
        True,
        "podman",
    )
    assert properties["duration_ms"] < 1000


def test_the_thread_that_an_action_started_counts(telemetry: Telemetry) -> None:
    action = QAction("Start")
    pool = ThreadPoolExecutor(1)

    def work() -> None:
        time.sleep(0.1)
        raise ConnectionError("no engine answers")

    futures: list[Future[None]] = []

    def start() -> Future[None]:
        futures.append(pool.submit(work))
        return futures[-1]

    track_action(action, telemetry, "container.start", start)
    action.trigger()
    assert logged(telemetry) == [], "it has not ended"
    wait_until(lambda: futures[0].done())
    ((_, properties),) = logged(telemetry)
    assert properties["success"] is False
    assert properties["error"]["type"] == "ConnectionError"
    assert properties["duration_ms"] >= 100
    pool.shutdown()


def test_a_cancelled_action_is_neither_success_nor_failure(telemetry: Telemetry) -> None:
    action = QAction("Start")
    future: Future[None] = Future()
    track_action(action, telemetry, "container.start", lambda: future)
    action.trigger()
    future.cancel()
    future.set_running_or_notify_cancel()
    ((_, properties),) = logged(telemetry)
    assert properties["outcome"] == "cancelled"
    assert "success" not in properties


def test_an_error_in_a_handler_goes_on_its_way(
    telemetry: Telemetry, capsys: pytest.CaptureFixture[str]
) -> None:
    action = QAction("Start")

    def fail() -> None:
        raise ValueError("no")

    track_action(action, telemetry, "container.start", fail)
    action.trigger()  # Qt prints what comes out of a slot
    assert "ValueError: no" in capsys.readouterr().err
    ((_, properties),) = logged(telemetry)
    assert (properties["success"], properties["error"]["type"]) == (False, "ValueError")


def test_an_exception_in_a_slot_is_an_error_and_no_crash(tmp_path: Path) -> None:
    program = f"""
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication, QTimer
from aboveboard.integrations.qt import watch_slots
from tests.integrations.qt_window import make_telemetry
telemetry = make_telemetry(Path({str(tmp_path)!r}))
telemetry.consent.accept()
before = sys.excepthook
end = watch_slots(telemetry)
app = QCoreApplication([])
def fail(): raise LookupError("no such thing")
QTimer.singleShot(0, fail)
QTimer.singleShot(200, app.quit)
app.exec()
end()
assert sys.excepthook is before
telemetry.flush(0.2)
print([(entry.name, entry.content["properties"]["error"]["type"]) for entry in telemetry.journal() if entry.content])
telemetry.close()
"""
    root = str(Path(__file__).parents[2])
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": root}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=False, timeout=60
    )
    assert "LookupError: no such thing" in done.stderr, "Qt's own print"
    assert done.stdout == "[('error', 'LookupError')]\n", done.stderr


class Moving(QWidget):
    """Something that is painted anew 60 times a second, with or without an event in each frame."""

    def __init__(self, telemetry: Telemetry) -> None:
        super().__init__()
        self.resize(320, 240)
        self.telemetry = telemetry
        self.is_logging = False
        self.costs: dict[bool, list[float]] = {False: [], True: []}
        self.at = 0

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  (Qt's name)
        # This thread's own time: what the other seven programs of a busy machine take is not ours.
        began = time.thread_time()
        if self.is_logging:
            self.telemetry.log_usage("container.start", {"engine": "podman"})
        painter = QPainter(self)
        for line in range(200):
            painter.drawLine(self.at % 320, line, 319 - self.at % 320, 239 - line)
        painter.end()
        self.at += 1
        self.costs[self.is_logging].append(time.thread_time() - began)
        self.is_logging = not self.is_logging


def test_logging_on_the_windows_thread_does_not_show_in_a_frame(telemetry: Telemetry) -> None:
    moving = Moving(telemetry)
    moving.show()
    timer = QTimer()
    timer.timeout.connect(moving.update)
    timer.start(4)
    wait_until(lambda: moving.at >= 400, 30)
    timer.stop()
    without, with_events = (sorted(moving.costs[logging][10:]) for logging in (False, True))
    added = statistics.median(with_events) - statistics.median(without)
    print(f"a frame takes {statistics.median(without) * 1e6:.0f} µs, with an event {added * 1e6:+.0f} µs")
    assert added < 0.0005, "3 % of a frame of 16.7 ms"
    late = len([cost for cost in with_events if cost > 0.0167]) - len(
        [cost for cost in without if cost > 0.0167]
    )
    assert late <= 1
    assert len(logged(telemetry)) >= 190
    spin(0.01)


DRIVER = """
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QPushButton

def answer():
    window.findChild(ConsentDialog).findChild(QPushButton, "consentYes").click()

def use():
    save.trigger()
    choose.trigger()

for after, step in ((300, answer), (900, use), (1800, app.quit)):
    QTimer.singleShot(after, step)
app.exec()
for entry in telemetry.journal():
    print(entry.name, (entry.content or {}).get("properties"))
"""


def test_the_program_of_the_page_runs(tmp_path: Path, window: QApplication) -> None:
    text = (Path(__file__).parents[2] / "docs" / "integrations" / "qt.md").read_text(encoding="utf-8")
    found = re.match(r"# Qt\n\n```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert found
    program = found[1].replace("app.exec()\n", DRIVER).replace("127.0.0.1:8710", "127.0.0.1:9")
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["page", "file.save", "page"]
    assert "'success': True" in lines[1]
