"""On what does the app run? What each event says of its machine, and nothing that names one."""

import os
import time
from pathlib import Path
from typing import Any

from aboveboard.client.host import LIBRARY, VERSION, Host
from aboveboard.client.region import read_region

DIGITS = "0123456789"
# What may stand between letters in the name of a time zone.
JOINING = {ord(sign): "x" for sign in "_+-"}
OS_NAMES = {"linux": "Linux", "darwin": "macOS", "win32": "Windows"}


def describe_context(app: str, version: str, host: Host) -> dict[str, Any]:
    """Return the `context` of every event: app, system, country of the region, locale and time zone."""
    language, country = read_region(host)
    found: dict[str, Any] = {
        "app": {"name": app, "version": version},
        "os": _os(host),
        "locale": language,
        "timezone": time_zone(host),
        "library": {"name": LIBRARY, "version": VERSION},
    }
    if country:
        found["location"] = {"country": country}
    return found


def time_zone(host: Host) -> str:
    """Return the time zone as `Europe/Berlin` where the system says it, else its short name."""
    named = host.environ.get("TZ", "").lstrip(":")
    if _is_zone(named):
        return named
    link = host.root / "etc" / "localtime"
    target = str(link.resolve()) if link.is_symlink() else ""
    zone = target.rpartition("zoneinfo/")[2] if "zoneinfo/" in target else ""
    return zone if _is_zone(zone) else time.strftime("%Z")


def _is_zone(text: str) -> bool:
    """Tell whether a text is one to three parts of letters, such as `Etc/GMT+8`: then it names no place on a disk."""
    parts = text.split("/")
    signs = [part.rstrip(DIGITS).translate(JOINING) for part in parts]
    return len(parts) <= 3 and all(part.isascii() and part.isalpha() for part in signs)


def short_version(text: str) -> str:
    """Return the number in a system's version, without suffixes that name a build: `6.1.0-13-x` → `6.1.0`."""
    numbers: list[str] = []
    for part in text.split(".")[:4]:
        digits = part[: len(part) - len(part.lstrip(DIGITS))]
        numbers += [digits] if digits else []
        if digits != part or not digits:
            break
    return ".".join(numbers)


def distribution(root: Path) -> str:
    """Return a Linux distribution as `debian 12`, from os-release."""
    values: dict[str, str] = {}
    for name in ("etc/os-release", "usr/lib/os-release"):
        try:
            text = (root / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        pairs = [line.partition("=") for line in text.splitlines()]
        values = {key: value.strip('"') for key, _, value in pairs if key in ("ID", "VERSION_ID")}
        break
    return " ".join(values[key] for key in ("ID", "VERSION_ID") if _is_plain(values.get(key, "")))


def _is_plain(text: str) -> bool:
    return 0 < len(text) <= 40 and all(sign.isalnum() or sign in "_.-" for sign in text)


def _os(host: Host) -> dict[str, str]:
    found = {
        "name": OS_NAMES.get(host.platform, host.platform),
        "version": short_version(_release(host)),
        "arch": _machine(),
    }
    if host.platform == "linux":
        found["distribution"] = distribution(host.root)
    return {key: value for key, value in found.items() if value}


def _machine() -> str:
    if hasattr(os, "uname"):
        return os.uname().machine  # what `platform` says too, without importing it
    import platform

    return platform.machine()


def _release(host: Host) -> str:
    if host.platform == "linux" and hasattr(os, "uname"):
        return os.uname().release
    import platform

    if host.platform == "darwin":
        return platform.mac_ver()[0]
    return platform.version() if host.platform == "win32" else platform.release()
