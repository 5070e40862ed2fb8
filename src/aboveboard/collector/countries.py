"""In which country is the address that a request came from, where the operator switched that on?

The address is looked up in the operator's own file and dropped: what comes out of here is a country or nothing.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aboveboard.errors import SettingsError

__all__ = ["Countries"]

_COUNTRY = re.compile(r"[A-Z]{2}")
_FORWARDED = b"x-forwarded-for"


class Countries:
    """A database in MaxMind's format, of which the country's code is read and nothing else: no city, no network.

    `behind_proxy` says that requests come from a proxy, which notes at the end of `X-Forwarded-For` who sent it one.
    Raises SettingsError where the file cannot be used.
    """

    def __init__(self, file: Path, *, behind_proxy: bool = False) -> None:
        try:
            import maxminddb
        except ImportError as error:
            raise SettingsError(
                f"The setting `countries` names {file}, and what reads it is not installed. "
                "Say `pip install 'aboveboard[geo]'`, or take the setting away."
            ) from error
        try:
            self._database = maxminddb.open_database(file)
        except (OSError, maxminddb.InvalidDatabaseError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no database in MaxMind's format"
            raise SettingsError(
                f"The setting `countries` names {file}, which cannot be read: {reason}. "
                "Name a country database (.mmdb), or take the setting away."
            ) from error
        self._behind_proxy = behind_proxy

    def of(self, scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> str:
        """Return the country's two letters, or nothing where the address is unknown, private or none."""
        address = (scope.get("client") or ("",))[0]
        if self._behind_proxy:
            address = headers.get(_FORWARDED, b"").decode("latin-1").rpartition(",")[2].strip()
        try:
            found: Any = self._database.get(address)
        except ValueError:
            return ""
        country = found.get("country") if isinstance(found, dict) else None
        code = country.get("iso_code") if isinstance(country, dict) else None
        return code if isinstance(code, str) and _COUNTRY.fullmatch(code) else ""
