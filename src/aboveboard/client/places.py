"""Where does each file live? The platform's own folders, or those of a preset."""

from pathlib import Path
from typing import Final

from aboveboard.client.host import Host
from aboveboard.frozen import record

PRESETS: Final = ("podman-desktop",)


@record(frozen=True, slots=True)
class Places:
    """Every path that the client reads or writes.

    `settings` holds the person's answer, `data` everything else of ours, `shared_id` an id that other
    tools of the person use too, and `managed` the folders where an administrator's files may be.
    """

    settings: Path
    data: Path
    shared_id: Path | None
    managed: tuple[Path, ...]

    @property
    def spool(self) -> Path:
        """Return the file with queue and journal."""
        return self.data / "spool.db"

    @property
    def own_id(self) -> Path:
        """Return the file with an id that only this app uses."""
        return self.data / "anonymousId"

    @property
    def declined(self) -> Path:
        """Return the file that says no where the settings could not be written."""
        return self.data / "declined"

    @property
    def key(self) -> Path:
        """Return the file with this install's key for hashes; it is never sent."""
        return self.data / "hash.key"

    @property
    def erasures(self) -> Path:
        """Return the file with deletions asked for, and their receipts."""
        return self.data / "erasures.json"

    @property
    def uploaded(self) -> Path:
        """Return the file that is there once something was uploaded, so that a deletion is due after a no."""
        return self.data / "uploaded"

    @property
    def runs(self) -> Path:
        """Return the folder where each running process holds a locked file."""
        return self.data / "runs"


def preset_problem(preset: object) -> str:
    """Return what is wrong with the name of a preset, "" where nothing is."""
    if preset is None or preset in PRESETS:
        return ""
    known = ", ".join(repr(name) for name in PRESETS)
    return f"there is no preset {preset!r}, so nothing is collected or sent: take {known}, or none"


def _as_file_name(app: str) -> str:
    """Return the app's name with a dash for each run of signs that may mean something in a path."""
    if all(sign.isalnum() or sign in "_.-" for sign in app):
        name = app
    else:
        import re  # compiling a pattern takes longer than all else here, and few names want it

        name = re.sub(r"[^\w.-]+", "-", app)
    return name.strip(".") or "app"


def find_places(app: str, host: Host, preset: str | None = None) -> Places:
    """Return the paths of `app` on `host`; `preset` is "podman-desktop" or nothing."""
    if preset == "podman-desktop":
        return _podman_desktop(host)
    name = _as_file_name(app)
    if host.platform == "win32":
        return _windows(name, host)
    if host.platform == "darwin":
        return _macos(name, host)
    return _linux(name, host)


def _linux(name: str, host: Host) -> Places:
    config = _absolute(host, "XDG_CONFIG_HOME") or host.home / ".config"
    data = _absolute(host, "XDG_DATA_HOME") or host.home / ".local" / "share"
    managed = (host.root / "etc" / name,)
    return Places(config / name / "settings.json", data / name / "telemetry", None, managed)


def _macos(name: str, host: Host) -> Places:
    support = Path("Library") / "Application Support" / name
    own = host.home / support
    return Places(own / "settings.json", own / "telemetry", None, (host.root / support,))


def _windows(name: str, host: Host) -> Places:
    roaming = _absolute(host, "APPDATA") or host.home / "AppData" / "Roaming"
    local = _absolute(host, "LOCALAPPDATA") or host.home / "AppData" / "Local"
    managed = _program_data(host) / name
    return Places(roaming / name / "settings.json", local / name / "telemetry", None, (managed,))


def _podman_desktop(host: Host) -> Places:
    base = host.home / ".local" / "share" / "containers" / "podman-desktop"
    return Places(
        settings=base / "configuration" / "settings.json",
        data=base / "telemetry",
        shared_id=host.home / ".redhat" / "anonymousId",
        managed=_podman_desktop_managed(host),
    )


def _podman_desktop_managed(host: Host) -> tuple[Path, ...]:
    # Podman Desktop, packages/main/src/plugin/managed-by-constants.ts; /etc is what NixOS patches in.
    if host.platform == "win32":
        return (_program_data(host) / "Podman Desktop",)
    if host.platform == "darwin":
        return (host.root / "Library" / "Application Support" / "io.podman_desktop.PodmanDesktop",)
    return (host.root / "usr" / "share" / "podman-desktop", host.root / "etc" / "podman-desktop")


def _program_data(host: Host) -> Path:
    return _absolute(host, "PROGRAMDATA") or host.root / "ProgramData"


def _absolute(host: Host, variable: str) -> Path | None:
    # The XDG base directory specification: a relative path in these variables is ignored.
    value = host.environ.get(variable, "")
    return Path(value) if value and Path(value).is_absolute() else None
