"""How does a test sit in front of the desktop app? A screen of its own, a mouse and keys through xdotool, eyes."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 20.0
MOMENT_SECONDS = 6.0
Thing = dict[str, Any]


def require_screen() -> None:
    """Skip the test where there is no X server to be had; fail it in CI, where it is part of the set-up."""
    missing = [name for name in ("Xvfb", "xdotool", "openbox") if shutil.which(name) is None]
    if not missing:
        return
    reason = f"missing: {', '.join(missing)}; on Debian: sh scripts/system"
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@contextmanager
def running_screen(folder: Path) -> Iterator[str]:
    """Run an X server with a window manager until the block ends; yield its display."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x860x24", "-nolisten", "tcp"],
        pass_fds=(write,),
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as said:
        display = f":{said.readline().strip()}"
    home = folder / "screen"
    home.mkdir()
    environ = {"PATH": os.environ["PATH"], "DISPLAY": display, "HOME": str(home)}
    manager = subprocess.Popen(["openbox"], env=environ, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        yield display
    finally:
        for process in (manager, server):
            process.terminate()
            process.wait(10)


class Desktop:
    """The real app in a process of its own, used by mouse and keys; `see` is the only thing it is asked."""

    def __init__(self, display: str, folder: Path, environ: dict[str, str]) -> None:
        self.probe = folder / "probe"
        self._own = {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "DESKTOP_PROBE": str(self.probe)}
        self._own |= {"PYTHONPATH": f"{ROOT / 'examples'}:{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"}
        self._environ = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **self._own, **environ}
        self.process: subprocess.Popen[bytes] | None = None
        self.log = folder / "app.log"

    def start(self) -> None:
        """Start the app and wait for its window."""
        self.probe.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            command = [sys.executable, str(ROOT / "tests" / "e2e" / "desktop_probe.py")]
            self.process = subprocess.Popen(command, env=self._environ, stdout=log, stderr=log)
        self.wait_for(text="Dashboard")

    def close(self) -> float:
        """Close the window as a person does, and return after how many seconds the process was gone."""
        assert self.process is not None
        self.do("key", "--clearmodifiers", "alt+F4")
        began = time.monotonic()
        try:
            assert self.process.wait(PATIENCE_SECONDS) == 0, self.log.read_text()
        finally:
            self.kill()
        return time.monotonic() - began

    def kill(self) -> None:
        """End the process if it still runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def see(self) -> list[Thing]:
        """Return what can be seen at this moment; nothing while the app starts."""
        assert self.process is None or self.process.poll() is None, f"the app ended: {self.log.read_text()}"
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(PATIENCE_SECONDS)
                connection.connect(str(self.probe))
                answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
        except (FileNotFoundError, ConnectionRefusedError):
            return []
        found: list[Thing] = json.loads(answer)
        return found

    def find(self, **wanted: Any) -> list[Thing]:
        """Return what is seen and has these values, such as name="consentYes" or text="Pull"."""
        return [thing for thing in self.see() if all(thing[key] == value for key, value in wanted.items())]

    def wait_for(self, **wanted: Any) -> Thing:
        """Return the last thing that has these values, once there is one."""
        return self.wait_until(lambda: self.find(**wanted), str(wanted))[-1]

    def is_seen(self, **wanted: Any) -> bool:
        """Tell whether such a thing comes up within a moment."""
        end = time.monotonic() + MOMENT_SECONDS
        while not (found := self.find(**wanted)) and time.monotonic() < end:
            time.sleep(0.05)
        return bool(found)

    def wait_until(self, condition: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> Any:
        """Return what `condition` returns, once that is something."""
        end = time.monotonic() + seconds
        while not (found := condition()):
            if time.monotonic() > end:
                texts = sorted({thing["text"][:100] for thing in self.see() if thing["text"]})
                pytest.fail(f"not seen: {what}; seen: {texts}; log: {self.log.read_text()[-2000:]}")
            time.sleep(0.05)
        return found

    def click(self, **wanted: Any) -> None:
        """Move the mouse onto a thing and press."""
        self.wait_for(**wanted, enabled=True)
        time.sleep(0.1)  # what was just laid out may still move
        self.press(self.wait_for(**wanted, enabled=True))

    def press(self, thing: Thing) -> None:
        """Press on the middle of a thing; of a box to tick, near its beginning."""
        left, top, width, height = thing["box"]
        x = left + (15 if thing["kind"] == "QCheckBox" else width // 2)
        self.do("mousemove", "--sync", str(x), str(top + height // 2), "click", "1")
        time.sleep(0.1)

    def open(self, page: str) -> None:
        """Go to a page through the sidebar."""
        self.click(kind="QListWidget", text=page)

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.do("type", "--delay", "2", text)

    def key(self, *keys: str) -> None:
        """Press keys, one after the other."""
        self.do("key", "--clearmodifiers", *keys)
        time.sleep(0.1)

    def text(self, name: str) -> str:
        """Return the text of the thing with this name."""
        return str(self.wait_for(name=name)["text"])

    def do(self, *arguments: str) -> None:
        subprocess.run(["xdotool", *arguments], env=self._environ, check=True, timeout=PATIENCE_SECONDS)

    def picture(self, path: Path) -> None:
        """Make a picture of the whole screen."""
        path.parent.mkdir(parents=True, exist_ok=True)
        code = (
            "import sys\nfrom PySide6.QtGui import QGuiApplication\napp = QGuiApplication([])\n"
            "assert app.primaryScreen().grabWindow(0).save(sys.argv[1])"
        )
        subprocess.run([sys.executable, "-c", code, str(path)], env=self._environ, check=True, timeout=30)
