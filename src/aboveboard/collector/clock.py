"""When did an event happen, if the clock that said so may be wrong?"""

from datetime import UTC, datetime
from typing import Any

__all__ = ["DAY", "milliseconds", "repaired"]

DAY = 86_400_000
"""One day in milliseconds."""

_EARLIEST, _LATEST = 0, 4_102_444_800_000  # 1970 and 2100


def milliseconds(value: Any) -> int | None:
    """Read a client's timestamp (ISO 8601, or seconds or milliseconds as a number) as milliseconds since 1970.

    None for anything else, and for what lies outside the years 1970 to 2100.
    """
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            found = round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found = round(value if value > 1e11 else value * 1000)
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return found if _EARLIEST <= found < _LATEST else None


def repaired(timestamp: int | None, sent_at: int | None, received: int) -> int:
    """Return when an event happened by the collector's clock, all in milliseconds.

    Segment's rule: `received − (sentAt − timestamp)`, so that a constantly wrong clock cancels out. The result is
    never later than `received`, and a span that cannot be right is taken for none.
    """
    if timestamp is None:
        return received
    if sent_at is None:
        return min(timestamp, received)
    ago = sent_at - timestamp
    return received - ago if 0 <= ago <= 400 * DAY else received
