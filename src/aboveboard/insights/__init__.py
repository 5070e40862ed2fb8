"""What do the events say? One question a file: parameters in, rows out, its SQL beside it."""

from collections.abc import Callable
from typing import Any

from aboveboard.insights import actions, explain
from aboveboard.insights.filters import Filters

__all__ = ["QUESTIONS", "Filters"]

QUESTIONS: dict[str, Callable[[Any, Filters], list[dict[str, Any]]]] = {
    "actions": actions.ask,
    "explain": explain.ask,
}
"""The name of each question, as in `/api/v1/<name>`, and what answers it."""
