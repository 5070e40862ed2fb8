"""Who tried an action under the filters, and what is known of them: read from counts of days?"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from aboveboard.insights.causes.known import known_columns, read_said
from aboveboard.insights.causes.properties import read_given, read_keys
from aboveboard.insights.causes.states import read_attempts, read_states, who_tried
from aboveboard.insights.causes.units import Units
from aboveboard.insights.filters import Filters
from aboveboard.insights.looking import Look

__all__ = ["read_units"]


def read_units(look: Look, filters: Filters, event: str, reason: str = "") -> Units:
    """Return every install that tried an action under the filters, of the same state of the store as a look.

    With a `reason` (a fingerprint) only failures of that reason are failures.
    """
    kept = {
        name: value for name, value in filters.equal.items() if name not in ("event", "extension", "reason")
    }
    look = look.under(replace(filters, equal=kept), states=True)
    # The engine works ahead: none of these waits for what another one finds.
    with ThreadPoolExecutor(max_workers=1) as ahead:
        attempts = ahead.submit(read_attempts, look, event, reason)
        states = ahead.submit(read_states, look)
        said = ahead.submit(read_said, look)
        keys = ahead.submit(read_keys, look, event)
        tried = who_tried(attempts.result(), states.result())
        if not tried.rows.install.size:
            return Units(tried.rows)
        known = known_columns(said.result(), tried)
        rows = replace(tried.rows, columns=[*tried.rows.columns, *known])
        return Units(rows, read_given(look, tried, keys.result(), event, reason))
