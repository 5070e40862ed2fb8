"""What did a file say at another revision? Asked from Git."""

import subprocess
from pathlib import Path

from aboveboard.errors import CatalogError

__all__ = ["at_revision", "tracked_catalogs"]


def at_revision(path: Path, revision: str) -> str | None:
    """Return a file's text at a revision, or None where it was not there yet; raises `CatalogError` without Git."""
    folder, name = path.resolve().parent, path.name
    known = _git(folder, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if known is None:
        raise CatalogError(
            f"there is no revision {revision!r} around {path}; fetch it with `git fetch`, or name two files"
        )
    if _git(folder, "cat-file", "-e", f"{revision}:./{name}") is None:
        return None
    return _git(folder, "show", f"{revision}:./{name}")


def tracked_catalogs(folder: Path, revision: str) -> list[Path]:
    """Return the catalogs named telemetry.toml that a repository has now, or had at a revision."""
    now = _git(folder, "ls-files", "--cached", "--others", "--exclude-standard", "*telemetry.toml") or ""
    then = _git(folder, "ls-tree", "-r", "--name-only", revision) or ""
    names = {*now.splitlines(), *(line for line in then.splitlines() if line.endswith("telemetry.toml"))}
    return sorted(folder / name for name in names if Path(name).name == "telemetry.toml")


def _git(folder: Path, *arguments: str) -> str | None:
    """Return what Git says, or None where it refuses."""
    try:
        ran = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)
    except OSError as error:
        raise CatalogError(
            f"Git cannot be run in {folder}: {error.strerror}; name two files instead"
        ) from error
    return ran.stdout.decode("utf-8", "replace") if ran.returncode == 0 else None
