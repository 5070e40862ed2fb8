"""What does the collector's answer mean? Only a body that says success counts as sent."""

import json
from typing import Any, Final

from aboveboard.frozen import record

SENT: Final = "sent"
REFUSED: Final = "refused"
SPLIT: Final = "split"
KEEP: Final = "keep"

FIRST_WAIT: Final = 2.0
LONGEST_WAIT: Final = 3600.0
LONGEST_RETRY_AFTER: Final = 24 * 3600.0
ANSWER_TEXT: Final = 2_000


@record(frozen=True, slots=True)
class Reply:
    """An HTTP answer: status, the header `Retry-After`, and at most 64 KB of the body."""

    status: int
    retry_after: str
    body: bytes


@record(frozen=True, slots=True)
class Outcome:
    """What to do with a batch, how long the collector asked us to wait (seconds), and what it said."""

    action: str
    wait: float = 0.0
    answer: str = ""
    content: dict[str, Any] | None = None


def judge(reply: Reply, now: float) -> Outcome:
    """Return what an answer means: 200 with `success` is sent, 400 is final, 413 is too large, else keep.

    A page of a captive portal or a proxy may come with 200 too; it is no success, because it does not say so.
    """
    text = reply.body.decode("utf-8", errors="replace")[:ANSWER_TEXT]
    wait = retry_after(reply.retry_after, now)
    content = _object(reply.body)
    if reply.status == 200 and content is not None and content.get("success") is True:
        return Outcome(SENT, wait, text, content)
    if reply.status == 400:
        return Outcome(REFUSED, wait, text)
    return Outcome(SPLIT if reply.status == 413 else KEEP, wait, text)


def backoff(failures: int, chance: float) -> float:
    """Return the seconds to wait after so many failures in a row: doubling to an hour, half of it by chance."""
    longest = min(FIRST_WAIT * 2.0 ** min(failures - 1, 20), LONGEST_WAIT)
    return longest * (0.5 + 0.5 * chance)


def retry_after(header: str, now: float) -> float:
    """Return the seconds that a `Retry-After` header asks for (RFC 9110, 10.2.3), at most a day."""
    if not header:
        return 0.0
    from email.utils import parsedate_to_datetime  # slow to import, and hardly ever needed

    try:
        seconds = (
            float(header) if header.strip().isdigit() else parsedate_to_datetime(header).timestamp() - now
        )
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
