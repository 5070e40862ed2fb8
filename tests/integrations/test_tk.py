"""Does Tk's dialog ask fairly, by mouse and by keys, in a real window on a screen of its own?"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aboveboard import Telemetry
from aboveboard.integrations import notice as words
from tests.client.conftest import Bench
from tests.integrations.test_documents import DOCS, first_program

PATIENCE_SECONDS = 10.0


def require(what: str, there: object) -> None:
    """Skip the test where something is missing; fail it in CI, where it is part of the set-up."""
    if there:
        return
    reason = f"{what} is missing; on Debian: sh scripts/system (and python3-tk for Debian's own Python)"
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """An X server that nobody else draws on."""
    require("Xvfb or xdotool", shutil.which("Xvfb") and shutil.which("xdotool"))
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1024x768x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=(write,), stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as said:
        yield f":{said.readline().strip()}"
    server.terminate()
    server.wait(10)


class Person:
    """Somebody in front of the dialog, with a mouse and a keyboard."""

    def __init__(self, root: Any, display: str) -> None:
        self.root = root
        self._display = display

    def wait_until(self, condition: Callable[[], object]) -> None:
        """Let the window work until `condition` holds."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < end, "waited in vain"
            self.root.update()
            time.sleep(0.005)

    def key(self, *keys: str) -> None:
        """Press keys, one after the other."""
        self._do("key", "--clearmodifiers", *keys)

    def click(self, widget: Any) -> None:
        """Click into the middle of a widget."""
        x, y = (
            widget.winfo_rootx() + widget.winfo_width() // 2,
            widget.winfo_rooty() + widget.winfo_height() // 2,
        )
        self._do("mousemove", str(x), str(y), "click", "1")

    def spin(self, seconds: float = 0.3) -> None:
        """Let the window work for a while."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.root.update()
            time.sleep(0.005)

    def _do(self, *arguments: str) -> None:
        environ = {"PATH": os.environ["PATH"], "DISPLAY": self._display}
        running = subprocess.Popen(["xdotool", *arguments], env=environ)
        self.wait_until(lambda: running.poll() is not None)
        self.spin(0.1)
        assert running.returncode == 0


@pytest.fixture
def person(display: str) -> Iterator[Person]:
    """Somebody in front of an app's main window."""
    try:
        import tkinter
    except ImportError:
        require("tkinter", there=False)
    root = tkinter.Tk(screenName=display)
    root.geometry("120x60+900+700")
    yield Person(root, display)
    root.destroy()


def opened(person: Person, telemetry: Telemetry, answers: list[bool] | None = None) -> Any:
    from aboveboard.integrations.tk import ConsentDialog

    dialog = ConsentDialog.ask(
        telemetry, "My App", person.root, (answers if answers is not None else []).append
    )
    assert dialog is not None
    dialog.geometry("+40+40")
    person.wait_until(dialog.winfo_viewable)
    person.wait_until(lambda: dialog.winfo_rootx() == 40)
    person.spin(0.1)
    dialog.focus_force()
    person.wait_until(lambda: person.root.focus_get() is dialog)
    return dialog


def part(dialog: Any, name: str) -> Any:
    return dialog.nametowidget(f"content.{name}")


def test_both_answers_are_equally_easy_and_none_is_chosen(person: Person, bench: Bench) -> None:
    dialog = opened(person, bench.telemetry(accept=False))
    no, yes = part(dialog, "answers.no"), part(dialog, "answers.yes")
    assert (no.winfo_width(), no.winfo_height()) == (yes.winfo_width(), yes.winfo_height())
    assert no.winfo_y() == yes.winfo_y()
    assert (str(no.cget("style")), str(no.cget("default"))) == (
        str(yes.cget("style")),
        str(yes.cget("default")),
    )
    assert person.root.focus_get() not in (no, yes)
    for key in ("Return", "space", "KP_Enter"):
        person.key(key)
    assert dialog.winfo_exists(), "a key typed too early answers nothing"
    assert bench.files() == []


def test_the_notice_the_link_and_the_own_events_are_there(person: Person, bench: Bench) -> None:
    telemetry = bench.telemetry(accept=False)
    telemetry.log_usage("tick", {"number": 4711})
    dialog = opened(person, telemetry)
    shown = part(dialog, "tabs.collected.text").get("1.0", "end")
    for said in ("tick\n", words.WITH_EACH, words.NEVER):
        assert said in shown
    assert bench.collector.url.removeprefix("http://") in part(dialog, "intro").cget("text")
    assert "https://example.org/privacy" in part(dialog, "privacy").cget("text")
    events = part(dialog, "tabs.events.text").get("1.0", "end")
    assert events.startswith(words.SO_FAR % 1)
    assert '"number": 4711' in events
    assert bench.collector.opened == 0


@pytest.mark.parametrize(("name", "answer"), [("yes", True), ("no", False)])
def test_an_answer_by_mouse_is_recorded_and_told(
    person: Person, bench: Bench, name: str, answer: bool
) -> None:
    telemetry, answers = bench.telemetry(accept=False), []  # type: tuple[Telemetry, list[bool]]
    dialog = opened(person, telemetry, answers)
    person.click(part(dialog, f"answers.{name}"))
    person.wait_until(lambda: answers)
    assert answers == [answer]
    assert telemetry.consent.state == ("accepted" if answer else "declined")
    assert not dialog.winfo_exists()


@pytest.mark.parametrize(("key", "state"), [("alt+y", "accepted"), ("alt+n", "declined")])
def test_an_answer_by_its_letter(person: Person, bench: Bench, key: str, state: str) -> None:
    telemetry = bench.telemetry(accept=False)
    dialog = opened(person, telemetry)
    person.key(key)
    assert not dialog.winfo_exists()
    assert telemetry.consent.state == state


@pytest.mark.parametrize("key", ["Escape", "alt+l"])
def test_later_is_no_answer(person: Person, bench: Bench, key: str) -> None:
    telemetry = bench.telemetry(accept=False)
    dialog = opened(person, telemetry)
    person.key(key)
    assert not dialog.winfo_exists()
    assert telemetry.consent.ask
    assert bench.files() == []


def test_tab_reaches_every_part_and_enter_presses_what_was_chosen(person: Person, bench: Bench) -> None:
    telemetry = bench.telemetry(accept=False)
    dialog = opened(person, telemetry)
    reached: list[str] = []
    for _ in range(8):
        person.key("Tab")
        focused = person.root.focus_get()
        reached.append(focused.winfo_name() if focused is not None else "")
        if reached[-1] == "no":
            break
    assert reached == ["tabs", "text", "privacy", "later", "no"]
    person.key("Return")
    assert not dialog.winfo_exists()
    assert telemetry.consent.state == "declined"


def test_an_answer_that_cannot_be_kept_is_said_and_the_dialog_stays(person: Person, bench: Bench) -> None:
    bench.settings.parent.mkdir(parents=True)
    bench.settings.write_text("{ broken", encoding="utf-8")
    dialog = opened(person, bench.telemetry(accept=False))
    person.key("alt+y")
    assert dialog.winfo_exists()
    assert "could not be recorded" in dialog.problem.get()
    assert part(dialog, "problem").winfo_height() > 10


def test_in_a_small_window_the_answers_stay_in_sight(person: Person, bench: Bench) -> None:
    dialog = opened(person, bench.telemetry(accept=False))
    dialog.geometry("440x330")
    person.spin()
    bottom = dialog.winfo_rooty() + dialog.winfo_height()
    for name in ("later", "no", "yes"):
        button = part(dialog, f"answers.{name}")
        assert button.winfo_rooty() + button.winfo_height() <= bottom
        assert button.winfo_rootx() + button.winfo_width() <= dialog.winfo_rootx() + dialog.winfo_width()
        assert button.winfo_height() > 10
    no, yes = part(dialog, "answers.no"), part(dialog, "answers.yes")
    assert abs(no.winfo_width() - yes.winfo_width()) <= 1, "none is cut shorter than the other"
    assert min(no.winfo_width(), yes.winfo_width()) >= no.winfo_reqwidth()
    picture(person, "small")


def test_nobody_is_asked_who_answered_or_may_not_be(person: Person, bench: Bench) -> None:
    from aboveboard.integrations.tk import ConsentDialog

    assert ConsentDialog.ask(bench.telemetry(), "My App", person.root) is None
    off = bench.telemetry(app="other", host=bench.on(environ={"DO_NOT_TRACK": "1"}), accept=False)
    assert ConsentDialog.ask(off, "My App", person.root) is None


def test_a_picture_of_it(person: Person, bench: Bench) -> None:
    dialog = opened(person, bench.telemetry(accept=False))
    person.spin()
    picture(person, "dialog")
    assert dialog.winfo_width() < 1024
    assert dialog.winfo_height() < 768


def picture(person: Person, name: str) -> None:
    """Keep what is on the screen, where somebody wants to look at it."""
    if os.environ.get("ABOVEBOARD_PICTURES"):
        grab = "import sys; from PySide6.QtGui import QGuiApplication as App; app = App([]); "
        grab += "app.primaryScreen().grabWindow(0).save(sys.argv[1])"
        environ = {**os.environ, "DISPLAY": person._display, "QT_QPA_PLATFORM": "xcb"}
        target = Path(os.environ["ABOVEBOARD_PICTURES"]) / f"tk-{name}.png"
        subprocess.run([sys.executable, "-c", grab, str(target)], env=environ, check=True)


def test_the_program_of_the_page_asks_and_saves(display: str, bench: Bench) -> None:
    program = first_program(DOCS / "tk.md").replace("http://127.0.0.1:8710", bench.collector.url)
    (bench.home / "program.py").write_text(program, encoding="utf-8")
    environ = {"PATH": os.environ["PATH"], "HOME": str(bench.home), "DISPLAY": display, "LANG": "C.UTF-8"}
    running = subprocess.Popen([sys.executable, "-B", "program.py"], cwd=bench.home, env=environ)
    try:
        look = ["xdotool", "search", "--sync", "--onlyvisible", "--name", "Usage data"]
        found = subprocess.run(look, env=environ, capture_output=True, text=True, timeout=30, check=True)
        window = found.stdout.split()[0]
        subprocess.run(["xdotool", "windowfocus", "--sync", window], env=environ, timeout=30, check=True)
        subprocess.run(["xdotool", "key", "alt+n"], env=environ, timeout=30, check=True)
        assert bench.collector.wait(lambda: "settings.json" in "".join(bench.files()), PATIENCE_SECONDS)
        assert running.poll() is None
    finally:
        running.kill()
        running.wait()
    assert bench.collector.opened == 0
