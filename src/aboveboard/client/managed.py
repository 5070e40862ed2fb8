"""What does the administrator say? Files in a folder that the person cannot write.

The format is Podman Desktop's managed configuration: `locked.json` names the keys that a person cannot
change (`{"locked": ["telemetry.enabled"]}`), `default-settings.json` beside it holds their values. An
administrator can forbid or lower; a locked yes says nothing, because nobody can agree for another.
"""

from pathlib import Path

from aboveboard.client import levels
from aboveboard.client.environment import Source
from aboveboard.frozen import record

NAME = "administrator"


@record(frozen=True, slots=True)
class Managed:
    """The highest level that the administrator allows, and where that stands."""

    ceiling: str
    detail: str

    @property
    def source(self) -> Source:
        """Return this as one of the sources of a decision."""
        if self.ceiling == levels.OFF:
            return Source(NAME, "off", self.detail)
        says = "nothing" if self.ceiling == levels.USAGE else f"at most {self.ceiling}"
        return Source(NAME, says, self.detail)


def read_managed(folders: tuple[Path, ...]) -> Managed:
    """Return the lowest ceiling in any of the folders; a file that cannot be read counts as off."""
    found = [managed for folder in folders if (managed := _read_folder(folder)) is not None]
    strictest = min(found, key=lambda managed: levels.LEVELS.index(managed.ceiling), default=None)
    return strictest or Managed(levels.USAGE, "no locked file")


def _read_folder(folder: Path) -> Managed | None:
    path = folder / "locked.json"
    try:
        locked = _object(path)
        if locked is None:
            return None
        values = _object(folder / "default-settings.json") or {}
    except (OSError, ValueError, RecursionError):
        # Somebody meant to lock something here, and we cannot read what: the careful reading is off.
        return Managed(levels.OFF, f"{path} or the defaults beside it cannot be read")
    names = locked.get("locked", [])
    keys = names if isinstance(names, list) else []
    fixed = {key: values[key] for key in keys if isinstance(key, str) and key in values}
    return Managed(_ceiling(fixed | locked), str(path))


def _ceiling(values: dict[str, object]) -> str:
    if values.get("telemetry.enabled", True) is not True:
        return levels.OFF
    level = values.get("telemetry.level", levels.USAGE)
    return str(level) if levels.is_level(level) else levels.OFF


def _object(path: Path) -> dict[str, object] | None:
    import json

    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not isinstance(found, dict):
        raise ValueError(f"{path} holds no JSON object")
    return found
