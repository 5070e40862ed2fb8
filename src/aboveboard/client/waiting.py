"""Must we wait before the next request? As long as the collector asked, or as a failure says."""

from aboveboard.client.spool import Spool


def must_wait(spool: Spool, now: float, *, urgent: bool = False) -> bool:
    """Tell whether the collector asked us to wait, or, unless it is urgent, whether we wait after a failure."""
    asked = float(spool.get("retry_after", "0"))
    ours = float(spool.get("not_before", "0"))
    return is_ahead(now, asked) or (not urgent and is_ahead(now, ours))


def is_ahead(now: float, moment: float) -> bool:
    """Tell whether a moment is still to come."""
    # A clock that jumped back must not silence us for longer than any wait could be.
    return now < moment <= now + 24 * 3600
