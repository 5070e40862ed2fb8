"""In which order do versions stand?"""

import re
from typing import Any

__all__ = ["order"]


def order(version: str) -> tuple[Any, ...]:
    """Return what versions are sorted by: their numbers, a pre-release (`1.2.0-rc1`) before its release."""
    numbers, _, rest = version.lstrip("v").partition("-")
    # A number is as long as it is large; texts of thousands of digits are none that `int` would read.
    digits = (part.lstrip("0") for part in re.findall(r"[0-9]+", numbers))
    return tuple((len(part), part) for part in digits), not rest, rest
