"""In which language and country did the person set up their system? From its settings, never from an address."""

import locale
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aboveboard.client.host import Host

MAC_SETTINGS: Final = Path("Library/Preferences/.GlobalPreferences.plist")


def read_region(host: Host) -> tuple[str, str]:
    """Return the language as `en-GB` and the country as `GB`; empty where the system does not say."""
    if host.platform == "darwin":
        found = read_mac(host.home / MAC_SETTINGS)
    elif host.platform == "win32":
        found = read_windows()
    else:
        found = ("", "")
    return found if found[0] else read_variables(host.environ)


def read_variables(environ: Mapping[str, str]) -> tuple[str, str]:
    """Return language and country from the variables of the person's session (POSIX, locale(7))."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(variable, "")
        if value:
            return parse_locale(value)
    return parse_locale(locale.getlocale()[0] or "")


def read_mac(path: Path) -> tuple[str, str]:
    """Return language and country from macOS' settings, where `AppleLocale` is such as `en_DE`."""
    import plistlib

    try:
        settings = plistlib.loads(path.read_bytes())
    except (OSError, ValueError, plistlib.InvalidFileException):
        return "", ""
    value = settings.get("AppleLocale", "") if isinstance(settings, dict) else ""
    return parse_locale(value if isinstance(value, str) else "")


def parse_locale(text: str) -> tuple[str, str]:
    """Return language and country of `en_GB.UTF-8`, `sr-Latn-RS` or `de`; nothing of anything else."""
    name = text.partition(".")[0].partition("@")[0]
    language, *rest = name.replace("-", "_").split("_")
    if not (name.isascii() and language.isalpha() and language.islower() and len(language) in (2, 3)):
        return "", ""
    if rest and len(rest[0]) == 4 and rest[0].isalpha() and rest[0].istitle():
        del rest[0]  # a script
    country = rest.pop(0) if rest else ""
    if rest or (country and not (len(country) == 2 and country.isalpha() and country.isupper())):
        return "", ""
    return (f"{language}-{country}" if country else language), country


if sys.platform == "win32":
    import winreg

    def read_windows() -> tuple[str, str]:
        """Return language and country from the settings that Windows calls "Region"."""
        try:
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, r"Control Panel\International") as key:
                return parse_locale(str(winreg.QueryValueEx(key, "LocaleName")[0]))
        except OSError:
            return "", ""

else:

    def read_windows() -> tuple[str, str]:
        """Return nothing: the settings of Windows can only be read there."""
        return "", ""
