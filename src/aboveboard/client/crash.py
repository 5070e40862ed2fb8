"""Did an earlier run end without a shutdown? Each run holds a locked file, which its death unlocks."""

import os
from pathlib import Path
from typing import Final

from aboveboard.client.files import make_private_folder
from aboveboard.client.host import Host, new_id
from aboveboard.client.locked import FileLock
from aboveboard.frozen import record

ENDING: Final = ".run"
ATTEMPTS: Final = 5


@record(frozen=True, slots=True)
class Crash:
    """A run that ended without a shutdown: when it was last alive, and for how long (seconds, at least)."""

    last: float
    uptime: float


class Run:
    """The file of this run; `begin` also finds and removes the files of runs that died."""

    def __init__(self, folder: Path, host: Host) -> None:
        self._folder = folder
        self._host = host
        self._started = 0.0
        self._path: Path | None = None
        self._lock: FileLock | None = None

    @property
    def is_begun(self) -> bool:
        """Tell whether this run has its file."""
        return self._path is not None

    def begin(self) -> list[Crash]:
        """Mark this run as alive and return the runs that died; raise `OSError`."""
        self._make_folder()
        crashes = [crash for path in _runs(self._folder) if (crash := _died(path)) is not None]
        self._started = self._host.clock()
        self._mark()
        return crashes

    def still_alive(self) -> None:
        """Renew the time at which this run was last seen, and its file where somebody removed it."""
        if self._path is None:
            return
        try:
            os.utime(self._path)
        except FileNotFoundError:
            self.leave_to_parent()
            self._make_folder()
            self._mark()

    def end(self) -> None:
        """Say that this run ended as it should."""
        if self._path is not None and self._lock is not None:
            # An empty file is no crash: nobody can be misled between the two steps, which Windows wants apart.
            if self._path.exists():
                self._path.write_text("")
            self._lock.release()
            self._path.unlink(missing_ok=True)
        self._path = self._lock = None

    def leave_to_parent(self) -> None:
        """In the child after a fork: the run is the parent's."""
        if self._lock is not None:
            self._lock.release()
        self._path = self._lock = None

    def _make_folder(self) -> None:
        make_private_folder(self._folder.parent)
        make_private_folder(self._folder)

    def _mark(self) -> None:
        """Make this run's file and hold it."""
        import json

        self._path = self._folder / f"{new_id(self._host)}{ENDING}"
        self._lock = FileLock(self._path)
        # Another process that is looking for the dead may hold it for a moment.
        for _ in range(ATTEMPTS):
            if self._lock.acquire():
                break
        self._path.write_text(json.dumps({"started": self._started}))


def _runs(folder: Path) -> list[Path]:
    return [folder / name for name in os.listdir(folder) if name.endswith(ENDING)]


def _died(path: Path) -> Crash | None:
    import json

    lock = FileLock(path)
    if not lock.acquire():
        return None
    try:
        started = float(json.loads(path.read_text())["started"])
        last = path.stat().st_mtime
    except (OSError, ValueError, KeyError, TypeError):
        return None  # being written or removed at this moment, or not ours
    finally:
        lock.release()
    path.unlink(missing_ok=True)
    return Crash(last, max(0.0, last - started))
