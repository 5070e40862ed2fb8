"""How is a page followed word by word? Its files are written, its commands typed, its output compared.

A code block whose first line is `# name.ext` is a file. A `console` block holds `$ command` lines, each with the
output it must print: `…` stands for anything. A command that prints `Stop with` is a server and stays; its port is
a free one, and stands in the page as 8710.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

PORT = "8710"
BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[2]
SKIPPED = ("python -m venv", "pip install")
"""What sets up an environment; the tests' own stands for it."""
UNWANTED = ("CI", "DO_NOT_TRACK", "SUDO_UID")


@dataclass
class Step:
    """One thing that a page tells its reader to do."""

    kind: str
    text: str
    expected: list[str] = field(default_factory=list)


def steps(page: str) -> Iterator[Step]:
    """Yield the files and the commands of a page, in order."""
    for language, body in re.findall(r"^```(\w+)\n(.*?)^```", page, re.MULTILINE | re.DOTALL):
        lines = body.splitlines()
        if language == "console":
            yield from commands(lines)
        elif match := re.fullmatch(r"(?:#|//) ([\w./-]+\.\w+)", lines[0]):
            yield Step("file", match[1], lines[1:])


def commands(lines: list[str]) -> Iterator[Step]:
    """Yield each `$ command` with the lines that follow it."""
    step = None
    for line in lines:
        if line.startswith("$ "):
            if step:
                yield step
            step = Step("command", line[2:])
        elif step:
            step.expected.append(line)
    if step:
        yield step


class Reader:
    """Somebody who does what a page says, in a folder and a home of their own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = str(port)
        self.server: subprocess.Popen[str] | None = None
        wanted = {name: value for name, value in os.environ.items() if name not in UNWANTED}
        wanted = {name: value for name, value in wanted.items() if not name.startswith("ABOVEBOARD_")}
        self.environ = wanted | {
            "HOME": str(folder / "home"),
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "ABOVEBOARD_PORT": self.port,
        }
        (folder / "home").mkdir()

    def follow(self, page: str) -> None:
        """Do every step; raises AssertionError at the first that does not do what the page says."""
        for step in steps(page):
            if step.kind == "file":
                text = "\n".join(step.expected).replace(f":{PORT}", f":{self.port}") + "\n"
                (self.folder / step.text).write_text(text, encoding="utf-8")
            elif not step.text.startswith(SKIPPED):
                self.run(step)

    def run(self, step: Step) -> None:
        """Type one command and compare what it prints."""
        command = step.text.replace(f":{PORT}", f":{self.port}")
        if "aboveboard serve" in command:
            said = self.serve(command)
        else:
            done = subprocess.run(
                ["bash", "-c", command],
                cwd=self.folder, env=self.environ, input="y\n",
                capture_output=True, text=True, timeout=150, check=False,
            )  # fmt: skip
            assert done.returncode == 0, f"$ {command}\n{done.stdout}{done.stderr}"
            said = done.stdout + done.stderr
        said = said.replace(f":{self.port}", f":{PORT}")
        assert matches(step.expected, said), f"$ {command}\nprinted:\n{said}\nthe page says:\n" + "\n".join(
            step.expected
        )

    def serve(self, command: str) -> str:
        """Start a server, wait until it takes events, and return what it said until then."""
        self.server = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=self.folder, env=self.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        assert self.server.stdout is not None
        said = ""
        while "Stop with" not in said:
            line = self.server.stdout.readline()
            assert line, f"$ {command}\nended: {said}"
            said += line
        return said

    def leave(self) -> None:
        """End the server, if there is one."""
        if self.server is not None:
            self.server.send_signal(signal.SIGTERM)
            try:
                self.server.communicate(timeout=30)
            except subprocess.TimeoutExpired:
                self.server.kill()
                self.server.communicate()


def matches(expected: list[str], said: str) -> bool:
    """Tell whether a command printed what the page shows; with nothing shown it may print nothing.

    Blank lines and the blanks around a line do not count; a line `…` stands for any lines, and `…` within a line for
    anything in it.
    """
    printed = "".join(f"{line.strip()}\n" for line in said.splitlines() if line.strip())
    pattern = "".join(
        r"(?:.*\n)*" if line.strip() == "…" else re.escape(line.strip()).replace("…", ".*") + r"\n"
        for line in expected
        if line.strip()
    )
    return re.fullmatch(pattern, printed) is not None
