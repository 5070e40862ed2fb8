"""How is a nested value shown as a list of names and texts?"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

__all__ = ["MOST_LEAVES", "leaves"]

MOST_LEAVES = 100
"""How many leaves of one event a page shows."""


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each leaf of a JSON value with its path: `error.message`, `command[0]`."""
    if isinstance(value, Mapping) and (value or not path):
        for key, part in value.items():
            yield from leaves(part, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for index, part in enumerate(value):
            yield from leaves(part, f"{path}[{index}]")
    else:
        yield path, value if isinstance(value, str) else msgspec.json.encode(value).decode()
