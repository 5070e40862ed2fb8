"""Who tried an action under the filters, and what is known of them: read from counts of days?"""

from dataclasses import replace

from aboveboard.insights.causes.known import known_columns
from aboveboard.insights.causes.properties import read_given
from aboveboard.insights.causes.states import read_tried
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
    tried = read_tried(look, event, reason)
    if not tried.rows.install.size:
        return Units(tried.rows)
    rows = replace(tried.rows, columns=[*tried.rows.columns, *known_columns(look, tried)])
    return Units(rows, read_given(look, tried, event, reason))
