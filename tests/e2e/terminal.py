"""How does a test use a command as a person does? Through a terminal: it reads, and it types."""

import os
import pty
import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

PATIENCE_SECONDS = 30.0


class Terminal:
    """A program in a terminal of its own; leaving the block ends it."""

    def __init__(self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> None:
        self.screen = ""
        self._ours, theirs = pty.openpty()
        self._process = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def wait_for(self, text: str) -> None:
        """Read until `text` stands on the screen."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while text not in self.screen:
            assert self._read(deadline), f"{text!r} never came; on the screen:\n{self.screen}"

    def type(self, text: str) -> None:
        """Type `text` and press Enter."""
        os.write(self._ours, f"{text}\n".encode())

    def wait_for_end(self) -> int:
        """Read until the program ends, and return its exit code."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._read(deadline):
            pass
        return self._process.wait(max(0.0, deadline - time.monotonic()))

    def _read(self, deadline: float) -> bool:
        """Read what is there; False at the end of the program's output or of our patience."""
        ready, _, _ = select.select([self._ours], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return False
        try:
            data = os.read(self._ours, 65536)
        except OSError:  # Linux says so when the program has closed its side
            return False
        self.screen += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)
