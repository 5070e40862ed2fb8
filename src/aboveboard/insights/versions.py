"""In which order do versions stand?"""

import re
from typing import Any

__all__ = ["order"]


def order(version: str) -> tuple[Any, ...]:
    """Return what versions are sorted by: their numbers, a pre-release (`1.2.0-rc1`) before its release."""
    numbers, _, rest = version.lstrip("v").partition("-")
    parts = tuple(int(part) for part in re.findall(r"\d+", numbers))
    return parts, not rest, rest
